/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_text.c: folding, tokens and numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <copydesk/sdk.h>
#include <stdio.h>

#include "compare.h"
#include "sketch.h"
#include "tokens.h"

/* The exact key of a text; the count of its tokens and numbers on the way. */
static dd_tokens read_text(cd_str text)
{
    static dd_tokens tokens;
    assert_int_equal(dd_tokens_read(&tokens, text, 0), 0);
    return tokens;
}

static void same_words(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"The Mayor spoke", "the mayor  SPOKE."},
        {"Caf\u00e9", "Cafe\u0301"},
        {"Cafe", "caf\u00e9"},
        {"don't", "don\u2019t"},
        {"dont", "don`t"},
        {"\ufb01nance", "finance"},
        {"\uff21\uff22\uff23", "abc"},
        {"Stra\u00dfe", "STRASSE"},
        {"co\u00adoperate", "cooperate"},
        {"zero\u200bwidth", "zerowidth"},
        {"one\u2014two", "one two"},
        {"\u0410\u043b\u0451\u043d\u0430", "\u0430\u043b\u0435\u043d\u0430"}, /* Cyrillic, yo */
        {"\u0661\u0662", "12"},                                               /* Arabic-Indic digits */
        {"\u0643\u064e\u062a\u064e\u0628", "\u0643\u062a\u0628"},             /* Arabic vowels */
        {"x\u00b2", "x2"},
        {"\u201cquoted\u201d", "quoted"},
        {"", "  \t\n\u3000\u2026"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        dd_tokens a = read_text(cd_str_of(pairs[i][0])), b = read_text(cd_str_of(pairs[i][1]));
        if (a.exact[0] != b.exact[0] || a.exact[1] != b.exact[1])
            fail_msg("\"%s\" and \"%s\" should be the same", pairs[i][0], pairs[i][1]);
    }
}

static void other_words(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"the mayor spoke", "the mayor speaks"},
        {"one two", "two one"},
        {"onetwo", "one two"},
        {"one", "one one"},
        {"\u0915\u093e", "\u0915\u093f"}, /* Devanagari vowels are no ornaments */
        {"\u304b", "\u304c"},             /* ka, ga */
        {"\u6771\u4eac", "\u4eac\u6771"},
        {"", "0"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        dd_tokens a = read_text(cd_str_of(pairs[i][0])), b = read_text(cd_str_of(pairs[i][1]));
        if (a.exact[0] == b.exact[0] && a.exact[1] == b.exact[1])
            fail_msg("\"%s\" and \"%s\" should differ", pairs[i][0], pairs[i][1]);
    }
}

static void counts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t tokens, numbers;
    } cases[] = {
        {"", 0, 0},
        {"It's 5 o'clock.", 3, 0},
        {"\u6771\u4eac\u90fd\u3067 3\u4eba", 6, 0},
        {"\u0e01\u0e02 abc", 3, 0},
        {"\ud55c\uad6d \ub274\uc2a4", 2, 0},
        {"1,234.5 and 1.234,5", 7, 1},
        {"2020, 2021", 2, 2},
        {"from 10 to 12 of 10", 6, 2},
        {"3.5 percent", 3, 1},
        {"18bn, A320, 7", 3, 1},
        {"5..5", 2, 0},
        {"1'000", 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dd_tokens t = read_text(cd_str_of(cases[i].text));
        if (t.count != cases[i].tokens || t.number_count != cases[i].numbers)
            fail_msg("\"%s\": %zu tokens and %d numbers", cases[i].text, t.count, t.number_count);
    }
}

/* Tokens far beyond the buffer differ by their last byte and by their length, and do not fall apart. */
static void long_tokens(void **state)
{
    (void)state;
    char a[2000], b[2000];
    memset(a, 'a', sizeof a);
    memset(b, 'a', sizeof b);
    b[sizeof b - 1] = 'b';
    for (size_t n = 250; n < 262; n++) {
        dd_tokens shorter = read_text((cd_str){a, n}), longer = read_text((cd_str){a, n + 1});
        assert_int_equal(shorter.count, 1);
        assert_int_equal(longer.count, 1);
        assert_true(shorter.exact[0] != longer.exact[0]);
    }
    dd_tokens x = read_text((cd_str){a, sizeof a}), y = read_text((cd_str){b, sizeof b});
    assert_int_equal(x.count, 1);
    assert_true(x.exact[0] != y.exact[0]);
}

