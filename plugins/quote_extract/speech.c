/* SPDX-License-Identifier: Apache-2.0
 *
 * speech.c: what a quotation looks like from inside, and whether it is speech.
 *
 * Titles of works, scare quotes, nicknames, signs and words about words stand in the same marks as speech. What decides
 * is the clause around them (a source and a cue, or none) and the shape inside (a sentence, a fragment, a title). Pure;
 * linear.
 */
#include "article.h"

#include <string.h>

static int stops(uint32_t code) { return code == '.' || code == '!' || code == '?' || code == QE_ELLIPSIS; }

static void measure(const qe_tokens *tokens, qe_quote *q)
{
    uint32_t capitals = 0, longer = 0;
    int started = 0;
    q->words = q->closing = 0;
    for (uint32_t i = q->first; i < q->last; i++) {
        const qe_token *t = &tokens->at[i];
        if (t->kind == QE_MARK || (t->kind == QE_PUNCT && (t->code == ']' || t->code == ')')))
            continue;
        if (t->kind == QE_PUNCT) {
            q->closing = t->code;
            continue;
        }
        q->closing = (t->flags & QE_DOTTED) ? '.' : 0; /* “No.” */
        if (!started && (t->kind == QE_NUMBER || (t->flags & QE_CAPITAL)))
            q->flags |= QE_INNER_UPPER;
        started = 1;
        q->words++;
        int small = t->kind == QE_WORD && (t->bits & (QE_DET | QE_PREP | QE_CONJ | QE_OF | QE_SAYING_TO)) != 0;
        longer += !small && t->kind == QE_WORD;
        capitals += !small && (t->flags & QE_CAPITAL);
    }
    if (stops(q->closing))
        q->flags |= QE_CLOSED_BY_STOP;
    if (longer > 0 && capitals == longer && !(q->flags & QE_CONTINUES))
        q->flags |= QE_TITLED;
    if (q->words >= 12 || ((q->flags & QE_INNER_UPPER) && q->words >= 3 && (q->closing || q->words >= 7)) ||
        (q->flags & (QE_CONTINUES | QE_CONTINUED)))
        q->flags |= QE_SENTENCE;
}

void qe_quotes_measure(qe_article *a)
{
    for (uint32_t i = 0; i < a->quotes.n; i++)
        measure(&a->tokens, &a->quotes.at[i]);
}

/* Between the cue and the quote, or right before the quote, something says that the marks are not speech. */
static int labelled(const qe_article *a, const qe_quote *q)
{
    uint32_t i = q->flat;
    if (i > 0 && (a->flat.at[i - 1].bits & (QE_SCARE | QE_MEANS)))
        return 2;
    if (i > 1 && (a->flat.at[i - 1].bits & QE_ING) && (a->flat.at[i - 2].bits & QE_SIGN))
        return 2; /* a placard reading “Resign” */
    for (uint32_t back = 1; back <= 3 && back <= i; back++) {
        const qe_token *t = &a->flat.at[i - back];
        if (t->kind == QE_BREAK || t->kind == QE_QUOTE)
            break;
        if (t->bits & (QE_SCARE | QE_MEANS))
            return 1;
        if ((t->bits & QE_WORK) && (q->flags & QE_TITLED))
            return 1;
        if (t->kind == QE_PUNCT)
            break;
    }
    return qe_bits(a, i + 1) & QE_MEANS ? 2 : 0;
}

static int nickname(const qe_article *a, const qe_quote *q)
{
    uint32_t m = a->mention_of.at[q->flat];
    return m != 0;
}

/* A title by its shape and its place: wrote “Winter Quay”, on “Night Desk”, the show's “Cold Tea”. */
static int is_title(const qe_article *a, const qe_quote *q)
{
    if (!(q->flags & QE_TITLED) || q->words > 10 || q->flat == 0 || a->lexicon->nouns_capital)
        return 0;
    if (q->closing == '!' || q->closing == '?')
        return 0;
    const qe_token *before = &a->flat.at[q->flat - 1], *earlier = q->flat > 1 ? &a->flat.at[q->flat - 2] : before;
    int work = ((before->bits | ((before->bits & QE_DET) ? earlier->bits : 0)) & QE_WORK) != 0;
    int apposed = before->kind == QE_PUNCT && before->code == ',' && (earlier->bits & (QE_WORK | QE_MEDIUM)) &&
                  (q->closing == ',' || q->closing == 0); /* in her memoir, “Salt and Silver,” */
    if ((work || apposed) && q->words >= 2)
        return 1;
    if (q->strength >= 88 && before->kind != QE_WORD)
        return 0;
    return before->kind == QE_WORD && ((before->bits & QE_PREP) || (before->flags & QE_OWNER)) &&
           !(before->bits & QE_AS);
}

/* The painted door reads “staff only”: what reads so and is no person, body or paper carries the words. */
static int inscribed(const qe_article *a, const qe_quote *q)
{
    if (q->source.kind != QE_SOURCE_THING || q->method >= QE_BY_SPLIT || !(qe_bits(a, q->cue_first) & QE_INSCRIBES))
        return 0;
    for (uint32_t i = q->source.first; i < q->source.end && i < q->source.first + 8; i++)
        if (qe_bits(a, i) & (QE_ROLE | QE_ORG | QE_MEDIUM | QE_NOUNCUE | QE_PLURAL))
            return 0;
    return 1;
}

