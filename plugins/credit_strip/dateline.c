/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/dateline.c: where a story was filed, before its first sentence: "LYON, May 3 (Reuters) -", "(CNN)",
 * "Berlin (dpa) –", "МОСКВА, 12 мая /ТАСС/.". See article.h.
 *
 * Looked for in the first paragraphs that are story. A place is capitalised words, in capitals or known to the tables
 * if nothing else speaks for it; a bracket behind it names an agency; a dash ends it, and a sentence follows.
 */
#include "article.h"

#define DATELINE_TOKENS 40
#define DATELINE_LINES 4

struct dateline {
    size_t place, place_end; /* tokens; equal: none */
    size_t agency, agency_end;
    int place_words;
    bool capitals, date, bracket, known, region;
    char dash;       /* 0, '-', '.', ':', '|' */
    bool point_dash; /* "Velmora.-", as Spanish papers write */
    size_t end;
};

static bool begins_sentence(const cs_article *a, const cs_line *line, size_t i)
{
    if (i >= line->to)
        return false;
    while (i < line->to && (cs_is_mark(a, i, '"') || cs_is_mark(a, i, '\'') || cs_is_mark(a, i, '[')))
        i++;
    return i < line->to && (a->tokens[i].kind != CS_WORD || a->tokens[i].flags & (CS_CAPITAL | CS_CASELESS));
}

/* Place names with commas, strokes, "and": "SAN JOSE, California", "Berlin/Kiew", "Rio de Janeiro". */
static size_t read_place(const cs_article *a, const cs_line *line, size_t i, struct dateline *d)
{
    d->place = d->place_end = i;
    d->capitals = true;
    for (; i < line->to && d->place_words <= 7; i++) {
        const cs_token *t = &a->tokens[i];
        if (t->kind == CS_MARK) {
            bool inner = t->value == '/' || t->value == ',' || t->value == '\'' ||
                         (t->value == '.' && !(t->flags & CS_HARD)) ||
                         (t->value == '.' && i > d->place && t[-1].letters <= 5 && i + 1 < line->to &&
                          !cs_sentence_start(a, line, i + 1)) ||
                         (t->value == '-' && t->end - t->start == 1 && !(t->flags & CS_SPACED) && i + 1 < line->to &&
                          !(t[1].flags & CS_SPACED));
            if (!inner)
                break;
            if (t->value == '.' && d->place_end == i) /* "Calif." */
                d->place_end = i + 1;
            continue;
        }
        bool capital = t->kind == CS_WORD && t->flags & (CS_CAPITAL | CS_CASELESS);
        /* "RIO DE JANEIRO": a month needs a day beside it. */
        bool month = cs_is_word_of(a, i, a->known.month_day) &&
                     (d->place_words == 0 || (i + 1 < line->to && t[1].kind != CS_WORD && !cs_is_mark(a, i + 1, '-')));
        bool date = month || t->kind == CS_NUMBER;
        if (date || cs_is_word_of(a, i, a->known.dateline_stop) || cs_phrase_at(a, line, i, a->known.agency) == i)
            break;
        if (!capital && !(d->place_words > 0 && cs_is_word_of(a, i, a->known.place_particle)))
            break;
        size_t region = cs_phrase_at(a, line, i, a->known.region);
        if (region != SIZE_MAX && i > d->place) {
            d->region = true;
            i = region;
        } else if (d->place_words == 0 || !cs_is_mark(a, i - 1, ',')) {
            d->capitals &= (t->flags & CS_CAPITALS) != 0 || !capital;
        }
        d->place_words++;
        d->place_end = i + 1;
    }
    return d->place_end;
}

static size_t read_date(const cs_article *a, const cs_line *line, size_t i, struct dateline *d)
{
    size_t start = i, words = 0;
    bool month = false, number = false;
    while (i < line->to && words < 5) {
        const cs_token *t = &a->tokens[i];
        if (t->kind == CS_MARK && (t->value == ',' || t->value == '.' || (t->value == '/' && i == start))) {
            if (t->value == '/')
                break;
            i++;
            continue;
        }
        /* "12 GEN": short forms of months that are words too count behind a day. */
        bool behind_day = i > start && a->tokens[i - 1].kind == CS_NUMBER;
        bool day = t->kind == CS_NUMBER, name = cs_is_word_of(a, i, a->known.month_day) ||
                                                (behind_day && cs_is_word_of(a, i, a->known.month));
        bool of = cs_is_word_of(a, i, a->known.place_particle) && words > 0;
        if (!day && !name && !of)
            break;
        month |= name;
        number |= day;
        words++;
        i++;
    }
    d->date = month && number;
    if (!d->date)
        return start;
    while (i > start && a->tokens[i - 1].kind == CS_MARK && cs_is_mark(a, i - 1, ','))
        i--;
    return i;
}

