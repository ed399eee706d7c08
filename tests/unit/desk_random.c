/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk.h under random schedules: deeds of every kind on several partitions, reports that come late and in any
 * order, an outlet that is full now and then, partitions lost and won again, workers and the store killed. After each
 * round the books balance; at the end every record of a partition that stayed has come out once, in order. Once more with so much
 * poison, for workers and store, that stages are switched off and on all the time.
 */
#include "desk_support.h"
#include "schedule.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { LANES = 3, RECORDS = 150 };

static bool poisoned; /* the schedules that run now */

static const char *any_deed(schedule *s)
{
    static const char *const deeds[] = {"calm",
                                        "calm",
                                        "misbehave:nap",
                                        "misbehave:nap",
                                        "misbehave:drop",
                                        "misbehave:reject",
                                        "misbehave:route",
                                        "misbehave:retry_twice",
                                        "misbehave:broken_json"};
    static const char *const ends[] = {"misbehave:segv", "misbehave:abort", "misbehave:exit", "misbehave:fatal",
                                       "misbehave:hang"};
    return schedule_chance(s, poisoned ? 20 : 2) ? ends[schedule_below(s, 5)] : deeds[schedule_below(s, 9)];
}

static void kill_somebody(bench *b, schedule *s)
{
    static const char *const names[] = {"worker 1", "worker 2", "store"};
    pid_t pid = bench_pid(b, names[schedule_below(s, 3)]);
    cd_stats_view view;
    cd_desk_view(b->desk, &view);
    for (size_t i = 0; i < view.child_count; i++)
        if (view.children[i].pid == pid && strcmp(view.children[i].state, "ready") == 0)
            kill(pid, SIGKILL);
}

static void do_something(bench *b, schedule *s, int64_t *next)
{
    uint64_t what = schedule_below(s, 1000);
    int32_t lane = (int32_t)schedule_below(s, LANES);
    if (what < 600) {
        for (uint64_t i = schedule_below(s, 6); i > 0; i--) {
            if (schedule_chance(s, 5))
                bench_take_bytes(b, lane, next[lane]++, "key", 3, NULL, 0);
            else if (poisoned && schedule_chance(s, 10))
                bench_take_id(b, lane, next[lane]++, "die-now", "calm");
            else
                bench_take(b, lane, next[lane]++, any_deed(s));
        }
    } else if (what < 850) {
        for (uint64_t i = schedule_below(s, 10); i > 0 && b->published_count > 0; i--)
            bench_deliver(b, schedule_below(s, b->published_count));
    } else if (what < 900) {
        b->not_now = (int)schedule_below(s, 4);
    } else if (what < 904) {
        kill_somebody(b, s);
    } else if (what < 908 && lane == LANES - 1) { /* the last partition comes and goes */
        (void)bench_lose(b, lane);
        bench_lane(b, lane);
        next[lane] += 100000;
    }
}

/* Offsets of partitions that stayed: 0, 1, 2 … but for those that were dropped. */
static bool complete(const bench *b, int32_t lane)
{
    const cd_ledger *ledger = &b->lanes[lane]->ledger;
    uint64_t out = 0;
    for (size_t i = 0; i < b->seen_count; i++)
        out += b->seen[i].partition == lane;
    HOLDS(out == ledger->published + ledger->dead_lettered);
    HOLDS(ledger->read == out + ledger->dropped && ledger->abandoned == 0);
    return true;
}

#define SETS "desk.workers=2", "desk.in_flight=16", "retry.backoff=1", "worker.article_cpu=60"

static bool all_goes_well(schedule *s)
{
    int64_t next[LANES] = {0};
    static const char *const usual[] = {SETS, NULL};
    static const char *const off[] = {SETS, "breaker.policy=stage-off", "breaker.dead_letters=2", "breaker.backoff=1",
                                      "breaker.backoff_max=20", NULL};
    bench *b = bench_start("misbehave,sequence", poisoned ? off : usual);
    b->reports = BENCH_LATER;
    while (next[0] < RECORDS) {
        do_something(b, s, next);
        bench_round(b);
    }
    while (b->published_count > 0 || b->lanes[0]->unsettled + b->lanes[1]->unsettled + b->lanes[2]->unsettled > 0) {
        bench_deliver_all(b);
        bench_round(b);
    }
    bench_finish(b);
    bench_in_order(b);
    bool well = complete(b, 0) && complete(b, 1);
    bench_end(b);
    return well;
}

static void random_schedules_lose_nothing(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(5, all_goes_well), 0);
}

static void nor_do_stages_that_go_off_and_on(void **state)
{
    (void)state;
    poisoned = true;
    assert_int_equal(schedules_run(5, all_goes_well), 0);
    poisoned = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_schedules_lose_nothing),
                                       cmocka_unit_test(nor_do_stages_that_go_off_and_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
