/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/byline.c: lines that name the authors: "By Ann Lee and Bo Ek, Staff Writers". See article.h.
 *
 * The formula must be followed by full names and by nothing that a sentence would say.
 */
#include "article.h"

#include <string.h>

#define NAMED_WORDS 12   /* a name and what he is, without "by" */
#define STAMPED_WORDS 26 /* the same, with when it was published and updated */
#define BYLINE_WORDS 28
#define ABOVE_LINES 6

/* "Ann Lee Staff Writer", "Washington Bureau Chief": the run of capitalised words [i, end) up to a role in it; i if it
 * is none but the role's own words. */
static size_t before_role(const cs_article *a, const cs_line *line, size_t i, size_t end)
{
    size_t words = 0;
    for (size_t k = i; k < end; k++) {
        if (a->tokens[k].kind == CS_MARK)
            continue;
        if (cs_phrase_at(a, line, k, a->known.byline_role) != SIZE_MAX)
            return words >= 2 ? k : i;
        words++;
    }
    return end;
}

/* Names divided by commas and "and"; the token behind the last one. Records them in `found`. */
static size_t name_list(const cs_article *a, const cs_line *line, size_t i, cs_name *found, int *count)
{
    size_t behind = i;
    while (i < line->to) {
        size_t end = before_role(a, line, i, cs_person_at(a, line, i, line->to, 2));
        bool house = end > i && (cs_is_word_of(a, end - 1, a->known.house_word) ||
                                 cs_is_word_of(a, end - 1, a->known.org_word)); /* "Ann Lee, Halden Courier" */
        if (end == i || (house && *count > 0))
            break;
        if (*count < 12)
            found[(*count)++] = (cs_name){(uint32_t)i, (uint32_t)end - 1};
        behind = i = end;
        while (i < line->to && (cs_is_mark(a, i, ',') || cs_is_mark(a, i, '&') || cs_is_mark(a, i, '/') ||
                                cs_is_word_of(a, i, a->known.joiner)))
            i++;
    }
    return behind;
}

/* Whether tokens [from, to) say what somebody named before them is: a role, a house, a handle, a date. */
static bool role_behind(const cs_article *a, const cs_line *line, size_t from, size_t to)
{
    bool year = false, month = false;
    for (size_t i = from; i < to; i++) {
        if (cs_phrase_at(a, line, i, a->known.byline_role) != SIZE_MAX ||
            cs_phrase_at(a, line, i, a->known.agency) != SIZE_MAX || cs_is_word_of(a, i, a->known.house_word) ||
            a->tokens[i].kind == CS_HANDLE)
            return true;
        year |= a->tokens[i].kind == CS_NUMBER && a->tokens[i].value >= 1900 && a->tokens[i].value < 2100;
        month |= cs_is_word_of(a, i, a->known.month_day);
    }
    return year && month;
}

/* The people, and the agencies that stand behind them in tokens [from, to). */
static void add_byline(cs_article *a, const cs_line *line, cs_span *span, const cs_name *people, int count, size_t from,
                       size_t to)
{
    for (int k = 0; k < count; k++)
        cs_add_name(a, span, people[k].start, people[k].end, false);
    for (size_t i = from; i < to; i++) {
        size_t last = cs_phrase_at(a, line, i, a->known.agency);
        if (last == SIZE_MAX || last >= to || !(a->tokens[i].flags & (CS_CAPITAL | CS_CASELESS)))
            continue;
        cs_add_name(a, span, i, last, true);
        i = last;
    }
}

/* One of the first lines, with nothing above it but a line, or buttons, counters and stamps. */
static bool above_all(const cs_article *a, const cs_line *line)
{
    size_t i = (size_t)(line - a->lines);
    for (const cs_line *l = a->lines; i > 1 && l < line; l++)
        if (i > ABOVE_LINES || l->words > 6)
            return false;
    return true;
}

/* "Ann Lee | Hask" above "Updated: March 3, 2019". */
static bool stamp_below(const cs_article *a, const cs_line *line, size_t end)
{
    const cs_line *next = line + 1;
    return cs_is_mark(a, end, '|') && next < a->lines + a->line_count && next->words <= 12 &&
           cs_phrase_at(a, next, next->token, a->known.stamp_label) != SIZE_MAX;
}

