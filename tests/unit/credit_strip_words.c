/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip's tokens, phrases and evidence, each by itself with tables of the test's own.
 */
#include "evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static cd_str str(const char *s) { return (cd_str){s, strlen(s)}; }

static cs_vocabulary *vocabulary_of(const char *language, const char *table)
{
    char why[160];
    cs_vocabulary *v = cs_vocabulary_create();
    assert_non_null(v);
    assert_int_equal(cs_vocabulary_add(v, "common", str("[tld]\n(com|org)\n"), why, sizeof why), 0);
    assert_int_equal(cs_vocabulary_add(v, language, str(table), why, sizeof why), 0);
    return v;
}

static size_t tokens_of(const cs_vocabulary *v, const char *text, cs_token *out)
{
    return cs_tokens(v, text, 0, strlen(text), out, 64);
}

/* ---- tokens ----------------------------------------------------------------------------------------------------- */

static void test_kinds_of_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int count, last_kind;
    } cases[] = {
        {"word", 1, CS_WORD},
        {"two words", 2, CS_WORD},
        {"CNN's", 1, CS_WORD},
        {"l’été", 1, CS_WORD},
        {"10,000", 1, CS_NUMBER},
        {"06.11.2025", 1, CS_NUMBER},
        {"jane.doe-x@mail.example.org", 1, CS_MAIL},
        {"see http://x.example/a?b=c.", 3, CS_MARK},
        {"www.example.com/news", 1, CS_URL},
        {"donate.example.org", 1, CS_URL},
        {"Go. Home", 3, CS_WORD},
        {"@handle", 1, CS_HANDLE},
        {"#tag", 1, CS_HASHTAG},
        {"@ #", 2, CS_MARK},
        {"“quoted”", 3, CS_MARK},
        {"МОСКВА", 1, CS_WORD},
        {"القاهرة", 1, CS_WORD},
        {"(c) 2021", 2, CS_NUMBER},
        {"(C) at left", 5, CS_WORD},
        {"", 0, 0},
        {" \t ", 0, 0},
    };
    cs_vocabulary *v = vocabulary_of("en", "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_token t[64];
        size_t n = tokens_of(v, cases[i].text, t);
        if ((int)n != cases[i].count || (n > 0 && t[n - 1].kind != cases[i].last_kind))
            fail_msg("%s: %zu tokens, the last of kind %d", cases[i].text, n, n ? t[n - 1].kind : 0);
    }
    cs_vocabulary_destroy(v);
}

static void test_case_and_flags(void **state)
{
    (void)state;
    cs_token t[64];
    cs_vocabulary *v = vocabulary_of("en", "");
    assert_int_equal(tokens_of(v, "Ann WARE's été 9:22 26/2/2014 Ж", t), 6);
    assert_int_equal(t[0].flags & (CS_CAPITAL | CS_CAPITALS), CS_CAPITAL);
    assert_true(t[1].flags & CS_CAPITALS);
    assert_true(t[1].flags & CS_POSSESSIVE);
    assert_false(t[2].flags & CS_CAPITAL);
    assert_int_equal(t[2].letters, 3);
    assert_true(t[3].flags & CS_CLOCK);
    assert_true(t[4].flags & CS_DATED);
    assert_true(t[5].flags & CS_CAPITAL);
    cs_vocabulary_destroy(v);
}

static void test_tokens_stop_at_the_limit(void **state)
{
    (void)state;
    cs_token t[3];
    cs_vocabulary *v = vocabulary_of("en", "");
    assert_int_equal(cs_tokens(v, "a b c d e", 0, 9, t, 3), 3);
    assert_int_equal(t[2].start, 4);
    cs_vocabulary_destroy(v);
}

static void test_trim_knows_unicode_spaces(void **state)
{
    (void)state;
    const char *s = "\xC2\xA0 a\xE2\x80\x89 b\xE3\x80\x80";
    size_t start = 0, end = strlen(s);
    cs_trim(s, &start, &end);
    assert_int_equal(start, 3);
    assert_int_equal(end, 9);
}

