/* SPDX-License-Identifier: Apache-2.0
 *
 * names.c: the names of the article and who bears them.
 *
 * A name is a run of capitalised words; titles, roles and institutions in front of it are taken off. Mentions are
 * joined to one entity by last word, and by first word where both are known. What is learned on the way (titles, given
 * names, descriptions, relatives, the pronoun behind a subject) is kept as evidence of gender and of personhood. One
 * pass, a hash look-up a name; chains of one family name are followed at most CHAIN steps.
 */
#include "name.h"

#include <errno.h>
#include <string.h>

#define CHAIN 8u
#define FIRST_SALT UINT64_C(0x5bd1e9955bd1e995)
#define MIDDLE_SALT UINT64_C(0x27d4eb2f165667c5)
#define FUNCTION                                                                                                       \
    (QE_DET | QE_PRON | QE_PREP | QE_SUBORD | QE_CONJ | QE_POSS | QE_NOT | QE_REL | QE_TIME | QE_AUX | QE_COMMON |     \
     QE_ACCORDING | QE_AS | QE_ELISION)

/* ---- the hash -----------------------------------------------------------------------------------------------------
 */

static qe_name_slot *slot_of(const qe_article *a, uint64_t hash)
{
    uint32_t at = (uint32_t)(hash >> 17) & a->slot_mask;
    while (a->slots[at].stamp == a->stamp && a->slots[at].hash != hash)
        at = (at + 1) & a->slot_mask;
    return &a->slots[at];
}

uint32_t qe_name_lookup(const qe_article *a, uint64_t hash)
{
    qe_name_slot *slot = slot_of(a, hash);
    return slot->stamp == a->stamp ? slot->entity : QE_NONE;
}

static int widen(qe_article *a)
{
    uint32_t count = a->slots ? (a->slot_mask + 1) * 2 : 1024;
    qe_name_slot *old = a->slots, *fresh = calloc(count, sizeof *fresh);
    if (fresh == NULL)
        return -ENOMEM;
    uint32_t old_count = old ? a->slot_mask + 1 : 0, old_stamp = a->stamp;
    a->slots = fresh;
    a->slot_mask = count - 1;
    a->stamp = 1;
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i].stamp == old_stamp) {
            qe_name_slot *slot = slot_of(a, old[i].hash);
            *slot = (qe_name_slot){old[i].hash, old[i].entity, a->stamp};
        }
    free(old);
    return 0;
}

int qe_name_put(qe_article *a, uint64_t hash, uint32_t entity)
{
    if ((a->slots_used + 1) * 2 > a->slot_mask && widen(a))
        return -ENOMEM;
    qe_name_slot *slot = slot_of(a, hash);
    a->slots_used += slot->stamp != a->stamp;
    *slot = (qe_name_slot){hash, entity, a->stamp};
    return 0;
}

/* ---- evidence ------------------------------------------------------------------------------------------------------
 */

void qe_name_weigh(qe_name *name, uint64_t bits, int16_t weight)
{
    if (bits & QE_MALE)
        name->male = (int16_t)(name->male + weight);
    if (bits & QE_FEMALE)
        name->female = (int16_t)(name->female + weight);
}

/* Is the name in front of a noun: the Kane case, the Lund camp? Then its article tells nothing of its bearer. */
static int attributive(const qe_article *a, uint32_t end)
{
    return qe_flat_kind(a, end, QE_WORD) && !(a->flat.at[end].flags & QE_CAPITAL) &&
           !(qe_bits(a, end) & (QE_CONJ | QE_PREP | QE_OF | QE_AUX | QE_VERB | QE_CUE | QE_CUE_WEAK | QE_ADVERB |
                                QE_DET | QE_PRON | QE_REL | QE_SUBORD | QE_TIME));
}

/* La photographe Odile Brac: the classes of the article that the role's word at `role` has, where articles tell the
 * gender. */
static uint64_t article_before(const qe_article *a, uint32_t role)
{
    if (a->lexicon->endings || a->lexicon->nouns_capital)
        return 0;
    for (uint32_t i = role; i-- > 0 && role - i < 4 && qe_flat_kind(a, i, QE_WORD);)
        if (qe_bits(a, i) & QE_DET)
            return qe_bits(a, i);
    return 0;
}

