/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/child.h: one child process: starting it, its channel, its death, its deadline.
 *
 * Started by posix_spawn and exec, never by a fork that goes on running: the desk has Kafka's threads. Its death is seen by
 * pidfd. What it writes is hostile: frames are copied once, then read. */
#ifndef COPYDESK_DESK_CHILD_H
#define COPYDESK_DESK_CHILD_H

#include "base/error.h"
#include "base/loop.h"
#include "config/config.h"
#include "desk/record.h"
#include "ring/channel.h"
#include "ring/hello.h"

#include <sys/types.h>

enum cd_child_state {
    CD_CHILD_GONE,     /* no process */
    CD_CHILD_STARTING, /* no hello yet */
    CD_CHILD_READY,
    CD_CHILD_LEAVING, /* was told to stop; finishes what it has */
};

/* Why the desk killed a child. */
enum cd_kill_reason { CD_KILL_NONE, CD_KILL_TIMEOUT, CD_KILL_PROTOCOL };

typedef struct cd_child {
    struct cd_crew *crew;
    char name[32]; /* "worker 2", "store" */
    bool is_store;
    int state;
    pid_t pid;
    int pidfd;
    cd_channel channel;
    cd_hello hello;
    cd_loop_source death, wake;
    cd_record_list records; /* in its hands, in the order sent: results come in this order */
    uint32_t record_count;
    bool fresh; /* has not had a record yet */
    bool alone; /* has a solo record, or is kept for one: gets no other */
    bool full;  /* its ring had no room in this round of dispatch */
    bool resigned; /* a stage said FATAL: it ends itself */
    int kill_reason;
    int64_t started_ns;
    bool cpu_spent; /* it was overdue by its CPU time, not by the clock on the wall */
    cd_flight watched; /* the deadline's: what it was doing when the watch began */
    int64_t watched_cpu_ns, watched_wall_ns;
    char *refusal; /* why it can't start, in its own words */
} cd_child;

typedef struct cd_child_plan {
    const char *program;      /* path of copydesk-worker */
    int pipeline_fd;          /* memfd with the pipeline's configuration */
    const char *store_folder; /* for the store; NULL: a worker */
    bool from_files;
    bool describe; /* it opens nothing: it says what its first stage's plugin is, and ends */
    size_t largest_request, largest_response;
} cd_child_plan;

/* The configuration goes into a sealed memfd. 0 or -errno. `program` must live as long as the plan. */
int cd_child_plan_init(cd_child_plan *plan, const char *program, const cd_config *config, cd_error *error);
void cd_child_plan_fini(cd_child_plan *plan);

/* How it ended. */
typedef struct cd_child_end {
    int code;   /* exit code, -1 if a signal killed it */
    int signal; /* 0 if it exited */
} cd_child_end;

/* 0 or -errno; the child is then STARTING. Putting `pidfd` and the desk's eventfd into the loop is the caller's business. */
int cd_child_start(cd_child *child, const cd_child_plan *plan, cd_error *error);

/* Sends a stop behind what the ring holds. 0, or -EAGAIN if the ring is full now. One that broke its ring is killed. */
int cd_child_stop(cd_child *child);
void cd_child_kill(cd_child *child, int reason);

/* After its pidfd told of its death (or to wait for it). The channel stays until cd_child_close. */
cd_child_end cd_child_reap(cd_child *child);
/* In words: "died of signal 11 (SIGSEGV)". */
void cd_child_end_words(const cd_child *child, cd_child_end end, char *out, size_t size);
/* Closes all, keeps the name; the record list must be empty. Takes a zeroed child. */
void cd_child_close(cd_child *child, cd_loop *loop);

/* No frame waits, and its wake-up flag is set. */
bool cd_child_quiet(cd_child *child);

/* True if the record at hand, or its leaving, has used up `cpu_budget_ns`, or ten times as much wall time. Call it now and then. */
bool cd_child_overdue(cd_child *child, int64_t now_ns, int64_t cpu_budget_ns);

#endif
