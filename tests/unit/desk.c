/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk.h with real worker processes: order, verdicts, what is too large, late and refused deliveries, the budget,
 * partitions that are lost in mid-flight. The books are looked at after each round; see desk_support.c.
 */
#include "base/log.h"
#include "desk_support.h"
#include "schedule.h"

#include <stdio.h>
#include <unistd.h>

#define THREE_WORKERS "desk.workers=3"

static void published(const bench *b, int32_t partition, int64_t offset)
{
    char id[64];
    const bench_seen *s = bench_find(b, partition, offset);
    snprintf(id, sizeof id, "\"id\": \"no-%d-%lld\"", partition, (long long)offset);
    if (s->kind != CD_OUTCOME_PUBLISH)
        fail_msg("%d/%lld became a dead letter: %s in %s: %s", partition, (long long)offset, s->class, s->stage,
                 s->reason);
    assert_non_null(strstr(s->output, id)); /* its own bytes, not another's */
}

static const bench_seen *dead(const bench *b, int64_t offset, const char *class, const char *stage, int attempts)
{
    const bench_seen *s = bench_find(b, 0, offset);
    assert_int_equal(s->kind, CD_OUTCOME_DEAD_LETTER);
    assert_string_equal(s->class, class);
    assert_string_equal(s->stage, stage);
    assert_int_equal(s->attempts, attempts);
    return s;
}

static bool says(const bench_seen *s, const char *words) { return s->reason && strstr(s->reason, words); }

/* ---- order ---- */

static void order_is_kept_whatever_the_workers_do(void **state)
{
    (void)state;
    enum { RECORDS = 150 };
    bench *b = bench_start("misbehave", (const char *const[]){THREE_WORKERS, "desk.in_flight=8", NULL});
    for (int64_t i = 0; i < RECORDS; i++)
        for (int32_t p = 0; p < 2; p++)
            bench_take(b, p, 1000 + 2 * i, "misbehave:nap");
    bench_finish(b);
    assert_int_equal(b->seen_count, 2 * RECORDS);
    bench_in_order(b);
    for (int64_t i = 0; i < RECORDS; i++)
        for (int32_t p = 0; p < 2; p++)
            published(b, p, 1000 + 2 * i);
    assert_int_equal(b->lanes[0]->ledger.published, RECORDS);
    assert_int_equal(b->settled[1], 1000 + 2 * (RECORDS - 1) + 1);
    assert_int_equal(bench_stage(b, "misbehave")->articles, 2 * RECORDS);
    assert_int_equal(bench_stage(b, "misbehave")->ok, 2 * RECORDS);
    bench_end(b);
}

static void one_slow_article_holds_only_its_own_partition(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){THREE_WORKERS, NULL});
    bench_take(b, 0, 0, "misbehave:late_reject");
    for (int64_t i = 1; i < 10; i++)
        bench_take(b, 0, i, "calm");
    for (int64_t i = 0; i < 10; i++)
        bench_take(b, 1, i, "calm");
    bench_until_seen(b, 10);
    for (int64_t i = 0; i < 10; i++)
        published(b, 1, i);
    bench_finish(b);
    bench_in_order(b);
    bench_end(b);
}

static void tombstones_wait_for_their_turn(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){THREE_WORKERS, NULL});
    for (int64_t i = 0; i < 40; i++) {
        if (i % 4 == 1)
            bench_take_bytes(b, 0, i, "key", 3, NULL, 0);
        else
            bench_take(b, 0, i, "misbehave:nap");
    }
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(b->seen_count, 40);
    for (int64_t i = 1; i < 40; i += 4)
        assert_int_equal(bench_find(b, 0, i)->kind, CD_OUTCOME_TOMBSTONE);
    assert_int_equal(b->lanes[0]->ledger.published, 40);
    bench_end(b);
}

/* ---- verdicts ---- */

