/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/credit_head.c: credits that open a line, in front of the caption: labels, a photographer and an agency,
 * agencies with strokes, a sign, a name told twice. See credit.h.
 *
 * A story's sentence may begin with an agency's name, too. So there must be a label or a stroke, or the words behind the
 * name must have a caption's form.
 */
#include "credit.h"

#include <string.h>

#define CAPTION_WORDS 90
#define VIA_TOKENS 8 /* most in front of "via" */

/* The label of a picture at the line's head: "Image copyright EPA Image caption A man …", "AFP/Getty Images A man …".
 */
void cs_label_at_head(cs_article *a, cs_line *line)
{
    size_t last = cs_phrase_at(a, line, line->from, a->known.player_notice);
    if (last != SIZE_MAX && last + 1 < line->to && cs_phrase_at(a, line, last + 1, a->known.caption_label) != SIZE_MAX)
        cs_take(a, line, line->from, last + 1, CS_OTHER_BOILERPLATE, "other_boilerplate: a player's notice");
    struct cs_credit c;
    last = cs_phrase_at(a, line, line->from, a->known.credit_start);
    if (last != SIZE_MAX && last + 1 < line->to) {
        size_t end = line->to;
        for (size_t i = last + 1; i < line->to && i < last + CS_CREDIT_TOKENS; i++)
            if (cs_phrase_at(a, line, i, a->known.caption_label) != SIZE_MAX) {
                end = i;
                break;
            }
        if (cs_credit_parse(a, line, last + 1, end, &c) == end && (c.person_count || c.agency_count)) {
            while (end > last + 1 && end < line->to && cs_is_mark(a, end - 1, ','))
                end--;
            cs_take_credit(a, line, line->from, end, CS_PHOTO_CREDIT, &c, "photo_credit: label at the head");
        }
    }
}

/* "© Reuters. A man …" */
static void head_sign(cs_article *a, cs_line *line)
{
    struct cs_credit c;
    if (line->to - line->from < 6 || !cs_is_mark(a, line->from, 'c') || line->words > CAPTION_WORDS)
        return;
    size_t last = cs_phrase_at(a, line, line->from + 1, a->known.agency);
    if (last == SIZE_MAX || last + 2 >= line->to || !cs_is_mark(a, last + 1, '.') ||
        cs_credit_parse(a, line, line->from, last + 1, &c) != last + 1 || !c.known)
        return;
    cs_take_credit(a, line, line->from, last + 2, CS_PHOTO_CREDIT, &c, "photo_credit: sign at the head");
}

/* The last token of the agency's name at `i`, SIZE_MAX if there is none. */
static size_t house_at(const cs_article *a, const cs_line *line, size_t i)
{
    size_t last = cs_phrase_at(a, line, i, a->known.image_agency);
    return last != SIZE_MAX ? last : cs_phrase_at(a, line, i, a->known.agency);
}

/* "Ann Lee/Reuters A man …": a photographer and an agency open the line. The token behind them, or 0. */
static size_t head_person(cs_article *a, const cs_line *line, struct cs_credit *c)
{
    size_t end = cs_person_at(a, line, line->from, line->to, 2);
    if (end == line->from || end + 2 >= line->to || !cs_is_mark(a, end, '/'))
        return 0;
    size_t last = house_at(a, line, end + 1);
    while (last != SIZE_MAX && last + 2 < line->to && (cs_is_mark(a, last + 1, '-') || cs_is_mark(a, last + 1, '/')) &&
           house_at(a, line, last + 2) != SIZE_MAX) /* "AFP - Getty Images" */
        last = house_at(a, line, last + 2);
    if (last == SIZE_MAX || last + 1 >= line->to || line->flags & CS_WRAPPED ||
        cs_credit_parse(a, line, line->from, last + 1, c) != last + 1)
        return 0;
    return cs_is_word_of(a, last + 1, a->known.org_word) ? 0 : last + 1; /* "Capital Cities/ABC Inc" */
}

/* "Getty Images Traders watch …" in the story's midst: a picture agency, and a sentence in the present tense. */
static bool shown_behind(const cs_article *a, const cs_line *line, const struct cs_credit *c, size_t behind)
{
    return c->image && c->known == 1 && behind < line->to && !cs_is_word_of(a, behind, a->known.org_word) &&
           line->words <= 40 && line->flags & CS_BLANK_BEFORE && cs_has_class(line, a->known.caption_verb) &&
           !cs_has_class(line, a->known.said) && !cs_has_class(line, a->known.tense_word) &&
           !cs_has_class(line, a->known.bio_role) && !(a->tokens[line->from].flags & CS_POSSESSIVE) &&
           cs_ends_stop(a, line->from, line->to);
}

