/* SPDX-License-Identifier: Apache-2.0
 *
 * phrase.c: noun phrases of the flat text, without a parser.
 *
 * Word classes of the lexicon and the capitals carry it: a phrase starts at a determiner, a capital or a pronoun and
 * ends before a verb, a comma or a preposition that does not belong to nouns. Each function looks at a bounded number
 * of tokens (QE_PHRASE_REACH).
 */
#include "phrase.h"

#include <string.h>

/* Has the phrase that runs up to i its noun yet? "The angry claims" has none before "claims"; "The mayor claims" has.
 */
static int noun_before(const qe_article *a, uint32_t i, uint32_t first)
{
    uint32_t steps = 0;
    while (i-- > first && steps++ < 6) {
        const qe_token *t = qe_flat(a, i);
        if (a->mention_of.at[i] || (t->bits & (QE_NOUN | QE_PRON | QE_REL | QE_VERBAL)) || t->kind != QE_WORD)
            return 1;
        if (t->bits & (QE_DET | QE_POSS))
            return 0;
    }
    return 1;
}

/* A verb that is one here, not a noun: "claims" behind "the" is a noun. */
int qe_verb_here(const qe_article *a, uint32_t i, uint32_t first)
{
    const qe_token *t = qe_flat(a, i);
    if (!(t->bits & QE_VERBAL) || (t->flags & QE_CAPITAL && a->mention_of.at[i]))
        return 0;
    if (t->bits & QE_AUX)
        return 1;
    if (i == first)
        return 0;
    const qe_token *before = qe_flat(a, i - 1);
    int stands_alone = (before->bits & QE_DET) && (before->bits & QE_ROLE); /* one held a placard */
    if (((before->bits & (QE_DET | QE_POSS | QE_OF)) && !stands_alone) || (before->flags & QE_OWNER))
        return 0;
    return !(t->bits & QE_NOUN) || (t->bits & QE_CUE_SOFT) || noun_before(a, i, first);
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

/* An unknown word in -ed between an unknown plural and what only stands behind a verb. */
static int plural_past(const qe_article *a, uint32_t i)
{
    const qe_token *t = qe_flat(a, i), *before = qe_flat(a, i - 1);
    return a->lexicon->endings && t->bits == 0 && before->bits == 0 && (before->flags & QE_ENDS_S) &&
           !((t->flags | before->flags) & QE_CAPITAL) && t->end - t->start > 3 &&
           !memcmp(a->text.ptr + t->end - 2, "ed", 2) &&
           (qe_bits(a, i + 1) & (QE_PREP | QE_DET | QE_POSS | QE_ADVERB | QE_TIME));
}

/* Kane released a statement; Kane famously clashed with Lund: a word in -ed behind a name is its verb. */
static int name_then_past(const qe_article *a, uint32_t i)
{
    const qe_token *t = qe_flat(a, i);
    uint32_t before = i - 1 - ((qe_bits(a, i - 1) & QE_ADVERB) && i > 1 && !a->mention_of.at[i - 1]);
    if (!a->lexicon->endings || !a->mention_of.at[before] || (t->flags & QE_CAPITAL) || (t->bits & QE_NOUN) ||
        t->end - t->start < 5 || memcmp(a->text.ptr + t->end - 2, "ed", 2) != 0)
        return 0;
    const uint64_t follows = QE_DET | QE_POSS | QE_PREP | QE_ADVERB | QE_PRON | QE_ONE | QE_SUBORD | QE_AS | QE_TIME;
    int person = a->entities.at[a->mentions.at[a->mention_of.at[before] - 1].entity].person > 2;
    return person || i + 1 >= a->flat.n || !qe_flat_kind(a, i + 1, QE_WORD) || a->mention_of.at[i + 1] ||
           (qe_bits(a, i + 1) & follows);
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
    if (t->bits & (QE_SUBORD | QE_REL) && !a->mention_of.at[i] && !(i == first && (t->bits & QE_POSS)))
        return 1; /* but: deren Sprecherin */
    if (qe_verb_here(a, i, first))
        return 1;
    if (a->mention_of.at[i])
        return 0;
    if ((t->bits & QE_PREP) && !(t->bits & QE_OF) && !(t->flags & QE_CAPITAL && i > first))
        return 1;
    if (i > first && t->bits == 0 && a->lexicon->endings && !(t->flags & QE_CAPITAL) && t->end - t->start > 3 &&
        !memcmp(a->text.ptr + t->end - 2, "ed", 2) && ends_noun(a, i, first))
        return 1;
    if (i > first && name_then_past(a, i))
        return 1;
    if (i > first && plural_past(a, i))
        return 1; /* hundreds of dockers marched past */
    if (i > first && t->bits == 0 && a->lexicon->nouns_capital && !(t->flags & QE_CAPITAL) &&
        (qe_flat(a, i - 1)->flags & QE_CAPITAL) && !(qe_bits(a, i - 1) & (QE_DET | QE_POSS)))
        return 1; /* der Feuerwehr brannte */
    if (i > first && (t->bits & QE_OBLIQUE) &&
        ((qe_flat(a, i - 1)->flags & QE_CAPITAL) || (qe_bits(a, i - 1) & QE_EPITHET)) && a->text.ptr[t->end - 1] != 's')
        return 1; /* die Pianistin dem Publikum; but: Sprecher des Amtes */
    if ((t->bits & QE_TIME) && i > first && (qe_bits(a, i - 1) & (QE_DET | QE_POSS)))
        return 0; /* a Wednesday editorial */
    return i > first && (t->bits & (QE_TIME | QE_SAYING_TO | QE_PRON | QE_ACCORDING)) != 0;
}

/* A name in front of a noun belongs to the noun: Foreign Ministry spokesman, Kane aides. */
static int modifies(const qe_article *a, const qe_mention *m)
{
    if (!qe_flat_kind(a, m->end, QE_WORD) || a->mention_of.at[m->end])
        return 0;
    const qe_token *t = qe_flat(a, m->end);
    if (t->bits & (QE_ROLE | QE_ORG | QE_MEDIUM | QE_NOUNCUE | QE_TITLE))
        return 1;
    return !(t->flags & QE_CAPITAL) &&
           !(t->bits & (QE_CONJ | QE_PREP | QE_OF | QE_ADVERB | QE_TIME | QE_DET | QE_SUBORD | QE_REL | QE_PRON |
                        QE_NOT | QE_AS | QE_SAYING_TO | QE_VERBAL | QE_ING | QE_CUE_BASE | QE_ACCORDING));
}

/* Does the name head the phrase, or is it an owner, or part of a complement (a spokesman for Kane)? */
static int heads(const qe_article *a, const qe_mention *m, uint32_t first, uint32_t end)
{
    if (m->owner && m->end < a->flat.n && (a->flat.at[m->end].kind == QE_WORD) && !(qe_bits(a, m->end) & QE_VERBAL))
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
        int title = !a->lexicon->nouns_capital && i > first && (qe_bits(a, i - 1) & (QE_TITLE | QE_ROLE)) &&
                    (qe_flat(a, m->first - 1)->flags & QE_CAPITAL);
        return title && a->entities.at[m->entity].person > 0;
    }
    return 1;
}

