/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk.h when workers die: one more try, alone, in a fresh worker; then a dead letter that says how. The others
 * come out, in order, as if nothing had been.
 */
#include "desk/desk_private.h"
#include "desk_support.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { RECORDS = 21, BAD = 10 };

static void take_with_one_bad(bench *b, const char *deed)
{
    for (int64_t i = 0; i < RECORDS; i++)
        bench_take(b, 0, i, i == BAD ? deed : "misbehave:nap");
}

/* The one is dead, all others are out, in order. */
static const bench_seen *one_died(bench *b, const char *class, int signal, const char *words)
{
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(b->seen_count, RECORDS);
    for (int64_t i = 0; i < RECORDS; i++)
        if (i != BAD)
            assert_int_equal(bench_find(b, 0, i)->kind, CD_OUTCOME_PUBLISH);
    const bench_seen *s = bench_find(b, 0, BAD);
    assert_int_equal(s->kind, CD_OUTCOME_DEAD_LETTER);
    assert_string_equal(s->class, class);
    assert_string_equal(s->stage, "misbehave");
    assert_string_equal(s->version, "6.6.6");
    assert_int_equal(s->signal, signal);
    assert_int_equal(s->attempts, 2);
    if (s->reason == NULL || strstr(s->reason, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", s->reason, words);
    assert_true(b->lanes[0]->ledger.dead_lettered == 1 && b->lanes[0]->ledger.published == RECORDS - 1);
    return s;
}

static uint64_t restarts(bench *b)
{
    cd_stats_view view;
    cd_desk_view(b->desk, &view);
    return view.restarts;
}

static void dies(const char *deed, int signal, const char *words)
{
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", NULL});
    take_with_one_bad(b, deed);
    one_died(b, "crash", signal, words);
    assert_int_equal(restarts(b), 2);
    assert_int_equal(bench_stage(b, "misbehave")->crashes, 2);
    bench_end(b);
}

static void a_fault_costs_one_article(void **state)
{
    (void)state;
    dies("misbehave:segv", SIGSEGV, "SIGSEGV");
}

static void an_abort_costs_one_article(void **state)
{
    (void)state;
    dies("misbehave:abort", SIGABRT, "SIGABRT");
}

static void an_exit_costs_one_article(void **state)
{
    (void)state;
    dies("misbehave:exit", 0, "exit status 0");
}

static void a_stage_that_cannot_go_on_costs_one_article(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", NULL});
    take_with_one_bad(b, "misbehave:fatal");
    one_died(b, "crash", 0, "this instance is broken");
    assert_int_equal(bench_stage(b, "misbehave")->fatal, 2);
    bench_end(b);
}

/* Nothing is given to the worker that is about to end itself, though it is the one with nothing to do. */
static void a_fatal_one_gets_another_worker(void **state)
{
    (void)state;
    enum { ALL = 10 };
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", NULL});
    for (int64_t i = 0; i < ALL; i++) {
        bench_take(b, 0, i, "misbehave:fatal");
        bench_finish(b);
        assert_string_equal(bench_find(b, 0, i)->stage, "misbehave");
    }
    assert_int_equal(bench_stage(b, "misbehave")->fatal, 2 * ALL);
    bench_end(b);
}

static void times_out(const char *deed)
{
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", "worker.article_cpu=80", NULL});
    take_with_one_bad(b, deed);
    one_died(b, "timeout", 0, "used up its time");
    assert_int_equal(bench_stage(b, "misbehave")->timeouts, 2);
    assert_int_equal(bench_stage(b, "misbehave")->crashes, 0);
    bench_end(b);
}

static void an_endless_loop_costs_one_article(void **state)
{
    (void)state;
    times_out("misbehave:hang");
}

/* Uses no CPU time at all: ten times as much wall time is the limit. */
static void a_stopped_worker_costs_one_article(void **state)
{
    (void)state;
    times_out("misbehave:stop");
}

static void many_bad_ones_with_one_worker(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", NULL});
    for (int64_t i = 0; i < 12; i++)
        bench_take(b, (int32_t)(i % 2), i, i % 3 == 0 ? "misbehave:segv" : i % 3 == 1 ? "misbehave:reject" : "calm");
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(b->seen_count, 12);
    for (int64_t i = 0; i < 12; i++) {
        const bench_seen *s = bench_find(b, (int32_t)(i % 2), i);
        assert_int_equal(s->kind, i % 3 == 2 ? CD_OUTCOME_PUBLISH : CD_OUTCOME_DEAD_LETTER);
        assert_string_equal(i % 3 == 0 ? s->class : "crash", "crash");
    }
    assert_int_equal(restarts(b), 8);
    bench_end(b);
}

/* ---- killed from outside ---- */

static void the_killed_worker_s_articles_go_to_others(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=3", "desk.in_flight=20", NULL});
    for (int64_t i = 0; i < 200; i++)
        bench_take(b, 0, i, "misbehave:nap");
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "worker %d", i + 1);
        bench_until_seen(b, b->seen_count + 15);
        assert_int_equal(kill(bench_pid(b, name), SIGKILL), 0);
    }
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(b->lanes[0]->ledger.published, 200);
    assert_int_equal(restarts(b), 3);
    bench_end(b);
}

