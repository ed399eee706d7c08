/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/session.c: see session.h. */
#include "cli/probe/session.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { TICK_MS = 20 };

/* For opening and closing: as long as the desk gives an article by the clock on the wall. */
static int64_t patience_ns(const cd_probe_session *session) { return 10 * session->config->worker.article_cpu * CD_NS_PER_MS; }

/* ---- the end of a session ---- */

static void end(cd_probe_session *session)
{
    cd_loop none = {.epoll_fd = -1};
    cd_child_close(&session->child, &none);
    cd_config_destroy(session->config);
    free(session->frame);
    session->config = NULL;
    session->frame = NULL;
}

static int died(cd_probe_session *session)
{
    char how[160];
    cd_child_end_words(&session->child, cd_child_reap(&session->child), how, sizeof how);
    if (session->child.kill_reason == CD_KILL_TIMEOUT && session->child.record_count > 0)
        snprintf(session->why, sizeof session->why, "took longer than worker.article_cpu (%lld ms) and was killed",
                 (long long)session->config->worker.article_cpu);
    else
        snprintf(session->why, sizeof session->why, "the process %s", how);
    end(session);
    return -EPIPE;
}

bool cd_probe_alive(const cd_probe_session *session) { return session->child.state != CD_CHILD_GONE; }

void cd_probe_kill(cd_probe_session *session)
{
    if (cd_probe_alive(session)) {
        cd_child_kill(&session->child, CD_KILL_NONE);
        cd_child_reap(&session->child);
    }
    end(session);
}

/* ---- waiting ---- */

/* One look at the process: 1 something may have come, 0 not yet, -EPIPE it is dead. */
static int wait_a_moment(cd_probe_session *session)
{
    uint64_t drained;
    cd_child *child = &session->child;
    struct pollfd fds[2] = {{.fd = child->channel.desk_wake_fd, .events = POLLIN}, {.fd = child->pidfd, .events = POLLIN}};
    (void)poll(fds, 2, TICK_MS);
    if (fds[0].revents & POLLIN) {
        ssize_t got = read(child->channel.desk_wake_fd, &drained, sizeof drained);
        (void)got;
        return 1;
    }
    return fds[1].revents & POLLIN ? -EPIPE : 0;
}

static void copy_frame(cd_probe_session *session, const cd_frame *frame)
{
    free(session->frame);
    session->frame = malloc(frame->length + 1);
    CD_REQUIRE(session->frame, "no memory for a frame of %u bytes", frame->length);
    memcpy(session->frame, frame->payload, frame->length);
    session->frame[frame->length] = '\0';
}

/* The next frame, copied into the session. 1; 0 there is none yet; -EPROTO. */
static int take(cd_probe_session *session, uint32_t *kind, size_t *length)
{
    cd_frame frame;
    cd_ring *responses = &session->child.channel.responses;
    int found = cd_ring_peek(responses, &frame);
    if (found <= 0)
        return found;
    copy_frame(session, &frame);
    *kind = frame.kind;
    *length = frame.length;
    cd_ring_consume(responses, &frame);
    cd_ring_release(responses);
    return 1;
}

/* Whatever comes next; counters are of no interest. */
static int receive(cd_probe_session *session, uint32_t *kind, size_t *length)
{
    cd_child *child = &session->child;
    if (!cd_probe_alive(session))
        return -EPIPE;
    int64_t start = cd_clock_monotonic_ns(), budget = session->config->worker.article_cpu * CD_NS_PER_MS;
    for (;;) {
        int found = take(session, kind, length);
        if (found == 1 && *kind != CD_MESSAGE_COUNTS)
            return 0;
        if (found < 0)
            cd_child_kill(child, CD_KILL_PROTOCOL);
        if (found == 1 || (found == 0 && !cd_ring_wait_frames(&child->channel.responses)))
            continue;
        found = wait_a_moment(session);
        if (found < 0) /* what it had shown before its end still counts */
            return take(session, kind, length) == 1 && *kind != CD_MESSAGE_COUNTS ? 0 : died(session);
        int64_t now = cd_clock_monotonic_ns();
        bool late = child->record_count ? cd_child_overdue(child, now, budget) : now - start > patience_ns(session);
        if (found == 0 && late)
            cd_child_kill(child, CD_KILL_TIMEOUT);
    }
}

