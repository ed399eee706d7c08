/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/topics.h: how many partitions topics have, and which partition an output goes to.
 *
 * The same number as the input's where both topics have equally many partitions; else by key (murmur2, as Kafka's own
 * clients); else the source partition modulo the count. Each keeps the order of one source partition, or of one key within it. */
#ifndef COPYDESK_KAFKA_TOPICS_H
#define COPYDESK_KAFKA_TOPICS_H

#include "kafka/client.h"

#include <copydesk/plugin.h>

typedef struct cd_topic {
    char *name;
    rd_kafka_topic_t *handle; /* of the producer */
    int32_t partitions;       /* 0: not known yet */
    int64_t ask_ns;           /* the owner's: not to be asked again before */
} cd_topic;

typedef struct cd_topics {
    rd_kafka_t *client;
    cd_topic **list; /* each stays where it is */
    size_t count;
} cd_topics;

void cd_topics_init(cd_topics *topics, rd_kafka_t *client);
void cd_topics_fini(cd_topics *topics);

/* The topic of this name, known from now on; NULL without memory. Its partitions may be unknown. */
cd_topic *cd_topics_get(cd_topics *topics, const char *name);

/* Asks the brokers. 0; -ENOENT: there is no such topic; -EAGAIN: the brokers did not say (error: why). Blocks at most
 * `timeout_ms`. */
int cd_topics_ask(cd_topics *topics, cd_topic *topic, int timeout_ms, cd_error *error);

/* The smallest max.message.bytes of all known topics, as the brokers tell; SIZE_MAX if they don't (no right to ask). A broker refuses a
 * whole batch for its size, so batches must not be larger: then only a record that is too large by itself is refused. Blocks
 * at most `timeout_ms`. */
size_t cd_topics_smallest_limit(cd_topics *topics, int timeout_ms);

/* `source` may be NULL (unknown). */
int32_t cd_topics_partition(const cd_topic *output, const cd_topic *source, int32_t source_partition, cd_str key);

#endif
