/* SPDX-License-Identifier: Apache-2.0
 *
 * phrase.c: noun phrases and subjects in the flat text, without a parser.
 *
 * Word classes of the lexicon and the capitals carry it: a phrase starts at a determiner, a capital or a pronoun and
 * ends before a verb, a comma or a preposition that does not belong to nouns. Each function looks at a bounded number
 * of tokens (REACH).
 */
#include "article.h"

#include <string.h>

#define REACH 60u
#define VERBAL (QE_CUE | QE_CUE_WEAK | QE_AUX | QE_VERB | QE_CUE_SOFT)

static const qe_mention *mention_at(const qe_article *a, uint32_t i)
{
    return i < a->flat.n && a->mention_of.at[i] ? &a->mentions.at[a->mention_of.at[i] - 1] : NULL;
}

static int is_pronoun(const qe_article *a, uint32_t i) { return (qe_bits(a, i) & QE_PRON) != 0; }

#define NOUN (QE_ROLE | QE_ORG | QE_MEDIUM | QE_NOUNCUE)

/* Has the phrase that runs up to i its noun yet? "The angry claims" has none before "claims"; "The mayor claims" has.
 */
static int noun_before(const qe_article *a, uint32_t i, uint32_t first)
{
    uint32_t steps = 0;
    while (i-- > first && steps++ < 6) {
        const qe_token *t = qe_flat(a, i);
        if (a->mention_of.at[i] || (t->bits & (NOUN | QE_PRON | QE_REL | VERBAL)) || t->kind != QE_WORD)
            return 1;
        if (t->bits & (QE_DET | QE_POSS))
            return 0;
    }
    return 1;
}

/* A verb that is one here, not a noun: "claims" behind "the" is a noun. */
static int verb_here(const qe_article *a, uint32_t i, uint32_t first)
{
    const qe_token *t = qe_flat(a, i);
    if (!(t->bits & VERBAL) || (t->flags & QE_CAPITAL && a->mention_of.at[i]))
        return 0;
    if (t->bits & QE_AUX)
        return 1;
    if (i == first)
        return 0;
    const qe_token *before = qe_flat(a, i - 1);
    if ((before->bits & (QE_DET | QE_POSS | QE_OF)) || (before->flags & QE_OWNER))
        return 0;
    return !(t->bits & NOUN) || (t->bits & QE_CUE_SOFT) || noun_before(a, i, first);
}

/* Does a noun end right before i, in the phrase from `first`? A known one, or any word behind a known one. */
static int ends_noun(const qe_article *a, uint32_t i, uint32_t first)
{
    if (qe_bits(a, i - 1) & (QE_ROLE | QE_ORG))
        return 1;
    if (qe_bits(a, i - 1) != 0)
        return 0;
    for (uint32_t k = i - 1; k-- > first && i - k < 10;)
        if (qe_bits(a, k) & QE_ROLE)
            return 1;
    return 0;
}

static int is_boundary(const qe_article *a, uint32_t i, uint32_t first)
{
    const qe_token *t = qe_flat(a, i);
    if (t->kind == QE_BREAK || t->kind == QE_QUOTE)
        return 1;
    if (t->kind == QE_PUNCT)
        return t->code != '&' && t->code != '/' && t->code != '-' && t->code != '%' && t->code != '$' && t->code != '#';
    if (t->kind != QE_WORD)
        return 0;
    if (t->bits & (QE_SUBORD | QE_REL) && !a->mention_of.at[i])
        return 1;
    if (verb_here(a, i, first))
        return 1;
    if (a->mention_of.at[i])
        return 0;
    if ((t->bits & QE_PREP) && !(t->bits & QE_OF) && !(t->flags & QE_CAPITAL && i > first))
        return 1;
    if (i > first && t->bits == 0 && a->lexicon->endings && !(t->flags & QE_CAPITAL) && t->end - t->start > 3 &&
        !memcmp(a->text.ptr + t->end - 2, "ed", 2) && ends_noun(a, i, first))
        return 1;
    if (i > first && t->bits == 0 && a->lexicon->nouns_capital && !(t->flags & QE_CAPITAL) &&
        (qe_flat(a, i - 1)->flags & QE_CAPITAL) && !(qe_bits(a, i - 1) & (QE_DET | QE_POSS)))
        return 1; /* der Feuerwehr brannte */
    if ((t->bits & QE_TIME) && i > first && (qe_bits(a, i - 1) & (QE_DET | QE_POSS)))
        return 0; /* a Wednesday editorial */
    return i > first && (t->bits & (QE_TIME | QE_SAYING_TO | QE_PRON | QE_ACCORDING)) != 0;
}

