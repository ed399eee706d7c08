/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/rates.h: what happened between two samples, by the second. Pure: looks at nothing but the samples.
 *
 * A rate that cannot be told is NAN. It never comes out negative, whatever restarts in between: where counters began anew after the
 * earlier sample (the daemon is another one; a reload made new stages) the rate is the average since they began, and so it is of
 * the first sample, which has none before it. */
#ifndef COPYDESK_CLI_TOP_RATES_H
#define COPYDESK_CLI_TOP_RATES_H

#include "cli/top/sample.h"

typedef struct cd_top_flow {
    double in, out, dropped, dead; /* records a second */
} cd_top_flow;

typedef struct cd_top_partition_rates {
    const cd_top_partition *now;
    cd_top_flow flow;
    double lag_change; /* a second; negative: it catches up */
} cd_top_partition_rates;

typedef struct cd_top_stage_rates {
    const cd_top_stage *now;
    double articles, dropped, rejected, skipped; /* a second */
    double mean_us;                              /* an article */
    double busy;                                 /* of one worker's time: 1 is all of it, 2 all of two workers' */
    bool dying;                                  /* crashes or timeouts came */
} cd_top_stage_rates;

typedef struct cd_top_process_rates {
    const cd_top_process *now;
    double cpu; /* of one core */
} cd_top_process_rates;

/* Starts as {0}. The rows point into the later sample. */
typedef struct cd_top_rates {
    cd_top_flow flow;
    int64_t lag; /* the sum of those that are known; -1: none is */
    double lag_change;
    cd_top_partition_rates *partitions; /* sorted; the others in the daemon's order */
    cd_top_stage_rates *stages;
    cd_top_process_rates *processes;
} cd_top_rates;

typedef enum cd_top_order { CD_TOP_BY_LAG, CD_TOP_BY_RATE, CD_TOP_BY_NAME, CD_TOP_ORDERS } cd_top_order;

/* `before` is an earlier sample, or NULL. 0 or -ENOMEM. */
int cd_top_rates_make(cd_top_rates *rates, const cd_top_sample *before, const cd_top_sample *now);
/* The largest lag, or the highest rate of what comes in, first; what is alike by topic and partition. */
void cd_top_rates_sort(cd_top_rates *rates, size_t partitions, cd_top_order order);
void cd_top_rates_fini(cd_top_rates *rates);

#endif
