/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk.h: the heart: takes records, has them worked on in child processes, releases them in order, settles them.
 *
 * Knows neither Kafka nor files: a source brings records lane by lane (cd_desk_take), an outlet takes what comes out
 * (cd_outlet) and says when it is delivered (cd_desk_delivered). The daemon puts Kafka on both ends, `copydesk run` files.
 *
 * The way of a record:
 *   take → ready queue → worker → outcome → (release in lane order) → store claims → outlet → delivered → settled
 *
 * One thread, one loop; nothing here blocks. */
#ifndef COPYDESK_DESK_DESK_H
#define COPYDESK_DESK_DESK_H

#include "base/error.h"
#include "base/loop.h"
#include "config/config.h"
#include "desk/record.h"
#include "stats/stats.h"

typedef struct cd_desk cd_desk;

/* Where outcomes go. All calls come from within the desk's functions. */
typedef struct cd_outlet {
    void *self;
    /* Publishes record->outcome (PUBLISH, TOMBSTONE, DEAD_LETTER): 0, and cd_desk_delivered is called once, later or at once; or
     * -EAGAIN: not now. outcome.output, key and payload stay where they are until then. */
    int (*publish)(void *self, cd_record *record);
    /* What came with the record (origin) is not needed any more. Called once a record that has one. */
    void (*release)(void *self, cd_record *record);
    /* The settled prefix of the lane grew to record->lane->settled_offset. */
    void (*settled)(void *self, cd_lane *lane);
    /* For whoever watches: the record is delivered for good, as what its outcome says. Not called for one whose lane was abandoned
     * meanwhile: that will come again. NULL: nobody watches. */
    void (*delivered)(void *self, const cd_record *record);
} cd_outlet;

typedef struct cd_desk_plan {
    const cd_config *config; /* outlives the desk */
    cd_loop *loop;
    cd_outlet outlet;
    const char *store_folder; /* made if it is missing, its parent must exist */
    bool from_files;
} cd_desk_plan;

/* Starts the children; cd_desk_ready says when they are up. 0 or -errno. */
int cd_desk_create(const cd_desk_plan *plan, cd_desk **out, cd_error *error);
/* Kills what still runs. All lanes must have been abandoned or emptied and destroyed by their owner. */
void cd_desk_destroy(cd_desk *desk);

/* All children have said hello. */
bool cd_desk_ready(const cd_desk *desk);
/* Why a child could not start at all, or NULL: then there is no use in going on. */
const char *cd_desk_refusal(const cd_desk *desk);
/* What kind of reason: -EINVAL, the configuration or a plugin; -EIO, the store's folder or disk. */
int cd_desk_refusal_error(const cd_desk *desk);
/* Of the crew that worked on the record, or of the present one. Valid while the record is. */
const char *cd_desk_fingerprint(const cd_desk *desk, const cd_record *record);

/* New workers are started with `config`, which the desk takes (also on failure), prove themselves, and take over; or the old ones go
 * on. Returns at once: 0, or -errno if they cannot even be started. Then cd_desk_reloading until it is decided, and the
 * refusal is NULL if it was accepted. Only stages, desk.*, worker.*, retry.* and input rules may differ from the old one. */
int cd_desk_reload(cd_desk *desk, cd_config *config, cd_error *error);
bool cd_desk_reloading(const cd_desk *desk);
const char *cd_desk_reload_refusal(const cd_desk *desk);

/* A record of the lane, in order. Key and payload are copied; payload.ptr NULL is a tombstone. The desk gives the origin back through
 * outlet.release; the topic's name must live as long as the lane or the origin. 0 or -ENOMEM (then nothing was taken). */
typedef struct cd_arrival {
    cd_identity identity;
    cd_str key, payload;
    uint32_t header_bytes; /* size of what the record carries besides */
    void *origin;
} cd_arrival;
int cd_desk_take(cd_desk *desk, cd_lane *lane, const cd_arrival *arrival);

/* Whether one more record may be taken. The byte budget, once full, says no until it is half empty; and after an abnormal exit the first
 * records are taken one at a time (desk/caution.h): so ask before each. */
bool cd_desk_has_room(cd_desk *desk);

/* The delivery report for a record that the outlet published. `refused` NULL: delivered. Else the record can never be
 * published as it is (too large, for example): it becomes a dead letter with that reason; a dead letter must not be refused. */
void cd_desk_delivered(cd_desk *desk, cd_record *record, const char *class, const char *refused);

/* The record could not be delivered, for no fault of its own: it is handed to the outlet once more (`later`: after a moment),
 * with the outcome that it has now. */
void cd_desk_undelivered(cd_desk *desk, cd_record *record, bool later);

/* The record was published, and that is undone, with all that was published after it: it goes out again before everything that waits
 * to. Called for one record after the other, from the last one published to the first. */
void cd_desk_withdrawn(cd_desk *desk, cd_record *record);

/* True: something that was undelivered waits to be handed to the outlet again. */
bool cd_desk_owes(const cd_desk *desk);

/* The source or the outlet lets go of all unsettled records of this lane: they are counted as abandoned, and what still comes
 * back for them is ignored. Afterwards the lane has no records and belongs to the caller alone. */
void cd_desk_abandon(cd_desk *desk, cd_lane *lane);

/* Records of this lane below `offset` are committed and will not come again: told to the store. */
void cd_desk_watermark(cd_desk *desk, const cd_lane *lane, int64_t offset);

/* Does all that can be done now: dispatch, results, release, claims, publishing, deadlines. */
void cd_desk_serve(cd_desk *desk);
/* Milliseconds that the loop may sleep now: 0 if there is work; -1 for no limit. Sets the children's wake-up flags. */
int cd_desk_sleep_ms(cd_desk *desk);

/* Tells all children to stop after their work and waits for them, at most `timeout_ms`; then kills. */
void cd_desk_stop(cd_desk *desk, int timeout_ms);

/* For the stats; valid until the next call of the desk. Fills budget, stages, children, restarts, pipeline, status. */
void cd_desk_view(cd_desk *desk, cd_stats_view *view);

#endif