static void judge(const qe_article *a, qe_name *name, uint32_t run_first)
{
    const qe_token *t = a->flat.at;
    uint32_t words = name->end - name->first;
    uint64_t first = t[name->first].bits;
    if (first & QE_GIVEN) {
        name->person = (int16_t)(name->person + (words > 1 ? 3 : 2));
        qe_name_weigh(name, first, 3);
    }
    for (uint32_t i = run_first; i < name->first; i++) {
        if (t[i].bits & (QE_TITLE | QE_ROLE))
            name->person = (int16_t)(name->person + 3);
        qe_name_weigh(name, t[i].bits & (QE_TITLE | QE_ROLE) ? t[i].bits : 0, 4);
    }
    if (run_first == name->first && run_first > 0) {
        uint64_t before = qe_bits(a, run_first - 1);
        if (before & (QE_ROLE | QE_TITLE)) {
            name->person = (int16_t)(name->person + 3);
            qe_name_weigh(name, before, 3);
            if (!(before & (QE_MALE | QE_FEMALE)))
                qe_name_weigh(name, article_before(a, run_first - 1), 3);
        }
        if ((before & QE_DET) && !(before & QE_THAT) && !attributive(a, name->end))
            name->person = (int16_t)(name->person - 3);
        if ((before & QE_WHERE) && words == 1 && !(t[name->first].flags & QE_OWNER))
            name->person = (int16_t)(name->person - 1);
        if (qe_flat_punct(a, run_first - 1, '(') && qe_flat_punct(a, name->end, '/'))
            name->person = (int16_t)(name->person - 5); /* (Ann Bell/NWS): who took the picture */
    }
    for (uint32_t i = name->first; i < name->end; i++) {
        if (t[i].bits & QE_ORG)
            name->person = (int16_t)(name->person - 5);
        if (t[i].bits & QE_PLACE && !(t[i].bits & QE_GIVEN))
            name->person = (int16_t)(name->person - (words == 1 ? 5 : 2));
        if (i > name->first && (t[i].flags & QE_INITIAL || t[i].bits & QE_SUFFIX))
            name->person = (int16_t)(name->person + 2);
    }
    if (words == 1 && (t[name->first].flags & (QE_UPPER | QE_DOTTED)))
        name->person = (int16_t)(name->person - 3);
    uint32_t e = name->end;
    if (qe_flat_punct(a, e, ',') && qe_flat_kind(a, e + 1, QE_NUMBER) && qe_flat_punct(a, e + 2, ','))
        name->person = (int16_t)(name->person + 3);
    if (qe_flat_punct(a, e, '(') && qe_flat_kind(a, e + 1, QE_WORD) && words > 1)
        name->person = (int16_t)(name->person + 1);
    if (qe_bits(a, e) & QE_CUE)
        name->person = (int16_t)(name->person + 1);
    if ((qe_bits(a, e) & QE_REL) || (qe_flat_punct(a, e, ',') && (qe_bits(a, e + 1) & QE_REL)))
        name->person = (int16_t)(name->person + 1);
}

/* ---- entities -------------------------------------------------------------------------------------------------------
 */

void qe_name_learn(qe_entity *e, const qe_name *name)
{
    if (e->male < 1000 && e->female < 1000) {
        e->male = (int16_t)(e->male + name->male);
        e->female = (int16_t)(e->female + name->female);
    }
    if (e->person < 1000 && e->person > -1000)
        e->person = (int16_t)(e->person + name->person);
}

static int clashes(const qe_entity *e, const qe_name *name)
{
    return (name->male > name->female && e->female > e->male + 1) ||
           (name->female > name->male && e->male > e->female + 1);
}

/* Is the bearer known to be of the gender that this mention shows? */
static int agrees(const qe_entity *e, const qe_name *name)
{
    return (name->male > name->female && e->male > e->female) || (name->female > name->male && e->female > e->male);
}

