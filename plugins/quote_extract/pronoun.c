/* SPDX-License-Identifier: Apache-2.0
 *
 * pronoun.c: from the phrase that names a source to who it is.
 *
 * A name resolves to its entity. A pronoun goes back over the mentions before it and takes the best by gender, number,
 * role in its sentence, and nearness, in the spirit of Hobbs (1978) and of Lappin and Leass (1994), but with the
 * evidence that a flat text gives. A description resolves to a name only by way of apposition. Each pronoun looks at
 * most BACK mentions back. What a quote resolves to counts for the pronouns behind it.
 */
#include "article.h"

#define BACK 24u

enum { SELF, LAST_NAME, PRONOUN, DESCRIPTION };

static uint32_t entity_at(const qe_article *a, uint32_t i)
{
    return a->mention_of.at[i] ? a->mentions.at[a->mention_of.at[i] - 1].entity : QE_NONE;
}

/* Score of a mention as antecedent of a pronoun at flat token `at`; below 0: not possible. */
static int antecedent_score(const qe_article *a, const qe_mention *m, uint32_t at, uint64_t pronoun)
{
    const qe_entity *e = &a->entities.at[m->entity];
    int gender = e->male - e->female;
    int score = 60;
    if (pronoun & (QE_MALE | QE_FEMALE)) {
        if (e->person < 0)
            return -1;
        if ((pronoun & QE_MALE) && (pronoun & QE_FEMALE))
            gender = 0;
        else if (pronoun & QE_FEMALE)
            gender = -gender;
        if (gender < 0)
            return -1;
        score += gender > 0 ? 16 : 0;
        score += e->person > 2 ? 14 : e->person > 0 ? 8 : 0;
    } else if (pronoun & QE_NEUTER) {
        if (e->person > 2)
            return -1;
        score -= e->person > 10 ? 20 : e->person > 0 ? e->person * 2 : -4;
        score += m->role ? 14 : 0;
    } else {
        return -1;
    }
    if (m->first > 0 && (qe_bits(a, m->first - 1) & (QE_PREP | QE_OF)))
        score -= 8;
    if (m->end < at && qe_flat_kind(a, m->end, QE_WORD) && qe_bits(a, m->end) == 0)
        score -= 10; /* a modifier: Hask officials */
    uint32_t here = a->sentence_of.at[at];
    uint32_t distance = m->sentence == QE_NONE || here == QE_NONE ? 4 : here - m->sentence;
    score -= (int)(distance > 10 ? 10 : distance) * 10;
    if (m->sentence != QE_NONE && here != QE_NONE &&
        a->sentences.at[m->sentence].paragraph == a->sentences.at[here].paragraph)
        score += 10;
    score += m->role == 2 ? 20 : m->role == 1 ? 18 : 0;
    score -= m->owner ? 8 : 0;
    return score;
}

/* The noun of a description: "the three-term mayor", "a shop owner". QE_NONE if it has none for a person. */
static uint32_t role_noun(const qe_article *a, const qe_source *s)
{
    for (uint32_t i = s->first; s->kind == QE_SOURCE_THING && i < s->end && i < s->first + 8; i++) {
        if (qe_bits(a, i) & (QE_PREP | QE_OF))
            break;
        int last = i + 1 >= s->end || !(qe_bits(a, i + 1) & QE_ROLE);
        if ((qe_bits(a, i) & QE_ROLE) && last && !(qe_flat(a, i)->flags & QE_OWNER))
            return i;
    }
    return QE_NONE;
}

