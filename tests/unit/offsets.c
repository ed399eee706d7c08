/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/offsets.h by rules and under random schedules: whatever is settled, repeated, answered late or refused, no
 * commit goes past a record that is not settled, and in the end the lag is 0. And kafka/partition.h's books over
 * epochs.
 */
#include "kafka/offsets.h"
#include "kafka/partition.h"
#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- rule by rule ---- */

static void nothing_is_committed_of_an_untouched_partition(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    assert_int_equal(cd_offsets_to_commit(&o, 0), CD_OFFSET_NONE);
}

static void what_was_seen_is_not_taken_again(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    assert_true(cd_offsets_take(&o, 0));
    assert_false(cd_offsets_take(&o, 0));
    assert_true(cd_offsets_take(&o, 5));
    assert_false(cd_offsets_take(&o, 4));
    assert_false(cd_offsets_take(&o, 5));
    assert_true(cd_offsets_take(&o, 6));
}

static void a_log_that_ends_before_what_was_seen_begins_anew(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    assert_false(cd_offsets_begins_anew(&o, 0, 10));
    assert_true(cd_offsets_take(&o, 3));
    assert_true(cd_offsets_take(&o, 7));
    assert_false(cd_offsets_begins_anew(&o, 3, 8)); /* one that comes again */
    assert_false(cd_offsets_begins_anew(&o, 7, CD_OFFSET_NONE));
    assert_false(cd_offsets_begins_anew(&o, 8, 7));
    assert_true(cd_offsets_begins_anew(&o, 3, 7));
    assert_true(cd_offsets_begins_anew(&o, 5, 6));
    assert_true(cd_offsets_begins_anew(&o, 2, 8));
    assert_true(cd_offsets_begins_anew(&o, 2, CD_OFFSET_NONE));
}

static void the_settled_prefix_is_committed_once(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    cd_offsets_take(&o, 7);
    cd_offsets_take(&o, 9);
    cd_offsets_settle(&o, 8);
    assert_int_equal(cd_offsets_to_commit(&o, 1), 8);
    cd_offsets_ask(&o, 8);
    assert_int_equal(cd_offsets_to_commit(&o, 1), CD_OFFSET_NONE);
    cd_offsets_answer(&o, 8, true);
    assert_int_equal(cd_offsets_to_commit(&o, 1), CD_OFFSET_NONE);
    assert_int_equal(o.committed, 8);
}

static void the_end_counts_only_with_nothing_in_flight(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    cd_offsets_take(&o, 7);
    cd_offsets_reach_end(&o, 12); /* transaction markers, or what compaction left */
    assert_int_equal(cd_offsets_to_commit(&o, 1), CD_OFFSET_NONE);
    cd_offsets_settle(&o, 8);
    assert_int_equal(cd_offsets_to_commit(&o, 0), 12);
}

static void an_end_that_was_passed_does_not_count(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    cd_offsets_reach_end(&o, 5);
    cd_offsets_take(&o, 5);
    cd_offsets_take(&o, 6);
    assert_int_equal(cd_offsets_to_commit(&o, 2), CD_OFFSET_NONE);
    cd_offsets_settle(&o, 6);
    assert_int_equal(cd_offsets_to_commit(&o, 1), 6);
    cd_offsets_settle(&o, 7);
    assert_int_equal(cd_offsets_to_commit(&o, 0), 7);
}

static void the_end_of_a_partition_that_held_nothing_is_committed(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    cd_offsets_reach_end(&o, 40);
    assert_int_equal(cd_offsets_to_commit(&o, 0), 40);
}

static void a_commit_that_failed_is_asked_for_again(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    cd_offsets_take(&o, 7);
    cd_offsets_settle(&o, 8);
    cd_offsets_ask(&o, 8);
    cd_offsets_answer(&o, 8, false);
    assert_int_equal(cd_offsets_to_commit(&o, 0), 8);
    assert_int_equal(o.committed, CD_OFFSET_NONE);
    cd_offsets_ask(&o, 8);
    cd_offsets_answer(&o, 8, true);
    assert_int_equal(cd_offsets_to_commit(&o, 0), CD_OFFSET_NONE);
}