static qe_source nothing(void) { return (qe_source){QE_NONE, QE_NONE, 0, 0, 0, 0, 0, QE_SOURCE_NONE}; }

/* A name in front of a noun belongs to the noun: Foreign Ministry spokesman, Kane aides. */
static int modifies(const qe_article *a, const qe_mention *m)
{
    const qe_token *t = qe_flat(a, m->end);
    if (t->kind != QE_WORD || a->mention_of.at[m->end])
        return 0;
    if (t->bits & (QE_ROLE | QE_ORG | QE_MEDIUM | QE_NOUNCUE | QE_TITLE))
        return 1;
    return !(t->flags & QE_CAPITAL) &&
           !(t->bits & (QE_CONJ | QE_PREP | QE_OF | QE_ADVERB | QE_TIME | QE_DET | QE_SUBORD | QE_REL | QE_PRON |
                        QE_NOT | QE_AS | QE_SAYING_TO | VERBAL | QE_ING | QE_CUE_BASE | QE_ACCORDING));
}

/* Does the name head the phrase, or is it an owner, or part of a complement (a spokesman for Kane)? */
static int heads(const qe_article *a, const qe_mention *m, uint32_t first, uint32_t end)
{
    if (m->owner && m->end < a->flat.n && (a->flat.at[m->end].kind == QE_WORD) && !(qe_bits(a, m->end) & VERBAL))
        return 0;
    if (m->end < end && modifies(a, m))
        return 0;
    if (m->first == first)
        return 1;
    uint64_t before = qe_bits(a, m->first - 1);
    if (before & (QE_PREP | QE_OF))
        return 0;
    for (uint32_t i = first; i < m->first; i++) {
        if (!(qe_bits(a, i) & QE_PREP))
            continue;
        /* Director of National Intelligence Tamsin Okafor; but not: the owner of the Hask Arms */
        int title =
            i > first && (qe_bits(a, i - 1) & (QE_TITLE | QE_ROLE)) && (qe_flat(a, m->first - 1)->flags & QE_CAPITAL);
        return title && a->entities.at[m->entity].person > 0;
    }
    return 1;
}

static int has_role(const qe_article *a, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        if ((qe_bits(a, i) & QE_ROLE) || ((qe_bits(a, i) & QE_TITLE) && !(qe_bits(a, i) & (QE_MALE | QE_FEMALE))))
            return 1;
    return 0;
}

static void take_name(const qe_article *a, const qe_mention *m, qe_source *s)
{
    s->kind = QE_SOURCE_NAME;
    s->name_first = m->first;
    s->name_end = m->end;
    uint32_t first = s->first;
    while (first < m->first && (qe_bits(a, first) & (QE_DET | QE_POSS)))
        first++;
    uint32_t end = m->first;
    while (end > first && a->flat.at[end - 1].kind == QE_PUNCT)
        end--;
    if (has_role(a, first, end)) {
        s->role_first = first;
        s->role_end = end;
    }
}

