/* SPDX-License-Identifier: Apache-2.0
 *
 * service/notify.h against a socket that plays systemd.
 */
#include "service/notify.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int manager;

static int listen_as_systemd(void **state)
{
    (void)state;
    char name[64];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(name, sizeof name, "@copydesk-test-%d", (int)getpid());
    memcpy(address.sun_path + 1, name + 1, strlen(name) - 1); /* an abstract name: no file to clean up */
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setenv("NOTIFY_SOCKET", name, 1);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    return bind(manager, (const struct sockaddr *)&address, len);
}

/* What came, or "" if nothing did. */
static const char *heard(void)
{
    static char text[4096];
    ssize_t got = recv(manager, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void verbs_become_messages(void **state)
{
    (void)state;
    cd_notify_ready();
    assert_string_equal(heard(), "READY=1");
    cd_notify_stopping();
    assert_string_equal(heard(), "STOPPING=1");
    cd_notify_watchdog();
    assert_string_equal(heard(), "WATCHDOG=1");
    cd_notify_extend(30);
    assert_string_equal(heard(), "EXTEND_TIMEOUT_USEC=30000000");
}

static void a_reload_says_when(void **state)
{
    (void)state;
    long long before = cd_clock_monotonic_ns() / 1000, said = 0;
    cd_notify_reloading();
    assert_int_equal(sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%lld", &said), 1);
    assert_true(said >= before && said <= cd_clock_monotonic_ns() / 1000);
}

static void a_status_is_one_line_and_sent_once(void **state)
{
    (void)state;
    cd_notify_status("degraded: %s", "broker\nREADY=1\x1b");
    assert_string_equal(heard(), "STATUS=degraded: broker READY=1 ");
    cd_notify_status("degraded: %s", "broker\nREADY=1\x1b");
    assert_string_equal(heard(), "");
    cd_notify_status("running");
    assert_string_equal(heard(), "STATUS=running");
}

static void a_long_status_is_cut_between_characters(void **state)
{
    (void)state;
    char name[1501] = "";
    for (int i = 0; i < 500; i++)
        strcat(name, "€");
    cd_notify_status("x%s", name);
    const char *text = heard();
    size_t len = strlen(text) - strlen("STATUS=x");
    assert_true(len > 490 && len % 3 == 0);
}

static void the_watchdog_interval_is_half(void **state)
{
    (void)state;
    char pid[16];
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(cd_notify_watchdog_interval_ns(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(cd_notify_watchdog_interval_ns(), 15 * CD_NS_PER_S);
    setenv("WATCHDOG_PID", "1", 1); /* meant for another process */
    assert_int_equal(cd_notify_watchdog_interval_ns(), 0);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(cd_notify_watchdog_interval_ns(), 15 * CD_NS_PER_S);
}

/* With no descriptor left: a watchdog that is not fed would have us killed. */
static void no_descriptor_is_needed(void **state)
{
    (void)state;
    struct rlimit usual, none;
    cd_notify_watchdog();
    (void)heard();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = usual;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    cd_notify_watchdog();
    cd_notify_status("degraded: no descriptor");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_string_equal(heard(), "WATCHDOG=1");
    assert_string_equal(heard(), "STATUS=degraded: no descriptor");
}

/* Nobody reads what we say: the queue fills, we go on. */
static void a_manager_that_does_not_listen_holds_nobody_up(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++)
        cd_notify_watchdog();
    int count = 0;
    while (heard()[0])
        count++;
    assert_in_range(count, 1, 9999);
    cd_notify_watchdog();
    assert_string_equal(heard(), "WATCHDOG=1");
}

/* systemd that re-executes itself, or another socket of that name. */
static void a_manager_that_comes_back_is_found(void **state)
{
    close(manager);
    cd_notify_watchdog();
    assert_int_equal(listen_as_systemd(state), 0);
    cd_notify_watchdog();
    assert_string_equal(heard(), "WATCHDOG=1");
}

static void without_systemd_nothing_happens(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    cd_notify_ready();
    cd_notify_status("alone");
    cd_notify_watchdog();
    assert_string_equal(heard(), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verbs_become_messages),
        cmocka_unit_test(a_reload_says_when),
        cmocka_unit_test(a_status_is_one_line_and_sent_once),
        cmocka_unit_test(a_long_status_is_cut_between_characters),
        cmocka_unit_test(the_watchdog_interval_is_half),
        cmocka_unit_test(no_descriptor_is_needed),
        cmocka_unit_test(a_manager_that_does_not_listen_holds_nobody_up),
        cmocka_unit_test(a_manager_that_comes_back_is_found),
        cmocka_unit_test(without_systemd_nothing_happens),
    };
    return cmocka_run_group_tests(tests, listen_as_systemd, NULL);
}
