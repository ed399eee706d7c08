/* SPDX-License-Identifier: Apache-2.0
 *
 * control/request.h: what is a request, what is none, and that no bytes do harm.
 */
#include "control/request.h"
#include "schedule.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int read_line(const char *line, cd_control_request *out)
{
    cd_error error = {0};
    int result = cd_control_request_read(line, strlen(line), out, &error);
    if (result)
        assert_true(error.text[0] != '\0');
    return result;
}

static void requests_are_read(void **state)
{
    static const char *const lines[] = {
        "{\"version\":1,\"command\":\"status\"}",
        " { \"command\" : \"status\" , \"version\" : 1 } ",
        "{\"version\":1,\"command\":\"status\"}\r",
    };
    cd_control_request request;
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_int_equal(read_line(lines[i], &request), 0);
        assert_int_equal(request.version, 1);
        assert_string_equal(request.command, "status");
    }
    assert_int_equal(read_line("{\"version\":0,\"command\":\"x\"}", &request), 0);
    assert_int_equal(request.version, 0);
    assert_int_equal(read_line("{\"version\":999999999,\"command\":\"x\"}", &request), 0);
    assert_int_equal(request.version, 999999999);
}

static void a_tap_may_choose(void **state)
{
    cd_control_request request;
    (void)state;
    assert_int_equal(read_line("{\"version\":1,\"command\":\"tap\"}", &request), 0);
    assert_int_equal(request.tap.kinds, CD_TAP_ARTICLES);
    assert_string_equal(request.tap.topic, "");
    assert_int_equal(request.tap.every, 1);
    assert_int_equal(read_line("{\"topic\":\"raw.en\",\"partition\":0,\"sample\":7,\"show\":\"all\",\"version\":1,"
                               "\"command\":\"tap\"}",
                               &request),
                     0);
    assert_int_equal(request.tap.kinds, CD_TAP_ARTICLES | CD_TAP_DEAD_LETTERS);
    assert_string_equal(request.tap.topic, "raw.en");
    assert_int_equal(request.tap.partition, 0);
    assert_int_equal(request.tap.every, 7);
    assert_int_equal(read_line("{\"version\":1,\"command\":\"tap\",\"show\":\"dead-letters\"}", &request), 0);
    assert_int_equal(request.tap.kinds, CD_TAP_DEAD_LETTERS);
}

static void all_else_is_refused(void **state)
{
    static const char *const lines[] = {
        "",
        "status",
        "{}",
        "{",
        "[]",
        "null",
        "{\"version\":1}",
        "{\"command\":\"status\"}",
        "{\"version\":1,\"command\":\"\"}",
        "{\"version\":1,\"command\":\"status\"} x",
        "{\"version\":1,\"command\":\"status\"}{}",
        "{\"version\":1,\"command\":\"status\",}",
        "{\"version\":1,\"version\":1,\"command\":\"status\"}",
        "{\"version\":1,\"command\":\"status\",\"command\":\"reload\"}",
        "{\"version\":\"1\",\"command\":\"status\"}",
        "{\"version\":1.5,\"command\":\"status\"}",
        "{\"version\":-1,\"command\":\"status\"}",
        "{\"version\":01,\"command\":\"status\"}",
        "{\"version\":1e3,\"command\":\"status\"}",
        "{\"version\":1234567890,\"command\":\"status\"}",
        "{\"version\":99999999999999999999999999,\"command\":\"status\"}",
        "{\"version\":1,\"command\":[\"status\"]}",
        "{\"version\":1,\"command\":\"sta\\u0074us\"}",
        "{\"version\":1,\"command\":\"stat\nus\"}",
        "{\"version\":1,\"command\":\"stätus\"}",
        "{\"version\":1,\"command\":\"a-command-of-more-than-thirty-one-bytes\"}",
        "{\"version\":1,\"command\":\"reload\",\"dry_run\":true}",
        "{\"version\":1,\"command\":\"reload\",\"a-member-of-more-than-thirty-one-bytes\":1}",
        "\xef\xbb\xbf{\"version\":1,\"command\":\"status\"}",
        "{\"version\":1,\"command\":\"tap\",\"show\":\"everything\"}",
        "{\"version\":1,\"command\":\"tap\",\"show\":1}",
        "{\"version\":1,\"command\":\"tap\",\"show\":\"all\",\"show\":\"all\"}",
        "{\"version\":1,\"command\":\"tap\",\"topic\":\"raw\"}",
        "{\"version\":1,\"command\":\"tap\",\"partition\":0}",
        "{\"version\":1,\"command\":\"tap\",\"topic\":\"\",\"partition\":0}",
        "{\"version\":1,\"command\":\"tap\",\"topic\":\"raw\",\"partition\":-1}",
        "{\"version\":1,\"command\":\"tap\",\"topic\":\"raw\",\"partition\":0,\"partition\":0}",
        "{\"version\":1,\"command\":\"tap\",\"sample\":0}",
        "{\"version\":1,\"command\":\"tap\",\"sample\":2,\"sample\":2}",
        "{\"version\":1,\"command\":\"status\",\"sample\":2}",
        "{\"show\":\"all\",\"version\":1,\"command\":\"reload\"}",
    };
    cd_control_request request;
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (read_line(lines[i], &request) != -EINVAL)
            fail_msg("accepted: %s", lines[i]);
    assert_int_equal(cd_control_request_read("{\"version\":1\0,\"command\":\"x\"}", 28, &request, NULL), -EINVAL);
}

static void an_unknown_member_is_named(void **state)
{
    cd_control_request request;
    cd_error error = {0};
    static const char line[] = "{\"version\":1,\"command\":\"reload\",\"dry_run\":1}";
    (void)state;
    assert_int_equal(cd_control_request_read(line, sizeof line - 1, &request, &error), -EINVAL);
    assert_non_null(strstr(error.text, "\"dry_run\""));
}

/* Every prefix, and good lines with some bytes changed: accepted only with a command that fits. The copy ends where the line does, so
 * that a sanitizer sees a step beyond. */
static bool no_bytes_do_harm(schedule *s)
{
    static const char good[] = "{\"version\":1,\"command\":\"status\"}";
    size_t length = schedule_below(s, sizeof good);
    char *line = malloc(length ? length : 1);
    cd_control_request request;
    HOLDS(line != NULL);
    memcpy(line, good, length);
    for (uint64_t changes = schedule_below(s, 4); changes > 0 && length > 0; changes--)
        line[schedule_below(s, length)] = (char)schedule_below(s, 256);
    int result = cd_control_request_read(line, length, &request, NULL);
    free(line);
    HOLDS(result == 0 || result == -EINVAL);
    HOLDS(memchr(request.command, '\0', sizeof request.command) != NULL);
    HOLDS(result != 0 || (request.version >= 0 && request.command[0] != '\0'));
    return true;
}

static void random_lines(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(200000, no_bytes_do_harm), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_read),
        cmocka_unit_test(a_tap_may_choose),
        cmocka_unit_test(all_else_is_refused),
        cmocka_unit_test(an_unknown_member_is_named),
        cmocka_unit_test(random_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