/* The bearer of a single word: among namesakes whose gender does not clash, the one met most. */
static uint32_t bearer(qe_article *a, uint64_t hash, const qe_name *name)
{
    uint32_t best = QE_NONE, steps = 0;
    for (uint32_t e = qe_name_lookup(a, hash); e != QE_NONE && steps < CHAIN; e = a->entities.at[e].older, steps++) {
        if (clashes(&a->entities.at[e], name))
            continue;
        if (best != QE_NONE && agrees(&a->entities.at[e], name) != agrees(&a->entities.at[best], name)) {
            best = agrees(&a->entities.at[e], name) ? e : best;
            continue;
        }
        /* a relative met by the family name that was lent: the rightful bearers come first */
        int lent = best != QE_NONE && a->entities.at[best].family_end && a->entities.at[best].last_hash != hash;
        if (best == QE_NONE || lent || a->entities.at[e].mentions > a->entities.at[best].mentions + 1)
            best = e;
    }
    if (best == QE_NONE && (best = qe_name_lookup(a, hash ^ MIDDLE_SALT)) == QE_NONE)
        best = qe_name_lookup(a, hash ^ FIRST_SALT);
    return best;
}

static uint64_t hash_at(const qe_article *a, uint32_t i) { return a->flat.at[i].hash; }

/* The last word of a name, without Jr. */
static uint32_t last_word(const qe_article *a, const qe_name *name)
{
    uint32_t i = name->end - 1;
    while (i > name->first && (a->flat.at[i].bits & QE_SUFFIX))
        i--;
    return i;
}

static void set_form(qe_article *a, qe_entity *e, const qe_name *name)
{
    e->start = a->flat.at[name->first].start;
    e->end = qe_word_end(a, name->end - 1);
    e->words = name->end - name->first;
    e->family_start = e->family_end = 0;
    e->first_hash = e->words > 1 ? hash_at(a, name->first) : 0;
}

/* Does a name of several words belong to the bearer of the same last word? */
static int same_person(const qe_article *a, const qe_entity *e, const qe_name *name)
{
    if (e->first_hash == 0)
        return !clashes(e, name);
    if (e->first_hash == hash_at(a, name->first))
        return 1;
    const qe_token *mine = &a->flat.at[name->first];
    char theirs = a->text.ptr[e->start];
    return (mine->flags & QE_INITIAL) && a->text.ptr[mine->start] == theirs;
}

static uint32_t create(qe_article *a, const qe_name *name, uint32_t last)
{
    if (!QE_ROOM(&a->entities))
        return QE_NONE;
    uint32_t index = a->entities.n++;
    qe_entity *e = &a->entities.at[index];
    *e = (qe_entity){
        .last_hash = hash_at(a, last), .older = qe_name_lookup(a, hash_at(a, last)), .last_mention = QE_NONE};
    set_form(a, e, name);
    if (qe_name_put(a, e->last_hash, index))
        return QE_NONE;
    for (uint32_t i = name->first; i < last; i++) {
        if (a->flat.at[i].flags & QE_INITIAL)
            continue;
        if (qe_name_put(a, hash_at(a, i) ^ (i == name->first ? FIRST_SALT : MIDDLE_SALT), index))
            return QE_NONE;
    }
    return index;
}

static uint32_t entity_of(qe_article *a, const qe_name *name)
{
    uint32_t last = last_word(a, name);
    if (last == name->first) {
        uint32_t found = bearer(a, hash_at(a, last), name);
        return found != QE_NONE ? found : create(a, name, last);
    }
    uint32_t steps = 0;
    for (uint32_t e = qe_name_lookup(a, hash_at(a, last)); e != QE_NONE && steps < CHAIN;
         e = a->entities.at[e].older, steps++) {
        qe_entity *known = &a->entities.at[e];
        int inside = qe_name_lookup(a, hash_at(a, name->first) ^ MIDDLE_SALT) == e; /* Van den Broeck, Ruiz Cano */
        if (!same_person(a, known, name) && !inside)
            continue;
        if (known->first_hash == 0) {
            set_form(a, known, name);
            if (qe_name_put(a, known->first_hash ^ FIRST_SALT, e))
                return QE_NONE;
        }
        return e;
    }
    return create(a, name, last);
}

/* ---- runs of capitalised words
 * ---------------------------------------------------------------------------------------- */

