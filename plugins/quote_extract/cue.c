/* SPDX-License-Identifier: Apache-2.0
 *
 * cue.c: finds, for each quotation, the cue and the source in the sentence that it stands in.
 *
 * Behind the quote: an inverted or plain attribution clause, "according to", a dash, a predicate. Before it: the nearest
 * cue that governs it, with its subject; a colon; a possessor of a noun cue. Where both sides offer one, the stronger wins.
 * Each quote looks at most REACH tokens to each side, within its sentence.
 */
#include "article.h"

#define REACH 70u

struct found {
    uint32_t cue_first, cue_end;
    qe_source source;
    uint8_t method, strength;
};

#define NOTHING_FOUND ((struct found){QE_NONE, QE_NONE, {.kind = QE_SOURCE_NONE}, QE_UNATTRIBUTED, 0})

static struct found made(uint32_t first, uint32_t end, qe_source source, uint8_t method, uint8_t strength)
{
    if (source.kind == QE_SOURCE_NONE)
        return NOTHING_FOUND;
    return (struct found){first, end, source, method, strength};
}

static int is_word(const qe_article *a, uint32_t i) { return qe_flat_kind(a, i, QE_WORD); }

/* A cue word in the place of a verb: not "the claims", "his remarks", "in reports". */
static int is_verb(const qe_article *a, uint32_t i, uint32_t first)
{
    if (a->mention_of.at[i])
        return 0;
    if (i == first || a->flat.at[i - 1].kind != QE_WORD)
        return 1;
    const qe_token *before = &a->flat.at[i - 1];
    if (before->flags & QE_OWNER)
        return 0;
    if (before->bits & (QE_PRON | QE_REL | QE_AUX))
        return 1;
    if (before->bits & (QE_DET | QE_POSS | QE_PREP))
        return 0;
    /* "the angry reports", "Kane emails as", "messages have": a noun that could be a verb */
    if (a->flat.at[i].bits & (QE_NOUNCUE | QE_MEDIUM | QE_ROLE | QE_ORG)) {
        if (before->bits == 0 && !(before->flags & QE_CAPITAL))
            return 0;
        return !(qe_bits(a, i + 1) & (QE_AUX | QE_VERB | QE_AS | QE_PREP | QE_CONJ)) || (qe_bits(a, i + 1) & QE_SAYING_TO);
    }
    return 1;
}

/* ---- passives and reports of reports ------------------------------------------------------------------------------------ */

/* The agent of a passive: "was told by Kane", looked for from the verb to the sentence's end. */
static qe_source agent(const qe_article *a, uint32_t verb, uint32_t end)
{
    uint32_t stop = end - verb > 25 ? verb + 25 : end;
    for (uint32_t k = verb + 1; k < stop; k++)
        if (qe_bits(a, k) & QE_BY)
            return qe_phrase_forward(a, k + 1, end);
    return (qe_source){.kind = QE_SOURCE_NONE};
}

static int passive(const qe_article *a, uint32_t verb, uint32_t first)
{
    uint32_t k = verb;
    while (k > first && (qe_bits(a, k - 1) & (QE_ADVERB | QE_NOT)))
        k--;
    return k > first && (qe_bits(a, k - 1) & QE_BE) && !(qe_bits(a, verb) & QE_ING);
}

/* quoted Kane as saying */
static qe_source quoted_as(const qe_article *a, uint32_t verb, uint32_t first)
{
    if (verb < first + 3 || !(qe_bits(a, verb - 1) & QE_AS))
        return (qe_source){.kind = QE_SOURCE_NONE};
    for (uint32_t k = verb - 1; k-- > first && verb - k < 20;)
        if (qe_bits(a, k) & (QE_CUE | QE_CUE_WEAK | QE_VERB))
            return passive(a, k, first) ? qe_subject_of(a, k, first) : qe_phrase_forward(a, k + 1, verb - 1);
    return (qe_source){.kind = QE_SOURCE_NONE};
}

/* ---- behind the quote -------------------------------------------------------------------------------------------------- */

/* The finite cue of the clause that starts at j: "Kane, who led the team, told". QE_NONE if another verb comes first. */
static uint32_t clause_cue(const qe_article *a, uint32_t j, uint32_t end, int quote_open_ended)
{
    int relative = 0;
    uint32_t stop = end - j > REACH ? j + REACH : end;
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
        if (relative || k == j || !is_verb(a, k, j))
            continue;
        if (t->bits & QE_CUE)
            return k;
        if ((t->bits & QE_CUE_SOFT) && quote_open_ended)
            return k;
        if ((t->bits & (QE_CUE_BASE | QE_ING)) && (qe_bits(a, k - 1) & (QE_AUX | QE_ADVERB | QE_SAYING_TO | QE_AS)))
            return k; /* would later say, was quoted as saying */
        if (t->bits & (QE_VERB | QE_CUE_WEAK))
            return QE_NONE;
    }
    return QE_NONE;
}

