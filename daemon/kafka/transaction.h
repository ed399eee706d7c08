/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/transaction.h: exactly-once: what is published and the offsets that it covers, in one Kafka transaction.
 *
 * A transaction takes what the desk releases, in order, partition by partition; it never waits for what is still being worked
 * on. It is closed when it is old (desk.commit_interval), large (CD_TRANSACTION_RECORDS), or in the way of a desk that is full or
 * draining: no record is published until the delivery reports are in, the offsets are sent, and it is committed. Only then its
 * records are delivered, for the desk. After an abort they are withdrawn: the desk still has every one of them, with its output, and
 * publishes them again, in the order they had. So nothing is fetched again, and no partition is rewound.
 *
 *   IDLE → OPEN → CLOSING → SENDING → COMMITTING → IDLE
 *             └──────┴─────────┴───────────┴──→ ABORTING → IDLE
 *
 * Errors are looked at in the order fatal, abortable, retriable (librdkafka's transactional API). A commit whose outcome
 * librdkafka cannot tell ends in UNKNOWN: the outlet makes a new producer, whose start ends the old transaction either way, and the
 * group's committed offsets say which it was. So do offsets that are on their way for too long.
 *
 * Thread: the desk's. A call to the brokers waits for at most CALL_MS and goes on in the next round; the one that sends the offsets does
 * not keep to that, and has a thread of its own (sending.h). For this folder. */
#ifndef COPYDESK_KAFKA_TRANSACTION_H
#define COPYDESK_KAFKA_TRANSACTION_H

#include "base/clock.h"
#include "desk/desk.h"
#include "kafka/sending.h"

#include <librdkafka/rdkafka.h>

#define CD_TRANSACTION_RECORDS 10000
/* How long the offsets may be on their way. The status says so after half of it. */
#define CD_TRANSACTION_PATIENCE_NS (10 * CD_NS_PER_S)

struct cd_kafka_intake;

enum cd_transaction_state {
    CD_TRANSACTION_IDLE,
    CD_TRANSACTION_OPEN,
    CD_TRANSACTION_CLOSING, /* waits for delivery reports */
    CD_TRANSACTION_SENDING, /* the offsets */
    CD_TRANSACTION_COMMITTING,
    CD_TRANSACTION_ABORTING,
    CD_TRANSACTION_ABORTED, /* waits for delivery reports */
    CD_TRANSACTION_UNKNOWN, /* committed or not */
};

typedef struct cd_transaction {
    cd_desk *desk;
    struct cd_kafka_intake *intake; /* NULL: not there yet, or gone */
    rd_kafka_t *client;             /* the outlet's; NULL: at-least-once, and nothing here is called */
    int state;
    bool hurry;      /* close as soon as there is something */
    bool last;       /* no other begins after it, for now */
    bool must_abort; /* a delivery report or a lost partition said so */
    cd_record **records; /* published in it, in order */
    size_t count, capacity, pending; /* pending: without a delivery report */
    rd_kafka_topic_partition_list_t *offsets; /* while SENDING and after: what is committed with it */
    cd_sending *sending; /* while they are under way; NULL: they are not. Whoever ends the client leaves it first */
    int wake_fd;         /* the outlet's: when that is over */
    int64_t opened_ns, sent_ns;
    int64_t not_before_ns; /* after an abort, and after offsets that could not be sent */
    int64_t timeout_ns;    /* transaction.timeout.ms */
    char fatal[512]; /* "" or why there is no going on */
} cd_transaction;

void cd_transaction_init(cd_transaction *t, cd_desk *desk);
void cd_transaction_fini(cd_transaction *t);

/* Before a record is produced: 0 with a transaction that is open; -EAGAIN: not now. */
int cd_transaction_enter(cd_transaction *t);
/* The record was produced. */
void cd_transaction_add(cd_transaction *t, cd_record *record);
/* Its delivery report came; a failed one aborts. */
void cd_transaction_report(cd_transaction *t, cd_record *record, rd_kafka_resp_err_t failed);

/* Does what can be done now. `refuse` is called for records that no broker will ever take as they are, after an abort. */
typedef void cd_transaction_refuse(void *self, cd_record *record);
void cd_transaction_tend(cd_transaction *t, int64_t interval_ns, cd_transaction_refuse *refuse, void *self);

/* The new producer's transactions begin: after UNKNOWN, with what the group's offsets say about the last one. */
void cd_transaction_resolve(cd_transaction *t, rd_kafka_t *client, bool committed);

/* At the very end: the desk gets back what is in it. */
void cd_transaction_abandon(cd_transaction *t);

/* True: nothing is published that is not committed. */
bool cd_transaction_is_idle(const cd_transaction *t);

#endif