/* ---- starting ---- */

static int start_process(cd_probe_session *session, cd_child_plan *plan, cd_error *error)
{
    snprintf(session->child.name, sizeof session->child.name, "probe");
    session->child.is_store = plan->store_folder != NULL;
    return cd_child_start(&session->child, plan, error);
}

/* What it says first. */
static int await(cd_probe_session *session, uint32_t wanted)
{
    uint32_t kind;
    size_t length;
    if (receive(session, &kind, &length) != 0) {
        size_t said = strlen(session->why);
        snprintf(session->why + said, sizeof session->why - said, " while it opened; expected 0, or -errno");
        return -EINVAL;
    }
    if (kind == wanted) {
        session->child.state = CD_CHILD_READY;
        return 0;
    }
    const char *said = kind == CD_MESSAGE_REFUSED ? session->frame : "it said what nobody asked";
    const char *place = strstr(said, "/probe.conf:"); /* of a file that nobody has seen */
    snprintf(session->why, sizeof session->why, "%s", place && strstr(place, ": ") ? strstr(place, ": ") + 2 : said);
    session->why[strcspn(session->why, "\n")] = '\0';
    session->refused = kind == CD_MESSAGE_REFUSED;
    cd_probe_kill(session);
    return -EINVAL;
}

static int start(cd_probe_session *session, const cd_probe_subject *subject, const cd_probe_lineup *lineup,
                 const char *store_folder, bool describe)
{
    cd_child_plan plan = {0};
    cd_error error = {0};
    *session = (cd_probe_session){0};
    int result = cd_probe_configure(subject, lineup, &session->config, session->why, sizeof session->why);
    session->refused = result != 0;
    if (result)
        return -EINVAL;
    result = cd_child_plan_init(&plan, subject->program, session->config, &error);
    plan.store_folder = store_folder;
    plan.describe = describe;
    if (result == 0)
        result = start_process(session, &plan, &error);
    cd_child_plan_fini(&plan);
    if (result == 0)
        return await(session, describe ? CD_MESSAGE_DESCRIPTION : CD_MESSAGE_HELLO);
    snprintf(session->why, sizeof session->why, "%s", error.text);
    cd_probe_kill(session);
    return -EINVAL;
}

int cd_probe_start(cd_probe_session *session, const cd_probe_subject *subject, const cd_probe_lineup *lineup,
                   const char *store_folder)
{
    return start(session, subject, lineup, store_folder, false);
}

int cd_probe_describe(const cd_probe_subject *subject, cd_buffer *out, char *why, size_t size)
{
    const cd_probe_stage stage = {.name = subject->name};
    cd_probe_lineup alone = {.stages = &stage, .count = 1};
    cd_probe_session session;
    int result = start(&session, subject, &alone, NULL, true);
    if (result == 0)
        cd_buffer_append_string(out, session.frame);
    else
        snprintf(why, size, "%s", session.why);
    cd_probe_kill(&session);
    return result;
}

/* ---- asking ---- */

/* Room in the ring: it answers before it has let go of the question. NULL: it is dead. */
static void *reserve(cd_probe_session *session, size_t length)
{
    cd_child *child = &session->child;
    while (cd_probe_alive(session)) {
        int error;
        void *slot = cd_ring_reserve(&child->channel.requests, length, &error);
        if (slot)
            return slot;
        if (error)
            cd_child_kill(child, CD_KILL_PROTOCOL);
        if ((error || cd_ring_wait_space(&child->channel.requests, length)) && wait_a_moment(session) < 0)
            died(session);
    }
    return NULL;
}

static int post(cd_probe_session *session, uint32_t kind, size_t length)
{
    cd_ring_commit(&session->child.channel.requests, kind, length);
    cd_ring_publish(&session->child.channel.requests);
    return 0;
}

