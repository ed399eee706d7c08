/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/outlet.h: the producer: enriched articles, tombstones and dead letters; delivery reports back to the desk.
 *
 * The idempotent producer with no end to its retries: a record is delivered, or refused for good (too large), or still on
 * its way; order per partition holds through broker failures. What it holds is bounded by the desk's budget. Thread: the desk's. */
#ifndef COPYDESK_KAFKA_OUTLET_H
#define COPYDESK_KAFKA_OUTLET_H

#include "desk/desk.h"

typedef struct cd_kafka_outlet cd_kafka_outlet;

/* Makes the producer and asks after the output topics: they must exist. Blocks until the brokers answer or
 * `stop_fd` becomes readable (-EINTR). 0; -EINVAL: configuration; -ENOENT: a topic is missing. */
int cd_kafka_outlet_create(const cd_config *config, cd_desk *desk, cd_loop *loop, int stop_fd, cd_kafka_outlet **out, cd_error *error);
void cd_kafka_outlet_destroy(cd_kafka_outlet *outlet);

/* For cd_outlet.publish. */
int cd_kafka_outlet_publish(cd_kafka_outlet *outlet, cd_record *record);

/* The transactions of exactly-once; NULL with at-least-once. The outlet's. */
struct cd_transaction *cd_kafka_outlet_transaction(cd_kafka_outlet *outlet);

/* Serves delivery reports and transactions. Its descriptor wakes the loop; call it each round. */
void cd_kafka_outlet_poll(cd_kafka_outlet *outlet);

/* Gives up what was not delivered: the reports come at once. At the very end. */
void cd_kafka_outlet_purge(cd_kafka_outlet *outlet);

/* A fatal error of the producer, or NULL: the process must end and start anew. */
const char *cd_kafka_outlet_fatal(const cd_kafka_outlet *outlet);
/* What is not well now, or NULL. */
const char *cd_kafka_outlet_trouble(const cd_kafka_outlet *outlet);

#endif
