/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk.h with a store: claims are made in release order, whatever workers and store do, and each owner has one
 * answer. The store's plugin is tests/plugins/sequence, which numbers what it sees.
 */
#include "desk_support.h"

#include "base/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* The number that the store gave, out of the article that came out. */
static long number_of(const bench_seen *s)
{
    assert_int_equal(s->kind, CD_OUTCOME_PUBLISH);
    const char *at = strstr(s->output, "\"number\":");
    assert_non_null(at);
    return strtol(at + 9, NULL, 10);
}

/* Each got its own answer, and numbers rise with the order of release, from 1 and without a gap. */
static void numbered_in_order(bench *b, size_t count)
{
    assert_int_equal(b->seen_count, count);
    bench_in_order(b);
    for (size_t i = 0; i < count; i++) {
        char blob[64];
        const bench_seen *s = &b->seen[i];
        snprintf(blob, sizeof blob, "\"blob\":\"no-%d-%lld\"", s->partition, (long long)s->offset);
        assert_non_null(strstr(s->output, blob));
    }
    for (int32_t p = 0; p < BENCH_LANES; p++) {
        long last = 0;
        for (size_t i = 0; i < count; i++) {
            if (b->seen[i].partition != p)
                continue;
            if (number_of(&b->seen[i]) <= last)
                fail_msg("%d/%lld has number %ld, the one before it %ld", p, (long long)b->seen[i].offset,
                         number_of(&b->seen[i]), last);
            last = number_of(&b->seen[i]);
        }
    }
    long sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += number_of(&b->seen[i]);
    assert_int_equal(sum, (long)(count * (count + 1) / 2));
}

