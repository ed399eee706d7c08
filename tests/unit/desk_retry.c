/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk.h when a stage asks to try again: its own attempts and waits, and what becomes of the article at the end.
 */
#include "desk_support.h"

#include "base/clock.h"

#include <stdio.h>

static const char *const stubborn[] = {"desk.workers=1", "retry.attempts=100", "retry.backoff=3600000", "retry.backoff_max=3600000",
                                       NULL};

static bench *start(const char *stages, const char *const *sets, const char *own)
{
    bench_retry = own;
    bench *b = bench_start(stages, sets);
    bench_retry = NULL;
    return b;
}

static void a_stage_s_own_attempts_count(void **state)
{
    (void)state;
    bench *b = start("misbehave", stubborn, "attempts = 2; backoff = 1; backoff_max = 1;");
    bench_take(b, 0, 0, "misbehave:retry");
    bench_take(b, 0, 1, "calm");
    bench_finish(b);
    bench_in_order(b);
    const bench_seen *s = bench_find(b, 0, 0);
    assert_string_equal(s->class, "retries-exhausted");
    assert_int_equal(s->attempts, 2);
    assert_int_equal(bench_find(b, 0, 1)->kind, CD_OUTCOME_PUBLISH);
    bench_end(b);
}

static size_t times(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

/* Stages before and behind it are run as ever; its own member is null, and the provenance says so. */
static void it_passes_without_what_the_stage_says(void **state)
{
    (void)state;
    bench *b = start("misbehave,slow", stubborn, "attempts = 3; backoff = 1; backoff_max = 1; final = \"pass\";");
    for (int64_t i = 0; i < 20; i++)
        bench_take(b, 0, i, i == 10 ? "misbehave:retry" : "calm");
    bench_finish(b);
    bench_in_order(b);
    for (int64_t i = 0; i < 20; i++) {
        const bench_seen *s = bench_find(b, 0, i);
        assert_int_equal(s->kind, CD_OUTCOME_PUBLISH);
        assert_int_equal(times(s->output, "\"misbehave\":null"), i == 10);
        assert_int_equal(times(s->output, "{\"name\":\"misbehave\",\"version\":\"6.6.6\",\"skipped\":true}"), i == 10);
        assert_int_equal(times(s->output, "\"skipped\""), i == 10);
    }
    assert_int_equal(bench_stage(b, "misbehave")->articles, 19 + 3);
    assert_int_equal(bench_stage(b, "misbehave")->retried, 3);
    assert_int_equal(bench_stage(b, "slow")->articles, 20);
    bench_end(b);
}

static void one_that_waits_holds_its_partition_alone(void **state)
{
    (void)state;
    bench *b = start("misbehave", (const char *const[]){"desk.workers=1", NULL},
                     "attempts = 2; backoff = 3600000; backoff_max = 3600000;");
    bench_take(b, 0, 0, "misbehave:retry");
    for (int64_t i = 1; i < 50; i++) {
        bench_take(b, 0, i, "calm");
        bench_take(b, 1, i, "calm");
    }
    bench_until_seen(b, 49);
    bench_run_ms(b, 200);
    assert_int_equal(b->seen_count, 49);
    for (size_t i = 0; i < b->seen_count; i++)
        assert_int_equal(b->seen[i].partition, 1);
    bench_break_off(b);
}

/* The wait of this one is shorter by 99 %: it would not be over within a minute. */
static void jitter_makes_waits_shorter(void **state)
{
    (void)state;
    int64_t offset = 0;
    while (((uint64_t)offset * 31 + 1) * UINT64_C(0x9E3779B97F4A7C15) >> 54 < 1015)
        offset++;
    bench *b = start("misbehave", (const char *const[]){"desk.workers=1", NULL},
                     "attempts = 2; backoff = 100000; backoff_max = 100000; jitter = 100;");
    bench_take(b, 0, offset, "misbehave:retry");
    bench_finish(b);
    assert_string_equal(bench_find(b, 0, offset)->class, "retries-exhausted");
    bench_end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stage_s_own_attempts_count),
        cmocka_unit_test(it_passes_without_what_the_stage_says),
        cmocka_unit_test(one_that_waits_holds_its_partition_alone),
        cmocka_unit_test(jitter_makes_waits_shorter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
