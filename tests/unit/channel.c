/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/channel.h: made by the desk, attached by a child in another process, sealed against it; the flight recorder.
 */
#include "ring/channel.h"
#include "ring_support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGEST_REQUEST = 1 << 20, LARGEST_RESPONSE = 6 << 20, PAGE = 4096 };

static cd_channel channel;

static int make_channel(void **state)
{
    (void)state;
    return cd_channel_create(&channel, LARGEST_REQUEST, LARGEST_RESPONSE);
}

static int end_channel(void **state)
{
    (void)state;
    cd_channel_close(&channel);
    return 0;
}

static int open_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* The child's side, in this process: as it would be behind an exec. */
static void attach_here(cd_channel *child)
{
    assert_int_equal(
        cd_channel_attach(child, dup(channel.memory_fd), dup(channel.child_wake_fd), dup(channel.desk_wake_fd)), 0);
}

static void put(cd_ring *ring, uint32_t kind, size_t length, uint64_t number)
{
    int error;
    char *slot = cd_ring_reserve(ring, length, &error);
    assert_non_null(slot);
    ring_fill(slot, length, number);
    cd_ring_commit(ring, kind, length);
    cd_ring_publish(ring);
}

static bool got(cd_ring *ring, uint32_t kind, size_t length, uint64_t number)
{
    cd_frame frame;
    if (cd_ring_peek(ring, &frame) != 1 || frame.kind != kind || frame.length != length ||
        !ring_filled(frame.payload, length, number))
        return false;
    cd_ring_consume(ring, &frame);
    cd_ring_release(ring);
    return true;
}

static void both_rings_hold_the_largest_that_was_asked_for(void **state)
{
    (void)state;
    cd_channel child;
    attach_here(&child);
    put(&channel.requests, 1, LARGEST_REQUEST, 1);
    put(&child.responses, 2, LARGEST_RESPONSE, 2);
    assert_true(got(&child.requests, 1, LARGEST_REQUEST, 1));
    assert_true(got(&channel.responses, 2, LARGEST_RESPONSE, 2));
    cd_channel_close(&child);
}

static void a_new_channel_costs_next_to_nothing(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(fstat(channel.memory_fd, &info), 0);
    assert_true(info.st_size > LARGEST_REQUEST + LARGEST_RESPONSE);
    assert_true(info.st_blocks * 512 <= 4 * PAGE);
}

