/* SPDX-License-Identifier: Apache-2.0
 *
 * clause.c: what a verb near a quotation is and who belongs to it. Pure; each look is bounded.
 */
#include "attribution.h"

qe_found qe_made(uint32_t first, uint32_t end, qe_source source, uint8_t method, uint8_t strength)
{
    if (source.kind == QE_SOURCE_NONE)
        return NOTHING_FOUND;
    return (qe_found){first, end, source, method, strength};
}

static int is_word(const qe_article *a, uint32_t i) { return qe_flat_kind(a, i, QE_WORD); }

/* A cue word in the place of a verb: not "the claims", "his remarks", "in reports". */
int qe_is_verb(const qe_article *a, uint32_t i, uint32_t first)
{
    if (a->mention_of.at[i])
        return 0;
    if (i == first || a->flat.at[i - 1].kind != QE_WORD)
        return 1;
    if (a->lexicon->nouns_capital && !(a->flat.at[i].flags & QE_CAPITAL))
        return 1; /* a noun would have a capital */
    const qe_token *before = &a->flat.at[i - 1];
    if (before->flags & QE_OWNER)
        return 0;
    if (before->bits & (QE_PRON | QE_REL | QE_AUX))
        return 1;
    if ((before->bits & QE_SAYING_TO) && (a->flat.at[i].bits & (QE_CUE_BASE | QE_WEAK_BASE)))
        return 1;
    if ((before->bits & QE_DET) && (before->bits & QE_ROLE))
        return 1; /* some called it … */
    if ((before->bits & (QE_DET | QE_POSS | QE_PREP)) && !a->mention_of.at[i - 1])
        return 0; /* but: Agnes Till whispered */
    /* "the angry reports", "Kane emails as", "messages have": a noun that could be a verb */
    if (a->flat.at[i].bits & (QE_NOUNCUE | QE_MEDIUM | QE_ROLE | QE_ORG)) {
        if (before->bits == 0 && !(before->flags & QE_CAPITAL))
            return 0;
        return !(qe_bits(a, i + 1) & (QE_AUX | QE_VERB | QE_AS | QE_PREP | QE_CONJ)) ||
               (qe_bits(a, i + 1) & QE_SAYING_TO);
    }
    return 1;
}

/* ---- passives and reports of reports
 * ------------------------------------------------------------------------------------ */

/* The agent of a passive: "was told by Kane", looked for from the verb to the sentence's end. */
qe_source qe_agent(const qe_article *a, uint32_t verb, uint32_t end)
{
    uint32_t stop = end - verb > 25 ? verb + 25 : end;
    for (uint32_t k = verb + 1; k < stop; k++)
        if (qe_bits(a, k) & QE_BY)
            return qe_phrase_forward(a, k + 1, end);
    return (qe_source){.kind = QE_SOURCE_NONE};
}

int qe_passive(const qe_article *a, uint32_t verb, uint32_t first)
{
    uint32_t k = verb;
    while (k > first && (qe_bits(a, k - 1) & (QE_ADVERB | QE_NOT)))
        k--;
    return k > first && (qe_bits(a, k - 1) & QE_BE) && !(qe_bits(a, verb) & QE_ING);
}

/* quoted Kane as saying */
qe_source qe_quoted_as(const qe_article *a, uint32_t verb, uint32_t first)
{
    if (verb < first + 3 || !(qe_bits(a, verb - 1) & QE_AS))
        return (qe_source){.kind = QE_SOURCE_NONE};
    for (uint32_t k = verb - 1; k-- > first && verb - k < 20;)
        if (qe_bits(a, k) & (QE_CUE | QE_CUE_WEAK | QE_VERB))
            return qe_passive(a, k, first) ? qe_subject_of(a, k, first) : qe_phrase_forward(a, k + 1, verb - 1);
    return (qe_source){.kind = QE_SOURCE_NONE};
}

/* The owner of a noun cue that ends at `noun`: "Lund's verdict", "her answer". */
qe_source qe_owner_of(const qe_article *a, uint32_t noun, uint32_t first)
{
    for (uint32_t k = noun; k > first && noun - k < 4; k--) {
        const qe_token *t = &a->flat.at[k - 1];
        if (t->bits & QE_POSS) {
            qe_source s = {k - 1, k, 0, 0, 0, 0, 0, QE_SOURCE_PRONOUN};
            return s;
        }
        if ((t->flags & QE_OWNER) && t->kind == QE_WORD) {
            qe_source s = {k - 1, k, 0, 0, 0, 0, 0, QE_SOURCE_THING};
            if (a->mention_of.at[k - 1]) {
                const qe_mention *m = &a->mentions.at[a->mention_of.at[k - 1] - 1];
                s.first = s.name_first = m->first;
                s.name_end = m->end;
                s.kind = QE_SOURCE_NAME;
            } else {
                while (s.first > first && !(qe_bits(a, s.first) & (QE_DET | QE_POSS)) && is_word(a, s.first - 1) &&
                       !(qe_bits(a, s.first - 1) & (QE_PREP | QE_VERB | QE_AUX | QE_CUE | QE_SUBORD)))
                    s.first--;
            }
            return s;
        }
        if (t->kind != QE_WORD || (t->bits & (QE_DET | QE_VERB | QE_AUX)))
            break;
    }
    return (qe_source){.kind = QE_SOURCE_NONE};
}

