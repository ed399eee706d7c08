/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk_private.h: the desk's inside, shared by the files of this folder alone. */
#ifndef COPYDESK_DESK_DESK_PRIVATE_H
#define COPYDESK_DESK_DESK_PRIVATE_H

#include "base/log.h"
#include "desk/budget.h"
#include "desk/child.h"
#include "desk/desk.h"

#define CD_TICK_NS (50 * INT64_C(1000000)) /* how often deadlines and back-offs are looked at */

typedef TAILQ_HEAD(cd_lane_list, cd_lane) cd_lane_list;

typedef struct cd_stage_book {
    cd_stage_stats stats;
    char *counter_names[CD_HELLO_COUNTERS];
    uint64_t counters[CD_HELLO_COUNTERS];
} cd_stage_book;

struct cd_desk {
    const cd_config *config;
    cd_loop *loop;
    cd_outlet outlet;
    cd_child_plan plan;
    char *store_folder, *program;
    char *refusal;
    char fingerprint[33];

    cd_child *workers;
    uint32_t worker_count;
    cd_child store;
    bool has_store;     /* some stage has a store half: known after the first hello */
    int64_t respawn_ns; /* not before this time, after failures to start */
    uint32_t failures;  /* starts in a row that came to no hello */
    uint64_t restarts;

    cd_record_list ready;   /* QUEUED, in order */
    cd_record_list waiting; /* WAITING */
    cd_record_list claims;  /* CLAIMING, not yet sent to the store */
    cd_record_list again;   /* PUBLISHED, but to be handed to the outlet once more, as dead letters */
    cd_lane_list dirty;
    int64_t claims_at_ns;   /* the store could not decide: not before this time */
    cd_budget budget;
    uint64_t next_sequence;
    int64_t next_tick_ns;
    bool outlet_full; /* the outlet said "not now" */
    bool stopping;

    cd_stage_book stages[CD_STAGES_MAX];
    uint32_t stage_count;
    cd_stage_stats *stage_view;
    cd_child_stats *child_view;
};

/* crew.c: the children's lives. */
int cd_crew_start(cd_desk *desk, cd_error *error);
void cd_crew_replace(cd_desk *desk, int64_t now_ns); /* starts whoever is gone */
void cd_crew_watch(cd_desk *desk, int64_t now_ns);   /* deadlines; costs a system call a worker */
void cd_crew_hello(cd_desk *desk, cd_child *child, cd_str text);
void cd_crew_refused(cd_desk *desk, cd_child *child, cd_str text);

/* dispatch.c: records to workers, results back. */
void cd_dispatch(cd_desk *desk);
void cd_dispatch_collect(cd_desk *desk, cd_child *child);
void cd_dispatch_enqueue(cd_desk *desk, cd_record *record);
/* What a dead child had in hand goes back; the culprit (or NULL) pays. */
typedef struct cd_death {
    cd_record *culprit;
    uint32_t step;      /* where the culprit was */
    const char *class;  /* crash or timeout */
    int signal;
    const char *how;    /* in words */
    bool all_suspect;   /* nobody knows whose fault it was: each one is tried alone */
} cd_death;
void cd_dispatch_return(cd_desk *desk, cd_child *child, const cd_death *death);
void cd_dispatch_wake_waiting(cd_desk *desk, int64_t now_ns);

/* release.c: outcomes in lane order to the store, the outlet and the books. */
void cd_release_mark(cd_desk *desk, cd_lane *lane);
void cd_release_lanes(cd_desk *desk);
void cd_release_claims(cd_desk *desk);
void cd_release_answer(cd_desk *desk, cd_record *record, const cd_answers *answers);
void cd_release_done(cd_desk *desk, cd_record *record); /* it has an outcome */
void cd_record_destroy(cd_desk *desk, cd_record *record);
/* The record owns `frame` (malloc'd, or NULL) instead of the one it had, and the budget knows. */
void cd_record_keep_frame(cd_desk *desk, cd_record *record, void *frame, size_t length);

/* outcome.c: verdicts into outcomes. */
void cd_outcome_of_result(cd_desk *desk, cd_record *record);
void cd_outcome_dead_letter(cd_record *record, const char *class, const char *stage, const char *version, const char *reason,
                            size_t reason_length);
void cd_outcome_crash(cd_desk *desk, cd_record *record, const cd_death *death);
bool cd_outcome_route(cd_desk *desk, cd_record *record, uint32_t stage, cd_str name); /* false: a dead letter instead */
void cd_outcome_clear(cd_outcome *outcome);
const char *cd_step_name(const cd_desk *desk, uint32_t step);
const char *cd_step_version(const cd_desk *desk, uint32_t step);

#endif
