/* SPDX-License-Identifier: Apache-2.0
 *
 * Mark-up in the text: found, taken away, its claim of a language read.
 */
#include "html.h"

#include <copydesk/sdk.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static int found(const char *text) { return ld_html_found(cd_str_of(text)); }

static void tags_are_found(void **state)
{
    (void)state;
    assert_true(found("one<br>two"));
    assert_true(found("one<BR/>two"));
    assert_true(found("<p class='x'>one"));
    assert_true(found("one</div>"));
    assert_true(found("a < b <!-- c -->"));
}

static void other_angle_brackets_are_not_tags(void **state)
{
    (void)state;
    assert_false(found(""));
    assert_false(found("a < b and b > c"));
    assert_false(found("I <3 swimming, 2<3"));
    assert_false(found("write to <mara@example.org>"));
    assert_false(found("<pleasant> <brr>"));
    assert_false(found("ends with <p"));
    assert_false(found("ends with <"));
}

static void assert_stripped(const char *text, const char *expected)
{
    char out[512];
    size_t len = ld_html_strip(cd_str_of(text), out);
    assert_true(len <= strlen(text));
    out[len] = '\0';
    assert_string_equal(out, expected);
}

static void markup_becomes_a_space(void **state)
{
    (void)state;
    assert_stripped("plain", "plain");
    assert_stripped("<p>one</p>two", " one two");
    assert_stripped("one<br>two", "one two");
    assert_stripped("one<!-- <p> not > this -->two", "one two");
    assert_stripped("a<script>if (x < y) { z(); }</script>b", "a b");
    assert_stripped("a<STYLE type=x>p > b {}</style >b", "a b");
    assert_stripped("a<a href=\"x\"<b>c</b>", "a  c ");
    assert_stripped("<?xml version=\"1.0\"?><!DOCTYPE html>a", "  a");
}

static void what_is_no_markup_stays(void **state)
{
    (void)state;
    assert_stripped("1 < 2, 3 > 2", "1   2, 3 > 2");
    assert_stripped("cut off <a href=x", "cut off  a href=x");
    assert_stripped("cut off <!-- here", "cut off  !-- here");
    assert_stripped("<script>never closed", " never closed");
    assert_stripped("<", " ");
    assert_stripped("a<scripture>b", "a b");
}

static void assert_claim(const char *text, const char *expected)
{
    cd_str claim = ld_html_lang(cd_str_of(text));
    if (expected == NULL) {
        assert_null(claim.ptr);
        return;
    }
    assert_non_null(claim.ptr);
    assert_int_equal(claim.len, strlen(expected));
    assert_memory_equal(claim.ptr, expected, claim.len);
}

static void the_html_element_claims(void **state)
{
    (void)state;
    assert_claim("<!DOCTYPE html><html lang=\"de-AT\"><body>", "de-AT");
    assert_claim("<HTML class=x LANG=fr>", "fr");
    assert_claim("<html xml:lang='pt-BR'>", "pt-BR");
    assert_claim("<html><p lang=\"de\">", NULL);
    assert_claim("<html data-lang=de>", NULL);
    assert_claim("<htmlx lang=de>", NULL);
    assert_claim("<html lang=\"\">", NULL);
    assert_claim("<html lang=de", NULL);
    assert_claim("<html lang=", NULL);
    assert_claim("html lang=de", NULL);
}

static void strip_never_reads_or_writes_beyond(void **state)
{
    (void)state;
    const char text[] = "x<a b>y<!-- -->z<script></script><style>q</style>&amp;<p";
    for (size_t len = 0; len <= sizeof text - 1; len++) {
        char *in = malloc(len + 1), *out = malloc(len + 1);
        memcpy(in, text, len);
        cd_str cut = {in, len};
        assert_true(ld_html_strip(cut, out) <= len);
        ld_html_found(cut);
        ld_html_lang(cut);
        free(in);
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_found),          cmocka_unit_test(other_angle_brackets_are_not_tags),
        cmocka_unit_test(markup_becomes_a_space),  cmocka_unit_test(what_is_no_markup_stays),
        cmocka_unit_test(the_html_element_claims), cmocka_unit_test(strip_never_reads_or_writes_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
