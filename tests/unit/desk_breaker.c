/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/breaker.h by its rules, and a desk whose plugin crashes at article after article: the dead letters end at the limit, the
 * status says why, nothing is lost, and it comes back by itself. With the policy stage-off nobody waits, and all goes out without the
 * stage.
 */
#include "desk_support.h"

#include "base/clock.h"
#include "desk/breaker.h"

#include <stdio.h>

#define SECOND CD_NS_PER_S

/* ---- the rules ---- */

static void one_in_a_hundred_never_opens_it(void **state)
{
    (void)state;
    cd_breaker breaker;
    cd_breaker_init(&breaker, 50, SECOND, 60 * SECOND);
    for (int64_t i = 1; i <= 100000; i++) {
        assert_false(i % 100 ? cd_breaker_healthy(&breaker, i) : cd_breaker_dead_letter(&breaker, "x", i));
        assert_true(breaker.heat <= 1 && !breaker.open);
    }
}

/* A burst is forgiven after as many sound articles as it takes. */
static void what_cools_down_does_not_open_it(void **state)
{
    (void)state;
    cd_breaker breaker;
    cd_breaker_init(&breaker, 50, SECOND, 60 * SECOND);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 49; i++)
            assert_false(cd_breaker_dead_letter(&breaker, "x", 0));
        assert_int_equal(breaker.heat, 49);
        for (int i = 0; i < 49 * CD_BREAKER_COOLING; i++)
            cd_breaker_healthy(&breaker, 0);
        assert_int_equal(breaker.heat, 0);
    }
}

static void one_in_ten_opens_it(void **state)
{
    (void)state;
    cd_breaker breaker;
    cd_breaker_init(&breaker, 50, SECOND, 60 * SECOND);
    int articles = 0;
    for (bool open = false; !open && articles < 100000; articles++)
        open = articles % 10 == 0 ? cd_breaker_dead_letter(&breaker, "x", 0) : cd_breaker_healthy(&breaker, 0);
    assert_true(breaker.open && articles > 500 && articles < 1000);
}

static void the_back_off_doubles_up_to_its_limit(void **state)
{
    (void)state;
    static const int64_t waits[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    char words[128];
    int64_t now = 1000 * SECOND;
    cd_breaker breaker;
    cd_breaker_init(&breaker, 3, SECOND, 60 * SECOND);
    assert_false(cd_breaker_dead_letter(&breaker, "x", now));
    assert_false(cd_breaker_may_probe(&breaker, now)); /* closed: there are no probes */
    assert_false(cd_breaker_dead_letter(&breaker, "x", now));
    assert_true(cd_breaker_dead_letter(&breaker, "some_stage", now + SECOND));
    now += SECOND;
    assert_string_equal(cd_breaker_words(&breaker, words, sizeof words),
                        "breaker: stage some_stage crashes again and again (3 dead letters in 1 s)");
    assert_false(cd_breaker_dead_letter(&breaker, "x", now)); /* was under way: does not count as a probe */
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        assert_false(cd_breaker_may_probe(&breaker, now + waits[i] * SECOND - 1));
        now += waits[i] * SECOND;
        assert_true(cd_breaker_may_probe(&breaker, now));
        assert_false(cd_breaker_dead_letter(&breaker, "x", now));
    }
    assert_true(breaker.open);
}

static void good_ones_in_a_row_close_it(void **state)
{
    (void)state;
    cd_breaker breaker;
    cd_breaker_init(&breaker, 1, SECOND, 60 * SECOND);
    assert_true(cd_breaker_dead_letter(&breaker, "x", 0));
    for (int i = 0; i < 2 * CD_BREAKER_PROBES; i++)
        assert_false(cd_breaker_healthy(&breaker, SECOND - 1)); /* were under way */
    for (int i = 0; i < CD_BREAKER_PROBES - 1; i++)
        assert_false(cd_breaker_healthy(&breaker, SECOND));
    assert_false(cd_breaker_dead_letter(&breaker, "x", SECOND));
    for (int i = 0; i < CD_BREAKER_PROBES; i++)
        assert_int_equal(cd_breaker_healthy(&breaker, 3 * SECOND), i == CD_BREAKER_PROBES - 1);
    assert_false(breaker.open);
    assert_true(cd_breaker_dead_letter(&breaker, "x", 4 * SECOND)); /* cold, and the first wait is the shortest again */
    assert_true(cd_breaker_may_probe(&breaker, 5 * SECOND));
}

