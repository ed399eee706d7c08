/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/tap.c: `copydesk tap`: what the running daemon publishes, as Kafka confirms it (docs/control.md).
 *
 * The daemon sends a line an article and leaves out what we are too slow for. So we may wait for our own reader, and while we do, for a
 * signal as well: standard output is written only in pieces that it is known to take. */
#include "cli/ask.h"
#include "cli/command.h"

#include "article/render.h"
#include "article/render_text.h"
#include "base/clock.h"

#include <copydesk/json.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_S = 15, PIECE = 256 << 10, LONGEST = 64 << 20, DEAD_PAYLOAD = 200 };

/* Besides the exit statuses: not over yet. */
enum { GO_ON = -2 };

typedef struct tap {
    cd_ask_whom whom;
    const char *show, *topic; /* topic NULL: any; it ends where its length says */
    long partition, sample, count; /* count 0: without end */
    bool json, colour;
    int daemon, signals; /* descriptors */
    cd_buffer text;      /* what has come and is not shown yet */
    long shown;
    unsigned long long left_out; /* and not told yet */
    int64_t tell_ns;             /* not before */
    cd_json_reader *reader;
} tap;

/* ---- options ---- */

static const struct argp_option option_table[] = {
    {"count", 'n', "N", 0, "End after so many", 0},
    {"dead-letters", 'd', NULL, 0, "Show dead letters in place of articles", 0},
    {"all", 'a', NULL, 0, "Show articles and dead letters", 0},
    {"partition", 'p', "TOPIC/N", 0, "Only what came from this partition of an input topic", 0},
    {"sample", 's', "K", 0, "Show one in K", 0},
    {"json", 'j', NULL, 0, "JSON lines, as into a pipe", 0},
    {0},
};

static long take_number(const char *value, const char *option, const struct argp_state *state)
{
    char *end;
    long number = strtol(value, &end, 10);
    if (!isdigit((unsigned char)*value) || *end || number < 1 || number > 999999999)
        argp_error(state, "--%s is a number from 1 to 999999999", option);
    return number;
}

/* TOPIC/N, in the letters that Kafka has for topics. */
static void take_partition(tap *t, char *value, const struct argp_state *state)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strspn(value, letters);
    char *end = value;
    if (length > 0 && length < 250 && value[length] == '/' && isdigit((unsigned char)value[length + 1]))
        t->partition = strtol(value + length + 1, &end, 10);
    if (end == value || *end || t->partition > 999999999)
        argp_error(state, "--partition is TOPIC/N");
    value[length] = '\0';
    t->topic = value;
}