static void one_crash_and_then_a_verdict_are_two_attempts(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", NULL});
    bench_take(b, 0, 0, "misbehave:late_reject");
    bench_run_ms(b, 200);
    assert_int_equal(b->seen_count, 0);
    assert_int_equal(kill(bench_pid(b, "worker 1"), SIGKILL), 0);
    bench_finish(b);
    const bench_seen *s = bench_find(b, 0, 0);
    assert_string_equal(s->class, "reject");
    assert_int_equal(s->attempts, 2);
    bench_end(b);
}

/* Both workers die in the same round, so that what the second had in hand comes before the article that the first died with. */
static void the_second_chance_is_in_a_fresh_worker(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", "desk.in_flight=4", NULL});
    for (int64_t i = 0; i < 12; i++)
        bench_take(b, 0, i, "misbehave:tell");
    bench_round(b);
    bench_round(b);
    pid_t first = bench_pid(b, "worker 1"), second = bench_pid(b, "worker 2");
    bench_until_seen(b, 1);
    assert_int_equal(kill(first, SIGKILL) | kill(second, SIGKILL), 0);
    bench_finish(b);
    bench_in_order(b);
    int alone = 0;
    for (size_t i = 0; i < b->seen_count; i++) {
        const bench_seen *one = &b->seen[i];
        if (one->attempts < 2)
            continue;
        assert_non_null(strstr(one->output, "\"nth\":1}"));
        alone++;
    }
    assert_int_equal(alone, 2);
    bench_end(b);
}

static void a_worker_that_does_not_leave_is_not_waited_for(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", "worker.article_cpu=80", NULL});
    bench_take(b, 0, 0, "misbehave:stay");
    bench_finish(b);
    assert_int_equal(cd_child_stop(&b->desk->crew->workers[0]), 0);
    bench_take(b, 0, 1, "misbehave:stay");
    bench_finish(b);
    assert_int_equal(b->lanes[0]->ledger.published, 2);
    bench_end(b); /* nor does this one leave by itself */
}

/* Results that a worker had shown before it died are as good as any: nothing is done twice. */
static void what_was_done_before_the_death_is_not_done_again(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", NULL});
    for (int64_t i = 0; i < 30; i++)
        bench_take(b, 0, i, i == 20 ? "misbehave:segv" : "calm");
    bench_finish(b);
    assert_int_equal(bench_stage(b, "misbehave")->ok, 29);
    assert_int_equal(bench_stage(b, "misbehave")->articles, 29);
    bench_end(b);
}

/* ---- starting and stopping ---- */

