/* SPDX-License-Identifier: Apache-2.0
 *
 * store.c: the row of segments. Owns the logs, the open index of the newest one, the set of forgotten refs and the
 * clock.
 *
 * Life of a segment: it is made, grows (records in the log, index in memory), is sealed (index written once, sorted;
 * memory given back), is read, and is removed. The order on disk makes every step repeatable: the old one is sealed
 * before the next is made, and one that is found unsealed at start gets its index from its records, as the newest does.
 */
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

/* Each is an open file. At so many the oldest goes, window or not. */
#define SEGMENTS_MAX 256

/* The end of the year 9999. Producers may write any timestamp, and clocks are subtracted. */
#define CLOCK_MOST INT64_C(253402300799999)

typedef struct segment {
    uint32_t number;
    dd_log *log;
    int is_sealed; /* `sealed` is what finds; else `index` */
    dd_sealed sealed;
    dd_index index;
    uint32_t committed;  /* records in the index as of the last commit */
    int64_t first, last; /* clocks of its first and last record; only if it has any */
} segment;

struct dd_store {
    dd_settings settings;
    const dd_log_kind *kind;
    dd_place *place;
    segment *segments; /* ascending by number; the last one grows */
    size_t count;
    dd_refs forgotten;
    dd_refs pending;                /* forgotten, not yet durable */
    int64_t clock, clock_committed; /* -1: no record had a timestamp */
    uint64_t expired;
    int in_batch;
    uint32_t restart; /* the segment to make where there is none: a reset could not */
    dd_slot slot;     /* for rebuilding */
    char encoded[DD_RECORD_MAX];
};

static segment *newest(const dd_store *store) { return &store->segments[store->count - 1]; }

/* ---- the forgotten ---- */

int dd_store_is_forgotten(const dd_store *store, dd_ref ref) { return dd_refs_has(&store->forgotten, ref); }

static int forgotten_load(dd_store *store, segment *s)
{
    size_t room = 1024;
    for (;;) {
        dd_ref *refs = malloc(room * sizeof *refs);
        if (refs == NULL)
            return -ENOMEM;
        int found = store->kind->forgotten(s->log, refs, room), rc = found < 0 ? found : 0;
        int all = found >= 0 && (size_t)found < room;
        for (int i = 0; i < found && rc == 0 && all; i++)
            rc = dd_refs_add(&store->forgotten, refs[i]);
        free(refs);
        if (rc != 0 || all)
            return rc;
        room *= 4;
    }
}

/* ---- a segment ---- */

static void segment_fini(dd_store *store, segment *s)
{
    store->kind->close(s->log);
    dd_index_fini(&s->index);
}

static int read_log(dd_store *store, segment *s, uint32_t place, dd_slot *slot)
{
    cd_str bytes;
    int rc = store->kind->read(s->log, place, &bytes);
    return rc == 0 ? dd_slot_read(slot, bytes) : rc;
}

/* Makes the open index from the log's records, from the first that it lacks; the clock follows. */
static int rebuild(dd_store *store, segment *s)
{
    int rc = store->kind->begin(s->log);
    if (rc != 0)
        return rc;
    while (s->index.records < store->kind->count(s->log)) {
        if ((rc = read_log(store, s, s->index.records, &store->slot)) != 0 ||
            (rc = dd_index_add(&s->index, &store->slot.record)) != 0)
            break;
        s->last = store->slot.record.clock;
        if (s->index.records == 1)
            s->first = s->last;
    }
    s->committed = s->index.records;
    store->kind->abort(s->log);
    if (s->committed > 0 && s->last > store->clock_committed)
        store->clock = store->clock_committed = s->last;
    return rc == -ENOENT ? -EBADMSG : rc;
}

static int sealed_clocks(dd_store *store, segment *s)
{
    uint32_t count = store->kind->count(s->log);
    if (count == 0)
        return 0;
    int rc = read_log(store, s, 0, &store->slot);
    s->first = store->slot.record.clock;
    if (rc == 0)
        rc = read_log(store, s, count - 1, &store->slot);
    s->last = store->slot.record.clock;
    return rc;
}

static int segment_seal(dd_store *store, segment *s)
{
    int rc = store->kind->seal(s->log, &s->index);
    if (rc != 0)
        return rc;
    rc = store->kind->sealed(s->log, &s->sealed);
    if (rc == 0) {
        s->is_sealed = 1;
        dd_index_fini(&s->index);
    }
    return rc == -ENOENT ? 0 : rc; /* the memory log goes on with the open form */
}

