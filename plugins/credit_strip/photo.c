/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/photo.c: who supplied a picture.
 *
 * A credit is an expression: people, agencies and the few words that tie them ("via", "for", "courtesy of", "file"),
 * divided by strokes, commas, bars. It counts when it names an agency or follows a label ("Photo:", "©"), and holds
 * nothing else. It is looked for in brackets, behind a label, behind a bar, behind the last sentence of a line, at the
 * line's head and as the whole line. What such a line says besides is the caption. See article.h.
 */
#include "credit.h"

#include <string.h>

#define CAPTION_WORDS 90
#define QUOTATION_TOKENS 7 /* fewer are a sign, a title, a word of somebody */

void cs_take_credit(cs_article *a, cs_line *line, size_t from, size_t to, int kind, const struct cs_credit *c,
                    const char *rule)
{
    cs_span *span = cs_take(a, line, from, to, kind, rule);
    for (int i = 0; i < c->person_count; i++)
        cs_add_name(a, span, c->people[i], c->people_end[i], false);
    for (int i = 0; i < c->agency_count; i++)
        cs_add_name(a, span, c->agencies[i], c->agencies_end[i], true);
    line->flags |= kind == CS_PHOTO_CREDIT ? CS_PHOTO : 0;
}

/* ---- Brackets ------------------------------------------------------------------------------------------------ */

static bool opens(const cs_article *a, size_t i) { return cs_is_mark(a, i, '(') || cs_is_mark(a, i, '['); }
static bool closes(const cs_article *a, size_t i) { return cs_is_mark(a, i, ')') || cs_is_mark(a, i, ']'); }

/* "(Ann Lee/Halden Courier)", "(Halden Courier/Ann Lee)" behind a sentence: what else would stand so? */
static bool house_and_name(const cs_article *a, const cs_line *line, const struct cs_credit *c)
{
    bool full = c->person_count >= 1 && c->people_end[0] > c->people[0];
    return full && c->stroke && !c->number && c->person_count + c->agency_count == 2 && line->words <= 60 &&
           !cs_has_class(line, a->known.said);
}

/* "The town hall of Hask (AP)", "Lee speaks in Hask in 1967 (Hask Library)": a house, behind words that are a caption by
 * their form: above the story or in the present tense, and no finished sentence before the bracket. */
static bool house_behind_caption(const cs_article *a, const cs_line *line, size_t open, const struct cs_credit *c)
{
    size_t i = (size_t)(line - a->lines);
    bool above = i < 3 && i + 1 < a->line_count && line[1].flags & CS_PROSE && !(line->flags & CS_PROSE);
    if (c->person_count || c->agency_count != 1 || c->number || line->words > 20 || cs_has_class(line, a->known.said) ||
        open == line->from || cs_is_mark(a, open - 1, '"') || cs_has_class(line, a->known.tense_word))
        return false;
    bool shown = cs_has_class(line, a->known.caption_verb) ||
                 (i < 2 && cs_person_at(a, line, line->from, line->to, 2) > line->from);
    if (c->wire)
        return above && !cs_ends_stop(a, open - 1, open);
    return (above || cs_ends_stop(a, open - 1, open)) && shown && cs_is_word_of(a, c->agencies[0], a->known.org_word);
}

