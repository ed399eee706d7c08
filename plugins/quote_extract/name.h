/* SPDX-License-Identifier: Apache-2.0
 *
 * name.h: what names.c, which finds names, and role.c, which reads what stands beside them, share.
 */
#ifndef QE_NAME_H
#define QE_NAME_H

#include "article.h"

/* A name in hand, with what its surroundings say of its bearer. */
typedef struct qe_name {
    uint32_t first, end; /* flat tokens */
    int16_t male, female, person;
} qe_name;

/* The entity last put under a hash, or QE_NONE; and the putting: 0 or -ENOMEM. Kinds of keys are told apart by salts.
 */
uint32_t qe_name_lookup(const qe_article *article, uint64_t hash);
int qe_name_put(qe_article *article, uint64_t hash, uint32_t entity);

/* Adds the gender that a word's classes show, `weight` times; and what a mention showed to what is known of its bearer.
 */
void qe_name_weigh(qe_name *name, uint64_t bits, int16_t weight);
void qe_name_learn(qe_entity *entity, const qe_name *name);

/* A relative's first name alone: the family's name is that of `of`. */
void qe_name_lend(qe_article *article, uint32_t entity, uint32_t of);

/* role.c */
void qe_note_role(qe_article *article, const qe_name *name, uint32_t entity);
void qe_note_kin(qe_article *article, const qe_name *name, uint32_t entity);
void qe_note_pronouns(qe_article *article);

#endif