static void every_verdict_has_its_outcome(void **state)
{
    (void)state;
    bench *b =
        bench_start("misbehave", (const char *const[]){"desk.workers=1", "retry.attempts=3", "retry.backoff=1", NULL});
    bench_take(b, 0, 0, "calm");
    bench_take(b, 0, 1, "misbehave:drop");
    bench_take(b, 0, 2, "misbehave:reject");
    bench_take(b, 0, 3, "misbehave:route");
    bench_take(b, 0, 4, "misbehave:route_nowhere");
    bench_take(b, 0, 5, "misbehave:retry");
    bench_take(b, 0, 6, "misbehave:retry_twice");
    bench_take(b, 0, 7, "misbehave:unknown_verdict");
    bench_take(b, 0, 8, "misbehave:broken_json");
    bench_finish(b);
    bench_in_order(b);
    published(b, 0, 0);
    assert_true(says(dead(b, 2, "reject", "misbehave", 1), "does not like it"));
    assert_string_equal(bench_find(b, 0, 2)->version, "6.6.6");
    published(b, 0, 3);
    assert_string_equal(bench_find(b, 0, 3)->route, "sports");
    assert_null(bench_find(b, 0, 0)->route);
    assert_true(says(dead(b, 4, "reject", "misbehave", 1), "nobody configured this"));
    assert_true(says(dead(b, 5, "retries-exhausted", "misbehave", 3), "come again"));
    published(b, 0, 6);
    dead(b, 7, "reject", "misbehave", 1);
    dead(b, 8, "reject", "misbehave", 1);
    cd_ledger ledger = b->lanes[0]->ledger;
    assert_true(ledger.read == 9 && ledger.dropped == 1 && ledger.published == 3 && ledger.dead_lettered == 5);
    const cd_stage_stats *stage = bench_stage(b, "misbehave");
    assert_true(stage->dropped == 1 && stage->routed == 2 && stage->rejected == 3);
    assert_true(stage->retried == 5 && stage->ok == 2 && stage->articles == 13);
    assert_int_equal(stage->counters[0], 1); /* calm_articles */
    bench_end(b);
}

static void later_stages_do_not_run_after_a_verdict(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave,slow", (const char *const[]){"desk.workers=1", "slow.busy_us=0", NULL});
    bench_take(b, 0, 0, "misbehave:reject");
    bench_take(b, 0, 1, "calm");
    bench_finish(b);
    dead(b, 0, "reject", "misbehave", 1);
    published(b, 0, 1);
    assert_int_equal(bench_stage(b, "misbehave")->articles, 2);
    assert_int_equal(bench_stage(b, "slow")->articles, 1);
    bench_end(b);
}

static void what_cannot_be_read_says_where(void **state)
{
    (void)state;
    static const char broken[] = "{\"id\": \"x\", \"text\": nul}";
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", NULL});
    bench_take_bytes(b, 0, 0, NULL, 0, broken, sizeof broken - 1);
    bench_take_bytes(b, 0, 1, NULL, 0, "", 0);
    bench_take(b, 0, 2, "calm");
    bench_finish(b);
    const bench_seen *s = dead(b, 0, "decode", "decode", 1);
    assert_true(s->byte > 0 && s->byte < (int64_t)sizeof broken);
    assert_null(s->version);
    dead(b, 1, "decode", "decode", 1);
    published(b, 0, 2);
    bench_end(b);
}

/* ---- what is too large ---- */

static void what_is_too_large_is_a_dead_letter_in_its_turn(void **state)
{
    (void)state;
    enum { LIMIT = 65536 };
    char *large = malloc(LIMIT + 1);
    memset(large, ' ', LIMIT + 1);
    static const char article[] = "{\"id\": \"no-0-1\", \"text\": \"just fits\"}";
    memcpy(large, article, sizeof article - 1);
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", "input.max_bytes=65536", NULL});
    bench_take(b, 0, 0, "misbehave:late_reject");
    bench_take_bytes(b, 0, 1, NULL, 0, large, LIMIT);
    bench_take_bytes(b, 0, 2, NULL, 0, large, LIMIT + 1);
    bench_take(b, 0, 3, "calm");
    bench_finish(b);
    bench_in_order(b);
    const bench_seen *fits = bench_find(b, 0, 1);
    assert_int_equal(fits->kind, CD_OUTCOME_PUBLISH);
    assert_true(says(dead(b, 2, "too-large", "desk", 1), "65537"));
    published(b, 0, 3);
    bench_end(b);
    free(large);
}