static void a_limit_of_nothing_is_off(void **state)
{
    (void)state;
    cd_breaker breaker;
    cd_breaker_init(&breaker, 0, SECOND, 60 * SECOND);
    for (int i = 0; i < 1000; i++)
        assert_false(cd_breaker_dead_letter(&breaker, "x", 0));
    assert_false(breaker.open);
}

/* ---- a desk ---- */

static const char *status(bench *b)
{
    cd_stats_view view;
    cd_desk_view(b->desk, &view);
    return view.status;
}

static void until_it_opens(bench *b, const char *stage)
{
    int64_t end = cd_clock_monotonic_ns() + 60 * SECOND;
    char words[80];
    snprintf(words, sizeof words, "degraded: breaker: stage %s crashes again and again (", stage);
    while (strncmp(status(b), words, strlen(words)) != 0) {
        bench_round(b);
        if (cd_clock_monotonic_ns() > end)
            fail_msg("after a minute the status is: %s", status(b));
    }
}

/* Poison in all partitions. The limit holds but for what was in other hands when it was reached; nothing more comes out until the
 * wait is over. */
static void a_flood_ends_at_the_limit(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", "breaker.dead_letters=10", "breaker.backoff=3600000",
                                                              "breaker.backoff_max=3600000", NULL});
    for (int64_t i = 0; i < 300; i++)
        bench_take(b, (int32_t)(i % 3), i, i % 2 ? "misbehave:segv" : "misbehave:abort");
    until_it_opens(b, "misbehave");
    bench_run_ms(b, 1000);
    unsigned long long dead_letters = 0;
    assert_int_equal(sscanf(strchr(status(b), '('), "(%llu dead letters", &dead_letters), 1);
    assert_in_range(dead_letters, 10, 11);
    assert_in_range(b->seen_count, 1, dead_letters); /* others wait for their turn in the lane */
    bench_break_off(b);
}

static void it_comes_back_by_itself(void **state)
{
    (void)state;
    enum { BAD = 14, ALL = 60 };
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", "breaker.dead_letters=10", "breaker.backoff=10",
                                                              "breaker.backoff_max=50", NULL});
    for (int64_t i = 0; i < ALL; i++)
        bench_take(b, 0, i, i < BAD ? "misbehave:segv" : "calm");
    until_it_opens(b, "misbehave");
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(b->seen_count, ALL);
    for (int64_t i = 0; i < ALL; i++)
        assert_int_equal(bench_find(b, 0, i)->kind, i < BAD ? CD_OUTCOME_DEAD_LETTER : CD_OUTCOME_PUBLISH);
    assert_null(strstr(status(b), "breaker"));
    bench_end(b);
}

/* With a sound pipeline nobody waits for the probes of the old one. */
static void a_reload_closes_it(void **state)
{
    (void)state;
    cd_error error = {0};
    static const char *const sets[] = {"desk.workers=2", "breaker.dead_letters=5", "breaker.backoff=3600000",
                                       "breaker.backoff_max=3600000", NULL};
    bench *b = bench_start("misbehave", sets);
    for (int64_t i = 0; i < 100; i++)
        bench_take(b, 0, i, "misbehave:segv");
    until_it_opens(b, "misbehave");
    assert_int_equal(cd_desk_reload(b->desk, bench_configure(b, "slow", sets), &error), 0);
    bench_finish(b);
    bench_in_order(b);
    assert_null(strstr(status(b), "breaker"));
    assert_int_equal(b->lanes[0]->ledger.dead_lettered + b->lanes[0]->ledger.published, 100);
    assert_in_range(b->lanes[0]->ledger.dead_lettered, 5, 6);
    bench_end(b);
}

