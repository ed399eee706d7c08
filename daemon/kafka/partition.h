/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/partition.h: the partitions that this process reads or has read: lane, offsets, books. For this folder. */
#ifndef COPYDESK_KAFKA_PARTITION_H
#define COPYDESK_KAFKA_PARTITION_H

#include "desk/desk.h"
#include "kafka/offsets.h"

typedef struct cd_partition {
    char *topic;
    int32_t number;
    uint32_t epoch;   /* of the present or last assignment */
    cd_lane *lane;    /* NULL: not assigned now */
    cd_offsets offsets;
    cd_ledger past;   /* of earlier epochs */
    int64_t sought, sought_ns; /* where, and when, the consumer was last sought to in this assignment */
    int64_t alone_ns; /* for how long it is not sought to the same place again */
    uint64_t skipped; /* offsets that were gone before they could be read, in all epochs */
} cd_partition;

typedef struct cd_partitions {
    cd_partition **list;
    size_t count, capacity;
    size_t last; /* the one found last: records come in runs */
    cd_partition_stats *view;
} cd_partitions;

/* Finds or adds. NULL: no memory. */
cd_partition *cd_partitions_get(cd_partitions *partitions, const char *topic, int32_t number);
void cd_partitions_fini(cd_partitions *partitions);

/* A new epoch with a lane of its own; 0 or -ENOMEM. */
int cd_partition_assign(cd_partition *partition, uint32_t epoch);
/* The epoch ends: what is unsettled is abandoned, the books are kept. */
void cd_partition_end(cd_partition *partition, cd_desk *desk);

/* Ledgers over all epochs; end and lag are not filled in. NULL without memory. */
cd_partition_stats *cd_partitions_view(cd_partitions *partitions, bool paused);

#endif