/* "according to Roy", "per the report", "in the words of Roy". */
/* "nach Angaben der Polizei", "nach Ansicht von Roy": the noun at `noun`, a preposition before it, its owner behind. */
static qe_found in_the_view(const qe_article *a, uint32_t noun, uint32_t end)
{
    uint32_t at = noun + 1,
             before = noun > 1 && (qe_bits(a, noun - 1) & QE_DET) ? noun - 2 : noun - 1; /* nach den Worten */
    if (noun == 0 || !(qe_bits(a, before) & QE_PREP) || !(qe_bits(a, noun) & QE_NOUNCUE) || at >= end)
        return NOTHING_FOUND;
    if (qe_bits(a, at) & QE_OF)
        at++;
    else if (!(qe_bits(a, at) & QE_DET))
        return NOTHING_FOUND;
    return qe_made(before, noun + 1, qe_phrase_forward(a, at, end), QE_BY_ACCORDING, 86);
}

/* Kane ist der Meinung, dass …; Kane vertritt die Ansicht: who holds the opinion at `noun`, by the verb before it. */
qe_found qe_opinion(const qe_article *a, uint32_t noun, uint32_t first)
{
    if (noun < first + 2 || !(qe_bits(a, noun) & QE_NOUNCUE) || !(qe_bits(a, noun - 1) & QE_DET) ||
        !(qe_bits(a, noun - 2) & (QE_BE | QE_CUE_WEAK)) || !qe_flat_punct(a, noun + 1, ','))
        return NOTHING_FOUND;
    return qe_made(noun, noun + 1, qe_subject_of(a, noun - 2, first), QE_BY_CUE_FAR, 82);
}

qe_found qe_according(const qe_article *a, uint32_t j, uint32_t end)
{
    if (a->lexicon->nouns_capital && (qe_bits(a, j) & QE_PREP)) {
        uint32_t noun = j + 1 + ((qe_bits(a, j + 1) & QE_DET) && !(qe_bits(a, j + 1) & QE_NOUNCUE));
        if (qe_bits(a, noun) & QE_NOUNCUE)
            return in_the_view(a, noun, end);
    }
    if ((qe_bits(a, j) & QE_PREP) && (qe_bits(a, j + 1) & QE_POSS) &&
        (qe_bits(a, j + 2) & QE_NOUNCUE)) /* in his words */
        return qe_made(j, j + 3, (qe_source){j + 1, j + 2, 0, 0, 0, 0, 0, QE_SOURCE_PRONOUN}, QE_BY_ACCORDING, 84);
    if (!a->lexicon->endings && (qe_bits(a, j) & QE_PREP) &&
        (qe_bits(a, j + 1) & QE_NOUNCUE)) { /* en palabras de Ruiz */
        uint32_t of = (qe_bits(a, j + 2) & QE_OF) != 0, at = j + 2 + of;
        int cases = (unsigned char)a->text.ptr[a->flat.at[j + 1].start] >= 0xD0; /* по словам директора */
        if (of || cases || a->mention_of.at[at < end ? at : j] || (qe_bits(a, at) & (QE_ROLE | QE_TITLE)))
            return qe_made(j, at, qe_phrase_forward(a, at, end), QE_BY_ACCORDING, 87);
    }
    if (qe_bits(a, j) & QE_ACCORDING) {
        uint32_t at = j + 1;
        while (at < end && (qe_bits(a, at) & (QE_PREP | QE_SAYING_TO)) && !a->mention_of.at[at])
            at++;
        int de = j > 0 && !a->lexicon->endings && (qe_bits(a, j - 1) & QE_OF); /* de acuerdo con */
        return qe_made(j - (de ? 1 : 0), at, qe_phrase_forward(a, at, end), QE_BY_ACCORDING, 90);
    }
    if ((qe_bits(a, j) & QE_PREP) && (qe_bits(a, j + 1) & QE_DET) && (qe_bits(a, j + 2) & QE_NOUNCUE) &&
        (qe_bits(a, j + 3) & QE_OF))
        return qe_made(j, j + 4, qe_phrase_forward(a, j + 4, end), QE_BY_ACCORDING, 88);
    return NOTHING_FOUND;
}