/* The store's own: what the workers do goes on, claims wait. */
static void a_store_that_dies_of_every_claim_is_held_too(void **state)
{
    (void)state;
    bench *b = bench_start("sequence", (const char *const[]){"desk.workers=1", "breaker.dead_letters=4", "breaker.backoff=100",
                                                             "breaker.backoff_max=3600000", NULL});
    for (int64_t i = 0; i < 40; i++)
        bench_take_id(b, 0, i, "die-now", "calm");
    until_it_opens(b, "claim");
    bench_run_ms(b, 1000);
    assert_in_range(b->seen_count, 4, 8); /* 100, 200, 400 ms */
    assert_string_equal(b->seen[0].class, "crash");
    assert_string_equal(b->seen[0].stage, "claim");
    assert_int_equal(bench_stage(b, "sequence")->articles, 40);
    bench_break_off(b);
}

/* ---- a desk that switches stages off ---- */

#define OFF(name, version) "\"name\":\"" name "\",\"version\":\"" version "\",\"skipped\":true,\"off\":true}"
#define MISBEHAVE_OFF OFF("misbehave", "6.6.6")
#define SEQUENCE_OFF OFF("sequence", "1.0.0")

#define HOUR "3600000"

static bench *start_off(const char *stages, const char *workers, const char *dead_letters, const char *back_off)
{
    char sets[4][64];
    snprintf(sets[0], sizeof *sets, "desk.workers=%s", workers);
    snprintf(sets[1], sizeof *sets, "breaker.dead_letters=%s", dead_letters);
    snprintf(sets[2], sizeof *sets, "breaker.backoff=%s", back_off);
    snprintf(sets[3], sizeof *sets, "breaker.backoff_max=%s", back_off);
    const char *const all[] = {"breaker.policy=stage-off", "retry.backoff=1", sets[0], sets[1], sets[2], sets[3], NULL};
    return bench_start(stages, all);
}

static size_t count_dead_letters(const bench *b)
{
    size_t count = 0;
    for (size_t i = 0; i < b->seen_count; i++)
        count += b->seen[i].kind == CD_OUTCOME_DEAD_LETTER;
    return count;
}

/* What came out besides the dead letters has the mark, and `null` for the member. */
static void all_others_bear(const bench *b, const char *mark, const char *null)
{
    for (size_t i = 0; i < b->seen_count; i++) {
        const bench_seen *s = &b->seen[i];
        if (s->kind == CD_OUTCOME_DEAD_LETTER)
            continue;
        assert_int_equal(s->kind, CD_OUTCOME_PUBLISH);
        if (!strstr(s->output, mark) || !strstr(s->output, null))
            fail_msg("%d/%lld came out as %s", s->partition, (long long)s->offset, s->output);
    }
}

static void the_stage_is_switched_off(void **state)
{
    (void)state;
    bench *b = start_off("misbehave,slow", "2", "10", HOUR);
    for (int64_t i = 0; i < 300; i++)
        bench_take(b, (int32_t)(i % 3), i, i % 2 ? "misbehave:segv" : "misbehave:abort");
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(b->seen_count, 300);
    size_t dead_letters = count_dead_letters(b);
    assert_in_range(dead_letters, 10, 11); /* what the other worker had in hand alone */
    all_others_bear(b, MISBEHAVE_OFF, "\"misbehave\":null");
    assert_true(bench_stage(b, "misbehave")->off && !bench_stage(b, "slow")->off);
    assert_int_equal(bench_stage(b, "misbehave")->skipped, 300 - dead_letters);
    assert_int_equal(bench_stage(b, "slow")->articles, 300 - dead_letters);
    assert_non_null(strstr(status(b), "degraded: breaker: stage misbehave crashes again and again ("));
    assert_non_null(strstr(status(b), " and is switched off"));
    bench_end(b);
}

