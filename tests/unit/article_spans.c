/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/unit/article_spans.c: spans that are what they say, and those that are not. */
#include "article/spans.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char why[400];
static size_t count;

/* The annotation "a" on the text "Ö „ja“ 🙂 x": ten code points. */
static int check(const char *annotation)
{
    char enriched[1000];
    int length = snprintf(enriched, sizeof enriched, "{\"text\":\"Ö „ja“ 🙂 x\",\"enrichment\":{\"a\":%s}}", annotation);
    count = 0;
    why[0] = '\0';
    return cd_spans_check((cd_str){enriched, (size_t)length}, "a", &count, why, sizeof why);
}

static void slices_are_right(void **state)
{
    (void)state;
    assert_int_equal(check("[{\"start\":2,\"end\":6,\"text\":\"„ja“\"},{\"b\":{\"start\":7,\"end\":8,\"text\":\"🙂\"}}]"), 0);
    assert_int_equal(count, 2);
    assert_int_equal(check("{\"start\":0,\"end\":10}"), 0);
    assert_int_equal(check("{\"start\":10,\"end\":10,\"text\":\"\"}"), 0);
    assert_int_equal(count, 1);
}

static void bytes_are_no_code_points(void **state)
{
    (void)state;
    assert_int_equal(check("{\"start\":3,\"end\":11,\"text\":\"„ja“\"}"), -EINVAL);
    assert_non_null(strstr(why, "from 3 to 11 is not in the text, which has 10 code points"));
    assert_int_equal(check("{\"start\":3,\"end\":5,\"text\":\"„j\"}"), -EINVAL);
    assert_non_null(strstr(why, "says \"„j\", but text[start:end] is \"ja\""));
}

static void ends_are_in_order(void **state)
{
    (void)state;
    assert_int_equal(check("{\"start\":4,\"end\":3}"), -EINVAL);
    assert_int_equal(check("{\"start\":-1,\"end\":3}"), -EINVAL);
    assert_int_equal(check("[[[{\"start\":0,\"end\":11}]]]"), -EINVAL);
}

static void several_parts_are_joined(void **state)
{
    (void)state;
    assert_int_equal(check("{\"start\":2,\"end\":8,\"text\":\"„ja“🙂\",\"parts\":[{\"start\":2,\"end\":6},{\"start\":7,\"end\":8}]}"), 0);
    assert_int_equal(count, 3);
    assert_int_equal(check("{\"start\":2,\"end\":6,\"text\":\"ja\",\"parts\":[{\"start\":2,\"end\":6}]}"), -EINVAL);
    assert_int_equal(check("{\"start\":2,\"end\":8,\"text\":\"x\",\"parts\":[{\"start\":2,\"end\":6},{\"start\":7,\"end\":80}]}"), -EINVAL);
}

static void what_is_no_span_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(check("{\"start\":\"2026\",\"end\":\"2027\",\"text\":\"?\"}"), 0);
    assert_int_equal(check("{\"start\":4000,\"text\":\"?\"}"), 0);
    assert_int_equal(check("null"), 0);
    assert_int_equal(count, 0);
}

static void an_article_without_it(void **state)
{
    static const char other[] = "{\"text\":\"x\",\"enrichment\":{\"b\":1}}", broken[] = "{\"text\":";
    (void)state;
    assert_int_equal(cd_spans_check((cd_str){other, sizeof other - 1}, "a", &count, why, sizeof why), -ENOENT);
    assert_int_equal(cd_spans_check((cd_str){broken, sizeof broken - 1}, "a", &count, why, sizeof why), -EINVAL);
}

/* A NUL is a character like another. */
static void nul_counts(void **state)
{
    static const char right[] = "{\"text\":\"a\\u0000b\",\"enrichment\":{\"a\":{\"start\":1,\"end\":3,\"text\":\"\\u0000b\"}}}";
    static const char wrong[] = "{\"text\":\"a\\u0000b\",\"enrichment\":{\"a\":{\"start\":1,\"end\":3,\"text\":\"\\u0000c\"}}}";
    (void)state;
    assert_int_equal(cd_spans_check((cd_str){right, sizeof right - 1}, "a", &count, why, sizeof why), 0);
    assert_int_equal(cd_spans_check((cd_str){wrong, sizeof wrong - 1}, "a", &count, why, sizeof why), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_right),         cmocka_unit_test(bytes_are_no_code_points),
        cmocka_unit_test(ends_are_in_order),        cmocka_unit_test(several_parts_are_joined),
        cmocka_unit_test(what_is_no_span_is_left_alone), cmocka_unit_test(an_article_without_it),
        cmocka_unit_test(nul_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
