/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/ring.h with both ends at work at the same time: two threads over one channel, as the desk and a worker are, each
 * sleeping on its eventfd. Order and bytes must be right, and nobody may sleep for ever. For TSan both threads use one
 * mapping: it tells addresses apart, not pages.
 */
#include "ring/channel.h"
#include "ring_support.h"
#include "schedule.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

enum { FRAMES = 2000000, LARGEST = 6 << 20, STUCK_MS = 20000 };

static cd_channel channel;
static cd_ring worker_requests, worker_responses;
static bool failed[2];

/* Both threads know what frame `number` is. */
static size_t length_of(uint64_t number)
{
    schedule s = {0, number};
    if (number % 50000 == 49999)
        return (size_t)schedule_below(&s, LARGEST + 1);
    return (size_t)schedule_below(&s, number % 1000 == 999 ? 100000 : 120);
}

static uint32_t kind_of(uint64_t number) { return (uint32_t)(number % 251); }

/* Whole frames only now and then: the rest by their ends. */
static bool right(const char *bytes, size_t length, uint64_t number)
{
    if ((number % 64 == 0 && length < 4096) || length < 16)
        return ring_filled(bytes, length, number);
    return memcmp(bytes, &number, 8) == 0 && memcmp(bytes + length - 8, &number, 8) == 0;
}

static void write_bytes(char *bytes, size_t length, uint64_t number)
{
    if ((number % 64 == 0 && length < 4096) || length < 16) {
        ring_fill(bytes, length, number);
    } else {
        memcpy(bytes, &number, 8);
        memcpy(bytes + length - 8, &number, 8);
    }
}

/* False: nobody came to wake us. */
static bool sleep_on(int fd)
{
    struct pollfd event = {.fd = fd, .events = POLLIN};
    bool woken = poll(&event, 1, STUCK_MS) == 1;
    (void)ring_woken(fd);
    return woken;
}

static bool send(cd_ring *ring, int wake_fd, uint64_t number)
{
    int error;
    size_t length = length_of(number);
    char *slot;
    while ((slot = cd_ring_reserve(ring, length, &error)) == NULL) {
        HOLDS(error == 0);
        cd_ring_publish(ring);
        if (cd_ring_wait_space(ring, length))
            HOLDS(sleep_on(wake_fd));
    }
    write_bytes(slot, length, number);
    cd_ring_commit(ring, kind_of(number), length);
    return true;
}

/* Takes what is there; sleeps if there is nothing. */
static bool receive(cd_ring *ring, int wake_fd, uint64_t *number)
{
    cd_frame frame;
    int found;
    while ((found = cd_ring_peek(ring, &frame)) == 1) {
        HOLDS(frame.kind == kind_of(*number) && frame.length == length_of(*number));
        HOLDS(right(frame.payload, frame.length, *number));
        cd_ring_consume(ring, &frame);
        ++*number;
        if (*number % 100 == 0)
            cd_ring_release(ring);
    }
    HOLDS(found == 0);
    if (*number < FRAMES && cd_ring_wait_frames(ring))
        HOLDS(sleep_on(wake_fd));
    return true;
}

static bool produce(void)
{
    for (uint64_t number = 0; number < FRAMES; number++) {
        HOLDS(send(&channel.requests, channel.desk_wake_fd, number));
        if (number % 7 == 0)
            cd_ring_publish(&channel.requests);
        else if (number % 7 == 3)
            cd_ring_show(&channel.requests);
    }
    cd_ring_publish(&channel.requests);
    return true;
}

static bool consume(void)
{
    for (uint64_t number = 0; number < FRAMES;)
        HOLDS(receive(&worker_requests, channel.child_wake_fd, &number));
    return true;
}

static void *desk(void *nothing)
{
    failed[0] = !produce();
    return nothing;
}

static void *worker(void *nothing)
{
    failed[1] = !consume();
    return nothing;
}

