/* SPDX-License-Identifier: Apache-2.0
 *
 * base/log.h: form, escaping, rate limit, and that a full standard error stops nobody. Standard error is a pipe, a
 * socket or a file here; what the log wrote is read back.
 */
#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int real_stderr, reader = -1;
static char text[1 << 20];

/* Lines go to `writer`, and are read from `from`. */
static void capture(int writer, int from)
{
    assert_true(dup2(writer, STDERR_FILENO) >= 0);
    (void)close(writer);
    if (reader >= 0)
        (void)close(reader);
    reader = from;
    assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
    cd_log_init("press");
}

static void capture_pipe(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    capture(ends[1], ends[0]);
}

static const char *written(void)
{
    size_t len = 0;
    ssize_t got;
    while ((got = read(reader, text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    return text;
}

static size_t lines(const char *s)
{
    size_t count = 0;
    for (; *s != '\0'; s++)
        count += *s == '\n';
    return count;
}

static int setup(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    cd_log_level_set(CD_LEVEL_INFO);
    capture_pipe();
    return 0;
}

static int restore(void **state)
{
    (void)state;
    (void)dup2(real_stderr, STDERR_FILENO);
    return 0;
}

static void a_line_for_people(void **state)
{
    (void)state;
    char expected[100];
    cd_log_warning("page %d of %s", 3, "the ledger");
    const char *line = written();
    snprintf(expected, sizeof expected, "Z warning press[%d]: page 3 of the ledger\n", (int)getpid());
    assert_int_equal(strlen(line), strlen("2026-01-31T08:00:00.000") + strlen(expected));
    assert_string_equal(line + 23, expected);
    assert_int_equal(line[4], '-');
    assert_int_equal(line[10], 'T');
}

static void a_line_for_the_journal(void **state)
{
    (void)state;
    setenv("JOURNAL_STREAM", "8:1", 1);
    capture_pipe();
    cd_log_error("lost the key");
    cd_log_info("found it");
    assert_string_equal(written(), "<3>press: lost the key\n<6>press: found it\n");
}

static void levels_filter_and_have_names(void **state)
{
    (void)state;
    cd_log_debug("unseen");
    cd_log_level_set(CD_LEVEL_ERROR);
    cd_log_warning("unseen");
    assert_string_equal(written(), "");
    cd_log_level_set(CD_LEVEL_DEBUG);
    cd_log_debug("seen");
    assert_non_null(strstr(written(), " debug "));
    for (int level = CD_LEVEL_ERROR; level <= CD_LEVEL_DEBUG; level++)
        assert_int_equal(cd_log_level_parse(cd_log_level_name(level)), level);
    assert_int_equal(cd_log_level_parse("loud"), -1);
}

static void hostile_text_is_escaped(void **state)
{
    (void)state;
    cd_log_info("%s", "a\nb\rc\td\x1b[31m\x7f\xc2\x9b|\xff|\xc3|\xe2\x80\xae|\xed\xa0\x80|é€😀|\\n");
    const char *line = written();
    assert_int_equal(lines(line), 1);
    assert_non_null(strstr(line, ": a\\nb\\rc\\td\\x1b[31m\\x7f\\u009b|\\xff|\\xc3|\\u202e|\\xed\\xa0\\x80|é€😀|\\n\n"));
}

static void a_long_line_is_cut_whole(void **state)
{
    (void)state;
    static char big[20000];
    memset(big, 'x', sizeof big - 1);
    cd_log_info("%s", big);
    memset(big, '\x1b', sizeof big - 1); /* four bytes each when escaped */
    cd_log_info("%s", big);
    const char *line = written();
    assert_int_equal(lines(line), 2);
    const char *end = strchr(line, '\n');
    assert_true(end - line < 4096 && end - line > 4000);
    assert_memory_equal(end - 3, "…", 3);
    assert_true(strlen(end + 1) <= 4096);
    assert_memory_equal(strchr(end + 1, '\n') - 3, "…", 3);
}

static void noisy_place(int round) { cd_log_info("round %d", round); }

static void a_place_has_its_limit(void **state)
{
    (void)state;
    uint64_t before = cd_log_suppressed();
    for (int i = 0; i < 500; i++)
        noisy_place(i);
    cd_log_info("another place");
    const char *all = written();
    assert_int_equal(lines(all), CD_LOG_BURST + 1);
    assert_int_equal(cd_log_suppressed() - before, 500 - CD_LOG_BURST);
    assert_non_null(strstr(all, "another place"));
}

static void what_was_held_back_is_said(void **state)
{
    (void)state;
    cd_log_site site = {0};
    for (int i = 0; i < CD_LOG_BURST + 7; i++)
        cd_log_write(&site, CD_LEVEL_INFO, "tick");
    assert_null(strstr(written(), "held back"));
    site.window -= CD_LOG_WINDOW_MS; /* as if the window were over */
    cd_log_write(&site, CD_LEVEL_INFO, "tock");
    assert_non_null(strstr(written(), "tock (7 more like this were held back)\n"));
}

static void a_key_has_its_own_limit(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        cd_log_keyed(CD_LEVEL_INFO, "loud", "stage %s", "loud");
        if (i == 299)
            cd_log_keyed(CD_LEVEL_INFO, "quiet", "stage %s", "quiet");
    }
    const char *all = written();
    assert_int_equal(lines(all), CD_LOG_BURST + 1);
    assert_non_null(strstr(all, "stage quiet"));
}

static void fill(int count)
{
    for (int i = 0; i < count; i++)
        cd_log_write(NULL, CD_LEVEL_INFO, "%01000d", i);
}

/* The sum of what all lines about dropped lines say: a short one may fit where a long one did not. */
static uint64_t said_dropped(const char *all)
{
    uint64_t sum = 0;
    for (const char *s = all; (s = strstr(s, " log lines were dropped")) != NULL; s++) {
        const char *digits = s;
        while (digits[-1] != ' ')
            digits--;
        sum += strtoull(digits, NULL, 10);
    }
    return sum;
}

/* Nobody reads: the writer must not wait, must count, and must say so later. */
static void check_full(void)
{
    uint64_t before = cd_log_dropped();
    int64_t start = cd_clock_monotonic_ns();
    fill(2000);
    assert_true(cd_clock_monotonic_ns() - start < 5 * CD_NS_PER_S);
    uint64_t dropped = cd_log_dropped() - before;
    assert_true(dropped > 0 && dropped < 2000);
    const char *all = written();
    uint64_t said = said_dropped(all);
    size_t full = 0;
    for (const char *s = all; (s = strstr(s, ": 0000000000")) != NULL; s++)
        full++;
    assert_int_equal(full, 2000 - dropped);
    cd_log_write(NULL, CD_LEVEL_INFO, "room again");
    all = written();
    assert_int_equal(said + said_dropped(all), dropped);
    assert_non_null(strstr(all, "room again\n"));
}

static void a_full_pipe_stops_nobody(void **state)
{
    (void)state;
    check_full();
    assert_false(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK); /* the descriptor that others share is as it was */
}

static void a_full_socket_stops_nobody(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    capture(ends[1], ends[0]);
    check_full();
}

static void a_closed_pipe_is_a_dropped_line(void **state)
{
    (void)state;
    (void)close(STDERR_FILENO);
    cd_log_init("press");
    uint64_t before = cd_log_dropped();
    cd_log_write(NULL, CD_LEVEL_INFO, "to nobody");
    uint64_t after = cd_log_dropped();
    (void)dup2(real_stderr, STDERR_FILENO); /* before a pipe takes the free number */
    capture_pipe();
    assert_int_equal(after - before, 1);
}

static void a_file_is_appended_to(void **state)
{
    (void)state;
    char name[] = "/tmp/copydesk-log-XXXXXX";
    int file = mkstemp(name), from = open(name, O_RDONLY);
    assert_true(file >= 0 && from >= 0);
    (void)unlink(name);
    assert_int_equal(write(file, "before\n", 7), 7);
    capture(file, from);
    cd_log_write(NULL, CD_LEVEL_INFO, "behind");
    const char *all = written();
    assert_memory_equal(all, "before\n", 7);
    assert_non_null(strstr(all, "behind\n"));
}

static void errno_survives(void **state)
{
    (void)state;
    errno = ENOTTY;
    cd_log_info("anything");
    assert_int_equal(errno, ENOTTY);
}

int main(void)
{
    real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, restore)
    const struct CMUnitTest tests[] = {
        TEST(a_line_for_people),
        TEST(a_line_for_the_journal),
        TEST(levels_filter_and_have_names),
        TEST(hostile_text_is_escaped),
        TEST(a_long_line_is_cut_whole),
        TEST(a_place_has_its_limit),
        TEST(what_was_held_back_is_said),
        TEST(a_key_has_its_own_limit),
        TEST(a_full_pipe_stops_nobody),
        TEST(a_full_socket_stops_nobody),
        TEST(a_closed_pipe_is_a_dropped_line),
        TEST(a_file_is_appended_to),
        TEST(errno_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
