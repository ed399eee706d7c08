/* SPDX-License-Identifier: Apache-2.0
 *
 * role.c: what stands beside a name: a description in front or behind, a relative's word, a pronoun. Fills the entity's
 * role and the evidence of its gender. Pure; each look is bounded.
 */
#include "name.h"

#include <errno.h>

#define ROLE_SALT UINT64_C(0x9fb21c651e98df25)

/* ---- descriptions beside a name
 * ----------------------------------------------------------------------------------------- */

/* "Foreign Ministry spokesman" in front of the name. */
static int role_before(const qe_article *a, uint32_t name_first, uint32_t *first)
{
    uint32_t i = name_first, steps = 0;
    int noun = 0;
    while (i > 0 && steps++ < 10) {
        const qe_token *t = &a->flat.at[i - 1];
        if (t->kind != QE_WORD || (t->bits & (QE_DET | QE_POSS | QE_PRON | QE_SUBORD | QE_AUX | QE_CUE | QE_TIME)))
            break;
        if (t->flags & QE_OWNER)
            break;
        int role = (t->bits & (QE_ROLE | QE_TITLE)) && !((t->bits & QE_TITLE) && (t->bits & (QE_MALE | QE_FEMALE)));
        if (!role && !(t->flags & QE_CAPITAL) && !(t->bits & QE_OF && steps > 1) && !noun)
            break;
        if (!role && !(t->flags & QE_CAPITAL) && !(t->bits & QE_OF))
            break;
        noun |= role;
        i--;
    }
    while (i < name_first && (qe_bits(a, i) & (QE_PREP | QE_CONJ)))
        i++;
    *first = i;
    return noun && i < name_first;
}

/* ", the three-term mayor of Hask" behind it. */
static int role_behind(const qe_article *a, uint32_t name_end, qe_source *out)
{
    if (!qe_flat_punct(a, name_end, ','))
        return 0;
    uint32_t i = name_end + 1;
    if (qe_flat_kind(a, i, QE_NUMBER) && qe_flat_punct(a, i + 1, ','))
        i += 2;
    int noun = (qe_bits(a, i) & QE_DET) != 0; /* an apposition */
    if (qe_bits(a, i) & (QE_DET | QE_POSS))
        i++;
    uint32_t first = i;
    int known_noun = 0;
    while (i < a->flat.n && i < first + 14 && a->flat.at[i].kind == QE_WORD) {
        uint64_t bits = a->flat.at[i].bits;
        int known = (bits & (QE_ROLE | QE_TITLE)) != 0;
        if (bits & (QE_REL | QE_AUX | QE_PRON | QE_SUBORD) || (bits & (QE_CUE | QE_VERB) && !known)) {
            noun &= known_noun;
            break;
        }
        known_noun |= known;
        noun |= known;
        i++;
    }
    out->role_first = first;
    out->role_end = i;
    out->kind = known_noun ? QE_SOURCE_NAME : QE_SOURCE_THING;
    for (uint32_t k = first; k < i && !known_noun; k++)
        out->kind = qe_bits(a, k) & (QE_ORG | QE_MEDIUM) ? QE_SOURCE_NONE : out->kind;
    return noun && i > first;
}

/* "El alcalde de Hask, Ginés Cordero": a description with an article that ends at the comma in front of the name. */
static int role_before_comma(const qe_article *a, uint32_t name_first, uint32_t *first)
{
    if (name_first < 3 || !qe_flat_punct(a, name_first - 1, ','))
        return 0;
    uint32_t noun = QE_NONE;
    for (uint32_t i = name_first - 1; i-- > 0 && name_first - i < 12 && qe_flat_kind(a, i, QE_WORD);) {
        uint64_t bits = qe_bits(a, i);
        int role = (bits & QE_ROLE) && !(bits & QE_PLURAL) && !(a->flat.at[i].flags & QE_OWNER);
        if ((bits & (QE_AUX | QE_PRON | QE_REL | QE_SUBORD | QE_CONJ)) || ((bits & (QE_CUE | QE_VERB)) && !role))
            return 0;
        noun = role ? i : noun;
        if (noun != QE_NONE && (bits & QE_DEFINITE) && noun < i + 4) {
            *first = i + 1;
            return 1;
        }
    }
    return 0;
}

