/* SPDX-License-Identifier: Apache-2.0
 *
 * before.c: attribution before the quotation: the nearest cue that governs it, with its subject; a colon; the owner of
 * a noun cue; the quotation before, of which this one is the next link. Pure; looks no farther than the sentence and
 * QE_REACH.
 */
#include "attribution.h"

/* ---- before the quote
 * -------------------------------------------------------------------------------------------------- */

/* What stands between the cue and the quote, as trust. */
static uint8_t gap_strength(const qe_article *a, uint32_t verb, uint32_t i, int label)
{
    uint32_t gap = i - verb - 1;
    const qe_token *last = &a->flat.at[i - 1];
    if (gap == 0)
        return 93;
    if (last->kind == QE_PUNCT && last->code == ':')
        return 94;
    if (last->kind == QE_PUNCT && last->code == ',')
        return gap <= 12 ? 92 : 85;
    if (last->bits & QE_THAT)
        return 88;
    if (gap <= 3)
        return 84;
    uint32_t cut = (label ? 3u : 1u) * gap;
    return (uint8_t)(cut > 44 ? 36 : 80 - cut);
}

static qe_found cue_found(const qe_article *a, uint32_t verb, uint32_t i, uint32_t first, uint32_t end)
{
    uint64_t bits = qe_bits(a, verb);
    int label = (bits & (QE_CUE_WEAK | QE_WEAK_BASE)) != 0;
    uint8_t strength = gap_strength(a, verb, i, label);
    uint8_t method = strength >= 84 ? QE_BY_CUE_LEFT : QE_BY_CUE_FAR;
    if (verb + 1 == i && (bits & QE_CUE) && !label)
        strength = 96; /* he never said “I resign”, his agent insists */
    int asks = (qe_bits(a, verb + 1) & (QE_REL | QE_SUBORD)) && !(qe_bits(a, verb + 1) & QE_THAT) && verb + 2 < i;
    qe_source source = qe_quoted_as(a, verb, first);
    if (asks) { /* nobody could say what the “tunnel” was for */
        qe_source who = qe_subject_of(a, verb, first);
        if (who.kind == QE_SOURCE_THING && (qe_bits(a, who.first) & QE_NOT))
            return NOTHING_FOUND;
    }
    if (source.kind != QE_SOURCE_NONE)
        return qe_made(verb, verb + 1, source, method, strength);
    if (label && (qe_bits(a, i + 1) & QE_BY)) { /* labelled a “failure” by Kane */
        source = qe_phrase_forward(a, i + 2, end);
        if (source.kind != QE_SOURCE_NONE)
            return qe_made(verb, verb + 1, source, method, strength);
    }
    if (verb == first && (bits & QE_ING)) /* Citing “irreconcilable differences,” Kane … */
        return qe_made(verb, verb + 1, qe_subject_first(a, i + 1, end), QE_BY_CUE_LEFT, 84);
    if (qe_passive(a, verb, first)) {
        source = qe_agent(a, verb, end);
        return qe_made(verb, verb + 1, source, method, strength > 10 ? (uint8_t)(strength - 10) : 0);
    }
    return qe_made(verb, verb + 1, qe_subject_of(a, verb, first), method, strength);
}

/* Does the quote hang on the one before: “cheap”, “late” and “badly built”? */
static int chains(const qe_article *a, uint32_t before, uint32_t i)
{
    if (i - before > 6)
        return 0;
    for (uint32_t k = before + 1; k < i; k++) {
        const qe_token *t = &a->flat.at[k];
        int link = (t->kind == QE_PUNCT && t->code == ',') ||
                   (t->bits & (QE_CONJ | QE_DET | QE_PREP | QE_ADVERB | QE_SAYING_TO));
        if (!link)
            return 0;
    }
    return 1;
}

static qe_found colon(const qe_article *a, uint32_t i, uint32_t first)
{
    if (i == first || !qe_flat_punct(a, i - 1, ':'))
        return NOTHING_FOUND;
    for (uint32_t k = i - 1; k > first && i - k < 14; k--)
        if (qe_bits(a, k - 1) & (QE_NOUNCUE | QE_MEDIUM)) {
            qe_source s = qe_owner_of(a, k - 1, first);
            if (s.kind != QE_SOURCE_NONE)
                return qe_made(k - 1, k, s, QE_BY_COLON, 86);
        }
    return qe_made(i - 1, i, qe_speaking(a, qe_subject_first(a, first, i - 1)), QE_BY_COLON, 84);
}