static void an_answer_from_before_the_log_began_anew_does_not_count(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    assert_false(cd_offsets_answer(&o, 5000, true));
    cd_offsets_take(&o, 3);
    assert_false(cd_offsets_answer(&o, 5, true));
    assert_int_equal(o.committed, CD_OFFSET_NONE);
    cd_offsets_settle(&o, 4);
    cd_offsets_ask(&o, 4);
    assert_false(cd_offsets_answer(&o, 5000, false));
    assert_int_equal(cd_offsets_to_commit(&o, 0), CD_OFFSET_NONE);
    assert_true(cd_offsets_answer(&o, 4, true));
    assert_int_equal(o.committed, 4);
}

static void a_late_answer_does_not_set_the_committed_offset_back(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    cd_offsets_take(&o, 20);
    cd_offsets_settle(&o, 10);
    cd_offsets_ask(&o, 10);
    cd_offsets_settle(&o, 20);
    cd_offsets_ask(&o, 20);
    cd_offsets_answer(&o, 20, true);
    cd_offsets_answer(&o, 10, true);
    assert_int_equal(o.committed, 20);
    cd_offsets_answer(&o, 10, false); /* and a late failure costs one more commit at most, of the same offset */
    int64_t next = cd_offsets_to_commit(&o, 0);
    assert_true(next == CD_OFFSET_NONE || next == 20);
}

/* ---- what is gone ---- */

static void without_a_place_nothing_is_lost(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    assert_int_equal(cd_offsets_lost(&o, 300, 300), 0); /* a group without an offset begins where the log does */
}

static void what_lies_before_the_log_is_lost(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    cd_offsets_begin(&o, 100);
    assert_int_equal(cd_offsets_lost(&o, 300, 300), 200);
    assert_int_equal(cd_offsets_lost(&o, 307, 300), 200); /* markers behind the beginning */
    assert_int_equal(cd_offsets_lost(&o, 300, 900), 200); /* it went on meanwhile: 300 itself is here */
    cd_offsets_take(&o, 300);
    assert_int_equal(cd_offsets_lost(&o, 301, 300), 0);
    cd_offsets_reach_end(&o, 400);
    assert_int_equal(cd_offsets_lost(&o, 500, 450), 50);
}

static void a_gap_behind_the_beginning_is_no_loss(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    cd_offsets_begin(&o, 100);
    assert_int_equal(cd_offsets_lost(&o, 150, 100), 0);
    assert_int_equal(cd_offsets_lost(&o, 150, 0), 0);
    assert_int_equal(cd_offsets_lost(&o, 150, -1001), 0); /* librdkafka does not know where the log begins */
    cd_offsets_take(&o, 150);
    assert_int_equal(cd_offsets_lost(&o, 170, 151), 0);
}

static void a_log_made_anew_is_no_loss(void **state)
{
    (void)state;
    cd_offsets o = cd_offsets_start();
    cd_offsets_begin(&o, 100);
    assert_int_equal(cd_offsets_lost(&o, 0, 0), 0);
    cd_offsets_take(&o, 0);
    assert_int_equal(cd_offsets_lost(&o, 1, 0), 0);
    assert_int_equal(cd_offsets_lost(&o, 5, 5), 4); /* counted from where it stands in the new one */
}

/* ---- random schedules ---- */

enum { RECORDS = 48, ASKED = 64 };

typedef struct world {
    cd_offsets o;
    int64_t log[RECORDS]; /* the partition's records, with gaps */
    int64_t end;
    bool settled[RECORDS];
    unsigned length, taken, prefix, unsettled;
    int64_t asked[ASKED]; /* without an answer yet */
    unsigned asked_count;
    int64_t best; /* the highest good answer */
} world;