/* Remembers who is the mayor; a second mayor makes the word tell nothing. */
static int index_role(qe_article *a, uint32_t first, uint32_t end, uint32_t entity)
{
    for (uint32_t i = first; i < end; i++) {
        uint64_t bits = qe_bits(a, i);
        if (!(bits & (QE_ROLE | QE_TITLE)) ||
            ((bits & QE_TITLE) && !(bits & QE_ROLE) && (bits & (QE_MALE | QE_FEMALE))))
            continue;
        uint64_t hash = a->flat.at[i].hash ^ ROLE_SALT;
        uint32_t known = qe_name_lookup(a, hash);
        if (qe_name_put(a, hash, known == QE_NONE || known == entity ? entity : QE_NONE - 1))
            return -ENOMEM;
    }
    return 0;
}

uint32_t qe_names_role(const qe_article *a, uint64_t noun)
{
    uint64_t hash = noun ^ ROLE_SALT;
    for (uint32_t at = (uint32_t)(hash >> 17) & a->slot_mask; a->slots[at].stamp == a->stamp;
         at = (at + 1) & a->slot_mask)
        if (a->slots[at].hash == hash)
            return a->slots[at].entity < a->entities.n ? a->slots[at].entity : QE_NONE;
    return QE_NONE;
}

void qe_note_role(qe_article *a, const qe_name *name, uint32_t entity)
{
    qe_entity *e = &a->entities.at[entity];
    if (e->role_end > e->role_start)
        return;
    uint32_t first;
    qe_source behind;
    if (role_before(a, name->first, &first)) {
        if (index_role(a, first, name->first, entity))
            return;
        e->role_start = a->flat.at[first].start;
        e->role_end = a->flat.at[name->first - 1].end;
    } else if (e->person >= 0 && role_before_comma(a, name->first, &first)) {
        if (index_role(a, first, name->first - 1, entity))
            return;
        e->role_start = a->flat.at[first].start;
        e->role_end = a->flat.at[name->first - 2].end;
    } else if (e->person >= 0 && role_behind(a, name->end, &behind)) {
        if (index_role(a, behind.role_first, behind.role_end, entity))
            return;
        e->role_start = a->flat.at[behind.role_first].start;
        e->role_end = a->flat.at[behind.role_end - 1].end;
        qe_name seen = {0};
        for (uint32_t i = behind.role_first; i < behind.role_end; i++)
            qe_name_weigh(&seen, qe_bits(a, i) & QE_ROLE ? qe_bits(a, i) : 0, 2);
        seen.person = behind.kind == QE_SOURCE_NONE ? -4 : 3; /* Norpress, the news agency */
        qe_name_learn(e, &seen);
    }
}

/* Where the word that ends at `end` starts, not before `start`; `end` if it is longer than a name's word gets. */
static uint32_t word_start(const qe_article *a, uint32_t start, uint32_t end)
{
    uint32_t at = end;
    while (at > start && a->text.ptr[at - 1] != ' ')
        if (end - at-- > 60)
            return end;
    return at;
}

/* Where the family's name starts in a full name: with the particles before it, as in Mac Giolla, van der Velden. */
static uint32_t family_start(const qe_article *a, const qe_entity *bearer)
{
    uint32_t at = word_start(a, bearer->start, bearer->end);
    for (int particles = 0; particles < 2 && at > bearer->start + 1; particles++) {
        uint32_t word = word_start(a, bearer->start, at - 1);
        uint64_t bits = qe_lexicon_bits(a->lexicon, qe_hash_word(a->text.ptr + word, at - 1 - word));
        if (word == bearer->start || !(bits & QE_PARTICLE))
            break;
        at = word;
    }
    return at;
}

void qe_name_lend(qe_article *a, uint32_t entity, uint32_t of)
{
    qe_entity *e = &a->entities.at[entity], *bearer = &a->entities.at[of];
    e->family_start = family_start(a, bearer);
    e->family_end = bearer->end;
    e->older = qe_name_lookup(a, bearer->last_hash);
    /* without room the relative is not found by the family name, no more */
    (void)qe_name_put(a, bearer->last_hash, entity);
}

