/* SPDX-License-Identifier: Apache-2.0
 *
 * subject.c: whose a verb is: subjects in front of it and behind it, in relative clauses, where objects stand first.
 *
 * Without a parser: clause borders, word classes, capitals, and in German the form of the article tell. Pure; each look
 * is bounded (QE_PHRASE_REACH).
 */
#include "phrase.h"

#include <string.h>

static int object_first(const qe_article *a, uint32_t first, uint32_t verb);

/* The first finite verb behind `first`, no comma between. QE_NONE if there is none near. */
static uint32_t clause_verb(const qe_article *a, uint32_t first, uint32_t end)
{
    for (uint32_t i = first + 1; i < end && i < first + 20 && !qe_flat_punct(a, i, ','); i++)
        if ((qe_bits(a, i) & QE_VERBAL) && !a->mention_of.at[i] && !(qe_flat(a, i)->flags & QE_CAPITAL))
            return i;
    return QE_NONE;
}

/* Grinning, …: an English word that no table knows, set off by a comma. */
static int unknown_participle(const qe_article *a, uint32_t i)
{
    if (i + 1 >= a->flat.n)
        return 0;
    const qe_token *t = qe_flat(a, i);
    return a->lexicon->endings && t->bits == 0 && !a->mention_of.at[i] && t->end - t->start > 5 &&
           !memcmp(a->text.ptr + t->end - 3, "ing", 3) && qe_flat_punct(a, i + 1, ',');
}

qe_source qe_subject_first(const qe_article *a, uint32_t first, uint32_t end)
{
    for (uint32_t tries = 0; tries < 4 && first < end; tries++) {
        while (first < end &&
               (a->flat.at[first].kind != QE_WORD || (qe_bits(a, first) & (QE_CONJ | QE_ADVERB | QE_NOT))) &&
               !(qe_bits(a, first) & QE_ROLE) && !a->mention_of.at[first])
            first++;
        uint64_t bits = qe_bits(a, first);
        int introduces = unknown_participle(a, first) ||
                         ((bits & (QE_PREP | QE_SUBORD | QE_ING | QE_AS | QE_SAYING_TO | QE_TIME | QE_ACCORDING |
                                   QE_CUE | QE_VERB)) &&
                          !(bits & QE_NOUN) && !a->mention_of.at[first]);
        if (!introduces)
            break;
        uint32_t comma = first;
        while (comma < end && comma < first + QE_PHRASE_REACH && !qe_flat_punct(a, comma, ','))
            comma++;
        if (comma < end && qe_flat_punct(a, comma, ',') && comma + 1 < end) {
            first = comma + 1;
            continue;
        }
        for (first++; first < end && !a->mention_of.at[first] && !(qe_bits(a, first) & QE_PRON); first++)
            ;
        /* "In Hask Kane": the name that a verb follows */
        const qe_mention *m = first < end ? qe_mention_at(a, first) : NULL;
        if (m && m->end < end && qe_mention_at(a, m->end) == NULL && !(qe_bits(a, m->end) & QE_VERBAL)) {
            for (uint32_t k = m->end; k < end && k < m->end + 8; k++)
                if (a->mention_of.at[k] || (qe_bits(a, k) & QE_PRON)) {
                    first = k;
                    break;
                }
        }
        break;
    }
    if (first >= end)
        return QE_NO_SOURCE;
    while (a->lexicon->nouns_capital && first + 1 < end && (qe_bits(a, first) & QE_VERBAL) &&
           !a->mention_of.at[first] && !(qe_flat(a, first)->flags & QE_CAPITAL))
        first++; /* zuvor hatte Wessel … */
    uint32_t verb = a->lexicon->nouns_capital ? clause_verb(a, first, end) : QE_NONE;
    if (verb != QE_NONE && object_first(a, first, verb)) {
        qe_source s = qe_phrase_forward(a, verb + 1, end);
        if (s.kind != QE_SOURCE_NONE)
            return s;
    }
    qe_source s = qe_phrase_forward(a, first, end);
    return qe_joint(a, s, end);
}

