/* SPDX-License-Identifier: Apache-2.0
 *
 * index.h: the active segment's index, in memory: which records have this owner, this exact key, this shingle.
 *
 * Everything in it can be rebuilt from the records in their order, so that it is never written while the segment grows
 * (sealed.h is what it becomes). Sixteen random places in a B-tree for each article is what the memory spares.
 *
 * A list is closed at DD_LIST entries: its key is found further on, but enters no new record, and the record takes its
 * next shingle instead. So the wording that an outlet prints under everything weeds itself out, and no list grows
 * without bound.
 */
#ifndef DEDUPE_INDEX_H
#define DEDUPE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "record.h"

#define DD_LIST 64u
#define DD_POSTINGS 16u
#define DD_SLOTS (2u + DD_POSTINGS) /* owner, exact key, shingles */

enum dd_kind { DD_OWNER = 0, DD_EXACT_KEY = 1, DD_SHINGLE = 2 };

typedef struct dd_index_entry {
    uint32_t key;
    uint32_t next; /* the entry before it in the same bucket; DD_NO_ENTRY ends, DD_UNUSED: no entry at all */
} dd_index_entry;

#define DD_NO_ENTRY UINT32_MAX
#define DD_UNUSED (UINT32_MAX - 1)

typedef struct dd_index {
    dd_index_entry *entries; /* DD_SLOTS for each record */
    uint32_t *buckets;
    uint32_t records;  /* how many are in */
    uint32_t capacity; /* in records */
    unsigned bits;     /* log2 of the number of buckets */
    uint64_t salt;     /* nobody outside can choose what meets in a bucket */
} dd_index;

/* Spreads a hash of one kind over 32 bits; one to one within a kind. What the index, the sealed form and its filter go
 * by. */
uint32_t dd_index_key(enum dd_kind kind, uint32_t hash);

/* 0 or -ENOMEM. */
int dd_index_init(dd_index *index);
void dd_index_fini(dd_index *index);

/* Adds the next record (its place is index->records). Depends only on the record and on those before it. 0 or -ENOMEM.
 */
int dd_index_add(dd_index *index, const dd_record *record);

/* Takes the newest records away until `records` are left. */
void dd_index_truncate(dd_index *index, uint32_t records);

/* The places of the records in the list of `key`, newest first, at most DD_LIST. Gives their number; DD_LIST means
 * closed. */
unsigned dd_index_find(const dd_index *index, enum dd_kind kind, uint32_t key, uint32_t places[DD_LIST]);

/* Bytes that it holds. */
size_t dd_index_bytes(const dd_index *index);

#endif