/* Said by a thing that carries words: a sign, a banner. */
static int on_a_sign(const qe_article *a, const qe_quote *q)
{
    if (inscribed(a, q))
        return 1;
    for (uint32_t i = q->source.first;
         q->source.kind == QE_SOURCE_THING && i < q->source.end && i < q->source.first + 4; i++) {
        if (qe_bits(a, i) & QE_SIGN)
            return 1;
        if (qe_bits(a, i) & (QE_ROLE | QE_PREP | QE_OF))
            return 0;
    }
    return 0;
}

/* In a language without a table the shape decides alone. */
static int shaped_like_speech(const qe_article *a, const qe_quote *q)
{
    if (q->words >= 4 || q->closing == ',' || (q->flags & QE_CLOSED_BY_STOP))
        return 1;
    if (a->tokens.at[q->first].code == QE_CORNER_OPEN && q->end - q->start >= 15)
        return 1;
    return qe_flat_punct(a, q->flat + 1, ',') || (q->flat > 0 && qe_flat_punct(a, q->flat - 1, ':'));
}

/* „…“, schrieb die „Hasker Post“: who wrote it. */
static int names_paper(const qe_article *a, const qe_quote *q)
{
    uint32_t verb = q->flat;
    verb -= verb > 0;
    verb -= verb > 0 && (qe_bits(a, verb) & QE_DET);
    return q->words <= 4 && !q->closing && verb > 1 && (qe_bits(a, verb) & QE_CUE) &&
           (qe_flat_kind(a, verb - 1, QE_QUOTE) ||
            (qe_flat_punct(a, verb - 1, ',') && qe_flat_kind(a, verb - 2, QE_QUOTE)));
}

/* Where every noun has a capital, titles and names do not show by theirs; the shape tells more: a fragment that starts
 * small was cut out of speech, a short one that starts with a capital is a name unless a cue stands at it. */
static int speech_among_nouns(const qe_article *a, const qe_quote *q)
{
    if (names_paper(a, q))
        return 0;
    const qe_token *before = q->flat ? &a->flat.at[q->flat - 1] : NULL;
    int starts = before == NULL || a->sentences.at[a->sentence_of.at[q->flat]].first == q->flat;
    int colon = before && before->kind == QE_PUNCT && before->code == ':';
    int named =
        before && before->kind == QE_WORD && (before->flags & QE_CAPITAL) && !(before->bits & (QE_CUE | QE_CUE_WEAK));
    int sourced = q->source.kind != QE_SOURCE_NONE;
    if (named && (qe_bits(a, q->flat + 1) & QE_PREP) && qe_flat_kind(a, q->flat + 2, QE_PUNCT))
        named = 0; /* warf ihr „Sturheit“ vor. */
    if (q->flat != QE_NONE && q->cue_first == q->flat + 1)
        named = 0; /* hat ihr „Sturheit“ vorgeworfen */
    int medium = before && (before->bits & QE_DET) && q->flat > 1 && !(qe_bits(a, q->flat - 2) & QE_PREP) &&
                 q->words <= 3 && !(qe_bits(a, q->cue_first) & QE_CUE_WEAK); /* sagte der „Hasker Zeitung“ */
    int small = !(q->flags & QE_INNER_UPPER), label = labelled(a, q);
    if (label > small || on_a_sign(a, q))
        return 0;
    if (small)
        return q->words >= 2 || sourced;
    if (!sourced && before && (before->bits & QE_DET) && !q->closing)
        return 0; /* erhielt das „Große Ehrenzeichen mit dem Stern“ */
    if (q->words >= 8 || (q->words >= 4 && (starts || colon || (q->flags & QE_CLOSED_BY_STOP))))
        return 1;
    if (starts || colon)
        return sourced && (q->closing || qe_flat_punct(a, q->flat + 1, ','));
    return sourced && q->strength >= 74 && !named && !medium;
}

/* “Ready?” “Not yet.”: short, a sentence of its own, next to another of the kind. */
static int is_turn(const qe_article *a, const qe_quote *q)
{
    const qe_sentence *s = &a->sentences.at[a->sentence_of.at[q->flat]];
    if (s->first != q->flat || s->end != q->flat + 1 || !(q->flags & QE_CLOSED_BY_STOP) || !(q->flags & QE_INNER_UPPER))
        return 0;
    for (uint32_t step = 1; step <= 2; step++) { /* over one line break */
        int before = q->flat >= step && qe_flat_kind(a, q->flat - step, QE_QUOTE);
        int behind = qe_flat_kind(a, q->flat + step, QE_QUOTE);
        if (before || behind)
            return 1;
        if (!qe_flat_kind(a, q->flat + 1, QE_BREAK) && !(q->flat > 0 && qe_flat_kind(a, q->flat - 1, QE_BREAK)))
            return 0;
    }
    return 0;
}

