/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/caption.c: captions that the evidence of a single line cannot see: the same caption twice, once with its
 * credit and once without; a caption that the line itself says twice; a label, a colon and a sentence that nothing
 * ends, as tabloids print them, more than once in an article or with an agency beside it. The others are judged by the
 * evidence table, which knows a line's neighbours. See article.h.
 */
#include "article.h"

#include <string.h>

#define LABEL_WORDS 4    /* most words of a label */
#define LABELLED_WORDS 8 /* least words behind a label that no agency stands beside */
#define CAPTION_WORDS 45
#define UNKNOWN_GAP 3 /* blanks that part a caption from an agency that no table names */

static bool open_line(const cs_line *line)
{
    return line->kind == CS_STORY && line->from < line->to &&
           !(line->flags & (CS_KEEP | CS_CUT | CS_TWEET | CS_LONG | CS_WRAPPED));
}

/* "Agony: Lee waits outside the hospital for news of his brother": the words behind the label, 0 if this is no such. */
static size_t words_behind_label(const cs_article *a, const cs_line *line, size_t from)
{
    size_t colon = from, small = 0, capital = 0;
    while (colon < line->to && colon - from <= LABEL_WORDS && a->tokens[colon].kind == CS_WORD)
        colon++;
    if (colon == from || colon - from > LABEL_WORDS || colon + 1 >= line->to || !cs_is_mark(a, colon, ':') ||
        !(a->tokens[from].flags & CS_CAPITAL))
        return 0;
    for (size_t i = colon + 1; i < line->to; i++)
        if (a->tokens[i].kind == CS_WORD && a->tokens[i].letters >= 4)
            *(a->tokens[i].flags & CS_CAPITAL ? &capital : &small) += 1;
    const cs_token *last = &a->tokens[line->to - 1];
    bool ended = last->kind == CS_MARK && last->value != ')' && last->value != ']';
    return ended || small <= capital ? 0 : cs_words_in(a, colon + 1, line->to);
}

/* "Analysis: …", "… Read more": the evidence knows these. */
static bool cue_at_an_end(const cs_article *a, const cs_line *line)
{
    for (size_t h = line->hit; h < line->hit + line->hits; h++)
        if ((a->hits[h].first == line->from || a->hits[h].last + 1 == line->to) && cs_is_cue(a, line, &a->hits[h]))
            return true;
    return false;
}

/* Alone between two paragraphs: such lines in a row are a list. */
static bool labelled_caption(const cs_article *a, size_t i)
{
    const cs_line *line = &a->lines[i];
    return i > 0 && i + 1 < a->line_count && open_line(line) && line->words <= CAPTION_WORDS &&
           line[-1].flags & CS_PROSE && line[1].flags & CS_PROSE && !cue_at_an_end(a, line) &&
           words_behind_label(a, line, line->from) >= LABELLED_WORDS;
}

/* Two or more with labels of their own; one label for all is a speaker's or a list's. */
static void labelled_captions(cs_article *a)
{
    size_t count = 0, others = 0, first = 0;
    for (size_t i = 0; i < a->line_count; i++) {
        if (!labelled_caption(a, i))
            continue;
        first = count++ ? first : i;
        const cs_token *t = &a->tokens[a->lines[i].from], *f = &a->tokens[a->lines[first].from];
        others += t->end - t->start != f->end - f->start ||
                  memcmp(a->text + t->start, a->text + f->start, t->end - t->start) != 0;
    }
    for (size_t i = first; i < a->line_count && others > 0; i++)
        if (labelled_caption(a, i))
            cs_take_rest(a, &a->lines[i], CS_CAPTION, "caption: a label and what it shows");
}

