/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/quote_marks.c: tokens, and the pairing of marks: glyphs, sides, parity, nesting, units, repair, masks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "marks.h"
#include "quote_support.h"

struct marked {
    qe_article article;
    qe_lexicon lexicon;
};

static struct marked pair_masked(const char *text, const qe_range *masks, size_t count)
{
    struct marked m = {.lexicon = quote_lexicon("en")};
    m.article.text = (cd_str){text, strlen(text)};
    assert_int_equal(qe_tokenize(m.article.text, &m.lexicon, masks, count, &m.article.tokens), 0);
    assert_int_equal(qe_marks_pair(&m.article.tokens, &m.article.quotes), 0);
    return m;
}

static void done(struct marked *m)
{
    qe_article_free(&m->article);
    qe_lexicon_free(&m->lexicon);
}

/* The quotes of `text`, joined by " | ", are `expected`. */
static void pairs(const char *text, const char *expected)
{
    struct marked m = pair_masked(text, NULL, 0);
    char all[1024] = "";
    for (uint32_t n = 0; n < m.article.quotes.n; n++) {
        if (n)
            strcat(all, " | ");
        strcat(all, quote_text(&m.article, n));
    }
    assert_string_equal(all, expected);
    done(&m);
}

static void glyphs(void **state)
{
    (void)state;
    pairs("“a b” said x", "“a b”");
    pairs("\"a b\" x \"c\"", "\"a b\" | \"c\"");
    pairs("„a b“ x ‚c d‘ y", "„a b“ | ‚c d‘");
    pairs("« a b » x »c d« y", "« a b » | »c d«");
    pairs("”a b” x", "”a b”");
    pairs("``a b'' x", "``a b''");
    pairs("&quot;a b&quot; x", "&quot;a b&quot;");
    pairs("「ab」c『d』", "「ab」 | 『d』");
    pairs("\xC2\x93"
          "a b\xC2\x94 x",
          "\xC2\x93"
          "a b\xC2\x94");
    pairs("â€œa bâ€\xC2\x9D x", "â€œa bâ€\xC2\x9D");
}

static void sides_and_parity(void **state)
{
    (void)state;
    pairs("x \"a\" b \"c\" d", "\"a\" | \"c\"");
    pairs("x—\"a\"—y", "\"a\"");
    pairs("(\"a b\")", "\"a b\"");
    pairs("x \" a \" y", "\" a \"");
}

static void nesting(void **state)
{
    (void)state;
    pairs("“a ‘b c’ d” x", "“a ‘b c’ d”");
    pairs("‘a “b c” d,’ x", "‘a “b c” d,’");
    pairs("“a “b” c” x", "“a “b” c”");
    pairs("“He said ‘no.’” x", "“He said ‘no.’”");
}

static void apostrophes(void **state)
{
    (void)state;
    pairs("It's the workers' hall, o'clock, rock 'n' roll, '90s", "");
    pairs("‘It’s the workers’ hall,’ x", "‘It’s the workers’ hall,’");
    pairs("'It's late,' she said of the '80s.", "'It's late,'");
}

static void units(void **state)
{
    (void)state;
    pairs("a 24\" pipe and a 6'2\" man", "");
    pairs("\"a 24\" pipe,\" x", "\"a 24\" pipe,\"");
    pairs("\"I am 24\" x", "\"I am 24\"");
}

static void repair(void **state)
{
    (void)state;
    pairs("“We go, Kane said.\nThe end.", "“We go,");
    pairs("“a b. “C d,” x", "“C d,”");
    pairs("We go,” Kane said.", "We go,”");
    pairs("a b” c", "");
    pairs("“ stray top.\n“a b” x", "“a b”");
}

static void chains(void **state)
{
    (void)state;
    struct marked m = pair_masked("“a b.\n“c d.\n“e f,” x", NULL, 0);
    assert_int_equal(m.article.quotes.n, 3);
    assert_int_equal(m.article.quotes.at[0].next, 1);
    assert_int_equal(m.article.quotes.at[1].next, 2);
    assert_int_equal(m.article.quotes.at[2].next, QE_NONE);
    assert_true(m.article.quotes.at[0].flags & QE_CONTINUES);
    assert_true(m.article.quotes.at[2].flags & QE_CONTINUED);
    done(&m);
    pairs("\"a b.\nc d,\" x", "\"a b. | c d,\"");
}

static void masks(void **state)
{
    (void)state;
    const char *text = "“a b” mask “c d” tail";
    uint32_t start = (uint32_t)(strstr(text, "mask") - text), end = (uint32_t)(strstr(text, "tail") - text);
    struct marked m = pair_masked(text, &(qe_range){start, end}, 1);
    assert_int_equal(m.article.quotes.n, 1);
    assert_string_equal(quote_text(&m.article, 0), "“a b”");
    done(&m);
}

static void words(void **state)
{
    (void)state;
    struct marked m = pair_masked("Sen. J. D. O’Neil Jr.'s e-mails, U.S. 4.5 @desk won't", NULL, 0);
    const qe_token *t = m.article.tokens.at;
    const char *expected[] = {"Sen.", "J.",   "D.", "O’Neil", "Jr.", "'",     "s",    "e-mails",
                              ",",    "U.S.", "4",  ".",      "5",   "@desk", "won't"};
    for (uint32_t i = 0; i < 5; i++)
        assert_string_equal(quote_bytes(&m.article, t[i].start, t[i].end), expected[i]);
    assert_true(t[0].flags & QE_DOTTED && t[0].bits & QE_TITLE);
    assert_true(t[1].flags & QE_INITIAL);
    assert_string_equal(quote_bytes(&m.article, t[m.article.tokens.n - 1].start, t[m.article.tokens.n - 1].end),
                        "won't");
    assert_true(t[m.article.tokens.n - 2].flags & QE_HANDLE);
    done(&m);
    m = pair_masked("Kane’s boats", NULL, 0);
    assert_true(m.article.tokens.at[0].flags & QE_OWNER);
    assert_int_equal(m.article.tokens.at[0].hash, qe_hash_word("kane", 4));
    done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(glyphs),  cmocka_unit_test(sides_and_parity),
        cmocka_unit_test(nesting), cmocka_unit_test(apostrophes),
        cmocka_unit_test(units),   cmocka_unit_test(repair),
        cmocka_unit_test(chains),  cmocka_unit_test(masks),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
