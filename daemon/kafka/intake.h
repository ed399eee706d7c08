/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/intake.h: the consumer: records into the desk, offsets back to the group.
 *
 * Every assignment of a partition is a new lane with a new epoch. Offsets are committed from our own tracker, over the settled
 * prefix alone. While the desk's budget is full the records stay in librdkafka's queue; after a second all partitions are paused, so
 * that polling never stops for long. Thread: the desk's; the rebalance callback runs within cd_kafka_intake_poll and goes on serving
 * the desk while it drains. */
#ifndef COPYDESK_KAFKA_INTAKE_H
#define COPYDESK_KAFKA_INTAKE_H

#include "desk/desk.h"

typedef struct cd_kafka_intake cd_kafka_intake;

typedef struct cd_kafka_intake_plan {
    const cd_config *config; /* outlives the intake */
    cd_loop *loop;
    cd_desk *desk;
    struct cd_kafka_outlet *outlet; /* with exactly-once, what commits the offsets */
    /* One round of everything but the intake, sleeping at most `most_ms`: for draining within a rebalance. */
    void (*pump)(void *self, int most_ms);
    /* True: somebody is in a hurry, draining ends at once. */
    bool (*hurry)(void *self);
    void *self;
} cd_kafka_intake_plan;

/* Whether librdkafka takes all properties of kafka.*: 0, or -EINVAL with file, line and its reason. Speaks to nobody. */
int cd_kafka_check(const cd_config *config, cd_error *error);

/* Of the librdkafka that runs with us: "2.0.2". */
const char *cd_kafka_version(void);

/* Makes the consumer and subscribes. 0 or -EINVAL with the reason. */
int cd_kafka_intake_create(const cd_kafka_intake_plan *plan, cd_kafka_intake **out, cd_error *error);
/* Leaves the group and ends the consumer; lanes are drained for as long as desk.drain_timeout, then abandoned. */
void cd_kafka_intake_close(cd_kafka_intake *intake, bool drain);

/* Takes what has come while the desk has room; serves the consumer's callbacks. True if there may be more at once. */
bool cd_kafka_intake_poll(cd_kafka_intake *intake);

/* Commits what has settled since the last time, unless the answer to the last commit is still to come. Does not wait. With
 * exactly-once the transactions do it. */
void cd_kafka_intake_commit(cd_kafka_intake *intake);

/* Forwarded from cd_outlet. */
void cd_kafka_intake_settled(cd_kafka_intake *intake, cd_lane *lane);
void cd_kafka_intake_release(cd_kafka_intake *intake, cd_record *record);

/* Some assignment, maybe an empty one, has been received: the group is joined. */
bool cd_kafka_intake_joined(const cd_kafka_intake *intake);
const char *cd_kafka_intake_fatal(const cd_kafka_intake *intake);
const char *cd_kafka_intake_trouble(const cd_kafka_intake *intake);
/* With input.lost_offsets = "stop": which offsets are gone, and what to do; NULL: none. The desk must end. */
const char *cd_kafka_intake_lost(const cd_kafka_intake *intake);

/* One entry a partition that this process has had, with the sums over its epochs. Valid until the next call. */
const cd_partition_stats *cd_kafka_intake_partitions(cd_kafka_intake *intake, size_t *count);

#endif
