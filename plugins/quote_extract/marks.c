/* SPDX-License-Identifier: Apache-2.0
 *
 * marks.c: the pairing of marks, with repair.
 *
 * A straight mark is read by what stands on its two sides, and by parity where the sides do not tell; a shaped mark
 * mostly by its glyph. Inside an open quotation marks of another family are nested and belong to it. Unclosed at the
 * end of the paragraph: goes on if the next paragraph opens with a mark or closes one that it never opened; else it
 * ends at an attribution clause, or with the paragraph. Nested quotations are not reported. Holds no state between
 * paragraphs but the open chain.
 */
#include "marks.h"

#include <errno.h>

#define LOOK_TOKENS 600u /* how far a repair looks */
#define LOOK_PARAGRAPHS 3u

enum role { NEITHER, OPENS, CLOSES };
enum family { DOUBLE, GUILLEMET, CORNER, SINGLE, ANGLE };

struct pairing {
    const qe_token *tokens;
    uint32_t n;
    qe_quotes *quotes;
    uint32_t open; /* token of the mark that is open, or QE_NONE */
    uint32_t
        from; /* first token of the piece in hand: the open mark, or the paragraph's start if it was carried over */
    uint32_t depth;    /* same-family marks nested in it */
    uint32_t previous; /* the piece before in an open chain, or QE_NONE */
    int failed;
};

static enum family family_of(uint32_t glyph)
{
    if (glyph <= QE_LOW)
        return DOUBLE;
    if (glyph <= QE_GUIL_RIGHT)
        return GUILLEMET;
    if (glyph <= QE_CORNER_CLOSE)
        return CORNER;
    return glyph >= QE_ANGLE_LEFT ? ANGLE : SINGLE;
}

/* What a mark does by its glyph and its sides; `open` is the glyph that is open, 0 if none. */
static enum role role_of(const qe_token *mark, uint32_t open)
{
    int opens = (mark->flags & QE_OPENISH) && !(mark->flags & QE_CLOSISH);
    int closes = !(mark->flags & QE_OPENISH) && (mark->flags & QE_CLOSISH);
    switch (mark->code) {
    case QE_LEFT: return open == QE_LOW || (open && closes) ? CLOSES : OPENS;
    case QE_RIGHT: return opens && open != QE_LOW ? OPENS : CLOSES;
    case QE_LOW: return OPENS;
    case QE_GUIL_LEFT:
    case QE_ANGLE_LEFT: return closes ? CLOSES : OPENS;
    case QE_GUIL_RIGHT:
    case QE_ANGLE_RIGHT: return opens ? OPENS : CLOSES;
    case QE_CORNER_OPEN: return OPENS;
    case QE_CORNER_CLOSE: return CLOSES;
    default: break;
    }
    if (open == QE_LOW)
        return CLOSES;
    return opens ? OPENS : closes ? CLOSES : open ? CLOSES : OPENS;
}

static int touches(const qe_token *left, const qe_token *right) { return left->end == right->start; }

/* Appends a piece of tokens [first, last) and links it to the chain. Its index, or QE_NONE. */
static uint32_t emit(struct pairing *p, uint32_t first, uint32_t last, uint32_t flags)
{
    while (last > first && p->tokens[last - 1].kind == QE_BREAK)
        last--;
    if (last <= first || p->quotes->n >= QE_MOST_QUOTES)
        return QE_NONE;
    if (!QE_ROOM(p->quotes)) {
        p->failed = 1;
        return QE_NONE;
    }
    uint32_t index = p->quotes->n++;
    p->quotes->at[index] = (qe_quote){.start = p->tokens[first].start,
                                      .end = p->tokens[last - 1].end,
                                      .first = first,
                                      .last = last,
                                      .next = QE_NONE,
                                      .flat = QE_NONE,
                                      .incise = QE_NONE,
                                      .entity = QE_NONE,
                                      .flags = flags};
    if (p->previous != QE_NONE) {
        p->quotes->at[p->previous].next = index;
        p->quotes->at[p->previous].flags |= QE_CONTINUES;
        p->quotes->at[index].flags |= QE_CONTINUED;
        p->previous = QE_NONE;
    }
    return index;
}

/* ---- repair ------------------------------------------------------------------------------------------------------ */

