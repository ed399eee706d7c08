/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/stats_topic.c: see stats_topic.h. */
#include "kafka/stats_topic.h"

#include "base/log.h"
#include "kafka/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const cd_kafka_default defaults[] = {
    {"message.timeout.ms", "10000"},
    {"queue.buffering.max.messages", "100"},
    {0},
};

struct cd_kafka_stats {
    const cd_config *config;
    rd_kafka_t *client;
};

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    (void)client;
    (void)opaque;
    cd_log_debug("stats producer: %s: %s", rd_kafka_err2name(code), reason);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    (void)opaque;
    if (message->err && message->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE)
        cd_log_warning("a stats record was not delivered: %s", rd_kafka_err2str(message->err));
}

int cd_kafka_stats_create(const cd_config *config, cd_kafka_stats **out, cd_error *error)
{
    static const cd_kafka_properties none = {0};
    char reason[256];
    *out = NULL;
    if (config->stats.topic[0] == '\0')
        return 0;
    rd_kafka_conf_t *conf = cd_kafka_conf(config, &none, defaults, error);
    cd_kafka_stats *stats = calloc(1, sizeof *stats);
    if (conf == NULL || stats == NULL) {
        if (conf)
            rd_kafka_conf_destroy(conf);
        free(stats);
        return -EINVAL;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    *stats = (cd_kafka_stats){config, rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason)};
    if (stats->client == NULL) {
        rd_kafka_conf_destroy(conf);
        free(stats);
        return cd_error_set(error, -EINVAL, "the producer for the stats cannot be made: %s", reason);
    }
    *out = stats;
    return 0;
}

void cd_kafka_stats_destroy(cd_kafka_stats *stats)
{
    if (stats == NULL)
        return;
    rd_kafka_flush(stats->client, 1000);
    rd_kafka_purge(stats->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(stats->client, 0);
    rd_kafka_destroy(stats->client);
    free(stats);
}

void cd_kafka_stats_publish(cd_kafka_stats *stats, cd_str json)
{
    const char *key = stats->config->name;
    rd_kafka_resp_err_t failed = rd_kafka_producev(stats->client, RD_KAFKA_V_TOPIC(stats->config->stats.topic),
                                                   RD_KAFKA_V_KEY(key, strlen(key)),
                                                   RD_KAFKA_V_VALUE((void *)(uintptr_t)json.ptr, json.len),
                                                   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (failed)
        cd_log_warning("a stats record was dropped: %s", rd_kafka_err2str(failed));
}

void cd_kafka_stats_poll(cd_kafka_stats *stats)
{
    if (stats)
        rd_kafka_poll(stats->client, 0);
}