int qe_has_role(const qe_article *a, uint32_t first, uint32_t end)
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
    if (qe_has_role(a, first, end)) {
        s->role_first = first;
        s->role_end = end;
    }
}

/* a retired welder named Peter Gaul; the author, an engineer called Gaul: the name behind the word. */
static int take_named(const qe_article *a, qe_source *s, uint32_t end)
{
    uint32_t commas = 0;
    uint64_t relative = 0;
    for (uint32_t i = s->first + 1; i + 1 < end && i < s->first + 20 && commas < 2; i++) {
        if (a->flat.at[i].kind != QE_WORD && a->flat.at[i].kind != QE_NUMBER) {
            commas++;
            continue;
        }
        uint32_t at = i + 1; /* her name only as Gaul; her first name, Gaul */
        while (at + 1 < end && at < i + 4 && (qe_bits(a, i) & QE_NAMING) && qe_mention_at(a, at) == NULL &&
               ((qe_bits(a, at) & (QE_ADVERB | QE_AS | QE_ONE | QE_POSS)) || qe_flat_punct(a, at, ',')))
            at++;
        relative |= qe_bits(a, i) & QE_REL;
        /* but: who called Gaul a liar */
        int naming = (qe_bits(a, i) & QE_NAMING) && !(relative && (qe_bits(a, i) & QE_VERBAL));
        const qe_mention *m = naming ? qe_mention_at(a, at) : NULL;
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
    /* viele, einige, die 47-Jährige */
    return (qe_bits(a, first) & (QE_PLURAL | QE_ROLE)) || (qe_bits(a, end - 1) & QE_EPITHET);
}

/* Can the name be that of the phrase [first, end) before it? Behind a complement (a spokeswoman for the supplier,
 * Norgas) one word that nothing shows to be a person's is the complement's. */
static int is_its_name(const qe_article *a, const qe_mention *m, uint32_t first, uint32_t end)
{
    const qe_entity *e = &a->entities.at[m->entity];
    if (e->person > 0 || e->words > 1)
        return 1;
    for (uint32_t i = first + 1; i < end; i++)
        if (qe_bits(a, i) & (QE_PREP | QE_OF))
            return 0;
    return 1;
}

qe_source qe_phrase_read(const qe_article *a, uint32_t first, uint32_t end)
{
    while (first < end &&
           ((qe_bits(a, first) & (QE_CONJ | QE_ADVERB | QE_NOT) && !(qe_bits(a, first) & QE_ROLE)) ||
            (a->flat.at[first].kind == QE_PUNCT && a->flat.at[first].code != '[')) &&
           !a->mention_of.at[first])
        first++;
    if (first >= end || a->flat.at[first].kind == QE_BREAK || a->flat.at[first].kind == QE_QUOTE)
        return QE_NO_SOURCE;
    if (end - first > QE_PHRASE_REACH)
        end = first + QE_PHRASE_REACH;
    qe_source s = {first, end, 0, 0, 0, 0, 0, QE_SOURCE_THING};
    int owner = (qe_bits(a, first) & QE_POSS) && first + 1 < end &&
                (qe_flat(a, first + 1)->flags & QE_CAPITAL); /* Ihr Manager */
    if (((qe_bits(a, first) & QE_PRON) && !owner) || (qe_bits(a, first) & QE_ONE) ||
        (end - first == 1 && (qe_bits(a, first) & QE_POSS))) {
        s.kind = QE_SOURCE_PRONOUN;
        s.end = first + 1;
        return s;
    }
    uint32_t head = first;
    while (head < end && a->flat.at[head].kind != QE_BREAK && a->flat.at[head].kind != QE_QUOTE &&
           (!(qe_bits(a, head) & QE_REL) || (head == first && (qe_bits(a, head) & QE_POSS))) &&
           !(a->flat.at[head].kind == QE_PUNCT && a->flat.at[head].code == ','))
        head++;
    for (uint32_t i = first; i < head; i++) {
        const qe_mention *m = qe_mention_at(a, i);
        if (m == NULL)
            continue;
        if (heads(a, m, first, head)) {
            s.end = m->end > head ? m->end : head;
            take_name(a, m, &s);
            return s;
        }
        i = m->end - 1;
    }
    const qe_mention *m = head + 1 < end && qe_flat_punct(a, head, ',') ? qe_mention_at(a, head + 1) : NULL;
    uint32_t role = m == NULL && head + 2 < end && (qe_bits(a, head + 1) & QE_TITLE) ? head + 2 : 0;
    if (role)
        m = qe_mention_at(a, role);
    if (m && qe_has_role(a, first, head) && !is_its_name(a, m, first, head))
        m = NULL;
    int apposed = m && (qe_flat_punct(a, m->end, ',') && (qe_bits(a, first) & (QE_DET | QE_POSS)));
    if (m && !m->owner && (apposed || qe_has_role(a, first, head) || a->entities.at[m->entity].person > 0)) {
        s.end = m->end;
        take_name(a, m, &s);
        return s;
    }
    if (take_named(a, &s, end))
        return s;
    s.end = head;
    for (uint32_t i = first + 1; i + 1 < head; i++)
        if ((qe_bits(a, i) & QE_PREP) && (qe_bits(a, i + 1) & QE_TIME))
            s.end = head = i; /* das Unternehmen am Dienstag */
    while (s.end > first + 1 && (qe_bits(a, s.end - 1) & (QE_CONJ | QE_ADVERB)) && !(qe_bits(a, s.end - 1) & QE_ROLE))
        s.end--;
    int article = (qe_bits(a, first) & QE_DET) &&
                  ((qe_bits(a, first) & QE_DEFINITE) || qe_flat(a, first)->end - qe_flat(a, first)->start < 3);
    int empty =
        s.end == first + 1 && (article || qe_bits(a, first) & (QE_ADVERB | QE_PREP | QE_CONJ | QE_AS | QE_SUBORD)) &&
        !(qe_bits(a, first) & (QE_PLURAL | QE_ROLE)) && !a->mention_of.at[first] && !(qe_bits(a, first) & QE_POSS);
    return empty || (a->lexicon->nouns_capital && !has_noun(a, first, s.end)) ? QE_NO_SOURCE : s;
}

/* Tom and Vera Alder: two names that speak as one. */
qe_source qe_joint(const qe_article *a, qe_source s, uint32_t end)
{
    if (s.kind != QE_SOURCE_NAME || s.first != s.name_first || !(qe_bits(a, s.name_end) & QE_CONJ))
        return s;
    const qe_mention *m = s.name_end + 1 < end ? qe_mention_at(a, s.name_end + 1) : NULL;
    const qe_mention *one = qe_mention_at(a, s.name_first);
    if (m == NULL || m->end > end || m->owner || one->owner || modifies(a, m))
        return s;
    const qe_entity *first = &a->entities.at[one->entity], *second = &a->entities.at[m->entity];
    int known = first->person > 0 || (qe_bits(a, one->first) & QE_GIVEN) || (qe_bits(a, m->first) & QE_GIVEN);
    if (!known || second->person < 0 || (second->person == 0 && second->words < 2))
        return s;
    return (qe_source){s.first, m->end, 0, 0, 0, 0, 0, QE_SOURCE_THING};
}

/* The deputy in charge of roads, Yves Le Goff, …: the name behind a complement that ended the phrase at `end`. */
static void take_apposed(const qe_article *a, qe_source *s, uint32_t end, uint32_t limit)
{
    uint32_t comma = end;
    if (s->kind != QE_SOURCE_THING || !(qe_bits(a, end) & (QE_PREP | QE_REL)) || !qe_has_role(a, s->first, end))
        return;
    while (comma < end + 8 && comma + 2 < limit && qe_flat(a, comma)->kind == QE_WORD)
        comma++;
    uint32_t name = comma + 1;
    while (name < comma + 3 && (qe_bits(a, name) & QE_TITLE) && !a->mention_of.at[name])
        name++;
    const qe_mention *m = qe_flat_punct(a, comma, ',') ? qe_mention_at(a, name) : NULL;
    if (m == NULL || m->owner || m->end >= limit || !qe_flat_punct(a, m->end, ',') ||
        a->entities.at[m->entity].person < (a->entities.at[m->entity].words > 1 ? 0 : 1))
        return;
    s->end = m->end;
    take_name(a, m, s);
}

/* His teacher (and aunt), Flora Drew: over what stands in brackets at `at`. */
static uint32_t behind_parenthesis(const qe_article *a, uint32_t at, uint32_t limit)
{
    if (!qe_flat_punct(a, at, '('))
        return at;
    for (uint32_t i = at + 1; i + 1 < limit && i < at + 12; i++)
        if (qe_flat_punct(a, i, ')'))
            return i + 1;
    return at;
}

qe_source qe_phrase_forward(const qe_article *a, uint32_t at, uint32_t limit)
{
    if (limit > a->flat.n)
        limit = a->flat.n;
    uint32_t end = at;
    while (end < limit && end < at + QE_PHRASE_REACH && !is_boundary(a, end, at))
        end++;
    if (end == at)
        return (qe_bits(a, at) & QE_PRON) && at < limit ? qe_phrase_read(a, at, at + 1) : QE_NO_SOURCE;
    qe_source s = qe_phrase_read(a, at, end);
    if (s.kind == QE_SOURCE_NAME && !(end < limit && (qe_bits(a, end) & QE_VERBAL)))
        s = qe_joint(a, s, end);
    take_apposed(a, &s, end, limit);
    const qe_mention *by = (qe_bits(a, end) & QE_BY) && !qe_has_role(a, at, end) ? qe_mention_at(a, end + 1) : NULL;
    if (s.kind == QE_SOURCE_THING && by && by->end <= limit)
        s.end = by->end; /* a note by Holt Brothers */
    if (s.kind == QE_SOURCE_THING && (qe_bits(a, end) & QE_REL) && take_named(a, &s, limit))
        return s;
    end = behind_parenthesis(a, end, limit);
    if (s.kind != QE_SOURCE_THING || !qe_flat_punct(a, end, ',') || end + 1 >= limit)
        return s;
    /* the mission's spokesman, Ali Azari */
    const qe_mention *m = qe_mention_at(a, end + 1);
    if (m == NULL && (qe_bits(a, end + 1) & QE_TITLE))
        m = qe_mention_at(a, end + 2);
    int closed = m && m->end - end < 6 && (qe_bits(a, at) & (QE_DET | QE_POSS)) &&
                 (qe_flat_punct(a, m->end, ',') ||
                  (qe_flat_punct(a, m->end, '.') && a->entities.at[m->entity].words > 1 &&
                   a->entities.at[m->entity].person >= 0));
    int person = m && a->entities.at[m->entity].person > 0 && (qe_bits(a, at) & (QE_DET | QE_POSS));
    if (m && m->end <= limit && (closed || person || qe_has_role(a, at, end)) &&
        (closed || a->entities.at[m->entity].person >= 0) && is_its_name(a, m, at, end))
        return qe_phrase_read(a, at, m->end);
    (void)take_named(a, &s, limit);
    return s;
}