static int hard_boundary(const qe_article *a, uint32_t i)
{
    const qe_token *t = qe_flat(a, i);
    if (t->kind == QE_BREAK || t->kind == QE_QUOTE)
        return 1;
    if (t->kind == QE_PUNCT)
        return t->code == ';' || t->code == ':' || t->code == ',' || t->code == QE_DASH || t->code == '(' ||
               t->code == ')' || t->code == '.' || t->code == '?' || t->code == '!';
    if (a->mention_of.at[i])
        return 0;
    if (t->bits & (QE_SUBORD | QE_REL))
        return 1;
    if (i == 0)
        return (t->bits & QE_VERBAL) != 0;
    return qe_verb_here(a, i, i - 1);
}

/* The phrase that ends right before `end`. */
static qe_source phrase_backward(const qe_article *a, uint32_t end, uint32_t floor)
{
    uint32_t first = end;
    while (first > floor && end - first < 30 && !hard_boundary(a, first - 1))
        first--;
    if (first == end)
        return QE_NO_SOURCE;
    uint64_t bits = qe_bits(a, first);
    int complement = first > floor && (qe_bits(a, first - 1) & QE_VERBAL); /* pointed to a study */
    if (complement && (bits & QE_PREP) && first + 1 < end)
        return qe_phrase_read(a, first + 1, end);
    if ((bits & (QE_PREP | QE_TIME | QE_AS)) && !a->mention_of.at[first]) {
        const qe_mention *m = qe_mention_at(a, end - 1);
        if (m && m->end == end && m->first >= first) {
            qe_source s = {m->first, end, 0, 0, 0, 0, 0, QE_SOURCE_NAME};
            s.name_first = m->first;
            s.name_end = m->end;
            return s;
        }
        for (uint32_t i = end; i-- > first + 1;)
            if (qe_bits(a, i) & (QE_DET | QE_POSS | QE_TIME))
                return qe_phrase_read(a, i + (qe_bits(a, i) & QE_TIME ? 1 : 0), end);
    }
    return qe_joint(a, qe_phrase_read(a, first, end), end);
}

/* Where the clause of i starts: behind the last quote, semicolon, "that" or the sentence's start. */
static uint32_t clause_floor(const qe_article *a, uint32_t i, uint32_t floor, int main_clause, int over_quotes)
{
    uint32_t steps = 0;
    while (i > floor && steps++ < QE_PHRASE_REACH) {
        const qe_token *t = qe_flat(a, i - 1);
        if (t->kind == QE_BREAK || (t->kind == QE_QUOTE && !over_quotes) || qe_flat_punct(a, i - 1, ';') ||
            ((t->bits & QE_THAT) && !main_clause))
            break;
        i--;
    }
    return i;
}

/* Who "who" is: the phrase before the relative pronoun at `rel`. */
static qe_source antecedent(const qe_article *a, uint32_t rel, uint32_t floor)
{
    uint32_t end = rel;
    while (end > floor && a->flat.at[end - 1].kind == QE_PUNCT && a->flat.at[end - 1].code == ',')
        end--;
    return phrase_backward(a, end, floor);
}

/* "the mission's spokesman, Ali Azari tweeted": the description in front of the comma. */
static void take_role_before(const qe_article *a, qe_source *s, uint32_t floor)
{
    if (s->first < floor + 3 || !qe_flat_punct(a, s->first - 1, ','))
        return;
    qe_source role = phrase_backward(a, s->first - 1, floor);
    if (role.kind != QE_SOURCE_THING || !qe_has_role(a, role.first, role.end))
        return;
    s->role_first = role.first + ((qe_bits(a, role.first) & (QE_DET | QE_POSS)) ? 1 : 0);
    s->role_end = role.end;
}

/* "hatte am Mittwoch erklärt": the auxiliary that frames the clause of a participle at `verb`, or QE_NONE. */
static uint32_t framing_auxiliary(const qe_article *a, uint32_t verb, uint32_t floor)
{
    for (uint32_t i = verb; i > floor && verb - i < 20;) {
        i--;
        if (qe_flat(a, i)->kind != QE_WORD && qe_flat(a, i)->kind != QE_QUOTE && !qe_flat_punct(a, i, '-'))
            return QE_NONE;
        if (qe_bits(a, i) & QE_AUX && !a->mention_of.at[i])
            return i + 1 < verb ? i : QE_NONE;
        if (qe_bits(a, i) & (QE_SUBORD | QE_REL))
            return QE_NONE;
    }
    return QE_NONE;
}

