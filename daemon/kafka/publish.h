/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/publish.h: one record's way out: to the producer, and back to the desk with its delivery report; and the outlet's inside, which
 * outlet.c and publish.c share. For this folder. */
#ifndef COPYDESK_KAFKA_PUBLISH_H
#define COPYDESK_KAFKA_PUBLISH_H

#include "kafka/outlet.h"
#include "kafka/topics.h"
#include "kafka/transaction.h"
#include "kafka/trouble.h"

struct cd_kafka_outlet {
    const cd_config *config;
    cd_loop *loop;
    cd_desk *desk;
    rd_kafka_t *client; /* NULL: a new one could not be made yet, and the end of a transaction is not known */
    rd_kafka_queue_t *queue;
    int wake_fd;
    cd_loop_source source;
    cd_topics topics;
    cd_topic *output, *dead_letters, **routes;
    size_t message_max, batch_size; /* message.max.bytes, batch.size */
    size_t batch_limit; /* what the smallest topic takes; 0: no less than batch_size */
    bool purging;
    bool renewed, initialised; /* the new producer after a transaction of unknown end; and its transactions */
    int64_t renew_ns;          /* not before: it could not be made */
    cd_trouble trouble;
    cd_transaction transaction;
    int64_t report_ns;    /* when a report came, or the first record was handed over */
    uint64_t unreported;
};

static inline bool cd_kafka_is_transactional(const cd_kafka_outlet *outlet)
{
    return outlet->config->delivery == CD_DELIVERY_EXACTLY_ONCE;
}

/* librdkafka's delivery report callback; opaque is the outlet. */
void cd_kafka_on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque);

/* After an abort: a record that no broker takes as it is. For cd_transaction_tend. */
void cd_kafka_refuse(void *outlet, cd_record *record);

#endif