/* One after the other until the stage is on. How many that took. */
static int64_t until_on(bench *b, const char *stage, const char *id, const char *text, int64_t next)
{
    int64_t first = next, end = cd_clock_monotonic_ns() + 60 * SECOND;
    while (bench_stage(b, stage)->off) {
        assert_true(cd_clock_monotonic_ns() < end);
        bench_take_id(b, 0, next++, id, text);
        bench_finish(b);
    }
    return next - first;
}

static void good_probes_switch_it_on(void **state)
{
    (void)state;
    bench *b = start_off("misbehave", "1", "10", "20");
    for (int64_t i = 0; i < 12; i++) /* the first of those that pass may be probes already */
        bench_take(b, 0, i, "misbehave:segv");
    bench_finish(b);
    assert_int_equal(count_dead_letters(b), 10);
    int64_t count = until_on(b, "misbehave", "x", "calm", 12), marked = 0;
    assert_true(count >= CD_BREAKER_PROBES);
    for (int64_t i = 12; i < 12 + count; i++)
        marked += strstr(bench_find(b, 0, i)->output, MISBEHAVE_OFF) != NULL;
    assert_int_equal(marked, count - CD_BREAKER_PROBES);
    assert_string_equal(status(b), "ok");
    bench_take(b, 0, 12 + count, "calm");
    bench_finish(b);
    assert_non_null(strstr(bench_find(b, 0, 12 + count)->output, "\"misbehave\":{\"calm\":true}"));
    bench_in_order(b);
    bench_end(b);
}

/* Whatever it does to the probes: they go out like the others. */
static void a_bad_probe_is_no_dead_letter(void **state)
{
    (void)state;
    static const char *const deeds[] = {"misbehave:segv", "misbehave:fatal", "misbehave:retry"};
    bench *b = start_off("misbehave", "2", "5", "1");
    for (int64_t i = 0; i < 5; i++, bench_finish(b))
        bench_take(b, 0, i, "misbehave:segv");
    assert_int_equal(count_dead_letters(b), 5);
    int64_t i = 5, end = cd_clock_monotonic_ns() + 60 * SECOND;
    for (const cd_stage_stats *s = bench_stage(b, "misbehave"); s->crashes <= 2 * 5 || s->fatal == 0 || s->retried == 0;
         s = bench_stage(b, "misbehave")) { /* until there was a probe of each */
        assert_true(cd_clock_monotonic_ns() < end);
        bench_take(b, 0, i, deeds[i % 3]);
        bench_finish(b);
        i++;
    }
    assert_int_equal(count_dead_letters(b), 5);
    all_others_bear(b, MISBEHAVE_OFF, "\"misbehave\":null");
    assert_true(bench_stage(b, "misbehave")->off);
    bench_in_order(b);
    bench_end(b);
}

static void a_reload_switches_it_on(void **state)
{
    (void)state;
    cd_error error = {0};
    bench *b = start_off("misbehave", "2", "5", HOUR);
    for (int64_t i = 0; i < 30; i++)
        bench_take(b, 0, i, "misbehave:segv");
    bench_finish(b);
    assert_true(bench_stage(b, "misbehave")->off);
    cd_config *config = bench_configure(b, "misbehave", (const char *const[]){"desk.workers=2", NULL});
    assert_int_equal(cd_desk_reload(b->desk, config, &error), 0);
    while (cd_desk_reloading(b->desk))
        bench_round(b);
    assert_null(cd_desk_reload_refusal(b->desk));
    bench_take(b, 0, 30, "calm");
    bench_finish(b);
    assert_non_null(strstr(bench_find(b, 0, 30)->output, "\"misbehave\":{\"calm\":true}"));
    assert_string_equal(status(b), "ok");
    bench_end(b);
}