static struct found inverted(const qe_article *a, uint32_t j, uint32_t end, uint8_t strength)
{
    uint32_t verb = j;
    while (verb < end && (qe_bits(a, verb) & (QE_ADVERB | QE_AUX)) && !(qe_bits(a, verb) & QE_CUE))
        verb++;
    if (!(qe_bits(a, verb) & (QE_CUE | QE_CUE_SOFT)) || verb + 1 >= end || a->mention_of.at[verb])
        return NOTHING_FOUND;
    uint32_t at = verb + 1;
    if (qe_flat_punct(a, at, '-'))
        at++; /* dit-il */
    while (at < end && (qe_bits(a, at) & QE_ADVERB) && !(qe_bits(a, at) & QE_DET) && at < verb + 3)
        at++;
    if ((qe_bits(a, at) & (QE_PREP | QE_TIME | QE_SUBORD | QE_SAYING_TO | QE_NOT)) && !a->mention_of.at[at])
        return NOTHING_FOUND;
    return made(verb, verb + 1, qe_phrase_forward(a, at, end), QE_BY_CUE_RIGHT, strength);
}

/* "according to Roy", "per the report", "in the words of Roy". */
static struct found according(const qe_article *a, uint32_t j, uint32_t end)
{
    if (qe_bits(a, j) & QE_ACCORDING) {
        uint32_t at = j + 1;
        while (at < end && (qe_bits(a, at) & (QE_PREP | QE_SAYING_TO)) && !a->mention_of.at[at])
            at++;
        return made(j, at, qe_phrase_forward(a, at, end), QE_BY_ACCORDING, 90);
    }
    if ((qe_bits(a, j) & QE_PREP) && (qe_bits(a, j + 1) & QE_DET) && (qe_bits(a, j + 2) & QE_NOUNCUE) && (qe_bits(a, j + 3) & QE_OF))
        return made(j, j + 4, qe_phrase_forward(a, j + 4, end), QE_BY_ACCORDING, 88);
    return NOTHING_FOUND;
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

/* “Avoid” was Lund's verdict; “Maybe later” is what Lund always answers. */
static struct found predicate(const qe_article *a, uint32_t j, uint32_t end)
{
    if (!(qe_bits(a, j) & QE_BE))
        return NOTHING_FOUND;
    uint32_t at = j + 1;
    while (at < end && (qe_bits(a, at) & QE_ADVERB))
        at++;
    while (at < end && (qe_bits(a, at) & QE_DET) && (qe_bits(a, at + 1) & (QE_DET | QE_POSS)))
        at++; /* all the landlord would say */
    uint32_t said = at < end ? clause_cue(a, at, end, 0) : QE_NONE;
    if (said != QE_NONE && said + 2 >= end && !(qe_bits(a, at) & QE_REL))
        return made(said, said + 1, qe_subject_of(a, said, at), QE_BY_PREDICATE, 80);
    if (qe_bits(a, at) & QE_REL)
        return made(j, at + 1, qe_phrase_forward(a, at + 1, end), QE_BY_PREDICATE, 80);
    for (uint32_t k = at; k < end && k < at + 10 && is_word(a, k); k++)
        if (qe_bits(a, k) & (QE_NOUNCUE | QE_MEDIUM)) {
            qe_source s = qe_owner_of(a, k, at);
            if (s.kind == QE_SOURCE_NONE)
                for (uint32_t of = k + 1; of < end && of < k + 5; of++)
                    if (qe_bits(a, of) & (QE_OF | QE_BY))
                        return made(k, k + 1, qe_phrase_forward(a, of + 1, end), QE_BY_PREDICATE, 78);
            return made(k, k + 1, s, QE_BY_PREDICATE, 80);
        }
    return NOTHING_FOUND;
}

/* “Grateful tonight.” — Pia Lund */
static struct found signature(const qe_article *a, uint32_t i)
{
    uint32_t dash = qe_flat_kind(a, i + 1, QE_BREAK) ? i + 2 : i + 1;
    if (!qe_flat_punct(a, dash, QE_DASH) || dash + 1 >= a->flat.n)
        return NOTHING_FOUND;
    uint32_t at = dash + 1, end = at;
    while (end < a->flat.n && end < at + 12 && (is_word(a, end) || qe_flat_punct(a, end, ',')))
        end++;
    int handle = qe_flat_kind(a, at, QE_WORD) && (a->flat.at[at].flags & QE_HANDLE);
    if (handle)
        return made(dash, dash + 1, (qe_source){at, at + 1, 0, 0, 0, 0, 0, QE_SOURCE_THING}, QE_BY_CUE_RIGHT, 80);
    if (!a->mention_of.at[at] && !(qe_bits(a, at) & QE_TITLE))
        return NOTHING_FOUND;
    for (uint32_t k = at; k < end; k++)
        if (qe_bits(a, k) & (QE_VERB | QE_AUX | QE_CUE))
            return NOTHING_FOUND;
    qe_source s = qe_phrase_forward(a, at, end);
    if (s.kind == QE_SOURCE_THING && a->mention_of.at[at]) { /* — Sand's first demand */
        const qe_mention *m = &a->mentions.at[a->mention_of.at[at] - 1];
        s = (qe_source){m->first, m->end, m->first, m->end, 0, 0, 0, QE_SOURCE_NAME};
    }
    return made(dash, dash + 1, s, QE_BY_CUE_RIGHT, 85);
}

/* “…,” Kane said / Lund was told by Kane / the Echo quoted Kane as saying */
static struct found clause_behind(const qe_article *a, uint32_t j, uint32_t end, int open_ended)
{
    uint8_t strength = open_ended ? 95 : 82;
    uint32_t verb = clause_cue(a, j, end, open_ended);
    if (verb != QE_NONE && passive(a, verb, j) && (qe_bits(a, verb) & QE_OBJECT)) {
        qe_source by = agent(a, verb, end);
        if (by.kind != QE_SOURCE_NONE)
            return made(verb, verb + 1, by, QE_BY_CUE_RIGHT, strength);
    }
    if (verb != QE_NONE)
        return made(verb, verb + 1, qe_subject_of(a, verb, j), QE_BY_CUE_RIGHT, strength);
    for (uint32_t k = j + 1; k + 1 < end && k < j + 20 && is_word(a, k); k++)
        if ((qe_bits(a, k) & QE_AS) && (qe_bits(a, k + 1) & QE_ING))
            return made(k + 1, k + 2, quoted_as(a, k + 1, j), QE_BY_CUE_RIGHT, strength);
    return NOTHING_FOUND;
}

/* The offer is “an insult” to night staff, Roy said. */
static struct found trailing(const qe_article *a, uint32_t i, uint32_t end)
{
    uint32_t comma = end, stop = end - i > REACH ? end - REACH : i;
    for (uint32_t k = end; k-- > stop + 1;)
        if (qe_flat_punct(a, k, ',')) {
            comma = k;
            break;
        }
    if (comma + 2 >= end || end - comma > 24)
        return NOTHING_FOUND;
    struct found f = according(a, comma + 1, end);
    if (!f.strength)
        f = inverted(a, comma + 1, end, 84);
    if (f.strength)
        return f;
    uint32_t verb = clause_cue(a, comma + 1, end, 0);
    if (verb == QE_NONE || verb > comma + 8 || (qe_bits(a, comma + 1) & (QE_CONJ | QE_REL | QE_SUBORD)))
        return NOTHING_FOUND;
    return made(verb, verb + 1, qe_subject_of(a, verb, comma + 1), QE_BY_CUE_RIGHT, 83);
}

static struct found look_right(const qe_article *a, const qe_quote *q)
{
    uint32_t i = q->flat, sentence = a->sentence_of.at[i];
    struct found sign = signature(a, i);
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
    struct found f = according(a, j, end);
    if (!f.strength)
        f = inverted(a, j, end, initial ? 97 : open_ended ? 90 : 66);
    if (f.strength)
        return f;
    f = predicate(a, j, end);
    if (f.strength && initial)
        return f;
    if (initial && qe_flat_punct(a, i + 1, ':') && qe_flat_kind(a, end, QE_BREAK) && !qe_flat_punct(a, end - 1, '.'))
        return made(i + 1, i + 2, qe_phrase_forward(a, i + 2, end), QE_BY_COLON, 75); /* a headline: ‘It hurt’: driver speaks */
    if (!open_ended && q->closing != '.') {
        if (!initial)
            return trailing(a, i, end);
        f = clause_behind(a, j, end, 0);
        return f.strength ? f : trailing(a, i, end);
    }
    return clause_behind(a, j, end, open_ended);
}

/* ---- before the quote -------------------------------------------------------------------------------------------------- */

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

static struct found cue_found(const qe_article *a, uint32_t verb, uint32_t i, uint32_t first, uint32_t end)
{
    uint64_t bits = qe_bits(a, verb);
    int label = (bits & (QE_CUE_WEAK | QE_WEAK_BASE)) != 0;
    uint8_t strength = gap_strength(a, verb, i, label);
    uint8_t method = strength >= 84 ? QE_BY_CUE_LEFT : QE_BY_CUE_FAR;
    qe_source source = quoted_as(a, verb, first);
    if (source.kind != QE_SOURCE_NONE)
        return made(verb, verb + 1, source, method, strength);
    if (label && (qe_bits(a, i + 1) & QE_BY)) { /* labelled a “failure” by Kane */
        source = qe_phrase_forward(a, i + 2, end);
        if (source.kind != QE_SOURCE_NONE)
            return made(verb, verb + 1, source, method, strength);
    }
    if (passive(a, verb, first)) {
        source = agent(a, verb, end);
        if (source.kind == QE_SOURCE_NONE && !(bits & QE_OBJECT) && !label)
            source = qe_subject_of(a, verb, first);
        return made(verb, verb + 1, source, method, strength > 10 ? (uint8_t)(strength - 10) : 0);
    }
    return made(verb, verb + 1, qe_subject_of(a, verb, first), method, strength);
}

/* Does the quote hang on the one before: “cheap”, “late” and “badly built”? */
static int chains(const qe_article *a, uint32_t before, uint32_t i)
{
    if (i - before > 6)
        return 0;
    for (uint32_t k = before + 1; k < i; k++) {
        const qe_token *t = &a->flat.at[k];
        int link = (t->kind == QE_PUNCT && t->code == ',') || (t->bits & (QE_CONJ | QE_DET | QE_PREP | QE_ADVERB | QE_SAYING_TO));
        if (!link)
            return 0;
    }
    return 1;
}

static struct found colon(const qe_article *a, uint32_t i, uint32_t first)
{
    if (i == first || !qe_flat_punct(a, i - 1, ':'))
        return NOTHING_FOUND;
    for (uint32_t k = i - 1; k > first && i - k < 14; k--)
        if (qe_bits(a, k - 1) & (QE_NOUNCUE | QE_MEDIUM)) {
            qe_source s = qe_owner_of(a, k - 1, first);
            if (s.kind != QE_SOURCE_NONE)
                return made(k - 1, k, s, QE_BY_COLON, 86);
        }
    return made(i - 1, i, qe_subject_first(a, first, i - 1), QE_BY_COLON, 84);
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
            if ((qe_bits(a, verb) & (QE_CUE | QE_CUE_BASE)) && is_verb(a, verb, first))
                return verb;
    }
    return QE_NONE;
}

