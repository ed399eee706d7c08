/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/quote_memory.c: the N-th allocation fails, for every N: the article is given back, nothing leaks, and the
 * instance works on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "quote_support.h"

static long countdown = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static int fails(void) { return countdown >= 0 && countdown-- == 0; }
void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }

static const char text[] = "KANE: We go.\n\nLUND: Her brother Leo stays with Ana Ruiz, who left.\n\nKANE: No.\n";
static const char story[] = "Ana Ruiz and her brother Leo came. “We tried,” Mr Ruiz said.\n\n“One.\n\n“Two,” she said. "
                            "He called it “a mess”.\n";

static void every_allocation(void **state)
{
    (void)state;
    qe_lexicon lexicon = quote_lexicon("en");
    const char *texts[] = {text, story};
    for (size_t i = 0; i < 2; i++) {
        int failures = 0, error;
        long n = 0;
        do {
            qe_article a = {0};
            cd_str in = {texts[i], strlen(texts[i])};
            countdown = n++;
            error = qe_article_read(&a, in, &lexicon, 0, NULL, 0);
            countdown = -1;
            assert_true(error == 0 || error == -ENOMEM);
            failures += error != 0;
            assert_int_equal(qe_article_read(&a, in, &lexicon, 0, NULL, 0), 0);
            assert_true(a.quotes.n >= 3);
            qe_article_free(&a);
        } while (error);
        assert_true(failures > 5);
    }
    qe_lexicon_free(&lexicon);
}

static void tables(void **state)
{
    (void)state;
    const char *table = "[cue] said told";
    unsigned line;
    qe_lexicon lexicon;
    countdown = 0;
    assert_int_equal(qe_lexicon_load(&lexicon, "xx", table, table + strlen(table), &line), -ENOMEM);
    countdown = -1;
    qe_lexicon_free(&lexicon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation), cmocka_unit_test(tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
