/* SPDX-License-Identifier: Apache-2.0
 *
 * The second engine on a model made here: two languages, four features. Its scores can be worked out by hand, and each
 * way to damage the file is tried.
 */
#include "model.h"

#include <copydesk/sdk.h>
#include <copydesk/tables.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Features: 0 "a", 1 "ab", 2 "b", 3 "é" (C3 A9). States: 0 root, 1 "a", 2 "b", 3 C3, 4 "ab", 5 "é". */
enum { CLASSES = 3, FEATURES = 4, STATES = 6, EDGES = 5 };
enum {
    CODES = 64,
    PRIOR = 128,
    FAIL = 192,
    FIRST = 256,
    OUTPUT = 320,
    TARGET = 384,
    BYTE = 448,
    WEIGHT = 512,
    LENGTH = 576
};

static ld_languages languages;
static _Alignas(64) char file[LENGTH];

static void put32(size_t at, uint32_t value) { memcpy(file + at, &value, sizeof value); }

static void put_all(size_t at, const uint32_t *values, size_t count)
{
    memcpy(file + at, values, count * sizeof *values);
}

/* -1, -2, -4 and -8 in half precision. */
static const uint16_t minus[] = {0xBC00, 0xC000, 0xC400, 0xC800};

static void make_file(void)
{
    static const uint32_t fail[STATES] = {0, 0, 0, 0, 2, 0}, first[STATES + 1] = {0, 3, 4, 4, 5, 5, 5};
    static const uint32_t output[STATES] = {0xFFFFFFFF, 0, 2, 0xFFFFFFFF, 1, 3}, target[EDGES] = {1, 2, 3, 4, 5};
    static const uint8_t byte[EDGES] = {'a', 'b', 0xC3, 'b', 0xA9};
    static const int weight[FEATURES][CLASSES] = {{0, 1, 2}, {3, 0, 3}, {1, 1, 1}, {0, 3, 3}};
    const float prior[CLASSES] = {-1, -1, -1};
    memset(file, 0, sizeof file);
    memcpy(file, "CDLANGM1", 8);
    const uint32_t header[] = {0x01020304, CLASSES, FEATURES, STATES, EDGES, 0, LENGTH, 0};
    put_all(8, header, 8);
    memcpy(file + CODES, "de\0\0\0\0\0\0fr\0\0\0\0\0\0zxx\0\0\0\0", 24);
    memcpy(file + PRIOR, prior, sizeof prior);
    put_all(FAIL, fail, STATES);
    put_all(FIRST, first, STATES + 1);
    put_all(OUTPUT, output, STATES);
    put_all(TARGET, target, EDGES);
    memcpy(file + BYTE, byte, EDGES);
    for (size_t f = 0; f < FEATURES; f++)
        for (size_t c = 0; c < CLASSES; c++)
            memcpy(file + WEIGHT + (f * CLASSES + c) * 2, &minus[weight[f][c]], 2);
}

static int load(void **state)
{
    (void)state;
    const cd_table *table = cd_tables;
    while (strcmp(table->name, "languages") != 0)
        table++;
    return ld_languages_load(&languages, table->start, table->end);
}

static int fresh(void **state)
{
    (void)state;
    make_file();
    return 0;
}

static ld_model *open_file(size_t len)
{
    const char *error;
    ld_model *model = ld_model_open((cd_str){file, len}, &languages, &error);
    assert_true((model == NULL) == (error != NULL));
    return model;
}

static void assert_guess(ld_model *model, const char *text, const char *code, double probability)
{
    ld_model_guess guess;
    ld_model_guess_language(model, cd_str_of(text), &guess);
    assert_string_equal(languages.of[guess.language].code, code);
    assert_true(fabs(guess.probability - probability) < 1e-6);
}

/* The chance of the first of three scores at the temperature sqrt(bytes). */
static double chance(double first, double second, double third, double bytes)
{
    double t = sqrt(bytes);
    return 1 / (1 + exp((second - first) / t) + exp((third - first) / t));
}

