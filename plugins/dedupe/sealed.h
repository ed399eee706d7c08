/* SPDX-License-Identifier: Apache-2.0
 *
 * sealed.h: the index of a segment that grows no more: a sorted row of (key, entry) in one piece of memory or file, and
 * a filter before it that says of most keys that they are not there.
 *
 * The filter is a blocked Bloom filter (F. Putze, P. Sanders, J. Singler, "Cache-, hash- and space-efficient Bloom
 * filters", 2007): one cache line a question, 12 bits a key, about one wrong yes in a hundred. So an article's lookups
 * in a dozen old segments cost a dozen cache lines a key and next to no search.
 */
#ifndef DEDUPE_SEALED_H
#define DEDUPE_SEALED_H

#include "index.h"

#define DD_FILTER_BLOCK 32u /* bytes */

typedef struct dd_sealed {
    const uint64_t *rows; /* key in the upper half, entry number in the lower, ascending; borrowed */
    size_t count;
    const uint64_t *filter; /* blocks of four words; borrowed */
    size_t blocks;
    uint32_t records; /* entries of other records are damage, and ignored */
} dd_sealed;

/* How much room the sealed form of `index` takes, in bytes. */
size_t dd_sealed_rows_size(const dd_index *index);
size_t dd_sealed_filter_size(const dd_index *index);

/* Fill the two rooms (8-byte aligned) from the index. Sorting needs as much memory again as the rows; 0 or -ENOMEM. */
void dd_sealed_filter(const dd_index *index, uint64_t *filter);
int dd_sealed_rows(const dd_index *index, uint64_t *rows);

/* As dd_index_find, in the order of the records. */
unsigned dd_sealed_find(const dd_sealed *sealed, enum dd_kind kind, uint32_t key, uint32_t places[DD_LIST]);

#endif
