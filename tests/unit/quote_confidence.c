/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/quote_confidence.c: the table of weights, its mistakes, and that what is plain is surer than what is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <copydesk/tables.h>
#include <errno.h>
#include <string.h>

#include "confidence.h"
#include "quote_support.h"

static int load(qe_confidence *confidence, const char *table, unsigned *line)
{
    return qe_confidence_load(confidence, table, table + strlen(table), line);
}

static uint32_t feature(const char *name)
{
    for (uint32_t i = 0; qe_confidence_name(i); i++)
        if (!strcmp(qe_confidence_name(i), name))
            return i;
    fail_msg("no feature %s", name);
    return 0;
}

static void a_table(void **state)
{
    (void)state;
    qe_confidence confidence;
    unsigned line;
    assert_int_equal(load(&confidence, "# weights\nbias 0.5\n\npronoun -1.25", &line), 0);
    assert_true(confidence.weights[feature("bias")] == 0.5);
    assert_true(confidence.weights[feature("pronoun")] == -1.25);
    assert_true(confidence.weights[feature("direct")] == 0);
}

static void mistakes_have_a_line(void **state)
{
    (void)state;
    const struct {
        const char *table;
        unsigned line;
    } bad[] = {{"bias", 1},        {"bias 1\nno_such_feature 1", 2},
               {"bias 1 2", 1},    {"\nbias \n1\n", 2},
               {"bias 0.5x\n", 1}, {"bias inf", 1},
               {" bias 1", 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        qe_confidence confidence;
        unsigned line;
        assert_int_equal(load(&confidence, bad[i].table, &line), -EINVAL);
        assert_int_equal(line, bad[i].line);
    }
}

static qe_confidence shipped(void)
{
    qe_confidence confidence;
    unsigned line;
    for (const cd_table *table = cd_tables; table->name; table++)
        if (!strcmp(table->name, "confidence")) {
            assert_int_equal(qe_confidence_load(&confidence, table->start, table->end, &line), 0);
            return confidence;
        }
    fail_msg("no table");
    return (qe_confidence){{0}};
}

static double confidence_in(const char *text, uint32_t n)
{
    qe_confidence confidence = shipped();
    qe_article a = quote_read(text);
    assert_true(n < a.quotes.n);
    double found = qe_confidence_of(&confidence, &a, n);
    assert_true(found > 0 && found < 1);
    quote_free(&a);
    return found;
}

static void plain_is_surer(void **state)
{
    (void)state;
    double plain = confidence_in("“We told the council twice,” said Ilke Brandt.", 0);
    assert_true(plain > 0.95);
    assert_true(plain > confidence_in("Ilke Brandt left the room. “We told the council twice.”", 0));
    assert_true(plain > confidence_in("“We told the council twice.”", 0));
    assert_true(plain > confidence_in("The old plan was “cheap” at best, said Ilke Brandt.", 0));
    assert_true(plain > confidence_in("We told the council twice,” said Ilke Brandt.", 0));
}

static void without_a_language(void **state)
{
    (void)state;
    qe_confidence confidence = shipped();
    qe_article a = quote_read("“We told the council twice,” said Ilke Brandt.");
    a.marks_only = 1;
    assert_true(qe_confidence_of(&confidence, &a, 0) == 0.6);
    quote_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table),
        cmocka_unit_test(mistakes_have_a_line),
        cmocka_unit_test(plain_is_surer),
        cmocka_unit_test(without_a_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