static struct found look_left(const qe_article *a, const qe_quote *q)
{
    uint32_t i = q->flat;
    const qe_sentence *sentence = &a->sentences.at[a->sentence_of.at[i]];
    uint32_t first = i - sentence->first > REACH ? i - REACH : sentence->first;
    uint32_t parallel = parallel_that(a, i, first);
    if (parallel != QE_NONE) {
        struct found f = made(parallel, parallel + 1, qe_subject_of(a, parallel, first), QE_BY_CUE_LEFT, 88);
        if (f.strength)
            return f;
    }
    struct found noun = NOTHING_FOUND;
    for (uint32_t k = i; k-- > first;) {
        const qe_token *t = &a->flat.at[k];
        if (t->kind == QE_QUOTE) {
            const qe_quote *other = &a->quotes.at[t->code];
            if (chains(a, k, i) && other->source.kind != QE_SOURCE_NONE && k + 1 < i)
                return (struct found){other->cue_first, other->cue_end, other->source, QE_BY_CHAIN,
                                      (uint8_t)(other->strength > 6 ? other->strength - 6 : 0)};
            continue;
        }
        if (t->kind == QE_PUNCT && (t->code == ';'))
            break;
        if (t->kind != QE_WORD)
            continue;
        if ((t->bits & QE_ACCORDING) || ((t->bits & QE_NOUNCUE) && (qe_bits(a, k + 1) & QE_OF) && k >= first + 2)) {
            struct found f = according(a, t->bits & QE_ACCORDING ? k : k - 2, i);
            if (f.strength)
                return f;
        }
        if ((t->bits & (QE_CUE | QE_CUE_BASE | QE_CUE_WEAK | QE_WEAK_BASE)) && is_verb(a, k, first)) {
            struct found f = cue_found(a, k, i, first, sentence->end);
            if (f.strength)
                return f.strength + 12 < noun.strength ? noun : f;
            continue;
        }
        int beside = k + 1 == i || (k + 2 == i && a->flat.at[k + 1].kind == QE_PUNCT);
        if ((t->bits & QE_CUE_SOFT) && beside && is_verb(a, k, first))
            return made(k, k + 1, qe_subject_of(a, k, first), QE_BY_CUE_LEFT, 82);
        if ((t->bits & (QE_NOUNCUE | QE_CUE)) && !noun.strength && i - k < 12)
            noun = made(k, k + 1, qe_owner_of(a, k, first), QE_BY_CUE_FAR, i - k < 5 ? 76 : 60);
    }
    struct found f = colon(a, i, sentence->first);
    return f.strength >= noun.strength ? f : noun;
}

