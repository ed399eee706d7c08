/* SPDX-License-Identifier: Apache-2.0
 *
 * stats/stats.h: what the desk counts, and the stats record made of it.
 *
 * Counters only grow from the start of the process. Whoever owns them (the desk) fills a cd_stats_view at each interval; the
 * writer turns it into the JSON record of docs/stats.md. Thread: the desk's. */
#ifndef COPYDESK_STATS_STATS_H
#define COPYDESK_STATS_STATS_H

#include "stats/ledger.h"

#include <copydesk/json.h>
#include <stdbool.h>

/* One stage's, over all workers. */
typedef struct cd_stage_stats {
    const char *name, *version;
    uint64_t articles;                                    /* that it was run on */
    uint64_t ok, dropped, routed, rejected, retried, fatal; /* its verdicts; ok includes what came to no other */
    uint64_t skipped;                                     /* articles that passed without it */
    uint64_t crashes, timeouts;                           /* deaths of a worker in this stage */
    bool off;                                             /* now: switched off by its breaker */
    uint64_t claims;                                      /* answered by its store half */
    uint64_t wall_ns;                                     /* in process(), as the workers measured it */
    const char *const *counter_names;                     /* the plugin's own */
    const uint64_t *counters;
    uint32_t counter_count;
} cd_stage_stats;

typedef struct cd_partition_stats {
    const char *topic;
    int32_t partition;
    uint32_t epoch;
    cd_ledger ledger;
    uint64_t in_flight;
    int64_t committed; /* the next offset to be read after a restart; -1: nothing committed yet */
    uint64_t skipped;  /* offsets that were gone before they could be read */
    int64_t end, lag;  /* the partition's end as last heard; what lies before it and is not committed; -1: not known */
    bool paused, assigned;
} cd_partition_stats;

typedef struct cd_child_stats {
    const char *name, *state;
    int64_t pid;
    uint64_t in_flight;
} cd_child_stats;

typedef struct cd_stats_view {
    const char *name, *pipeline, *status; /* status: "ok", or what is degraded */
    int64_t time_ms, uptime_ms;
    uint64_t budget_used, budget_limit;
    uint64_t restarts; /* of children, since the start */
    const cd_partition_stats *partitions;
    size_t partition_count;
    const cd_stage_stats *stages;
    size_t stage_count;
    const cd_child_stats *children;
    size_t child_count;
} cd_stats_view;

/* One JSON object into `out`, which is reset first. */
void cd_stats_write(const cd_stats_view *view, cd_json *out);

#endif