static void take_kind(tap *t, const char *kind, const struct argp_state *state)
{
    if (t->show && strcmp(t->show, kind) != 0)
        argp_error(state, "either --dead-letters or --all");
    t->show = kind;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    tap *t = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &t->whom; return 0;
    case 'n': t->count = take_number(value, "count", state); return 0;
    case 's': t->sample = take_number(value, "sample", state); return 0;
    case 'd': take_kind(t, "dead-letters", state); return 0;
    case 'a': take_kind(t, "all", state); return 0;
    case 'p': take_partition(t, value, state); return 0;
    case 'j': t->json = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- to standard output ---- */

/* GO_ON, or the exit status with which it is over. What is begun is ended, signal or not, as long as our reader takes it. */
static int put(const tap *t, const char *bytes, size_t length)
{
    struct pollfd waiting[] = {{.fd = STDOUT_FILENO, .events = POLLOUT}, {.fd = t->signals, .events = POLLIN}};
    while (length > 0) {
        if (poll(waiting, 2, -1) < 0)
            continue;
        if (!(waiting[0].revents & POLLOUT) || waiting[0].revents & POLLERR)
            return 0;
        ssize_t written = write(STDOUT_FILENO, bytes, length < PIPE_BUF ? length : PIPE_BUF);
        if (written < 0 && errno != EINTR && errno != EAGAIN) {
            fprintf(stderr, "copydesk: standard output: %s\n", strerror(errno));
            return CD_EXIT_FAILURE;
        }
        bytes += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return GO_ON;
}

static void render_letter(tap *t, FILE *out, cd_str json)
{
    cd_answer_part letter = {t->reader, json};
    fputs(t->colour ? "\x1b[1mdead letter\x1b[0m  " : "dead letter  ", out);
    cd_render_text(out, cd_answer_string(&letter, "/topic"), 249);
    fprintf(out, "/%lld@%lld  ", (long long)cd_answer_number(&letter, "/partition"), (long long)cd_answer_number(&letter, "/offset"));
    cd_render_text(out, cd_answer_string(&letter, "/class"), 30);
    fputs(" in ", out);
    cd_render_text(out, cd_answer_string(&letter, "/stage"), 70);
    fputs(": ", out);
    cd_render_text(out, cd_answer_string(&letter, "/reason"), 1000);
    fprintf(out, "\n  %lld bytes: ", (long long)cd_answer_number(&letter, "/size"));
    cd_render_text(out, cd_answer_string(&letter, "/payload"), DEAD_PAYLOAD);
    fputs("\n\n", out);
    cd_json_reader_reset(t->reader);
}

static int put_readable(tap *t, cd_str json, bool dead)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return CD_EXIT_FAILURE;
    if (dead)
        render_letter(t, out, json);
    else if (cd_article_render(out, json, t->colour) == 0)
        fputc('\n', out);
    int status = fclose(out) == 0 ? put(t, text, length) : CD_EXIT_FAILURE;
    free(text);
    return status;
}

/* ---- what comes ---- */

/* The value of {"NAME":VALUE}, as the daemon writes it; ptr NULL: another name. */
static cd_str value_of(cd_str line, const char *name)
{
    size_t head = strlen(name) + 4;
    if (line.len <= head || line.ptr[1] != '"' || strncmp(line.ptr + 2, name, head - 4) != 0 || line.ptr[head - 2] != '"')
        return CD_STR(NULL, 0);
    return CD_STR(line.ptr + head, line.len - head - 1);
}

static void tell_left_out(tap *t, int64_t now_ns)
{
    if (t->left_out == 0 || now_ns < t->tell_ns)
        return;
    fprintf(stderr, "copydesk: %llu left out: they came faster than they were read\n", t->left_out);
    t->left_out = 0;
    t->tell_ns = now_ns + CD_NS_PER_S;
}

/* `line` is writable, and its end a line feed. */
static int take_line(tap *t, char *start, size_t length)
{
    cd_str line = {start, length}, left_out = value_of(line, "left_out");
    cd_str article = value_of(line, "article"), letter = value_of(line, "dead_letter");
    if (left_out.ptr)
        t->left_out += strtoull(left_out.ptr, NULL, 10);
    if (article.ptr == NULL && letter.ptr == NULL)
        return GO_ON; /* a later daemon may have more to say */
    int status;
    if (!t->json) {
        status = put_readable(t, letter.ptr ? letter : article, letter.ptr != NULL);
    } else if (letter.ptr) {
        status = put(t, start, length + 1);
    } else {
        start[length - 1] = '\n'; /* in place of the closing brace */
        status = put(t, article.ptr, article.len + 1);
    }
    t->shown++;
    return status == GO_ON && t->shown == t->count ? 0 : status;
}

static int take_lines(tap *t)
{
    char *end;
    size_t at = 0;
    int status = GO_ON;
    while (status == GO_ON && at < t->text.len && (end = memchr(t->text.data + at, '\n', t->text.len - at)) != NULL) {
        char *start = t->text.data + at;
        at = (size_t)(end + 1 - t->text.data);
        status = take_line(t, start, (size_t)(end - start));
    }
    t->text.len -= at;
    if (at > 0)
        memmove(t->text.data, t->text.data + at, t->text.len);
    return status;
}

static int receive(tap *t)
{
    char *room = t->text.len < LONGEST ? cd_buffer_reserve(&t->text, PIECE) : NULL;
    if (room == NULL) {
        fputs("copydesk: there is no room for what the daemon says\n", stderr);
        return CD_EXIT_FAILURE;
    }
    ssize_t got = recv(t->daemon, room, PIECE, 0);
    t->text.len += got > 0 ? (size_t)got : 0;
    if (got > 0 || (got < 0 && errno == EINTR))
        return GO_ON;
    fputs("copydesk: the daemon has ended\n", stderr);
    return CD_EXIT_NOT_RUNNING;
}

/* Until something comes, or there is something to tell. Who reads our output may have gone while there was none. */
static int wait_for_more(tap *t)
{
    struct pollfd waiting[] = {
        {.fd = t->daemon, .events = POLLIN}, {.fd = t->signals, .events = POLLIN}, {.fd = STDOUT_FILENO, .events = 0}};
    int64_t now_ns = cd_clock_monotonic_ns();
    tell_left_out(t, now_ns);
    int most_ms = t->left_out ? (int)((t->tell_ns - now_ns) / CD_NS_PER_MS) + 1 : -1;
    if (poll(waiting, 3, most_ms) < 0)
        return errno == EINTR ? GO_ON : CD_EXIT_FAILURE;
    if (waiting[1].revents || waiting[2].revents)
        return 0;
    return waiting[0].revents ? receive(t) : GO_ON;
}

/* ---- the command ---- */

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? signalfd(-1, &set, SFD_CLOEXEC) : -1;
}