/* Whether (…) at [open, close] is a credit. A bare "(AP)" is one only behind a finished sentence. */
static bool bracket_credit(cs_article *a, cs_line *line, size_t open, size_t close, struct cs_credit *c)
{
    if (close - open < 2 || close - open > CS_CREDIT_TOKENS)
        return false;
    bool behind_sentence = open > line->from && cs_ends_stop(a, open - 1, open), last = close + 1 >= line->to;
    size_t label = cs_phrase_at(a, line, open + 1, a->known.credit_label),
           end = cs_credit_parse(a, line, open + 1, close, c);
    if (behind_sentence && last && line->words <= 40 && close - open <= 12 && /* "(Obtained by the Halden Courier)" */
        cs_phrase_at(a, line, open + 1, a->known.bracket_label) != SIZE_MAX)
        return true;
    if (end < close) { /* "(photo courtesy of the Lee family)", "(File photo is a screen grab)" */
        size_t alone = cs_phrase_at(a, line, open + 1, a->known.credit_alone);
        bool labelled = label != SIZE_MAX && (label > open + 1 || (open > line->from && cs_is_mark(a, label + 1, ':')));
        return last && (labelled || alone != SIZE_MAX) && close - open <= 12;
    }
    for (size_t i = open + 1; i < close && !c->label && !c->image; i++)
        if (a->tokens[i].flags & CS_DATED)
            return false;
    if (last && house_behind_caption(a, line, open, c))
        return true;
    if (!cs_credit_valid(c, false))
        return last && behind_sentence &&
               (house_and_name(a, line, c) || cs_credit_of_unknown_house(a, line, c) ||
                (c->social && !c->person_count));
    /* "[Reuters]", "[Ann Lee, The Courier]" in a digest say whose news it is. */
    if (cs_is_mark(a, open, '[') && !c->image && !c->label && !c->alone && !(c->person_count && c->stroke))
        return false;
    /* "(dpa/AFP)" as the article's last line are the story's own agencies. */
    if (open == line->from && last && c->wire && !c->image && !c->label && c->person_count == 0 &&
        (size_t)(line - a->lines) + 2 >= a->line_count)
        return false;
    if (c->label || c->stroke || c->alone || (c->known && c->person_count))
        return true;
    /* "(NBC News)" and "[The Courier, 3 May]" say where a passage comes from. */
    return (c->wire || c->image) && (behind_sentence || c->image) && last && line->words <= 60;
}

/* The bracket that ends what is left of the line; a year and an agency may follow it. */
static bool tail_bracket(cs_article *a, cs_line *line, struct cs_credit *c)
{
    size_t close = line->to;
    while (close > line->from && line->to - close < 4 && !closes(a, close - 1))
        close--;
    if (close == line->from || !closes(a, close - 1))
        return false;
    size_t open = --close, depth = 1;
    while (open > line->from && depth && close - open < CS_CREDIT_TOKENS) {
        open--;
        depth += closes(a, open);
        depth -= opens(a, open);
    }
    if (depth || !bracket_credit(a, line, open, close, c))
        return false;
    struct cs_credit trailer;
    size_t behind = close + 1;
    if (behind < line->to && !(line->to - behind == 1 && cs_is_mark(a, behind, '.')) &&
        (cs_credit_parse(a, line, behind, line->to, &trailer) < line->to || trailer.person_count))
        return false;
    cs_take_credit(a, line, open, line->to, CS_PHOTO_CREDIT, c, "photo_credit: bracket at the end");
    return true;
}

/* Whether a quotation of some length stands in tokens [from, to), with a verb of speech or where the whole article
 * stands in a line or two: what somebody said is story, even beside a credit. */
static bool holds_quotation(const cs_article *a, const cs_line *line, size_t from, size_t to)
{
    size_t open = SIZE_MAX, longest = 0;
    for (size_t i = from; i < to; i++) {
        if (!cs_is_mark(a, i, '"'))
            continue;
        longest = open != SIZE_MAX && i - open > longest ? i - open : longest;
        open = open == SIZE_MAX ? i : SIZE_MAX;
    }
    bool said = a->line_count <= 2;
    for (size_t h = line->hit; h < line->hit + line->hits && longest > QUOTATION_TOKENS && !said; h++)
        said = a->hits[h].class == a->known.said && a->hits[h].first >= from && a->hits[h].last < to;
    return longest > QUOTATION_TOKENS && said;
}

/* A caption and its credit that open the article's first line, with the story behind them in the same line. */
static bool leading_caption(cs_article *a, cs_line *line, size_t open, size_t close, const struct cs_credit *c)
{
    size_t words = cs_words_in(a, line->from, open);
    if (line - a->lines > 1 || words < 4 || words > 70 || close + 12 > line->to || !cs_ends_stop(a, line->from, open) ||
        holds_quotation(a, line, line->from, open))
        return false;
    for (size_t h = line->hit; h < line->hit + line->hits && a->hits[h].first < open; h++)
        if (a->hits[h].class == a->known.said)
            return false;
    size_t from = line->from;
    cs_take_credit(a, line, open, close + 1, CS_PHOTO_CREDIT, c, "photo_credit: bracket");
    cs_take(a, line, from, open, CS_CAPTION, "caption: before its credit");
    line->from = (uint32_t)close + 1;
    return true;
}

