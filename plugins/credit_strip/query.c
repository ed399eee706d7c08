/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/query.c: questions about tokens that several recognisers ask. See article.h.
 */
#include "article.h"

#include <string.h>

/* The first hit of the line whose first token is not before `token`. */
static size_t hit_from(const cs_article *a, const cs_line *line, size_t token)
{
    size_t low = line->hit, high = line->hit + line->hits;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (a->hits[middle].first < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t cs_phrase_at(const cs_article *a, const cs_line *line, size_t token, int class)
{
    size_t best = cs_in(&a->quiet, class) && cs_is_word_of(a, token, class) ? token : SIZE_MAX;
    if (!cs_has_class(line, class))
        return best;
    for (size_t i = hit_from(a, line, token), end = line->hit + line->hits; i < end && a->hits[i].first == token; i++)
        if (a->hits[i].class == class && (best == SIZE_MAX || a->hits[i].last > best))
            best = a->hits[i].last;
    return best;
}

static bool name_word(const cs_article *a, size_t i)
{
    const cs_token *t = &a->tokens[i];
    bool initial = t->letters == 1 && i + 1 < a->token_count && cs_is_mark(a, i + 1, '.') && !(t[1].flags & CS_SPACED);
    return t->kind == CS_WORD && (t->flags & (CS_CAPITAL | CS_CASELESS)) &&
           (initial || !cs_is_word_of(a, i, a->known.not_name)) && !cs_is_word_of(a, i, a->known.month_day) &&
           !cs_is_word_of(a, i, a->known.credit_word);
}

/* Marks inside a name: the point of an initial or of "Jr.", a hyphen without spaces. */
static bool name_mark(const cs_article *a, size_t i, size_t end)
{
    const cs_token *t = &a->tokens[i];
    if (t->flags & CS_SPACED || i + 1 >= end)
        return false;
    if (t->value == '-')
        return t->end - t->start == 1 && !(t[1].flags & CS_SPACED);
    return t->value == '.' && t[-1].kind == CS_WORD &&
           (t[-1].letters <= 1 || !(t->flags & CS_HARD) || cs_is_word_of(a, i - 1, a->known.abbreviation));
}

size_t cs_person_at(const cs_article *a, const cs_line *line, size_t token, size_t end, int least)
{
    int words = 0;
    size_t i = token, behind = token;
    while (i < end && words < 6) {
        const cs_token *t = &a->tokens[i];
        if (t->kind == CS_MARK) {
            if (words == 0 || !name_mark(a, i, end))
                break;
            if (t->value == '-' && cs_phrase_at(a, line, i + 1, a->known.agency) != SIZE_MAX)
                break;
            i++;
            behind = t->value == '.' ? i : behind;
            continue;
        }
        bool particle = words > 0 && cs_is_word_of(a, i, a->known.particle) && i + 1 < end;
        if (!particle && !name_word(a, i))
            break;
        if (!particle) {
            if (cs_phrase_at(a, line, i, a->known.agency) != SIZE_MAX ||
                cs_phrase_at(a, line, i, a->known.image_agency) != SIZE_MAX)
                break;
            words++;
            behind = i + 1;
        }
        i++;
    }
    return words >= least ? behind : token;
}

bool cs_sentence_start(const cs_article *a, const cs_line *line, size_t token)
{
    if (token <= line->token)
        return true;
    if (token >= line->stop || !(a->tokens[token].flags & CS_SPACED))
        return false;
    size_t i = token - 1;
    while (i > line->token &&
           (cs_is_mark(a, i, '"') || cs_is_mark(a, i, '\'') || cs_is_mark(a, i, ')') || cs_is_mark(a, i, ']')))
        i--;
    const cs_token *t = &a->tokens[i];
    if (t->kind != CS_MARK || !(t->value == '.' || t->value == '!' || t->value == '?'))
        return false;
    if (t->value == '.' && i > line->token && t[-1].kind == CS_WORD && t[-1].end == t->start) {
        if (cs_is_word_of(a, i - 1, a->known.abbreviation))
            return false;
        /* One letter: an initial, or the end of "D.C.", which may end a sentence; then the one before is a letter too.
         */
        if (t[-1].letters == 1 && !(i >= line->token + 3 && t[-2].value == '.' && t[-3].letters == 1))
            return false;
    }
    const cs_token *n = &a->tokens[token];
    return n->kind != CS_WORD || (n->flags & (CS_CAPITAL | CS_CASELESS));
}

size_t cs_words_in(const cs_article *a, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        n += a->tokens[i].kind != CS_MARK;
    return n;
}

bool cs_ends_stop(const cs_article *a, size_t from, size_t to)
{
    while (to > from && (cs_is_mark(a, to - 1, '"') || cs_is_mark(a, to - 1, '\'') || cs_is_mark(a, to - 1, ')') ||
                         cs_is_mark(a, to - 1, ']')))
        to--;
    return to > from && (cs_is_mark(a, to - 1, '.') || cs_is_mark(a, to - 1, '?') || cs_is_mark(a, to - 1, '!'));
}

bool cs_after_quotation(const cs_article *a, const cs_line *line)
{
    if (line == a->lines || line[-1].kind != CS_STORY || line[-1].stop == line[-1].token)
        return false;
    size_t last = line[-1].stop - 1;
    return cs_is_mark(a, last, '"') ||
           (last > line[-1].token && a->tokens[last].kind == CS_MARK && cs_is_mark(a, last - 1, '"'));
}

/* Whether the byte lies in a paragraph of the story; what was judged residue, and lists of names, do not count. */
static bool in_prose(const cs_article *a, size_t byte, const cs_line *but)
{
    const cs_line *line = cs_line_of(a, byte);
    return line != but && line->kind == CS_STORY && line->flags & CS_PROSE && line->from < line->to &&
           byte >= a->tokens[line->from].start && byte < a->tokens[line->to - 1].end;
}

bool cs_name_elsewhere(const cs_article *a, size_t first, size_t last, const cs_line *but)
{
    while (last > first && a->tokens[last].kind == CS_MARK)
        last--;
    const char *name = a->text + a->tokens[last].start;
    size_t len = a->tokens[last].end - a->tokens[last].start, limit = a->len < 65536 ? a->len : 65536, at = 0;
    for (int found = 0; at < limit && found < 16; found++) {
        const char *next = memmem(a->text + at, limit - at, name, len);
        if (next == NULL)
            return false;
        at = (size_t)(next - a->text);
        if (in_prose(a, at, but))
            return true;
        at += len;
    }
    return at < limit;
}

const cs_line *cs_line_of(const cs_article *a, size_t byte)
{
    size_t low = 0, high = a->line_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (a->lines[middle].start <= byte)
            low = middle;
        else
            high = middle;
    }
    return &a->lines[low];
}

bool cs_only_names(const cs_article *a, const cs_line *line, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const cs_token *t = &a->tokens[i];
        if (t->kind == CS_MARK) {
            if (t->value == '"' || t->value == '?' || t->value == '!')
                return false;
            continue;
        }
        size_t last = cs_phrase_at(a, line, i, a->known.date_word);
        if (last != SIZE_MAX)
            i = last;
        else if (i > from && t->kind == CS_WORD && cs_is_mark(a, i - 1, '-') && !(t->flags & CS_SPACED))
            continue; /* "Lee-an" */
        else if (t->kind == CS_WORD && !(t->flags & (CS_CAPITAL | CS_CASELESS)) &&
                 !cs_is_word_of(a, i, a->known.by_role) && !cs_is_word_of(a, i, a->known.joiner) &&
                 !cs_is_word_of(a, i, a->known.month_day) && !cs_is_word_of(a, i, a->known.org_word))
            return false;
    }
    return true;
}
