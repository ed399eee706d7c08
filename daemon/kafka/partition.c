/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/partition.c: see partition.h. */
#include "kafka/partition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is(const cd_partition *partition, const char *topic, int32_t number)
{
    return partition->number == number && strcmp(partition->topic, topic) == 0;
}

static cd_partition *add(cd_partitions *partitions, const char *topic, int32_t number)
{
    if (partitions->count == partitions->capacity) {
        size_t capacity = partitions->capacity ? partitions->capacity * 2 : 16;
        cd_partition **grown = realloc(partitions->list, capacity * sizeof(cd_partition *));
        if (grown == NULL)
            return NULL;
        partitions->list = grown;
        partitions->capacity = capacity;
    }
    cd_partition *partition = calloc(1, sizeof *partition);
    if (partition == NULL || (partition->topic = strdup(topic)) == NULL) {
        free(partition);
        return NULL;
    }
    partition->number = number;
    partition->offsets = cd_offsets_start();
    return partitions->list[partitions->count++] = partition;
}

cd_partition *cd_partitions_get(cd_partitions *partitions, const char *topic, int32_t number)
{
    if (partitions->last < partitions->count && is(partitions->list[partitions->last], topic, number))
        return partitions->list[partitions->last];
    for (size_t i = 0; i < partitions->count; i++)
        if (is(partitions->list[i], topic, number)) {
            partitions->last = i;
            return partitions->list[i];
        }
    return add(partitions, topic, number);
}

void cd_partitions_fini(cd_partitions *partitions)
{
    for (size_t i = 0; i < partitions->count; i++) {
        free(partitions->list[i]->topic);
        free(partitions->list[i]);
    }
    free(partitions->list);
    free(partitions->view);
    *partitions = (cd_partitions){0};
}

int cd_partition_assign(cd_partition *partition, uint32_t epoch)
{
    partition->epoch = epoch;
    partition->offsets = cd_offsets_start();
    partition->sought = CD_OFFSET_NONE;
    partition->lane = cd_lane_create(partition->topic, partition->number, epoch, partition);
    return partition->lane ? 0 : -ENOMEM;
}

void cd_partition_end(cd_partition *partition, cd_desk *desk)
{
    if (partition->lane == NULL)
        return;
    cd_desk_abandon(desk, partition->lane);
    cd_ledger_add(&partition->past, &partition->lane->ledger);
    cd_lane_destroy(partition->lane);
    partition->lane = NULL;
}

cd_partition_stats *cd_partitions_view(cd_partitions *partitions, bool paused)
{
    cd_partition_stats *view = realloc(partitions->view, (partitions->count + 1) * sizeof *view);
    if (view == NULL)
        return NULL;
    partitions->view = view;
    for (size_t i = 0; i < partitions->count; i++) {
        const cd_partition *p = partitions->list[i];
        view[i] = (cd_partition_stats){.topic = p->topic,
                                       .partition = p->number,
                                       .epoch = p->epoch,
                                       .ledger = p->past,
                                       .in_flight = p->lane ? p->lane->unsettled : 0,
                                       .committed = p->offsets.committed,
                                       .skipped = p->skipped,
                                       .end = CD_OFFSET_NONE,
                                       .lag = CD_OFFSET_NONE,
                                       .paused = paused && p->lane,
                                       .assigned = p->lane != NULL};
        if (p->lane)
            cd_ledger_add(&view[i].ledger, &p->lane->ledger);
    }
    return view;
}
