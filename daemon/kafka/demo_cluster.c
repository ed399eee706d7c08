/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/demo_cluster.c: see demo_cluster.h. */
#include "kafka/demo_cluster.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <string.h>

struct cd_demo_cluster {
    rd_kafka_t *host; /* the client in whose process the brokers live; also the producer */
    rd_kafka_mock_cluster_t *brokers;
    rd_kafka_t *reader;
    rd_kafka_message_t *message; /* the one handed out last */
    rd_kafka_resp_err_t delivery;
    int delivered;
};

static void quiet(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    (void)level;
    (void)facility;
    (void)text;
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    cd_demo_cluster *cluster = opaque;
    (void)client;
    cluster->delivery = message->err;
    cluster->delivered = 1;
}

static rd_kafka_t *client(cd_demo_cluster *cluster, rd_kafka_type_t type, cd_error *error)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, quiet);
    rd_kafka_conf_set_opaque(conf, cluster);
    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    if (cluster->brokers)
        rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster->brokers), NULL, 0);
    if (type == RD_KAFKA_CONSUMER)
        rd_kafka_conf_set(conf, "group.id", "demo-reader", NULL, 0);
    rd_kafka_t *made = rd_kafka_new(type, conf, reason, sizeof reason);
    if (made == NULL) {
        rd_kafka_conf_destroy(conf);
        cd_error_set(error, -EIO, "the demo's broker: %s", reason);
    }
    return made;
}

int cd_demo_cluster_create(cd_demo_cluster **out, cd_error *error)
{
    cd_demo_cluster *cluster = calloc(1, sizeof *cluster);
    *out = NULL;
    if (cluster == NULL)
        return -ENOMEM;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, quiet);
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    cluster->brokers = host ? rd_kafka_mock_cluster_new(host, 1) : NULL;
    cluster->host = host;
    cluster->reader = NULL;
    if (cluster->brokers == NULL) {
        cd_demo_cluster_destroy(cluster);
        return cd_error_set(error, -EIO, "the demo's broker cannot be started");
    }
    *out = cluster;
    return 0;
}

void cd_demo_cluster_destroy(cd_demo_cluster *cluster)
{
    if (cluster == NULL)
        return;
    if (cluster->message)
        rd_kafka_message_destroy(cluster->message);
    if (cluster->reader)
        rd_kafka_destroy(cluster->reader);
    if (cluster->brokers)
        rd_kafka_mock_cluster_destroy(cluster->brokers);
    if (cluster->host)
        rd_kafka_destroy(cluster->host);
    free(cluster);
}

const char *cd_demo_cluster_bootstrap(const cd_demo_cluster *cluster)
{
    return rd_kafka_mock_cluster_bootstraps(cluster->brokers);
}

int cd_demo_cluster_add_topic(cd_demo_cluster *cluster, const char *topic, int partitions)
{
    return rd_kafka_mock_topic_create(cluster->brokers, topic, partitions, 1) ? -EIO : 0;
}

int cd_demo_cluster_send(cd_demo_cluster *cluster, const char *topic, cd_str key, cd_str payload, cd_error *error)
{
    rd_kafka_t *producer = client(cluster, RD_KAFKA_PRODUCER, error);
    if (producer == NULL)
        return -EIO;
    cluster->delivered = 0;
    rd_kafka_resp_err_t failed = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY(key.ptr, key.len),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)payload.ptr, payload.len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    for (int i = 0; i < 100 && !failed && !cluster->delivered; i++)
        rd_kafka_poll(producer, 100);
    if (!failed)
        failed = cluster->delivered ? cluster->delivery : RD_KAFKA_RESP_ERR__TIMED_OUT;
    rd_kafka_destroy(producer);
    return failed ? cd_error_set(error, -EIO, "a sample could not be sent: %s", rd_kafka_err2str(failed)) : 0;
}

int cd_demo_cluster_read(cd_demo_cluster *cluster, const char *first, const char *second, cd_error *error)
{
    cluster->reader = client(cluster, RD_KAFKA_CONSUMER, error);
    if (cluster->reader == NULL)
        return -EIO;
    rd_kafka_poll_set_consumer(cluster->reader);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(2);
    rd_kafka_topic_partition_list_add(list, first, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_topic_partition_list_add(list, second, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t failed = rd_kafka_assign(cluster->reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    return failed ? cd_error_set(error, -EIO, "the output cannot be read: %s", rd_kafka_err2str(failed)) : 0;
}

static cd_str header(const rd_kafka_message_t *message, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return (cd_str){NULL, 0};
    return (cd_str){value, size};
}

int cd_demo_cluster_next(cd_demo_cluster *cluster, int timeout_ms, cd_demo_record *out)
{
    if (cluster->message)
        rd_kafka_message_destroy(cluster->message);
    cluster->message = rd_kafka_consumer_poll(cluster->reader, timeout_ms);
    const rd_kafka_message_t *m = cluster->message;
    if (m == NULL || m->err)
        return 0;
    *out = (cd_demo_record){.topic = rd_kafka_topic_name(m->rkt),
                            .key = {m->key, m->key_len},
                            .payload = {m->payload, m->len},
                            .class = header(m, "copydesk-class"),
                            .reason = header(m, "copydesk-reason")};
    return 1;
}
