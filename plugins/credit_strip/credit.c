/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/credit.c: see credit.h.
 */
#include "credit.h"

#define NAME_TOKENS 8

static void add_person(struct cs_credit *c, size_t first, size_t end)
{
    if (c->person_count < 8) {
        c->people[c->person_count] = first;
        c->people_end[c->person_count++] = end - 1;
    }
}

void cs_credit_add_agency(struct cs_credit *c, size_t first, size_t last)
{
    if (c->agency_count < 8) {
        c->agencies[c->agency_count] = first;
        c->agencies_end[c->agency_count++] = last;
    }
}

/* A run of capitalised words: a person, or a house that the tables do not know. The token behind it, or `i`. */
static size_t credit_name(cs_article *a, const cs_line *line, size_t i, size_t end, struct cs_credit *c)
{
    if (cs_is_word_of(a, i, a->known.joiner))
        return c->person_count + c->agency_count ? i + 1 : i;
    /* "Ann Lee Getty Images": nothing parts the two. Agencies of one word are names of people too. */
    for (size_t k = i + 1; k < end && k < i + NAME_TOKENS; k++) {
        size_t last = cs_phrase_at(a, line, k, a->known.image_agency);
        if (last != SIZE_MAX && last > k)
            end = k;
    }
    size_t person = cs_person_at(a, line, i, end, 1), stop = i;
    bool org = false;
    for (size_t k = i; k < end; k++) {
        const cs_token *t = &a->tokens[k];
        bool joins =
            t->kind == CS_WORD && (cs_is_word_of(a, k, a->known.org_word) || cs_is_word_of(a, k, a->known.joiner));
        if (k > i &&
            (cs_phrase_at(a, line, k, a->known.credit_label) != SIZE_MAX ||
             cs_is_word_of(a, k, a->known.credit_word)) &&
            !cs_is_word_of(a, k, a->known.joiner))
            break;
        if (k >= person && !joins && !(t->kind == CS_WORD && t->flags & CS_CAPITAL && k > i))
            break;
        org |= cs_is_word_of(a, k, a->known.org_word) != 0;
        stop = k + 1;
    }
    if (person == i && !org)
        return i;
    size_t words = cs_words_in(a, i, person > stop ? person : stop);
    if (words > 7)
        return i;
    if (org || words == 1 || person < stop)
        cs_credit_add_agency(c, i, (person > stop ? person : stop) - 1);
    else
        add_person(c, i, person);
    return person > stop ? person : stop;
}

/* "Photo" alone is a word like others; "photo by", "Photo:", "©" announce a name. */
bool cs_credit_label_counts(const cs_article *a, size_t first, size_t last, size_t to)
{
    return last > first || a->tokens[first].kind == CS_MARK || (last + 1 < to && a->tokens[last + 1].kind == CS_MARK);
}

/* The length of the longest prefix of [from, to) that is a credit; from itself if there is none. */
size_t cs_credit_parse(cs_article *a, const cs_line *line, size_t from, size_t to, struct cs_credit *c)
{
    *c = (struct cs_credit){0};
    size_t i = from;
    while (i < to && i - from < CS_CREDIT_TOKENS) {
        const cs_token *t = &a->tokens[i];
        size_t last;
        if (t->kind == CS_MARK) {
            if (t->value == '"' || t->value == '?' || t->value == '!' || t->value == '~')
                break;
            c->stroke |= t->value == '/' || t->value == '|';
            c->bars += t->value == '|';
            /* "Ann Lee—Reuters", "ANN LEE—Courier staff" */
            c->stroke |= t->value == '-' && t->end - t->start > 1 && c->person_count > 0 && i + 1 < to &&
                         (cs_phrase_at(a, line, i + 1, a->known.agency) != SIZE_MAX ||
                          (!(t->flags & CS_SPACED) && t[-1].flags & CS_CAPITALS && !(t[1].flags & CS_CAPITALS)));
            c->comma |= t->value == ',';
            c->label |= t->value == 'c';
            i++;
        } else if ((last = cs_phrase_at(a, line, i, a->known.credit_alone)) != SIZE_MAX) {
            c->alone = true;
            i = last + 1;
        } else if ((last = cs_phrase_at(a, line, i, a->known.credit_label)) != SIZE_MAX &&
                   cs_credit_label_counts(a, i, last, to)) {
            c->label = true;
            i = last + 1;
        } else if ((last = cs_phrase_at(a, line, i, a->known.image_agency)) != SIZE_MAX) {
            c->image = true;
            c->known++;
            cs_credit_add_agency(c, i, last);
            i = last + 1;
        } else if ((last = cs_phrase_at(a, line, i, a->known.agency)) != SIZE_MAX) {
            c->known++;
            c->wire |= cs_phrase_at(a, line, i, a->known.wire) == last;
            cs_credit_add_agency(c, i, last);
            i = last + 1;
            c->image |= i < to && cs_is_word_of(a, i, a->known.photo_word); /* "AP Photo" */
        } else if ((last = cs_phrase_at(a, line, i, a->known.credit_word)) != SIZE_MAX) {
            c->word |= cs_is_word_of(a, i, a->known.credit_tie) || last > i;
            i = last + 1;
        } else if ((t->kind == CS_NUMBER && c->person_count + c->agency_count > 0) ||
                   (t->kind == CS_NUMBER && t->value >= 1900 && t->value < 2100) ||
                   (cs_is_word_of(a, i, a->known.month) && c->person_count + c->agency_count > 0)) {
            c->number |= t->kind == CS_NUMBER && !(t->value >= 1900 && t->value < 2100);
            i++;
        } else if (cs_is_word_of(a, i, a->known.social)) {
            c->social = true;
            cs_credit_add_agency(c, i, i);
            i++;
        } else if (t->kind == CS_URL && t->end - t->start < 40) {
            cs_credit_add_agency(c, i, i);
            i++;
        } else if (t->kind == CS_HANDLE && (c->label || c->social)) {
            cs_credit_add_agency(c, i, i);
            i++;
        } else {
            size_t behind = credit_name(a, line, i, to, c);
            if (behind == i)
                break;
            i = behind;
        }
    }
    return i;
}

bool cs_credit_valid(const struct cs_credit *c, bool labelled)
{
    int names = c->person_count + c->agency_count;
    return c->alone ||
           (names > 0 && (c->known > 0 || ((labelled || c->label) && names <= 6) || (c->social && c->stroke)));
}

/* "Ann Lee/The Courier": one full name that the story does not use, and a house that no table knows. */
bool cs_credit_of_unknown_house(cs_article *a, const cs_line *line, const struct cs_credit *c)
{
    if (c->number)
        return false;
    bool person =
        c->person_count >= 1 && c->people_end[0] > c->people[0] && a->tokens[c->people_end[0]].flags & CS_SPACED;
    bool house = c->agency_count >= 1 || c->person_count == 2;
    if (!person || !house || c->known || c->person_count > 2 || c->agency_count > 2)
        return false;
    if ((c->agency_count && c->agencies[0] < c->people[0]) || c->bars > 1) /* "Sport | Weather | News" */
        return false;
    bool tied = c->word && c->agency_count && cs_is_word_of(a, c->agencies_end[0], a->known.org_word);
    return (c->stroke || tied) && !cs_name_elsewhere(a, c->people[0], c->people_end[0], line);
}
