/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/sending.h: a transaction's offsets on their way to the group: rd_kafka_send_offsets_to_transaction, on its own thread.
 *
 * The call does not keep its time limit (librdkafka #5456). While the group's coordinator is away it waits for librdkafka to
 * find the next one, and since 2.10 it may wait for ever: a broker that the others do not know any more is taken out of the
 * client, and with it what would have asked again (#5511). Until the call comes back nothing else may be called on the
 * producer's transactions, nor may the producer be destroyed. So who has waited long enough leaves both behind, the call and
 * the producer, and makes a new one. If the call comes back after all, its thread destroys the producer.
 *
 * Thread: the desk's, but for the call itself. For this folder. */
#ifndef COPYDESK_KAFKA_SENDING_H
#define COPYDESK_KAFKA_SENDING_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

typedef struct cd_sending cd_sending;

/* Begins it, with a copy of the offsets; the group is the call's from now on. `wake_fd` is an eventfd that it writes to when it
 * is over. NULL: no memory, or no thread. */
cd_sending *cd_sending_start(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *offsets,
                             rd_kafka_consumer_group_metadata_t *group, int wake_fd);

/* Whether it is over. Then it is gone, and `*error` is what the call gave, NULL if all went well. */
bool cd_sending_is_over(cd_sending *sending, rd_kafka_error_t **error);

/* Ends the client, and with it the call: if need be by leaving both to the thread. */
void cd_sending_leave(cd_sending *sending);

/* How many are left behind and have not come back. */
int cd_sending_left(void);

#endif
