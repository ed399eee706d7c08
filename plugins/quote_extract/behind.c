/* SPDX-License-Identifier: Apache-2.0
 *
 * behind.c: attribution behind the quotation: an inverted or plain clause, "according to", a signature, a predicate, a
 * clause at the sentence's end. Pure; looks no farther than the sentence and QE_REACH.
 */
#include "attribution.h"

static int is_word(const qe_article *a, uint32_t i) { return qe_flat_kind(a, i, QE_WORD); }

/* ---- behind the quote
 * -------------------------------------------------------------------------------------------------- */

/* Has the infinitive or participle at k what makes it a clause's verb: would later say, quoted as saying, is heard
 * saying? */
static int led(const qe_article *a, uint32_t k, uint32_t j)
{
    uint32_t i = k;
    while (i > j + 1 && (qe_bits(a, i - 1) & QE_ADVERB))
        i--;
    if (qe_bits(a, i - 1) & (QE_AUX | QE_SAYING_TO | QE_AS))
        return 1;
    return (qe_bits(a, k) & QE_ING) && i > j + 1 && is_word(a, i - 1) && (qe_bits(a, i - 2) & QE_BE);
}

/* The finite cue of the clause that starts at j: "Kane, who led the team, told". QE_NONE if another verb comes first.
 */
static uint32_t clause_cue(const qe_article *a, uint32_t j, uint32_t end, int quote_open_ended)
{
    int relative = 0;
    uint32_t stop = end - j > QE_REACH ? j + QE_REACH : end;
    for (uint32_t k = j; k < stop; k++) {
        const qe_token *t = &a->flat.at[k];
        if (t->kind == QE_QUOTE || qe_flat_punct(a, k, ';') || qe_flat_punct(a, k, ':'))
            return QE_NONE;
        if (qe_flat_punct(a, k, ',') || qe_flat_punct(a, k, ')'))
            relative = 0;
        if (t->kind != QE_WORD)
            continue;
        if ((t->bits & QE_REL) || (k > j && (t->bits & QE_SUBORD) && !(t->bits & QE_PREP)))
            relative = k > j;
        if (relative || k == j || !qe_is_verb(a, k, j))
            continue;
        if (t->bits & QE_CUE)
            return k;
        if ((t->bits & QE_CUE_SOFT) && quote_open_ended)
            return k;
        if ((t->bits & (QE_CUE_BASE | QE_ING)) && led(a, k, j))
            return k;
        if (t->bits & (QE_VERB | QE_CUE_WEAK))
            return QE_NONE;
    }
    return QE_NONE;
}

/* a-t-elle simplement indiqué: the pronoun hangs on the auxiliary, the verb comes behind. */
static qe_found hanging_pronoun(const qe_article *a, uint32_t j, uint32_t end, uint8_t strength)
{
    if (!(qe_bits(a, j) & QE_AUX) || !qe_flat_punct(a, j + 1, '-'))
        return NOTHING_FOUND;
    uint32_t who = j + ((qe_bits(a, j + 2) & QE_ELISION) && qe_flat_punct(a, j + 3, '-') ? 4 : 2), verb = who + 1;
    while (verb < end && verb < who + 4 && !(qe_bits(a, verb) & QE_CUE))
        verb++;
    if (verb >= end || !(qe_bits(a, verb) & QE_CUE) || !(qe_bits(a, who) & QE_PRON))
        return NOTHING_FOUND;
    return qe_made(verb, verb + 1, qe_phrase_forward(a, who, who + 1), QE_BY_CUE_RIGHT, strength);
}

/* schrieb die „Hasker Post“: a name in marks, with its article, at `at`. */
static qe_source paper_at(const qe_article *a, uint32_t at)
{
    uint32_t i = at + ((qe_bits(a, at) & QE_DET) != 0);
    if (!qe_flat_kind(a, i, QE_QUOTE))
        return (qe_source){.kind = QE_SOURCE_NONE};
    const qe_quote *q = &a->quotes.at[a->flat.at[i].code];
    if (q->words > 4 || q->closing || !(q->flags & QE_INNER_UPPER))
        return (qe_source){.kind = QE_SOURCE_NONE};
    return (qe_source){at, i + 1, 0, 0, 0, 0, 0, QE_SOURCE_THING};
}

