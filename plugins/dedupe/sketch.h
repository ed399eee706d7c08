/* SPDX-License-Identifier: Apache-2.0
 *
 * sketch.h: a text's fingerprint: the smallest hashes of its shingles.
 *
 * A shingle is `width` tokens in a row. The DD_SKETCH smallest distinct hashes of all shingles are a uniform sample of
 * the set that any two texts draw alike (A. Broder, "On the resemblance and containment of documents", 1997; E. Cohen
 * and H. Kaplan, "Summarizing data using bottom-k sketches", 2007). Unlike MinHash rows or SimHash bits it estimates
 * containment too, however different the lengths.
 */
#ifndef DEDUPE_SKETCH_H
#define DEDUPE_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#define DD_SKETCH 128

typedef struct dd_sketch {
    uint32_t value[DD_SKETCH]; /* ascending, distinct */
    uint16_t count;            /* below DD_SKETCH: the whole set of shingles is here, nothing was left out */
} dd_sketch;

/* The sketch of `count` token hashes. `width` 2 to 4; fewer tokens than that give an empty sketch. Time is linear but
 * for an insertion into at most DD_SKETCH values, whatever the input. */
void dd_sketch_make(dd_sketch *sketch, const uint64_t *tokens, size_t count, unsigned width, uint64_t salt);

#endif
