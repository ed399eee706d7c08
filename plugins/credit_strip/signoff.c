/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/signoff.c: who worked on the story, at its end: "(Reporting by …; Editing by …)", "X contributed to this
 * report". See article.h.
 *
 * A formula alone does not decide: it must open a bracket, a line or a sentence that reaches to the line's end, and a
 * name must follow (or, for contributors, precede) it.
 */
#include "article.h"

#define SIGNOFF_WORDS 80
#define CONTRIBUTED_WORDS 60

void cs_add_names(cs_article *a, cs_line *line, cs_span *span, size_t from, size_t to)
{
    for (size_t i = from; i < to;) {
        size_t last = cs_phrase_at(a, line, i, a->known.agency);
        size_t behind = cs_person_at(a, line, i, to, 2);
        size_t formula = cs_phrase_at(a, line, i, a->known.signoff); /* "Reportagem de Ann Lee" */
        if (formula != SIZE_MAX && formula + 1 < behind) {
            i = formula + 1;
            continue;
        }
        if (last != SIZE_MAX && (a->tokens[i].flags & (CS_CAPITAL | CS_CASELESS))) {
            cs_add_name(a, span, i, last, true);
            i = last + 1;
        } else if (behind > i && !cs_is_word_of(a, i, a->known.by_role) && !cs_is_word_of(a, i, a->known.org_word)) {
            bool house = cs_is_word_of(a, behind - 1, a->known.org_word) ||
                         cs_is_word_of(a, behind - 1, a->known.house_word); /* "Ann Lee of the Halden Courier" */
            cs_add_name(a, span, i, behind - 1, house);
            i = behind;
        } else {
            i++;
        }
    }
}

/* "--With assistance from": nothing but dashes stands before the token. */
static bool dashes_before(const cs_article *a, const cs_line *line, size_t token)
{
    while (token > line->from && cs_is_mark(a, token - 1, '-'))
        token--;
    return token == line->from;
}

/* Whether the phrase at [first, last] can open a sign-off: behind a bracket or a finished sentence, before a name. */
static bool opens_signoff(const cs_article *a, const cs_line *line, size_t first, size_t last)
{
    if (last + 1 >= line->to)
        return false;
    size_t next = last + 1;
    while (next + 1 < line->to && a->tokens[next].kind == CS_MARK)
        next++;
    if (!(a->tokens[next].flags & (CS_CAPITAL | CS_CASELESS)) && !cs_is_word_of(a, next, a->known.agency))
        return false;
    if (first == line->from)
        return true;
    return cs_is_mark(a, first - 1, '(') || cs_is_mark(a, first - 1, '[') ||
           cs_sentence_start(a, line, first) || dashes_before(a, line, first);
}

/* "Reporting by …" with "Editing by …" behind it is the wire's. */
static bool another_formula(const cs_article *a, const cs_line *line, size_t behind, size_t to)
{
    for (size_t h = line->hit; h < line->hit + line->hits; h++)
        if (a->hits[h].class == a->known.signoff_edit && a->hits[h].first > behind && a->hits[h].last < to)
            return true;
    return false;
}

static void wire_signoff(cs_article *a, cs_line *line)
{
    for (size_t h = line->hit; h < line->hit + line->hits; h++) {
        size_t first = a->hits[h].first, last = a->hits[h].last;
        bool staff = a->hits[h].class == a->known.signoff_staff;
        if ((!staff && a->hits[h].class != a->known.signoff) || first < line->from ||
            !opens_signoff(a, line, first, last) || cs_words_in(a, first, line->to) > SIGNOFF_WORDS)
            continue;
        bool bracket = first > line->from && (cs_is_mark(a, first - 1, '(') || cs_is_mark(a, first - 1, '['));
        size_t begin = dashes_before(a, line, first) ? line->from : first - bracket;
        bool semicolon = false;
        for (size_t i = first; i < line->to; i++)
            semicolon |= cs_is_mark(a, i, ';');
        if (line - a->lines < 4 && first == line->from && !semicolon && !another_formula(a, line, last, line->to) &&
            cs_phrase_at(a, line, first, a->known.by) == last)
            continue; /* "Written by Ann Lee" above the story */
        size_t from = first, to = line->to;
        if (!bracket && !cs_only_names(a, line, last + 1, line->to))
            continue;
        /* "Additional reporting by" without brackets and editors is a newspaper naming its staff. */
        int kind = staff && !bracket && !semicolon ? CS_BYLINE : CS_AGENCY;
        cs_span *span = cs_take(a, line, begin, line->to, kind, "agency: reporting and editing");
        if (kind == CS_BYLINE && span->rule)
            span->rule = "byline: additional reporting";
        cs_add_names(a, line, span, from, to);
        if (kind == CS_BYLINE && ((span->people == 0 && span->agencies > 0) || another_formula(a, line, last, to))) {
            span->kind = line->taken = CS_AGENCY;
            line->kind = line->from == line->to ? CS_AGENCY : line->kind;
        }
        return;
    }
}

