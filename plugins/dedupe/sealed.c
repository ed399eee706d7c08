/* SPDX-License-Identifier: Apache-2.0
 *
 * sealed.c: sorting the index into its sealed form, and finding in it. Pure: where the bytes live is the caller's
 * matter. The sort goes by radix, three passes of 11 bits over the keys, stable, so that a list keeps the order of its
 * records.
 */
#include "sealed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BITS_A_KEY 12u
#define BLOCK_WORDS 4u
#define PROBES 6u

static size_t entries_used(const dd_index *index)
{
    size_t used = 0;
    for (size_t i = 0; i < (size_t)index->records * DD_SLOTS; i++)
        used += index->entries[i].next != DD_UNUSED;
    return used;
}

size_t dd_sealed_rows_size(const dd_index *index) { return entries_used(index) * sizeof(uint64_t); }

size_t dd_sealed_filter_size(const dd_index *index)
{
    size_t blocks = (entries_used(index) * BITS_A_KEY + 255) / 256;
    return (blocks ? blocks : 1) * BLOCK_WORDS * sizeof(uint64_t);
}

static void radix_pass(const uint64_t *from, uint64_t *to, size_t count, unsigned shift)
{
    size_t start[2049] = {0};
    for (size_t i = 0; i < count; i++)
        start[(from[i] >> shift & 2047) + 1]++;
    for (size_t i = 1; i < 2049; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < count; i++)
        to[start[from[i] >> shift & 2047]++] = from[i];
}

/* The block goes by the key's upper bits; all of its bits, mixed, say which six of the block are its own. */
static uint64_t spread(uint32_t key) { return (key + 0x9e3779b9ULL) * 0xff51afd7ed558ccdULL >> 16; }

static size_t block_of(uint32_t key, size_t blocks) { return (size_t)((uint64_t)key * blocks >> 32) * BLOCK_WORDS; }

static void filter_set(uint64_t *filter, size_t blocks, uint32_t key)
{
    uint64_t *block = filter + block_of(key, blocks), bits = spread(key);
    for (unsigned i = 0; i < PROBES; i++, bits >>= 8)
        block[bits >> 6 & 3] |= 1ULL << (bits & 63);
}

static int filter_has(const uint64_t *filter, size_t blocks, uint32_t key)
{
    const uint64_t *block = filter + block_of(key, blocks);
    uint64_t bits = spread(key);
    for (unsigned i = 0; i < PROBES; i++, bits >>= 8)
        if ((block[bits >> 6 & 3] >> (bits & 63) & 1) == 0)
            return 0;
    return 1;
}

void dd_sealed_filter(const dd_index *index, uint64_t *filter)
{
    size_t size = dd_sealed_filter_size(index), blocks = size / (BLOCK_WORDS * sizeof *filter);
    memset(filter, 0, size);
    for (uint32_t i = 0; i < index->records * DD_SLOTS; i++)
        if (index->entries[i].next != DD_UNUSED)
            filter_set(filter, blocks, index->entries[i].key);
}

int dd_sealed_rows(const dd_index *index, uint64_t *rows)
{
    size_t count = 0;
    uint64_t *scratch = malloc(dd_sealed_rows_size(index) + 1);
    if (scratch == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < index->records * DD_SLOTS; i++)
        if (index->entries[i].next != DD_UNUSED)
            scratch[count++] = (uint64_t)index->entries[i].key << 32 | i;
    radix_pass(scratch, rows, count, 32);
    radix_pass(rows, scratch, count, 43);
    radix_pass(scratch, rows, count, 54);
    free(scratch);
    return 0;
}

/* The first row of `key` or above. The keys are hashes, evenly spread, so that a guess lands near, and a gallop from
 * there (J. Bentley, A. Yao, "An almost optimal algorithm for unbounded searching", 1976) stays within few pages. */
static size_t lower_bound(const dd_sealed *sealed, uint32_t key)
{
    uint64_t wanted = (uint64_t)key << 32;
    size_t guess = (size_t)((uint64_t)key * sealed->count >> 32), step = 256, low, high;
    if (guess < sealed->count && sealed->rows[guess] < wanted) {
        low = guess + 1;
        for (high = guess + step; high < sealed->count && sealed->rows[high] < wanted; high += step *= 2)
            low = high + 1;
        if (high > sealed->count)
            high = sealed->count;
    } else {
        high = guess;
        low = guess;
        while (low > 0) {
            low = low > step ? low - step : 0;
            if (sealed->rows[low] < wanted)
                break;
            high = low;
            step *= 2;
        }
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sealed->rows[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

unsigned dd_sealed_find(const dd_sealed *sealed, enum dd_kind kind, uint32_t key, uint32_t places[DD_LIST])
{
    unsigned found = 0;
    if (sealed->count == 0 || !filter_has(sealed->filter, sealed->blocks, key))
        return 0;
    for (size_t i = lower_bound(sealed, key); i < sealed->count && found < DD_LIST; i++) {
        if ((uint32_t)(sealed->rows[i] >> 32) != key)
            break;
        uint32_t entry = (uint32_t)sealed->rows[i];
        unsigned slot = entry % DD_SLOTS, of_kind = slot < DD_SHINGLE ? slot : DD_SHINGLE;
        if (of_kind == (unsigned)kind && entry / DD_SLOTS < sealed->records)
            places[found++] = entry / DD_SLOTS;
    }
    return found;
}