/* A credit in brackets inside a line: taken by itself, what stands around it stays. */
static void inner_brackets(cs_article *a, cs_line *line)
{
    size_t open = SIZE_MAX;
    for (size_t i = line->from; i < line->to; i++) {
        if (opens(a, i))
            open = i;
        if (!closes(a, i) || open == SIZE_MAX)
            continue;
        struct cs_credit c;
        if (open > line->from && i + 1 < line->to && bracket_credit(a, line, open, i, &c) && c.known &&
            (c.stroke || c.label) && (c.image || c.label || c.person_count) && !leading_caption(a, line, open, i, &c))
            cs_take_credit(a, line, open, i + 1, CS_PHOTO_CREDIT, &c, "photo_credit: bracket");
        open = SIZE_MAX;
    }
}

/* ---- Behind a label, a bar, the last sentence ------------------------------------------------------------------ */

/* "© 2021 AFP" is about rights, and so is "© 2021 Halden Bote" below the story; "dpa" and "Source: dpa" there are the
 * story's own agency. */
static bool rights_or_source(const cs_article *a, const cs_line *line, const struct cs_credit *c)
{
    size_t below = a->line_count - (size_t)(line - a->lines);
    bool year = cs_is_mark(a, line->from, 'c') && a->tokens[line->from + 1].kind == CS_NUMBER;
    bool source = !c->label || cs_is_word_of(a, line->from, a->known.source_word);
    return !c->image && ((year && (c->person_count == 0 || (!c->known && below <= 3))) ||
                         (c->wire && c->person_count == 0 && source && !c->word && below <= 2));
}

/* "… in the nineties. Courtesy Ann Lee": a full name and nothing else behind a finished sentence. */
static bool courtesy_name(cs_article *a, const cs_line *line, size_t i)
{
    return i > line->from && cs_ends_stop(a, i - 1, i) && a->tokens[i].flags & CS_CAPITAL &&
           cs_is_word_of(a, i, a->known.courtesy) && i + 1 < line->to &&
           cs_person_at(a, line, i + 1, line->to, 2) == line->to && !cs_is_mark(a, line->to - 1, '.');
}

/* "Photo: Ann Lee/AFP", "© Ann Lee" at the end. The label must follow a break, or have a colon. */
static bool tail_label(cs_article *a, cs_line *line, struct cs_credit *c)
{
    size_t limit = line->to - line->from > CS_CREDIT_TOKENS ? line->to - CS_CREDIT_TOKENS : line->from;
    for (size_t i = limit; i < line->to; i++) {
        size_t last = cs_phrase_at(a, line, i, a->known.credit_label);
        if (last == SIZE_MAX)
            continue;
        bool colon = last + 1 < line->to && cs_is_mark(a, last + 1, ':');
        /* "© Halden Media": rights, unless a person or a picture agency follows. */
        if (a->tokens[i].kind == CS_MARK && i == line->from && last + 1 < line->to &&
            cs_credit_parse(a, line, last + 1, line->to, c) == line->to && c->person_count == 0 && !c->image &&
            !c->wire)
            continue;
        if (i == line->from && cs_credit_parse(a, line, i, line->to, c) == line->to && rights_or_source(a, line, c))
            continue;
        bool break_before = i == line->from || a->tokens[i - 1].kind == CS_MARK;
        bool sign = a->tokens[i].kind == CS_MARK;
        if (!colon && !break_before && !sign)
            continue;
        if (!colon && !sign && last == i && !courtesy_name(a, line, i)) /* "photo" alone is a word of the story */
            continue;
        /* "The town danced and drank – courtesy of the harbor's oldest bank." */
        bool dash = i > line->from && cs_is_mark(a, i - 1, '-');
        if (dash && !colon && !sign && line->words > 15 && cs_is_mark(a, line->to - 1, '.'))
            continue;
        if (last + 1 < line->to && cs_credit_parse(a, line, last + 1, line->to, c) == line->to &&
            cs_credit_valid(c, true) && (i > line->from || line->words <= 30) &&
            !(!c->image && (sign ? c->person_count == 0 : last == i || a->tokens[last].kind == CS_MARK) &&
              a->tokens[last + 1].kind == CS_NUMBER)) {
            while (i > line->from && (cs_is_mark(a, i - 1, '|') || opens(a, i - 1) || cs_is_mark(a, i - 1, '-')))
                i--;
            cs_take_credit(a, line, i, line->to, CS_PHOTO_CREDIT, c, "photo_credit: label");
            return true;
        }
    }
    return false;
}