/* ---- phrases ---------------------------------------------------------------------------------------------------- */

static size_t hits_of(const cs_vocabulary *v, uint32_t languages, const char *text, cs_hit *hits)
{
    cs_token t[64];
    size_t n = tokens_of(v, text, t);
    return cs_hits(v, languages, t, 0, n, hits, 32);
}

static void test_alternatives_and_placeholders(void **state)
{
    (void)state;
    cs_hit h[32];
    cs_vocabulary *v = vocabulary_of(
        "en", "# a comment\n[a]\nsign up (for|to|) (our|the|) newsletter\n<n> years ago\n[b]\nEditor's note\n");
    assert_int_equal(hits_of(v, CS_ALL_LANGUAGES, "Sign up for our newsletter", h), 1);
    assert_int_equal(h[0].last, 4);
    assert_int_equal(hits_of(v, CS_ALL_LANGUAGES, "SIGN UP NEWSLETTER", h), 1);
    assert_int_equal(hits_of(v, CS_ALL_LANGUAGES, "6 years ago", h), 1);
    assert_int_equal(hits_of(v, CS_ALL_LANGUAGES, "Editor’s note: this", h), 1);
    assert_int_equal(h[0].class, cs_class_find(v, "b", 1));
    assert_int_equal(hits_of(v, CS_ALL_LANGUAGES, "Sign up. For our newsletter", h), 0);
    assert_int_equal(hits_of(v, CS_ALL_LANGUAGES, "sign off the newsletter", h), 0);
    cs_vocabulary_destroy(v);
}

static void test_languages_are_apart(void **state)
{
    (void)state;
    cs_hit h[32];
    char why[160];
    cs_vocabulary *v = vocabulary_of("de", "[a]\nanzeige\n");
    assert_int_equal(cs_vocabulary_add(v, "fr", str("[a]\npublicité\n"), why, sizeof why), 0);
    assert_int_equal(hits_of(v, cs_languages(v, str("de-AT")), "Anzeige", h), 1);
    assert_int_equal(hits_of(v, cs_languages(v, str("fr")), "Anzeige", h), 0);
    assert_int_equal(hits_of(v, cs_languages(v, str("fr")), "PUBLICITÉ", h), 1);
    assert_int_equal(hits_of(v, cs_languages(v, str("tlh")), "Anzeige", h), 1); /* no table of its own: all serve */
    cs_vocabulary_destroy(v);
}

static void test_an_image_is_the_vocabulary(void **state)
{
    (void)state;
    cs_hit h[32];
    char why[160];
    size_t size;
    cs_vocabulary *made = vocabulary_of("de", "[a]\nanzeige hier\n[b]\nwerbung\n");
    char *image = cs_vocabulary_image(made, &size), *kept = malloc(size);
    cs_vocabulary_destroy(made);
    assert_non_null(kept);
    memcpy(kept, image, size);
    assert_null(cs_vocabulary_open((cd_str){image, size - 1}));
    assert_null(cs_vocabulary_open((cd_str){image, 16}));
    cs_vocabulary *v = cs_vocabulary_open((cd_str){image, size});
    assert_non_null(v);
    uint32_t german = cs_languages(v, str("de"));
    assert_int_equal(hits_of(v, german, "Anzeige hier! Werbung", h), 2);
    assert_int_equal(h[0].class, cs_class_find(v, "a", 1));
    assert_int_equal(h[1].class, cs_class_find(v, "b", 1));

    /* What is added afterwards stands beside what the image holds, in a copy. */
    assert_int_equal(cs_class(v, "c", 1), cs_class_find(v, "b", 1) + 1);
    assert_int_equal(cs_vocabulary_add(v, "common", str("[a]\nanzeige dort\n"), why, sizeof why), 0);
    assert_int_equal(hits_of(v, german, "Anzeige hier; Anzeige dort; Werbung", h), 3);
    assert_memory_equal(image, kept, size);
    cs_vocabulary_destroy(v);
    free(image);
    free(kept);
}