static void salt_sets_apart(void **state)
{
    (void)state;
    dd_tokens a = {0}, b = {0};
    assert_int_equal(dd_tokens_read(&a, CD_LIT("same words"), 1), 0);
    assert_int_equal(dd_tokens_read(&b, CD_LIT("same words"), 2), 0);
    assert_true(a.exact[0] != b.exact[0]);
    dd_tokens_fini(&a);
    dd_tokens_fini(&b);
}

static uint32_t next(uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }

/* Any bytes: no crash, at most one token a byte, rows in order, the same twice, and a broken byte divides. */
static void any_bytes(void **state)
{
    (void)state;
    static const char alphabet[] = "ab1,. '\xC3\xA9\xE6\x9D\xB1\xF0\x9F\xFF\x80\xED\xA0";
    char bytes[300];
    uint32_t random = 7;
    for (int round = 0; round < 3000; round++) {
        size_t length = next(&random) >> 16 & 255;
        for (size_t i = 0; i < length; i++)
            bytes[i] =
                round & 1 ? (char)(next(&random) >> 24) : alphabet[(next(&random) >> 16) % (sizeof alphabet - 1)];
        dd_tokens a = read_text((cd_str){bytes, length}), b = read_text((cd_str){bytes, length});
        assert_true(a.count <= length);
        assert_true(a.exact[0] == b.exact[0] && a.exact[1] == b.exact[1]);
        for (int i = 1; i < a.number_count; i++)
            assert_true(a.numbers[i - 1] < a.numbers[i]);
    }
    assert_int_equal(read_text(CD_LIT("ab\xFF"
                                      "cd"))
                         .count,
                     2);
}

/* Of many numbers the smallest hashes stay, whatever the order they came in. */
static void numbers_are_a_sample(void **state)
{
    (void)state;
    char up[4000] = "", down[4000] = "", one[16];
    for (int i = 0; i < 300; i++) {
        snprintf(one, sizeof one, "%d ", 1000 + i);
        strcat(up, one);
        snprintf(one, sizeof one, "%d ", 1299 - i);
        strcat(down, one);
    }
    dd_tokens a = read_text(cd_str_of(up));
    uint16_t numbers[DD_NUMBERS];
    assert_int_equal(a.number_count, DD_NUMBERS);
    memcpy(numbers, a.numbers, sizeof numbers);
    dd_tokens b = read_text(cd_str_of(down));
    assert_memory_equal(numbers, b.numbers, sizeof numbers);
}

/* `count` letters from the 24 at `first`, as UTF-8 of three bytes; every one in `change` (0: none) is another. */
static size_t write_letters(char *out, uint32_t first, uint32_t seed, size_t count, uint32_t change)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t letter = (next(&seed) >> 8) * 24 >> 24; /* the upper bits: the lower ones have short periods */
        if (change != 0 && i % change == 0)
            letter += 7;
        uint32_t c = first + letter % 24;
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 63));
        *out++ = (char)(0x80 | (c & 63));
    }
    return count * 3;
}

static double resemblance(uint32_t first, uint32_t other_seed, uint32_t change)
{
    static char text[2][9000];
    dd_sketch sketch[2];
    dd_print print[2];
    for (int i = 0; i < 2; i++) {
        size_t n = write_letters(text[i], first, i == 0 ? 1 : other_seed, 3000, i == 0 ? 0 : change);
        dd_tokens tokens = read_text((cd_str){text[i], n});
        assert_int_equal(tokens.count, 3000);
        dd_sketch_make(&sketch[i], tokens.hash, tokens.count, DD_COMPARED_WIDTH, 0);
        print[i] = (dd_print){.exact = {tokens.exact[0], tokens.exact[1]},
                              .sketch = sketch[i].value,
                              .sketch_count = sketch[i].count};
    }
    return dd_compare(&print[0], &print[1]).jaccard;
}

/* Long texts in a script of few letters and no spaces share most pairs of letters, whatever they say. */
static void few_letters_tell_texts_apart(void **state)
{
    (void)state;
    static const uint32_t scripts[] = {0x0E01, 0x1000, 0x1780}; /* Thai, Burmese, Khmer */
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        assert_true(resemblance(scripts[i], 2, 0) < .10);
        assert_true(resemblance(scripts[i], 1, 25) > .60);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_words),           cmocka_unit_test(other_words),     cmocka_unit_test(counts),
        cmocka_unit_test(long_tokens),          cmocka_unit_test(salt_sets_apart), cmocka_unit_test(any_bytes),
        cmocka_unit_test(numbers_are_a_sample), cmocka_unit_test(few_letters_tell_texts_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