/* An attribution starts at token i: "said Kane", "she said", "Jo Kane told". */
static int attribution_at(const struct pairing *p, uint32_t i, uint32_t limit)
{
    const qe_token *t = p->tokens;
    if (i + 1 >= limit || t[i].kind != QE_WORD)
        return 0;
    if (t[i].bits & QE_CUE)
        return t[i + 1].kind == QE_WORD &&
               ((t[i + 1].flags & QE_CAPITAL) || (t[i + 1].bits & (QE_DET | QE_PRON | QE_POSS | QE_ROLE | QE_TITLE)));
    if (!(t[i].flags & QE_CAPITAL) && !(t[i].bits & (QE_PRON | QE_DET | QE_POSS)))
        return 0;
    for (uint32_t k = i + 1; k < limit && k < i + 6 && t[k].kind == QE_WORD; k++)
        if (t[k].bits & (QE_CUE | QE_CUE_SOFT))
            return 1;
    return 0;
}

/* The quote that starts at `first` was never closed before `limit`: the token behind its likely end, or QE_NONE. */
static uint32_t inferred_end(const struct pairing *p, uint32_t first, uint32_t limit)
{
    uint32_t stop = limit - first > LOOK_TOKENS ? first + LOOK_TOKENS : limit;
    for (uint32_t i = first + 1; i + 1 < stop; i++) {
        int pause = p->tokens[i].kind == QE_PUNCT && (p->tokens[i].code == ',' || qe_stops(&p->tokens[i]));
        if (pause && attribution_at(p, i + 1, stop))
            return i + 1;
    }
    return QE_NONE;
}

/* An open mark met another one, or the end of the paragraph. */
static void give_up_open(struct pairing *p, uint32_t limit, int paragraph_end)
{
    const qe_token *mark = &p->tokens[p->open];
    uint32_t end = p->previous == QE_NONE || p->from == p->open ? inferred_end(p, p->from, limit) : QE_NONE;
    int at_start = p->from == 0 || p->tokens[p->from - 1].kind == QE_BREAK ||
                   (p->tokens[p->from - 1].kind == QE_PUNCT && p->tokens[p->from - 1].code == ':');
    int tight = !(mark->flags & QE_CLOSISH);
    if (end != QE_NONE && tight)
        emit(p, p->from, end, QE_UNCLOSED);
    else if (paragraph_end && at_start && tight && limit - p->from <= LOOK_TOKENS)
        emit(p, p->from, limit, QE_UNCLOSED);
    p->open = QE_NONE;
    p->previous = QE_NONE;
    p->depth = 0;
}

/* A closing mark with nothing open: the quote began at the start of its sentence, if an attribution follows. */
static void take_unopened(struct pairing *p, uint32_t mark, uint32_t floor)
{
    const qe_token *t = p->tokens;
    if (mark < floor + 2 || t[mark - 1].kind != QE_PUNCT || !touches(&t[mark - 1], &t[mark]))
        return;
    if (t[mark - 1].code != ',' && !qe_stops(&t[mark - 1]))
        return;
    uint32_t limit = mark + 12 < p->n ? mark + 12 : p->n;
    if (!attribution_at(p, mark + 1, limit))
        return;
    uint32_t first = mark - 1;
    while (first > floor && mark - first < 120 && !qe_stops(&t[first - 1]))
        first--;
    emit(p, first, mark + 1, QE_UNOPENED);
}

/* ---- the paragraph's end ------------------------------------------------------------------------------------------
 */

/* Token index behind the paragraph that starts at i (its break, or n), looking no farther than `budget`. */
static uint32_t paragraph_end(const struct pairing *p, uint32_t i, uint32_t budget)
{
    uint32_t stop = p->n - i > budget ? i + budget : p->n;
    while (i < stop && p->tokens[i].kind != QE_BREAK)
        i++;
    return i;
}

/* The first mark of the open one's family in the paragraph that starts at i, or QE_NONE. */
static uint32_t first_mark(const struct pairing *p, uint32_t i, uint32_t end)
{
    enum family family = family_of(p->tokens[p->open].code);
    for (; i < end; i++)
        if (p->tokens[i].kind == QE_MARK && !(p->tokens[i].flags & QE_MASKED) && family_of(p->tokens[i].code) == family)
            return i;
    return QE_NONE;
}

/* Does the open quote go on behind the break at `at`? 2: the next paragraph re-opens it; 1: it goes on without a mark.
 */
static int goes_on(const struct pairing *p, uint32_t at)
{
    uint32_t i = at + 1;
    for (uint32_t paragraphs = 0; paragraphs < LOOK_PARAGRAPHS && i < p->n; paragraphs++) {
        while (i < p->n && (p->tokens[i].flags & QE_MASKED) && i < at + LOOK_TOKENS)
            i++;
        uint32_t end = paragraph_end(p, i, LOOK_TOKENS);
        uint32_t mark = first_mark(p, i, end);
        if (mark != QE_NONE) {
            const qe_token *token = &p->tokens[mark];
            if (mark == i && paragraphs == 0)
                return role_of(token, 0) == OPENS || p->tokens[p->open].code == token->code ? 2 : 0;
            int closes = !(token->flags & QE_OPENISH) && (token->flags & QE_CLOSISH);
            return closes && (token->code != QE_LEFT || p->tokens[p->open].code == QE_LOW) ? 1 : 0;
        }
        i = end + 1;
    }
    return 0;
}