/* ---- the decision -------------------------------------------------------------------------------------------------------- */

static void settle(qe_quote *q, struct found f)
{
    q->cue_first = f.cue_first;
    q->cue_end = f.cue_end;
    q->source = f.source;
    q->method = f.method;
    q->strength = f.strength;
}

/* “The bridge,” Kane said, “was never safe.”: the second half shares the attribution of the first. */
static int splits(const qe_article *a, uint32_t index, struct found left)
{
    if (index == 0)
        return 0;
    const qe_quote *q = &a->quotes.at[index], *before = &a->quotes.at[index - 1];
    if (before->method != QE_BY_CUE_RIGHT || before->flat == QE_NONE || before->cue_first < before->flat)
        return 0;
    if (a->sentence_of.at[before->flat] != a->sentence_of.at[q->flat])
        return 0;
    return left.strength == 0 || left.cue_first == before->cue_first;
}

/* The attribution stands inside the marks: « Nous sommes prêts, assure Mme Roche, et unis. » */
static struct found incise(const qe_article *a, const qe_quote *q)
{
    if (q->incise == QE_NONE)
        return NOTHING_FOUND;
    uint32_t end = a->sentences.at[a->sentence_of.at[q->incise]].end;
    return inverted(a, q->incise, end, 88);
}