static void scores_are_those_of_naive_bayes(void **state)
{
    (void)state;
    ld_model *model = open_file(LENGTH);
    assert_non_null(model);
    double one = log1p(1), two = log1p(2);
    assert_guess(model, "a", "de", chance(-1 * one, -2 * one, -4 * one, 1));
    assert_guess(model, "aa", "de", chance(-1 * two, -2 * two, -4 * two, 2));
    /* "ab" is seen in its own state; its suffix "b" is not counted with it. */
    assert_guess(model, "ab", "fr", chance((-2 - 1) * one, (-1 - 8) * one, (-4 - 8) * one, 2));
    assert_guess(model, "xxb \n", "und", 1.0 / 3);
    assert_guess(model, "é", "de", chance(-1 * one, -8 * one, -8 * one, 2));
    assert_guess(model, "e\xCC\x81", "de", chance(-1 * one, -8 * one, -8 * one, 2)); /* composed first */
    assert_guess(model, "A", "de", chance(-1 * one, -2 * one, -4 * one, 1));         /* shouted */
    ld_model_close(model);
}

static void without_features_nothing_is_known(void **state)
{
    (void)state;
    ld_model *model = open_file(LENGTH);
    assert_guess(model, "", "und", 0);
    assert_guess(model, "xyz", "und", 0);
    assert_guess(model, "Aa", "de", chance(-1 * log1p(1), -2 * log1p(1), -4 * log1p(1), 2)); /* not shouted: one "a" */
    ld_model_close(model);
    ld_model_close(NULL);
}

static void each_length_but_the_right_one_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < LENGTH; len++)
        assert_null(open_file(len));
}

static void numbers_out_of_bounds_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint32_t value;
    } damage[] = {
        {0, 0},
        {8, 0x04030201},
        {12, 0},
        {12, 1000},
        {16, 0},
        {16, 11},
        {16, 0xFFFFFFFF},
        {20, 0},
        {20, 7},
        {24, 6},
        {32, LENGTH - 1},
        {36, 1},
        {CODES, 0},
        {FAIL + 4, 1},
        {FAIL + 16, 5},
        {FIRST, 4},
        {FIRST + 4, 5},
        {FIRST + 24, 6},
        {OUTPUT, FEATURES},
        {TARGET, 0},
        {TARGET, STATES},
        {TARGET + 16, 3},
        {BYTE, 0x62C36161},
        {PRIOR, 0x7FC00000},
        {PRIOR + 4, 0xFF800000},
    };
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        make_file();
        put32(damage[i].at, damage[i].value);
        ld_model *model = open_file(LENGTH);
        if (model)
            fail_msg("damage %zu was not noticed", i);
    }
    make_file();
    memcpy(file + CODES, "abcdefgh", 8); /* no NUL */
    assert_null(open_file(LENGTH));
    make_file();
    memcpy(file + CODES, "zxx\0\0\0\0\0qqq\0\0\0\0\0", 16); /* no language that is known */
    assert_null(open_file(LENGTH));
}

/* Weights are not looked at when the file is opened: whatever they are, the answer is a number. */
static void odd_weights_do_no_harm(void **state)
{
    (void)state;
    static const uint16_t odd[] = {0x7C00, 0xFC00, 0x7E00, 0x0001, 0x7BFF};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        make_file();
        for (size_t w = 0; w < FEATURES * CLASSES; w += 2)
            memcpy(file + WEIGHT + w * 2, &odd[i], 2);
        ld_model *model = open_file(LENGTH);
        ld_model_guess guess;
        ld_model_guess_language(model, CD_LIT("abab"), &guess);
        assert_true(guess.probability >= 0 && guess.probability <= 1);
        ld_model_close(model);
    }
}

/* The file may change under the mapping: scoring stays within bounds (run with a sanitizer, this means something). */
static void change_after_opening_does_no_harm(void **state)
{
    (void)state;
    for (size_t at = FAIL; at < WEIGHT; at += 4) {
        make_file();
        ld_model *model = open_file(LENGTH);
        put32(at, 0x7FFFFFF0);
        ld_model_guess guess;
        ld_model_guess_language(model, CD_LIT("abcab\xC3\xA9"), &guess);
        assert_true(guess.probability >= 0 && guess.probability <= 1);
        ld_model_close(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(scores_are_those_of_naive_bayes, fresh),
        cmocka_unit_test_setup(without_features_nothing_is_known, fresh),
        cmocka_unit_test_setup(each_length_but_the_right_one_is_refused, fresh),
        cmocka_unit_test_setup(numbers_out_of_bounds_are_refused, fresh),
        cmocka_unit_test_setup(odd_weights_do_no_harm, fresh),
        cmocka_unit_test_setup(change_after_opening_does_no_harm, fresh),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