/* No ring holds it: it must not cost one worker after the other. */
static void an_enormous_key_is_a_dead_letter(void **state)
{
    (void)state;
    enum { LENGTH = 5 << 20 };
    char *key = calloc(LENGTH, 1);
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", "input.max_bytes=65536", NULL});
    cd_stats_view view;
    bench_take_bytes(b, 0, 0, key, LENGTH, "{\"text\": \"short\"}", 17);
    bench_take_bytes(b, 0, 1, key, 1000, "{\"id\": \"no-0-1\", \"text\": \"short\"}", 33);
    bench_finish(b);
    assert_true(says(dead(b, 0, "too-large", "desk", 1), "key"));
    published(b, 0, 1);
    cd_desk_view(b->desk, &view);
    assert_int_equal(view.restarts, 0);
    bench_end(b);
    free(key);
}

/* ---- the outlet's answers ---- */

static void reports_may_come_in_any_order(void **state)
{
    (void)state;
    schedule s = {7, 7};
    bench *b = bench_start("misbehave", (const char *const[]){THREE_WORKERS, NULL});
    b->reports = BENCH_LATER;
    for (int64_t i = 0; i < 200; i++)
        bench_take(b, (int32_t)(i % 2), i, "calm");
    for (int done = 0; done < 200;) {
        bench_round(b);
        while (b->published_count > 0 && schedule_chance(&s, 70)) {
            bench_deliver(b, schedule_below(&s, b->published_count)); /* the books are looked at in the next round */
            done++;
        }
    }
    bench_finish(b);
    bench_in_order(b);
    assert_true(b->settled[0] == 199 && b->settled[1] == 200);
    bench_end(b);
}

static void the_settled_offset_waits_for_the_first_report(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", NULL});
    b->reports = BENCH_LATER;
    for (int64_t i = 10; i < 15; i++)
        bench_take(b, 0, i, "calm");
    bench_until_published(b, 5);
    while (b->published_count > 1)
        bench_deliver(b, 1);
    bench_run_ms(b, 20);
    assert_int_equal(b->settled[0], -1);
    assert_int_equal(b->lanes[0]->unsettled, 1);
    bench_deliver(b, 0);
    bench_finish(b);
    assert_int_equal(b->settled[0], 15);
    bench_end(b);
}

static void an_outlet_that_is_full_loses_nothing(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){THREE_WORKERS, NULL});
    for (int64_t i = 0; i < 60; i++) {
        bench_take(b, (int32_t)(i % 3), i, i % 5 ? "calm" : "misbehave:reject");
        b->not_now += (int)(i % 2);
    }
    bench_finish(b);
    assert_int_equal(b->not_now, 0);
    assert_int_equal(b->seen_count, 60);
    bench_in_order(b);
    bench_end(b);
}

static void what_the_topic_refuses_becomes_a_dead_letter(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", NULL});
    b->refuse = "no-0-1\"";
    for (int64_t i = 0; i < 3; i++)
        bench_take(b, 0, i, "calm");
    bench_finish(b);
    published(b, 0, 0);
    assert_true(says(dead(b, 1, "too-large", "desk", 1), "does not take it"));
    published(b, 0, 2);
    assert_int_equal(b->lanes[0]->ledger.dead_lettered, 1);
    bench_end(b);
}

static void what_was_not_delivered_is_published_again(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", NULL});
    b->reports = BENCH_LATER;
    bench_take(b, 0, 0, "misbehave:reject");
    bench_until_published(b, 1);
    cd_record *record = b->published[--b->published_count];
    cd_desk_undelivered(b->desk, record, false);
    b->not_now = 2;
    bench_until_published(b, 1);
    assert_ptr_equal(b->published[0], record);
    assert_int_equal(b->seen_count, 2);
    assert_string_equal(b->seen[1].class, "reject");
    bench_deliver(b, 0);
    bench_finish(b);
    assert_int_equal(b->lanes[0]->ledger.dead_lettered, 1);
    bench_end(b);
}