/* A description as antecedent: the subject of a sentence close by. Its score, or 0. */
static int description_score(const qe_article *a, const qe_source *s, uint32_t distance, uint64_t pronoun, uint32_t at)
{
    uint32_t noun = role_noun(a, s);
    if (noun == QE_NONE || s->first >= at)
        return 0;
    uint64_t bits = qe_bits(a, noun), gender = QE_MALE | QE_FEMALE;
    if ((bits & QE_PLURAL) || ((bits & gender) && (bits & gender) != gender && !(bits & pronoun & gender)))
        return 0;
    if (!(qe_bits(a, s->first) & QE_DET) && !(qe_bits(a, s->first) & QE_POSS))
        return 0;
    uint32_t here = a->sentence_of.at[at], there = a->sentence_of.at[s->first];
    int beside =
        here != QE_NONE && there != QE_NONE && a->sentences.at[here].paragraph == a->sentences.at[there].paragraph;
    /* the senator, the Vermont senator: most likely somebody named before; the judge, just met: perhaps not */
    int known = (!beside || noun > s->first + 1) && (qe_bits(a, s->first) & QE_DEFINITE);
    return 60 + 14 + 18 + (bits & pronoun & gender ? 16 : 0) + (beside ? 10 : 0) - (known ? 24 : 0) -
           (int)distance * 10;
}

struct antecedent {
    uint32_t entity;
    qe_source phrase;
    int score, next; /* and the best score of somebody else */
};

/* Descriptions that are subjects of this sentence and the few before. */
static void try_descriptions(const qe_article *a, uint32_t at, uint64_t pronoun, struct antecedent *best)
{
    uint32_t here = a->sentence_of.at[at];
    if (here == QE_NONE || !(pronoun & (QE_MALE | QE_FEMALE)))
        return;
    for (uint32_t distance = 0; distance <= 3 && distance <= here; distance++) {
        const qe_sentence *sentence = &a->sentences.at[here - distance];
        int quoted = qe_flat_kind(a, sentence->first, QE_QUOTE);
        qe_source s = quoted ? a->quotes.at[qe_flat(a, sentence->first)->code].source
                             : qe_subject_first(a, sentence->first, sentence->end);
        int score = description_score(a, &s, distance, pronoun, at);
        if (score <= best->score)
            continue;
        uint32_t known =
            qe_bits(a, s.first) & QE_DEFINITE ? qe_names_role(a, qe_flat(a, role_noun(a, &s))->hash) : QE_NONE;
        *best = (struct antecedent){known, s, score, known != QE_NONE && known == best->entity ? best->next : best->score};
    }
}

static struct antecedent resolve_pronoun(const qe_article *a, uint32_t at, uint64_t pronoun)
{
    /* mentions before the pronoun: binary search */
    uint32_t low = 0, high = a->mentions.n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (a->mentions.at[middle].first < at)
            low = middle + 1;
        else
            high = middle;
    }
    struct antecedent found = {QE_NONE, {.kind = QE_SOURCE_NONE}, 0, 0};
    for (uint32_t back = 0; back < BACK && low-- > 0; back++) {
        uint32_t entity = a->mentions.at[low].entity;
        int score = antecedent_score(a, &a->mentions.at[low], at, pronoun);
        if (score > found.score) {
            found.next = entity == found.entity ? found.next : found.score;
            found.score = score;
            found.entity = entity;
        } else if (score > found.next && entity != found.entity) {
            found.next = score;
        }
    }
    try_descriptions(a, at, pronoun, &found);
    return found;
}

static void note_source(qe_article *a, const qe_quote *q)
{
    if (q->source.kind == QE_SOURCE_NAME && q->source.name_end > q->source.name_first) {
        uint32_t m = a->mention_of.at[q->source.name_first];
        if (m)
            a->mentions.at[m - 1].role = 2;
    }
}

