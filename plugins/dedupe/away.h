/* SPDX-License-Identifier: Apache-2.0
 *
 * away.h: what the shared store does not know because it was away. The articles that passed unchecked: what they were
 * answered, durable, so that a redelivery gets the same bytes; and their way into the log when it is back, so that
 * their copies are found. And what was forgotten meanwhile.
 */
#ifndef DEDUPE_AWAY_H
#define DEDUPE_AWAY_H

#include "replica.h"

typedef struct dd_away dd_away;

int dd_away_open(dd_away **away, const dd_settings *settings, const char *folder, char *why, size_t why_size);
void dd_away_close(dd_away *away);

/* Refs of the copy that were forgotten here and that the log does not know yet: kept, so that a kill loses none. `all`
 * gives them into a set, `sent` ends all of them. Outside of a batch. 0 or -errno. */
int dd_away_unsent(dd_away *away, dd_ref ref);
int dd_away_unsent_all(dd_away *away, dd_refs *refs);
int dd_away_unsent_sent(dd_away *away);

/* Is anything waiting to enter the log? */
int dd_away_waits(const dd_away *away);
/* As dd_replica_pass_begin and so on, which see; `copy` is the machine's copy of the log. */
int dd_away_begin(dd_away *away);
int dd_away_pass(dd_away *away, dd_store *copy, dd_matcher *matcher, dd_record *record, int64_t timestamp_ms,
                 const dd_record **answer);
int dd_away_commit(dd_away *away);
void dd_away_abort(dd_away *away);

/* Outside of a batch. 0, -ENOENT if it did not pass here, or -errno. */
int dd_away_forget(dd_away *away, const dd_owner *owner);

/* Enters the next row into the log. As dd_replica_commit; -EEXIST: the log has a decision of one of these owners that
 * nobody heard of (the server went away between taking and answering it): forget `other`, and come again. */
int dd_away_enter(dd_away *away, dd_replica *replica, dd_ref *other);

#endif
