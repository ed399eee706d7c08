/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/client.h: making librdkafka clients out of the configuration. rdkafka.h is included in this folder only; this header
 * is for this folder. */
#ifndef COPYDESK_KAFKA_CLIENT_H
#define COPYDESK_KAFKA_CLIENT_H

#include "base/error.h"
#include "base/loop.h"
#include "config/config.h"

#include <librdkafka/rdkafka.h>

/* A default of ours, which the configuration may override. */
typedef struct cd_kafka_default {
    const char *name, *value;
} cd_kafka_default;

/* Our defaults, then kafka.common, then `own` (kafka.consumer or kafka.producer). NULL with the error's text (file:line). The
 * caller owns the result. */
rd_kafka_conf_t *cd_kafka_conf(const cd_config *config, const cd_kafka_properties *own, const cd_kafka_default *defaults,
                               cd_error *error);

/* What Copydesk itself sets, after all that: a failure is a bug. */
void cd_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value);

/* What a property in numbers stands at. */
size_t cd_kafka_conf_number(const rd_kafka_conf_t *conf, const char *name);

/* Destroys the client, on a thread of its own that is waited for for five seconds: librdkafka 2.0.2 can wait for ever for a thread that
 * holds on to a deleted topic. No callback may be needed any more. */
void cd_kafka_end(rd_kafka_t *client);

/* No broker will ever take the record as it is; all else may pass. */
static inline bool cd_kafka_is_refusal(rd_kafka_resp_err_t failed)
{
    return failed == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || failed == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
           failed == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP;
}

/* Wakes the loop when `queue` gets its first message: an eventfd, or -errno. */
int cd_kafka_wake_fd(rd_kafka_queue_t *queue);
void cd_kafka_wake_by(rd_kafka_queue_t *queue, int fd); /* one more queue with that descriptor */
void cd_kafka_drain_fd(int fd);

#endif
