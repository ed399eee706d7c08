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

#include <errno.h>
#include <string.h>

#define BACK 24u
#define ECHOES 6u

enum { SELF, LAST_NAME, PRONOUN, DESCRIPTION };

static uint32_t entity_at(const qe_article *a, uint32_t i)
{
    return a->mention_of.at[i] ? a->mentions.at[a->mention_of.at[i] - 1].entity : QE_NONE;
}

/* How well an entity's kind and gender agree with a pronoun; below 0: not at all. */
static int agreement(const qe_entity *e, uint64_t pronoun)
{
    if (pronoun & (QE_MALE | QE_FEMALE)) {
        int gender = e->male - e->female;
        if ((pronoun & QE_MALE) && (pronoun & QE_FEMALE))
            gender = 0;
        else if (pronoun & QE_FEMALE)
            gender = -gender;
        if (e->person < 0 || gender < 0)
            return -1;
        int stray =
            e->words == 1 && e->mentions == 1 && e->person == 0; /* perhaps no name: the word a sentence starts with */
        return 60 + (gender > 0 ? 12 : 0) + (e->person > 2 ? 14 : e->person > 0 ? 8 : 0) - (stray ? 14 : 0);
    }
    if (!(pronoun & QE_NEUTER) || e->person > 2)
        return -1;
    return 60 - (e->person > 10 ? 20 : e->person > 0 ? e->person * 2 : -4);
}

/* What the way from sentence `there` to the pronoun costs. */
static int distance_cost(const qe_article *a, uint32_t there, uint32_t at)
{
    uint32_t here = a->sentence_of.at[at];
    if (there == QE_NONE || here == QE_NONE)
        return 40;
    uint32_t distance = here - there;
    int beside = a->sentences.at[there].paragraph == a->sentences.at[here].paragraph;
    return (int)(distance > 10 ? 10 : distance) * 10 - (beside ? 10 : 0);
}

/* Kane's applause came when he …: the owner of the thing that is the subject. */
static int owns_subject(const qe_article *a, const qe_mention *m)
{
    if (m->sentence == QE_NONE || a->sentences.at[m->sentence].first != m->first)
        return 0;
    for (uint32_t i = m->end; i < m->end + 4 && qe_flat_kind(a, i, QE_WORD); i++) {
        if (qe_bits(a, i) & (QE_ROLE | QE_TITLE | QE_ORG))
            return 0;
        if (qe_bits(a, i) & (QE_VERB | QE_AUX | QE_CUE))
            return 1;
    }
    return 0;
}

/* An unknown English word that reads as a verb: scored. */
static int past_tense(const qe_article *a, uint32_t i)
{
    const qe_token *t = qe_flat(a, i);
    return a->lexicon->endings && t->end - t->start > 4 && !memcmp(a->text.ptr + t->end - 2, "ed", 2);
}