/* "(Reuters)", "(AP/Xinhua)", "/PRNewswire/": at most four words. */
static size_t read_bracket(const cs_article *a, const cs_line *line, size_t i, struct dateline *d)
{
    while (i < line->to && cs_is_mark(a, i, ','))
        i++;
    bool stroke = i < line->to && cs_is_mark(a, i, '/');
    if (i >= line->to || (!cs_is_mark(a, i, '(') && !cs_is_mark(a, i, '[') && !stroke))
        return i;
    size_t close = i + 1, words = 0;
    while (close < line->to && close - i < 14 &&
           !(cs_is_mark(a, close, ')') || cs_is_mark(a, close, ']') || (stroke && cs_is_mark(a, close, '/')))) {
        words += a->tokens[close].kind != CS_MARK;
        close++;
    }
    if (close >= line->to || close - i >= 14 || words == 0 || words > 7 || a->tokens[close].kind != CS_MARK)
        return i;
    for (size_t k = i + 1; k < close && !d->known; k++) {
        size_t last = cs_phrase_at(a, line, k, a->known.agency);
        if (last != SIZE_MAX && last < close) {
            d->known = true;
            d->agency = k;
            d->agency_end = last;
        }
    }
    /* "(Washington, D.C. – May 3, 2021) –", as press releases have it */
    bool month = false, number = false;
    for (size_t k = i + 1; k < close; k++) {
        month |= cs_is_word_of(a, k, a->known.month_day) != 0;
        number |= a->tokens[k].kind == CS_NUMBER;
    }
    d->date |= month && number;
    const cs_token *t = &a->tokens[i + 1];
    if (!d->known &&
        ((words > 3 && !d->date) || stroke || !(t->kind == CS_URL || (t->kind == CS_WORD && t->flags & CS_CAPITAL))))
        return i;
    d->bracket = true;
    return close + 1;
}

static size_t read_dash(const cs_article *a, const cs_line *line, size_t i, struct dateline *d)
{
    size_t from = i;
    d->point_dash |= i + 2 < line->to && cs_is_mark(a, i, '.') && cs_is_mark(a, i + 1, '-') &&
                     !(a->tokens[i + 1].flags & CS_SPACED) && a->tokens[i + 2].flags & CS_SPACED;
    while (i < line->to && i - from < 3 && (cs_is_mark(a, i, '.') || cs_is_mark(a, i, ':') || cs_is_mark(a, i, '|'))) {
        d->dash = (char)a->tokens[i].value;
        i++;
    }
    bool spaced = i < line->to && a->tokens[i].flags & CS_SPACED;
    while (i < line->to && (cs_is_mark(a, i, '-') || (cs_is_mark(a, i, '_') && a->tokens[i].flags & CS_SPACED))) {
        spaced |= (a->tokens[i].flags & CS_SPACED) || (i + 1 < line->to && a->tokens[i + 1].flags & CS_SPACED) ||
                  a->tokens[i].end - a->tokens[i].start > 1 || (i + 1 < line->to && cs_is_mark(a, i + 1, '-'));
        i++;
        if (spaced)
            d->dash = '-';
    }
    return i;
}

/* "Ostrellingen – Die Polizei hat …": words that no table knows, and a sentence that opens with its article. "Kommentar
 * –" is a word of the tables, and inside a sentence the article would be small. */
static bool unknown_place(const cs_article *a, const cs_line *line, const struct dateline *d)
{
    if (d->place != line->token || d->place_words > 3 || d->end >= line->to || d->end < 2 ||
        !(a->tokens[d->end - 1].flags & CS_SPACED) || !(a->tokens[d->end].flags & CS_CAPITAL) ||
        !cs_is_word_of(a, d->end, a->known.dateline_open))
        return false;
    for (size_t i = d->place; i < d->place_end; i++)
        if (a->tokens[i].kind != CS_WORD || a->tokens[i].word != 0)
            return false;
    return true;
}

static bool believable(const cs_article *a, const cs_line *line, const struct dateline *d)
{
    bool place = d->place_words > 0 && d->place_words <= 7;
    bool listed = place && (cs_phrase_at(a, line, d->place, a->known.place) != SIZE_MAX || d->region);
    if (d->known)
        return place || d->date || d->dash || d->bracket;
    if (d->bracket)
        return d->dash == '-';
    if (d->dash == ':' && d->date && d->capitals)
        return place;
    if (d->point_dash && place && d->place_words <= 3)
        return true;
    if (d->dash == '-')
        return place && d->place_words <= 6 &&
               (d->capitals || d->date || (listed && d->place_words <= 4) || unknown_place(a, line, d));
    /* "Berlin." and "ROMA:" only for a place that the table knows. */
    size_t last = cs_phrase_at(a, line, d->place, a->known.place_city);
    return (d->dash == '.' || d->dash == '|') && place && last != SIZE_MAX && last + 1 == d->place_end;
}