static void set_busy(const bench *b, bool busy)
{
    char path[128];
    snprintf(path, sizeof path, "%s/state/sequence/busy", b->folder);
    if (!busy)
        unlink(path);
    else
        close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void claims_are_made_in_the_order_of_release(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave,sequence", (const char *const[]){"desk.workers=3", "desk.in_flight=8", NULL});
    for (int64_t i = 0; i < 200; i++)
        bench_take(b, (int32_t)(i % 2), i, "misbehave:nap");
    bench_finish(b);
    numbered_in_order(b, 200);
    assert_int_equal(bench_stage(b, "sequence")->claims, 200);
    bench_end(b);
}

static void the_store_may_drop(void **state)
{
    (void)state;
    bench *b = bench_start("sequence", (const char *const[]){"desk.workers=2", NULL});
    for (int64_t i = 0; i < 20; i++)
        bench_take_id(b, 0, i, i % 2 ? "drop-me" : "keep", "calm");
    bench_finish(b);
    assert_int_equal(b->seen_count, 10);
    assert_int_equal(b->lanes[0]->ledger.dropped, 10);
    assert_int_equal(b->lanes[0]->ledger.published, 10);
    assert_int_equal(b->settled[0], 20);
    bench_end(b);
}

/* What never comes to the store has no number. */
static void what_an_earlier_stage_refused_claims_nothing(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave,sequence", (const char *const[]){"desk.workers=2", NULL});
    for (int64_t i = 0; i < 20; i++)
        bench_take(b, 0, i, i % 4 == 1 ? "misbehave:reject" : i % 4 == 2 ? "misbehave:drop" : "calm");
    bench_finish(b);
    assert_int_equal(bench_stage(b, "sequence")->claims, 10);
    assert_true(b->lanes[0]->ledger.dead_lettered == 5 && b->lanes[0]->ledger.dropped == 5);
    bench_end(b);
}

static void until_status(bench *b, const char *status)
{
    cd_stats_view view;
    int64_t end = cd_clock_monotonic_ns() + 60 * CD_NS_PER_S;
    for (cd_desk_view(b->desk, &view); strcmp(view.status, status) != 0; cd_desk_view(b->desk, &view)) {
        bench_round(b);
        if (cd_clock_monotonic_ns() > end)
            fail_msg("after a minute the status is: %s", view.status);
    }
}

static void a_store_that_cannot_decide_is_asked_again_in_order(void **state)
{
    (void)state;
    cd_stats_view view;
    bench *b = bench_start("misbehave,sequence", (const char *const[]){"desk.workers=3", "desk.in_flight=4", NULL});
    for (int64_t i = 0; i < 600; i++)
        bench_take(b, 0, i, "misbehave:nap");
    bench_until_seen(b, 20);
    for (int i = 0; i < 3; i++) {
        set_busy(b, true);
        until_status(b, "degraded: the store cannot decide");
        set_busy(b, false);
        bench_until_seen(b, b->seen_count + 10);
    }
    bench_finish(b);
    numbered_in_order(b, 600);
    cd_desk_view(b->desk, &view);
    assert_string_equal(view.status, "ok");
    bench_end(b);
}

static void a_killed_store_comes_back_and_remembers(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave,sequence", (const char *const[]){"desk.workers=2", NULL});
    for (int64_t i = 0; i < 200; i++)
        bench_take(b, (int32_t)(i % 2), i, "misbehave:nap");
    for (int i = 0; i < 3; i++) {
        bench_until_seen(b, b->seen_count + 25);
        assert_int_equal(kill(bench_pid(b, "store"), SIGKILL), 0);
    }
    bench_finish(b);
    numbered_in_order(b, 200);
    bench_end(b);
}

/* The same record again, as after a rebalance: the same answer. */
static void a_record_that_comes_again_gets_the_same_answer(void **state)
{
    (void)state;
    bench *b = bench_start("sequence", (const char *const[]){"desk.workers=1", NULL});
    for (int64_t i = 0; i < 10; i++)
        bench_take(b, 0, i, "calm");
    bench_finish(b);
    bench_lose(b, 0);
    bench_lane(b, 0);
    for (int64_t i = 5; i < 15; i++)
        bench_take(b, 0, i, "calm");
    bench_finish(b);
    assert_int_equal(b->seen_count, 20);
    for (size_t i = 5; i < 10; i++)
        assert_string_equal(b->seen[i].output, b->seen[i + 5].output);
    assert_int_equal(number_of(&b->seen[19]), 15);
    bench_end(b);
}

static void lost_partitions_with_claims_in_the_store(void **state)
{
    (void)state;
    bench *b = bench_start("sequence", (const char *const[]){"desk.workers=2", NULL});
    set_busy(b, true);
    for (int64_t i = 0; i < 50; i++) {
        bench_take(b, 0, i, "calm");
        bench_take(b, 1, i, "calm");
    }
    bench_run_ms(b, 100);
    assert_int_equal(bench_lose(b, 0).abandoned, 50); /* some are claimed, some wait to be */
    set_busy(b, false);
    bench_finish(b);
    assert_int_equal(b->lanes[1]->ledger.published, 50);
    bench_in_order(b);
    bench_lane(b, 0);
    bench_end(b);
}

/* How many of the owners 0/0 … 0/`below` the store has been told to forget. */
static unsigned forgotten_below(const bench *b, long below)
{
    char path[128], line[256];
    bool told[64] = {false};
    unsigned count = 0;
    snprintf(path, sizeof path, "%s/state/sequence/forgotten", b->folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        long offset = strtol(strrchr(line, '/') + 1, NULL, 10);
        assert_in_range(offset, 0, below - 1);
        count += !told[offset];
        told[offset] = true;
    }
    fclose(file);
    return count;
}

/* Ten that the store has claimed and no topic takes, their dead letters delivered; and ten that come out. */
static bench *with_dead_letters(int signal)
{
    bench *b = bench_start("sequence", (const char *const[]){"desk.workers=1", NULL});
    b->reports = BENCH_LATER;
    b->refuse = "refuse-me";
    for (int64_t i = 0; i < 20; i++)
        bench_take(b, 0, i, i < 10 ? "refuse-me" : "calm");
    bench_until_published(b, 20);
    assert_int_equal(kill(bench_pid(b, "store"), signal), 0);
    bench_deliver_all(b);
    return b;
}

/* The desk may not have seen yet that the store is gone, nor the store have read what it was told. */
static void what_is_to_be_forgotten_outlives_the_store(void **state)
{
    (void)state;
    bench *b = with_dead_letters(SIGKILL);
    bench_finish(b);
    assert_int_equal(forgotten_below(b, 10), 10);
    assert_int_equal(b->lanes[0]->ledger.dead_lettered, 10);
    bench_end(b);
}

/* Else the offset would be committed, and after the desk's death nobody would know of it. */
static void a_dead_letter_is_settled_when_it_is_forgotten(void **state)
{
    (void)state;
    bench *b = with_dead_letters(SIGSTOP);
    bench_run_ms(b, 150);
    assert_int_equal(b->lanes[0]->ledger.dead_lettered, 0);
    assert_int_equal(b->lanes[0]->ledger.published, 10);
    assert_int_equal(b->settled[0], -1);
    assert_int_equal(kill(bench_pid(b, "store"), SIGCONT), 0);
    bench_finish(b);
    assert_int_equal(forgotten_below(b, 10), 10);
    assert_int_equal(b->settled[0], 20);
    bench_end(b);
}

static void a_lost_partition_takes_what_is_to_be_forgotten_along(void **state)
{
    (void)state;
    bench *b = with_dead_letters(SIGSTOP);
    bench_run_ms(b, 60);
    assert_int_equal(bench_lose(b, 0).abandoned, 10);
    assert_int_equal(kill(bench_pid(b, "store"), SIGCONT), 0);
    bench_lane(b, 0);
    bench_take(b, 0, 20, "calm");
    bench_until_published(b, 1);
    bench_deliver_all(b);
    bench_finish(b);
    bench_end(b);
}

static uint64_t counter(bench *b, const char *name)
{
    const cd_stage_stats *stage = bench_stage(b, "sequence");
    for (uint32_t i = 0; i < stage->counter_count; i++)
        if (strcmp(stage->counter_names[i], name) == 0)
            return stage->counters[i];
    fail_msg("sequence has no counter %s", name);
    return 0;
}

/* Under the same name they are one, whatever their numbers are in each half; a store that comes back goes on. */
static void both_halves_count(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave,sequence", (const char *const[]){"desk.workers=2", NULL});
    b->refuse = "refuse-me";
    for (int64_t i = 0; i < 40; i++)
        bench_take(b, 0, i, i < 10 ? "refuse-me" : "calm");
    bench_finish(b);
    bench_run_ms(b, 60);
    assert_int_equal(counter(b, "seen"), 80);
    assert_int_equal(counter(b, "numbered"), 40);
    assert_int_equal(counter(b, "forgets"), 10);
    assert_int_equal(bench_stage(b, "sequence")->counter_count, 3);
    assert_int_equal(kill(bench_pid(b, "store"), SIGKILL), 0);
    for (int64_t i = 40; i < 50; i++)
        bench_take(b, 0, i, "calm");
    bench_finish(b);
    bench_run_ms(b, 60);
    assert_int_equal(counter(b, "seen"), 100);
    assert_int_equal(counter(b, "numbered"), 50);
    bench_end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_are_made_in_the_order_of_release),
        cmocka_unit_test(the_store_may_drop),
        cmocka_unit_test(what_an_earlier_stage_refused_claims_nothing),
        cmocka_unit_test(a_store_that_cannot_decide_is_asked_again_in_order),
        cmocka_unit_test(a_killed_store_comes_back_and_remembers),
        cmocka_unit_test(a_record_that_comes_again_gets_the_same_answer),
        cmocka_unit_test(lost_partitions_with_claims_in_the_store),
        cmocka_unit_test(what_is_to_be_forgotten_outlives_the_store),
        cmocka_unit_test(a_dead_letter_is_settled_when_it_is_forgotten),
        cmocka_unit_test(both_halves_count),
        cmocka_unit_test(a_lost_partition_takes_what_is_to_be_forgotten_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