/* Each by its own count; a sound stage between them stays on. */
static void two_stages_that_crash_in_turn(void **state)
{
    (void)state;
    bench *b = start_off("misbehave,slow,faulty", "1", "6", HOUR);
    for (int64_t i = 0; i < 100; i++)
        bench_take(b, 0, i, i % 2 ? "misbehave:segv" : "fault:fpe");
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(count_dead_letters(b), 12);
    assert_true(bench_stage(b, "misbehave")->off && bench_stage(b, "faulty")->off && !bench_stage(b, "slow")->off);
    assert_non_null(strstr(status(b), "stage misbehave crashes"));
    assert_non_null(strstr(status(b), "; breaker: stage faulty crashes"));
    assert_non_null(strstr(b->seen[b->seen_count - 1].output, MISBEHAVE_OFF));
    assert_non_null(strstr(b->seen[b->seen_count - 1].output, OFF("faulty", "7.7.7")));
    bench_end(b);
}

/* Both of its halves are off; what had claimed already is worked on once more, and keeps its place. */
static void a_stage_whose_store_half_crashes(void **state)
{
    (void)state;
    enum { ALL = 90 };
    bench *b = start_off("sequence,slow", "2", "4", HOUR);
    for (int64_t i = 0; i < ALL; i++)
        bench_take_id(b, (int32_t)(i % 3), i, "die-now", "calm");
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(b->seen_count, ALL);
    assert_int_equal(count_dead_letters(b), 4);
    all_others_bear(b, SEQUENCE_OFF, "\"sequence\":null");
    assert_true(bench_stage(b, "sequence")->off);
    assert_non_null(strstr(status(b), "breaker: stage sequence crashes again and again (4 dead letters in "));
    for (int64_t i = ALL; i < 2 * ALL; i++)
        bench_take_id(b, (int32_t)(i % 3), i, "fine", "calm");
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(count_dead_letters(b), 4);
    all_others_bear(b, SEQUENCE_OFF, "\"sequence\":null");
    assert_int_equal(bench_stage(b, "sequence")->claims, 0);
    bench_end(b);
}

/* Probes go to the store, too: bad ones are no dead letters, good ones switch it on. */
static void a_store_half_is_tried_again(void **state)
{
    (void)state;
    bench *b = start_off("sequence", "1", "4", "1");
    for (int64_t i = 0; i < 4; i++, bench_finish(b))
        bench_take_id(b, 0, i, "die-now", "calm");
    assert_true(bench_stage(b, "sequence")->off);
    for (int64_t i = 4; i < 24; i++) {
        bench_take_id(b, 0, i, "die-now", "calm");
        bench_finish(b);
    }
    assert_int_equal(count_dead_letters(b), 4);
    all_others_bear(b, SEQUENCE_OFF, "\"sequence\":null");
    assert_true(bench_stage(b, "sequence")->articles > 8); /* some were probes */
    int64_t next = 24 + until_on(b, "sequence", "fine", "calm", 24);
    bench_take_id(b, 0, next, "fine", "calm");
    bench_finish(b);
    assert_non_null(strstr(bench_find(b, 0, next)->output, "\"sequence\":{\"number\":11,"));
    assert_string_equal(status(b), "ok");
    bench_in_order(b);
    bench_end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_in_a_hundred_never_opens_it),
        cmocka_unit_test(what_cools_down_does_not_open_it),
        cmocka_unit_test(one_in_ten_opens_it),
        cmocka_unit_test(the_back_off_doubles_up_to_its_limit),
        cmocka_unit_test(good_ones_in_a_row_close_it),
        cmocka_unit_test(a_limit_of_nothing_is_off),
        cmocka_unit_test(a_flood_ends_at_the_limit),
        cmocka_unit_test(it_comes_back_by_itself),
        cmocka_unit_test(a_reload_closes_it),
        cmocka_unit_test(a_store_that_dies_of_every_claim_is_held_too),
        cmocka_unit_test(the_stage_is_switched_off),
        cmocka_unit_test(good_probes_switch_it_on),
        cmocka_unit_test(a_bad_probe_is_no_dead_letter),
        cmocka_unit_test(a_reload_switches_it_on),
        cmocka_unit_test(two_stages_that_crash_in_turn),
        cmocka_unit_test(a_stage_whose_store_half_crashes),
        cmocka_unit_test(a_store_half_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