/* Whose words they are behind the verb at `verb`, the subject starting at `at`: the subject's, or where a medium quotes
 * (zitiert die Post den Architekten Kluge), those of the person behind it. */
static qe_source said_by(const qe_article *a, uint32_t verb, uint32_t at, uint32_t end)
{
    qe_source s = paper_at(a, at);
    if (s.kind == QE_SOURCE_NONE)
        s = qe_phrase_forward(a, at, end);
    if (!a->lexicon->nouns_capital || !(qe_bits(a, verb) & QE_REPORT) || s.kind == QE_SOURCE_NONE)
        return s;
    qe_source quoted = qe_phrase_forward(a, s.end, end);
    return quoted.kind == QE_SOURCE_NAME || (qe_bits(a, s.end) & QE_OBLIQUE) ? quoted : s;
}

qe_found qe_inverted(const qe_article *a, uint32_t j, uint32_t end, uint8_t strength)
{
    qe_found hanging = hanging_pronoun(a, j, end, strength);
    if (hanging.strength)
        return hanging;
    uint32_t reads = j + (qe_flat_kind(a, j, QE_WORD) && a->flat.at[j].end - a->flat.at[j].start < 4);
    int reads_in = (qe_bits(a, reads) & QE_INSCRIBES) && (qe_bits(a, reads + 1) & QE_PREP); /* si legge in una nota */
    if (a->lexicon->inverts && reads_in)
        return qe_made(reads, reads + 1, qe_phrase_forward(a, reads + 2, end), QE_BY_CUE_RIGHT, strength);
    uint32_t verb = j;
    while (verb < end && (qe_bits(a, verb) & (QE_ADVERB | QE_AUX | QE_ELIDED)) && !(qe_bits(a, verb) & QE_CUE))
        verb++;
    if (!(qe_bits(a, verb) & (QE_CUE | QE_CUE_SOFT)) || verb + 1 >= end || a->mention_of.at[verb])
        return NOTHING_FOUND;
    uint32_t at = verb + 1;
    if (qe_flat_punct(a, at, '-'))
        at += (qe_bits(a, at + 1) & QE_ELISION) && qe_flat_punct(a, at + 2, '-') ? 3 : 1; /* dit-il, assure-t-elle */
    while (at < end && (qe_bits(a, at) & QE_ADVERB) && !(qe_bits(a, at) & QE_DET) && at < verb + 3)
        at++;
    if ((qe_bits(a, at) & QE_NEUTER) && (qe_bits(a, at + 1) & QE_PREP)) /* hieß es in einer Stellungnahme */
        return qe_made(verb, verb + 1, qe_phrase_forward(a, at + 2, end), QE_BY_CUE_RIGHT, strength);
    if ((qe_bits(a, at) & (QE_PREP | QE_TIME | QE_SUBORD | QE_SAYING_TO | QE_NOT)) && !a->mention_of.at[at])
        return NOTHING_FOUND;
    return qe_made(verb, verb + 1, said_by(a, verb, at, end), QE_BY_CUE_RIGHT, strength);
}

/* “Avoid” was Lund's verdict; “Maybe later” is what Lund always answers. */
static qe_found predicate(const qe_article *a, uint32_t j, uint32_t end)
{
    if (!(qe_bits(a, j) & QE_BE))
        return NOTHING_FOUND;
    uint32_t at = j + 1;
    while (at < end && (qe_bits(a, at) & QE_ADVERB))
        at++;
    while (at < end && (qe_bits(a, at) & QE_DET) && (qe_bits(a, at + 1) & (QE_DET | QE_POSS)))
        at++; /* all the landlord would say */
    uint32_t said = at < end ? clause_cue(a, at, end, 0) : QE_NONE;
    int ends = said != QE_NONE && (said + 2 >= end || (qe_bits(a, said + 1) & (QE_PREP | QE_TIME)));
    if (ends && !(qe_bits(a, at) & QE_REL))
        return qe_made(said, said + 1, qe_subject_of(a, said, at), QE_BY_PREDICATE, 80);
    if (qe_bits(a, at) & QE_REL)
        return qe_made(said != QE_NONE ? said : j, said != QE_NONE ? said + 1 : at + 1,
                       qe_phrase_forward(a, at + 1, end), QE_BY_PREDICATE, 80);
    for (uint32_t k = at; k < end && k < at + 10 && is_word(a, k); k++)
        if (qe_bits(a, k) & (QE_NOUNCUE | QE_MEDIUM)) {
            if (a->mention_of.at[k + 1 < end ? k + 1 : k] || (qe_bits(a, k + 1) & QE_PRON)) /* the question Lund asks */
                return qe_made(k, k + 1, qe_phrase_forward(a, k + 1, end), QE_BY_PREDICATE, 78);
            qe_source s = qe_owner_of(a, k, at);
            if (s.kind == QE_SOURCE_NONE)
                for (uint32_t of = k + 1; of < end && of < k + 5; of++)
                    if (qe_bits(a, of) & (QE_OF | QE_BY))
                        return qe_made(k, k + 1, qe_phrase_forward(a, of + 1, end), QE_BY_PREDICATE, 78);
            return qe_made(k, k + 1, s, QE_BY_PREDICATE, 80);
        }
    return NOTHING_FOUND;
}