/* "said that …, but that “…”": the cue of the first "that", or QE_NONE. */
static uint32_t parallel_that(const qe_article *a, uint32_t i, uint32_t first)
{
    if (i < first + 4 || !(qe_bits(a, i - 1) & QE_THAT) || !(qe_bits(a, i - 2) & QE_CONJ))
        return QE_NONE;
    for (uint32_t k = i - 2; k-- > first + 1;) {
        if (!(qe_bits(a, k) & QE_THAT))
            continue;
        for (uint32_t verb = k; verb-- > first && k - verb < 5;)
            if ((qe_bits(a, verb) & (QE_CUE | QE_CUE_BASE)) && qe_is_verb(a, verb, first))
                return verb;
    }
    return QE_NONE;
}

/* Does the cue at k stand in an aside that is over before the quotation at i: "which is supported by Lund, “…”", "- as
 * Lund has said - “…”"? */
static int in_aside(const qe_article *a, uint32_t k, uint32_t i, uint32_t first)
{
    uint32_t start = k, end = k + 1;
    while (start > first && k - start < 14 &&
           !(a->flat.at[start - 1].kind == QE_PUNCT || a->flat.at[start - 1].kind == QE_QUOTE))
        start--;
    while (end < i && !(a->flat.at[end].kind == QE_PUNCT || a->flat.at[end].kind == QE_QUOTE))
        end++;
    if (start == first || end >= i || end - k < 2 || a->flat.at[start - 1].kind != QE_PUNCT)
        return 0;
    int dash = qe_flat_punct(a, start - 1, QE_DASH) && qe_flat_punct(a, end, QE_DASH);
    int comma = qe_flat_punct(a, start - 1, ',') && qe_flat_punct(a, end, ',') && !(qe_bits(a, k) & QE_PRON);
    return (dash && (qe_bits(a, start) & (QE_REL | QE_AS))) || (comma && (qe_bits(a, start) & QE_REL) && end + 1 < i);
}

/* The cue whose that-clause holds a weaker verb at k: explained that the league would seek to “…”. Or QE_NONE. */
static uint32_t outer_cue(const qe_article *a, uint32_t k, uint32_t first)
{
    uint32_t stop = k - first > 24 ? k - 24 : first, words = 0;
    for (uint32_t that = k; that-- > stop + 1;) {
        if (a->flat.at[that].kind == QE_QUOTE || qe_flat_punct(a, that, ';'))
            return QE_NONE;
        words += a->flat.at[that].kind == QE_WORD ? 1u : 20u;
        int bare =
            words > 1 && words <= 6 &&
            ((qe_bits(a, that + 1) & (QE_DET | QE_POSS | QE_PLURAL)) || a->mention_of.at[that + 1] ||
             (qe_bits(a, that + 1) == 0 && (qe_flat(a, that + 1)->flags & QE_ENDS_S)));
        if (bare && (qe_bits(a, that) & QE_CUE) && !(qe_bits(a, that) & QE_OBJECT) && qe_is_verb(a, that, first))
            return that; /* said the minister spoke “for himself” */
        if (!(qe_bits(a, that) & QE_THAT) || !(qe_bits(a, that) & QE_SUBORD))
            continue;
        for (uint32_t verb = that; verb-- > first && that - verb < 4;)
            if ((qe_bits(a, verb) & QE_CUE) && qe_is_verb(a, verb, first))
                return verb;
    }
    return QE_NONE;
}

/* For Kane, it was “…”: the person that the sentence opens with. */
static qe_found in_the_eyes(const qe_article *a, uint32_t i, uint32_t first)
{
    if (!(qe_bits(a, first) & QE_VIEW) || i < first + 2)
        return NOTHING_FOUND;
    qe_source s = qe_phrase_forward(a, first + 1, i);
    const qe_mention *m = s.kind == QE_SOURCE_NAME ? &a->mentions.at[a->mention_of.at[s.name_first] - 1] : NULL;
    const qe_entity *e = m ? &a->entities.at[m->entity] : NULL;
    if (e == NULL || e->person < 0 || (e->person == 0 && (a->lexicon->endings || e->words < 2)))
        return NOTHING_FOUND;
    return qe_made(QE_NONE, QE_NONE, s, QE_BY_CUE_FAR, 72);
}