/* ---- the budget ---- */

static void a_full_budget_closes_and_opens_again_at_half(void **state)
{
    (void)state;
    enum { LENGTH = 1 << 20, LIMIT = 16 << 20 };
    char *text = malloc(LENGTH + 1);
    memset(text, 'a', LENGTH);
    text[LENGTH] = '\0';
    bench *b = bench_start(
        "misbehave", (const char *const[]){"desk.workers=2", "desk.memory=16777216", "input.max_bytes=2097152", NULL});
    b->reports = BENCH_LATER;
    int64_t taken = 0;
    while (cd_desk_has_room(b->desk))
        bench_take(b, 0, taken++, text);
    assert_int_equal(taken, 6); /* each counts three times: itself, and what its result is expected to have */
    assert_true(bench_budget_used(b) >= LIMIT);
    bench_until_published(b, (size_t)taken);
    assert_in_range(bench_budget_used(b), 2 * taken * LENGTH,
                    LIMIT); /* what is published still counts: it is not delivered */
    for (int64_t i = 0; i < taken; i++) {
        bool half = bench_budget_used(b) <= LIMIT / 2;
        assert_int_equal(cd_desk_has_room(b->desk), half);
        bench_deliver(b, 0);
        cd_desk_serve(b->desk);
    }
    assert_true(cd_desk_has_room(b->desk));
    bench_finish(b);
    assert_int_equal(bench_budget_used(b), 0);
    bench_end(b);
    free(text);
}

/* ---- lost partitions ---- */

static void what_is_abandoned_is_counted_and_its_results_are_ignored(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", "desk.in_flight=4", NULL});
    for (int64_t i = 0; i < 100; i++) {
        bench_take(b, 0, i, "misbehave:nap");
        bench_take(b, 1, i, "misbehave:nap");
    }
    bench_until_seen(b, 20);
    cd_ledger lost = bench_lose(b, 0);
    assert_true(lost.read == 100 && lost.published > 0 && lost.abandoned == 100 - lost.published);
    size_t seen = b->seen_count;
    bench_lane(b, 0);
    for (int64_t i = 0; i < 10; i++) /* the next epoch reads them again */
        bench_take(b, 0, 500 + i, "calm");
    bench_finish(b);
    bench_in_order(b);
    assert_int_equal(b->lanes[1]->ledger.published, 100);
    assert_int_equal(b->lanes[0]->ledger.published, 10);
    for (size_t i = seen; i < b->seen_count; i++)
        assert_true(b->seen[i].partition == 1 || b->seen[i].offset >= 500);
    bench_end(b);
}

static void reports_for_abandoned_records_do_no_harm(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=2", NULL});
    b->reports = BENCH_LATER;
    for (int64_t i = 0; i < 10; i++)
        bench_take(b, 0, i, i % 2 ? "calm" : "misbehave:reject");
    bench_until_published(b, 10);
    bench_deliver(b, 3); /* settled, but not in the prefix */
    assert_int_equal(bench_lose(b, 0).abandoned, 9);
    assert_int_equal(b->given_back, 10);
    cd_record *refused = b->published[--b->published_count];
    cd_desk_delivered(b->desk, refused, "too-large", "refused when nobody cares any more");
    cd_record *undelivered = b->published[--b->published_count];
    cd_desk_undelivered(b->desk, undelivered, false);
    bench_deliver_all(b);
    bench_run_ms(b, 20);
    bench_end(b);
}