static int segment_open(dd_store *store, uint32_t number, int create)
{
    segment s = {.number = number};
    int rc = store->kind->open(store->place, number, create, &s.log);
    if (rc != 0)
        return rc;
    rc = forgotten_load(store, &s);
    if (rc == 0)
        rc = store->kind->sealed(s.log, &s.sealed);
    if (rc == 0) {
        s.is_sealed = 1;
        rc = sealed_clocks(store, &s);
    } else if (rc == -ENOENT) {
        rc = dd_index_init(&s.index);
        if (rc == 0)
            rc = rebuild(store, &s);
    }
    if (rc != 0) {
        segment_fini(store, &s);
        return rc;
    }
    store->segments[store->count++] = s;
    if (store->kind->count(s.log) > 0 && s.last > store->clock_committed)
        store->clock = store->clock_committed = s.last;
    return 0;
}

/* Removes, oldest first, what is out of sight, and what is too many; never the newest. */
static void expire(dd_store *store)
{
    size_t gone = 0;
    while (gone + 1 < store->count) {
        segment *s = &store->segments[gone];
        if (store->kind->count(s->log) > 0 && store->clock - s->last <= store->settings.window_ms &&
            store->count - gone < SEGMENTS_MAX)
            break;
        store->kind->remove(s->log);
        dd_index_fini(&s->index);
        gone++;
    }
    if (gone == 0)
        return;
    store->count -= gone;
    store->expired += gone;
    memmove(store->segments, store->segments + gone, store->count * sizeof *store->segments);
    dd_refs_cut_below(&store->forgotten, DD_REF(store->segments[0].number, 0));
}

/* ---- opening and closing ---- */

static const char *reason_of(int rc)
{
    switch (rc) {
    case -EPROTO: return "was written by another version or kind of machine: move the folder away (copydesk dedupe import fills a new one)";
    case -EBADMSG: return "is damaged";
    default: return strerror(-rc);
    }
}

static int segments_open(dd_store *store, char *why, size_t why_size)
{
    uint32_t numbers[SEGMENTS_MAX];
    int found = store->kind->list(store->place, numbers, SEGMENTS_MAX - 1), rc = found < 0 ? found : 0;
    for (int i = 0; i < found && rc == 0; i++) {
        rc = segment_open(store, numbers[i], 0);
        if (rc == -ENOENT && store->settings.reading) { /* expired between two looks */
            rc = 0;
            continue;
        }
        if (rc != 0)
            snprintf(why, why_size, "segment-%08u.mdb %s", numbers[i], reason_of(rc));
        else if (i + 1 < found && !store->settings.reading && !newest(store)->is_sealed && (rc = segment_seal(store, newest(store))) != 0)
            snprintf(why, why_size, "segment-%08u.mdb cannot be sealed: %s", numbers[i], reason_of(rc));
    }
    if (rc == 0 && store->settings.reading) {
        rc = store->count > 0 ? 0 : -ENOENT;
        snprintf(why, why_size, "there is no store: no file segment-….mdb");
    } else if (rc == 0 && (store->count == 0 || newest(store)->is_sealed)) {
        rc = segment_open(store, store->count ? newest(store)->number + 1 : 1, 1);
        if (rc != 0)
            snprintf(why, why_size, "a new segment cannot be made: %s", reason_of(rc));
    }
    return rc;
}

int dd_store_open(dd_store **out, const dd_settings *settings, const char *folder, char *why, size_t why_size)
{
    dd_store *store = calloc(1, sizeof *store);
    snprintf(why, why_size, "out of memory");
    if (store == NULL)
        return -ENOMEM;
    store->settings = *settings;
    store->kind = settings->in_memory ? &dd_log_memory : &dd_log_lmdb;
    store->clock = store->clock_committed = -1;
    store->segments = calloc(SEGMENTS_MAX, sizeof *store->segments);
    int rc = store->segments ? store->kind->place_open(&store->place, settings, folder, why, why_size) : -ENOMEM;
    if (rc == 0)
        rc = segments_open(store, why, why_size);
    if (rc != 0) {
        dd_store_close(store);
        return rc;
    }
    if (!settings->reading)
        expire(store);
    *out = store;
    return 0;
}

void dd_store_close(dd_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->count; i++)
        segment_fini(store, &store->segments[i]);
    if (store->place != NULL)
        store->kind->place_close(store->place);
    dd_slot_fini(&store->slot);
    free(store->segments);
    dd_refs_fini(&store->forgotten);
    dd_refs_fini(&store->pending);
    free(store);
}

/* ---- batches ---- */

/* The newest segment, ready to grow: not sealed, and its index on a level with its log. After an error it may be
 * neither. */
static int newest_ready(dd_store *store)
{
    segment *s = newest(store);
    int rc = 0;
    if (!s->is_sealed && store->kind->sealed(s->log, &s->sealed) != -ENOENT)
        rc = segment_seal(store, s);
    if (rc == 0 && s->is_sealed)
        return segment_open(store, s->number + 1, 1);
    if (rc == 0 && store->kind->count(s->log) != s->index.records)
        rc = rebuild(store, s);
    return rc;
}