static void nobody_can_change_its_size(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(fstat(channel.memory_fd, &info), 0);
    assert_int_equal(ftruncate(channel.memory_fd, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(channel.memory_fd, info.st_size + PAGE), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(fcntl(channel.memory_fd, F_ADD_SEALS, F_SEAL_WRITE), -1); /* nor seal it further */
    assert_int_equal(errno, EPERM);
}

static void its_descriptors_do_not_leak_into_other_programs(void **state)
{
    (void)state;
    const int fds[] = {channel.memory_fd, channel.child_wake_fd, channel.desk_wake_fd};
    for (int i = 0; i < 3; i++)
        assert_int_equal(fcntl(fds[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

/* ---- another process ---- */

static bool wait_readable(int fd)
{
    struct pollfd event = {.fd = fd, .events = POLLIN};
    return poll(&event, 1, 10000) == 1;
}

/* Answers each request with its own bytes until an empty one comes. Exit status 0 if all was as it should be. */
static int serve_as_child(void)
{
    cd_channel child;
    if (cd_channel_attach(&child, channel.memory_fd, channel.child_wake_fd, channel.desk_wake_fd) != 0)
        return 1;
    if (fcntl(channel.memory_fd, F_GETFD) >= 0 || child.memory_fd != -1)
        return 2; /* the descriptor was to be closed: nothing to tamper with is left */
    for (;;) {
        cd_frame frame;
        int error, found = cd_ring_peek(&child.requests, &frame);
        if (found < 0)
            return 3;
        if (!found) {
            if (cd_ring_wait_frames(&child.requests) && !wait_readable(child.child_wake_fd))
                return 4;
            (void)ring_woken(child.child_wake_fd);
            continue;
        }
        if (frame.length == 0)
            return 0;
        cd_channel_fly(&child, frame.kind, 3);
        char *slot = cd_ring_reserve(&child.responses, frame.length, &error);
        if (slot == NULL)
            return 5;
        memcpy(slot, frame.payload, frame.length);
        cd_ring_commit(&child.responses, frame.kind, frame.length);
        cd_ring_consume(&child.requests, &frame);
        cd_ring_release(&child.requests);
        cd_ring_publish(&child.responses);
    }
}

static int write_over_a_request(void)
{
    cd_channel child;
    cd_frame frame;
    if (cd_channel_attach(&child, channel.memory_fd, channel.child_wake_fd, channel.desk_wake_fd) != 0)
        return 1;
    if (cd_ring_peek(&child.requests, &frame) != 1 || !ring_filled(frame.payload, frame.length, 1))
        return 2;
    signal(SIGSEGV, SIG_DFL); /* whatever a sanitizer would make of it */
    *(volatile char *)(uintptr_t)frame.payload = 'x';
    return 3;
}

static pid_t start_child(int (*body)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(body());
    return pid;
}

static int end_of(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void a_child_process_serves_requests(void **state)
{
    (void)state;
    pid_t pid = start_child(serve_as_child);
    for (uint32_t i = 1; i <= 100; i++) {
        put(&channel.requests, i, 1000 * i, i);
        cd_frame frame;
        while (cd_ring_peek(&channel.responses, &frame) == 0) {
            assert_true(!cd_ring_wait_frames(&channel.responses) || wait_readable(channel.desk_wake_fd));
            (void)ring_woken(channel.desk_wake_fd);
        }
        assert_true(got(&channel.responses, i, 1000 * i, i));
    }
    assert_int_equal(cd_channel_flight(&channel).sequence, 100);
    put(&channel.requests, 1, 0, 0);
    int status = end_of(pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_child_that_writes_over_its_requests_dies_of_it(void **state)
{
    (void)state;
    put(&channel.requests, 1, 1000, 1);
    int status = end_of(start_child(write_over_a_request));
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
}

static int64_t bytes_in_use(void)
{
    struct stat info;
    assert_int_equal(fstat(channel.memory_fd, &info), 0);
    return info.st_blocks * 512;
}

static void a_child_gives_back_the_pages_of_large_requests(void **state)
{
    (void)state;
    cd_channel child;
    attach_here(&child);
    for (int round = 0; round < 3; round++) {
        put(&channel.requests, 1, CD_RING_SOFT - 5000, 1);
        put(&channel.requests, 2, LARGEST_REQUEST, 2);
        assert_true(bytes_in_use() > CD_RING_SOFT + LARGEST_REQUEST - 4 * PAGE);
        assert_true(got(&child.requests, 1, CD_RING_SOFT - 5000, 1));
        assert_true(got(&child.requests, 2, LARGEST_REQUEST, 2));
        assert_true(bytes_in_use() <= CD_RING_SOFT + 4 * PAGE);
    }
    cd_channel_close(&child);
}

static int publish_and_die(void)
{
    cd_channel child;
    if (cd_channel_attach(&child, channel.memory_fd, channel.child_wake_fd, channel.desk_wake_fd) != 0)
        return 1;
    put(&child.responses, 9, 5000, 9);
    cd_channel_fly(&child, 77, CD_FLIGHT_ENCODE);
    raise(SIGKILL);
    return 2;
}

static void what_a_child_showed_survives_its_death(void **state)
{
    (void)state;
    int status = end_of(start_child(publish_and_die));
    assert_true(WIFSIGNALED(status));
    assert_true(got(&channel.responses, 9, 5000, 9));
    cd_flight flight = cd_channel_flight(&channel);
    assert_int_equal(flight.sequence, 77);
    assert_int_equal(flight.step, CD_FLIGHT_ENCODE);
}

static int tamper(void)
{
    struct stat info;
    if (fstat(channel.memory_fd, &info) != 0)
        return 1;
    if (ftruncate(channel.memory_fd, PAGE) == 0 || ftruncate(channel.memory_fd, info.st_size * 2) == 0)
        return 2;
    if (fallocate(channel.memory_fd, 0, 0, info.st_size + PAGE) == 0)
        return 3;
    return fallocate(channel.memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, info.st_size) == 0 ? 0 : 4;
}

/* A hole in the memory is no fault for the desk: it reads zeros. */
static void a_child_cannot_make_the_desk_fault(void **state)
{
    (void)state;
    put(&channel.requests, 1, 100, 1);
    int status = end_of(start_child(tamper));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    volatile char sum = 0;
    for (size_t i = 0; i < channel.map_size; i += PAGE)
        sum = (char)(sum + ((char *)channel.map)[i]);
    assert_int_equal(sum, 0);
    put(&channel.requests, 1, 100, 2);
}

/* ---- the flight recorder ---- */

static void the_recorder_keeps_sequence_and_step(void **state)
{
    (void)state;
    cd_channel child;
    attach_here(&child);
    assert_int_equal(cd_channel_flight(&channel).sequence, 0);
    const uint64_t sequences[] = {1, 255, 256, 1u << 31, ((uint64_t)1 << 56) - 1};
    const uint32_t steps[] = {0, 1, 199, CD_FLIGHT_DECODE, CD_FLIGHT_ENCODE, CD_FLIGHT_CLAIM};
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
        for (size_t j = 0; j < sizeof steps / sizeof *steps; j++) {
            cd_channel_fly(&child, sequences[i], steps[j]);
            cd_flight flight = cd_channel_flight(&channel);
            assert_true(flight.sequence == sequences[i] && flight.step == steps[j]);
        }
    cd_channel_land(&child);
    assert_int_equal(cd_channel_flight(&channel).sequence, 0);
    cd_channel_close(&child);
}

/* ---- attaching to what is no channel, and closing ---- */

static int memory_of(size_t size)
{
    int fd = memfd_create("no channel", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    return fd;
}

static void refused(int fd, int error)
{
    cd_channel child;
    assert_int_equal(cd_channel_attach(&child, fd, dup(channel.child_wake_fd), dup(channel.desk_wake_fd)), error);
    cd_channel_close(&child);
}

static void what_is_no_channel_is_refused(void **state)
{
    (void)state;
    refused(memory_of(0), -EPROTO);
    refused(memory_of(PAGE - 1), -EPROTO);
    refused(memory_of(64 * PAGE), -EPROTO); /* says capacities of 0 */
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    refused(pipes[0], -EPROTO);
    close(pipes[1]);
}

static void closing_gives_everything_back(void **state)
{
    (void)state;
    int before = open_descriptors();
    for (int i = 0; i < 50; i++) {
        cd_channel one;
        assert_int_equal(cd_channel_create(&one, 1000, 1000), 0);
        cd_channel_close(&one);
        cd_channel_close(&one); /* a closed one, too */
    }
    assert_int_equal(open_descriptors(), before);
    cd_channel zeroed = {0};
    cd_channel_close(&zeroed); /* does not close descriptor 0 */
    assert_int_equal(open_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_rings_hold_the_largest_that_was_asked_for, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(a_new_channel_costs_next_to_nothing, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(nobody_can_change_its_size, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(its_descriptors_do_not_leak_into_other_programs, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(a_child_process_serves_requests, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(a_child_that_writes_over_its_requests_dies_of_it, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(a_child_gives_back_the_pages_of_large_requests, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(what_a_child_showed_survives_its_death, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(a_child_cannot_make_the_desk_fault, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(the_recorder_keeps_sequence_and_step, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(what_is_no_channel_is_refused, make_channel, end_channel),
        cmocka_unit_test_setup_teardown(closing_gives_everything_back, make_channel, end_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
