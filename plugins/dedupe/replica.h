/* SPDX-License-Identifier: Apache-2.0
 *
 * replica.h: this machine's copy of the shared log, and what keeps both alike.
 *
 * All decisions are made on the copy, by the code that decides for a store of one machine. A row of them counts only
 * when the log has taken it as its next records (dd_replica_commit); if another machine was first, the copy learns what
 * that one added, and the row is decided again. This is replication of a state machine by a shared log, with optimistic
 * commits (F. Schneider, "Implementing fault-tolerant services using the state machine approach", 1990; P. Bernstein,
 * C. Reid, S. Das, "Hyder", 2011; M. Balakrishnan et al., "Tango", 2013).
 *
 * Where the server lost what it had (it was started without its memory, or with an older one), the copy puts it back.
 * Where the log and the copy went apart, the log is right, and the copy begins anew.
 *
 * What passes while the server is away is kept in a second store, "away", and enters the log when the server is back.
 */
#ifndef DEDUPE_REPLICA_H
#define DEDUPE_REPLICA_H

#include <copydesk/plugin.h>

#include "match.h"
#include "store.h"

typedef struct dd_replica dd_replica;

/* Opens copy and away store in folders below `folder`. A server that can't be reached is no error; one that refuses us,
 * or whose log is of another version, is. 0, or -errno with a sentence in `why`. */
int dd_replica_open(dd_replica **replica, const cd_host *host, cd_stage *stage, const dd_settings *settings,
                    const char *folder, char *why, size_t why_size);
void dd_replica_close(dd_replica *replica);

/* The copy. Batches on it are begun by dd_store_begin and ended by dd_replica_commit or dd_store_abort. */
dd_store *dd_replica_store(dd_replica *replica);

/* Before a row: connects, catches up, enters what passed. 0; -ENOTCONN: the server is away; -EAGAIN: not done yet,
 * after about a second; or what the copy's disk said. */
int dd_replica_ready(dd_replica *replica);

/* Room for a record of this timestamp, in a batch: ends the segment where it must end. 0; -EXFULL: it ends before this
 * record, and the batch has others that come first; the batch stays open. After all others no batch is open: -ESTALE:
 * another machine was first, decide again; -ENOTCONN; or what the copy's disk said. */
int dd_replica_room(dd_replica *replica, int64_t timestamp_ms);

/* Puts the batch's records (0 to DD_SHARED_ROW) into the log, then commits them here. 0, -ESTALE, -ENOTCONN or
 * another -errno; no batch is open after it. */
int dd_replica_commit(dd_replica *replica);

/* Outside of a batch: the record is never read again, here from now on, elsewhere as soon as the server hears of it. 0,
 * or -errno of the copy. */
int dd_replica_forget(dd_replica *replica, const dd_owner *owner);

/* The server is away. Between begin and commit: the answer that this owner had before, if there was one (then 1); else
 * `record`, whose fingerprint, id and owner are set, is made one of an article that nobody compared, and kept (0). What
 * the answer borrows from the matcher is valid until its next use. -errno if it can't be kept; after a failed call
 * abort.
 */
int dd_replica_pass_begin(dd_replica *replica);
int dd_replica_pass(dd_replica *replica, dd_matcher *matcher, dd_record *record, int64_t timestamp_ms,
                    const dd_record **answer);
int dd_replica_pass_commit(dd_replica *replica);
void dd_replica_pass_abort(dd_replica *replica);

/* Why the server is away. */
const char *dd_replica_why(const dd_replica *replica);

#endif