/* The clause behind a quotation that was never closed, from token i to the paragraph's end at `end`: one sentence,
 * which starts with the verb and a name or is short. Then the next paragraph's mark opens another quotation. */
static int clause_ends_paragraph(const struct pairing *p, uint32_t i, uint32_t end)
{
    const qe_token *t = p->tokens;
    if (end - i <= 6)
        return 1;
    if (!(t[i].bits & QE_CUE) || !((t[i + 1].flags & QE_CAPITAL) || (t[i + 1].bits & (QE_DET | QE_TITLE | QE_ROLE))) ||
        end - i > 30)
        return 0;
    for (uint32_t k = i; k + 1 < end; k++)
        if (qe_stops(&t[k]) || t[k].kind == QE_MARK)
            return 0;
    return 1;
}

/* Can the mark start more than a fragment? It opens a paragraph, follows a sign, or stands before a capital. A mark
 * between two small words that nothing closes is a stray one. */
static int starts_speech(const struct pairing *p, uint32_t mark)
{
    const qe_token *t = p->tokens;
    return mark == 0 || t[mark - 1].kind != QE_WORD || mark + 1 >= p->n || t[mark + 1].kind != QE_WORD ||
           (t[mark + 1].flags & (QE_CAPITAL | QE_FOREIGN));
}

static void end_paragraph(struct pairing *p, uint32_t at)
{
    if (p->open == QE_NONE)
        return;
    int alone = p->from == p->open && !starts_speech(p, p->open);
    int how = at < p->n && !alone && family_of(p->tokens[p->open].code) != SINGLE ? goes_on(p, at) : 0;
    const qe_token *mark = &p->tokens[p->open];
    int loose = (mark->flags & QE_CLOSISH) && (mark->flags & QE_OPENISH) && family_of(mark->code) == DOUBLE;
    uint32_t clause = p->from == p->open && how == 2 ? inferred_end(p, p->from, at) : QE_NONE;
    if (how == 0 || loose || (clause != QE_NONE && clause_ends_paragraph(p, clause, at))) {
        give_up_open(p, at, 1);
        return;
    }
    uint32_t piece = emit(p, p->from, at, QE_UNCLOSED);
    p->previous = piece;
    p->from = at + 1;
    p->depth = 0;
    if (how == 2)
        p->open = QE_NONE; /* the mark at the next paragraph's start opens it anew */
}

/* ---- marks ------------------------------------------------------------------------------------------------------- */

/* Is the straight mark behind a figure a unit (24")? */
static int is_unit(const struct pairing *p, uint32_t i)
{
    const qe_token *mark = &p->tokens[i];
    if (i == 0 || mark->code != QE_STRAIGHT || p->tokens[i - 1].kind != QE_NUMBER || !touches(&p->tokens[i - 1], mark))
        return 0;
    if (p->open == QE_NONE)
        return 1;
    uint32_t end = paragraph_end(p, i + 1, 60);
    uint32_t next = first_mark(p, i + 1, end);
    return next != QE_NONE && role_of(&p->tokens[next], QE_STRAIGHT) == CLOSES && !(p->tokens[next].flags & QE_OPENISH);
}

/* The next two marks of the family both close: the one in hand is nested. */
static int opens_nested(const struct pairing *p, uint32_t i)
{
    uint32_t open = p->tokens[p->open].code, closed = 0;
    enum family family = family_of(open);
    for (uint32_t k = i + 1; k < p->n && k < i + 200 && p->tokens[k].kind != QE_BREAK; k++) {
        if (p->tokens[k].kind != QE_MARK || family_of(p->tokens[k].code) != family)
            continue;
        if (role_of(&p->tokens[k], open) != CLOSES)
            return 0;
        if (++closed == 2)
            return 1;
    }
    return 0;
}

/* Where the single quote that opens at i closes, or QE_NONE. Stops at the next opener, so all scans together are
 * linear. */