static world w;

static void make_partition(schedule *s)
{
    int64_t offset = (int64_t)schedule_below(s, 5);
    w = (world){.o = cd_offsets_start(), .length = (unsigned)schedule_below(s, RECORDS + 1), .best = CD_OFFSET_NONE};
    for (unsigned i = 0; i < w.length; i++) {
        w.log[i] = offset;
        offset += 1 + (int64_t)(schedule_chance(s, 20) ? schedule_below(s, 9) : 0);
    }
    w.end = offset + (int64_t)schedule_below(s, 3);
}

static bool receive(schedule *s)
{
    if (w.taken > 0 && schedule_chance(s, 20)) { /* the client repeats itself */
        HOLDS(!cd_offsets_take(&w.o, w.log[schedule_below(s, w.taken)]));
        return true;
    }
    if (w.taken == w.length) {
        cd_offsets_reach_end(&w.o, w.end);
        return true;
    }
    HOLDS(cd_offsets_take(&w.o, w.log[w.taken]));
    w.taken++;
    w.unsettled++;
    return true;
}

static void settle(schedule *s)
{
    if (w.taken == 0)
        return;
    unsigned one = (unsigned)schedule_below(s, w.taken);
    w.unsettled -= !w.settled[one];
    w.settled[one] = true;
    while (w.prefix < w.taken && w.settled[w.prefix])
        cd_offsets_settle(&w.o, w.log[w.prefix++] + 1);
}

static bool commit(void)
{
    int64_t next = cd_offsets_to_commit(&w.o, w.unsettled);
    if (next == CD_OFFSET_NONE || w.asked_count == ASKED)
        return true;
    for (unsigned i = 0; i < w.taken; i++)
        HOLDS(w.settled[i] || next <= w.log[i]);          /* nothing that is not settled is committed */
    HOLDS(w.taken == w.length || next <= w.log[w.taken]); /* nor what has not come yet */
    HOLDS(next <= w.end && next >= w.best);
    cd_offsets_ask(&w.o, next);
    w.asked[w.asked_count++] = next;
    HOLDS(cd_offsets_to_commit(&w.o, w.unsettled) == CD_OFFSET_NONE);
    return true;
}

static bool answer(schedule *s, unsigned good_percent)
{
    if (w.asked_count == 0)
        return true;
    unsigned one = (unsigned)schedule_below(s, w.asked_count);
    int64_t next = w.asked[one];
    bool good = schedule_chance(s, good_percent);
    w.asked[one] = w.asked[--w.asked_count];
    cd_offsets_answer(&w.o, next, good);
    if (good && next > w.best)
        w.best = next;
    HOLDS(w.o.committed == w.best);
    return true;
}

static bool no_commit_is_too_high_and_the_lag_ends(schedule *s)
{
    make_partition(s);
    for (int step = 0; step < 150; step++) {
        bool holds = true;
        switch (schedule_below(s, 5)) {
        case 0: holds = receive(s); break;
        case 1:
        case 2: settle(s); break;
        case 3: holds = commit(); break;
        default: holds = answer(s, 60); break;
        }
        HOLDS(holds);
    }
    while (w.taken < w.length || w.o.end != w.end)
        HOLDS(receive(s));
    while (w.unsettled > 0)
        settle(s);
    for (int i = 0; i < 500 && w.o.committed != w.end; i++)
        HOLDS(commit() && answer(s, 60));
    HOLDS(w.o.committed == w.end); /* over all gaps and markers */
    return true;
}

static void random_schedules_never_commit_too_much_and_end_without_lag(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(100000, no_commit_is_too_high_and_the_lag_ends), 0);
}

/* ---- partitions ---- */