/* a retired welder named Peter Gaul; the author, an engineer called Gaul: the name behind the word. */
static int take_named(const qe_article *a, qe_source *s, uint32_t end)
{
    uint32_t commas = 0;
    for (uint32_t i = s->first + 1; i + 1 < end && i < s->first + 20 && commas < 2; i++) {
        if (a->flat.at[i].kind != QE_WORD && a->flat.at[i].kind != QE_NUMBER) {
            commas++;
            continue;
        }
        uint32_t at = i + 1; /* her name only as Gaul; her first name, Gaul */
        while (at + 1 < end && at < i + 4 && (qe_bits(a, i) & QE_NAMING) && mention_at(a, at) == NULL &&
               ((qe_bits(a, at) & (QE_ADVERB | QE_AS | QE_ONE | QE_POSS)) || qe_flat_punct(a, at, ',')))
            at++;
        const qe_mention *m = (qe_bits(a, i) & QE_NAMING) ? mention_at(a, at) : NULL;
        if (m == NULL || m->owner || m->end > end || a->entities.at[m->entity].person < 0)
            continue;
        s->kind = QE_SOURCE_NAME;
        s->name_first = m->first;
        s->name_end = s->end = m->end;
        s->role_first = s->first + ((qe_bits(a, s->first) & (QE_DET | QE_POSS)) ? 1 : 0);
        s->role_end = i;
        return 1;
    }
    return 0;
}

/* Where nouns have capitals: does the phrase hold one, and does it start as a phrase does? */
static int has_noun(const qe_article *a, uint32_t first, uint32_t end)
{
    if ((qe_bits(a, first) & (QE_PREP | QE_ADVERB | QE_AUX | QE_AS | QE_CUE_SOFT)) &&
        !(qe_bits(a, first) & (QE_DET | QE_POSS)))
        return 0;
    for (uint32_t i = first; i < end; i++)
        if ((qe_flat(a, i)->flags & (QE_CAPITAL | QE_HANDLE)) && qe_flat(a, i)->kind == QE_WORD &&
            (!(qe_bits(a, i) & (QE_DET | QE_POSS | QE_PREP | QE_ADVERB)) || (qe_bits(a, i) & (QE_ROLE | QE_PLURAL))))
            return 1;
    return (qe_bits(a, first) & (QE_PLURAL | QE_ROLE)) != 0; /* viele, einige */
}

qe_source qe_phrase_read(const qe_article *a, uint32_t first, uint32_t end)
{
    while (first < end &&
           ((qe_bits(a, first) & (QE_CONJ | QE_ADVERB | QE_NOT) && !(qe_bits(a, first) & QE_ROLE)) ||
            (a->flat.at[first].kind == QE_PUNCT && a->flat.at[first].code != '[')) &&
           !a->mention_of.at[first])
        first++;
    if (first >= end || a->flat.at[first].kind == QE_BREAK || a->flat.at[first].kind == QE_QUOTE)
        return nothing();
    if (end - first > REACH)
        end = first + REACH;
    qe_source s = {first, end, 0, 0, 0, 0, 0, QE_SOURCE_THING};
    int owner = (qe_bits(a, first) & QE_POSS) && first + 1 < end &&
                (qe_flat(a, first + 1)->flags & QE_CAPITAL); /* Ihr Manager */
    if ((is_pronoun(a, first) && !owner) || (qe_bits(a, first) & QE_ONE) ||
        (end - first == 1 && (qe_bits(a, first) & QE_POSS))) {
        s.kind = QE_SOURCE_PRONOUN;
        s.end = first + 1;
        return s;
    }
    uint32_t head = first;
    while (head < end && a->flat.at[head].kind != QE_BREAK && a->flat.at[head].kind != QE_QUOTE &&
           !(qe_bits(a, head) & QE_REL) && !(a->flat.at[head].kind == QE_PUNCT && a->flat.at[head].code == ','))
        head++;
    for (uint32_t i = first; i < head; i++) {
        const qe_mention *m = mention_at(a, i);
        if (m == NULL)
            continue;
        if (heads(a, m, first, head)) {
            s.end = m->end > head ? m->end : head;
            take_name(a, m, &s);
            return s;
        }
        i = m->end - 1;
    }
    const qe_mention *m = head + 1 < end && qe_flat_punct(a, head, ',') ? mention_at(a, head + 1) : NULL;
    uint32_t role = m == NULL && head + 2 < end && (qe_bits(a, head + 1) & QE_TITLE) ? head + 2 : 0;
    if (role)
        m = mention_at(a, role);
    int apposed = m && (qe_flat_punct(a, m->end, ',') && (qe_bits(a, first) & (QE_DET | QE_POSS)));
    if (m && !m->owner && (apposed || has_role(a, first, head) || a->entities.at[m->entity].person > 0)) {
        s.end = m->end;
        take_name(a, m, &s);
        return s;
    }
    if (take_named(a, &s, end))
        return s;
    s.end = head;
    while (s.end > first + 1 && (qe_bits(a, s.end - 1) & QE_CONJ))
        s.end--;
    int article = (qe_bits(a, first) & QE_DET) &&
                  ((qe_bits(a, first) & QE_DEFINITE) || qe_flat(a, first)->end - qe_flat(a, first)->start < 3);
    int empty =
        s.end == first + 1 && (article || qe_bits(a, first) & (QE_ADVERB | QE_PREP | QE_CONJ | QE_AS | QE_SUBORD)) &&
        !(qe_bits(a, first) & (QE_PLURAL | QE_ROLE)) && !a->mention_of.at[first] && !(qe_bits(a, first) & QE_POSS);
    return empty || (a->lexicon->nouns_capital && !has_noun(a, first, s.end)) ? nothing() : s;
}