/* "| AP Photo": the bar belongs to the credit. What follows a known agency may be something else. */
static bool tail_bar(cs_article *a, cs_line *line, struct cs_credit *c)
{
    size_t bar = line->to;
    while (bar > line->from && !cs_is_mark(a, bar - 1, '|') && line->to - bar < CS_CREDIT_TOKENS)
        bar--;
    if (bar == line->from || !cs_is_mark(a, bar - 1, '|') || bar - 1 == line->from)
        return false;
    size_t end = cs_credit_parse(a, line, bar, line->to, c);
    if (c->known && end == line->to) {
        cs_take_credit(a, line, bar - 1, line->to, CS_PHOTO_CREDIT, c, "photo_credit: bar");
        return true;
    }
    if (c->known == 0)
        return false;
    size_t last = c->agencies_end[0]; /* the first known houses end the credit; the rest is another text */
    struct cs_credit head;
    for (int k = 1; k < c->agency_count && c->agencies[k] == last + 2 && a->tokens[last + 1].kind == CS_MARK; k++)
        last = c->agencies_end[k];
    while (last + 1 < line->to && cs_is_word_of(a, last + 1, a->known.photo_word))
        last++;
    if (cs_credit_parse(a, line, bar, last + 1, &head) != last + 1 || head.known == 0)
        return false;
    /* "Ann Lee | AFP": who took the picture stands before the bar. */
    size_t begin = cs_person_at(a, line, line->from, bar - 1, 2) == bar - 1 ? line->from : bar - 1;
    if (begin == line->from && cs_credit_parse(a, line, begin, last + 1, &head) != last + 1)
        return false;
    while (last + 1 < line->to && cs_is_mark(a, last + 1, '.'))
        last++;
    cs_take_credit(a, line, begin, last + 1, CS_PHOTO_CREDIT, &head, "photo_credit: bar");
    if (begin > line->from)
        cs_take(a, line, line->from, begin, CS_CAPTION, "caption: before its credit");
    line->from = (uint32_t)last + 1;
    line->flags &= ~CS_PHOTO & 0xFFFFu;
    return true;
}

/* "Lee speaking on Monday. Associated Press": one short line between two paragraphs of the story; digests have more. */
static bool bare_wire(const cs_article *a, const cs_line *line, size_t from, const struct cs_credit *c)
{
    size_t i = (size_t)(line - a->lines);
    return c->wire && c->agency_count == 1 && c->agencies[0] == from && c->person_count == 0 && !c->number &&
           line->words <= 25 && i > 0 && i + 1 < a->line_count && line[-1].flags & CS_PROSE && line[1].flags & CS_PROSE &&
           line->flags & CS_BLANK_BEFORE && !cs_has_class(line, a->known.said) &&
           !cs_has_class(line, a->known.tense_word) && !cs_after_quotation(a, line);
}

/* Whether a credit that stands behind a sentence without brackets is believable. */
static bool sentence_credit(cs_article *a, cs_line *line, size_t from, const struct cs_credit *c)
{
    if (cs_is_mark(a, line->to - 1, '.') || cs_is_mark(a, line->to - 1, ':'))
        return false;
    /* “…” — Ann Lee, The Courier: who said it. */
    bool attribution = cs_is_mark(a, from, '-') || cs_is_mark(a, from - 1, '"');
    if (attribution && !(c->known && c->stroke && c->image))
        return false;
    if (c->alone ||
        (c->known && (c->stroke || c->image || c->label || (c->person_count && (c->word || (c->comma && c->wire))))))
        return true;
    if (c->label && c->person_count + c->agency_count > 0 && c->word)
        return true;
    if ((c->social && c->stroke) || bare_wire(a, line, from, c))
        return true;
    return line->words <= 60 && cs_credit_of_unknown_house(a, line, c);
}

