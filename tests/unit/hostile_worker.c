/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker of the worst kind, for desk_hostile.c: speaks the protocol of desk and worker without any plugin, and breaks
 * it when a payload holds "poison", in the way that COPYDESK_HOSTILE names. It never says in the flight recorder what
 * it does.
 */
#include "ring/channel.h"
#include "ring/hello.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static cd_channel channel;

static void send_frame(uint32_t kind, const void *bytes, size_t length)
{
    int error;
    char *slot = cd_ring_reserve(&channel.responses, length, &error);
    if (slot == NULL)
        _exit(1);
    if (length)
        memcpy(slot, bytes, length);
    cd_ring_commit(&channel.responses, kind, length);
    cd_ring_publish(&channel.responses);
}

static void say_hello(void)
{
    cd_hello hello = {.fingerprint = "0123456789abcdef0123456789abcdef"};
    cd_buffer text = {0};
    cd_hello_write(&hello, &text);
    send_frame(CD_MESSAGE_HELLO, text.data, text.len);
    cd_buffer_fini(&text);
}

/* The payload, unchanged. */
static void answer(uint64_t sequence, cd_str payload)
{
    cd_result result = {
        .sequence = sequence, .byte = -1, .reason = {"", 0}, .route = {"", 0}, .blobs = {"", 0}, .output = payload};
    size_t prefix = cd_result_prefix_size(&result);
    char *bytes = malloc(prefix + payload.len);
    if (bytes == NULL)
        _exit(1);
    cd_result_prefix_write(&result, bytes);
    memcpy(bytes + prefix, payload.ptr, payload.len);
    send_frame(CD_MESSAGE_RESULT, bytes, prefix + payload.len);
    free(bytes);
}

static void lie_about_the_head(uint64_t head)
{
    atomic_store(&channel.responses.control->head, head);
    uint64_t one = 1;
    ssize_t written = write(channel.desk_wake_fd, &one, sizeof one);
    (void)written;
}

static void misbehave(const char *how, const cd_request *request)
{
    if (strcmp(how, "die") == 0)
        raise(SIGKILL);
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "garbage") == 0)
        send_frame(CD_MESSAGE_RESULT,
                   "this is no result at all, whatever its kind says, and it is long enough to be one", 80);
    if (strcmp(how, "empty") == 0)
        send_frame(CD_MESSAGE_RESULT, NULL, 0);
    if (strcmp(how, "another") == 0)
        answer(request->sequence + 1, request->payload);
    if (strcmp(how, "twice") == 0) {
        send_frame(CD_MESSAGE_ANSWER, NULL, 0);
        answer(request->sequence, request->payload);
    }
    if (strcmp(how, "hello") == 0)
        say_hello();
    if (strcmp(how, "beyond") == 0)
        lie_about_the_head((uint64_t)1 << 40);
    if (strcmp(how, "back") == 0)
        lie_about_the_head(0);
    if (strcmp(how, "odd") == 0)
        lie_about_the_head(channel.responses.own + 3);
    if (strcmp(how, "tail") == 0) {
        atomic_store(&channel.requests.control->tail,
                     UINT64_MAX - 7); /* noticed when the next request needs room, if ever */
        _exit(1);
    }
    for (;;)
        pause();
}

static void work(const char *how)
{
    for (;;) {
        cd_frame frame;
        cd_request request;
        int found = cd_ring_peek(&channel.requests, &frame);
        if (found < 0)
            _exit(2);
        if (!found) {
            uint64_t drained;
            struct pollfd event = {.fd = channel.child_wake_fd, .events = POLLIN};
            if (cd_ring_wait_frames(&channel.requests))
                (void)poll(&event, 1, -1);
            ssize_t got = read(channel.child_wake_fd, &drained, sizeof drained);
            (void)got;
            continue;
        }
        if (frame.kind == CD_MESSAGE_STOP)
            return;
        if (cd_request_read(frame.payload, frame.length, &request) != 0)
            _exit(3);
        if (memmem(request.payload.ptr, request.payload.len, "poison", 6))
            misbehave(how, &request);
        answer(request.sequence, request.payload);
        cd_ring_consume(&channel.requests, &frame);
        cd_ring_release(&channel.requests);
    }
}

int main(void)
{
    const char *how = getenv("COPYDESK_HOSTILE");
    if (how == NULL || cd_channel_attach(&channel, 3, 4, 5) != 0)
        return 1;
    if (strcmp(how, "mute") == 0)
        return 0;
    if (strcmp(how, "nonsense") == 0)
        send_frame(CD_MESSAGE_HELLO, "what?", 5);
    else
        say_hello();
    work(how);
    return 0;
}
