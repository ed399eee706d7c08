/* SPDX-License-Identifier: Apache-2.0
 *
 * away.c: see away.h. A store of its own, used as a queue: filled while the server is away, emptied from the front when
 * it is back, then thrown away. If the process is killed while it empties, it begins again at the front: who is in the
 * log already is passed over.
 */
#include "away.h"

#include <errno.h>
#include <stdlib.h>

#include "shared.h"

struct dd_away {
    dd_store *store;
    dd_matcher matcher;
    dd_slot slot;
    dd_ref next; /* to enter */
};

int dd_away_open(dd_away **out, const dd_settings *settings, const char *folder, char *why, size_t why_size)
{
    dd_away *away = calloc(1, sizeof *away);
    if (away == NULL)
        return -ENOMEM;
    int rc = dd_matcher_init(&away->matcher);
    if (rc == 0)
        rc = dd_store_open(&away->store, settings, folder, why, why_size);
    if (rc != 0)
        dd_away_close(away);
    else
        *out = away;
    return rc;
}

void dd_away_close(dd_away *away)
{
    if (away == NULL)
        return;
    dd_store_close(away->store);
    dd_matcher_fini(&away->matcher);
    dd_slot_fini(&away->slot);
    free(away);
}

int dd_away_waits(const dd_away *away)
{
    dd_store_extent e = dd_store_measure_extent(away->store);
    return e.records > 0 || e.oldest < e.newest;
}

/* ---- forgotten, of the copy ---- */

/* The set of forgotten refs holds two kinds: of the records here, and, so marked, of the copy's. */
#define OF_COPY ((dd_ref)1 << 63)

int dd_away_unsent(dd_away *away, dd_ref ref) { return dd_store_forget(away->store, ref | OF_COPY); }

int dd_away_unsent_all(dd_away *away, dd_refs *refs)
{
    const dd_refs *all = dd_store_forgotten(away->store);
    int rc = 0;
    for (size_t i = 0; i < all->count && rc == 0; i++)
        if (all->ref[i] & OF_COPY)
            rc = dd_refs_add(refs, all->ref[i] & ~OF_COPY);
    return rc;
}

/* Nothing else is here to be kept, once nothing waits. */
int dd_away_unsent_sent(dd_away *away)
{
    int none = dd_store_forgotten(away->store)->count == 0;
    return none || dd_away_waits(away) ? 0 : dd_store_reset(away->store, 1);
}

/* ---- in ---- */

int dd_away_begin(dd_away *away) { return dd_store_begin(away->store); }
void dd_away_abort(dd_away *away) { dd_store_abort(away->store); }

int dd_away_commit(dd_away *away)
{
    int rc = dd_store_commit(away->store);
    if (rc != 0)
        dd_store_abort(away->store);
    return rc;
}

int dd_away_pass(dd_away *away, dd_store *copy, dd_matcher *matcher, dd_record *record, int64_t timestamp_ms,
                 const dd_record **answer)
{
    dd_ref ref;
    int rc = dd_match_owner(matcher, copy, &record->owner, &ref);
    if (rc == -ENOENT)
        rc = dd_match_owner(matcher, away->store, &record->owner, &ref);
    if (rc == 0)
        *answer = &matcher->best->record;
    if (rc != -ENOENT)
        return rc == 0 ? 1 : rc;
    dd_match_nothing(record);
    record->relation = DD_UNKNOWN;
    record->indexed = 0; /* nobody looks for anything here but owners */
    dd_store_tick(away->store, timestamp_ms);
    *answer = record;
    return dd_store_add(away->store, record);
}

int dd_away_forget(dd_away *away, const dd_owner *owner)
{
    dd_ref ref;
    int rc = dd_store_begin(away->store);
    if (rc != 0)
        return rc;
    rc = dd_match_owner(&away->matcher, away->store, owner, &ref);
    dd_store_abort(away->store);
    return rc == 0 ? dd_store_forget(away->store, ref) : rc;
}

/* ---- out ---- */

/* One record, in open batches of both stores. */
static int enter_one(dd_away *away, dd_replica *replica, dd_ref ref, dd_ref *other)
{
    dd_store *copy = dd_replica_store(replica);
    dd_record *record = &away->slot.record;
    int rc = dd_store_read(away->store, ref, &away->slot);
    if (rc != 0)
        return rc == -ENOENT || rc == -EBADMSG ? 0 : rc; /* forgotten: it came to nothing */
    rc = dd_match_owner(&away->matcher, copy, &record->owner, other);
    if (rc == 0)
        return away->matcher.best->record.relation == DD_UNKNOWN ? 0 : -EEXIST;
    if (rc == -ENOENT)
        rc = dd_replica_room(replica, record->clock);
    if (rc != 0)
        return rc;
    record->indexed = record->fingerprint.print.tokens > 0;
    dd_store_tick(copy, record->clock);
    return dd_store_add(copy, record);
}

/* The first record at or behind `ref`; 0: there is none. */
static dd_ref next_of(const dd_away *away, dd_ref ref)
{
    dd_store_extent e = dd_store_measure_extent(away->store);
    uint32_t segment = DD_REF_SEGMENT(ref), place = DD_REF_PLACE(ref);
    if (segment < e.oldest)
        segment = e.oldest, place = 0;
    for (; segment <= e.newest; segment++, place = 0)
        if (place < dd_store_count(away->store, segment))
            return DD_REF(segment, place);
    return 0;
}

static int enter_row(dd_away *away, dd_replica *replica, dd_ref *next, dd_ref *other)
{
    int rc = dd_store_begin(dd_replica_store(replica));
    if (rc == 0)
        rc = dd_store_begin(away->store);
    for (unsigned i = 0; rc == 0 && i < DD_SHARED_ROW && (*next = next_of(away, *next)) != 0; i++) {
        rc = enter_one(away, replica, *next, other);
        *next += (dd_ref)(rc == 0);
    }
    dd_store_abort(away->store);
    if (rc == 0 || rc == -EXFULL)
        return dd_replica_commit(replica);
    dd_store_abort(dd_replica_store(replica));
    return rc;
}

int dd_away_enter(dd_away *away, dd_replica *replica, dd_ref *other)
{
    dd_ref next = away->next;
    int rc = enter_row(away, replica, &next, other);
    if (rc != 0)
        return rc;
    away->next = next;
    if (next != 0 && next_of(away, next) != 0)
        return 0;
    away->next = 0;
    return dd_store_reset(away->store, 1);
}
