/* SPDX-License-Identifier: Apache-2.0
 *
 * sentence.c: makes the flat text and cuts it into sentences.
 *
 * A sentence may run through a quotation: “Who pays?” asked Roy. is one. Abbreviations come from the lexicon, by way of
 * the tokens' flags. Pure; linear.
 */
#include "article.h"

#include <errno.h>
#include <string.h>

#define MASKED_TOKENS 4000u /* of captions and credits that are looked at for names */

/* A word that starts a sentence when it has a capital: the, he, in, when. */
#define STARTERS (QE_DET | QE_PRON | QE_PREP | QE_SUBORD | QE_CONJ | QE_POSS | QE_ADVERB | QE_NOT)

/* An attribution of a few words starts at i: its verb, or QE_NONE. */
static uint32_t attribution_verb(const qe_article *a, uint32_t i)
{
    if (!qe_flat_kind(a, i, QE_WORD))
        return QE_NONE;
    if ((qe_bits(a, i) & QE_CUE) && !(a->flat.at[i].flags & QE_CAPITAL))
        return i;
    for (uint32_t k = i; k < i + 10 && k < a->flat.n; k++) {
        const qe_token *t = &a->flat.at[k];
        if (t->kind != QE_WORD && !qe_flat_punct(a, k, ','))
            return QE_NONE;
        if (k > i && (t->bits & QE_CUE))
            return k;
        if (t->bits & (QE_AUX | QE_VERB | QE_SUBORD | QE_CUE_WEAK))
            return QE_NONE;
    }
    return QE_NONE;
}

static int stops(uint32_t code) { return code == '.' || code == '!' || code == '?' || code == QE_ELLIPSIS; }

static int starts_sentence(const qe_article *a, uint32_t i)
{
    if (i >= a->flat.n)
        return 1;
    const qe_token *t = &a->flat.at[i];
    switch (t->kind) {
    case QE_WORD: return (t->flags & (QE_CAPITAL | QE_HANDLE | QE_FOREIGN)) != 0;
    case QE_PUNCT:
        return t->code == '(' || t->code == '[' || t->code == QE_BULLET || t->code == 0xA1 || t->code == 0xBF ||
               t->code == QE_DASH;
    default: return 1;
    }
}

/* Does the sentence end behind the quotation at flat token i? */
static int ends_at_quote(const qe_article *a, uint32_t i)
{
    const qe_quote *quote = &a->quotes.at[a->flat.at[i].code];
    if (i + 1 >= a->flat.n || !stops(quote->closing) || !starts_sentence(a, i + 1))
        return 0;
    if (qe_flat_kind(a, i + 1, QE_QUOTE))
        return 1;
    if (qe_flat_punct(a, i + 1, QE_DASH) || qe_flat_punct(a, i + 1, '('))
        return 0;
    uint32_t verb = attribution_verb(a, i + 1);
    int announced = i > 0 && qe_flat_punct(a, i - 1, ':'); /* Kane said: “Run!” Lund laughed. */
    if (verb == QE_NONE || ((announced || a->lexicon->nouns_capital) && verb != i + 1))
        return 1; /* German has the verb right behind the quotation */
    if (quote->closing != '.')
        return 0;
    if (verb > i + 5)
        return 1;
    return !(verb + 1 >= a->flat.n || qe_flat_kind(a, verb + 1, QE_BREAK) || qe_flat_punct(a, verb + 1, '.'));
}

/* Am 20. Juli, Benedikt XVI.: is the dot at i that of an ordinal, where a dot makes one? */
static int is_ordinal(const qe_article *a, uint32_t i)
{
    if (!a->lexicon->nouns_capital || i == 0 || a->flat.at[i].code != '.' || !qe_flat_kind(a, i + 1, QE_WORD))
        return 0;
    const qe_token *t = &a->flat.at[i - 1];
    if (t->end != a->flat.at[i].start)
        return 0;
    uint32_t roman = t->start;
    while (t->kind == QE_WORD && roman < t->end && strchr("IVX", a->text.ptr[roman]))
        roman++;
    return (t->kind == QE_NUMBER && t->end - t->start <= 2) || (roman == t->end && t->end - t->start > 1);
}

/* The point of 9.1. */
static int is_point(const qe_article *a, uint32_t i)
{
    return i > 0 && qe_flat_kind(a, i - 1, QE_NUMBER) && qe_flat_kind(a, i + 1, QE_NUMBER) &&
           a->flat.at[i - 1].end == a->flat.at[i].start && a->flat.at[i].end == a->flat.at[i + 1].start;
}

static int ends_at(const qe_article *a, uint32_t i)
{
    const qe_token *t = &a->flat.at[i];
    if (t->kind == QE_QUOTE)
        return ends_at_quote(a, i);
    if (t->kind == QE_PUNCT && (is_ordinal(a, i) || is_point(a, i)))
        return 0;
    if (t->kind == QE_PUNCT)
        return (stops(t->code) && starts_sentence(a, i + 1)) || (t->code == QE_BULLET);
    if (t->kind != QE_WORD || !(t->flags & QE_DOTTED) || (t->bits & QE_TITLE) || i + 1 >= a->flat.n)
        return 0;
    const qe_token *next = &a->flat.at[i + 1];
    if (next->kind == QE_QUOTE)
        return (a->quotes.at[next->code].flags & QE_INNER_UPPER) &&
               (a->quotes.at[next->code].words > 2 || a->quotes.at[next->code].closing == ',');
    return next->kind == QE_WORD && (next->flags & QE_CAPITAL) && (next->bits & STARTERS) &&
           !(next->flags & QE_INITIAL);
}

