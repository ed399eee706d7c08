/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/record.h's window and desk/budget.h: by rules, and a window under random schedules against a plain array.
 */
#include "desk/budget.h"
#include "desk/record.h"
#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---- the window, rule by rule ---- */

static void a_new_lane_is_empty(void **state)
{
    (void)state;
    int owner;
    cd_lane *lane = cd_lane_create("articles", 3, 7, &owner);
    assert_non_null(lane);
    assert_string_equal(lane->topic, "articles");
    assert_true(lane->partition == 3 && lane->epoch == 7 && lane->owner == &owner);
    assert_true(lane->settled_offset == -1 && lane->unsettled == 0 && lane->first == lane->last);
    assert_null(cd_lane_pop_settled(lane));
    cd_lane_destroy(lane);
    cd_lane_destroy(NULL);
}

static void what_is_settled_leaves_only_behind_all_before_it(void **state)
{
    (void)state;
    cd_record records[3] = {{.identity.offset = 10}, {.identity.offset = 20}, {.identity.offset = 21}};
    cd_lane *lane = cd_lane_create("articles", 0, 1, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(cd_lane_push(lane, &records[i]), 0);
    assert_int_equal(lane->unsettled, 3);
    lane->claimed = lane->published = 3;
    records[1].state = records[2].state = CD_RECORD_SETTLED;
    assert_null(cd_lane_pop_settled(lane));
    assert_int_equal(lane->settled_offset, -1);
    records[0].state = CD_RECORD_SETTLED;
    assert_ptr_equal(cd_lane_pop_settled(lane), &records[0]);
    assert_int_equal(lane->settled_offset, 11); /* not 20: what lies between may be a gap, and need not be */
    assert_ptr_equal(cd_lane_pop_settled(lane), &records[1]);
    assert_ptr_equal(cd_lane_pop_settled(lane), &records[2]);
    assert_int_equal(lane->settled_offset, 22);
    assert_null(cd_lane_pop_settled(lane));
    cd_lane_destroy(lane);
}

/* Settled while it is being handed out: the mark comes after. */
static void what_was_not_handed_out_does_not_leave(void **state)
{
    (void)state;
    cd_record record = {.state = CD_RECORD_SETTLED, .identity.offset = 5};
    cd_lane *lane = cd_lane_create("articles", 0, 1, NULL);
    assert_int_equal(cd_lane_push(lane, &record), 0);
    lane->claimed = 1;
    assert_null(cd_lane_pop_settled(lane));
    lane->published = 1;
    assert_ptr_equal(cd_lane_pop_settled(lane), &record);
    cd_lane_destroy(lane);
}

/* ---- random schedules ---- */

enum { MOST = 600, STEPS = 400 };

static cd_record pool[MOST];

/* Offsets with gaps, in the order received. */
static bool matches_an_array(schedule *s)
{
    uint64_t first = 0, published = 0, last = 0;
    int64_t offset = (int64_t)schedule_below(s, 1000), settled = -1;
    unsigned pushes = 20 + (unsigned)schedule_below(s, 60);
    cd_lane *lane = cd_lane_create("t", 0, 1, NULL);
    HOLDS(lane);
    for (int step = 0; step < STEPS && last < MOST; step++) {
        uint64_t action = schedule_below(s, 100);
        if (action < pushes) {
            pool[last] = (cd_record){.identity.offset = offset, .state = CD_RECORD_DONE};
            offset += 1 + (int64_t)schedule_below(s, 3);
            HOLDS(cd_lane_push(lane, &pool[last++]) == 0);
        } else if (action < 90 && published < last) {
            lane->claimed = lane->published = ++published;
            pool[published - 1].state = CD_RECORD_PUBLISHED;
        }
        if (published > first && schedule_chance(s, 60)) {
            cd_record *any = cd_lane_at(lane, first + schedule_below(s, published - first));
            lane->unsettled -= any->state != CD_RECORD_SETTLED;
            any->state = CD_RECORD_SETTLED;
        }
        while (schedule_chance(s, 70)) {
            bool expected = first < published && pool[first].state == CD_RECORD_SETTLED;
            cd_record *popped = cd_lane_pop_settled(lane);
            HOLDS(popped == (expected ? &pool[first] : NULL));
            if (!popped)
                break;
            settled = pool[first++].identity.offset + 1;
        }
        HOLDS(lane->settled_offset == settled && lane->first == first && lane->last == last);
        for (uint64_t i = first; i < last; i += 1 + (last - first) / 8)
            HOLDS(cd_lane_at(lane, i) == &pool[i]);
    }
    uint64_t unsettled = 0;
    for (uint64_t i = first; i < last; i++) {
        HOLDS(cd_lane_at(lane, i) == &pool[i]);
        unsettled += pool[i].state != CD_RECORD_SETTLED;
    }
    HOLDS(lane->unsettled == unsettled);
    cd_lane_destroy(lane);
    return true;
}

static void random_schedules_match_an_array(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(100000, matches_an_array), 0);
}

/* ---- the budget ---- */

static void a_full_budget_opens_again_when_half_is_back(void **state)
{
    (void)state;
    cd_budget budget = {.limit = 100};
    cd_budget_charge(&budget, 99);
    assert_true(cd_budget_open(&budget));
    cd_budget_charge(&budget, 1);
    assert_false(cd_budget_open(&budget));
    cd_budget_return(&budget, 49);
    assert_false(cd_budget_open(&budget)); /* 51 are left: not yet */
    cd_budget_charge(&budget, 200);        /* what is inside may still grow */
    cd_budget_return(&budget, 200);
    assert_false(cd_budget_open(&budget));
    cd_budget_return(&budget, 1);
    assert_true(cd_budget_open(&budget));
    cd_budget_charge(&budget, 49);
    assert_true(cd_budget_open(&budget)); /* 99 again, from below: open */
}

/* Between two changes of the door at least half of the limit has moved. */
static bool the_door_does_not_flutter(schedule *s)
{
    cd_budget budget = {.limit = 64 + schedule_below(s, 10000)};
    uint64_t used = 0, moved = budget.limit;
    for (int step = 0; step < 200; step++) {
        bool was = cd_budget_open(&budget);
        uint64_t bytes = schedule_below(s, budget.limit / 4);
        bool charge = schedule_chance(s, 50) || bytes > used;
        if (charge)
            cd_budget_charge(&budget, bytes);
        else
            cd_budget_return(&budget, bytes);
        used = charge ? used + bytes : used - bytes;
        moved += bytes;
        HOLDS(budget.used == used);
        HOLDS(used < budget.limit || !cd_budget_open(&budget));
        HOLDS(used > budget.limit / 2 || cd_budget_open(&budget));
        if (was == cd_budget_open(&budget))
            continue;
        HOLDS(moved >= budget.limit / 2);
        moved = 0;
    }
    return true;
}

static void random_charges_do_not_make_the_door_flutter(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(100000, the_door_does_not_flutter), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_lane_is_empty),
        cmocka_unit_test(what_is_settled_leaves_only_behind_all_before_it),
        cmocka_unit_test(what_was_not_handed_out_does_not_leave),
        cmocka_unit_test(random_schedules_match_an_array),
        cmocka_unit_test(a_full_budget_opens_again_when_half_is_back),
        cmocka_unit_test(random_charges_do_not_make_the_door_flutter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
