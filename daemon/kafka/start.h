/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/start.h: where reading of a partition begins, and what is gone before it.
 *
 * A group with a committed offset goes on there, and librdkafka sees to that; where it begins is noted, so that it is known what
 * retention has taken. A group without one begins where input.start says. For what is gone, input.lost_offsets:
 *
 *   go-on  librdkafka goes to the earliest record. What comes next then lies behind the one that was expected, and the log
 *          begins behind it, too: so many offsets are counted as skipped. A gap in a log that still has its place (compaction,
 *          markers and records of transactions) is none.
 *   stop   librdkafka tells instead of going on (auto.offset.reset=error), and the desk ends.
 *
 * Thread: the desk's. */
#ifndef COPYDESK_KAFKA_START_H
#define COPYDESK_KAFKA_START_H

#include "kafka/rebalance.h"

/* Partitions that have just been assigned, their lanes begun: asks for the group's offsets, for at most ten seconds in which the desk
 * goes on serving; notes them, and sets the offsets in `list` of those partitions that have none. */
void cd_kafka_start(cd_kafka_intake *intake, rd_kafka_topic_partition_list_t *list);

/* The next record, or the end of the partition, stands at `offset`: counts what is gone before it. */
void cd_kafka_start_note_gap(cd_kafka_intake *intake, cd_partition *partition, int64_t offset);

/* librdkafka tells that an offset is not there (RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET): why the desk ends, into intake->lost. */
void cd_kafka_start_refuse(cd_kafka_intake *intake, const rd_kafka_message_t *message);

#endif
