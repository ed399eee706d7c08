/* SPDX-License-Identifier: Apache-2.0
 *
 * control/status.h: the condition over time, and the JSON that tells it.
 */
#include "control/status.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define S INT64_C(1000000000)

static const char *line_of(const cd_condition *condition)
{
    static char line[1024];
    return cd_condition_line(condition, line, sizeof line);
}

static void note(cd_condition *condition, const char *phase, const char *desk, const char *producer, int64_t now_ns)
{
    const cd_complaint complaints[] = {{"desk", desk}, {"producer", producer}};
    cd_condition_note(condition, phase, complaints, 2, now_ns);
}

static void ready_with_a_complaint_is_degraded(void **state)
{
    cd_condition condition = {0};
    (void)state;
    assert_string_equal(line_of(&condition), "starting");
    note(&condition, "starting", "the children are starting", NULL, 1 * S);
    assert_string_equal(line_of(&condition), "starting: the children are starting");
    note(&condition, "ready", NULL, "", 2 * S);
    assert_string_equal(line_of(&condition), "ok");
    note(&condition, "ready", "a child is gone", "no broker", 3 * S);
    assert_string_equal(line_of(&condition), "degraded: a child is gone; no broker");
    note(&condition, "stopping", NULL, NULL, 4 * S);
    assert_string_equal(line_of(&condition), "stopping");
}

static void since_when_is_kept_for_each(void **state)
{
    cd_condition condition = {0};
    (void)state;
    note(&condition, "ready", NULL, "no broker", 10 * S);
    note(&condition, "ready", "a child is gone", "no broker, still", 20 * S);
    assert_int_equal(condition.since_ns, 10 * S);
    assert_int_equal(condition.reasons[0].since_ns, 20 * S);
    assert_int_equal(condition.reasons[1].since_ns, 10 * S);
    assert_string_equal(condition.reasons[1].text, "no broker, still");
    note(&condition, "ready", "a child is gone", NULL, 30 * S);
    note(&condition, "ready", "a child is gone", "no broker", 40 * S);
    assert_int_equal(condition.since_ns, 10 * S);
    assert_int_equal(condition.reasons[0].since_ns, 20 * S);
    assert_int_equal(condition.reasons[1].since_ns, 40 * S);
    note(&condition, "ready", NULL, NULL, 50 * S);
    assert_int_equal(condition.since_ns, 50 * S);
}

static void a_line_has_its_bound(void **state)
{
    char line[24];
    cd_condition condition = {0};
    (void)state;
    note(&condition, "ready", "something long that does not fit", "and more", S);
    assert_string_equal(cd_condition_line(&condition, line, sizeof line), "degraded: something lon");
}

static json_t *written(const cd_status *status)
{
    cd_json out = {0};
    cd_status_write(status, &out);
    cd_str text = cd_json_text(&out);
    json_t *parsed = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    cd_json_free(&out);
    return parsed;
}

static void the_json_tells_all(void **state)
{
    cd_condition condition = {0};
    cd_reload_memory reload = {.decided_ns = 95 * S, .refusal = "line 1: \"nmae\"\n"};
    cd_status status = {.condition = &condition,
                        .reload = &reload,
                        .version = "1.2.3",
                        .file = "/etc/a.conf",
                        .group = "g",
                        .process = 42,
                        .now_ns = 100 * S,
                        .now_ms = 1700000000000,
                        .log_dropped = 3,
                        .log_suppressed = 4,
                        .stats = {"{\"name\":\"night\"}", 16}};
    const char *shown, *from, *text, *last, *reason, *name;
    json_int_t since, reason_since, time, dropped, suppressed, pid;
    int running;
    (void)state;
    note(&condition, "ready", NULL, "no broker", 90 * S);
    json_t *root = written(&status);
    assert_int_equal(json_unpack(root, "{s:s,s:I,s:[{s:s,s:s,s:I}],s:I,s:{s:s,s:b,s:I,s:s},s:{s:I,s:I},s:{s:s}}", "state", &shown,
                                 "since_ms", &since, "reasons", "from", &from, "text", &text, "since_ms", &reason_since, "pid", &pid,
                                 "reload", "last", &last, "running", &running, "time_ms", &time, "reason", &reason, "log", "dropped",
                                 &dropped, "suppressed", &suppressed, "stats", "name", &name), 0);
    assert_string_equal(shown, "degraded");
    assert_int_equal(since, 1700000000000 - 10000);
    assert_int_equal(reason_since, since);
    assert_string_equal(from, "producer");
    assert_string_equal(text, "no broker");
    assert_string_equal(last, "refused");
    assert_string_equal(reason, reload.refusal);
    assert_int_equal(time, 1700000000000 - 5000);
    assert_false(running);
    assert_int_equal(dropped * 10 + suppressed, 34);
    assert_int_equal(pid, 42);
    assert_string_equal(name, "night");
    json_decref(root);
}

static void before_anything_happened(void **state)
{
    cd_condition condition = {0};
    cd_reload_memory reload = {.running = true};
    cd_status status = {.condition = &condition, .reload = &reload, .version = "", .file = "", .group = ""};
    (void)state;
    json_t *root = written(&status), *part = json_object_get(root, "reload");
    assert_string_equal(json_string_value(json_object_get(root, "state")), "starting");
    assert_string_equal(json_string_value(json_object_get(part, "last")), "none");
    assert_true(json_is_true(json_object_get(part, "running")));
    assert_null(json_object_get(part, "time_ms"));
    assert_true(json_is_null(json_object_get(root, "stats")));
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ready_with_a_complaint_is_degraded),
        cmocka_unit_test(since_when_is_kept_for_each),
        cmocka_unit_test(a_line_has_its_bound),
        cmocka_unit_test(the_json_tells_all),
        cmocka_unit_test(before_anything_happened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