static int push_flat(qe_article *a, qe_token token)
{
    if (!QE_ROOM(&a->flat) || !QE_ROOM(&a->sentence_of) || !QE_ROOM(&a->mention_of))
        return -ENOMEM;
    a->sentence_of.at[a->sentence_of.n++] = QE_NONE;
    a->mention_of.at[a->mention_of.n++] = 0;
    a->flat.at[a->flat.n++] = token;
    return 0;
}

/* An apostrophe behind a plural is the owner's; other marks that pair with nothing vanish. */
static void drop_mark(qe_article *a, const qe_token *mark)
{
    if (mark->code < QE_SINGLES || a->flat.n == 0)
        return;
    qe_token *before = &a->flat.at[a->flat.n - 1];
    if (before->kind == QE_WORD && before->end == mark->start && (before->flags & QE_ENDS_S))
        before->flags |= QE_OWNER;
}

static int fill_flat(qe_article *a)
{
    uint32_t quote = 0;
    a->flat.n = a->sentence_of.n = a->mention_of.n = 0;
    for (uint32_t i = 0; i < a->tokens.n; i++) {
        const qe_token *token = &a->tokens.at[i];
        if (quote < a->quotes.n && a->quotes.at[quote].first == i) {
            qe_quote *q = &a->quotes.at[quote];
            q->flat = a->flat.n;
            int error = push_flat(a, (qe_token){.start = q->start, .end = q->end, .kind = QE_QUOTE, .code = quote});
            if (error)
                return error;
            i = q->last - 1;
            quote++;
            continue;
        }
        if (token->kind == QE_MARK)
            drop_mark(a, token);
        else if (token->kind == QE_BREAK ? a->flat.n && a->flat.at[a->flat.n - 1].kind != QE_BREAK
                                         : !(token->flags & QE_MASKED))
            if (push_flat(a, *token))
                return -ENOMEM;
    }
    return 0;
}

/* Where a cue stands between commas inside the quotation, or QE_NONE. */
static uint32_t inner_cue(const qe_article *a, const qe_quote *q)
{
    uint32_t stop = q->last - q->first > 120 ? q->first + 120 : q->last;
    for (uint32_t i = q->first + 2; i + 2 < stop; i++) {
        const qe_token *t = &a->tokens.at[i];
        int pause = t[-1].kind == QE_PUNCT &&
                    (t[-1].code == ',' || ((q->flags & QE_DIALOGUE_STYLE) && qe_stops(&t[-1]) && t[-1].code != '.'));
        if (!pause || t->kind != QE_WORD || (t->flags & QE_CAPITAL))
            continue;
        if ((t->bits & QE_CUE) || ((t->bits & QE_AUX) && (t[1].bits & QE_CUE)))
            return i;
    }
    return QE_NONE;
}

/* Attributions inside the marks go to the end of the flat text, each a sentence of its own. */
static int append_incises(qe_article *a)
{
    for (uint32_t n = 0; n < a->quotes.n; n++) {
        qe_quote *q = &a->quotes.at[n];
        uint32_t i = inner_cue(a, q), end = i;
        if (i == QE_NONE)
            continue;
        if (push_flat(a, (qe_token){.start = q->end, .end = q->end, .kind = QE_BREAK}))
            return -ENOMEM;
        q->incise = a->flat.n;
        while (end < q->last && end < i + 14 && a->tokens.at[end].kind != QE_MARK && !qe_stops(&a->tokens.at[end]))
            if (push_flat(a, a->tokens.at[end++]))
                return -ENOMEM;
    }
    return 0;
}

/* Captions and credits name people in full: their words go behind the story, where names are collected, and no clause
 * is read. */
static int append_masked(qe_article *a)
{
    uint32_t left = MASKED_TOKENS, last = QE_NONE;
    for (uint32_t i = 0; i < a->tokens.n && left > 0; i++) {
        const qe_token *t = &a->tokens.at[i];
        if (!(t->flags & QE_MASKED) || t->kind == QE_BREAK || t->kind == QE_MARK)
            continue;
        qe_token stop = {.start = t->start, .end = t->start, .kind = QE_BREAK};
        for (int n = last == QE_NONE ? 2 : last + 1 < i; n > 0; n--) /* two: nothing behind the story looks signed */
            if (push_flat(a, stop))
                return -ENOMEM;
        if (push_flat(a, *t))
            return -ENOMEM;
        last = i;
        left--;
    }
    return 0;
}

int qe_flatten(qe_article *a)
{
    int error = fill_flat(a);
    if (!error && a->lexicon->incise)
        error = append_incises(a);
    if (!error)
        error = append_masked(a);
    a->sentences.n = 0;
    uint32_t paragraph = 0, first = 0;
    for (uint32_t i = 0; i < a->flat.n && !error; i++) {
        int is_break = a->flat.at[i].kind == QE_BREAK;
        if (!is_break)
            a->sentence_of.at[i] = a->sentences.n;
        if (!is_break && i + 1 < a->flat.n && !ends_at(a, i))
            continue;
        uint32_t end = is_break ? i : i + 1;
        if (end > first) {
            if (!QE_ROOM(&a->sentences))
                return -ENOMEM;
            a->sentences.at[a->sentences.n++] = (qe_sentence){first, end, paragraph};
        }
        first = i + 1;
        paragraph += is_break ? 1u : 0u;
    }
    return error;
}