/* The relative's word before the name: "her brother Leo", "her husband, Bhola Sharma", "Husband Leo". 0 if none. */
static uint32_t kin_before(const qe_article *a, uint32_t first)
{
    if (first < 2)
        return 0;
    uint32_t kin = first - 1;
    kin -= qe_flat_punct(a, kin, ',') && kin > 1;
    const qe_token *owner = &a->flat.at[kin - 1];
    int opens = kin + 1 == first && owner->kind == QE_BREAK && (a->flat.at[kin].flags & QE_CAPITAL);
    int owned = (owner->bits & QE_POSS) || (owner->flags & QE_OWNER) ||
                (!a->lexicon->endings && (owner->bits & QE_DEFINITE) &&
                 qe_flat_punct(a, first - 1, ',')); /* la moglie, Teresa */
    return (qe_bits(a, kin) & QE_KIN) && (opens || owned) ? kin : 0;
}

/* Lends a relative named by the first name alone the family's name of the person met last. */
static void borrow_family(qe_article *a, const qe_name *name, uint32_t entity)
{
    const qe_entity *e = &a->entities.at[entity];
    if (name->end - name->first != 1 || e->words != 1 || e->family_end)
        return;
    for (uint32_t back = 0, m = a->mentions.n; back < 8 && m-- > 0; back++) {
        const qe_mention *mention = &a->mentions.at[m];
        const qe_entity *of = &a->entities.at[mention->entity];
        int first_name = of->words < 2 && (qe_bits(a, mention->first) & (QE_GIVEN | QE_PLACE));
        int taken = mention->first > 0 && (qe_bits(a, mention->first - 1) & (QE_PREP | QE_OF));
        if (of == e || of->person < (taken ? 1 : 0) || first_name)
            continue;
        qe_name_lend(a, entity, mention->entity);
        return;
    }
}

/* A relative: what the word says of gender, who "her husband" is from now on, and the family's name. */
void qe_note_kin(qe_article *a, const qe_name *name, uint32_t entity)
{
    uint32_t kin = kin_before(a, name->first);
    if (kin == 0 || a->mentions.n == 0)
        return;
    qe_name seen = {0};
    seen.person = 3;
    qe_name_weigh(&seen, qe_bits(a, kin), 4);
    qe_name_learn(&a->entities.at[entity], &seen);
    if (index_role(a, kin, kin + 1, entity))
        return; /* without room the relative is not found by that word, no more */
    borrow_family(a, name, entity);
}

/* "Kane said he …": a pronoun behind a subject, with no other person between, tells the gender. */
void qe_note_pronouns(qe_article *a)
{
    for (uint32_t m = 0; m < a->mentions.n; m++) {
        const qe_mention *mention = &a->mentions.at[m];
        qe_entity *e = &a->entities.at[mention->entity];
        if (mention->sentence == QE_NONE || e->person < 0)
            continue;
        uint32_t end = a->sentences.at[mention->sentence].end, stop = mention->end + 12;
        for (uint32_t i = mention->end; i < end && i < stop && !a->mention_of.at[i]; i++) {
            uint64_t bits = qe_bits(a, i);
            if (!(bits & (QE_PRON | QE_POSS)) || !(bits & (QE_MALE | QE_FEMALE)) || (bits & (QE_PLURAL | QE_FIRST)))
                continue; /* German sie and ihr are plural as well */
            int object =
                !(bits & QE_PRON) && (!qe_flat_kind(a, i + 1, QE_WORD) ||
                                      (qe_bits(a, i + 1) & (QE_PREP | QE_CONJ | QE_SUBORD | QE_AUX | QE_SAYING_TO)));
            if (object)
                break; /* Kane, overhearing her, laughed */
            qe_name seen = {0};
            seen.person = 1;
            qe_name_weigh(&seen, bits, 1);
            qe_name_learn(e, &seen);
            break;
        }
    }
}
