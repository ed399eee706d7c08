/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip over whole texts, with the bundled tables: the body's white space, the user's rules, kinds that are not
 * wanted, limits. Wordings are the golden cases' business (plugins/credit_strip/cases).
 */
#include "load.h"
#include "rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define STORY "The council of Velmora voted on Tuesday to close the old fish market and to build a school."

struct fixture {
    cs_vocabulary *vocabulary;
    cs_evidence *evidence;
    cs_article article;
    cs_settings settings;
    cs_rules *rules;
    cd_str source;
    char *body;
    uint64_t limits;
};

static cd_str str(const char *s) { return (cd_str){s, strlen(s)}; }

static int setup(void **state)
{
    char why[160];
    struct fixture *f = calloc(1, sizeof *f);
    assert_int_equal(cs_load((cd_str){NULL, 0}, &f->vocabulary, &f->evidence, why, sizeof why), 0);
    cs_article_init(&f->article, f->vocabulary, f->evidence);
    f->settings = (cs_settings){
        .threshold = 1, .kinds = ~0u, .find_headline = true, .languages = cs_languages(f->vocabulary, str("en"))};
    f->rules = cs_rules_create();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cs_rules_destroy(f->rules);
    cs_article_fini(&f->article);
    cs_evidence_destroy(f->evidence);
    cs_vocabulary_destroy(f->vocabulary);
    free(f->body);
    free(f);
    return 0;
}

static void apply(void *context, cs_article *a)
{
    struct fixture *f = context;
    cs_rules_apply(f->rules, a, f->source, &f->limits);
}

static const char *body_of(struct fixture *f, const char *text)
{
    assert_int_equal(cs_article_run(&f->article, str(text), (cd_str){NULL, 0}, &f->settings, apply, f), 0);
    f->body = realloc(f->body, strlen(text) * 2 + 3);
    f->body[cs_body(&f->article, f->body)] = 0;
    return f->body;
}

static void add_rule(struct fixture *f, const char *source, const char *match, int kind, bool keep)
{
    char why[200];
    assert_int_equal(cs_rules_add(f->rules, str(source), str(match), kind, keep, why, sizeof why), 0);
}

/* ---- the body's white space ------------------------------------------------------------------------------------ */

