/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk.h against a worker that breaks the protocol (hostile_worker.c, which stands beside this program as
 * copydesk-worker): the one record with which it does becomes a dead letter after two tries, the others come out in
 * order, and nothing goes on for ever.
 */
#include "desk_support.h"

enum { RECORDS = 31, BAD = 9 };

static void costs_one_record(const char *how)
{
    setenv("COPYDESK_HOSTILE", how, 1);
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", "worker.article_cpu=60000", NULL});
    for (int64_t i = 0; i < RECORDS; i++)
        bench_take(b, 0, i, i == BAD ? "poison" : "harmless");
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(b->seen_count, RECORDS);
    for (int64_t i = 0; i < RECORDS; i++)
        assert_int_equal(bench_find(b, 0, i)->kind, i == BAD ? CD_OUTCOME_DEAD_LETTER : CD_OUTCOME_PUBLISH);
    assert_string_equal(bench_find(b, 0, BAD)->class, "crash");
    assert_int_equal(bench_find(b, 0, BAD)->attempts, 2);
    cd_stats_view view;
    cd_desk_view(b->desk, &view);
    assert_true(view.restarts <= 3);
    bench_end(b);
}

static void deaths_that_nobody_recorded(void **state)
{
    (void)state;
    costs_one_record("die");
    costs_one_record("abort");
    costs_one_record("tail");
}

static void frames_that_are_no_results(void **state)
{
    (void)state;
    costs_one_record("garbage");
    costs_one_record("empty");
    costs_one_record("hello");
}

static void results_that_nobody_asked_for(void **state)
{
    (void)state;
    costs_one_record("another");
    costs_one_record("twice");
}

static void a_ring_that_is_written_over(void **state)
{
    (void)state;
    costs_one_record("beyond");
    costs_one_record("back");
    costs_one_record("odd");
}

static void a_worker_that_says_nothing_of_use_is_a_refusal(void **state)
{
    (void)state;
    setenv("COPYDESK_HOSTILE", "mute", 1);
    bench *b = bench_try("misbehave", (const char *const[]){"desk.workers=1", NULL});
    assert_non_null(cd_desk_refusal(b->desk));
    assert_non_null(strstr(cd_desk_refusal(b->desk), "before it was ready"));
    bench_end(b);
    setenv("COPYDESK_HOSTILE", "nonsense", 1);
    b = bench_try("misbehave", (const char *const[]){"desk.workers=1", NULL});
    assert_non_null(cd_desk_refusal(b->desk));
    bench_end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deaths_that_nobody_recorded),
        cmocka_unit_test(frames_that_are_no_results),
        cmocka_unit_test(results_that_nobody_asked_for),
        cmocka_unit_test(a_ring_that_is_written_over),
        cmocka_unit_test(a_worker_that_says_nothing_of_use_is_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