static bool take_dateline(cs_article *a, cs_line *line)
{
    if (line->to - line->from < 4)
        return false;
    struct dateline d = {0};
    size_t i = line->from;
    while (i < line->to && (cs_is_mark(a, i, '*') || (cs_is_mark(a, i, '-') && i == line->from)))
        i++;
    /* "(ANSA) - ROMA, 12 MAG - …" has the agency first. */
    size_t ahead = read_bracket(a, line, i, &d);
    if (ahead > i && d.bracket) {
        struct dateline second = {0};
        size_t k = read_dash(a, line, ahead, &d), after = read_place(a, line, k, &second);
        after = read_date(a, line, after, &second);
        size_t end = read_dash(a, line, after, &second);
        if (second.place_words > 0 && second.dash == '-' && second.capitals) {
            d.place = second.place;
            d.place_end = second.place_end;
            d.place_words = second.place_words;
            d.end = end;
        } else {
            d.end = k;
        }
    } else {
        i = read_place(a, line, i, &d);
        i = read_date(a, line, i, &d);
        i = read_bracket(a, line, i, &d);
        if (!d.date)
            i = read_date(a, line, i, &d);
        size_t last = cs_phrase_at(a, line, i, a->known.agency); /* "BERLIN taz |", "MOSKAU dpa" */
        if (!d.bracket && last != SIZE_MAX && d.place_words > 0) {
            d.known = true;
            d.agency = i;
            d.agency_end = last;
            i = last + 1;
        }
        d.end = read_dash(a, line, i, &d);
        /* "HASK – May 3, 2021 –", "HASK--(BUSINESS WIRE)--" */
        size_t again = d.date ? d.end : read_date(a, line, d.end, &d), dashed = read_dash(a, line, again, &d);
        if (again > d.end && dashed > again)
            d.end = dashed;
        if (!d.bracket && d.dash == '-' && d.place_words > 0) {
            again = read_bracket(a, line, d.end, &d);
            dashed = read_dash(a, line, again, &d);
            d.end = again > d.end && d.known && dashed > again ? dashed : d.end;
        }
        /* "МОСКВА, 12 мая — РИА Новости." */
        last = d.end < line->to ? cs_phrase_at(a, line, d.end, a->known.agency) : SIZE_MAX;
        if (!d.known && d.dash == '-' && last != SIZE_MAX && last + 2 < line->to && cs_is_mark(a, last + 1, '.')) {
            d.known = true;
            d.agency = d.end;
            d.agency_end = last;
            d.end = read_dash(a, line, last + 1, &d);
        }
        if (d.known && !d.bracket && d.dash == 0)
            return false;
    }
    if (d.end == line->from || d.end - line->from > DATELINE_TOKENS || !believable(a, line, &d) ||
        !begins_sentence(a, line, d.end))
        return false;
    cs_span *span = cs_take(a, line, line->from, d.end, CS_DATELINE, "dateline: place, agency, dash");
    if (d.known)
        cs_add_name(a, span, d.agency, d.agency_end, true);
    line->kind = CS_STORY;
    return true;
}

/* A line that is nothing but a place: "BAAR, SWITZERLAND" above the first paragraph. */
static bool place_line(cs_article *a, cs_line *line)
{
    struct dateline d = {0};
    if (line->words > 8 || line->flags & CS_PROSE)
        return false;
    size_t i = read_place(a, line, line->from, &d);
    if (i > line->from)
        i = read_date(a, line, i, &d);
    if (i != line->to || !d.region || !d.capitals) {
        i = read_dash(a, line, read_bracket(a, line, i, &d), &d); /* "HASK, Calif. (KHAS) -" */
        if (i != line->to || d.dash != '-' || d.place_words == 0 || !believable(a, line, &d))
            return false;
    }
    cs_take_rest(a, line, CS_DATELINE, "dateline: a line of its own");
    return true;
}

void cs_datelines(cs_article *a)
{
    int seen = 0;
    for (size_t i = 0; i < a->line_count && seen < DATELINE_LINES && i < 40; i++) {
        cs_line *line = &a->lines[i];
        if (line->kind != CS_STORY || line->from == line->to || line->flags & (CS_KEEP | CS_TWEET | CS_LONG))
            continue;
        if (seen == 0 && place_line(a, line))
            continue;
        if (line->words < (a->tokens[line->from].flags & CS_CAPITALS ? 5 : 8))
            continue;
        if (take_dateline(a, line))
            return;
        seen++;
    }
}
