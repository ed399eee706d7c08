/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/quote_lexicon.c: tables are read as written, forms are made, mistakes are found with their line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <copydesk/tables.h>
#include <errno.h>
#include <string.h>

#include "quote_support.h"

static uint64_t bits(const qe_lexicon *lexicon, const char *word)
{
    return qe_lexicon_bits(lexicon, qe_hash_word(word, strlen(word)));
}

static int load(qe_lexicon *lexicon, const char *table, unsigned *line)
{
    return qe_lexicon_load(lexicon, "xx", table, table + strlen(table), line);
}

static void regular_forms(void **state)
{
    (void)state;
    qe_lexicon lexicon;
    unsigned line;
    assert_int_equal(load(&lexicon, "[cue]\nadd+ note+ reply+ stress+ enjoy+\n", &line), 0);
    const char *finite[] = {"adds",    "added",    "notes",    "noted",  "replies",
                            "replied", "stresses", "stressed", "enjoys", "enjoyed"};
    for (size_t i = 0; i < sizeof finite / sizeof *finite; i++)
        assert_true(bits(&lexicon, finite[i]) & QE_CUE);
    const char *other[] = {"adding", "noting", "replying", "stressing", "enjoying"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        assert_true(bits(&lexicon, other[i]) & QE_ING);
        assert_false(bits(&lexicon, other[i]) & QE_CUE);
    }
    assert_true(bits(&lexicon, "reply") & QE_CUE_BASE);
    assert_int_equal(bits(&lexicon, "noteing"), 0);
    assert_int_equal(bits(&lexicon, "replyed"), 0);
    qe_lexicon_free(&lexicon);
}

static void single_forms_and_comments(void **state)
{
    (void)state;
    qe_lexicon lexicon;
    unsigned line;
    assert_int_equal(
        load(&lexicon, "# a comment [cue]\n[cue] said b:say i:saying # not this: told\n[time]\nmonday said", &line), 0);
    assert_int_equal(bits(&lexicon, "said"), QE_CUE | QE_TIME);
    assert_int_equal(bits(&lexicon, "say"), QE_CUE_BASE);
    assert_int_equal(bits(&lexicon, "saying"), QE_CUE_BASE | QE_ING);
    assert_int_equal(bits(&lexicon, "told"), 0);
    qe_lexicon_free(&lexicon);
}

static void case_and_apostrophes_fold(void **state)
{
    (void)state;
    qe_lexicon lexicon;
    unsigned line;
    assert_int_equal(load(&lexicon, "[cue] über сказал don't", &line), 0);
    assert_int_equal(bits(&lexicon, "ÜBER"), QE_CUE);
    assert_int_equal(bits(&lexicon, "Сказал"), QE_CUE);
    assert_int_equal(bits(&lexicon, "Don’t"), QE_CUE);
    assert_int_equal(bits(&lexicon, "uber"), 0);
    qe_lexicon_free(&lexicon);
}

static void flags(void **state)
{
    (void)state;
    qe_lexicon lexicon;
    unsigned line;
    assert_int_equal(load(&lexicon, "[flags] dash_dialogue inverts\n", &line), 0);
    assert_true(lexicon.dash_dialogue && lexicon.inverts && !lexicon.incise && !lexicon.nouns_capital);
    qe_lexicon_free(&lexicon);
}

static void mistakes_have_a_line(void **state)
{
    (void)state;
    const struct {
        const char *table;
        unsigned line;
    } bad[] = {{"[cue]\nsaid\n[nonsense]\n", 3},
               {"said\n", 1},
               {"[cue]\n\n[]", 3},
               {"[flags]\nno_such_flag", 2},
               {"[cue] +", 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        qe_lexicon lexicon;
        unsigned line;
        assert_int_equal(load(&lexicon, bad[i].table, &line), -EINVAL);
        assert_int_equal(line, bad[i].line);
        qe_lexicon_free(&lexicon);
    }
}

static void shipped_tables_load(void **state)
{
    (void)state;
    size_t count = 0;
    for (const cd_table *table = cd_tables; table->name; table++) {
        qe_lexicon lexicon;
        unsigned line;
        if (!qe_lexicon_named(table->name))
            continue;
        count++;
        assert_int_equal(qe_lexicon_load(&lexicon, table->name, table->start, table->end, &line), 0);
        assert_true(lexicon.used > 300);
        qe_lexicon_free(&lexicon);
    }
    assert_int_equal(count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regular_forms),
        cmocka_unit_test(single_forms_and_comments),
        cmocka_unit_test(case_and_apostrophes_fold),
        cmocka_unit_test(flags),
        cmocka_unit_test(mistakes_have_a_line),
        cmocka_unit_test(shipped_tables_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