/* "Ann Lee and Bo Ek" above the story, which knows neither. */
static bool unknown_names(cs_article *a, cs_line *line, const cs_name *found, int count)
{
    const cs_line *next = line + 1;
    if (line - a->lines > 1 || count < 2 || next >= a->lines + a->line_count || !(next->flags & CS_PROSE))
        return false;
    for (size_t i = line->from; i < line->to; i++)
        if (cs_is_mark(a, i, '/')) /* "Ann Lee / Halden Courier" took the picture */
            return false;
    for (int k = 0; k < count; k++)
        if (cs_name_elsewhere(a, found[k].start, found[k].end, line))
            return false;
    add_byline(a, line, cs_take_rest(a, line, CS_BYLINE, "byline: names above the story"), found, count, 0, 0);
    return true;
}

/* "Ann Lee, The Courier Published 9:12 a.m. ET March 4, 2019": where the stamp begins. */
static size_t stamp_behind(const cs_article *a, const cs_line *line, size_t i)
{
    for (; i < line->to; i++) {
        size_t last = cs_phrase_at(a, line, i, a->known.stamp_label);
        if (last != SIZE_MAX && last + 1 < line->to &&
            (a->tokens[last + 1].flags & (CS_CLOCK | CS_DATED) || cs_is_word_of(a, last + 1, a->known.month)))
            break;
    }
    return i;
}

/* "Ann Lee, Staff Writer", "Ann Lee | The Courier" among the first lines. */
static void name_and_role(cs_article *a, cs_line *line)
{
    cs_name found[12];
    int count = 0;
    size_t end = name_list(a, line, line->from, found, &count);
    if (count > 0 && end == line->to && unknown_names(a, line, found, count))
        return;
    size_t stamp = end, labelled = stamp_behind(a, line, end); /* "Ann Lee | Hask 12/01/2021 - 08:45" */
    while (stamp < labelled && !(a->tokens[stamp].flags & CS_DATED))
        stamp++;
    if (!above_all(a, line) || count == 0 || end >= line->to || cs_words_in(a, end, stamp) > 8 ||
        cs_ends_stop(a, line->from, line->to) || cs_has_class(line, a->known.image_agency) ||
        !cs_only_names(a, line, end, stamp) ||
        (stamp == line->to && !role_behind(a, line, end, line->to) && !stamp_below(a, line, end)))
        return;
    bool divided = cs_is_mark(a, end, ',') || cs_is_mark(a, end, '|') || a->tokens[end].kind == CS_HANDLE ||
                   cs_phrase_at(a, line, end, a->known.byline_role) != SIZE_MAX ||
                   cs_is_word_of(a, end, a->known.month_day);
    for (size_t i = line->from; i < stamp; i++)
        divided &= a->tokens[i].kind != CS_MARK || strchr(",.|&'-", a->tokens[i].value) != NULL;
    if (!divided || a->tokens[end - 1].flags & CS_POSSESSIVE)
        return;
    for (size_t i = line->from; i < stamp; i++) /* "Ann Lee Photo" */
        if (cs_is_word_of(a, i, a->known.photo_word))
            return;
    size_t to = stamp == labelled ? line->to : stamp;
    cs_span *span = cs_take(a, line, line->from, to, CS_BYLINE, "byline: by its role");
    add_byline(a, line, span, found, count, end, stamp);
}

/* A house that the tables know, or below several names one that is called like a newspaper: its last token. */
static size_t house_line(const cs_article *a, const cs_line *line, int names)
{
    size_t last = cs_phrase_at(a, line, line->token, a->known.agency);
    if (last != SIZE_MAX && last + 1 == line->stop)
        return last;
    for (size_t i = line->token; i < line->stop; i++)
        if (a->tokens[i].kind == CS_WORD && !(a->tokens[i].flags & CS_CAPITAL))
            return SIZE_MAX;
    bool called = line->stop > line->token && cs_is_word_of(a, line->stop - 1, a->known.house_word);
    return names > 1 && called ? line->stop - 1 : SIZE_MAX;
}

