/* SPDX-License-Identifier: Apache-2.0
 *
 * compare.h: how alike two fingerprints are. Pure.
 */
#ifndef DEDUPE_COMPARE_H
#define DEDUPE_COMPARE_H

#include <stdint.h>

/* What two texts are compared by. The rows are borrowed, ascending and distinct. */
typedef struct dd_print {
    uint64_t exact[2];
    uint32_t tokens;       /* of the text */
    uint16_t sketch_count; /* 0 to DD_SKETCH */
    uint8_t number_count;  /* 0 to DD_NUMBERS */
    uint8_t indexed_count; /* 0 to DD_INDEXED */
    const uint32_t *sketch;
    const uint16_t *numbers;
    const uint32_t *indexed; /* the smallest triples: for lookups, not compared */
} dd_print;

typedef struct dd_likeness {
    int equal;              /* the same tokens in the same order */
    double jaccard;         /* estimated share of common shingles in all, 0 to 1 */
    double containment;     /* estimated share of the smaller text's shingles that the larger has, 0 to 1 */
    unsigned comparable;    /* hashes of the smaller side that the estimate rests on */
    int larger;             /* > 0: the first text is the larger, < 0: the second, 0: alike */
    unsigned numbers;       /* comparable numbers on the side that has fewer */
    unsigned numbers_agree; /* of those, how many the other side has */
} dd_likeness;

/* Estimates from two bottom-k sketches. Up to the smaller of the two sketches' largest kept values both are complete,
 * and there the sets are simply counted. At jaccard .5 the standard error is .044. */
dd_likeness dd_compare(const dd_print *first, const dd_print *second);

#endif