static int nameable(const qe_article *a, uint32_t i)
{
    const qe_token *t = &a->flat.at[i];
    if (t->kind != QE_WORD || !(t->flags & QE_CAPITAL) || (t->flags & QE_HANDLE))
        return 0;
    if ((t->flags & QE_INITIAL) && t->end - t->start == 2)
        return 1;
    if ((t->bits & QE_GIVEN) && i + 1 < a->flat.n && (a->flat.at[i + 1].flags & QE_CAPITAL))
        return 1; /* Will, May, Mark */
    if ((t->bits & (QE_PREP | QE_TIME | QE_ADVERB)) && !(t->bits & (QE_DET | QE_PRON | QE_PLACE)) && i > 1 &&
        (t[-1].bits & QE_GIVEN) && (t[-1].flags & QE_CAPITAL) && t[-1].kind == QE_WORD &&
        !(qe_flat_kind(a, i + 1, QE_WORD) && (t[1].flags & QE_CAPITAL)))
        return 1; /* Agnes Till, Theresa May */
    return !(t->bits & FUNCTION) || (t->flags & QE_UPPER && t->end - t->start == 2 && !(t->bits & (QE_PRON | QE_PREP)));
}

/* A nickname between two halves of a name: Eddie “Boots” Malone. */
static int nickname(const qe_article *a, uint32_t i)
{
    if (a->flat.at[i].kind != QE_QUOTE || i + 1 >= a->flat.n || !nameable(a, i + 1))
        return 0;
    const qe_quote *q = &a->quotes.at[a->flat.at[i].code];
    int the = 0; /* “the Fish”, “Tony the Tile” */
    for (uint32_t k = q->first + 1; k < q->last && k < q->first + 4; k++)
        the |= (a->tokens.at[k].bits & QE_DEFINITE) != 0;
    return q->words <= (the ? 3u : 2u) && q->closing == 0 && ((q->flags & QE_INNER_UPPER) || the);
}

/* Small words inside a name that starts at k and goes on behind them: de, von der. Their number, at most two. */
static uint32_t particles_at(const qe_article *a, uint32_t k)
{
    uint32_t n = 0;
    while (n < 3 && k + n < a->flat.n && (a->flat.at[k + n].bits & QE_PARTICLE) &&
           !(a->flat.at[k + n].flags & QE_CAPITAL))
        n++;
    int article = (a->flat.at[k].bits & QE_DET) != 0; /* Sprecher der Stadt */
    if (a->lexicon->nouns_capital && n == 2 && k > 1 && (a->flat.at[k - 2].flags & QE_CAPITAL))
        return 0; /* Leo Brix von der Bank; but: Ursula von der Heide */
    return n > 0 && n < 3 && !article && k + n < a->flat.n && nameable(a, k + n) ? n : 0;
}

/* Ministry of the Interior, Office of Road Safety: how many words at k tie the institution before to the name behind.
 */
static uint32_t institution_ties(const qe_article *a, uint32_t k)
{
    const qe_token *before = &a->flat.at[k - 1];
    if (!a->lexicon->endings || !(before->bits & QE_ORG) || (before->flags & QE_OWNER) || (before->bits & QE_PLACE) ||
        !(qe_bits(a, k) & QE_OF) || (a->flat.at[k].end - a->flat.at[k].start) != 2 || (qe_bits(a, k) & QE_BY))
        return 0;
    uint32_t n = 1 + ((qe_bits(a, k + 1) & QE_DEFINITE) != 0);
    return k + n < a->flat.n && nameable(a, k + n) && !(qe_bits(a, k + n) & QE_TITLE) ? n : 0;
}

static uint32_t run_end(const qe_article *a, uint32_t i)
{
    uint32_t k = i;
    while (k < a->flat.n) {
        if (a->flat.at[k].flags & QE_OWNER && nameable(a, k))
            return k + 1;
        if (nameable(a, k) || (k > i && (a->flat.at[k].bits & QE_SUFFIX)) || (k > i && nickname(a, k))) {
            k++;
            continue;
        }
        if (k > i && qe_flat_punct(a, k, '&') && k + 1 < a->flat.n && nameable(a, k + 1)) {
            k++;
            continue;
        }
        int capital = k > i && (a->flat.at[k].bits & QE_PARTICLE) && (a->flat.at[k].flags & QE_CAPITAL);
        if (capital && k + 1 < a->flat.n && nameable(a, k + 1)) { /* Gwen Le Bihan */
            k++;
            continue;
        }
        uint32_t ties = k > i ? particles_at(a, k) : 0;
        if (ties == 0 && k > i)
            ties = institution_ties(a, k);
        if (ties == 0)
            break;
        k += ties;
    }
    return k;
}

