/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/publisher.c: who published the article first, from its syndication notice: the capitalised words behind
 * "originally published by" and the like, up to the first word that no name has. See article.h.
 */
#include "article.h"

static bool part_of_name(const cs_article *a, size_t i)
{
    const cs_token *t = &a->tokens[i];
    if (t->kind == CS_MARK)
        return t->value == '/' || t->value == '&' || t->value == '\'' || t->value == '-' ||
               (t->value == '.' && !(t->flags & CS_HARD));
    if (t->kind == CS_URL || t->kind == CS_NUMBER)
        return true;
    return t->kind == CS_WORD &&
           (t->flags & (CS_CAPITAL | CS_CASELESS) || cs_is_word_of(a, i, a->known.place_particle));
}

static bool publisher_at(cs_article *a, const cs_line *line, size_t i)
{
    while (i < line->stop && (a->tokens[i].kind == CS_MARK ||
                              (a->tokens[i].kind == CS_WORD && !(a->tokens[i].flags & (CS_CAPITAL | CS_CASELESS)) &&
                               cs_is_word_of(a, i, a->known.place_particle)))) /* "in the Courier" */
        i++;
    /* "in the March 2019 issue of Salt Magazine" */
    bool issue = i < line->stop && (a->tokens[i].kind == CS_NUMBER || cs_is_word_of(a, i, a->known.month_day));
    for (size_t k = i; issue && k < line->stop && k < i + 8; k++)
        if (a->tokens[k].kind == CS_WORD && cs_is_word_of(a, k, a->known.place_particle))
            return publisher_at(a, line, k);
    size_t end = i, last = i;
    for (int words = 0; end < line->stop && words < 9; end++) {
        if (!part_of_name(a, end) || cs_is_word_of(a, end, a->known.month_day))
            break;
        if (a->tokens[end].kind == CS_MARK)
            continue;
        words++;
        if (a->tokens[end].kind != CS_WORD || a->tokens[end].flags & (CS_CAPITAL | CS_CASELESS))
            last = end + 1;
        if (a->tokens[end].flags & CS_CASELESS && words >= 3)
            break;
    }
    if (last == i)
        return false;
    a->publisher = (cs_name){a->tokens[i].start, a->tokens[last - 1].end};
    return true;
}

void cs_publisher(cs_article *a)
{
    for (size_t s = 0; s < a->span_count; s++) {
        const cs_span *span = &a->spans[s];
        if (span->kind != CS_SYNDICATION_NOTICE)
            continue;
        const cs_line *line = cs_line_of(a, span->start);
        for (size_t h = line->hit; h < line->hit + line->hits; h++) {
            const cs_hit *hit = &a->hits[h];
            if (hit->class == a->known.published_by && a->tokens[hit->first].start >= span->start &&
                a->tokens[hit->last].end <= span->end && publisher_at(a, line, hit->last + 1))
                return;
        }
    }
}