/* Tom and Vera Alder: two names that speak as one. */
static qe_source joint(const qe_article *a, qe_source s, uint32_t end)
{
    if (s.kind != QE_SOURCE_NAME || s.first != s.name_first || !(qe_bits(a, s.name_end) & QE_CONJ))
        return s;
    const qe_mention *m = s.name_end + 1 < end ? mention_at(a, s.name_end + 1) : NULL;
    const qe_mention *one = mention_at(a, s.name_first);
    if (m == NULL || m->end > end || m->owner || one->owner || modifies(a, m))
        return s;
    if (a->entities.at[m->entity].person <= 0 || a->entities.at[one->entity].person <= 0)
        return s;
    return (qe_source){s.first, m->end, 0, 0, 0, 0, 0, QE_SOURCE_THING};
}

qe_source qe_phrase_forward(const qe_article *a, uint32_t at, uint32_t limit)
{
    if (limit > a->flat.n)
        limit = a->flat.n;
    uint32_t end = at;
    while (end < limit && end < at + REACH && !is_boundary(a, end, at))
        end++;
    if (end == at)
        return is_pronoun(a, at) && at < limit ? qe_phrase_read(a, at, at + 1) : nothing();
    qe_source s = qe_phrase_read(a, at, end);
    if (s.kind == QE_SOURCE_NAME && !(end < limit && (qe_bits(a, end) & VERBAL)))
        s = joint(a, s, end);
    if (s.kind != QE_SOURCE_THING || !qe_flat_punct(a, end, ',') || end + 1 >= limit)
        return s;
    /* the mission's spokesman, Ali Azari */
    const qe_mention *m = mention_at(a, end + 1);
    if (m == NULL && (qe_bits(a, end + 1) & QE_TITLE))
        m = mention_at(a, end + 2);
    int closed = m && qe_flat_punct(a, m->end, ',') && m->end - end < 6 && (qe_bits(a, at) & (QE_DET | QE_POSS));
    if (m && m->end <= limit && (closed || has_role(a, at, end)) && (closed || a->entities.at[m->entity].person >= 0))
        return qe_phrase_read(a, at, m->end);
    (void)take_named(a, &s, limit);
    return s;
}

/* ---- subjects
 * -------------------------------------------------------------------------------------------------------------- */

static int object_first(const qe_article *a, uint32_t first, uint32_t verb);