/* "AFP/Getty Images A man …": agencies with a stroke open the line. */
static void head_agencies(cs_article *a, cs_line *line)
{
    struct cs_credit c = {0};
    size_t person = head_person(a, line, &c);
    if (person && line->words <= CAPTION_WORDS && a->tokens[person].flags & CS_CAPITAL) {
        cs_take_credit(a, line, line->from, person, CS_PHOTO_CREDIT, &c, "photo_credit: name and agency at the head");
        return;
    }
    size_t i = line->from, behind = i;
    c = (struct cs_credit){0};
    while (i < line->to) {
        size_t last = house_at(a, line, i);
        bool image = cs_phrase_at(a, line, i, a->known.image_agency) != SIZE_MAX;
        if (last == SIZE_MAX)
            break;
        c.known++;
        c.image |= image;
        cs_credit_add_agency(&c, i, last);
        behind = i = last + 1;
        if (i >= line->to || !cs_is_mark(a, i, '/'))
            break;
        i++;
        c.stroke = true;
    }
    /* "Reuters A man …", "Getty Images A man …" as the article's first line. */
    bool first = line == a->lines && c.known == 1 && line->words <= (c.image ? 60 : 30) &&
                 !cs_has_class(line, a->known.said) && !(a->tokens[line->from].flags & CS_POSSESSIVE) &&
                 (c.image || cs_phrase_at(a, line, line->from, a->known.wire) != SIZE_MAX);
    bool opens = first || shown_behind(a, line, &c, behind) || (c.stroke && c.known >= 2 && c.image);
    if (!opens || behind >= line->to || a->tokens[behind].kind != CS_WORD ||
        !(a->tokens[behind].flags & CS_CAPITAL) || line->words > CAPTION_WORDS ||
        (behind + 1 == line->to && cs_is_word_of(a, behind, a->known.house_word)))
        return;
    cs_take_credit(a, line, line->from, behind, CS_PHOTO_CREDIT, &c, "photo_credit: agencies at the head");
}

/* "Halden Tribune via Getty Images Traders …": a house or a name, and who sold its picture. */
static bool head_via(cs_article *a, cs_line *line)
{
    size_t via = line->from;
    while (via < line->to && via - line->from <= VIA_TOKENS && a->tokens[via].flags & CS_CAPITAL &&
           !cs_is_word_of(a, via, a->known.credit_via))
        via++;
    if (via == line->from || via + 2 >= line->to || !cs_is_word_of(a, via, a->known.credit_via))
        return false;
    size_t last = cs_phrase_at(a, line, via + 1, a->known.image_agency);
    struct cs_credit c;
    if (last == SIZE_MAX || last + 1 >= line->to || a->tokens[last + 1].kind != CS_WORD ||
        !(a->tokens[last + 1].flags & CS_CAPITAL) || line->words > CAPTION_WORDS ||
        cs_credit_parse(a, line, line->from, last + 1, &c) != last + 1)
        return false;
    cs_take_credit(a, line, line->from, last + 1, CS_PHOTO_CREDIT, &c, "photo_credit: via an agency at the head");
    return true;
}

static bool same_word(const cs_article *a, size_t i, size_t k)
{
    size_t len = a->tokens[i].end - a->tokens[i].start;
    return len == a->tokens[k].end - a->tokens[k].start &&
           memcmp(a->text + a->tokens[i].start, a->text + a->tokens[k].start, len) == 0;
}

/* "Courtesy of Ann Lee Ann Lee with her dog": the picture's owner is in it. */
static bool head_courtesy(cs_article *a, cs_line *line)
{
    size_t label = cs_phrase_at(a, line, line->from, a->known.credit_label), words = 0;
    if (label == SIZE_MAX || !cs_is_word_of(a, line->from, a->known.courtesy) || line->words > CAPTION_WORDS)
        return false;
    for (words = 2; words <= 4 && label + 2 * words < line->to; words++) {
        size_t i = 0;
        while (i < words && a->tokens[label + 1 + i].flags & CS_CAPITAL &&
               same_word(a, label + 1 + i, label + 1 + words + i))
            i++;
        if (i < words)
            continue;
        struct cs_credit c = {.person_count = 1, .people = {label + 1}, .people_end = {label + words}};
        cs_take_credit(a, line, line->from, label + 1 + words, CS_PHOTO_CREDIT, &c, "photo_credit: courtesy at the head");
        return true;
    }
    return false;
}

void cs_credit_at_head(cs_article *a, cs_line *line)
{
    if (head_via(a, line) || head_courtesy(a, line))
        return;
    head_agencies(a, line);
    if (line->kind == CS_STORY && line->from < line->to)
        head_sign(a, line);
}