/* A credit behind the last finished sentence: "… in Lyon. Ann Lee/Getty Images". */
static bool tail_sentence(cs_article *a, cs_line *line, struct cs_credit *c)
{
    for (size_t i = line->to; i > line->from + 1 && line->to - i < CS_CREDIT_TOKENS; i--) {
        if (!cs_sentence_start(a, line, i - 1) || i - 1 == line->from)
            continue;
        if (cs_credit_parse(a, line, i - 1, line->to, c) == line->to && sentence_credit(a, line, i - 1, c)) {
            cs_take_credit(a, line, i - 1, line->to, CS_PHOTO_CREDIT, c, "photo_credit: behind the last sentence");
            return true;
        }
        if (line->to - i > 24)
            break;
    }
    return false;
}

/* "A man in Lyon AFP/Getty Images": an unfinished line that ends in agencies divided by strokes. */
static bool tail_agencies(cs_article *a, cs_line *line, struct cs_credit *c)
{
    if (line->words > CAPTION_WORDS || closes(a, line->to - 1) || cs_ends_stop(a, line->from, line->to) ||
        !cs_has_class(line, a->known.image_agency))
        return false;
    size_t i = line->to;
    while (i > line->from && line->to - i < 12) {
        size_t k = i - 1;
        if (cs_credit_parse(a, line, k, line->to, c) != line->to || c->person_count || c->agency_count != c->known)
            break;
        i = k;
    }
    if (i >= line->to || i == line->from || cs_credit_parse(a, line, i, line->to, c) != line->to || !c->image ||
        !c->stroke)
        return false;
    while (i < line->to && a->tokens[i].kind == CS_MARK)
        i++;
    cs_take_credit(a, line, i, line->to, CS_PHOTO_CREDIT, c, "photo_credit: agencies at the end");
    return true;
}

/* ---- The whole line ------------------------------------------------------------------------------------ */

/* "Ann Lee. Photo: Bo Ek/AFP" is a caption with its credit. */
static bool label_inside(const cs_article *a, const cs_line *line)
{
    size_t person = cs_person_at(a, line, line->from, line->to, 2);
    for (size_t i = line->from + 2; i + 1 < line->to; i++) {
        bool broken = cs_is_mark(a, i - 1, '.') || cs_is_mark(a, i - 1, '(') || i == person;
        size_t last = broken ? cs_phrase_at(a, line, i, a->known.credit_label) : SIZE_MAX;
        if (last != SIZE_MAX && cs_credit_label_counts(a, i, last, line->to) && i - 1 > line->from)
            return true;
    }
    return false;
}

/* "Prices fall The index is at its lowest since 2009 Source: Bureau of Statistics": a chart's words and its source. */
static bool chart_source(cs_article *a, cs_line *line, struct cs_credit *c)
{
    if (line->words > 45 || line->words < 6 || cs_ends_stop(a, line->from, line->to) ||
        cs_is_mark(a, line->to - 1, ':'))
        return false;
    for (size_t i = line->from + 4; i + 2 < line->to; i++) {
        if (!cs_is_word_of(a, i, a->known.source_word) || !cs_is_mark(a, i + 1, ':') ||
            opens(a, i - 1) || !(a->tokens[i].flags & CS_CAPITAL))
            continue;
        if (cs_words_in(a, i, line->to) > 10 || !cs_only_names(a, line, i + 2, line->to))
            return false;
        *c = (struct cs_credit){0};
        cs_credit_add_agency(c, i + 2, line->to - 1);
        cs_take_credit(a, line, i, line->to, CS_PHOTO_CREDIT, c, "photo_credit: a chart's source");
        return true;
    }
    return false;
}

/* "Photograph of a closed shop by Ann Lee/Getty Images." */
static bool photo_of(cs_article *a, cs_line *line, struct cs_credit *c)
{
    if (line->words > 40 || cs_phrase_at(a, line, line->from, a->known.photo_of) == SIZE_MAX)
        return false;
    size_t end = line->to - (cs_is_mark(a, line->to - 1, '.') ? 1 : 0);
    for (size_t i = end; i > line->from + 2 && end - i < 20; i--)
        if (cs_is_word_of(a, i - 1, a->known.credit_word) && cs_credit_parse(a, line, i, end, c) == end && c->known &&
            (c->stroke || c->image)) {
            cs_take_credit(a, line, line->from, line->to, CS_PHOTO_CREDIT, c, "photo_credit: photograph of, by");
            return true;
        }
    return false;
}