/* The first finite verb behind `first`, no comma between. QE_NONE if there is none near. */
static uint32_t clause_verb(const qe_article *a, uint32_t first, uint32_t end)
{
    for (uint32_t i = first + 1; i < end && i < first + 20 && !qe_flat_punct(a, i, ','); i++)
        if ((qe_bits(a, i) & VERBAL) && !a->mention_of.at[i] && !(qe_flat(a, i)->flags & QE_CAPITAL))
            return i;
    return QE_NONE;
}

qe_source qe_subject_first(const qe_article *a, uint32_t first, uint32_t end)
{
    for (uint32_t tries = 0; tries < 4 && first < end; tries++) {
        while (first < end &&
               (a->flat.at[first].kind != QE_WORD || (qe_bits(a, first) & (QE_CONJ | QE_ADVERB | QE_NOT))) &&
               !(qe_bits(a, first) & QE_ROLE) && !a->mention_of.at[first])
            first++;
        uint64_t bits = qe_bits(a, first);
        int introduces = ((bits & (QE_PREP | QE_SUBORD | QE_ING | QE_AS | QE_SAYING_TO | QE_TIME | QE_ACCORDING |
                                   QE_CUE | QE_VERB)) &&
                          !(bits & NOUN) && !a->mention_of.at[first]);
        if (!introduces)
            break;
        uint32_t comma = first;
        while (comma < end && comma < first + REACH && !qe_flat_punct(a, comma, ','))
            comma++;
        if (comma < end && qe_flat_punct(a, comma, ',') && comma + 1 < end) {
            first = comma + 1;
            continue;
        }
        for (first++; first < end && !a->mention_of.at[first] && !is_pronoun(a, first); first++)
            ;
        /* "In Hask Kane": the name that a verb follows */
        const qe_mention *m = first < end ? mention_at(a, first) : NULL;
        if (m && m->end < end && mention_at(a, m->end) == NULL && !(qe_bits(a, m->end) & VERBAL)) {
            for (uint32_t k = m->end; k < end && k < m->end + 8; k++)
                if (a->mention_of.at[k] || is_pronoun(a, k)) {
                    first = k;
                    break;
                }
        }
        break;
    }
    if (first >= end)
        return nothing();
    while (a->lexicon->nouns_capital && first + 1 < end && (qe_bits(a, first) & VERBAL) && !a->mention_of.at[first] &&
           !(qe_flat(a, first)->flags & QE_CAPITAL))
        first++; /* zuvor hatte Wessel … */
    uint32_t verb = a->lexicon->nouns_capital ? clause_verb(a, first, end) : QE_NONE;
    if (verb != QE_NONE && object_first(a, first, verb)) {
        qe_source s = qe_phrase_forward(a, verb + 1, end);
        if (s.kind != QE_SOURCE_NONE)
            return s;
    }
    qe_source s = qe_phrase_forward(a, first, end);
    return joint(a, s, end);
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
        return (t->bits & VERBAL) != 0;
    return verb_here(a, i, i - 1);
}

