/* SPDX-License-Identifier: Apache-2.0
 *
 * sketch.c: the bottom-k sketch, in one pass.
 *
 * The k smallest so far stand sorted in the sketch itself; a hash that is not below the last of them, which is nearly
 * all in a long text, costs one comparison. About k·ln(n/k) others are put in place, so that neither a sort of all
 * hashes nor a heap pays off at k = 128.
 */
#include "sketch.h"

#include <string.h>

static inline uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

/* The last mixing step of MurmurHash3 (A. Appleby): every input bit reaches the upper half. */
static inline uint32_t finish(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return (uint32_t)(x >> 32);
}

static void keep(dd_sketch *sketch, uint32_t value)
{
    size_t low = 0, high = sketch->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sketch->value[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < sketch->count && sketch->value[low] == value)
        return;
    size_t moved = (sketch->count < DD_SKETCH ? sketch->count : DD_SKETCH - 1u) - low;
    memmove(sketch->value + low + 1, sketch->value + low, moved * sizeof *sketch->value);
    sketch->value[low] = value;
    if (sketch->count < DD_SKETCH)
        sketch->count++;
}

void dd_sketch_make(dd_sketch *sketch, const uint64_t *tokens, size_t count, unsigned width, uint64_t salt)
{
    sketch->count = 0;
    for (size_t i = 0; i + width <= count; i++) {
        uint64_t rolled = salt;
        for (unsigned j = 0; j < width; j++)
            rolled = rotate(rolled ^ tokens[i + j], 27) * 0x9e3779b97f4a7c15ULL;
        uint32_t value = finish(rolled);
        if (sketch->count < DD_SKETCH || value < sketch->value[DD_SKETCH - 1])
            keep(sketch, value);
    }
}