/* Score of a mention as antecedent of a pronoun at flat token `at`; below 0: not possible. */
static int antecedent_score(const qe_article *a, const qe_mention *m, uint32_t at, uint64_t pronoun)
{
    int score = agreement(&a->entities.at[m->entity], pronoun);
    if (score < 0)
        return -1;
    if (pronoun & QE_NEUTER)
        score += m->role ? 14 : 0;
    if (m->first > 0 && (qe_bits(a, m->first - 1) & (QE_PREP | QE_OF)))
        score -= 8;
    if (m->end < at && qe_flat_kind(a, m->end, QE_WORD) && qe_bits(a, m->end) == 0 && !past_tense(a, m->end))
        score -= 10; /* a modifier: Hask officials */
    score -= distance_cost(a, m->sentence, at);
    score += m->role == 2 ? 20 : m->role == 1 ? 18 : 0;
    return score + (m->owner ? (owns_subject(a, m) ? 12 : -8) : 0);
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

/* The noun of a thing that speaks: the auditors' report, a statement. QE_NONE if it has none. */
static uint32_t thing_noun(const qe_article *a, const qe_source *s)
{
    for (uint32_t i = s->first; s->kind == QE_SOURCE_THING && i < s->end && i < s->first + 8; i++) {
        if (qe_bits(a, i) & (QE_PREP | QE_OF))
            break;
        if ((qe_bits(a, i) & (QE_MEDIUM | QE_ORG)) && !(qe_flat(a, i)->flags & QE_OWNER) &&
            !(qe_bits(a, i + 1) & (QE_MEDIUM | QE_ORG | QE_ROLE)))
            return i;
    }
    return QE_NONE;
}

/* A description as antecedent: the subject of a sentence close by. Its score, or 0. */
static int description_score(const qe_article *a, const qe_source *s, uint32_t distance, uint64_t pronoun, uint32_t at)
{
    uint32_t noun = pronoun & QE_NEUTER ? thing_noun(a, s) : role_noun(a, s);
    if (noun == QE_NONE || noun == s->first || s->first >= at)
        return 0; /* the noun alone: one, another */
    uint64_t bits = qe_bits(a, noun), gender = QE_MALE | QE_FEMALE;
    if ((bits & QE_PLURAL) || ((bits & gender) && (bits & gender) != gender && !(bits & pronoun & gender)))
        return 0;
    if (!(qe_bits(a, s->first) & QE_DET) && !(qe_bits(a, s->first) & QE_POSS))
        return 0;
    uint32_t here = a->sentence_of.at[at], there = a->sentence_of.at[s->first];
    int beside =
        here != QE_NONE && there != QE_NONE && a->sentences.at[here].paragraph == a->sentences.at[there].paragraph;
    /* the senator, the Vermont senator: most likely somebody named before; the judge, just met: perhaps not */
    int known = (!beside || noun > s->first + 1) && (qe_bits(a, s->first) & QE_DEFINITE) && !(pronoun & QE_NEUTER);
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
    if (here == QE_NONE)
        return;
    for (uint32_t distance = 0; distance <= 3 && distance <= here; distance++) {
        const qe_sentence *sentence = &a->sentences.at[here - distance];
        int quoted = qe_flat_kind(a, sentence->first, QE_QUOTE);
        qe_source s = quoted ? a->quotes.at[qe_flat(a, sentence->first)->code].source
                             : qe_subject_first(a, sentence->first, sentence->end);
        int score = description_score(a, &s, distance, pronoun, at);
        if (score <= best->score)
            continue;
        int person = (pronoun & (QE_MALE | QE_FEMALE)) && (qe_bits(a, s.first) & QE_DEFINITE);
        uint32_t known = person ? qe_names_role(a, qe_flat(a, role_noun(a, &s))->hash) : QE_NONE;
        *best =
            (struct antecedent){known, s, score, known != QE_NONE && known == best->entity ? best->next : best->score};
    }
}

/* Is the bearer of the name spoken of inside the quotation whose pronoun stands at `at`? Speakers rarely name
 * themselves. */
static int spoken_of(const qe_article *a, uint32_t entity, uint32_t at)
{
    uint32_t quote = a->flat.at[at].kind == QE_WORD ? a->flat.at[at].code : 0;
    if (!quote)
        return 0;
    const qe_quote *q = &a->quotes.at[quote - 1];
    uint64_t hash = a->entities.at[entity].last_hash;
    for (uint32_t i = q->first; i < q->last && i < q->first + 60; i++)
        if (a->tokens.at[i].kind == QE_WORD && a->tokens.at[i].hash == hash)
            return 1;
    return 0;
}

static void offer(struct antecedent *best, uint32_t entity, int score)
{
    if (score > best->score) {
        best->next = entity == best->entity ? best->next : best->score;
        best->score = score;
        best->entity = entity;
    } else if (score > best->next && entity != best->entity) {
        best->next = score;
    }
}

/* How many echoes stand before the flat token. */
static uint32_t echoes_before(const qe_article *a, uint32_t token)
{
    uint32_t low = 0, high = a->echoes.n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (a->echoes.at[middle].at < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Earlier pronouns of the same gender, by whom they stand for: he … he. */
static void try_echoes(const qe_article *a, uint32_t at, uint64_t pronoun, struct antecedent *best)
{
    for (uint32_t back = 0, i = echoes_before(a, at); back < ECHOES && i-- > 0; back++) {
        const qe_echo *echo = &a->echoes.at[i];
        uint64_t gender = QE_MALE | QE_FEMALE | QE_NEUTER;
        if (echo->entity == QE_NONE || !(qe_bits(a, echo->at) & pronoun & gender))
            continue;
        int score = agreement(&a->entities.at[echo->entity], pronoun);
        if (score >= 0)
            offer(best, echo->entity, score + 14 - distance_cost(a, a->sentence_of.at[echo->at], at));
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
        if (score > 0)
            offer(&found, entity, score - (spoken_of(a, entity, at) ? 14 : 0));
    }
    try_echoes(a, at, pronoun, &found);
    try_descriptions(a, at, pronoun, &found);
    return found;
}

static void note_source(qe_article *a, uint32_t index)
{
    const qe_quote *q = &a->quotes.at[index];
    if (q->source.kind == QE_SOURCE_PRONOUN)
        a->flat.at[q->source.first].code = index + 1;
    if (q->source.kind == QE_SOURCE_NAME && q->source.name_end > q->source.name_first) {
        uint32_t m = a->mention_of.at[q->source.name_first];
        if (m)
            a->mentions.at[m - 1].role = 2;
    }
}

/* When Kane left, Lund …: a name in the clause that a subordinator opens the sentence with, if another name follows. */
static int in_opening_clause(const qe_article *a, const qe_mention *m)
{
    if (m->sentence == QE_NONE)
        return 0;
    const qe_sentence *s = &a->sentences.at[m->sentence];
    if (!(qe_bits(a, s->first) & QE_SUBORD) || m + 1 >= a->mentions.at + a->mentions.n || m[1].sentence != m->sentence)
        return 0;
    for (uint32_t i = m->end; i < m[1].first && i < m->end + 30; i++)
        if (qe_flat_punct(a, i, ','))
            return 1;
    return 0;
}

/* Subjects: the first name of a sentence that no preposition or owner's mark takes away. */
static void note_subjects(qe_article *a)
{
    uint32_t seen = QE_NONE;
    for (uint32_t i = 0; i < a->mentions.n; i++) {
        qe_mention *m = &a->mentions.at[i];
        int reports = m->first > 0 && qe_flat_punct(a, m->first - 1, ',') && (qe_bits(a, m->end) & QE_CUE) && !m->owner;
        if (reports && !m->role)
            m->role = 1; /* …, Lund said. */
        if (m->sentence == seen || m->owner || in_opening_clause(a, m))
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

/* Nobody before: “…,” she says. Eira Bowen, 77, …: the person who is the subject right behind. */
static uint32_t person_behind(const qe_article *a, uint32_t at, uint64_t pronoun)
{
    uint32_t here = a->sentence_of.at[at];
    if (!(pronoun & (QE_MALE | QE_FEMALE)) || here == QE_NONE || here + 1 >= a->sentences.n)
        return QE_NONE;
    uint32_t first = a->sentences.at[here + 1].first;
    while ((qe_bits(a, first) & (QE_TITLE | QE_ROLE | QE_DET)) && !a->mention_of.at[first])
        first++;
    uint32_t mention = first < a->flat.n ? a->mention_of.at[first] : 0;
    if (!mention || a->sentences.at[here + 1].paragraph > a->sentences.at[here].paragraph + 1)
        return QE_NONE;
    uint32_t entity = a->mentions.at[mention - 1].entity;
    return a->entities.at[entity].person > 0 && agreement(&a->entities.at[entity], pronoun) >= 0 ? entity : QE_NONE;
}

static qe_echo resolved(qe_article *a, uint32_t token, uint32_t at, uint64_t pronoun)
{
    struct antecedent found = resolve_pronoun(a, at, pronoun);
    if (found.entity == QE_NONE && found.phrase.kind == QE_SOURCE_NONE)
        found.entity = person_behind(a, at, pronoun);
    qe_echo echo = {
        token, found.entity, {.kind = QE_SOURCE_NONE}, (uint8_t)(found.next <= 0 ? 255 : found.score - found.next)};
    if (found.entity == QE_NONE)
        echo.phrase = found.phrase;
    else
        note_gender(&a->entities.at[found.entity], pronoun);
    return echo;
}

/* Whom every subject pronoun stands for, in text order: what one resolves to counts for the next. */
static int resolve_pronouns(qe_article *a)
{
    a->echoes.n = 0;
    for (uint32_t i = 0; i < a->flat.n; i++) {
        uint64_t bits = a->flat.at[i].bits;
        if (!(bits & QE_PRON) || !(bits & (QE_MALE | QE_FEMALE | QE_NEUTER)) || a->sentence_of.at[i] == QE_NONE)
            continue;
        if (!QE_ROOM(&a->echoes))
            return -ENOMEM;
        qe_echo echo = resolved(a, i, i, bits);
        a->echoes.at[a->echoes.n++] = echo;
    }
    return 0;
}

/* Whom the pronoun that is a quotation's source stands for. */
static qe_echo echo_at(qe_article *a, const qe_quote *q, uint64_t pronoun)
{
    uint32_t token = q->source.first, low = echoes_before(a, token);
    if (q->incise != QE_NONE &&
        token >= q->incise) /* it stands behind the story, but belongs to where the quotation is */
        return resolved(a, token, q->flat, pronoun);
    if (low < a->echoes.n && a->echoes.at[low].at == token)
        return a->echoes.at[low];
    return resolved(a, token, token, pronoun); /* no subject: his answer */
}

/* The pronoun that an epithet amounts to: the Spaniard, the 34-year-old. 0 if the source is none. */
static uint64_t epithet(const qe_article *a, const qe_source *s)
{
    uint32_t last = s->kind == QE_SOURCE_NAME ? s->name_first : s->end - 1, first = s->first;
    if (s->kind == QE_SOURCE_NAME) { /* the Spaniard: taken for a name */
        if (s->name_end != last + 1 || last == 0 || !(qe_bits(a, last) & QE_EPITHET))
            return 0;
        first = last - 1;
    }
    if (!(qe_bits(a, first) & QE_DEFINITE))
        return 0;
    int known = (qe_bits(a, last) & QE_EPITHET) != 0;
    for (uint32_t i = first + 1; i < last && i < first + 6;
         i++) { /* the former dinner lady, the 58-year-old mechanic */
        if (qe_bits(a, i) & (QE_PREP | QE_OF))
            return 0;
        known |= (qe_bits(a, i) & QE_EPITHET) && (qe_bits(a, last) & QE_ROLE);
    }
    if (!known || (qe_bits(a, last) & QE_PLURAL))
        return 0;
    uint64_t gender = (qe_bits(a, last) | (a->lexicon->endings ? 0 : qe_bits(a, first))) & (QE_MALE | QE_FEMALE);
    return gender ? gender : QE_MALE | QE_FEMALE;
}

/* The company, the regulator: a body that was the subject of the sentence before or the one before that. */
static uint32_t body_before(const qe_article *a, const qe_source *s)
{
    int plain = s->kind == QE_SOURCE_THING && s->end == s->first + 2 && (qe_bits(a, s->first) & QE_DEFINITE) &&
                (qe_bits(a, s->first + 1) & QE_ORG) && !(qe_bits(a, s->first + 1) & (QE_PLURAL | QE_ROLE));
    uint32_t here = a->sentence_of.at[s->first];
    for (uint32_t back = 1; plain && back <= 2 && back <= here; back++) {
        const qe_sentence *sentence = &a->sentences.at[here - back];
        qe_source subject = qe_flat_kind(a, sentence->first, QE_QUOTE)
                                ? a->quotes.at[qe_flat(a, sentence->first)->code].source
                                : qe_subject_first(a, sentence->first, sentence->end);
        uint32_t entity = subject.kind == QE_SOURCE_NAME ? entity_at(a, subject.name_first) : QE_NONE;
        if (entity == QE_NONE)
            continue;
        const qe_entity *e = &a->entities.at[entity];
        return e->person <= 2 && e->male == e->female && !(qe_bits(a, subject.name_first) & QE_PLACE) ? entity
                                                                                                      : QE_NONE;
    }
    return QE_NONE;
}

static int resolve_epithet(qe_article *a, qe_quote *q)
{
    uint64_t pronoun =
        q->source.kind == QE_SOURCE_NONE || q->source.kind == QE_SOURCE_PRONOUN ? 0 : epithet(a, &q->source);
    uint32_t entity = pronoun ? resolve_pronoun(a, q->source.first, pronoun).entity : QE_NONE;
    if (pronoun && entity == QE_NONE && q->source.kind == QE_SOURCE_THING)
        entity = person_behind(a, q->source.first, pronoun);
    if (!pronoun && q->source.kind == QE_SOURCE_THING)
        entity = body_before(a, &q->source);
    if (entity == QE_NONE)
        return 0;
    q->entity = entity;
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
        qe_echo echo = echo_at(a, q, pronoun);
        q->entity = echo.entity;
        q->margin = echo.margin;
        q->referent = echo.phrase;
        q->resolved = PRONOUN;
        break;
    }
    default: {
        uint32_t noun = role_noun(a, &q->source);
        int known = (qe_bits(a, q->source.first) & QE_DEFINITE) ||
                    ((qe_bits(a, q->source.first) & QE_POSS) && noun != QE_NONE && (qe_bits(a, noun) & QE_KIN));
        if (noun != QE_NONE && q->entity == QE_NONE && known && !(qe_bits(a, noun) & QE_PLURAL))
            q->entity = qe_names_role(a, qe_flat(a, noun)->hash);
        q->resolved = DESCRIPTION;
    }
    }
}

int qe_speakers_resolve(qe_article *a)
{
    for (uint32_t n = 0; n < a->quotes.n; n++)
        note_source(a, n);
    note_subjects(a);
    if (resolve_pronouns(a))
        return -ENOMEM;
    for (uint32_t n = 0; n < a->quotes.n; n++)
        resolve(a, &a->quotes.at[n]);
    return 0;
}
