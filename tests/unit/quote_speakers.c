/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/quote_speakers.c: sentences, phrases, names and pronouns, each by the smallest text that shows it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "quote_support.h"

static void source_is(const char *text, uint32_t n, const char *source)
{
    qe_article a = quote_read(text);
    assert_string_equal(quote_source(&a, n), source);
    quote_free(&a);
}

static void name_is(const char *text, uint32_t n, const char *name)
{
    qe_article a = quote_read(text);
    assert_string_equal(quote_name(&a, n), name);
    quote_free(&a);
}

static uint32_t sentences(const char *text)
{
    qe_article a = quote_read(text);
    uint32_t count = a.sentences.n;
    quote_free(&a);
    return count;
}

static void sentence_ends(void **state)
{
    (void)state;
    assert_int_equal(sentences("“Who pays?” asked Roy. Nobody."), 2);
    assert_int_equal(sentences("“We won.” The town slept."), 2);
    assert_int_equal(sentences("“Yes,” said Sen. J. Roy of Hask."), 1);
    assert_int_equal(sentences("“Yes,” he said in the U.S. The end."), 2);
    assert_int_equal(sentences("“One.” “Two.”"), 2);
}

static void subjects(void **state)
{
    (void)state;
    source_is("“No,” said Ilke Brandt, the mayor.", 0, "Ilke Brandt");
    source_is("“No,” Brandt, who was ill, said.", 0, "Brandt");
    source_is("“No,” a spokesman for the port told us.", 0, "a spokesman for the port");
    source_is("In a letter on Monday, Brandt wrote: “No.”", 0, "Brandt");
    source_is("Brandt shook her head and said “no way at all”.", 0, "Brandt");
    source_is("The roof was, according to Roy, “held up by hope”.", 0, "Roy");
    source_is("“Stay,” Lund was told by Kane.", 0, "Kane");
    source_is("“Avoid,” was Lund’s verdict.", 0, "Lund’s");
}

static void roles(void **state)
{
    (void)state;
    qe_article a = quote_read("“No,” Foreign Ministry spokesman Karim Odell told state radio.");
    const qe_source *s = &a.quotes.at[0].source;
    assert_int_equal(s->kind, QE_SOURCE_NAME);
    assert_string_equal(quote_bytes(&a, a.flat.at[s->role_first].start, a.flat.at[s->role_end - 1].end),
                        "Foreign Ministry spokesman");
    assert_string_equal(quote_name(&a, 0), "Karim Odell");
    quote_free(&a);
}

static void full_names(void **state)
{
    (void)state;
    name_is("Ana Ruiz came late. “We tried,” Ruiz said.", 0, "Ana Ruiz");
    name_is("Ruiz came late. “We tried,” said Ana Ruiz.", 0, "Ana Ruiz");
    name_is("Rolf Moll and Anke Moll own it. “We tried,” Mrs. Moll said.", 0, "Anke Moll");
    name_is("Director of National Intelligence Tamsin Okafor left. “Fine,” Okafor said.", 0, "Tamsin Okafor");
    name_is("Mayor Tobias Roy left. “Fine,” the mayor said.", 0, "Tobias Roy");
}

static void pronouns(void **state)
{
    (void)state;
    name_is("Pia Lund met Kane’s lawyer. “Kane lied,” she said.", 0, "Pia Lund");
    name_is("Mary Holt sued John Roy. “I was away,” he said.", 0, "John Roy");
    name_is("Mary Holt sued John Roy. “I was away,” she said.", 0, "Mary Holt");
    name_is("The rain fell. “I was away,” she said.", 0, "");
}

/* What is no story holds no quotes, but a caption may have the full name. */
static void masked(void **state)
{
    (void)state;
    const char *text = "Mayor Pia Lund at work. “No,” said Al Roy.\n\n“Yes,” Lund said.";
    const qe_range mask = {0, (uint32_t)(strstr(text, "\n\n") - text)};
    qe_lexicon lexicon = quote_lexicon("en");
    qe_article a = {0};
    assert_int_equal(qe_article_read(&a, (cd_str){text, strlen(text)}, &lexicon, 0, &mask, 1), 0);
    assert_int_equal(a.quotes.n, 1);
    assert_string_equal(quote_text(&a, 0), "“Yes,”");
    assert_string_equal(quote_name(&a, 0), "Pia Lund");
    qe_article_free(&a);
    qe_lexicon_free(&lexicon);
}

static void not_speech(void **state)
{
    (void)state;
    const char *texts[] = {"The so-called “smart” bins were empty.", "Eddie “Boots” Malone sang.",
                           "“Kuma” means “bear”.", "He wrote “Winter Harbour” in May."};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        qe_article a = quote_read(texts[i]);
        for (uint32_t n = 0; n < a.quotes.n; n++)
            assert_false(a.quotes.at[n].flags & QE_SPEECH);
        assert_true(a.quotes.n > 0);
        quote_free(&a);
    }
}

static void kinds(void **state)
{
    (void)state;
    qe_article a = quote_read("“We go,” Kane said, “and you stay.” He called it “a mess” that “never worked.”");
    assert_int_equal(a.quotes.n, 4);
    assert_true(a.quotes.at[0].flags & QE_DIRECT);
    assert_true(a.quotes.at[1].flags & QE_JOINED);
    assert_false(a.quotes.at[2].flags & QE_DIRECT);
    assert_false(a.quotes.at[3].flags & QE_DIRECT);
    quote_free(&a);
}

/* An instance is used again and again: what an article leaves behind must not show in the next. */
static void reuse(void **state)
{
    (void)state;
    const char *first = "Ana Ruiz came. “We tried,” she said.", *second = "“We tried,” Ruiz said.";
    qe_lexicon lexicon = quote_lexicon("en");
    qe_article a = {0};
    for (int round = 0; round < 3000; round++) { /* more articles than the name hash has slots */
        const char *text = round % 2 ? second : first;
        assert_int_equal(qe_article_read(&a, (cd_str){text, strlen(text)}, &lexicon, 0, NULL, 0), 0);
        assert_string_equal(quote_name(&a, 0), round % 2 ? "Ruiz" : "Ana Ruiz");
    }
    qe_article_free(&a);
    qe_lexicon_free(&lexicon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentence_ends), cmocka_unit_test(subjects), cmocka_unit_test(roles),
        cmocka_unit_test(full_names),    cmocka_unit_test(pronouns), cmocka_unit_test(not_speech),
        cmocka_unit_test(kinds),         cmocka_unit_test(reuse),    cmocka_unit_test(masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
