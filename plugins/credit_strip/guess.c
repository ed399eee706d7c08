/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/guess.c: which tables a text asks for when no stage before has said its language: the language whose
 * commonest words (class common of its table) are most of the text's beginning. No language detector: it only
 * keeps the requests of one language from being looked for in the prose of another. See article.h.
 */
#include "article.h"

#include <string.h>

#define GUESS_TOKENS 250
#define LEAST_WORDS 6

uint32_t cs_guess_languages(const cs_article *a)
{
    size_t found[CS_LANGUAGES + 1] = {0}, most = 0, second = 0;
    const uint32_t *common = cs_word_common(a->vocabulary);
    for (size_t t = 0; t < a->token_count && t < GUESS_TOKENS; t++)
        for (uint32_t bits = common[a->tokens[t].word]; bits; bits &= bits - 1)
            found[__builtin_ctz(bits)]++;
    int best = 0;
    for (int i = 0; i < CS_LANGUAGES; i++) {
        if (found[i] > most) {
            second = most;
            most = found[i];
            best = i;
        } else if (found[i] > second) {
            second = found[i];
        }
    }
    if (most < LEAST_WORDS || most * 2 < second * 3)
        return CS_ALL_LANGUAGES;
    const char *code = cs_language_code(a->vocabulary, best);
    return cs_languages(a->vocabulary, (cd_str){code, strlen(code)});
}
