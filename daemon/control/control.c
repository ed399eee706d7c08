/* SPDX-License-Identifier: Apache-2.0
 *
 * control/control.c: see control.h. A client is a small machine:
 *
 *   READING → (a line is there) → DUE → (its turn) → ANSWERING → READING …
 *                                     → ASKED → BEGUN → ANSWERING       a reload, which takes its time
 *                                     → ANSWERING → TAPPING             until it hangs up
 *
 * Only READING and TAPPING clients are in the loop: what others send meanwhile stays in the kernel's buffer, which is bounded. */
#include "control/control.h"

#include "base/clock.h"
#include "control/request.h"
#include "control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a client may take for a request, and for taking its answer. */
#define PATIENCE_NS (10 * CD_NS_PER_S)
/* Between two requests, of all clients: this, or twenty times what the last one took. */
#define PAUSE_NS (2 * CD_NS_PER_MS)
#define SHARE 20
/* Answers that did not fit into the socket's buffer are looked at again so often. */
#define TEND_NS (5 * CD_NS_PER_MS)
/* After accepting failed for want of a descriptor or memory. */
#define RETRY_NS CD_NS_PER_S
enum { ACCEPTS = 4, KEEP_BYTES = 64 << 10 }; /* so many connections between two looks: those who come and go cost time, too */

enum client_state { FREE, READING, DUE, ASKED, BEGUN, ANSWERING, TAPPING };

typedef struct client {
    cd_control *control;
    int state, fd;
    cd_loop_source source;
    cd_control_peer peer;
    int64_t deadline_ns;
    bool last; /* hang up behind the answer */
    char request[CD_CONTROL_REQUEST_MAX];
    size_t length; /* of what came */
    cd_json answer;
    size_t sent;
    cd_tap tap; /* open from the request on */
} client;

struct cd_control {
    cd_control_plan plan;
    cd_control_socket socket;
    cd_loop_source source;
    client clients[CD_CONTROL_CLIENTS];
    int next;    /* whose turn it is */
    int present; /* not FREE */
    int taps;    /* open */
    int accepts; /* how many more may come now */
    int64_t turn_ns, tend_ns, accept_ns, tap_ns; /* not before */
    int spare; /* a descriptor in reserve, so that one can ask what is wrong when there is none left; -1: it is in use */
};

/* ---- a client's way ---- */

static void keep_spare(cd_control *control)
{
    if (control->spare < 0)
        control->spare = fcntl(control->socket.fd, F_DUPFD_CLOEXEC, 0);
}

static void hang_up(client *c)
{
    cd_loop_remove(c->control->plan.loop, &c->source);
    close(c->fd);
    c->fd = -1;
    c->state = FREE;
    c->control->present--;
    c->control->taps -= c->tap.ring != NULL;
    cd_tap_close(&c->tap);
    keep_spare(c->control);
    if (c->answer.cap > KEEP_BYTES)
        cd_json_free(&c->answer);
}

/* The first line's length, or -1. */
static ssize_t first_line(const client *c)
{
    const char *end = memchr(c->request, '\n', c->length);
    return end ? end - c->request : -1;
}

static void on_readable(void *self);

static void read_next(client *c, int64_t now_ns)
{
    c->deadline_ns = now_ns + PATIENCE_NS;
    c->state = first_line(c) >= 0 ? DUE : READING;
    if (c->state == READING && cd_loop_add(c->control->plan.loop, &c->source, c->fd, on_readable, c) != 0)
        hang_up(c);
}

/* It has nothing more to say: whatever comes is its end. */
static void on_tap_readable(void *self) { hang_up(self); }

static void begin_tapping(client *c)
{
    c->state = TAPPING;
    if (cd_loop_add(c->control->plan.loop, &c->source, c->fd, on_tap_readable, c) != 0)
        hang_up(c);
}

/* Sends what the socket takes. */
static void flush(client *c, int64_t now_ns)
{
    while (c->sent < c->answer.len) {
        ssize_t sent = send(c->fd, c->answer.buf + c->sent, c->answer.len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent < 0) {
            hang_up(c);
            return;
        }
        c->sent += (size_t)sent;
    }
    if (c->last)
        hang_up(c);
    else if (c->tap.ring)
        begin_tapping(c);
    else
        read_next(c, now_ns);
}

/* ---- answers: {"version":1,"ok":true,NAME:…} or {"version":1,"ok":false,"error":CODE,"message":…} ---- */

static void begin_answer(client *c, bool good)
{
    cd_json_reset(&c->answer);
    cd_json_object(&c->answer);
    cd_json_key(&c->answer, "version");
    cd_json_integer(&c->answer, CD_CONTROL_VERSION);
    cd_json_key(&c->answer, "ok");
    cd_json_boolean(&c->answer, good);
}

static void end_answer(client *c)
{
    int64_t now_ns = cd_clock_monotonic_ns();
    cd_json_object_end(&c->answer);
    cd_json_bytes(&c->answer, "\n", 1);
    cd_loop_remove(c->control->plan.loop, &c->source);
    c->state = ANSWERING;
    c->sent = 0;
    c->deadline_ns = now_ns + PATIENCE_NS;
    if (c->answer.failed)
        hang_up(c);
    else
        flush(c, now_ns);
}

