/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/sample.h: what the daemon said at one moment, as numbers, and what the kernel says of its processes.
 *
 * All counters are as docs/stats.md has them. Strings are those of the answer, which the sample owns. */
#ifndef COPYDESK_CLI_TOP_SAMPLE_H
#define COPYDESK_CLI_TOP_SAMPLE_H

#include "cli/ask.h"

typedef struct cd_top_ledger {
    int64_t read, published, dropped, dead_lettered, in_flight, gap;
} cd_top_ledger;

typedef struct cd_top_partition {
    cd_str topic;
    int64_t partition, lag; /* lag -1: not known */
    cd_top_ledger ledger;
    bool assigned, paused;
} cd_top_partition;

typedef struct cd_top_stage {
    cd_str name;
    int64_t articles, dropped, rejected, skipped, crashes, timeouts, wall_us;
    bool off;
} cd_top_stage;

typedef struct cd_top_process {
    cd_str name, state;
    int64_t pid, in_flight;          /* in_flight -1: it is the desk */
    int64_t cpu_ms, age_ms, memory;  /* bytes resident; each -1: not known */
} cd_top_process;

typedef struct cd_top_reason {
    cd_str from, text;
    int64_t age_ms;
} cd_top_reason;

/* Starts as {0}. */
typedef struct cd_top_sample {
    cd_answer answer;
    cd_json_reader *elements;
    int64_t taken_ns; /* on our monotonic clock */
    cd_str name, state, pipeline;
    int64_t pid, time_ms, uptime_ms, state_age_ms;
    int64_t stages_age_ms; /* since when the stages' counters count; -1: not known */
    int64_t memory_used, memory_limit, restarts;
    cd_top_ledger total;
    cd_top_reason *reasons;
    cd_top_partition *partitions;
    cd_top_stage *stages;
    cd_top_process *processes; /* the desk first */
    size_t reason_count, partition_count, stage_count, process_count;
} cd_top_sample;

/* Reads sample->answer, which has a status in it. 0 or -ENOMEM. */
int cd_top_sample_read(cd_top_sample *sample);
void cd_top_sample_fini(cd_top_sample *sample);

#endif
