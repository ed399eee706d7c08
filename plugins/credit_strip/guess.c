/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/guess.c: which tables a text asks for when no stage before has said its language: the language whose
 * commonest words (class common_LANG of its table) are most of the text's beginning. No language detector: it only
 * keeps the requests of one language from being looked for in the prose of another. See article.h.
 */
#include "article.h"

#include <stdio.h>
#include <string.h>

#define GUESS_BYTES 3000
#define GUESS_TOKENS 700
#define LEAST_WORDS 6

/* The byte at or before `at` where a character begins. */
static size_t boundary(const char *text, size_t at)
{
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
        at--;
    return at;
}

uint32_t cs_guess_languages(cs_article *a)
{
    cs_token tokens[GUESS_TOKENS];
    size_t end = a->len <= GUESS_BYTES ? a->len : boundary(a->text, GUESS_BYTES);
    size_t count = cs_tokens(a->vocabulary, a->text, 0, end, tokens, GUESS_TOKENS);
    int best = -1;
    size_t most = 0, second = 0;
    for (int i = 0; cs_language_code(a->vocabulary, i) != NULL; i++) {
        char name[32];
        int len = snprintf(name, sizeof(name), "common_%s", cs_language_code(a->vocabulary, i));
        int class = cs_class_find(a->vocabulary, name, (size_t)len);
        size_t found = 0;
        for (size_t t = 0; class >= 0 && t < count; t++)
            found += tokens[t].word != 0 && cs_word_in(a->vocabulary, tokens[t].word, class);
        if (found > most) {
            second = most;
            most = found;
            best = i;
        } else if (found > second) {
            second = found;
        }
    }
    if (most < LEAST_WORDS || most * 2 < second * 3)
        return CS_ALL_LANGUAGES;
    return cs_languages(a->vocabulary,
                        (cd_str){cs_language_code(a->vocabulary, best), strlen(cs_language_code(a->vocabulary, best))});
}
