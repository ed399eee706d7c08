/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/evidence.h: adds up what speaks for and against each kind.
 *
 * The evidence table has a section a kind and a line an argument:
 *
 *     [promo]
 *     0.6  start:action
 *     0.5  has:channel  !has_quote
 *    -0.7  quote_start
 *
 * A line counts its weight when all its features hold (with ! when one does not). A section [any] counts for all kinds.
 * The kind with the largest sum wins if that reaches the threshold. The arguments that count most are kept, so that a
 * decision can be explained.
 *
 * Read once in `open`, read-only afterwards.
 */
#ifndef CREDIT_STRIP_EVIDENCE_H
#define CREDIT_STRIP_EVIDENCE_H

#include "feature.h"
#include "kind.h"

typedef struct cs_evidence cs_evidence;

#define CS_REASONS 3

typedef struct cs_verdict {
    int32_t kind;                /* CS_STORY: nothing reached the threshold */
    int32_t best;                /* the kind with the largest sum, also below the threshold */
    float sum;                   /* of `best` */
    int16_t reasons[CS_REASONS]; /* the arguments for it, largest first, -1 for none */
} cs_verdict;

/* NULL with the reason in `why` if the table is wrong or memory is short. Destroy takes NULL. */
cs_evidence *cs_evidence_create(cs_vocabulary *v, cd_str table, char *why, size_t size);
void cs_evidence_destroy(cs_evidence *e);

/* kinds: a bit a kind that may win. */
cs_verdict cs_judge(const cs_evidence *e, const cs_features *f, float threshold, uint32_t kinds);

/* The features of which at least one must hold for any sum to become positive. */
const cs_features *cs_evidence_cues(const cs_evidence *e);

/* An argument's features as written in the table, NUL-terminated. */
const char *cs_argument_text(const cs_evidence *e, int argument);
float cs_argument_weight(const cs_evidence *e, int argument);

#endif