/* The first token of the sentence that holds `token`. */
static size_t sentence_of(const cs_article *a, const cs_line *line, size_t token)
{
    size_t i = token;
    while (i > line->from && !cs_sentence_start(a, line, i) && !cs_is_mark(a, i - 1, '(') && !cs_is_mark(a, i - 1, '['))
        i--;
    return i;
}

/* "Reuters and the Associated Press contributed." */
static bool bare_contributed(cs_article *a, cs_line *line)
{
    size_t end = line->to;
    while (end > line->from && a->tokens[end - 1].kind == CS_MARK)
        end--;
    size_t first = line->from;
    while (first < end && a->tokens[first].kind == CS_MARK)
        first++;
    if (end <= first || line->words > 25 || !cs_is_word_of(a, end - 1, a->known.contributed_bare) ||
        !cs_only_names(a, line, first, end - 1))
        return false;
    bool agency =
        cs_phrase_at(a, line, first, a->known.agency) != SIZE_MAX && !(a->tokens[first].flags & CS_POSSESSIVE);
    size_t name = first + (a->tokens[first].flags & CS_POSSESSIVE ? 1 : 0); /* "NBC's Ann Lee" */
    if (!agency && cs_person_at(a, line, name, end, 2) == name)
        return false;
    cs_span *span =
        cs_take_rest(a, line, agency ? CS_AGENCY : CS_BYLINE, agency ? "agency: contributed" : "byline: contributors");
    cs_add_names(a, line, span, first, end);
    return true;
}

static bool contributors(cs_article *a, cs_line *line)
{
    size_t hit = SIZE_MAX;
    for (size_t h = line->hit + line->hits; h-- > line->hit;)
        if (a->hits[h].class == a->known.contributed && a->hits[h].first >= line->from && a->hits[h].last < line->to) {
            hit = h;
            break;
        }
    if (hit == SIZE_MAX)
        return false;
    size_t first = sentence_of(a, line, a->hits[hit].first), end = line->to;
    /* What follows the formula's sentence at the line's head is judged by itself: "… to this report. Write to …" */
    for (size_t i = a->hits[hit].last + 1; first == line->from && i < line->to && i < a->hits[hit].last + 6; i++)
        if (cs_sentence_start(a, line, i)) {
            end = i;
            break;
        }
    size_t words = cs_words_in(a, first, end), behind = cs_words_in(a, a->hits[hit].last + 1, end);
    size_t name = first;
    while (name < end && a->tokens[name].kind == CS_MARK)
        name++;
    bool agency = cs_phrase_at(a, line, name, a->known.agency) != SIZE_MAX && !(a->tokens[name].flags & CS_POSSESSIVE);
    bool formula_first = a->hits[hit].first == name, alone = formula_first && behind == 0 && first == line->from;
    bool site = name < end && a->tokens[name].kind == CS_URL; /* "Halden.com contributed to this report." */
    agency |= site;
    if (words > CONTRIBUTED_WORDS || (behind > 6 && !formula_first) || name >= end ||
        (!(a->tokens[name].flags & (CS_CAPITAL | CS_CASELESS)) && !alone && !site))
        return false;
    /* "The rain contributed to this report's delay", "Lee told us that it contributed to the …" */
    if (!formula_first && !cs_only_names(a, line, name, a->hits[hit].first))
        return false;
    if (first > line->from &&
        (cs_is_mark(a, first - 1, '(') || cs_is_mark(a, first - 1, '[') || cs_is_mark(a, first - 1, '-')))
        first--;
    cs_span *span = cs_take(a, line, first, end, CS_BYLINE, "byline: contributors");
    cs_add_names(a, line, span, name, end);
    if (agency && span->people == 0) {
        span->kind = CS_AGENCY;
        span->rule = "agency: contributed";
        line->taken = CS_AGENCY;
        if (line->kind == CS_BYLINE)
            line->kind = CS_AGENCY;
    }
    return true;
}

