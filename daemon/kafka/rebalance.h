/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/rebalance.h: partitions that come and go; and the intake's inside, which intake.c and rebalance.c share. */
#ifndef COPYDESK_KAFKA_REBALANCE_H
#define COPYDESK_KAFKA_REBALANCE_H

#include "kafka/client.h"
#include "kafka/intake.h"
#include "kafka/partition.h"
#include "kafka/transaction.h"
#include "kafka/trouble.h"

struct cd_kafka_intake {
    cd_kafka_intake_plan plan;
    rd_kafka_t *client;
    rd_kafka_queue_t *queue, *commits; /* the consumer's; and that of the answers to commits */
    int wake_fd;
    cd_loop_source source;
    cd_partitions partitions;
    uint32_t epoch; /* counts assignments */
    bool paused, closing;
    bool committing; /* the answer to a commit has not come yet */
    cd_transaction *transaction; /* the outlet's; NULL: at-least-once */
    int64_t full_ns; /* since when the desk has had no room; 0: it has */
    size_t queue_limit; /* librdkafka fetches no more while its queue holds so many bytes */
    size_t came;        /* bytes taken since the queue was found empty */
    cd_trouble trouble;
    char lost[1024]; /* with input.lost_offsets = "stop": what is gone; "": nothing */
};

/* librdkafka's rebalance callback; opaque is the intake. Assigned: lanes begin. Revoked: drain within desk.drain_timeout, commit, then
 * let go. Lost: let go at once, another member has them already. */
void cd_kafka_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *list, void *opaque);

/* Waits until nothing is in flight, at most desk.drain_timeout, with the intake paused. */
void cd_kafka_drain_all(cd_kafka_intake *intake);

/* Commits what has settled and waits for the answer, for 20 s at most. */
void cd_kafka_intake_commit_now(cd_kafka_intake *intake);

/* For the transaction: the offsets that all published records cover, and that are not committed (a list of the caller's own); whether
 * there are any; that they are committed now; whether the group says so (1, 0, or -EAGAIN: it does not answer); and the
 * consumer's place in the group (NULL: none). */
rd_kafka_topic_partition_list_t *cd_kafka_intake_offsets(cd_kafka_intake *intake);
bool cd_kafka_intake_has_offsets(cd_kafka_intake *intake);
void cd_kafka_intake_committed(cd_kafka_intake *intake, const rd_kafka_topic_partition_list_t *list);
int cd_kafka_intake_ask_committed(cd_kafka_intake *intake, const rd_kafka_topic_partition_list_t *list);
rd_kafka_consumer_group_metadata_t *cd_kafka_intake_group(cd_kafka_intake *intake);

#endif
