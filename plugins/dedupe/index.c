/* SPDX-License-Identifier: Apache-2.0
 *
 * index.c: a chained hash table whose entries stand in the order of the records, DD_SLOTS for each, so that an entry's
 * number says record and kind. Newest first in each chain: taking the newest records back is popping.
 */
#include "index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#define FIRST_CAPACITY 512u
#define FIRST_BITS 13u

uint32_t dd_index_key(enum dd_kind kind, uint32_t hash)
{
    uint32_t x = hash ^ (uint32_t)kind * 0x5bd1e995u; /* then the finaliser of MurmurHash3 */
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    return x ^ x >> 16;
}

static inline size_t bucket_of(const dd_index *index, uint32_t key)
{
    return (size_t)((key + index->salt) * 0x9e3779b97f4a7c15ULL * (index->salt | 1u) >> (64 - index->bits));
}

/* A number that differs from process to process. It moves entries between buckets and changes no answer. */
static uint64_t process_salt(void)
{
    uint64_t salt = 0;
    const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
    if (random != NULL)
        memcpy(&salt, random, sizeof salt);
    return salt;
}

int dd_index_init(dd_index *index)
{
    *index = (dd_index){.bits = FIRST_BITS, .capacity = FIRST_CAPACITY, .salt = process_salt()};
    index->entries = malloc((size_t)index->capacity * DD_SLOTS * sizeof *index->entries);
    index->buckets = malloc(sizeof *index->buckets << index->bits);
    if (index->entries == NULL || index->buckets == NULL) {
        dd_index_fini(index);
        return -ENOMEM;
    }
    memset(index->buckets, 0xFF, sizeof *index->buckets << index->bits);
    return 0;
}

void dd_index_fini(dd_index *index)
{
    free(index->entries);
    free(index->buckets);
    *index = (dd_index){0};
}

static void link_entry(dd_index *index, uint32_t number)
{
    dd_index_entry *entry = &index->entries[number];
    uint32_t *bucket = &index->buckets[bucket_of(index, entry->key)];
    entry->next = *bucket;
    *bucket = number;
}

/* Twice the buckets, the chains made anew in the order of the records. */
static int grow_buckets(dd_index *index)
{
    uint32_t *buckets = malloc(sizeof *buckets << (index->bits + 1));
    if (buckets == NULL)
        return -ENOMEM;
    free(index->buckets);
    index->buckets = buckets;
    index->bits++;
    memset(buckets, 0xFF, sizeof *buckets << index->bits);
    for (uint32_t i = 0; i < index->records * DD_SLOTS; i++)
        if (index->entries[i].next != DD_UNUSED)
            link_entry(index, i);
    return 0;
}

static int reserve(dd_index *index)
{
    if (index->records == index->capacity) {
        size_t capacity = (size_t)index->capacity * 2;
        dd_index_entry *grown = realloc(index->entries, capacity * DD_SLOTS * sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        index->entries = grown;
        index->capacity = (uint32_t)capacity;
    }
    if ((uint64_t)(index->records + 1) * DD_SLOTS > (uint64_t)5 << (index->bits - 2)) /* 1.25 entries a bucket */
        return grow_buckets(index);
    return 0;
}

static void set_slot(dd_index *index, unsigned slot, uint32_t key)
{
    uint32_t number = index->records * DD_SLOTS + slot;
    index->entries[number].key = key;
    link_entry(index, number);
}

/* The smallest shingles whose lists are open. A closed list costs its walk, and at most DD_INDEXED of them are
 * walked. */
static void set_shingles(dd_index *index, const dd_print *print)
{
    uint32_t places[DD_LIST];
    unsigned slot = DD_SHINGLE;
    for (unsigned i = 0; i < print->indexed_count && slot < DD_SLOTS; i++) {
        uint32_t key = dd_index_key(DD_SHINGLE, print->indexed[i]);
        if (dd_index_find(index, DD_SHINGLE, key, places) < DD_LIST)
            set_slot(index, slot++, key);
    }
}

int dd_index_add(dd_index *index, const dd_record *record)
{
    uint32_t places[DD_LIST];
    int rc = reserve(index);
    if (rc != 0)
        return rc;
    const dd_print *print = &record->fingerprint.print;
    for (unsigned slot = 0; slot < DD_SLOTS; slot++)
        index->entries[index->records * DD_SLOTS + slot] = (dd_index_entry){0, DD_UNUSED};
    set_slot(index, DD_OWNER, dd_index_key(DD_OWNER, (uint32_t)dd_owner_hash(&record->owner)));
    if (print->tokens > 0) {
        uint32_t exact = dd_index_key(DD_EXACT_KEY, (uint32_t)print->exact[0]);
        if (dd_index_find(index, DD_EXACT_KEY, exact, places) < DD_LIST)
            set_slot(index, DD_EXACT_KEY, exact);
    }
    if (record->indexed)
        set_shingles(index, print);
    index->records++;
    return 0;
}

void dd_index_truncate(dd_index *index, uint32_t records)
{
    while (index->records > records) {
        index->records--;
        for (unsigned slot = DD_SLOTS; slot-- > 0;) {
            dd_index_entry *entry = &index->entries[index->records * DD_SLOTS + slot];
            if (entry->next != DD_UNUSED)
                index->buckets[bucket_of(index, entry->key)] = entry->next;
        }
    }
}

unsigned dd_index_find(const dd_index *index, enum dd_kind kind, uint32_t key, uint32_t places[DD_LIST])
{
    unsigned found = 0;
    for (uint32_t i = index->buckets[bucket_of(index, key)]; i != DD_NO_ENTRY && found < DD_LIST;
         i = index->entries[i].next) {
        unsigned slot = i % DD_SLOTS;
        unsigned of_kind = slot < DD_SHINGLE ? slot : DD_SHINGLE;
        if (index->entries[i].key == key && of_kind == (unsigned)kind)
            places[found++] = i / DD_SLOTS;
    }
    return found;
}

size_t dd_index_bytes(const dd_index *index)
{
    return (size_t)index->capacity * DD_SLOTS * sizeof *index->entries + (sizeof *index->buckets << index->bits);
}
