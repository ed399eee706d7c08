/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/stats_topic.h: the stats records' own producer: whatever happens to it, the articles do not notice. */
#ifndef COPYDESK_KAFKA_STATS_TOPIC_H
#define COPYDESK_KAFKA_STATS_TOPIC_H

#include "base/error.h"
#include "config/config.h"

#include <copydesk/plugin.h>

typedef struct cd_kafka_stats cd_kafka_stats;

/* 0, with *out NULL if no topic is configured; or -EINVAL. */
int cd_kafka_stats_create(const cd_config *config, cd_kafka_stats **out, cd_error *error);
void cd_kafka_stats_destroy(cd_kafka_stats *stats); /* waits a second at most for the last record; NULL is fine */

/* Sends and forgets; key is the instance's name. */
void cd_kafka_stats_publish(cd_kafka_stats *stats, cd_str json);
void cd_kafka_stats_poll(cd_kafka_stats *stats);

#endif
