/* SPDX-License-Identifier: Apache-2.0
 *
 * article.c: the order of the stages, and the memory they share.
 */
#include "article.h"

#include "marks.h"

#include <stdlib.h>

int qe_article_read(qe_article *a, cd_str text, const qe_lexicon *lexicon, int marks_only, const qe_range *masks,
                    size_t mask_count)
{
    a->text = text;
    a->lexicon = lexicon;
    a->marks_only = marks_only;
    a->quotes.n = 0;
    int error = qe_tokenize(text, lexicon, masks, mask_count, &a->tokens);
    if (!error)
        error = qe_marks_pair(&a->tokens, &a->quotes);
    if (!error && !marks_only)
        error = qe_dialogue_find(a);
    if (error || a->quotes.n == 0)
        return error;
    qe_quotes_measure(a);
    error = qe_flatten(a);
    if (!error && !marks_only)
        error = qe_names_collect(a);
    if (error)
        return error;
    if (!marks_only) {
        qe_cues_find(a);
        qe_carry(a);
    }
    qe_speech_decide(a);
    return marks_only ? 0 : qe_speakers_resolve(a);
}

void qe_article_trim(qe_article *a)
{
    const uint32_t usual = 1u << 17; /* tokens: some 600 kB of prose */
    if (a->tokens.cap > usual || a->quotes.cap > usual || a->entities.cap > usual)
        qe_article_free(a);
}

void qe_article_free(qe_article *a)
{
    free(a->tokens.at);
    free(a->quotes.at);
    free(a->flat.at);
    free(a->sentence_of.at);
    free(a->mention_of.at);
    free(a->sentences.at);
    free(a->mentions.at);
    free(a->entities.at);
    free(a->echoes.at);
    free(a->slots);
    *a = (qe_article){0};
}