/* "Ann Lee and Bo Ek" above "The Courier", as the first lines. */
static bool name_above_house(cs_article *a, cs_line *line)
{
    cs_line *next = line + 1;
    if (line - a->lines > 1 || (size_t)(next - a->lines) >= a->line_count || line->words > 14 || next->words > 6)
        return false;
    cs_name found[12];
    int count = 0;
    if (name_list(a, line, line->from, found, &count) != line->to || count == 0 || (count == 1 && line->words > 4))
        return false;
    size_t last = house_line(a, next, count), house = next->from;
    if (last == SIZE_MAX)
        return false;
    cs_span *span = cs_take_rest(a, line, CS_BYLINE, "byline: by a name above a house");
    for (int i = 0; i < count; i++)
        cs_add_name(a, span, found[i].start, found[i].end, false);
    cs_add_name(a, cs_take_rest(a, next, CS_BYLINE, "byline: house below a name"), house, last, true);
    return true;
}

/* "… than from any chart. Ann Lee": a name that the story does not know, behind the last sentence of all. */
static void name_at_end(cs_article *a, cs_line *line)
{
    size_t i = line->to, words = 0;
    while (i > line->from && a->tokens[i - 1].kind == CS_WORD && words < 4) {
        i--;
        words++;
    }
    if (words < 2 || words > 3 || i < line->from + 8 || !cs_is_mark(a, i - 1, '.') || !cs_sentence_start(a, line, i) ||
        cs_person_at(a, line, i, line->to, 2) != line->to || cs_name_elsewhere(a, i, line->to - 1, line))
        return;
    for (size_t k = i; k < line->to; k++)
        if (cs_is_word_of(a, k, a->known.org_word) || cs_is_word_of(a, k, a->known.photo_word))
            return;
    size_t end = line->to - 1;
    cs_add_name(a, cs_take(a, line, i, line->to, CS_BYLINE, "byline: by a name at the end"), i, end, false);
}

/* Where a byline's "by" must stand: at the line's head, or behind "Posted on March 3, 2017". */
static size_t behind_stamp(const cs_article *a, const cs_line *line)
{
    size_t i = line->from;
    while (i < line->to && a->tokens[i].kind == CS_MARK)
        i++;
    bool number = false;
    for (size_t k = i; k < line->to && k < i + 12; k++) {
        if (number && cs_phrase_at(a, line, k, a->known.by) != SIZE_MAX)
            return k;
        number |= a->tokens[k].kind == CS_NUMBER;
        if (a->tokens[k].kind == CS_WORD && !cs_is_word_of(a, k, a->known.date_word) &&
            !cs_is_word_of(a, k, a->known.month_day))
            break;
    }
    return i;
}

void cs_bylines(cs_article *a, cs_line *line)
{
    if (line + 1 == a->lines + a->line_count && a->line_count > 2 && line->words > 15)
        name_at_end(a, line);
    if (name_above_house(a, line))
        return;
    size_t most = cs_has_class(line, a->known.stamp_label) ? STAMPED_WORDS : NAMED_WORDS;
    if (line->words <= most && above_all(a, line) && cs_phrase_at(a, line, line->from, a->known.by) == SIZE_MAX)
        name_and_role(a, line);
    if (line->from == line->to || line->words > BYLINE_WORDS || !cs_has_class(line, a->known.by) ||
        line->flags & CS_WRAPPED)
        return;
    size_t i = behind_stamp(a, line);
    size_t last = cs_phrase_at(a, line, i, a->known.by);
    if (last == SIZE_MAX || last + 1 >= line->to)
        return;
    size_t name = last + 1;
    while (name < line->to && a->tokens[name].kind == CS_MARK)
        name++;
    cs_name found[12];
    int count = 0;
    size_t behind = name_list(a, line, name, found, &count);
    if (count == 0) {
        size_t agency = name < line->to ? cs_phrase_at(a, line, name, a->known.agency) : SIZE_MAX;
        bool all = agency != SIZE_MAX && (agency + 1 == line->to || (cs_is_mark(a, agency + 1, '|') &&
                                                                     cs_only_names(a, line, agency + 1, line->to)));
        if (all) {
            cs_span *span = cs_take_rest(a, line, CS_BYLINE, "byline: by an agency");
            cs_add_name(a, span, name, agency, true);
        }
        return;
    }
    if (!cs_only_names(a, line, behind, line->to) || (cs_ends_stop(a, line->from, line->to) && line->words > 12))
        return;
    size_t end = line->to;
    cs_span *span = cs_take_rest(a, line, CS_BYLINE, "byline: by and names");
    add_byline(a, line, span, found, count, behind, end);
}