static void a_plugin_that_does_not_open_is_a_refusal(void **state)
{
    (void)state;
    bench *b = bench_try("misbehave,open_fails", (const char *const[]){"desk.workers=2", NULL});
    assert_non_null(cd_desk_refusal(b->desk));
    assert_non_null(strstr(cd_desk_refusal(b->desk), "open_fails"));
    assert_int_equal(cd_desk_refusal_error(b->desk), -EINVAL);
    assert_false(cd_desk_ready(b->desk));
    bench_end(b);
}

static void two_plugins_that_cannot_be_loaded_are_both_named(void **state)
{
    (void)state;
    bench *b = bench_try("no_entry,misbehave,null_descriptor", (const char *const[]){"desk.workers=1", NULL});
    const char *refusal = cd_desk_refusal(b->desk);
    assert_non_null(refusal);
    assert_non_null(strstr(refusal, "no_entry"));
    assert_non_null(strstr(refusal, "null_descriptor"));
    assert_null(strstr(refusal, "misbehave"));
    bench_end(b);
}

static void a_stop_waits_for_what_is_in_hand(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", NULL});
    bench_take(b, 0, 0, "misbehave:late_reject");
    bench_take(b, 0, 1, "misbehave:late_reject");
    bench_run_ms(b, 100);
    cd_desk_stop(b->desk, 30000);
    assert_int_equal(b->seen_count, 2);
    assert_int_equal(restarts(b), 0);
    bench_end(b);
}

static void a_stop_does_not_wait_for_ever(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", "worker.article_cpu=60000", NULL});
    bench_take(b, 0, 0, "misbehave:stop");
    bench_run_ms(b, 100);
    pid_t pid = bench_pid(b, "worker 1");
    cd_desk_stop(b->desk, 200);
    assert_int_equal(kill(pid, 0), 0); /* still there … */
    assert_int_equal(bench_lose(b, 0).abandoned, 1);
    bench_lane(b, 0);
    kill(pid, SIGKILL);
    bench_end(b);
    assert_int_equal(kill(pid, 0), -1); /* … and reaped by the end */
}

static void a_desk_that_is_destroyed_leaves_nobody_behind(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", NULL});
    for (int64_t i = 0; i < 50; i++)
        bench_take(b, 0, i, "misbehave:nap");
    bench_run_ms(b, 30);
    pid_t pids[2] = {bench_pid(b, "worker 1"), bench_pid(b, "worker 2")};
    bench_lose(b, 0);
    cd_desk_destroy(b->desk); /* without a stop */
    b->desk = NULL;
    for (int i = 0; i < 2; i++)
        assert_int_equal(kill(pids[i], 0), -1);
    assert_int_equal(b->given_back, b->taken);
    bench_drop(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_costs_one_article),
        cmocka_unit_test(an_abort_costs_one_article),
        cmocka_unit_test(an_exit_costs_one_article),
        cmocka_unit_test(a_stage_that_cannot_go_on_costs_one_article),
        cmocka_unit_test(a_fatal_one_gets_another_worker),
        cmocka_unit_test(an_endless_loop_costs_one_article),
        cmocka_unit_test(a_stopped_worker_costs_one_article),
        cmocka_unit_test(many_bad_ones_with_one_worker),
        cmocka_unit_test(the_killed_worker_s_articles_go_to_others),
        cmocka_unit_test(one_crash_and_then_a_verdict_are_two_attempts),
        cmocka_unit_test(the_second_chance_is_in_a_fresh_worker),
        cmocka_unit_test(a_worker_that_does_not_leave_is_not_waited_for),
        cmocka_unit_test(what_was_done_before_the_death_is_not_done_again),
        cmocka_unit_test(a_plugin_that_does_not_open_is_a_refusal),
        cmocka_unit_test(two_plugins_that_cannot_be_loaded_are_both_named),
        cmocka_unit_test(a_stop_waits_for_what_is_in_hand),
        cmocka_unit_test(a_stop_does_not_wait_for_ever),
        cmocka_unit_test(a_desk_that_is_destroyed_leaves_nobody_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
