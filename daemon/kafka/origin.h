/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/origin.h: what the desk keeps of a Kafka message: its own copy of key and payload, and the headers.
 *
 * A copy, because librdkafka's message is a slice of a fetched batch of up to a megabyte: one slow record would hold the whole of it,
 * which no budget sees (docs/adr/0004). For this folder. */
#ifndef COPYDESK_KAFKA_ORIGIN_H
#define COPYDESK_KAFKA_ORIGIN_H

#include <copydesk/plugin.h>

#include <librdkafka/rdkafka.h>

typedef struct cd_origin {
    rd_kafka_headers_t *headers; /* NULL: none */
    cd_str key, payload;         /* absent if the message has none; in the same block */
} cd_origin;

/* Takes the headers out of the message and copies the rest; the message can then be destroyed. NULL: no memory. */
cd_origin *cd_origin_create(rd_kafka_message_t *message);
void cd_origin_destroy(cd_origin *origin);

#endif