static int pending_write(dd_store *store, dd_log *log)
{
    int rc = 0;
    for (size_t i = 0; i < store->pending.count && rc == 0; i++)
        rc = store->kind->forget(log, store->pending.ref[i]);
    return rc;
}

int dd_store_begin(dd_store *store)
{
    int rc = store->count == 0 ? segment_open(store, store->restart, 1) : 0;
    if (rc == 0)
        rc = newest_ready(store);
    if (rc != 0)
        return rc;
    dd_log *log = newest(store)->log;
    rc = store->kind->begin(log);
    if (rc != 0)
        return rc;
    store->in_batch = 1;
    if (store->kind->count(log) != newest(store)->index.records) /* the log had to be opened anew */
        rc = -EAGAIN;
    if (rc == 0)
        rc = pending_write(store, log);
    if (rc != 0)
        dd_store_abort(store);
    return rc;
}

int dd_store_commit(dd_store *store)
{
    segment *s = newest(store);
    int rc = store->kind->commit(s->log);
    if (rc != 0)
        return rc;
    store->in_batch = 0;
    store->pending.count = 0;
    s->committed = s->index.records;
    if (s->committed > 0)
        store->clock_committed = s->last;
    return 0;
}

/* After a commit that failed the disk may have the batch all the same: then its records are the truth, and the next
 * batch begins with them. */
void dd_store_abort(dd_store *store)
{
    store->clock = store->clock_committed;
    if (!store->in_batch)
        return;
    segment *s = newest(store);
    store->in_batch = 0;
    store->kind->abort(s->log);
    dd_index_truncate(&s->index, s->committed);
}

static int64_t clock_after(const dd_store *store, int64_t timestamp_ms)
{
    int64_t span = store->settings.span_ms;
    timestamp_ms = timestamp_ms < CLOCK_MOST ? timestamp_ms : CLOCK_MOST;
    if (timestamp_ms <= store->clock)
        return store->clock;
    return store->clock < 0 || timestamp_ms - store->clock <= span ? timestamp_ms : store->clock + span;
}

int64_t dd_store_tick(dd_store *store, int64_t timestamp_ms)
{
    store->clock = clock_after(store, timestamp_ms);
    return store->clock;
}

int dd_store_ends(const dd_store *store, int64_t timestamp_ms)
{
    const segment *s = newest(store);
    if (s->index.records == 0)
        return 0;
    return s->index.records >= store->settings.segment_records ||
           clock_after(store, timestamp_ms) - s->first >= store->settings.span_ms;
}

int dd_store_roll(dd_store *store)
{
    int64_t clock = store->clock;
    int rc = dd_store_commit(store);
    if (rc == 0)
        rc = segment_seal(store, newest(store));
    if (rc == 0)
        rc = segment_open(store, newest(store)->number + 1, 1);
    if (rc != 0)
        return rc;
    store->clock = clock;
    expire(store);
    return dd_store_begin(store);
}

static int append(dd_store *store, const dd_record *record, cd_str bytes)
{
    segment *s = newest(store);
    int rc = store->kind->append(s->log, bytes);
    if (rc == 0)
        rc = dd_index_add(&s->index, record);
    if (rc != 0)
        return rc;
    if (s->index.records == 1)
        s->first = record->clock;
    s->last = record->clock;
    return 0;
}

int dd_store_add(dd_store *store, dd_record *record)
{
    int rc = dd_store_ends(store, store->clock) ? dd_store_roll(store) : 0;
    if (rc != 0)
        return rc;
    record->clock = store->clock;
    return append(store, record, (cd_str){store->encoded, dd_record_write(store->encoded, record)});
}

int dd_store_apply(dd_store *store, cd_str bytes)
{
    int rc = bytes.len <= DD_RECORD_MAX ? dd_slot_read(&store->slot, bytes) : -EBADMSG;
    if (rc != 0)
        return rc;
    store->clock = store->slot.record.clock;
    return append(store, &store->slot.record, bytes);
}

int dd_store_forget(dd_store *store, dd_ref ref)
{
    int rc = dd_refs_add(&store->forgotten, ref);
    if (rc == 0)
        rc = dd_refs_add(&store->pending, ref);
    if (rc != 0)
        return rc;
    rc = dd_store_begin(store);
    if (rc == 0 && (rc = dd_store_commit(store)) != 0)
        dd_store_abort(store);
    return rc;
}

/* ---- finding ---- */