/* “Grateful tonight.” — Pia Lund */
static qe_found signature(const qe_article *a, uint32_t i)
{
    uint32_t dash = qe_flat_kind(a, i + 1, QE_BREAK) ? i + 2 : i + 1;
    if (!qe_flat_punct(a, dash, QE_DASH) || dash + 1 >= a->flat.n)
        return NOTHING_FOUND;
    uint32_t at = dash + 1, end = at;
    while (end < a->flat.n && end < at + 12 && (is_word(a, end) || qe_flat_punct(a, end, ',')))
        end++;
    if (qe_flat_punct(a, end, ':'))
        return NOTHING_FOUND; /* - Fay Coombes: “…”, the next in a list */
    int handle = qe_flat_kind(a, at, QE_WORD) && (a->flat.at[at].flags & QE_HANDLE);
    if (handle)
        return qe_made(dash, dash + 1, (qe_source){at, at + 1, 0, 0, 0, 0, 0, QE_SOURCE_THING}, QE_BY_CUE_RIGHT, 80);
    uint32_t person = at; /* — market trader Jo Lund */
    while (person < at + 4 && person < end && !a->mention_of.at[person] &&
           !(qe_bits(a, person) & (QE_TITLE | QE_VERB | QE_AUX)))
        person++;
    if (person >= end || (!a->mention_of.at[person] && !(qe_bits(a, person) & QE_TITLE)))
        return NOTHING_FOUND;
    if (person > at && !(qe_bits(a, person - 1) & QE_ROLE) && qe_bits(a, person - 1))
        return NOTHING_FOUND;
    for (uint32_t k = at; k < end; k++)
        if (qe_bits(a, k) & (QE_VERB | QE_AUX | QE_CUE))
            return NOTHING_FOUND;
    qe_source s = qe_phrase_forward(a, at, end);
    if (s.kind == QE_SOURCE_THING && a->mention_of.at[person]) { /* — Sand's first demand */
        const qe_mention *m = &a->mentions.at[a->mention_of.at[person] - 1];
        s = (qe_source){m->first, m->end, m->first, m->end, 0, 0, 0, QE_SOURCE_NAME};
    }
    return qe_made(dash, dash + 1, s, QE_BY_CUE_RIGHT, 85);
}

/* “…,” Kane said / Lund was told by Kane / the Echo quoted Kane as saying */
static qe_found clause_behind(const qe_article *a, uint32_t j, uint32_t end, int open_ended)
{
    uint8_t strength = qe_bits(a, j) & QE_CONJ ? 70 : open_ended ? 95 : 82; /* and another clause */
    uint32_t verb = clause_cue(a, j, end, open_ended);
    if (verb != QE_NONE && qe_passive(a, verb, j) && (qe_bits(a, verb) & QE_OBJECT)) {
        qe_source by = qe_agent(a, verb, end);
        if (by.kind != QE_SOURCE_NONE)
            return qe_made(verb, verb + 1, by, QE_BY_CUE_RIGHT, strength);
    }
    if (verb != QE_NONE)
        return qe_made(verb, verb + 1, qe_subject_of(a, verb, j), QE_BY_CUE_RIGHT, strength);
    for (uint32_t k = j + 1; k + 1 < end && k < j + 20 && is_word(a, k); k++)
        if ((qe_bits(a, k) & QE_AS) && (qe_bits(a, k + 1) & QE_ING))
            return qe_made(k + 1, k + 2, qe_quoted_as(a, k + 1, j), QE_BY_CUE_RIGHT, strength);
    return NOTHING_FOUND;
}