/* The phrase that ends right before `end`. */
static qe_source phrase_backward(const qe_article *a, uint32_t end, uint32_t floor)
{
    uint32_t first = end;
    while (first > floor && end - first < 30 && !hard_boundary(a, first - 1))
        first--;
    if (first == end)
        return nothing();
    uint64_t bits = qe_bits(a, first);
    int complement = first > floor && (qe_bits(a, first - 1) & VERBAL); /* pointed to a study */
    if (complement && (bits & QE_PREP) && first + 1 < end)
        return qe_phrase_read(a, first + 1, end);
    if ((bits & (QE_PREP | QE_TIME | QE_AS)) && !a->mention_of.at[first]) {
        const qe_mention *m = mention_at(a, end - 1);
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
    return joint(a, qe_phrase_read(a, first, end), end);
}

/* Where the clause of i starts: behind the last quote, semicolon, "that" or the sentence's start. */
static uint32_t clause_floor(const qe_article *a, uint32_t i, uint32_t floor, int main_clause, int over_quotes)
{
    uint32_t steps = 0;
    while (i > floor && steps++ < REACH) {
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
    if (role.kind != QE_SOURCE_THING || !has_role(a, role.first, role.end))
        return;
    s->role_first = role.first + ((qe_bits(a, role.first) & (QE_DET | QE_POSS)) ? 1 : 0);
    s->role_end = role.end;
}

/* "hatte am Mittwoch erklärt": the auxiliary that frames the clause of a participle at `verb`, or QE_NONE. */
static uint32_t framing_auxiliary(const qe_article *a, uint32_t verb, uint32_t floor)
{
    for (uint32_t i = verb; i > floor && verb - i < 20;) {
        i--;
        if (qe_flat(a, i)->kind != QE_WORD && qe_flat(a, i)->kind != QE_QUOTE)
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
    while (head > k && (qe_bits(a, head - 1) & (QE_AUX | QE_NOT)) && !a->mention_of.at[head - 1])
        head--;
    uint64_t first = k < head ? qe_bits(a, k) : 0, before = head > k ? qe_bits(a, head - 1) : 0;
    int fronted = (first & (QE_PREP | QE_ADVERB | QE_TIME | QE_AS | QE_SUBORD)) || object_first(a, k, head);
    if (k < head && (((before & (QE_PRON | QE_REL)) && !(before & QE_OBLIQUE)) || (!comma && !fronted)))
        return nothing();
    if (comma && head > k && (a->mention_of.at[head - 1] || qe_flat_punct(a, head - 1, ',')))
        return nothing();
    uint32_t at = verb + 1;
    while ((qe_bits(a, at) & (QE_ADVERB | QE_ONE)) && !a->mention_of.at[at])
        at++;
    if ((qe_bits(a, at) & (QE_PREP | QE_SUBORD | QE_THAT)) && !a->mention_of.at[at])
        return nothing();
    if ((qe_bits(a, at) & QE_NEUTER) && (qe_bits(a, at + 1) & QE_PREP)) /* heißt es in der Mitteilung */
        return qe_phrase_forward(a, at + 2, a->flat.n);
    if ((qe_bits(a, at) & QE_NEUTER) && (first & QE_PREP)) /* in der Mitteilung heißt es */
        return qe_phrase_forward(a, k + 1, verb);
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
            !(qe_bits(a, i - 1) & (QE_PREP | VERBAL)))
            return antecedent(a, i, floor);
        verbs += (t->bits & VERBAL) && !a->mention_of.at[i];
    }
    return nothing();
}

qe_source qe_subject_of(const qe_article *a, uint32_t verb, uint32_t floor)
{
    if (a->lexicon->inverts) {
        qe_source s = inverted_subject(a, verb, floor);
        if (s.kind != QE_SOURCE_NONE)
            return s;
    }
    uint32_t k = verb;
    int infinite =
        (qe_bits(a, verb) & (QE_ING | QE_CUE_BASE | QE_WEAK_BASE)) != 0 && !(qe_bits(a, verb) & (QE_CUE | QE_CUE_WEAK));
    while (k > floor && !a->mention_of.at[k - 1] &&
           ((qe_bits(a, k - 1) & (QE_ADVERB | QE_AUX | QE_NOT)) || (qe_bits(a, k - 1) & QE_SAYING_TO))) {
        if (qe_bits(a, k - 1) & QE_AUX)
            infinite = 0;
        if (qe_bits(a, k - 1) & QE_SAYING_TO)
            infinite = 1;
        k--;
    }
    if (k == floor)
        return nothing();
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
    uint32_t start =
        clause_floor(a, k - 1, floor, infinite && qe_flat_punct(a, k - 1, ','), (before->bits & QE_CONJ) != 0);
    qe_source s = qe_subject_first(a, start, k);
    if (s.kind == QE_SOURCE_NONE && start > floor)
        s = qe_subject_first(a, floor, k);
    return s;
}