static void refuse(client *c, const char *code, const char *message)
{
    begin_answer(c, false);
    cd_json_key(&c->answer, "error");
    cd_json_cstring(&c->answer, code);
    cd_json_key(&c->answer, "message");
    cd_json_cstring(&c->answer, message);
    c->last = true;
    end_answer(c);
}

static void answer_status(client *c)
{
    begin_answer(c, true);
    cd_json_key(&c->answer, "status");
    c->control->plan.status(c->control->plan.self, &c->answer);
    end_answer(c);
}

static void answer_reload(client *c, const char *refusal, const char *pipeline)
{
    begin_answer(c, true);
    cd_json_key(&c->answer, "reload");
    cd_json_object(&c->answer);
    cd_json_key(&c->answer, "accepted");
    cd_json_boolean(&c->answer, refusal == NULL);
    cd_json_key(&c->answer, refusal ? "reason" : "pipeline");
    cd_json_cstring(&c->answer, refusal ? refusal : pipeline);
    cd_json_object_end(&c->answer);
    end_answer(c);
}

static void ask_reload(client *c)
{
    const char *refusal = c->control->plan.reload(c->control->plan.self, &c->peer);
    if (refusal)
        answer_reload(c, refusal, NULL);
    else
        c->state = ASKED;
}

/* ---- taps ---- */

static void answer_tap(client *c, const cd_tap_choice *choice)
{
    if (c->length > 0) {
        refuse(c, "bad-request", "behind a tap comes nothing more");
    } else if (c->control->taps == CD_CONTROL_TAPS) {
        refuse(c, "busy", "too many taps");
    } else if (cd_tap_open(&c->tap, choice, CD_TAP_BYTES) != 0) {
        refuse(c, "busy", "no memory for a tap");
    } else {
        c->control->taps++;
        begin_answer(c, true);
        cd_json_key(&c->answer, "tap");
        cd_json_object(&c->answer);
        cd_json_object_end(&c->answer);
        end_answer(c);
    }
}

/* Sends what the socket takes, and no more in one go than it holds now. */
static void pour(client *c)
{
    struct iovec parts[2];
    struct msghdr message = {.msg_iov = parts};
    message.msg_iovlen = (size_t)cd_tap_pending(&c->tap, parts);
    if (message.msg_iovlen == 0)
        return;
    ssize_t sent = sendmsg(c->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0)
        cd_tap_taken(&c->tap, (size_t)sent);
    else if (errno != EAGAIN && errno != EINTR)
        hang_up(c);
}

/* Their share of the desk's time is reckoned by its CPU clock: a machine that stands still makes nobody miss an article. */
static void pour_all(cd_control *control, int64_t now_ns)
{
    if (control->taps == 0 || now_ns < control->tap_ns)
        return;
    int64_t begin_ns = cd_clock_thread_cpu_ns();
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++)
        if (control->clients[i].state == TAPPING)
            pour(&control->clients[i]);
    control->tap_ns = now_ns + (cd_clock_thread_cpu_ns() - begin_ns) * SHARE;
}

int cd_control_taps(const cd_control *control) { return control ? control->taps : 0; }

void cd_control_show(cd_control *control, const cd_tap_record *record)
{
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++)
        if (control->clients[i].tap.ring)
            cd_tap_offer(&control->clients[i].tap, record);
}

/* ---- requests ---- */

static void obey(client *c)
{
    cd_control_request request;
    cd_error error = {0};
    size_t length = (size_t)first_line(c);
    int result = cd_control_request_read(c->request, length, &request, &error);
    c->length -= length + 1;
    memmove(c->request, c->request + length + 1, c->length);
    if (result)
        refuse(c, "bad-request", error.text);
    else if (request.version != CD_CONTROL_VERSION)
        refuse(c, "version", "this daemon speaks version 1");
    else if (strcmp(request.command, "status") == 0)
        answer_status(c);
    else if (strcmp(request.command, "reload") == 0)
        ask_reload(c);
    else if (strcmp(request.command, "tap") == 0)
        answer_tap(c, &request.tap);
    else
        refuse(c, "unknown-command", "the commands are status, reload and tap");
}

/* Whose turn it is, if it is time: the data path has the rest. */
static void take_turn(cd_control *control, int64_t now_ns)
{
    for (int i = 0; i < CD_CONTROL_CLIENTS && now_ns >= control->turn_ns; i++) {
        client *c = &control->clients[control->next];
        control->next = (control->next + 1) % CD_CONTROL_CLIENTS;
        if (c->state != DUE)
            continue;
        obey(c);
        int64_t end_ns = cd_clock_monotonic_ns(), took_ns = (end_ns - now_ns) * SHARE;
        control->turn_ns = end_ns + (took_ns > PAUSE_NS ? took_ns : PAUSE_NS);
    }
}