/* A role's or title's word that is the bearer's last name: Mary Baker; Senator Cook; Cook, once he is known. */
static int is_surname(const qe_article *a, uint32_t i, uint32_t first, uint32_t end)
{
    const qe_token *t = &a->flat.at[i];
    if (i + 1 < end && !(a->flat.at[i + 1].bits & QE_SUFFIX))
        return 0;
    if (i > first && ((t[-1].bits & QE_GIVEN) || (t[-1].flags & QE_INITIAL)) && !(t->bits & QE_PLURAL))
        return 1;
    return (t->bits & QE_SURNAME) && (i > first || qe_name_lookup(a, t->hash) != QE_NONE);
}

/* An English word that no table knows, but that reads as one for who does something: forecaster, violist. */
static int is_agent_noun(const qe_article *a, uint32_t i)
{
    static const char *const endings[] = {"er", "or", "ist", "ian", "man", "ant", "ive"};
    const qe_token *t = &a->flat.at[i];
    if (!a->lexicon->endings || t->bits || (t->flags & (QE_UPPER | QE_INITIAL)) || t->end - t->start < 5)
        return 0;
    for (size_t n = 0; n < sizeof endings / sizeof *endings; n++)
        if (!memcmp(a->text.ptr + t->end - strlen(endings[n]), endings[n], strlen(endings[n])))
            return 1;
    return 0;
}

/* Takes titles, roles, demonyms and institutions off the front; the name is what is left. 0 if it is no one's name. */
static int trim_run(const qe_article *a, uint32_t first, uint32_t end, qe_name *name)
{
    const qe_token *t = a->flat.at;
    while (end > first + 1 && (t[end - 1].bits & QE_AFTER_NAME))
        end--;
    uint32_t start = first, org = QE_NONE, titled = 0;
    for (uint32_t i = first; i < end; i++) {
        int firm = (t[i].bits & QE_ORG) && i > first && i + 1 == end; /* Holt Brothers */
        if ((t[i].bits & (QE_TITLE | QE_ROLE)) && !firm && !((t[i].bits & QE_GIVEN) && i + 1 < end && i > first) &&
            !is_surname(a, i, first, end)) {
            start = i + 1;
            titled = 1;
            org = QE_NONE;
        } else if (t[i].bits & QE_ORG && !(t[i].flags & QE_INITIAL)) {
            org = i;
        }
    }
    if (start >= end)
        return 0;
    int of_title = first > 1 && (qe_bits(a, first - 1) & QE_OF) && (qe_bits(a, first - 2) & (QE_TITLE | QE_ROLE));
    if (org != QE_NONE && org + 2 < end + 0u && (of_title || (t[org + 1].bits & QE_GIVEN)) && end - org - 1 >= 2)
        start = org + 1;
    else if (of_title && org == QE_NONE && end - start >= 4)
        start = end - 2;
    while (end - start > 2 && (t[start].bits & QE_PLACE) && !(t[start].bits & QE_GIVEN) && !titled)
        start++;
    int opens = a->sentence_of.at[start] != QE_NONE && a->sentences.at[a->sentence_of.at[start]].first == start;
    if (end - start == 2 && opens && a->lexicon->endings && (t[start].bits & QE_CUE) && !(t[start].bits & QE_GIVEN))
        start++; /* Stated Stone: */
    if (end - start == 3 && is_agent_noun(a, start) && (t[start + 1].bits & QE_GIVEN))
        start++; /* Forecaster Lyle Beck */
    int titled_before = first > 0 && (t[first - 1].bits & (QE_TITLE | QE_ROLE)) && !a->lexicon->endings;
    if (titled_before && end - start >= 3 && !(t[start].bits & QE_GIVEN) && (t[start + 1].bits & QE_GIVEN))
        start++; /* the place of the office, in the genitive without a preposition */
    if (end - start == 4 && t[start].bits == 0 && t[start + 1].bits == 0 && (t[start + 2].bits & QE_GIVEN))
        start += 2; /* a headline's words before the name */
    if (end - start > 4)
        for (uint32_t i = start; i + 1 < end; i++)
            if (t[i].bits & QE_GIVEN) {
                start = i;
                break;
            }
    *name = (qe_name){start, end, 0, 0, 0};
    return 1;
}