static void abandoned_in_every_state_at_once(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave,sequence",
                           (const char *const[]){"desk.workers=1", "desk.in_flight=2", "retry.backoff=5000", NULL});
    b->reports = BENCH_LATER;
    bench_take(b, 0, 0, "calm");
    bench_until_published(b, 1);
    bench_take(b, 0, 1, "misbehave:retry");
    bench_take(b, 0, 2, "calm"); /* done, waits for its turn */
    bench_take(b, 1, 0, "calm");
    bench_until_published(b, 2);
    b->not_now = 1000000;
    bench_take(b, 1, 1, "calm"); /* claimed, but the outlet is full */
    bench_run_ms(b, 100);
    bench_take(b, 0, 3, "misbehave:late_reject"); /* running */
    bench_take(b, 0, 4, "calm");                  /* in the worker's ring */
    bench_take(b, 0, 5, "calm");                  /* queued */
    bench_take_bytes(b, 0, 6, NULL, 0, NULL, 0);
    bench_run_ms(b, 100);
    assert_int_equal(bench_lose(b, 0).abandoned, 7);
    assert_int_equal(bench_lose(b, 1).abandoned, 2);
    assert_int_equal(b->given_back, b->taken);
    b->not_now = 0;
    bench_lane(b, 0);
    bench_take(b, 0, 7, "calm");
    b->reports = BENCH_AT_ONCE;
    bench_finish(b);
    published(b, 0, 7);
    bench_deliver_all(b);
    bench_end(b);
}

/* What is said on standard error while `run` works. To be freed. */
static char *said_during(bench *b, void (*run)(bench *b))
{
    char *text = calloc(1, 65536);
    FILE *file = tmpfile();
    assert_true(text != NULL && file != NULL);
    int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    run(b);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    size_t got = fread(text, 1, 65535, file);
    text[got] = '\0';
    fclose(file);
    return text;
}

/* The worker dies over a record that nobody wants any more: its lane and its topic are gone. */
static void a_death_over_an_abandoned_record_does_no_harm(void **state)
{
    (void)state;
    bench *b = bench_start("misbehave", (const char *const[]){"desk.workers=1", "worker.article_cpu=50", NULL});
    cd_log_level_set(CD_LEVEL_WARNING); /* the line about the death names the record */
    bench_take(b, 0, 0, "misbehave:hang");
    bench_take(b, 0, 1, "calm");
    bench_run_ms(b, 20);
    assert_int_equal(bench_lose(b, 0).abandoned, 2);
    bench_lane(b, 0);
    bench_take(b, 0, 2, "calm");
    char *said = said_during(b, bench_finish);
    cd_log_level_set(CD_LEVEL_ERROR);
    if (strstr(said, "(abandoned)/0/0 in hand") == NULL)
        fail_msg("said: %s", said);
    free(said);
    published(b, 0, 2);
    assert_int_equal(b->seen_count, 1);
    bench_end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_kept_whatever_the_workers_do),
        cmocka_unit_test(one_slow_article_holds_only_its_own_partition),
        cmocka_unit_test(tombstones_wait_for_their_turn),
        cmocka_unit_test(every_verdict_has_its_outcome),
        cmocka_unit_test(later_stages_do_not_run_after_a_verdict),
        cmocka_unit_test(what_cannot_be_read_says_where),
        cmocka_unit_test(what_is_too_large_is_a_dead_letter_in_its_turn),
        cmocka_unit_test(an_enormous_key_is_a_dead_letter),
        cmocka_unit_test(reports_may_come_in_any_order),
        cmocka_unit_test(the_settled_offset_waits_for_the_first_report),
        cmocka_unit_test(an_outlet_that_is_full_loses_nothing),
        cmocka_unit_test(what_the_topic_refuses_becomes_a_dead_letter),
        cmocka_unit_test(what_was_not_delivered_is_published_again),
        cmocka_unit_test(a_full_budget_closes_and_opens_again_at_half),
        cmocka_unit_test(what_is_abandoned_is_counted_and_its_results_are_ignored),
        cmocka_unit_test(reports_for_abandoned_records_do_no_harm),
        cmocka_unit_test(abandoned_in_every_state_at_once),
        cmocka_unit_test(a_death_over_an_abandoned_record_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
