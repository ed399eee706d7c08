/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/record.h: a record on its way through the desk, and the lane (one partition in one epoch) it belongs to.
 *
 * A record is in one state at a time and in at most one list. It is one block of memory with its own copy of key and payload, and
 * a second one, `frame`, for what came of it. */
#ifndef COPYDESK_DESK_RECORD_H
#define COPYDESK_DESK_RECORD_H

#include "ring/message.h"
#include "stats/ledger.h"

#include <stdbool.h>
#include <sys/queue.h>

typedef struct cd_record cd_record;
typedef struct cd_lane cd_lane;
struct cd_child;
struct cd_crew;

enum cd_record_state {
    CD_RECORD_QUEUED,    /* waits for a worker */
    CD_RECORD_RUNNING,   /* a worker has it */
    CD_RECORD_WAITING,   /* its stage said RETRY: waits for its time */
    CD_RECORD_DONE,      /* has an outcome; waits for its turn in the lane */
    CD_RECORD_CLAIMING,  /* the store has it, or will */
    CD_RECORD_UNDECIDED, /* the store could not decide: goes back to it, before all that it has not seen */
    CD_RECORD_READY,     /* may be published when its turn comes */
    CD_RECORD_PUBLISHED, /* handed to the outlet; waits for the delivery report */
    CD_RECORD_SETTLED,
};

enum cd_outcome_kind {
    CD_OUTCOME_NONE,
    CD_OUTCOME_PUBLISH,
    CD_OUTCOME_TOMBSTONE,
    CD_OUTCOME_DROP,
    CD_OUTCOME_DEAD_LETTER,
};

/* What shall become of a record. Strings are owned if they are char *, static or longer-lived if const char *. */
typedef struct cd_outcome {
    int kind;
    cd_str output;        /* PUBLISH: in the record's frame, unchanged until it is settled */
    char *route;          /* a route's name, or NULL */
    const char *class;    /* DEAD_LETTER: decode, reject, crash, timeout, too-large, retries-exhausted */
    const char *stage;    /* DEAD_LETTER: a stage's name, or decode, encode, claim, desk */
    const char *version;  /* of that stage's plugin, or NULL */
    char *reason;         /* DEAD_LETTER and DROP; may be NULL */
    int64_t byte;         /* where in the payload; -1 unknown */
    int signal;           /* what killed the worker; 0 none */
} cd_outcome;

struct cd_record {
    TAILQ_ENTRY(cd_record) link;
    cd_lane *lane; /* NULL: abandoned; only a child or the outlet still refers to it */
    void *origin;  /* what came with it besides, for the outlet; NULL: nothing, or given back */
    uint64_t sequence;
    cd_identity identity; /* the topic is the lane's, or the origin's */
    cd_str key, payload;  /* in `bytes`; absent ones have ptr NULL */
    size_t cost;    /* bytes charged to the budget */
    size_t reserve; /* charged besides, for the result that is to come; 0 once it is there */
    int64_t retry_at_ns;
    uint8_t state;
    int16_t report;   /* the outlet's: the error of the delivery report, within a transaction */
    uint8_t shrinks;  /* the outlet's: how often a dead letter was refused as too large */
    uint32_t header_bytes; /* the source's headers, for the outlet's reckoning */
    uint8_t retries;  /* RETRY verdicts so far */
    uint32_t skip;    /* a bit a stage of the crew: those that it passes without being worked on */
    uint32_t off;     /* a bit a stage: those that were switched off when it was handed out */
    uint8_t crashes;  /* deaths of a worker or store with this record in hand */
    bool again;       /* in the desk's list of those to be handed out once more */
    bool solo;        /* to be tried alone in a fresh worker */
    bool forgettable; /* the store knows it as an owner */
    bool forgetting;  /* in the desk's list of those that the store is to forget */
    uint64_t told;    /* where in the store's ring that stands; 0: not told yet */
    struct cd_child *child; /* in whose hands it is */
    struct cd_crew *crew;   /* whose worker had it last; NULL: none yet */
    void *frame;      /* malloc'd: the result as it came, `result` points into it; then the article with the store's answers */
    size_t frame_length;
    cd_result result;
    cd_outcome outcome;
    char bytes[];
};

/* How often the record was tried, for the dead letter. */
int cd_record_attempts(const cd_record *record);

typedef TAILQ_HEAD(cd_record_list, cd_record) cd_record_list;

/* The window of one partition in one epoch: its unsettled records in the order received. Three marks walk over it:
 *   first ≤ published ≤ claimed ≤ last (counts since the start)
 * below `claimed` a record was sent to the store or needs none; below `published` it was handed to the outlet; `first` is the
 * end of the settled prefix. */
struct cd_lane {
    TAILQ_ENTRY(cd_lane) dirty_link;
    char *topic;
    int32_t partition;
    uint32_t epoch;
    void *owner; /* the intake's own, e.g. its state of the partition */
    cd_record **window;
    uint64_t capacity; /* a power of two */
    uint64_t first, published, claimed, last;
    uint64_t unsettled; /* records in the window that are not settled: the ledger's "in flight" */
    int64_t settled_offset; /* the offset after the last settled record of the prefix; -1 before the first */
    cd_ledger ledger;
    uint64_t again; /* articles that go out once more: what is behind them waits, for the order's sake */
    bool dirty; /* in the desk's list of lanes to look at */
};

/* Pure operations on the window. */
cd_lane *cd_lane_create(const char *topic, int32_t partition, uint32_t epoch, void *owner); /* NULL: no memory */
void cd_lane_destroy(cd_lane *lane); /* the window must be empty */
int cd_lane_push(cd_lane *lane, cd_record *record); /* 0 or -ENOMEM */
cd_record *cd_lane_at(const cd_lane *lane, uint64_t position); /* first ≤ position < last */
/* The settled record at the front of the window leaves it; NULL if there is none. Advances settled_offset. */
cd_record *cd_lane_pop_settled(cd_lane *lane);

/* The offset behind the published prefix: what may be committed together with it; -1 if nothing was. */
int64_t cd_lane_published_offset(const cd_lane *lane);

#endif
