/* SPDX-License-Identifier: Apache-2.0
 *
 * attribution.h: what the modules that look around a quotation share.
 *
 * clause.c reads verbs (is it one, is it passive, who is the agent), behind.c and before.c look to either side of a
 * quotation, cue.c decides. All are pure functions of the article.
 */
#ifndef QE_ATTRIBUTION_H
#define QE_ATTRIBUTION_H

#include "article.h"

#define QE_REACH 70u /* tokens that a quotation looks to each side */

/* An attribution: flat tokens of the cue, the source, how it was found, and 0 to 100 how far to trust it; 0: none. */
typedef struct qe_found {
    uint32_t cue_first, cue_end;
    qe_source source;
    uint8_t method, strength;
} qe_found;

#define NOTHING_FOUND ((qe_found){QE_NONE, QE_NONE, {.kind = QE_SOURCE_NONE}, QE_UNATTRIBUTED, 0})

/* clause.c */

/* An attribution, or none if the source is none. */
qe_found qe_made(uint32_t first, uint32_t end, qe_source source, uint8_t method, uint8_t strength);
/* A cue word in the place of a verb: not "the claims", "his remarks", "in reports". */
int qe_is_verb(const qe_article *a, uint32_t i, uint32_t first);
/* Is the verb passive: "was told"? */
int qe_passive(const qe_article *a, uint32_t verb, uint32_t first);
/* The agent of a passive: "by Kane", looked for up to `end`. */
qe_source qe_agent(const qe_article *a, uint32_t verb, uint32_t end);
/* Who is quoted, where the verb is the last word of "quoted Kane as saying". */
qe_source qe_quoted_as(const qe_article *a, uint32_t verb, uint32_t first);
/* Whose opinion the noun at `noun` is: "Roy ist der Meinung". */
qe_found qe_opinion(const qe_article *a, uint32_t noun, uint32_t first);
/* "according to Roy", "in the words of Roy", starting at j. */
qe_found qe_according(const qe_article *a, uint32_t j, uint32_t end);

/* behind.c: “…,” said Kane */
qe_found qe_look_behind(const qe_article *a, const qe_quote *q);
/* "said Kane", starting at j. */
qe_found qe_inverted(const qe_article *a, uint32_t j, uint32_t end, uint8_t strength);

/* before.c: Kane said, “…” */
qe_found qe_look_before(const qe_article *a, const qe_quote *q);

#endif