/* Names, pronouns and nouns for people and bodies can speak. */
static int can_speak(const qe_article *a, const qe_source *s)
{
    if (s->kind == QE_SOURCE_PRONOUN)
        return !(qe_bits(a, s->first) & (QE_NEUTER | QE_ONE));
    for (uint32_t i = s->first; s->kind != QE_SOURCE_NONE && i < s->end && i < s->first + 6; i++) {
        if (i > s->first && (qe_bits(a, i) & (QE_PREP | QE_OF)))
            break;
        if ((qe_bits(a, i) & (QE_ROLE | QE_TITLE | QE_ORG)) && !(qe_flat(a, i)->flags & QE_OWNER))
            return 1;
    }
    return s->kind == QE_SOURCE_NAME;
}

qe_source qe_speaking(const qe_article *a, qe_source s)
{
    if (s.kind != QE_SOURCE_THING || can_speak(a, &s))
        return s;
    if (qe_bits(a, s.first) & QE_POSS)
        return (qe_source){s.first, s.first + 1, 0, 0, 0, 0, 0, QE_SOURCE_PRONOUN};
    const qe_mention *m = qe_mention_at(a, s.first);
    if (m == NULL || !m->owner || a->entities.at[m->entity].person <= 0)
        return s;
    return (qe_source){m->first, m->end, m->first, m->end, 0, 0, 0, QE_SOURCE_NAME};
}

/* Den Unmut der Partei brachte die Sprecherin zum Ausdruck: is what stands before the verb an object? By its article's
 * case; else if it cannot speak and what follows the verb can. */
static int object_first(const qe_article *a, uint32_t first, uint32_t verb)
{
    if (!a->lexicon->nouns_capital || first >= verb)
        return 0;
    if (qe_bits(a, first) & QE_OBLIQUE)
        return 1;
    if (!(qe_bits(a, first) & QE_DET))
        return 0;
    qe_source before = qe_phrase_forward(a, first, verb), behind;
    if (can_speak(a, &before) || (qe_bits(a, verb + 1) & QE_OBLIQUE))
        return 0;
    behind = qe_phrase_forward(a, verb + 1, verb + 20);
    return behind.kind != QE_SOURCE_NONE && can_speak(a, &behind);
}

/* Verb second: "Nach dem Spiel sagte Trainer Ohm". The phrase behind the verb, if what stands before is no subject. */
static qe_source inverted_subject_at(const qe_article *a, uint32_t verb, uint32_t floor)
{
    uint32_t k = verb, comma = 0;
    while (k > floor && !qe_flat_punct(a, k - 1, ';') && a->flat.at[k - 1].kind != QE_QUOTE && verb - k < 30)
        k--;
    for (uint32_t i = k; i < verb; i++)
        comma |= qe_flat_punct(a, i, ',') ? 1u : 0u;
    uint32_t head = verb; /* the verb with what stands to it: ha detto */
    while (head > k && (qe_bits(a, head - 1) & (QE_AUX | QE_NOT | QE_ELIDED)) && !a->mention_of.at[head - 1])
        head--;
    uint64_t first = k < head ? qe_bits(a, k) : 0, before = head > k ? qe_bits(a, head - 1) : 0;
    int also = (first & QE_ADVERB) && k + 1 < head &&
               (a->mention_of.at[k + 1] || (qe_bits(a, k + 1) & (QE_DET | QE_ROLE | QE_TITLE))) &&
               !(qe_bits(a, k + 1) & QE_OBLIQUE); /* auch die Ministerin sagte */
    int so = (first & QE_CUE_SOFT) && k + 1 == head; /* so sagte sie */
    int fronted =
        (!also && (first & (QE_PREP | QE_ADVERB | QE_TIME | QE_AS | QE_SUBORD))) || so || object_first(a, k, head);
    uint32_t past = verb + 1;
    if (a->lexicon->nouns_capital && head > k && qe_flat_punct(a, head - 1, ',') && (first & QE_PREP) &&
        (qe_bits(a, past) & QE_PRON) && !(qe_bits(a, past) & QE_NEUTER))
        return qe_phrase_forward(a, past, a->flat.n); /* im Brief, den er schrieb, erklärte sie */
    if (k < head && (((before & (QE_PRON | QE_REL)) && !(before & QE_OBLIQUE)) || (!comma && !fronted)))
        return QE_NO_SOURCE;
    if (comma && head > k && !(first & (QE_SUBORD | QE_AS)) &&
        (a->mention_of.at[head - 1] || qe_flat_punct(a, head - 1, ',')))
        return QE_NO_SOURCE;
    uint32_t at = verb + 1;
    while ((qe_bits(a, at) & (QE_ADVERB | QE_ONE)) && !a->mention_of.at[at])
        at++;
    if ((qe_bits(a, at) & (QE_PREP | QE_SUBORD | QE_THAT)) && !a->mention_of.at[at])
        return QE_NO_SOURCE;
    if ((qe_bits(a, at) & QE_NEUTER) && (first & QE_PREP)) /* in der Mitteilung heißt es */
        return qe_phrase_forward(a, k + 1, verb);
    if ((qe_bits(a, at) & QE_NEUTER) && (qe_bits(a, at + 1) & QE_PREP)) /* heißt es in der Mitteilung */
        return qe_phrase_forward(a, at + 2, a->flat.n);
    if ((qe_bits(a, at) & QE_NEUTER) && a->lexicon->nouns_capital)
        return QE_NO_SOURCE; /* weiter heißt es: whoever was quoted before */
    return qe_phrase_forward(a, at, a->flat.n);
}