int cd_probe_send_article(cd_probe_session *session, const cd_identity *who, cd_str payload)
{
    cd_request request = {.sequence = ++session->sequence, .identity = *who, .payload = payload};
    size_t length = cd_request_size(&request);
    void *slot = reserve(session, length);
    if (slot == NULL)
        return -EPIPE;
    cd_request_write(&request, slot);
    session->child.record_count++;
    return post(session, CD_MESSAGE_ARTICLE, length);
}

static int send_to_store(cd_probe_session *session, uint32_t kind, const cd_claim_request *request)
{
    size_t length = cd_claim_request_size(request);
    void *slot = reserve(session, length);
    if (slot == NULL)
        return -EPIPE;
    cd_claim_request_write(request, slot);
    return post(session, kind, length);
}

int cd_probe_send_claim(cd_probe_session *session, const cd_identity *who, cd_str blob)
{
    cd_result_claim claim = {.blob_length = (uint32_t)blob.len};
    cd_claim_request request = {.sequence = ++session->sequence, .identity = *who, .claim_count = 1, .claims = &claim, .blobs = blob};
    int result = send_to_store(session, CD_MESSAGE_CLAIM, &request);
    session->child.record_count += result == 0;
    return result;
}

int cd_probe_tell(cd_probe_session *session, uint32_t kind, const cd_identity *who)
{
    cd_claim_request request = {.sequence = ++session->sequence, .identity = *who, .blobs = {"", 0}};
    return send_to_store(session, kind, &request);
}

/* An answer of this kind, or the end of the session. */
static int receive_kind(cd_probe_session *session, uint32_t wanted, size_t *length)
{
    uint32_t kind;
    int result = receive(session, &kind, length);
    if (result == 0 && kind != wanted) {
        cd_child_kill(&session->child, CD_KILL_PROTOCOL);
        result = died(session);
    }
    if (result == 0)
        session->child.record_count--;
    return result;
}

static int unreadable(cd_probe_session *session)
{
    cd_child_kill(&session->child, CD_KILL_PROTOCOL);
    return died(session);
}

int cd_probe_receive_article(cd_probe_session *session, cd_result *out)
{
    size_t length;
    int result = receive_kind(session, CD_MESSAGE_RESULT, &length);
    return result ? result : cd_result_read(session->frame, length, out) ? unreadable(session) : 0;
}

int cd_probe_receive_claim(cd_probe_session *session, cd_answers *out)
{
    size_t length;
    int result = receive_kind(session, CD_MESSAGE_ANSWER, &length);
    if (result)
        return result;
    return cd_answers_read(session->frame, length, out) || out->count != 1 ? unreadable(session) : 0;
}

int cd_probe_article(cd_probe_session *session, const cd_identity *who, cd_str payload, cd_result *out)
{
    int result = cd_probe_send_article(session, who, payload);
    return result ? result : cd_probe_receive_article(session, out);
}

int cd_probe_claim(cd_probe_session *session, const cd_identity *who, cd_str blob, cd_answers *out)
{
    int result = cd_probe_send_claim(session, who, blob);
    return result ? result : cd_probe_receive_claim(session, out);
}

/* ---- stopping ---- */

int cd_probe_stop(cd_probe_session *session)
{
    cd_child *child = &session->child;
    if (!cd_probe_alive(session))
        return 0;
    int64_t deadline = cd_clock_monotonic_ns() + patience_ns(session);
    if (cd_child_stop(child) != 0)
        cd_child_kill(child, CD_KILL_PROTOCOL);
    while (wait_a_moment(session) != -EPIPE)
        if (cd_clock_monotonic_ns() > deadline)
            cd_child_kill(child, CD_KILL_TIMEOUT);
    cd_child_end how = cd_child_reap(child);
    if (how.code == 0 && child->kill_reason == CD_KILL_NONE) {
        end(session);
        return 0;
    }
    char words[160];
    cd_child_end_words(child, how, words, sizeof words);
    snprintf(session->why, sizeof session->why, "the process %s", words);
    end(session);
    return -EPIPE;
}