/* The person an interview is with: the one named most before it starts. */
static uint32_t interviewee(const qe_article *a, uint32_t limit)
{
    uint32_t best = QE_NONE;
    for (uint32_t i = 0; i < a->mentions.n && a->mentions.at[i].first < limit; i++) {
        const qe_entity *e = &a->entities.at[a->mentions.at[i].entity];
        if (e->person <= 0 && !(e->person == 0 && e->words > 1))
            continue;
        if (best == QE_NONE || e->mentions > a->entities.at[best].mentions)
            best = a->mentions.at[i].entity;
    }
    return best;
}

/* KANE: …; Q: …; A: …. The label is the mention; A is whom the interview is with. */
static void settle_label(const qe_article *a, qe_quote *q, uint32_t interviewed)
{
    uint32_t end = q->flat - 1, first = end - q->label;
    int letter = q->label == 1 && a->flat.at[first].end - a->flat.at[first].start == 1;
    q->method = QE_BY_LABEL;
    q->cue_first = q->cue_end = QE_NONE;
    q->strength = 90;
    if (letter && a->text.ptr[a->flat.at[first].start] != 'A')
        return;
    if (letter && interviewed == QE_NONE)
        return;
    q->source = (qe_source){first, end, 0, 0, 0, 0, 0, QE_SOURCE_THING};
    if (letter) {
        q->entity = interviewed;
    } else if (a->mention_of.at[end - 1]) {
        const qe_mention *m = &a->mentions.at[a->mention_of.at[end - 1] - 1];
        q->source.kind = QE_SOURCE_NAME;
        q->source.name_first = m->first;
        q->source.name_end = m->end;
    }
}

void qe_cues_find(qe_article *a)
{
    uint32_t interviewed = QE_NONE, asked = 0;
    for (uint32_t n = 0; n < a->quotes.n; n++) {
        qe_quote *q = &a->quotes.at[n];
        if (q->flat == QE_NONE || a->sentence_of.at[q->flat] == QE_NONE)
            continue;
        if (q->label && q->label < q->flat) {
            interviewed = asked++ ? interviewed : interviewee(a, q->flat);
            settle_label(a, q, interviewed);
            continue;
        }
        struct found left = look_left(a, q), right = look_right(a, q);
        if (splits(a, n, left)) {
            const qe_quote *before = &a->quotes.at[n - 1];
            settle(q, (struct found){before->cue_first, before->cue_end, before->source, QE_BY_SPLIT, before->strength});
            continue;
        }
        struct found best = right.strength >= left.strength ? right : left;
        settle(q, best.strength ? best : incise(a, q));
    }
}