/* Subjects: the first name of a sentence that no preposition or owner's mark takes away. */
static void note_subjects(qe_article *a)
{
    uint32_t seen = QE_NONE;
    for (uint32_t i = 0; i < a->mentions.n; i++) {
        qe_mention *m = &a->mentions.at[i];
        if (m->sentence == seen || m->owner)
            continue;
        uint32_t before = m->first; /* over the title: with President Kahl */
        while (before > 0 && before + 4 > m->first && (qe_bits(a, before - 1) & (QE_TITLE | QE_ROLE | QE_DET)))
            before--;
        if (before > 0 && (qe_bits(a, before - 1) & (QE_PREP | QE_OF)))
            continue;
        if (qe_bits(a, m->end) & (QE_ROLE | QE_TITLE | QE_ORG | QE_MEDIUM | QE_NOUNCUE))
            continue; /* Rovers coach Falk */
        seen = m->sentence;
        m->role = m->role ? m->role : 1;
    }
}

static void note_gender(qe_entity *e, uint64_t pronoun)
{
    if (e->male > 900 || e->female > 900)
        return;
    e->male = (int16_t)(e->male + (pronoun & QE_MALE ? 2 : 0));
    e->female = (int16_t)(e->female + (pronoun & QE_FEMALE ? 2 : 0));
}

/* The pronoun that an epithet amounts to: the Spaniard, the 34-year-old. 0 if the source is none. */
static uint64_t epithet(const qe_article *a, const qe_source *s)
{
    uint32_t last = s->kind == QE_SOURCE_NAME ? s->name_first : s->end - 1;
    int bare = s->kind == QE_SOURCE_NAME ? s->name_end == last + 1 : s->end == s->first + 2;
    if (!bare || last == 0 || !(qe_bits(a, last) & QE_EPITHET) || !(qe_bits(a, last - 1) & QE_DEFINITE))
        return 0;
    uint64_t gender = (qe_bits(a, last) | (a->lexicon->endings ? 0 : qe_bits(a, last - 1))) & (QE_MALE | QE_FEMALE);
    return gender ? gender : QE_MALE | QE_FEMALE;
}

static int resolve_epithet(qe_article *a, qe_quote *q)
{
    uint64_t pronoun = q->source.kind == QE_SOURCE_NONE || q->source.kind == QE_SOURCE_PRONOUN ? 0 : epithet(a, &q->source);
    if (!pronoun)
        return 0;
    struct antecedent found = resolve_pronoun(a, q->source.first, pronoun);
    if (found.entity == QE_NONE)
        return 0;
    q->entity = found.entity;
    q->resolved = DESCRIPTION;
    return 1;
}

static void resolve(qe_article *a, qe_quote *q)
{
    if (resolve_epithet(a, q))
        return;
    switch (q->source.kind) {
    case QE_SOURCE_NAME: {
        q->entity = entity_at(a, q->source.name_first);
        if (q->entity == QE_NONE)
            break;
        const qe_entity *e = &a->entities.at[q->entity];
        q->resolved = e->words > q->source.name_end - q->source.name_first || e->family_end ? LAST_NAME : SELF;
        break;
    }
    case QE_SOURCE_PRONOUN: {
        uint64_t pronoun = qe_bits(a, q->source.first);
        struct antecedent found = resolve_pronoun(a, q->source.first, pronoun);
        q->entity = found.entity;
        q->margin = (uint8_t)(found.next <= 0 ? 255 : found.score - found.next);
        if (found.entity == QE_NONE)
            q->referent = found.phrase;
        else
            note_gender(&a->entities.at[found.entity], pronoun);
        q->resolved = PRONOUN;
        break;
    }
    default: {
        uint32_t noun = role_noun(a, &q->source);
        if (noun != QE_NONE && q->entity == QE_NONE && (qe_bits(a, q->source.first) & QE_DEFINITE) &&
            !(qe_bits(a, noun) & QE_PLURAL))
            q->entity = qe_names_role(a, qe_flat(a, noun)->hash);
        q->resolved = DESCRIPTION;
    }
    }
}

void qe_speakers_resolve(qe_article *a)
{
    for (uint32_t n = 0; n < a->quotes.n; n++)
        note_source(a, &a->quotes.at[n]);
    note_subjects(a);
    for (uint32_t n = 0; n < a->quotes.n; n++)
        resolve(a, &a->quotes.at[n]);
}