/* "Lee reported from Lyon, Ek from Oslo." among the last lines. */
static void reported_from(cs_article *a, cs_line *line)
{
    size_t i = (size_t)(line - a->lines), first = line->from;
    while (first < line->to && a->tokens[first].kind == CS_MARK)
        first++;
    if (i + 8 < a->line_count || i < 4 || line->words > 30 || first == line->to ||
        !(a->tokens[first].flags & CS_CAPITAL))
        return;
    for (size_t h = line->hit; h < line->hit + line->hits; h++)
        if (a->hits[h].class == a->known.reported_from && a->hits[h].first <= first + 8 &&
            cs_only_names(a, line, first, a->hits[h].first) && cs_only_names(a, line, a->hits[h].last + 1, line->to)) {
            cs_span *span = cs_take_rest(a, line, CS_BYLINE, "byline: reported from");
            cs_add_names(a, line, span, first, a->hits[h].first);
            return;
        }
}

static bool initials(const cs_article *a, size_t i)
{
    const cs_token *t = &a->tokens[i];
    return t->kind == CS_WORD && t->letters <= 4 && !(t->flags & (CS_CAPITAL | CS_CASELESS));
}

/* "slk/shs (AP, AFP)": who wrote and who edited, and their sources. */
static bool desk_signs(cs_article *a, cs_line *line)
{
    size_t i = line->from;
    if (line->words > 10 || i + 6 > line->to || !initials(a, i) || !cs_is_mark(a, i + 1, '/') || !initials(a, i + 2) ||
        !cs_is_mark(a, i + 3, '(') || !cs_is_mark(a, line->to - 1, ')') ||
        cs_phrase_at(a, line, i + 4, a->known.agency) == SIZE_MAX)
        return false;
    size_t to = line->to;
    cs_add_names(a, line, cs_take_rest(a, line, CS_AGENCY, "agency: signs of a desk"), i + 4, to);
    return true;
}

/* "With Ann Lee and Bo Ek", the last line: who helped. */
static bool with_names(cs_article *a, cs_line *line)
{
    size_t name = line->from + 1;
    if (line + 1 < a->lines + a->line_count || line->words > 12 || name >= line->to ||
        !cs_is_word_of(a, line->from, a->known.signoff_with) || cs_ends_stop(a, line->from, line->to))
        return false;
    size_t behind = cs_person_at(a, line, name, line->to, 2);
    if (behind == name || !cs_only_names(a, line, name, line->to) || cs_name_elsewhere(a, name, behind - 1, line))
        return false;
    cs_add_names(a, line, cs_take_rest(a, line, CS_BYLINE, "byline: with names at the end"), name, line->to);
    return true;
}

void cs_signoffs(cs_article *a, cs_line *line)
{
    if (line->flags & CS_LONG || with_names(a, line) || desk_signs(a, line))
        return;
    if (cs_has_class(line, a->known.signoff) || cs_has_class(line, a->known.signoff_staff))
        wire_signoff(a, line);
    if (line->from < line->to && cs_has_class(line, a->known.contributed_bare) && bare_contributed(a, line))
        return;
    if (line->from < line->to && cs_has_class(line, a->known.reported_from))
        reported_from(a, line);
    for (int i = 0; i < 4 && line->from < line->to && cs_has_class(line, a->known.contributed); i++)
        if (!contributors(a, line))
            break;
    if (line->from < line->to && line->flags & CS_CUT && cs_has_class(line, a->known.reported_from))
        reported_from(a, line);
}
