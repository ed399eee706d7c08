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

/* What is compared are pairs of words. Of a text in which one word in five is another, pairs keep 64 in 100 and triples
 * 51, while texts that share whole passages share as many of either: pairs tell an edited copy from a neighbour better,
 * if more of them are asked for. */
#define DD_COMPARED_WIDTH 2u

/* What is looked up are triples: in a segment of half a million articles, 44 in 100 of an article's pairs stand in so
 * many others that their lists are closed, and 9 in 100 of its triples. */
#define DD_INDEXED_WIDTH 3u
#define DD_INDEXED 32 /* the smallest, of which the first with open lists are indexed */

typedef struct dd_sketch {
    uint32_t value[DD_SKETCH]; /* ascending, distinct */
    uint16_t count;            /* below DD_SKETCH: the whole set of shingles is here, nothing was left out */
} dd_sketch;

/* The sketch of `count` token hashes. `width` 2 to 4; fewer tokens than that give an empty sketch. Time is linear but
 * for an insertion into at most DD_SKETCH values, whatever the input. */
void dd_sketch_make(dd_sketch *sketch, const uint64_t *tokens, size_t count, unsigned width, uint64_t salt);

#endif