qe_found qe_look_before(const qe_article *a, const qe_quote *q)
{
    uint32_t i = q->flat;
    const qe_sentence *sentence = &a->sentences.at[a->sentence_of.at[i]];
    uint32_t first = i - sentence->first > QE_REACH ? i - QE_REACH : sentence->first;
    uint32_t parallel = parallel_that(a, i, first);
    if (parallel != QE_NONE) {
        qe_found f = qe_made(parallel, parallel + 1, qe_subject_of(a, parallel, first), QE_BY_CUE_LEFT, 88);
        if (f.strength)
            return f;
    }
    qe_found noun = NOTHING_FOUND;
    for (uint32_t k = i; k-- > first;) {
        const qe_token *t = &a->flat.at[k];
        if (t->kind == QE_QUOTE) {
            const qe_quote *other = &a->quotes.at[t->code];
            if (chains(a, k, i) && other->source.kind != QE_SOURCE_NONE && (k + 1 < i || other->closing == ','))
                return (qe_found){other->cue_first, other->cue_end, other->source, QE_BY_CHAIN,
                                  (uint8_t)(other->strength > 6 ? other->strength - 6 : 0)};
            continue;
        }
        if (t->kind == QE_PUNCT && (t->code == ';'))
            break;
        if (t->kind != QE_WORD)
            continue;
        uint32_t prep = k > first + 1 && (qe_bits(a, k - 1) & QE_DET) ? k - 2 : k - 1;
        if (a->lexicon->nouns_capital && k > first && (t->bits & QE_NOUNCUE) && (qe_bits(a, prep) & QE_PREP)) {
            qe_found f = qe_according(a, prep, i);
            if (f.strength)
                return f;
        }
        if (a->lexicon->nouns_capital && (t->bits & QE_NOUNCUE)) {
            qe_found f = qe_opinion(a, k, first);
            if (f.strength)
                return f;
        }
        if (!a->lexicon->endings && !a->lexicon->nouns_capital && (t->bits & QE_NOUNCUE) && k > first) {
            qe_found f = qe_according(a, (qe_bits(a, k - 1) & QE_POSS) && k > first + 1 ? k - 2 : k - 1, i);
            if (f.strength)
                return f;
        }
        if ((t->bits & QE_ACCORDING) || ((t->bits & QE_NOUNCUE) && (qe_bits(a, k + 1) & QE_OF) && k >= first + 2)) {
            qe_found f = qe_according(a, t->bits & QE_ACCORDING ? k : k - 2, i);
            if (f.strength)
                return f;
        }
        if ((t->bits & (QE_CUE | QE_CUE_BASE | QE_CUE_WEAK | QE_WEAK_BASE)) && qe_is_verb(a, k, first)) {
            if (in_aside(a, k, i, first))
                continue;
            int finite =
                (t->bits & (QE_CUE | QE_ING)) || ((t->bits & QE_CUE_WEAK) && (qe_bits(a, k - 1) & (QE_PRON | QE_REL)));
            uint32_t outer = finite ? QE_NONE : outer_cue(a, k, first);
            if (outer != QE_NONE)
                continue;
            qe_found f = cue_found(a, k, i, first, sentence->end);
            if (f.strength)
                return f.strength + 12 < noun.strength ? noun : f;
            continue;
        }
        int beside = k + 1 == i || (k + 2 == i && a->flat.at[k + 1].kind == QE_PUNCT);
        if ((t->bits & QE_CUE_SOFT) && beside && qe_is_verb(a, k, first))
            return qe_made(k, k + 1, qe_subject_of(a, k, first), QE_BY_CUE_LEFT, 82);
        if ((t->bits & (QE_NOUNCUE | QE_CUE)) && !noun.strength && i - k < 12)
            noun = qe_made(k, k + 1, qe_owner_of(a, k, first), QE_BY_CUE_FAR, i - k < 5 ? 76 : 60);
    }
    if (a->lexicon->nouns_capital && !noun.strength && i > first &&
        (qe_bits(a, i - 1) & QE_AS)) /* feierte sie als „Erfolg“ */
        return qe_made(QE_NONE, QE_NONE, qe_subject_first(a, sentence->first, i), QE_BY_CUE_FAR, 60);
    qe_found f = colon(a, i, sentence->first);
    if (!f.strength && !noun.strength)
        return in_the_eyes(a, i, sentence->first);
    return f.strength >= noun.strength ? f : noun;
}