/* Where every noun has a capital: a name shows by a given name, a title in front, a bearer met before, or its two
 * unknown words. */
static int common_noun(qe_article *a, const qe_name *name, uint32_t run_first)
{
    const qe_token *t = a->flat.at;
    uint32_t words = name->end - name->first, unknown = 0;
    if (run_first < name->first || (run_first > 0 && (t[run_first - 1].bits & (QE_TITLE | QE_ROLE))))
        return 0;
    for (uint32_t i = name->first; i < name->end; i++) {
        if (t[i].bits & (QE_GIVEN | QE_PLACE) || ((t[i].flags & QE_UPPER) && !(t[i].bits & QE_ORG)))
            return 0;
        unknown += t[i].bits == 0;
    }
    if (run_first > 0 && (t[run_first - 1].bits & QE_DET) && words < 4)
        return 1; /* hat die Bahn Konsequenzen angekündigt */
    int said = words == 1 && unknown && run_first > 1 && (t[run_first - 1].bits & (QE_CUE | QE_CUE_SOFT)) &&
               (t[run_first - 2].kind == QE_QUOTE || (qe_flat_punct(a, run_first - 2, ',') && run_first > 2 &&
                                                      t[run_first - 3].kind == QE_QUOTE));
    if (words == 1) /* „…“, sagte Voss: who else? */
        return !said && qe_name_lookup(a, t[name->first].hash) == QE_NONE;
    return unknown < words || words > 3;
}

/* A single capitalised word at the start of a sentence is a name only if something says so. */
static int doubtful(qe_article *a, const qe_name *name, uint32_t run_first)
{
    if (a->lexicon->nouns_capital)
        return common_noun(a, name, run_first);
    if (name->end - name->first != 1)
        return 0;
    const qe_token *t = &a->flat.at[name->first];
    uint32_t sentence = a->sentence_of.at[name->first];
    int initial = sentence != QE_NONE && a->sentences.at[sentence].first == name->first;
    if (!initial)
        return (t->bits & (QE_ROLE | QE_NOUNCUE | QE_MEDIUM)) != 0 && !(t->bits & QE_GIVEN) &&
               !((t->bits & QE_SURNAME) && (run_first < name->first || qe_name_lookup(a, t->hash) != QE_NONE));
    if (t->bits & (QE_ROLE | QE_NOUNCUE | QE_MEDIUM | QE_ADVERB | QE_SIGN | QE_WORK | QE_CUE | QE_CUE_BASE | QE_VERB))
        return !(t->bits & QE_GIVEN) && qe_name_lookup(a, t->hash) == QE_NONE;
    if (qe_name_lookup(a, t->hash) != QE_NONE || (t->bits & (QE_GIVEN | QE_PLACE)) ||
        (t->flags & (QE_OWNER | QE_UPPER)))
        return 0;
    uint64_t next = qe_bits(a, name->end);
    int party = qe_flat_punct(a, name->end, '(') && qe_flat_kind(a, name->end + 1, QE_WORD) &&
                (a->flat.at[name->end + 1].flags & QE_CAPITAL); /* Lund (Ind., Hask) */
    const uint64_t verbs = QE_CUE | QE_CUE_WEAK | QE_CUE_SOFT | QE_AUX | QE_VERB;
    if (a->lexicon->endings && t->end - t->start > 5 && !memcmp(a->text.ptr + t->end - 3, "ing", 3))
        return !(next & verbs); /* Smiling broadly, she …; but: Harding said */
    return !(next & (verbs | QE_ADVERB)) && !party && !qe_flat_punct(a, name->end, ',');
}