static void run_both(void *(*first)(void *), void *(*second)(void *))
{
    pthread_t threads[2];
    assert_int_equal(pthread_create(&threads[0], NULL, first, NULL), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, second, NULL), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    assert_false(failed[0]);
    assert_false(failed[1]);
}

static void two_million_frames_one_way(void **state)
{
    (void)state;
    run_both(desk, worker);
}

/* ---- there and back: each side is both ends, and both rings are full now and then ---- */

enum { ECHOES = 200000 };
static uint64_t most_in_flight;

static bool ask(void)
{
    uint64_t sent = 0, answered = 0;
    while (answered < ECHOES) {
        int error;
        while (sent < ECHOES && sent - answered < most_in_flight) {
            char *slot = cd_ring_reserve(&channel.requests, length_of(sent), &error);
            HOLDS(error == 0);
            if (slot == NULL)
                break;
            write_bytes(slot, length_of(sent), sent);
            cd_ring_commit(&channel.requests, kind_of(sent), length_of(sent));
            sent++;
        }
        cd_ring_publish(&channel.requests);
        cd_frame frame;
        int found;
        for (found = cd_ring_peek(&channel.responses, &frame); found == 1;
             found = cd_ring_peek(&channel.responses, &frame)) {
            HOLDS(frame.length == length_of(answered) && right(frame.payload, frame.length, answered));
            cd_ring_consume(&channel.responses, &frame);
            answered++;
        }
        HOLDS(found == 0);
        if (cd_ring_wait_frames(&channel.responses) && answered < sent)
            HOLDS(sleep_on(channel.desk_wake_fd));
    }
    return true;
}

static bool echo(void)
{
    for (uint64_t number = 0; number < ECHOES;) {
        cd_frame frame;
        int error, found = cd_ring_peek(&worker_requests, &frame);
        HOLDS(found >= 0);
        if (!found) {
            cd_ring_publish(&worker_responses);
            if (cd_ring_wait_frames(&worker_requests))
                HOLDS(sleep_on(channel.child_wake_fd));
            continue;
        }
        char *slot;
        while ((slot = cd_ring_reserve(&worker_responses, frame.length, &error)) == NULL) {
            HOLDS(error == 0);
            cd_ring_publish(&worker_responses);
            if (cd_ring_wait_space(&worker_responses, frame.length))
                HOLDS(sleep_on(channel.child_wake_fd));
        }
        memcpy(slot, frame.payload, frame.length);
        cd_ring_commit(&worker_responses, frame.kind, frame.length);
        cd_ring_show(&worker_responses);
        cd_ring_consume(&worker_requests, &frame);
        cd_ring_release(&worker_requests);
        number++;
    }
    cd_ring_publish(&worker_responses);
    return true;
}

static void *asker(void *nothing)
{
    failed[0] = !ask();
    return nothing;
}

static void *echoer(void *nothing)
{
    failed[1] = !echo();
    return nothing;
}

static void frames_there_and_back(void **state)
{
    (void)state;
    most_in_flight = 5000;
    run_both(asker, echoer);
}

/* Both sides are about to sleep all the time: the moment in which a wake-up can be lost. */
static void one_frame_there_and_back_again(void **state)
{
    (void)state;
    most_in_flight = 1;
    run_both(asker, echoer);
}

/* The worker's ends, over the desk's mapping. */
static int make_channel(void **state)
{
    (void)state;
    if (cd_channel_create(&channel, LARGEST, LARGEST) != 0)
        return -1;
    const cd_ring *q = &channel.requests, *r = &channel.responses;
    cd_ring_init(&worker_requests, q->control, q->data, q->capacity, channel.desk_wake_fd);
    cd_ring_init(&worker_responses, r->control, r->data, r->capacity, channel.desk_wake_fd);
    return 0;
}

static int end_channel(void **state)
{
    (void)state;
    cd_channel_close(&channel);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_million_frames_one_way, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(frames_there_and_back, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(one_frame_there_and_back_again, make_channel, end_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
