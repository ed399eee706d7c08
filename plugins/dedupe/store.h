/* SPDX-License-Identifier: Apache-2.0
 *
 * store.h: the window: all records that are still remembered, in segments by time, and how they are found.
 *
 * The clock is the stream's: the latest broker timestamp seen, moved by at most one segment's span a record, so that
 * one record from the year 2090 can't empty the window. Wall time plays no part: a replay decides alike. A record is
 * visible as long as the clock is at most the window past its own; a segment is removed, whole, when all of its records
 * are out of sight.
 *
 * Where a segment ends depends on the records alone, not on how they came in batches. Errors are -errno. After a failed
 * add or commit call dd_store_abort: what was committed before stays, the rest is as if it had never been.
 */
#ifndef DEDUPE_STORE_H
#define DEDUPE_STORE_H

#include "index.h"
#include "options.h"
#include "record.h"
#include "refs.h"

typedef struct dd_store dd_store;

/* `folder` is not used by the memory store. On an error `why` holds a sentence for people. With settings->reading the store
 * is seen as it is at this moment, beside the process that writes it, and nothing is changed: no tick, add, forget; begin
 * and abort may be left out. -ENOENT then if there is no segment. */
int dd_store_open(dd_store **store, const dd_settings *settings, const char *folder, char *why, size_t why_size);
void dd_store_close(dd_store *store);

int dd_store_begin(dd_store *store);
int dd_store_commit(dd_store *store);
void dd_store_abort(dd_store *store);

/* Does the newest segment end before a record of this timestamp (-1: none)? Within a batch. */
int dd_store_ends(const dd_store *store, int64_t timestamp_ms);
/* Ends it and begins the next. The batch so far is committed; another is open after it. On an error none is. */
int dd_store_roll(dd_store *store);

/* Moves the clock by a record's timestamp and gives it. Within a batch. */
int64_t dd_store_tick(dd_store *store, int64_t timestamp_ms);

/* Called for each record under a hash, the oldest first; a nonzero answer ends the search. A hash has 32 bits, so that
 * others' records may be among them. Gives 1 if some segment's list is closed, else 0. */
typedef int dd_store_visit(void *context, dd_ref ref);
int dd_store_find(dd_store *store, enum dd_kind kind, uint32_t hash, dd_store_visit *visit, void *context);

/* Reads a record that was not forgotten. 0, -ENOENT (forgotten, expired or never there), -EBADMSG, -ENOMEM. */
int dd_store_read(dd_store *store, dd_ref ref, dd_slot *slot);

int dd_store_is_forgotten(const dd_store *store, dd_ref ref);
/* Is the ref in the segment that grows? */
int dd_store_is_newest(const dd_store *store, dd_ref ref);
int dd_store_is_visible(const dd_store *store, const dd_record *record);

/* Adds a record; its clock is set here. Rolls first where nobody did. Within a batch. */
int dd_store_add(dd_store *store, dd_record *record);

/* For reading: what was in sight at this time. Batches move the clock themselves. */
void dd_store_look_back(dd_store *store, int64_t clock);

/* For reading, or within a batch: every record, the oldest first, the forgotten too; a nonzero answer ends the walk, and is given.
 * A record that cannot be read is left out, and counted in *damaged. */
typedef int dd_store_step(void *context, dd_ref ref, const dd_record *record);
int dd_store_walk(dd_store *store, dd_store_step *step, void *context, uint64_t *damaged);

/* The segments, the oldest first, from 0. Clocks are those of its first and last record; -1 in an empty one. */
typedef struct dd_segment_view {
    uint32_t number, records;
    int is_sealed;
    int64_t first, last;
} dd_segment_view;
int dd_store_segment(const dd_store *store, size_t place, dd_segment_view *view); /* 0 behind the last */

/* Outside of a batch: the record is never read again. On an error it is so for this process, and the next batch makes
 * it durable. */
int dd_store_forget(dd_store *store, dd_ref ref);

/* ---- for a store that follows another (replica.h) ---- */

/* Segments from `oldest` to `newest`; the newest has `records`, of which `fresh` belong to the open batch. */
typedef struct dd_store_extent {
    uint32_t oldest, newest, records, fresh;
} dd_store_extent;
dd_store_extent dd_store_measure_extent(const dd_store *store);

/* Records of one segment, 0 for one that is not there. */
uint32_t dd_store_count(const dd_store *store, uint32_t segment);

/* A record's bytes as they are stored, forgotten or not; borrowed until the next call that writes. Within a batch. */
int dd_store_bytes(dd_store *store, dd_ref ref, cd_str *bytes);

/* Adds such bytes, made by another store, as the newest segment's next record; the clock becomes the record's. Within a
 * batch. -EBADMSG for what is no record. */
int dd_store_apply(dd_store *store, cd_str bytes);

/* Outside of a batch: forgets everything and begins anew with a segment of this number. */
int dd_store_reset(dd_store *store, uint32_t segment);

/* All that were forgotten; borrowed. */
const dd_refs *dd_store_forgotten(const dd_store *store);

typedef struct dd_store_stats {
    uint64_t records, index_bytes, segments, expired;
} dd_store_stats;
dd_store_stats dd_store_measure(const dd_store *store);

#endif
