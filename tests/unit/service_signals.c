/* SPDX-License-Identifier: Apache-2.0
 *
 * service/signals.h: signals are read, not delivered; a child starts clean.
 */
#include "service/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void signals_are_read_one_by_one(void **state)
{
    int fd = *(int *)*state;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    assert_int_equal(cd_signals_read(fd), 0);
    assert_int_equal(poll(&ready, 1, 0), 0);
    assert_int_equal(kill(getpid(), SIGHUP), 0);
    assert_int_equal(poll(&ready, 1, 1000), 1);
    assert_int_equal(cd_signals_read(fd), SIGHUP);
    assert_int_equal(cd_signals_read(fd), 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    int first = cd_signals_read(fd), second = cd_signals_read(fd);
    assert_true((first == SIGTERM && second == SIGINT) || (first == SIGINT && second == SIGTERM));
    assert_int_equal(cd_signals_read(fd), 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void a_closed_pipe_is_an_error_not_a_death(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    (void)close(ends[1]);
}

static void a_child_starts_clean(void **state)
{
    (void)state;
    static const int deadly[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++) {
        pid_t child = fork();
        if (child == 0) {
            cd_signals_reset();
            (void)raise(deadly[i]);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), deadly[i]);
    }
}

int main(void)
{
    static int fd;
    fd = cd_signals_open();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(signals_are_read_one_by_one, &fd),
        cmocka_unit_test(a_closed_pipe_is_an_error_not_a_death),
        cmocka_unit_test(a_child_starts_clean),
    };
    return fd < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