static qe_source inverted_subject(const qe_article *a, uint32_t verb, uint32_t floor)
{
    uint32_t frame = a->lexicon->nouns_capital ? framing_auxiliary(a, verb, floor) : QE_NONE;
    if (frame != QE_NONE) {
        qe_source s = inverted_subject_at(a, frame, floor);
        return s.kind != QE_SOURCE_NONE ? s : phrase_backward(a, frame, floor);
    }
    return inverted_subject_at(a, verb, floor);
}

/* A word that ends a phrase for people. */
static int speaks(const qe_article *a, uint32_t i)
{
    if (a->mention_of.at[i])
        return a->entities.at[a->mentions.at[a->mention_of.at[i] - 1].entity].person > 0;
    return (qe_bits(a, i) & QE_ROLE) != 0 && !(qe_bits(a, i) & QE_MEDIUM);
}

/* "A woman who fought off a burglar says": what "who" stands for, if a clause with a verb of its own lies between. */
static qe_source before_relative(const qe_article *a, uint32_t verb, uint32_t floor)
{
    int verbs = 0;
    for (uint32_t i = verb; i > floor + 1 && verb - i < 16;) {
        i--;
        const qe_token *t = qe_flat(a, i);
        if (t->kind != QE_WORD)
            break;
        if ((t->bits & QE_REL) && verbs && qe_flat(a, i - 1)->kind == QE_WORD &&
            !(qe_bits(a, i - 1) & (QE_PREP | QE_VERBAL)))
            return antecedent(a, i, floor);
        verbs += (t->bits & QE_VERBAL) && !a->mention_of.at[i];
    }
    return QE_NO_SOURCE;
}

/* …, die Sprecherin der Fraktion, Jo Lund (SPD), erklärte: a name between commas right before the verb at `verb`, with
 * its description in front. */
static qe_source apposed_subject(const qe_article *a, uint32_t verb, uint32_t floor)
{
    if (verb < floor + 4 || !qe_flat_punct(a, verb - 1, ','))
        return QE_NO_SOURCE;
    uint32_t end = verb - 1;
    if (qe_flat_punct(a, end - 1, ')'))
        while (end > floor + 2 && verb - end < 12 && !qe_flat_punct(a, end, '('))
            end--;
    const qe_mention *m = qe_mention_at(a, end - 1);
    const qe_entity *e = m ? &a->entities.at[m->entity] : NULL;
    if (m == NULL || m->end != end || m->owner || m->first < floor + 1 || e->person < (e->words > 1 ? 0 : 1))
        return QE_NO_SOURCE;
    qe_source s = {m->first, m->end, m->first, m->end, 0, 0, 0, QE_SOURCE_NAME};
    take_role_before(a, &s, floor);
    return s.role_end > s.role_first ? s : QE_NO_SOURCE;
}

/* Where nouns have capitals: the relative pronoun of the clause whose verb ends it at `verb`: ein Kommentar, der den
 * Plan als „Irrweg“ bezeichnet. It stands behind a comma and before what starts a phrase of its own. 0: none. */