/* "Photo provided by the Lee family": a label of several words says all. */
static bool labelled_by_words(cs_article *a, cs_line *line, struct cs_credit *c)
{
    size_t last = cs_phrase_at(a, line, line->from, a->known.credit_label);
    if (last == SIZE_MAX || last < line->from + 2 || last + 1 >= line->to || line->words > 10 ||
        cs_ends_stop(a, line->from, line->to) || cs_is_mark(a, line->to - 1, ':'))
        return false;
    *c = (struct cs_credit){0};
    cs_take_credit(a, line, line->from, line->to, CS_PHOTO_CREDIT, c, "photo_credit: a label of several words");
    return true;
}

static bool whole_credit(cs_article *a, cs_line *line, struct cs_credit *c)
{
    if (line->words > 24 || cs_credit_parse(a, line, line->from, line->to, c) < line->to ||
        cs_words_in(a, line->from, line->to) == 0)
        return false;
    if (cs_is_mark(a, line->to - 1, ':') || label_inside(a, line))
        return false;
    if (c->person_count == 0 && c->known >= 2 && c->known == c->agency_count && !c->image && !c->label &&
        line + 3 >= a->lines + a->line_count)
        return cs_take_credit(a, line, line->from, line->to, CS_AGENCY, c, "agency: houses at the end"), true;
    /* "Getty Images" above a paragraph about Getty Images is a subhead. */
    const cs_line *next = line + 1;
    if (c->person_count == 0 && c->image && !c->label && next < a->lines + a->line_count && next->flags & CS_PROSE &&
        cs_has_class(next, a->known.image_agency) && !closes(a, next->stop - 1))
        return false;
    /* “…” and below it "Ann Lee, The Courier", "Reuters": whose words they are. */
    if (!c->image && !c->label && !c->alone && !(c->stroke && c->person_count) && cs_after_quotation(a, line))
        return false;
    if (c->person_count == 0 && !c->image && cs_is_word_of(a, line->to - 1, a->known.house_word))
        return false; /* "Reuters Staff" wrote it */
    if (rights_or_source(a, line, c))
        return false;
    bool known = c->known && (c->stroke || c->image || c->label ||
                              (c->word && (c->person_count == 0 || (c->person_count == 1 && line->words <= 7))));
    /* "Ann Lee, AP": in the story's midst; above it this is a byline. */
    bool above = line->token < 40 || !(line->flags & CS_BLANK_BEFORE);
    known |= c->wire && c->comma && c->person_count == 1 && c->agency_count == 1 && line->words <= 8 && !above &&
             !cs_name_elsewhere(a, c->people[0], c->people_end[0], line);
    bool house = line->words <= 9 && cs_credit_of_unknown_house(a, line, c);
    bool label =
        c->label && c->person_count + c->agency_count > 0 && line->words <= 16 && !cs_is_mark(a, line->from, 'c');
    bool alone = c->alone && line->words <= 8;
    if (!known && !house && !label && !alone && !(c->social && c->stroke && line->words <= 4))
        return false;
    cs_take_credit(a, line, line->from, line->to, CS_PHOTO_CREDIT, c, "photo_credit: the whole line");
    return true;
}

static bool networks_at_head(cs_article *a, cs_line *line)
{
    size_t i = line->from, words = 0;
    while (i < line->to && cs_is_word_of(a, i, a->known.network)) {
        i++;
        words++;
    }
    return words >= 2 && i < line->to && words < line->words &&
           (cs_take(a, line, line->from, i, CS_SHARE, "share: networks"), true);
}

