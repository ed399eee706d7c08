/* SPDX-License-Identifier: Apache-2.0
 *
 * sketch.c: the bottom-k sketch, in one pass.
 *
 * The hashes are evenly spread, so that the k-th smallest of n is near k/n of their range: what lies below one and a
 * half times that is gathered without a branch, some 190 values, and sorted by buckets. Where that guess fails (a text
 * that repeats itself, or one made to fail) the k smallest are kept in order one by one, at most k moves a hash.
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

static inline uint32_t shingle(const uint64_t *tokens, unsigned width, uint64_t salt)
{
    uint64_t rolled = salt;
    for (unsigned j = 0; j < width; j++)
        rolled = rotate(rolled ^ tokens[j], 27) * 0x9e3779b97f4a7c15ULL;
    return finish(rolled);
}

#define GATHERED 512u
#define BUCKETS 256u

/* Below which value one and a half times DD_SKETCH of `count` evenly spread hashes lie. */
static uint32_t guess_limit(size_t count)
{
    if (count <= 2 * DD_SKETCH)
        return UINT32_MAX;
    return (uint32_t)(((uint64_t)DD_SKETCH * 3 / 2 << 32) / count);
}

/* `count` values up to `limit`, sorted: into buckets first, where they nearly lie in order, then by insertion. */
static void sort(uint32_t *values, size_t count, uint32_t limit)
{
    uint32_t spread[GATHERED];
    uint16_t start[BUCKETS + 1] = {0};
    uint64_t scale = ((uint64_t)BUCKETS << 32) / ((uint64_t)limit + 1);
    for (size_t i = 0; i < count; i++)
        start[(values[i] * scale >> 32) + 1]++;
    for (size_t i = 1; i <= BUCKETS; i++)
        start[i] = (uint16_t)(start[i] + start[i - 1]);
    for (size_t i = 0; i < count; i++)
        spread[start[values[i] * scale >> 32]++] = values[i];
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && values[at - 1] > spread[i]; at--)
            values[at] = values[at - 1];
        values[at] = spread[i];
    }
}

/* Gives 0 if the guess held and the sketch is made. */
static int make_fast(dd_sketch *sketch, const uint64_t *tokens, size_t shingles, unsigned width, uint64_t salt)
{
    uint32_t values[GATHERED + 1], limit = guess_limit(shingles);
    size_t count = 0;
    for (size_t i = 0; i < shingles; i++) {
        values[count] = shingle(tokens + i, width, salt);
        count += values[count] <= limit;
        if (count > GATHERED)
            return -1;
    }
    sort(values, count, limit);
    unsigned kept = 0;
    for (size_t i = 0; i < count && kept < DD_SKETCH; i++)
        if (kept == 0 || sketch->value[kept - 1] != values[i])
            sketch->value[kept++] = values[i];
    sketch->count = (uint16_t)kept;
    return kept == DD_SKETCH || limit == UINT32_MAX ? 0 : -1;
}

void dd_sketch_make(dd_sketch *sketch, const uint64_t *tokens, size_t count, unsigned width, uint64_t salt)
{
    sketch->count = 0;
    if (count < width)
        return;
    size_t shingles = count - width + 1;
    if (make_fast(sketch, tokens, shingles, width, salt) == 0)
        return;
    sketch->count = 0;
    for (size_t i = 0; i < shingles; i++) {
        uint32_t value = shingle(tokens + i, width, salt);
        if (sketch->count < DD_SKETCH || value < sketch->value[DD_SKETCH - 1])
            keep(sketch, value);
    }
}
