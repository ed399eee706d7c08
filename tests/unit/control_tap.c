/* SPDX-License-Identifier: Apache-2.0
 *
 * control/tap.h: whatever is added and in whatever pieces it is taken, whole lines come out, and what is missing is told where it is
 * missing.
 */
#include "control/tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 200 };

static cd_tap tap;
static char heard[1 << 20];
static size_t heard_length;

static int open_tap(void **state)
{
    cd_tap_choice choice = {.kinds = CD_TAP_ARTICLES | CD_TAP_DEAD_LETTERS, .every = 1};
    (void)state;
    heard_length = 0;
    return cd_tap_open(&tap, &choice, SIZE);
}

static int close_tap(void **state)
{
    (void)state;
    cd_tap_close(&tap);
    cd_tap_close(&tap);
    return tap.ring != NULL;
}

static void offer(const char *json)
{
    cd_tap_offer(&tap, &(cd_tap_record){CD_TAP_ARTICLES, "raw", 0, {json, strlen(json)}});
}

/* Takes at most so many bytes; how many there were. */
static size_t take(size_t most)
{
    struct iovec parts[2];
    int count = cd_tap_pending(&tap, parts);
    size_t taken = 0;
    for (int i = 0; i < count && taken < most; i++) {
        size_t some = parts[i].iov_len < most - taken ? parts[i].iov_len : most - taken;
        assert_true(heard_length + some < sizeof heard);
        memcpy(heard + heard_length, parts[i].iov_base, some);
        heard_length += some;
        taken += some;
    }
    cd_tap_taken(&tap, taken);
    return taken;
}

static const char *all(void)
{
    while (take(SIZE) > 0)
        ;
    heard[heard_length] = '\0';
    return heard;
}

static void what_is_offered_comes_out(void **state)
{
    (void)state;
    offer("{\"text\":\"one\"}");
    cd_tap_offer(&tap, &(cd_tap_record){CD_TAP_DEAD_LETTERS, "raw", 0, {"{\"class\":\"crash\"}", 17}});
    assert_string_equal(all(), "{\"article\":{\"text\":\"one\"}}\n{\"dead_letter\":{\"class\":\"crash\"}}\n");
    assert_int_equal(take(SIZE), 0);
}

static void an_article_of_many_lines_becomes_one(void **state)
{
    (void)state;
    offer("{\r\n \"text\":\n\n\"one\\n\"\n}\n");
    assert_string_equal(all(), "{\"article\":{   \"text\":  \"one\\n\" } }\n");
}

static void what_has_no_room_is_left_out_and_told_before_the_next(void **state)
{
    char large[SIZE] = "", expected[SIZE + 100];
    (void)state;
    memset(large, '1', 120);
    offer(large);
    offer(large);
    offer(large);
    offer("2");
    snprintf(expected, sizeof expected, "{\"article\":%s}\n{\"left_out\":2}\n{\"article\":2}\n", large);
    assert_string_equal(all(), expected);
}

static void what_was_left_out_last_is_told_when_all_else_is_taken(void **state)
{
    char large[SIZE] = "", expected[SIZE + 100];
    (void)state;
    memset(large, '1', 180);
    offer(large);
    offer("2");
    assert_int_equal(take(SIZE), 180 + 13);
    snprintf(expected, sizeof expected, "{\"article\":%s}\n{\"left_out\":1}\n", large);
    assert_string_equal(all(), expected);
    offer("3");
    all();
    assert_string_equal(heard + strlen(expected), "{\"article\":3}\n");
}

/* The last byte of the ring is used, and none behind it. */
static void one_that_fits_to_the_byte_is_taken_and_one_byte_more_is_not(void **state)
{
    char exact[SIZE + 1] = "";
    (void)state;
    memset(exact, '1', SIZE - 13);
    for (int round = 0; round < 2; round++) {
        offer(exact);
        assert_int_equal(take(SIZE), SIZE);
    }
    exact[SIZE - 13] = '1';
    offer(exact);
    heard_length = 0;
    assert_string_equal(all(), "{\"left_out\":1}\n");
}

static void only_what_was_chosen(void **state)
{
    static const cd_str json = {"1", 1};
    (void)state;
    cd_tap_close(&tap);
    cd_tap_choice choice = {.kinds = CD_TAP_ARTICLES, .topic = "raw", .partition = 3, .every = 1};
    assert_int_equal(cd_tap_open(&tap, &choice, SIZE), 0);
    cd_tap_offer(&tap, &(cd_tap_record){CD_TAP_DEAD_LETTERS, "raw", 3, json});
    cd_tap_offer(&tap, &(cd_tap_record){CD_TAP_ARTICLES, "raw", 4, json});
    cd_tap_offer(&tap, &(cd_tap_record){CD_TAP_ARTICLES, "raw2", 3, json});
    assert_string_equal(all(), "");
    cd_tap_offer(&tap, &(cd_tap_record){CD_TAP_ARTICLES, "raw", 3, json});
    assert_string_equal(all(), "{\"article\":1}\n");
}

/* What another choice leaves out counts neither for the sample nor as missed. */
static void one_in_so_many(void **state)
{
    char number[2] = "";
    (void)state;
    tap.choice.every = 3;
    tap.choice.kinds = CD_TAP_ARTICLES;
    for (int i = 0; i < 8; i++) {
        number[0] = (char)('0' + i);
        offer(number);
        cd_tap_offer(&tap, &(cd_tap_record){CD_TAP_DEAD_LETTERS, "raw", 0, {"9", 1}});
    }
    assert_string_equal(all(), "{\"article\":0}\n{\"article\":3}\n{\"article\":6}\n");
}

/* Numbered articles of random sizes, taken in pieces of random sizes, faster and slower by turns. */
static void nothing_is_torn_and_every_gap_is_told(void **state)
{
    char json[2 * SIZE];
    int offered = 0, next = 0, gaps = 0;
    (void)state;
    srandom(1);
    for (; offered < 5000; offered++) {
        int length = snprintf(json, sizeof json, "%d", offered);
        memset(json + length, ' ', sizeof json - (size_t)length);
        json[length + random() % (SIZE / 2)] = '\0';
        offer(json);
        if (offered / 100 % 2 || random() % 4 == 0)
            take((size_t)random() % (2 * SIZE));
        assert_true(tap.length <= SIZE && tap.first < SIZE);
    }
    all();
    for (char *line = strtok(heard, "\n"); line; line = strtok(NULL, "\n")) {
        int number, end = 0;
        if (sscanf(line, "{\"left_out\":%d}%n", &number, &end) == 1 && end == (int)strlen(line)) {
            next += number;
            gaps++;
            continue;
        }
        assert_int_equal(sscanf(line, "{\"article\":%d }%n", &number, &end), 1);
        assert_int_equal(end, strlen(line));
        assert_int_equal(number, next++);
    }
    assert_int_equal(next, offered);
    assert_in_range(gaps, 50, 2500);
}

#define ON_A_TAP(test) cmocka_unit_test_setup_teardown(test, open_tap, close_tap)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_TAP(what_is_offered_comes_out),
        ON_A_TAP(an_article_of_many_lines_becomes_one),
        ON_A_TAP(what_has_no_room_is_left_out_and_told_before_the_next),
        ON_A_TAP(what_was_left_out_last_is_told_when_all_else_is_taken),
        ON_A_TAP(one_that_fits_to_the_byte_is_taken_and_one_byte_more_is_not),
        ON_A_TAP(only_what_was_chosen),
        ON_A_TAP(one_in_so_many),
        ON_A_TAP(nothing_is_torn_and_every_gap_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