/* "File photo of …", "Caption: …". */
static bool caption_head(const cs_article *a, const cs_line *line)
{
    if (cs_phrase_at(a, line, line->from, a->known.caption_label) != SIZE_MAX)
        return true;
    /* "This Feb. 24, 2020, photo provided by …" */
    size_t last = cs_phrase_at(a, line, line->from, a->known.caption_this);
    bool dated = false;
    for (size_t i = last + 1; last != SIZE_MAX && i < line->to && i < last + 9; i++) {
        if (dated && cs_is_word_of(a, i, a->known.photo_word))
            return true;
        dated |= cs_is_word_of(a, i, a->known.month_day) != 0;
        if (a->tokens[i].kind == CS_WORD && !cs_is_word_of(a, i, a->known.month_day) &&
            !cs_is_word_of(a, i, a->known.credit_word))
            break;
    }
    last = cs_phrase_at(a, line, line->from, a->known.caption_colon);
    return last != SIZE_MAX && last + 1 < line->to &&
           (cs_is_mark(a, last + 1, ':') || (cs_is_mark(a, last + 1, '-') && a->tokens[last + 1].flags & CS_SPACED));
}

/* A long dash without spaces: "Ann Lee—The Courier". */
static bool dashed(const cs_article *a, size_t i)
{
    const cs_token *t = &a->tokens[i];
    return t->kind == CS_MARK && t->value == '-' && t->end - t->start > 1 && !(t->flags & CS_SPACED);
}

/* "© 2021 Halden Media. All rights reserved." is about rights, whoever is named. */
static bool rights_line(const cs_article *a, const cs_line *line)
{
    if (!cs_has_class(line, a->known.rights))
        return false;
    size_t rights = 0;
    for (size_t h = line->hit; h < line->hit + line->hits; h++)
        rights += a->hits[h].class == a->known.rights && a->hits[h].last > a->hits[h].first + 1;
    return rights > 0 && line->words <= 25;
}

void cs_photo_credits(cs_article *a, cs_line *line)
{
    const cs_known *k = &a->known;
    bool hint = cs_has_class(line, k->agency) || cs_has_class(line, k->image_agency) ||
                cs_has_class(line, k->credit_label) || cs_has_class(line, k->credit_start) ||
                cs_has_class(line, k->credit_alone) || cs_has_class(line, k->social) ||
                cs_has_class(line, k->caption_label) || cs_has_class(line, k->source_word) ||
                cs_has_class(line, k->bracket_label) ||
                (line->words <= 25 && line->stop > line->token && closes(a, line->stop - 1) &&
                 (cs_has_class(line, k->caption_verb) || line - a->lines < 2));
    struct cs_credit c;
    bool house = false;
    if (!hint && line->words >= 3 && line->words <= 9)
        whole_credit(a, line, &c);
    /* A house that no table knows: only behind a stroke, a bar or "for" near the line's end. */
    for (size_t i = line->to; !hint && i > line->from && line->to - i < 10; i--)
        house = hint = cs_is_mark(a, i - 1, '/') || cs_is_mark(a, i - 1, '|') || dashed(a, i - 1) ||
                       cs_is_word_of(a, i - 1, k->credit_tie);
    if (!hint || line->from == line->to || line->flags & CS_LONG || rights_line(a, line))
        return;
    cs_label_at_head(a, line);
    if (line->from == line->to || whole_credit(a, line, &c) || photo_of(a, line, &c))
        return;
    size_t behind = line->to - 1;
    if (behind > line->from + 2 && closes(a, behind - 1) && cs_phrase_at(a, line, behind, k->caption_tail) == behind)
        cs_take(a, line, behind, line->to, CS_OTHER_BOILERPLATE, "other_boilerplate: behind a credit");
    if (labelled_by_words(a, line, &c))
        return;
    bool tail = tail_bracket(a, line, &c) || chart_source(a, line, &c) || tail_label(a, line, &c) || tail_sentence(a, line, &c) ||
                tail_bar(a, line, &c) || tail_agencies(a, line, &c);
    if (line->kind == CS_STORY && line->from < line->to && !tail)
        cs_credit_at_head(a, line);
    if (line->from == line->to)
        return;
    bool labelled = caption_head(a, line);
    if (line->flags & CS_PHOTO || (!house && labelled)) {
        if (line->flags & CS_PHOTO)
            networks_at_head(a, line);
        size_t words = cs_words_in(a, line->from, line->to);
        if (words > 0 && words <= CAPTION_WORDS && (labelled || !holds_quotation(a, line, line->from, line->to)))
            cs_take_rest(a, line, CS_CAPTION, line->flags & CS_PHOTO ? "caption: beside its credit" : "caption: label");
        return;
    }
    inner_brackets(a, line);
}