static int add_mention(qe_article *a, const qe_name *name, uint32_t entity)
{
    if (!QE_ROOM(&a->mentions))
        return -ENOMEM;
    uint32_t index = a->mentions.n++;
    a->mentions.at[index] = (qe_mention){name->first,
                                         name->end,
                                         entity,
                                         a->sentence_of.at[name->first],
                                         (a->flat.at[name->end - 1].flags & QE_OWNER) != 0,
                                         0};
    for (uint32_t i = name->first; i < name->end; i++)
        a->mention_of.at[i] = index + 1;
    a->entities.at[entity].mentions++;
    a->entities.at[entity].last_mention = index;
    return 0;
}

/* Ada and Ruth Kessel, in mention order: the first name alone lends the family's name from the next. */
static void share_family(qe_article *a)
{
    if (a->mentions.n < 2)
        return;
    const qe_mention *one = &a->mentions.at[a->mentions.n - 2], *other = &a->mentions.at[a->mentions.n - 1];
    qe_entity *e = &a->entities.at[one->entity], *of = &a->entities.at[other->entity];
    int family = one->first > 0 && (qe_bits(a, one->first - 1) & (QE_KIN | QE_PLURAL));
    if (one->end + 1 != other->first || !(qe_bits(a, one->end) & QE_CONJ) || e == of || e->words != 1 ||
        e->family_end || of->words < 2 || of->person < 0 || e->person < 0 ||
        !((qe_bits(a, one->first) & QE_GIVEN) || family))
        return;
    qe_name_lend(a, one->entity, other->entity);
}

/* Brandts Plan: a name's genitive has no apostrophe in German. Where the word without its s is a name already known, or
 * a place that opens the run, it is the owner. */
static void read_genitive(qe_article *a, uint32_t i, int opens)
{
    qe_token *t = &a->flat.at[i];
    if (t->bits || !(t->flags & QE_ENDS_S) || (t->flags & (QE_OWNER | QE_UPPER)) || t->end - t->start < 5 ||
        qe_name_lookup(a, t->hash) != QE_NONE || (i > 0 && (qe_bits(a, i - 1) & (QE_DET | QE_POSS))))
        return; /* but: des Senats */
    uint64_t hash = qe_hash_word(a->text.ptr + t->start, t->end - t->start - 1);
    uint64_t bits = qe_lexicon_bits(a->lexicon, hash);
    if (qe_name_lookup(a, hash) == QE_NONE && !(opens && (bits & QE_PLACE)))
        return; /* but: Peters, Piet Harms */
    t->hash = hash;
    t->bits = bits;
    t->flags |= QE_OWNER;
}

/* ---- the pass
 * ----------------------------------------------------------------------------------------------------------- */

static int collect_run(qe_article *a, uint32_t first, uint32_t end)
{
    qe_name name;
    if (!trim_run(a, first, end, &name))
        return 0;
    judge(a, &name, first);
    if (doubtful(a, &name, first))
        return 0;
    uint32_t entity = entity_of(a, &name);
    if (entity == QE_NONE)
        return -ENOMEM;
    qe_name_learn(&a->entities.at[entity], &name);
    if (add_mention(a, &name, entity))
        return -ENOMEM;
    qe_note_role(a, &name, entity);
    qe_note_kin(a, &name, entity);
    share_family(a);
    return 0;
}

int qe_names_collect(qe_article *a)
{
    a->mentions.n = a->entities.n = 0;
    a->slots_used = 0;
    if (++a->stamp == 0 || a->slots == NULL) { /* the stamp went round */
        if (a->slots)
            memset(a->slots, 0, ((size_t)a->slot_mask + 1) * sizeof *a->slots);
        else if (widen(a))
            return -ENOMEM;
        a->stamp = 1;
    }
    for (uint32_t i = 0; i < a->flat.n;) {
        if (!nameable(a, i)) {
            i++;
            continue;
        }
        for (uint32_t k = i; a->lexicon->nouns_capital && k < i + 4 && k < a->flat.n && nameable(a, k); k++)
            read_genitive(a, k, k == i);
        uint32_t end = run_end(a, i), stop = end;
        /* a run does not cross sentences */
        for (uint32_t k = i + 1; k < end; k++)
            if (a->sentence_of.at[k] != a->sentence_of.at[i]) {
                stop = k;
                break;
            }
        int error = collect_run(a, i, stop);
        if (error)
            return error;
        i = stop;
    }
    qe_note_pronouns(a);
    return 0;
}