/* The offer is “an insult” to night staff, Roy said. */
static qe_found trailing(const qe_article *a, uint32_t i, uint32_t end)
{
    uint32_t comma = end, stop = end - i > QE_REACH ? end - QE_REACH : i;
    for (uint32_t k = end; k-- > stop + 1;)
        if (qe_flat_punct(a, k, ',')) {
            comma = k;
            break;
        }
    if (comma + 2 >= end || end - comma > 24)
        return NOTHING_FOUND;
    qe_found f = qe_according(a, comma + 1, end);
    if (!f.strength)
        f = qe_inverted(a, comma + 1, end, 84);
    if (f.strength)
        return f;
    uint32_t verb = clause_cue(a, comma + 1, end, 0);
    if (verb == QE_NONE || verb > comma + 8 || (qe_bits(a, comma + 1) & (QE_CONJ | QE_REL | QE_SUBORD)))
        return NOTHING_FOUND;
    return qe_made(verb, verb + 1, qe_subject_of(a, verb, comma + 1), QE_BY_CUE_RIGHT, 83);
}

/* Als „Erfolg“ bezeichnete Roy den Plan; Roy hat den Plan als „Erfolg“ bezeichnet. */
static qe_found label_behind(const qe_article *a, uint32_t i, uint32_t verb, uint32_t end)
{
    uint32_t first = a->sentences.at[a->sentence_of.at[i]].first;
    if (a->lexicon->nouns_capital && (qe_bits(a, verb + 1) & QE_BE))
        return NOTHING_FOUND; /* was als „Sonnenwind“ bezeichnet wird: nobody's word */
    qe_source s = qe_relative_subject(a, verb, first);
    if (s.kind == QE_SOURCE_NONE)
        s = qe_subject_first(a, first, i);
    if (s.kind == QE_SOURCE_NONE)
        s = qe_phrase_forward(a, verb + 1, end);
    return qe_made(verb, verb + 1, s, QE_BY_CUE_RIGHT, 85);
}

qe_found qe_look_behind(const qe_article *a, const qe_quote *q)
{
    uint32_t i = q->flat, sentence = a->sentence_of.at[i];
    qe_found sign = signature(a, i);
    if (sign.strength)
        return sign;
    uint32_t end = a->sentences.at[sentence].end, j = i + 1;
    int open_ended = q->closing == ',' || q->closing == '?' || q->closing == '!' || q->closing == QE_DASH ||
                     q->closing == QE_ELLIPSIS;
    while (j < end && a->flat.at[j].kind == QE_PUNCT && (a->flat.at[j].code == ',' || a->flat.at[j].code == QE_DASH)) {
        open_ended |= a->flat.at[j].code == ',';
        j++;
    }
    if (j >= end)
        return NOTHING_FOUND;
    int initial = i == a->sentences.at[sentence].first || qe_flat_kind(a, i - 1, QE_QUOTE);
    qe_found f = qe_according(a, j, end);
    if (!f.strength)
        f = qe_inverted(a, j, end, initial ? 97 : open_ended ? 90 : 66);
    if (f.strength)
        return f;
    f = predicate(a, j, end);
    if (f.strength && initial)
        return f;
    if (a->lexicon->inverts && !initial && (qe_bits(a, j) & (QE_CUE_WEAK | QE_WEAK_BASE | QE_CUE_BASE)))
        return label_behind(a, i, j, end);
    if (initial && qe_flat_punct(a, i + 1, ':') && qe_flat_kind(a, end, QE_BREAK) && !qe_flat_punct(a, end - 1, '.'))
        return qe_made(i + 1, i + 2, qe_phrase_forward(a, i + 2, end), QE_BY_COLON,
                       75); /* a headline: ‘It hurt’: driver speaks */
    if (!open_ended && q->closing != '.') {
        if (!initial)
            return trailing(a, i, end);
        f = clause_behind(a, j, end, 0);
        return f.strength ? f : trailing(a, i, end);
    }
    return clause_behind(a, j, end, open_ended);
}