static int is_speech(const qe_article *a, const qe_quote *q)
{
    if (q->words == 0)
        return 0;
    if (a->marks_only)
        return shaped_like_speech(a, q);
    if (q->flags & (QE_CONTINUED | QE_CONTINUES))
        return 1;
    if (q->flat == QE_NONE || nickname(a, q))
        return 0;
    if (q->flags & QE_DIALOGUE_STYLE)
        return 1;
    if (a->lexicon->nouns_capital)
        return speech_among_nouns(a, q);
    if (q->source.kind == QE_SOURCE_NONE)
        return ((q->flags & QE_SENTENCE) && ((q->flags & QE_CLOSED_BY_STOP) || q->closing == ',' ||
                                             q->closing == QE_DASH || q->words >= 8) &&
                !(q->flags & QE_TITLED) && !labelled(a, q)) ||
               is_turn(a, q);
    int label = labelled(a, q);
    return !(label == 2 || (q->strength < 84 && label)) && !is_title(a, q) && !on_a_sign(a, q);
}

/* Does it start with a pronoun and its verb: a clause, though no sign closes it? */
static int clause_inside(const qe_article *a, const qe_quote *q)
{
    const qe_token *t = &a->tokens.at[q->first + 1];
    return q->first + 2 < q->last && (t->bits & QE_PRON) &&
           ((t->bits & QE_FIRST) || (t[1].bits & (QE_AUX | QE_BE | QE_VERB | QE_NOT)));
}

/* Where no letter has a capital: closed by a stop, announced, or followed by the particle that ends what was said. */
static int direct_without_capitals(const qe_article *a, const qe_quote *q)
{
    int particle = a->text.len >= q->end + 3 && !memcmp(a->text.ptr + q->end, "と", 3);
    return (q->flags & QE_CLOSED_BY_STOP) || particle || (q->flat > 0 && qe_flat_punct(a, q->flat - 1, ':'));
}

/* Direct: a sentence or more in the speaker's own words, not woven into the reporter's clause. */
static int is_direct(const qe_article *a, const qe_quote *q)
{
    if (q->flags & (QE_CONTINUED | QE_CONTINUES | QE_DIALOGUE_STYLE))
        return 1;
    if (q->flags & QE_JOINED)
        return 1;
    if (q->flat != QE_NONE && q->first + 1 < q->last && (a->tokens.at[q->first + 1].flags & QE_FOREIGN))
        return direct_without_capitals(a, q);
    if (!(q->flags & QE_INNER_UPPER) || q->flat == QE_NONE)
        return 0;
    if (q->flat == 0)
        return 1;
    const qe_sentence *s = &a->sentences.at[a->sentence_of.at[q->flat]];
    const qe_token *before = &a->flat.at[q->flat - 1];
    int signature = q->cue_first == q->flat + 1 && qe_flat_punct(a, q->flat + 1, QE_DASH);
    int closed = q->closing != 0 || signature ||
                 (qe_flat_kind(a, q->flat + 1, QE_PUNCT) && !qe_flat_punct(a, q->flat + 1, QE_DASH));
    uint32_t start = s->first;
    while (start < q->flat && a->flat.at[start].kind == QE_PUNCT)
        start++;
    if (start == q->flat || qe_flat_punct(a, q->flat - 1, QE_DASH) || qe_flat_punct(a, q->flat - 1, ';'))
        return closed || q->words >= 3;
    if (before->kind == QE_PUNCT && (before->code == ':' || before->code == ','))
        return closed || q->words >= 4;
    if ((before->bits & QE_CUE) && (q->words == 1 || clause_inside(a, q)))
        return 1; /* she never said “I am leaving”; she answered “Perhaps” */
    return !(before->bits & (QE_THAT | QE_DET | QE_PREP)) && q->closing != 0 && q->words >= 4;
}

/* “Low Tide,” “Salt” and “My Boat”: what hangs on a title is one. */
static int lists_titles(const qe_article *a, const qe_quote *before, const qe_quote *q)
{
    if (!(q->flags & before->flags & QE_TITLED) || (before->flags & QE_SPEECH) || before->flat == QE_NONE ||
        q->flat > before->flat + 3)
        return 0;
    for (uint32_t i = before->flat + 1; i < q->flat; i++)
        if (!qe_flat_punct(a, i, ',') && !(qe_bits(a, i) & QE_CONJ))
            return 0;
    return 1;
}

void qe_speech_decide(qe_article *a)
{
    for (uint32_t n = 0; n < a->quotes.n; n++) {
        qe_quote *q = &a->quotes.at[n];
        q->flags |= is_speech(a, q) && !(n > 0 && lists_titles(a, &a->quotes.at[n - 1], q)) ? QE_SPEECH : 0;
        if (q->method == QE_BY_SPLIT && n > 0 && (a->quotes.at[n - 1].flags & QE_SPEECH) &&
            (qe_flat_punct(a, q->flat - 1, ',') || qe_flat_punct(a, q->flat - 1, QE_DASH)))
            q->flags |= QE_JOINED;
        q->flags |= is_direct(a, q) ? QE_DIRECT : 0;
    }
}