static unsigned segment_find(const segment *s, enum dd_kind kind, uint32_t key, uint32_t places[DD_LIST])
{
    if (s->is_sealed)
        return dd_sealed_find(&s->sealed, kind, key, places);
    unsigned found = dd_index_find(&s->index, kind, key, places);
    for (unsigned i = 0; i < found / 2; i++) { /* newest first → oldest first */
        uint32_t place = places[i];
        places[i] = places[found - 1 - i];
        places[found - 1 - i] = place;
    }
    return found;
}

int dd_store_find(dd_store *store, enum dd_kind kind, uint32_t hash, dd_store_visit *visit, void *context)
{
    uint32_t places[DD_LIST], key = dd_index_key(kind, hash);
    int closed = 0;
    for (size_t i = 0; i < store->count; i++) {
        const segment *s = &store->segments[i];
        unsigned found = segment_find(s, kind, key, places);
        closed |= found == DD_LIST;
        for (unsigned j = 0; j < found; j++)
            if (visit(context, DD_REF(s->number, places[j])) != 0)
                return closed;
    }
    return closed;
}

static segment *segment_of(const dd_store *store, uint32_t number)
{
    size_t low = 0, high = store->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (store->segments[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < store->count && store->segments[low].number == number ? &store->segments[low] : NULL;
}

int dd_store_read(dd_store *store, dd_ref ref, dd_slot *slot)
{
    segment *s = segment_of(store, DD_REF_SEGMENT(ref));
    if (s == NULL || dd_store_is_forgotten(store, ref))
        return -ENOENT;
    return read_log(store, s, DD_REF_PLACE(ref), slot);
}

int dd_store_is_newest(const dd_store *store, dd_ref ref) { return DD_REF_SEGMENT(ref) == newest(store)->number; }

int dd_store_is_visible(const dd_store *store, const dd_record *record)
{
    return store->clock - record->clock <= store->settings.window_ms;
}

/* ---- for a store that follows another ---- */

dd_store_extent dd_store_measure_extent(const dd_store *store)
{
    if (store->count == 0)
        return (dd_store_extent){store->restart, store->restart, 0, 0};
    const segment *s = newest(store);
    return (dd_store_extent){store->segments[0].number, s->number, s->index.records, s->index.records - s->committed};
}

uint32_t dd_store_count(const dd_store *store, uint32_t number)
{
    const segment *s = segment_of(store, number);
    return s != NULL ? store->kind->count(s->log) : 0;
}

int dd_store_bytes(dd_store *store, dd_ref ref, cd_str *bytes)
{
    segment *s = segment_of(store, DD_REF_SEGMENT(ref));
    return s != NULL ? store->kind->read(s->log, DD_REF_PLACE(ref), bytes) : -ENOENT;
}

/* The oldest first: what a kill leaves behind has no hole in it. */
int dd_store_reset(dd_store *store, uint32_t number)
{
    for (size_t i = 0; i < store->count; i++) {
        store->kind->remove(store->segments[i].log);
        dd_index_fini(&store->segments[i].index);
    }
    store->count = 0;
    store->clock = store->clock_committed = -1;
    dd_refs_fini(&store->forgotten);
    dd_refs_fini(&store->pending);
    store->restart = number;
    return segment_open(store, number, 1);
}

const dd_refs *dd_store_forgotten(const dd_store *store) { return &store->forgotten; }

/* ---- for people ---- */

void dd_store_look_back(dd_store *store, int64_t clock) { store->clock = clock; }

int dd_store_walk(dd_store *store, dd_store_step *step, void *context, uint64_t *damaged)
{
    int rc = 0;
    for (size_t i = 0; i < store->count; i++) {
        segment *s = &store->segments[i];
        uint32_t count = store->kind->count(s->log);
        for (uint32_t place = 0; place < count; place++) {
            rc = read_log(store, s, place, &store->slot);
            if (rc == -EBADMSG || rc == -ENOENT)
                ++*damaged;
            else if (rc != 0 || (rc = step(context, DD_REF(s->number, place), &store->slot.record)) != 0)
                return rc;
        }
    }
    return 0;
}

int dd_store_segment(const dd_store *store, size_t place, dd_segment_view *view)
{
    if (place >= store->count)
        return 0;
    const segment *s = &store->segments[place];
    uint32_t records = store->kind->count(s->log);
    *view = (dd_segment_view){s->number, records, s->is_sealed, records ? s->first : -1, records ? s->last : -1};
    return 1;
}

dd_store_stats dd_store_measure(const dd_store *store)
{
    dd_store_stats stats = {.segments = store->count, .expired = store->expired};
    for (size_t i = 0; i < store->count; i++) {
        stats.records += store->kind->count(store->segments[i].log);
        if (!store->segments[i].is_sealed)
            stats.index_bytes += dd_index_bytes(&store->segments[i].index);
    }
    return stats;
}
