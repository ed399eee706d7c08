/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/crew.h: the workers of one configuration, with the books of its stages.
 *
 * There is one crew as a rule. A reload makes a second one, which proves itself by its hellos while the first goes on; then dispatch
 * switches, and the first crew leaves when it has finished what it has. Records remember the crew that worked on them: its
 * fingerprint goes into their headers, its stages' names into their dead letters, and its store half answers their claims. */
#ifndef COPYDESK_DESK_CREW_H
#define COPYDESK_DESK_CREW_H

#include "config/config.h"
#include "desk/child.h"
#include "stats/stats.h"

typedef struct cd_stage_book {
    cd_stage_stats stats;
    char *counter_names[2 * CD_HELLO_COUNTERS]; /* of both halves; one name is one counter */
    uint64_t counters[2 * CD_HELLO_COUNTERS];
    uint8_t of_store[CD_HELLO_COUNTERS]; /* which of them is the store half's counter of this number */
} cd_stage_book;

typedef struct cd_crew {
    TAILQ_ENTRY(cd_crew) link;
    struct cd_desk *desk;
    const cd_config *config;
    cd_config *owned; /* the same, if the crew is to destroy it */
    cd_child_plan plan;
    cd_child *workers;
    uint32_t worker_count;
    bool leaving;
    char *refusal;        /* why a child could not start, before the first hello */
    char fingerprint[33]; /* "" before the first hello */
    cd_stage_book stages[CD_STAGES_MAX];
    uint32_t stage_count;
    bool has_store;   /* some stage has a store half */
    uint64_t records; /* that refer to it */
} cd_crew;

typedef TAILQ_HEAD(cd_crew_list, cd_crew) cd_crew_list;

/* Starts the workers. 0 or -errno, with nothing left behind. `owned` may be NULL. */
int cd_crew_create(struct cd_desk *desk, const cd_config *config, cd_config *owned, cd_crew **out, cd_error *error);
/* Kills what still runs; what those had in hand goes back to the desk. No record may refer to it. NULL is fine. */
void cd_crew_destroy(cd_crew *crew);

bool cd_crew_ready(const cd_crew *crew);
/* Every worker is told to stop behind its work; call again until it is true that all are gone. */
bool cd_crew_dismiss(cd_crew *crew);
void cd_crew_replace(cd_crew *crew); /* starts whoever is gone */
void cd_crew_watch(cd_crew *crew, int64_t now_ns); /* deadlines; costs a system call a worker */
void cd_crew_collect(cd_crew *crew);
bool cd_crew_quiet(cd_crew *crew); /* no frame waits; the wake-up flags are set */

/* From a child, by way of its ring. Counts are the store's; -EPROTO for what is none. */
void cd_crew_hello(cd_child *child, cd_str text);
int cd_crew_counts(cd_child *child, const char *bytes, size_t length);
void cd_crew_refused(cd_child *child, cd_str text);

/* One child of the crew: its worker, or the store that serves it. */
int cd_crew_start_child(cd_crew *crew, cd_child *child, cd_error *error);
/* Kills the child if its record has used up `budget_ns` of CPU, or ten times as much wall time. */
void cd_child_watch(cd_child *child, int64_t now_ns, int64_t budget_ns);
void cd_child_end_now(struct cd_desk *desk, cd_child *child);

const char *cd_step_name(const cd_crew *crew, uint32_t step);    /* a stage's, or decode, encode, claim, desk */
const char *cd_step_version(const cd_crew *crew, uint32_t step); /* NULL if it is no stage */

#endif