static void on_readable(void *self)
{
    client *c = self;
    ssize_t got = recv(c->fd, c->request + c->length, sizeof c->request - c->length, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        hang_up(c);
        return;
    }
    c->length += (size_t)got;
    if (first_line(c) >= 0) {
        cd_loop_remove(c->control->plan.loop, &c->source);
        c->state = DUE;
        take_turn(c->control, cd_clock_monotonic_ns());
    } else if (c->length == sizeof c->request) {
        refuse(c, "too-long", "a request has at most 4096 bytes");
    }
}

/* ---- coming and going ---- */

static client *free_client(cd_control *control)
{
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++)
        if (control->clients[i].state == FREE)
            return &control->clients[i];
    return NULL;
}

static void welcome(cd_control *control, int fd)
{
    static const char busy[] = "{\"version\":1,\"ok\":false,\"error\":\"busy\",\"message\":\"too many clients\"}\n";
    client *c = free_client(control);
    if (c == NULL) {
        (void)send(fd, busy, sizeof busy - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        close(fd);
        return;
    }
    c->control = control;
    c->fd = fd;
    c->source = (cd_loop_source){.fd = -1};
    c->length = c->sent = 0;
    c->last = false;
    c->state = READING;
    control->present++;
    if (!cd_control_peer_allowed(fd, control->socket.group, &c->peer.process, &c->peer.user))
        refuse(c, "not-allowed", "for root, the daemon's user and the members of the socket's group");
    else
        read_next(c, cd_clock_monotonic_ns());
}

static int take_connection(cd_control *control)
{
    int fd = accept4(control->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 || (errno != EMFILE && errno != ENFILE) || control->spare < 0)
        return fd;
    close(control->spare);
    control->spare = -1;
    return accept4(control->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Who waits meanwhile would wake the loop for ever. */
static void look_away(cd_control *control, int64_t ns)
{
    cd_loop_remove(control->plan.loop, &control->source);
    control->accept_ns = cd_clock_monotonic_ns() + ns;
}

static void on_connection(void *self)
{
    cd_control *control = self;
    for (; control->accepts > 0; control->accepts--) {
        int fd = take_connection(control);
        if (fd >= 0) {
            welcome(control, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            look_away(control, RETRY_NS);
            return;
        }
    }
    look_away(control, TEND_NS);
}

static void accept_again(cd_control *control, int64_t now_ns)
{
    control->accept_ns = 0;
    keep_spare(control);
    if (cd_loop_add(control->plan.loop, &control->source, control->socket.fd, on_connection, control) != 0)
        control->accept_ns = now_ns + RETRY_NS;
}

void cd_control_tend(cd_control *control, int64_t now_ns)
{
    if (control == NULL || now_ns < control->tend_ns)
        return;
    control->tend_ns = now_ns + TEND_NS;
    control->accepts = ACCEPTS;
    if (control->accept_ns && now_ns >= control->accept_ns)
        accept_again(control, now_ns);
    if (control->present == 0)
        return;
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++) {
        client *c = &control->clients[i];
        if ((c->state == READING || c->state == ANSWERING) && now_ns >= c->deadline_ns)
            hang_up(c);
        else if (c->state == ANSWERING)
            flush(c, now_ns);
    }
    pour_all(control, now_ns);
    take_turn(control, now_ns);
}

/* ---- reloads ---- */

void cd_control_reload_begun(cd_control *control)
{
    for (int i = 0; control && i < CD_CONTROL_CLIENTS; i++)
        if (control->clients[i].state == ASKED)
            control->clients[i].state = BEGUN;
}

void cd_control_reload_decided(cd_control *control, const char *refusal, const char *pipeline)
{
    for (int i = 0; control && i < CD_CONTROL_CLIENTS; i++)
        if (control->clients[i].state == BEGUN)
            answer_reload(&control->clients[i], refusal, pipeline);
}

/* ---- making and ending ---- */

int cd_control_create(const cd_control_plan *plan, cd_control **out, cd_error *error)
{
    cd_control *control = calloc(1, sizeof *control);
    *out = NULL;
    if (control == NULL)
        return cd_error_set(error, -ENOMEM, "no memory for the control socket");
    control->plan = *plan;
    control->source.fd = control->spare = -1;
    control->accepts = ACCEPTS;
    int result = cd_control_socket_open(&control->socket, plan->folder, plan->name, error);
    if (result == 0) {
        keep_spare(control);
        result = cd_loop_add(plan->loop, &control->source, control->socket.fd, on_connection, control);
        if (result)
            cd_error_set(error, result, "%s cannot be watched: %s", control->socket.address.sun_path, strerror(-result));
    }
    if (result)
        cd_control_destroy(control);
    else
        *out = control;
    return result;
}

void cd_control_destroy(cd_control *control)
{
    if (control == NULL)
        return;
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++) {
        if (control->clients[i].state == TAPPING)
            pour(&control->clients[i]); /* what went out last */
        if (control->clients[i].state != FREE)
            hang_up(&control->clients[i]);
        cd_json_free(&control->clients[i].answer);
    }
    cd_loop_remove(control->plan.loop, &control->source);
    if (control->spare >= 0)
        close(control->spare);
    cd_control_socket_close(&control->socket);
    free(control);
}