/* The last token of the agency that opens the line, with blanks behind it or a label; SIZE_MAX if none does. */
static size_t leading_agency(const cs_article *a, const cs_line *line)
{
    size_t last = cs_phrase_at(a, line, line->from, a->known.image_agency);
    if (last == SIZE_MAX)
        last = cs_phrase_at(a, line, line->from, a->known.wire);
    bool known = last != SIZE_MAX;
    last = known ? last : line->from;
    if (last + 4 >= line->to || a->tokens[line->from].kind != CS_WORD || !(a->tokens[line->from].flags & CS_CAPITAL))
        return SIZE_MAX;
    uint32_t gap = a->tokens[last + 1].start - a->tokens[last].end;
    bool label = words_behind_label(a, line, last + 1) >= 4;
    bool wide = gap >= (known ? 2 : UNKNOWN_GAP) && !cs_has_class(line, a->known.said) &&
                !cs_ends_stop(a, line->from, line->to) && a->tokens[last + 1].flags & CS_CAPITAL;
    if (gap < 2 && label && cs_name_elsewhere(a, last + 1, last + 1, line))
        return SIZE_MAX; /* "Rex Tarrow: I had no choice" */
    bool enough = line->words <= CAPTION_WORDS && cs_words_in(a, last + 1, line->to) >= 5;
    return enough && ((known && gap > 0 && label) || wide || (gap >= UNKNOWN_GAP && label)) ? last : SIZE_MAX;
}

/* "CRITICAL: Lee is in hospital after his fall [CEN]": the first token of the bracket, `to` if there is none. */
static size_t square_agency(const cs_article *a, const cs_line *line)
{
    size_t open = line->to - 1;
    if (!cs_is_mark(a, open, ']') || line->words > CAPTION_WORDS || !(a->tokens[line->from].flags & CS_CAPITALS))
        return line->to;
    while (open > line->from && line->to - open < 6 && !cs_is_mark(a, open, '['))
        if (a->tokens[--open].kind == CS_WORD && !(a->tokens[open].flags & CS_CAPITALS))
            return line->to;
    return cs_is_mark(a, open, '[') && words_behind_label(a, line, line->from) >= 4 ? open : line->to;
}

static void beside_agency(cs_article *a, cs_line *line)
{
    size_t last = leading_agency(a, line), open = last == SIZE_MAX ? square_agency(a, line) : line->to;
    if (last == SIZE_MAX && open == line->to)
        return;
    size_t from = last == SIZE_MAX ? open : line->from, to = last == SIZE_MAX ? line->to : last + 1;
    cs_span *span = cs_take(a, line, from, to, CS_PHOTO_CREDIT, "photo_credit: an agency beside a label");
    cs_add_name(a, span, last == SIZE_MAX ? from + 1 : from, last == SIZE_MAX ? to - 2 : last, true);
    cs_take_rest(a, line, CS_CAPTION, "caption: beside its credit");
}

/* "Boats in the harborBoats in the harbor": what a picture says to those who cannot see it, and its caption. */
static bool said_twice(const cs_article *a, const cs_line *line)
{
    size_t len = line->end - line->start, half = len / 2;
    const char *text = a->text + line->start;
    return line->words >= 7 && (len % 2 == 0 || text[half] == ' ') && !cs_ends_stop(a, line->from, line->to) &&
           memcmp(text, text + len - half, half) == 0;
}

static bool same_words(const cs_article *a, const cs_line *line, const cs_span *caption)
{
    size_t len = caption->end - caption->start, own = line->end - line->start;
    return len == own && len >= 15 && memcmp(a->text + caption->start, a->text + line->start, len) == 0;
}

void cs_captions(cs_article *a)
{
    labelled_captions(a);
    for (size_t i = 0; i < a->line_count; i++) {
        if (open_line(&a->lines[i]))
            beside_agency(a, &a->lines[i]);
        if (open_line(&a->lines[i]) && said_twice(a, &a->lines[i]))
            cs_take_rest(a, &a->lines[i], CS_CAPTION, "caption: said twice");
    }
    size_t spans = a->span_count;
    for (size_t s = 0, i = 0; s < spans; s++) {
        if (a->spans[s].kind != CS_CAPTION)
            continue;
        while (i + 1 < a->line_count && a->lines[i].end < a->spans[s].start)
            i++;
        for (size_t k = i > 1 ? i - 2 : 0; k < i + 3 && k < a->line_count; k++) {
            cs_line *line = &a->lines[k];
            if (line->kind == CS_STORY && !(line->flags & (CS_KEEP | CS_CUT)) && same_words(a, line, &a->spans[s]))
                cs_take_rest(a, line, CS_CAPTION, "caption: said again with its credit");
        }
    }
}