static uint32_t relative_at(const qe_article *a, uint32_t verb, uint32_t floor)
{
    for (uint32_t i = verb; i > floor + 1 && verb - i < 24; i--) {
        const qe_token *t = qe_flat(a, i - 1);
        if (t->kind == QE_PUNCT && t->code == ',') {
            uint64_t next = qe_bits(a, i + 1);
            int starts =
                (next & (QE_DET | QE_POSS | QE_PRON | QE_PREP | QE_ADVERB | QE_TIME | QE_AS | QE_OBLIQUE)) != 0;
            return i < verb && (qe_bits(a, i) & QE_DEFINITE) && (starts || i + 1 == verb) ? i : 0;
        }
        if (t->kind != QE_WORD && t->kind != QE_NUMBER && t->kind != QE_QUOTE)
            return 0;
    }
    return 0;
}

qe_source qe_relative_subject(const qe_article *a, uint32_t verb, uint32_t floor)
{
    uint32_t rel = a->lexicon->nouns_capital ? relative_at(a, verb, floor) : 0;
    if (!rel || (qe_bits(a, rel - 2) & QE_VERBAL))
        return QE_NO_SOURCE;
    if (qe_bits(a, rel) & QE_OBLIQUE)
        return qe_phrase_forward(a, rel + 1, verb);
    qe_source s = antecedent(a, rel, floor);
    s.relative = rel;
    return s;
}

qe_source qe_subject_of(const qe_article *a, uint32_t verb, uint32_t floor)
{
    qe_source who = qe_relative_subject(a, verb, floor);
    if (who.kind != QE_SOURCE_NONE)
        return who;
    if (a->lexicon->inverts) {
        qe_source s = inverted_subject(a, verb, floor);
        if (s.kind != QE_SOURCE_NONE)
            return s;
    }
    uint32_t k = verb;
    int infinite =
        (qe_bits(a, verb) & (QE_ING | QE_CUE_BASE | QE_WEAK_BASE)) != 0 && !(qe_bits(a, verb) & (QE_CUE | QE_CUE_WEAK));
    while (k > floor && !a->mention_of.at[k - 1] &&
           (qe_bits(a, k - 1) & (QE_ADVERB | QE_AUX | QE_NOT | QE_SAYING_TO | QE_ELIDED))) {
        if (qe_bits(a, k - 1) & QE_AUX)
            infinite = 0;
        if (qe_bits(a, k - 1) & QE_SAYING_TO)
            infinite = 1;
        k--;
    }
    if (k == floor)
        return QE_NO_SOURCE;
    const qe_token *before = qe_flat(a, k - 1);
    if (!infinite && (before->bits & QE_PRON))
        return qe_phrase_read(a, k - 1, k);
    if (!infinite && (before->bits & QE_REL)) {
        qe_source s = antecedent(a, k - 1, floor);
        s.relative = k - 1;
        if (s.kind != QE_SOURCE_NONE)
            return s;
    }
    if ((qe_bits(a, verb) & QE_ING) && k == verb && speaks(a, k - 1)) /* marchers chanting */
        infinite = 0;
    int word = before->kind == QE_WORD || before->kind == QE_NUMBER;
    if (!infinite && word && !(before->bits & (QE_CONJ | QE_REL | QE_SUBORD)) && !hard_boundary(a, k - 1)) {
        qe_source s = before_relative(a, k, floor);
        if (s.kind != QE_SOURCE_NONE)
            return s;
        s = phrase_backward(a, k, floor);
        if (s.kind == QE_SOURCE_NAME && s.role_end <= s.role_first)
            take_role_before(a, &s, floor);
        if (s.kind != QE_SOURCE_NONE)
            return s;
    }
    qe_source apposed = infinite ? QE_NO_SOURCE : apposed_subject(a, k, floor);
    if (apposed.kind != QE_SOURCE_NONE)
        return apposed;
    uint32_t start =
        clause_floor(a, k - 1, floor, infinite && qe_flat_punct(a, k - 1, ','), (before->bits & QE_CONJ) != 0);
    qe_source s = qe_subject_first(a, start, k);
    int other = (before->bits & QE_CONJ) && s.kind == QE_SOURCE_THING && !can_speak(a, &s);
    if ((s.kind != QE_SOURCE_NONE && !other) || start <= floor)
        return s;
    qe_source main_clause = qe_subject_first(a, floor, k); /* said that the bins were “full” and demanded “action” */
    return s.kind == QE_SOURCE_NONE || can_speak(a, &main_clause) ? main_clause : s;
}