static uint32_t single_close(const struct pairing *p, uint32_t i)
{
    const qe_token *t = p->tokens;
    uint32_t fallback = QE_NONE;
    for (uint32_t k = i + 1; k < p->n && t[k].kind != QE_BREAK; k++) {
        if (t[k].kind != QE_MARK || t[k].code < QE_SINGLES)
            continue;
        int closes = (t[k].flags & QE_CLOSISH) && !(t[k].flags & QE_SPACED);
        int low = t[i].code == QE_SINGLE_LOW || t[i].code == QE_ANGLE_RIGHT;
        if (!closes && (t[k].flags & QE_OPENISH) && !low)
            return fallback;
        if (!closes || (t[k].code == QE_SINGLE_LEFT && !low))
            continue;
        if (low || family_of(t[k].code) == ANGLE || t[k - 1].kind != QE_WORD)
            return k;
        int before_sign =
            k + 1 >= p->n || t[k + 1].kind == QE_BREAK || (t[k + 1].kind == QE_PUNCT && touches(&t[k], &t[k + 1]));
        if (before_sign || !(t[k - 1].flags & QE_ENDS_S))
            return k;
        if (fallback == QE_NONE)
            fallback = k;
    }
    return fallback;
}

/* Takes a quote in single marks that opens at i. The token to go on from. */
static uint32_t take_single(struct pairing *p, uint32_t i)
{
    const qe_token *mark = &p->tokens[i];
    int opens = (mark->flags & QE_OPENISH) && !(mark->flags & QE_CLOSISH);
    if (mark->code == QE_ANGLE_LEFT || mark->code == QE_ANGLE_RIGHT)
        opens = role_of(mark, 0) == OPENS;
    if (!opens || mark->code == QE_SINGLE_RIGHT)
        return i;
    uint32_t close = single_close(p, i);
    if (close == QE_NONE || close == i + 1)
        return i;
    emit(p, i, close + 1, QE_SINGLE_STYLE);
    return close;
}

static void close_open(struct pairing *p, uint32_t i)
{
    if (p->depth > 0) {
        p->depth--;
        return;
    }
    if (i == p->open + 1) { /* “” before a word: one damaged opening mark; else an empty pair */
        if (p->tokens[i].flags & QE_CLOSISH && (i + 1 >= p->n || !touches(&p->tokens[i], &p->tokens[i + 1])))
            p->open = QE_NONE;
        return;
    }
    emit(p, p->from, i + 1, 0);
    p->open = QE_NONE;
}

static void take_double(struct pairing *p, uint32_t i, uint32_t floor)
{
    const qe_token *t = p->tokens, *mark = &t[i];
    if (p->open != QE_NONE && family_of(t[p->open].code) != family_of(mark->code))
        return;
    if (is_unit(p, i))
        return;
    int twin = i > 0 && t[i - 1].kind == QE_MARK && touches(&t[i - 1], mark) &&
               family_of(t[i - 1].code) == family_of(mark->code);
    if (role_of(mark, p->open == QE_NONE ? 0 : t[p->open].code) == OPENS) {
        if (p->open != QE_NONE && (twin || i == p->open + 1))
            return;
        if (p->open != QE_NONE && opens_nested(p, i)) {
            p->depth++;
            return;
        }
        if (p->open != QE_NONE)
            give_up_open(p, i, 0);
        p->open = p->from = i;
    } else if (p->open != QE_NONE) {
        close_open(p, i);
    } else if (twin && p->quotes->n && p->quotes->at[p->quotes->n - 1].last == i) {
        p->quotes->at[p->quotes->n - 1].last = i + 1;
        p->quotes->at[p->quotes->n - 1].end = mark->end;
    } else {
        take_unopened(p, i, floor);
    }
}

int qe_marks_pair(const qe_tokens *tokens, qe_quotes *quotes)
{
    struct pairing p = {tokens->at, tokens->n, quotes, QE_NONE, 0, 0, QE_NONE, 0};
    uint32_t floor = 0; /* first token of the paragraph, or behind its last quote */
    for (uint32_t i = 0; i < p.n && !p.failed; i++) {
        const qe_token *token = &p.tokens[i];
        if (token->kind == QE_BREAK) {
            end_paragraph(&p, i);
            if (p.open == QE_NONE && p.previous != QE_NONE &&
                !(i + 1 < p.n && (p.tokens[i + 1].kind == QE_MARK || (p.tokens[i + 1].flags & QE_MASKED))))
                p.previous = QE_NONE;
            floor = i + 1;
            continue;
        }
        if (token->kind != QE_MARK || (token->flags & QE_MASKED))
            continue;
        if (token->code < QE_SINGLES)
            take_double(&p, i, floor);
        else if (p.open == QE_NONE)
            i = take_single(&p, i);
        if (quotes->n && quotes->at[quotes->n - 1].last > floor)
            floor = quotes->at[quotes->n - 1].last;
    }
    if (!p.failed)
        end_paragraph(&p, p.n);
    return p.failed ? -ENOMEM : 0;
}