static void test_broken_tables_are_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {"phrase without a class\n", "[a]\nopen (b|c\n", "[a]\nnested (b|(c|d))\n",
                                         "[a]\n<what>\n", "[]\nx\n"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char why[160] = "";
        cs_vocabulary *v = cs_vocabulary_create();
        assert_true(cs_vocabulary_add(v, "en", str(broken[i]), why, sizeof why) < 0);
        assert_non_null(strstr(why, "line "));
        cs_vocabulary_destroy(v);
    }
}

static void test_too_many_alternatives_are_refused(void **state)
{
    (void)state;
    char why[160];
    cs_vocabulary *v = cs_vocabulary_create();
    const char *bomb = "[a]\n(a|b|c|d) (a|b|c|d) (a|b|c|d) (a|b|c|d) (a|b|c|d) (a|b|c|d) (a|b|c|d) (a|b|c|d)\n";
    assert_int_equal(cs_vocabulary_add(v, "en", str(bomb), why, sizeof why), -E2BIG);
    cs_vocabulary_destroy(v);
}

/* ---- evidence --------------------------------------------------------------------------------------------------- */

static void test_sums_decide(void **state)
{
    (void)state;
    char why[160];
    cs_vocabulary *v = vocabulary_of("en", "[a]\nx\n");
    cs_evidence *e = cs_evidence_create(
        v, str("[promo]\n0.6 has:a\n0.5 has:a !bottom\n[ad]\n1.05 bottom has:a\n[any]\n-0.2 ends_stop\n"), why,
        sizeof why);
    assert_non_null(e);
    cs_features f = {0};
    assert_int_equal(cs_judge(e, &f, 1, ~0u).kind, CS_STORY);
    cs_set(&f, cs_feature_named(v, "has:a", 5));
    cs_verdict verdict = cs_judge(e, &f, 1, ~0u);
    assert_int_equal(verdict.kind, CS_PROMO);
    assert_true(verdict.reasons[0] >= 0 && verdict.reasons[1] >= 0 && verdict.reasons[2] < 0);
    assert_string_equal(cs_argument_text(e, verdict.reasons[1]), "has:a + !bottom");
    assert_int_equal(cs_judge(e, &f, 1.2f, ~0u).kind, CS_STORY);
    assert_int_equal(cs_judge(e, &f, 1, ~0u & ~(1u << CS_PROMO)).kind, CS_STORY);
    cs_set(&f, CS_F_bottom);
    assert_int_equal(cs_judge(e, &f, 1, ~0u).kind, CS_AD);
    cs_set(&f, CS_F_ends_stop);
    verdict = cs_judge(e, &f, 1, ~0u);
    assert_int_equal(verdict.kind, CS_STORY);
    assert_int_equal(verdict.best, CS_AD);
    cs_evidence_destroy(e);
    cs_vocabulary_destroy(v);
}

static void test_broken_evidence_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {"1.0 bottom\n",           "[nothing]\n",
                                         "[promo]\nx bottom\n",    "[promo]\n1.0 no_such_feature\n",
                                         "[promo]\n1.0 !bottom\n", "[promo]\n1.0\n"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char why[160] = "";
        cs_vocabulary *v = cs_vocabulary_create();
        assert_null(cs_evidence_create(v, str(broken[i]), why, sizeof why));
        assert_non_null(strstr(why, "line "));
        cs_vocabulary_destroy(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_of_tokens),
        cmocka_unit_test(test_case_and_flags),
        cmocka_unit_test(test_tokens_stop_at_the_limit),
        cmocka_unit_test(test_trim_knows_unicode_spaces),
        cmocka_unit_test(test_alternatives_and_placeholders),
        cmocka_unit_test(test_languages_are_apart),
        cmocka_unit_test(test_an_image_is_the_vocabulary),
        cmocka_unit_test(test_broken_tables_are_refused),
        cmocka_unit_test(test_too_many_alternatives_are_refused),
        cmocka_unit_test(test_sums_decide),
        cmocka_unit_test(test_broken_evidence_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