static void test_body_white_space(void **state)
{
    static const struct {
        const char *text, *body;
    } cases[] = {
        {"", ""},
        {"  \n \n", ""},
        {"  " STORY "  ", STORY},
        {STORY "\n" STORY, STORY "\n\n" STORY}, /* no blank line: each line is a paragraph */
        {STORY "\n\n\n \n" STORY, STORY "\n\n" STORY},
        {"One line.\nIts neighbour.\n\nAnother one.", "One line.\nIts neighbour.\n\nAnother one."},
        {STORY "\n\nAdvertisement\n\n" STORY, STORY "\n\n" STORY},
        {STORY "\nAdvertisement\n" STORY "\n\n" STORY, STORY "\n\n" STORY "\n\n" STORY},
        {"VELMORA (AP) —   " STORY, STORY},
        {STORY "  (Reporting by Ann Lee; Editing by Bo Ek)", STORY},
        {"Two  spaces\tstay in what the story is, whatever stands around it.",
         "Two  spaces\tstay in what the story is, whatever stands around it."},
        {STORY "\r\n\r\n" STORY "\r\n", STORY "\n\n" STORY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(body_of(*state, cases[i].text), cases[i].body);
}

/* ---- rules and kinds -------------------------------------------------------------------------------------------- */

static void test_rule_strips_for_its_source(void **state)
{
    struct fixture *f = *state;
    const char *text = STORY "\n\nThe Velmora Post stands with you.\n\n" STORY;
    add_rule(f, "velmorapost", "^The Velmora Post stands.*you", CS_PROMO, false);
    f->source = str("another");
    body_of(f, text);
    assert_int_equal(f->article.span_count, 0);
    f->source = str("velmorapost");
    body_of(f, text);
    assert_int_equal(f->article.span_count, 1);
    assert_int_equal(f->article.spans[0].kind, CS_PROMO);
    assert_string_equal(f->article.spans[0].rule, "rules.0");
    assert_int_equal(f->article.spans[0].start, strlen(STORY) + 2);
    assert_int_equal(f->article.spans[0].end, strlen(STORY) + 2 + strlen("The Velmora Post stands with you."));
}

static void test_rule_keeps(void **state)
{
    struct fixture *f = *state;
    const char *text = STORY "\n\nSign up for our newsletter\n\n" STORY;
    body_of(f, text);
    assert_int_equal(f->article.span_count, 1);
    add_rule(f, "", "newsletter$", CS_PROMO, true);
    assert_string_equal(body_of(f, text), text);
}

static void test_rule_that_would_run_for_ever_matches_nothing(void **state)
{
    struct fixture *f = *state;
    add_rule(f, "", "^(a+)+$", CS_PROMO, false);
    assert_string_equal(body_of(f, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
    assert_int_equal(f->limits, 1);
}

static void test_broken_rule_is_refused(void **state)
{
    struct fixture *f = *state;
    char why[200];
    assert_true(cs_rules_add(f->rules, str(""), str("(unclosed"), CS_PROMO, false, why, sizeof why) < 0);
    assert_non_null(strstr(why, "rules.0.match"));
    assert_int_equal(cs_rules_count(f->rules), 0);
}

static void test_unwanted_kinds_stay(void **state)
{
    struct fixture *f = *state;
    const char *text = "By Ann Lee\n\n" STORY "\n\nAdvertisement\n\n" STORY;
    f->settings.kinds = ~(1u << CS_BYLINE);
    assert_string_equal(body_of(f, text), "By Ann Lee\n\n" STORY "\n\n" STORY);
    assert_int_equal(f->article.span_count, 1);
}

static void test_higher_threshold_removes_less(void **state)
{
    struct fixture *f = *state;
    const char *text = STORY "\n\nThis story has been updated.\n\n" STORY;
    f->settings.threshold = 4;
    assert_string_equal(body_of(f, text), text);
    f->settings.threshold = 1;
    assert_string_equal(body_of(f, text), STORY "\n\n" STORY);
}

/* ---- limits -------------------------------------------------------------------------------------------------------
 */

static char *repeated(const char *piece, size_t times)
{
    size_t len = strlen(piece);
    char *text = malloc(len * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * len, piece, len);
    text[len * times] = 0;
    return text;
}

static void test_what_lies_beyond_the_limits_is_story(void **state)
{
    struct fixture *f = *state;
    char *text = repeated("Advertisement\n", CS_LINES_MAX + 10);
    body_of(f, text);
    assert_int_equal(f->article.span_count, CS_LINES_MAX);
    assert_int_equal(strlen(f->body), 10 * strlen("Advertisement") + 9 * 2);
    free(text);
    text = repeated("Sign up for our newsletter ", CS_LINE_TOKENS);
    body_of(f, text);
    assert_int_equal(f->article.span_count, 0);
    free(text);
}

static void test_state_does_not_leak_into_the_next_article(void **state)
{
    struct fixture *f = *state;
    body_of(f, "Velmora closes its fish market to build a school\n\n" STORY "\n\n" STORY
               "\n\nThis article was originally published by The Tarrow Courier.");
    assert_true(f->article.has_headline);
    assert_true(f->article.publisher.end > 0);
    body_of(f, STORY);
    assert_false(f->article.has_headline);
    assert_int_equal(f->article.publisher.end, 0);
    assert_int_equal(f->article.span_count, 0);
}

static void test_title_is_the_headline(void **state)
{
    struct fixture *f = *state;
    const char *text = "VELMORA CLOSES ITS “FISH MARKET”\n\n" STORY;
    assert_int_equal(
        cs_article_run(&f->article, str(text), str("Velmora closes its 'fish market'"), &f->settings, NULL, NULL), 0);
    assert_true(f->article.has_headline);
    assert_int_equal(f->article.headline_start, 0);
    assert_int_equal(cs_article_run(&f->article, str(text), str("Another title"), &f->settings, NULL, NULL), 0);
    assert_false(f->article.has_headline);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_body_white_space),
        T(test_rule_strips_for_its_source),
        T(test_rule_keeps),
        T(test_rule_that_would_run_for_ever_matches_nothing),
        T(test_broken_rule_is_refused),
        T(test_unwanted_kinds_stay),
        T(test_higher_threshold_removes_less),
        T(test_what_lies_beyond_the_limits_is_story),
        T(test_state_does_not_leak_into_the_next_article),
        T(test_title_is_the_headline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
