/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/pick.h: which dead letters are taken, and that a choice finds its own place again and never another's.
 */
#include "cli/pick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ALL {.since_ms = -1, .until_ms = -1, .from = -1, .last = -1}
#define TEXT(literal) ((cd_str){literal, sizeof literal - 1})

static void is_taken(bool expected, cd_pick pick)
{
    cd_letter letter = {.topic = "raw", .class = TEXT("crash"), .stage = TEXT("quotes"), .reason = TEXT("died of SIGSEGV"),
                        .timestamp_ms = 1000};
    assert_int_equal(cd_pick_takes(&pick, &letter), expected);
}

static void each_filter_takes_and_leaves(void **state)
{
    (void)state;
    cd_pick all = ALL, pick;
    is_taken(true, all);
    pick = all, pick.classes[0] = "timeout", pick.class_count = 1;
    is_taken(false, pick);
    pick.classes[1] = "crash", pick.class_count = 2;
    is_taken(true, pick);
    pick.stages[0] = "quote", pick.stage_count = 1;
    is_taken(false, pick);
    pick = all, pick.reason = "SEGV";
    is_taken(true, pick);
    pick.reason = "SIGBUS";
    is_taken(false, pick);
    pick = all, pick.topic = "ra";
    is_taken(false, pick);
    pick = all, pick.since_ms = 1000, pick.until_ms = 1001;
    is_taken(true, pick);
    pick.until_ms = 1000;
    is_taken(false, pick);
    pick = all, pick.since_ms = 1001;
    is_taken(false, pick);
}

static void what_a_letter_does_not_say_is_not_taken_by_that(void **state)
{
    (void)state;
    cd_letter letter = {.topic = "raw", .timestamp_ms = -1};
    cd_pick by_class = ALL, by_reason = ALL, by_time = ALL;
    by_class.classes[0] = "", by_class.class_count = 1;
    by_reason.reason = "";
    by_time.until_ms = 5;
    assert_false(cd_pick_takes(&by_class, &letter));
    assert_false(cd_pick_takes(&by_reason, &letter));
    assert_false(cd_pick_takes(&by_time, &letter));
}

static void a_choice_has_a_place_of_its_own(void **state)
{
    (void)state;
    cd_pick picks[] = {ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL};
    char groups[8][CD_PICK_GROUP];
    picks[1].classes[0] = "crash", picks[1].class_count = 1;
    picks[2].stages[0] = "crash", picks[2].stage_count = 1;
    picks[3].reason = "crash";
    picks[4].topic = "crash";
    picks[5].classes[0] = "cra", picks[5].classes[1] = "sh", picks[5].class_count = 2;
    picks[6].from = 7;
    picks[7].last = 7;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(cd_pick_group(&picks[i], "desk", groups[i]), 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(groups[i], groups[j]);
    }
    assert_string_equal(groups[0], "desk-replay");
}

static void order_and_repetition_make_no_other_choice(void **state)
{
    (void)state;
    cd_pick one = ALL, other = ALL;
    char group[CD_PICK_GROUP], same[CD_PICK_GROUP];
    one.classes[0] = "crash", one.classes[1] = "timeout", one.class_count = 2;
    other.classes[0] = "timeout", other.classes[1] = "crash", other.classes[2] = "timeout", other.class_count = 3;
    assert_int_equal(cd_pick_group(&one, "desk", group), 0);
    assert_int_equal(cd_pick_group(&other, "desk", same), 0);
    assert_string_equal(group, same);
}

static void only_inputs_are_written_to(void **state)
{
    (void)state;
    const char *const topics[] = {"raw", "^news\\.[a-z]+$"};
    cd_config config = {.input = {.topics = topics, .topic_count = 2}};
    assert_true(cd_pick_reads(&config, "raw"));
    assert_true(cd_pick_reads(&config, "news.north"));
    assert_false(cd_pick_reads(&config, "news.7"));
    assert_false(cd_pick_reads(&config, "raw2"));
    assert_false(cd_pick_reads(&config, "enriched"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_filter_takes_and_leaves),
        cmocka_unit_test(what_a_letter_does_not_say_is_not_taken_by_that),
        cmocka_unit_test(a_choice_has_a_place_of_its_own),
        cmocka_unit_test(order_and_repetition_make_no_other_choice),
        cmocka_unit_test(only_inputs_are_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
