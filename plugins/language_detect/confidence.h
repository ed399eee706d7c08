/* SPDX-License-Identifier: Apache-2.0
 *
 * From evidence to confidence: a score card, fitted on labelled texts by fit/fit.py and kept in tables/confidence.tsv.
 *
 * Each piece of evidence falls into a bucket, each bucket has a weight, the sum of the weights is the logarithm of the
 * odds that the answer is right. A language that shares its script with others has a weight too. There are two cards:
 * for answers of CLD2 alone, and for texts on which the second engine was asked. Thread: read-only once loaded.
 */
#ifndef LANGUAGE_DETECT_CONFIDENCE_H
#define LANGUAGE_DETECT_CONFIDENCE_H

#include "language.h"

/* What the second engine had to do with the answer. */
#define LD_SECOND_NONE 0     /* it was not asked */
#define LD_SECOND_AGREES 1   /* it said the same as CLD2 */
#define LD_SECOND_REPLACES 2 /* the answer is its own, CLD2 said something else or nothing */
#define LD_SECOND_UNHEARD 3  /* it was too uncertain; the answer is CLD2's */

typedef struct ld_evidence {
    uint8_t language;   /* the answer */
    uint32_t letters;   /* bytes of letters that CLD2 looked at */
    bool sure;          /* CLD2 without its flag for short text called itself reliable */
    double share;       /* of the text, as CLD2 has it, for its first language */
    double score;       /* CLD2's, 1000 for typical text */
    bool alone;         /* no other language is written in the script */
    bool english;       /* what CLD2 also answers when it knows nothing: its score then says more */
    bool close;         /* the answer has close relatives */
    double margin;      /* by which marks spoke for it */
    int second;         /* LD_SECOND_… */
    double probability; /* the second engine's */
} ld_evidence;

#define LD_CONFIDENCE_CARDS 2
#define LD_CONFIDENCE_FEATURES 9
#define LD_CONFIDENCE_BUCKETS 16

typedef struct ld_confidence {
    double weight[LD_CONFIDENCE_CARDS][LD_CONFIDENCE_FEATURES][LD_CONFIDENCE_BUCKETS];
    double language[LD_CONFIDENCE_CARDS][LD_LANGUAGES_MAX];
} ld_confidence;

/* Reads the table. 0, or the number of the line that is wrong. */
int ld_confidence_load(ld_confidence *confidence, const ld_languages *languages, const char *start, const char *end);

/* The chance that the answer is right, 0 to 1; 0 for LD_UND. */
double ld_confidence_estimate(const ld_confidence *confidence, const ld_evidence *evidence);

/* The buckets that the evidence falls into, by feature; for fitting. Returns the number of the card. */
int ld_confidence_buckets(const ld_evidence *evidence, uint8_t bucket[LD_CONFIDENCE_FEATURES]);

/* A feature's name in the table; NULL behind the last. */
const char *ld_confidence_feature(int feature);

#endif
