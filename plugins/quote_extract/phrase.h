/* SPDX-License-Identifier: Apache-2.0
 *
 * phrase.h: what phrase.c, which reads noun phrases, and subject.c, which finds whose a verb is, share.
 */
#ifndef QE_PHRASE_H
#define QE_PHRASE_H

#include "article.h"

#define QE_PHRASE_REACH 60u /* tokens that a phrase or a search for a subject goes */
#define QE_VERBAL (QE_CUE | QE_CUE_WEAK | QE_AUX | QE_VERB | QE_CUE_SOFT)
#define QE_NOUN (QE_ROLE | QE_ORG | QE_MEDIUM | QE_NOUNCUE)
#define QE_NO_SOURCE ((qe_source){QE_NONE, QE_NONE, 0, 0, 0, 0, 0, QE_SOURCE_NONE})

static inline const qe_mention *qe_mention_at(const qe_article *a, uint32_t i)
{
    return i < a->flat.n && a->mention_of.at[i] ? &a->mentions.at[a->mention_of.at[i] - 1] : NULL;
}

/* Is the token a verb here, in a phrase that starts at `first`? "claims" behind "the" is a noun. */
int qe_verb_here(const qe_article *article, uint32_t i, uint32_t first);
/* Does [first, end) hold a title or a noun for a person? */
int qe_has_role(const qe_article *article, uint32_t first, uint32_t end);
/* The source, or, if another name is tied to it by "and" before `end`, both: Tom and Vera Alder. */
qe_source qe_joint(const qe_article *article, qe_source source, uint32_t end);

#endif