static void partitions_are_found_again(void **state)
{
    (void)state;
    cd_partitions all = {0};
    cd_partition *some[40];
    for (int32_t i = 0; i < 40; i++) {
        some[i] = cd_partitions_get(&all, i % 2 ? "odd" : "even", i / 2);
        assert_non_null(some[i]);
    }
    assert_int_equal(all.count, 40);
    for (int32_t i = 39; i >= 0; i--) {
        assert_ptr_equal(cd_partitions_get(&all, i % 2 ? "odd" : "even", i / 2), some[i]);
        assert_ptr_equal(cd_partitions_get(&all, i % 2 ? "odd" : "even", i / 2),
                         some[i]); /* and the last one, at once */
    }
    assert_int_equal(all.count, 40);
    assert_int_equal(some[5]->offsets.taken, CD_OFFSET_NONE);
    cd_partitions_fini(&all);
    assert_int_equal(all.count, 0);
}

static void the_books_go_on_over_epochs(void **state)
{
    (void)state;
    cd_partitions all = {0};
    cd_partition *p = cd_partitions_get(&all, "articles", 4);
    const cd_partition_stats *view = cd_partitions_view(&all, true);
    assert_false(view->assigned || view->paused);
    for (uint32_t epoch = 1; epoch <= 3; epoch++) {
        assert_int_equal(cd_partition_assign(p, epoch), 0);
        assert_int_equal(p->lane->epoch, epoch);
        assert_ptr_equal(p->lane->owner, p);
        assert_int_equal(p->offsets.committed, CD_OFFSET_NONE); /* offsets start anew */
        p->offsets.committed = 10 * epoch;
        p->lane->ledger = (cd_ledger){.read = 10, .published = 4, .dropped = 3, .dead_lettered = 2};
        p->lane->unsettled = 1;
        view = cd_partitions_view(&all, epoch == 2);
        assert_int_equal(view->ledger.read, 10 * epoch);
        assert_int_equal(view->in_flight, 1);
        assert_int_equal(view->paused, epoch == 2);
        assert_true(view->assigned);
        assert_int_equal(cd_ledger_gap(&view->ledger, view->in_flight), 0);
        p->lane->unsettled = 0;
        p->lane->ledger.abandoned = 1;
        cd_partition_end(p, NULL); /* an empty lane needs no desk */
        cd_partition_end(p, NULL);
    }
    view = cd_partitions_view(&all, true);
    assert_true(view->ledger.read == 30 && view->ledger.published == 12 && view->ledger.dropped == 9);
    assert_true(view->ledger.dead_lettered == 6 && view->ledger.abandoned == 3 && view->epoch == 3);
    assert_false(view->assigned || view->paused);
    assert_int_equal(cd_ledger_gap(&view->ledger, view->in_flight), 0);
    assert_int_equal(view->committed, 30);
    cd_partitions_fini(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_committed_of_an_untouched_partition),
        cmocka_unit_test(what_was_seen_is_not_taken_again),
        cmocka_unit_test(a_log_that_ends_before_what_was_seen_begins_anew),
        cmocka_unit_test(the_settled_prefix_is_committed_once),
        cmocka_unit_test(the_end_counts_only_with_nothing_in_flight),
        cmocka_unit_test(an_end_that_was_passed_does_not_count),
        cmocka_unit_test(the_end_of_a_partition_that_held_nothing_is_committed),
        cmocka_unit_test(a_commit_that_failed_is_asked_for_again),
        cmocka_unit_test(without_a_place_nothing_is_lost),
        cmocka_unit_test(what_lies_before_the_log_is_lost),
        cmocka_unit_test(a_gap_behind_the_beginning_is_no_loss),
        cmocka_unit_test(a_log_made_anew_is_no_loss),
        cmocka_unit_test(an_answer_from_before_the_log_began_anew_does_not_count),
        cmocka_unit_test(a_late_answer_does_not_set_the_committed_offset_back),
        cmocka_unit_test(random_schedules_never_commit_too_much_and_end_without_lag),
        cmocka_unit_test(partitions_are_found_again),
        cmocka_unit_test(the_books_go_on_over_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
