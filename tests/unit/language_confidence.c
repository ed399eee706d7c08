/* SPDX-License-Identifier: Apache-2.0
 *
 * The score card of confidence, and the list of shares.
 */
#include "confidence.h"
#include "shares.h"

#include <copydesk/sdk.h>
#include <copydesk/tables.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static ld_languages languages;

static const cd_table *table_named(const char *name)
{
    const cd_table *table = cd_tables;
    while (strcmp(table->name, name) != 0)
        table++;
    return table;
}

static int load(void **state)
{
    (void)state;
    const cd_table *table = table_named("languages");
    return ld_languages_load(&languages, table->start, table->end);
}

static uint8_t language(const char *code) { return ld_languages_by_code(&languages, cd_str_of(code)); }

static int load_card(ld_confidence *confidence, const char *text)
{
    return ld_confidence_load(confidence, &languages, text, text + strlen(text));
}

static void weights_add_up_to_odds(void **state)
{
    (void)state;
    static ld_confidence card;
    assert_int_equal(load_card(&card, "cld2\tbias\t1\t1.5\ncld2\tletters\t0\t-0.5\ncld2\tlanguage\t*\t-1\n"
                                      "cld2\tlanguage\tde\t0.25\nmodel\tbias\t0\t2\n"),
                     0);
    ld_evidence e = {.language = language("de"), .sure = true, .letters = 3};
    assert_true(fabs(ld_confidence_estimate(&card, &e) - 1 / (1 + exp(-1.25))) < 1e-12);
    e.language = language("fr");
    assert_true(fabs(ld_confidence_estimate(&card, &e) - 0.5) < 1e-12);
    e = (ld_evidence){.language = language("de"), .letters = 1000, .second = LD_SECOND_AGREES};
    assert_true(fabs(ld_confidence_estimate(&card, &e) - 1 / (1 + exp(-2))) < 1e-12);
    e.language = LD_UND;
    assert_true(ld_confidence_estimate(&card, &e) == 0);
}

static void wrong_rows_are_named(void **state)
{
    (void)state;
    static ld_confidence card;
    assert_int_equal(load_card(&card, "cld2\tbias\t1\t1\nfast\tbias\t1\t1\n"), 2);
    assert_int_equal(load_card(&card, "cld2\tmood\t1\t1\n"), 1);
    assert_int_equal(load_card(&card, "cld2\tbias\t16\t1\n"), 1);
    assert_int_equal(load_card(&card, "cld2\tbias\t1\n"), 1);
    assert_int_equal(load_card(&card, "cld2\tlanguage\txx\t1\n"), 1);
}

static void buckets_are_in_range(void **state)
{
    (void)state;
    uint8_t bucket[LD_CONFIDENCE_FEATURES];
    const ld_evidence most = {.language = 1,
                              .letters = UINT32_MAX,
                              .sure = true,
                              .share = 1,
                              .score = 1e9,
                              .close = true,
                              .margin = 1e9,
                              .second = LD_SECOND_UNHEARD,
                              .probability = 1};
    const ld_evidence least = {.language = 1};
    ld_confidence_buckets(&most, bucket);
    for (int i = 0; i < LD_CONFIDENCE_FEATURES; i++)
        assert_true(bucket[i] < LD_CONFIDENCE_BUCKETS);
    assert_int_equal(ld_confidence_buckets(&least, bucket), 0);
    for (int i = 0; i < LD_CONFIDENCE_FEATURES; i++)
        assert_int_equal(bucket[i], 0);
}

/* More text, and marks, never make the answer of the real table less certain by much. */
static void the_real_card_trusts_long_text(void **state)
{
    (void)state;
    static ld_confidence card;
    const cd_table *table = table_named("confidence");
    assert_int_equal(ld_confidence_load(&card, &languages, table->start, table->end), 0);
    ld_evidence e = {.language = language("de"), .sure = true, .letters = 3000, .share = 0.99, .score = 1100};
    assert_true(ld_confidence_estimate(&card, &e) > 0.99);
    e.letters = 15;
    e.sure = false;
    e.score = 150;
    assert_true(ld_confidence_estimate(&card, &e) < 0.5);
}

static void shares_are_kept_in_order(void **state)
{
    (void)state;
    ld_shares shares = {.count = 0};
    ld_shares_add(&shares, 5, 0.2);
    ld_shares_add(&shares, 7, 0.5);
    ld_shares_add(&shares, 5, 0.4);
    ld_shares_add(&shares, LD_UND, 0.9);
    ld_shares_add(&shares, 9, 0);
    assert_int_equal(shares.count, 2);
    assert_int_equal(shares.of[0].language, 5);
    assert_true(fabs(ld_shares_of(&shares, 5) - 0.6) < 1e-12);
    assert_true(ld_shares_of(&shares, 9) == 0);
    for (uint8_t i = 10; i < 30; i++)
        ld_shares_add(&shares, i, 0.01);
    assert_int_equal(shares.count, LD_SHARES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_add_up_to_odds),   cmocka_unit_test(wrong_rows_are_named),
        cmocka_unit_test(buckets_are_in_range),     cmocka_unit_test(the_real_card_trusts_long_text),
        cmocka_unit_test(shares_are_kept_in_order),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
