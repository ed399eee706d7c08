/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/lane.c: the window of one partition; see record.h. Pure. */
#include "desk/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 64 };

cd_lane *cd_lane_create(const char *topic, int32_t partition, uint32_t epoch, void *owner)
{
    cd_lane *lane = calloc(1, sizeof *lane);
    if (lane == NULL)
        return NULL;
    *lane = (cd_lane){.topic = strdup(topic),
                      .partition = partition,
                      .epoch = epoch,
                      .owner = owner,
                      .window = calloc(SMALLEST, sizeof *lane->window),
                      .capacity = SMALLEST,
                      .settled_offset = -1};
    if (lane->topic == NULL || lane->window == NULL) {
        cd_lane_destroy(lane);
        return NULL;
    }
    return lane;
}

void cd_lane_destroy(cd_lane *lane)
{
    if (lane == NULL)
        return;
    free(lane->topic);
    free(lane->window);
    free(lane);
}

static cd_record **slot(const cd_lane *lane, uint64_t position) { return &lane->window[position & (lane->capacity - 1)]; }

static int grow(cd_lane *lane)
{
    cd_record **wider = calloc(lane->capacity * 2, sizeof *wider);
    if (wider == NULL)
        return -ENOMEM;
    for (uint64_t i = lane->first; i < lane->last; i++)
        wider[i & (lane->capacity * 2 - 1)] = *slot(lane, i);
    free(lane->window);
    lane->window = wider;
    lane->capacity *= 2;
    return 0;
}

int cd_lane_push(cd_lane *lane, cd_record *record)
{
    if (lane->last - lane->first == lane->capacity && grow(lane) != 0)
        return -ENOMEM;
    *slot(lane, lane->last++) = record;
    lane->unsettled++;
    return 0;
}

cd_record *cd_lane_at(const cd_lane *lane, uint64_t position) { return *slot(lane, position); }

cd_record *cd_lane_pop_settled(cd_lane *lane)
{
    if (lane->first == lane->published || cd_lane_at(lane, lane->first)->state != CD_RECORD_SETTLED)
        return NULL;
    cd_record *record = cd_lane_at(lane, lane->first++);
    lane->settled_offset = record->identity.offset + 1;
    return record;
}

int64_t cd_lane_published_offset(const cd_lane *lane)
{
    return lane->published > lane->first ? cd_lane_at(lane, lane->published - 1)->identity.offset + 1 : lane->settled_offset;
}
