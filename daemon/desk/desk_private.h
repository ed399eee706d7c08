/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk_private.h: the desk's inside, shared by the files of this folder alone. */
#ifndef COPYDESK_DESK_DESK_PRIVATE_H
#define COPYDESK_DESK_DESK_PRIVATE_H

#include "base/log.h"
#include "desk/breaker.h"
#include "desk/budget.h"
#include "desk/caution.h"
#include "desk/crew.h"
#include "desk/desk.h"

#define CD_TICK_NS (50 * INT64_C(1000000)) /* how often deadlines and back-offs are looked at */

typedef TAILQ_HEAD(cd_lane_list, cd_lane) cd_lane_list;

struct cd_desk {
    const cd_config *config;
    cd_loop *loop;
    cd_outlet outlet;
    char *store_folder, *program;
    bool from_files;

    cd_crew *crew;        /* the one that records are dispatched to */
    cd_crew *incoming;    /* proves itself, or NULL */
    cd_crew_list leaving; /* finish what they have */
    cd_child store;
    char *reload_refusal; /* of the last reload; NULL if it was accepted */
    int64_t respawn_ns;   /* not before this time, after failures to start */
    uint32_t failures;  /* starts in a row that came to no hello */
    uint64_t restarts;
    cd_breaker work_breaker, claim_breaker; /* of deaths of workers, and of the store */
    cd_breaker stage_breakers[CD_STAGES_MAX]; /* of the stages with the policy stage-off; the others' never open */
    uint32_t off;     /* a bit a stage: those that are switched off */
    cd_record *probe; /* is worked on with one of them on, or NULL */
    uint32_t probed;  /* which one */

    cd_record_list ready;   /* QUEUED, in order */
    cd_record_list waiting; /* WAITING */
    cd_record_list claims;  /* CLAIMING, not yet sent to the store */
    cd_record_list undecided; /* UNDECIDED, in the order sent */
    cd_record_list forgetting; /* PUBLISHED, as dead letters, delivered; settled once the store has forgotten them */
    cd_record_list again;   /* PUBLISHED, but to be handed to the outlet once more, as dead letters */
    cd_lane_list dirty;
    int64_t again_at_ns;    /* not before this time */
    int64_t claims_at_ns;   /* the store could not decide: not before this time */
    uint32_t claims_round;  /* how often it has been asked again */
    cd_budget budget;
    cd_caution caution;
    uint64_t next_sequence;
    int64_t next_tick_ns;
    bool outlet_full; /* the outlet said "not now" */
    bool stopping;
    bool was_ready;     /* once: from then on failures to start are waited out */
    bool store_refused; /* the refusal is the store's */

    cd_stage_stats *stage_view;
    cd_child_stats *child_view;
    char status[448];
};

/* reload.c: from one crew to the next, and the store with it. */
void cd_reload_tend(cd_desk *desk);
void cd_reload_tend_store(cd_desk *desk);

/* dispatch.c: records to workers, results back. */
void cd_dispatch(cd_desk *desk);
void cd_dispatch_collect(cd_desk *desk, cd_child *child);
void cd_dispatch_enqueue(cd_desk *desk, cd_record *record);
/* Before all others, but for those that are to be alone: theirs is the next fresh worker. */
void cd_dispatch_enqueue_first(cd_desk *desk, cd_record *record);
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

/* breakers.c: stages that crash again and again. */
void cd_breakers_set(cd_desk *desk); /* closed, by the configuration */
/* What they hear: a record is a dead letter because it killed its process in this step; a worker's result; the store's answer, if it
 * decides; the probe, if this is it, ended badly. */
void cd_breakers_dead_letter(cd_desk *desk, const cd_record *record, uint32_t step, bool of_store);
void cd_breakers_result(cd_desk *desk, cd_record *record);
void cd_breakers_answer(cd_desk *desk, cd_record *record);
void cd_breakers_probe_failed(cd_desk *desk, const cd_record *record);
/* What they say: a stage that is off and shall be tried on one record now, or -1; a bit a stage, those that are off for this record;
 * whether it has a claim for one of them; why the desk is degraded (false: it is not). */
int cd_breakers_due(const cd_desk *desk);
uint32_t cd_breakers_off(const cd_desk *desk, const cd_record *record);
bool cd_breakers_off_claim(const cd_desk *desk, const cd_record *record);
bool cd_breakers_words(const cd_desk *desk, char *out, size_t size);

/* release.c: outcomes in lane order to the store, the outlet and the books. */
void cd_release_mark(cd_desk *desk, cd_lane *lane);
void cd_release_lanes(cd_desk *desk);
void cd_release_claims(cd_desk *desk);
void cd_release_forgets(cd_desk *desk);
void cd_release_forgets_anew(cd_desk *desk); /* the store is gone, and with it what it had not read */
void cd_release_answer(cd_desk *desk, cd_record *record, const cd_answers *answers);
void cd_release_done(cd_desk *desk, cd_record *record); /* it has an outcome */
void cd_record_destroy(cd_desk *desk, cd_record *record);
void cd_record_set_crew(cd_record *record, cd_crew *crew); /* NULL is fine */
/* The record owns `frame` (malloc'd, or NULL) instead of the one it had, and the budget knows. */
void cd_record_keep_frame(cd_desk *desk, cd_record *record, void *frame, size_t length);

/* outcome.c: verdicts into outcomes. */
void cd_outcome_of_result(cd_desk *desk, cd_record *record);
void cd_outcome_dead_letter(cd_record *record, const char *class, const char *stage, const char *version, const char *reason,
                            size_t reason_length);
void cd_outcome_crash(cd_record *record, const cd_crew *crew, const cd_death *death);
bool cd_outcome_route(cd_desk *desk, cd_record *record, uint32_t stage, cd_str name); /* false: a dead letter instead */
void cd_outcome_clear(cd_outcome *outcome);

#endif