static int begin(tap *t)
{
    char members[400], place[300] = "";
    if (t->topic)
        snprintf(place, sizeof place, ",\"topic\":\"%s\",\"partition\":%ld", t->topic, t->partition);
    snprintf(members, sizeof members, ",\"show\":\"%s\",\"sample\":%ld%s", t->show ? t->show : "articles", t->sample, place);
    return cd_ask_begin(&t->whom, "tap", members, &(cd_ask_patience){PATIENCE_S, t->signals}, &t->daemon, &t->text);
}

static int run(tap *t)
{
    int status = begin(t);
    if (status)
        return status == CD_ASK_INTERRUPTED ? 0 : status;
    while ((status = take_lines(t)) == GO_ON && (status = wait_for_more(t)) == GO_ON)
        ;
    t->tell_ns = 0;
    tell_left_out(t, 0);
    return status;
}

int cd_command_tap(int argc, char **argv)
{
    static const struct argp parser = {
        option_table, parse_option, NULL,
        "Shows what the running daemon publishes, as Kafka confirms it, until it is interrupted: readable on a terminal, a line of JSON "
        "an article into a pipe.\vWhat it is too slow to show is left out, whole articles at a time, and told on standard error; the "
        "daemon waits for nobody. Dead letters are {\"dead_letter\":{…}}.\n\nExit status: 0 interrupted, or --count is reached; 1 it could "
        "not be asked, or four tap already; 2 usage; 3 the daemon does not run, or has ended.",
        cd_ask_options, NULL, NULL};
    tap t = {.sample = 1, .daemon = -1};
    argp_parse(&parser, argc, argv, 0, NULL, &t);
    t.json |= !isatty(STDOUT_FILENO);
    t.colour = !t.json && getenv("NO_COLOR") == NULL;
    t.signals = open_signals();
    t.reader = cd_json_reader_create();
    int status = t.signals < 0 || t.reader == NULL ? CD_EXIT_FAILURE : run(&t);
    if (t.daemon >= 0)
        close(t.daemon);
    if (t.signals >= 0)
        close(t.signals);
    cd_json_reader_destroy(t.reader);
    cd_buffer_fini(&t.text);
    return status;
}
