/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/bench/echo.c: consume and produce the same again, as cheaply as librdkafka lets one: what Copydesk is measured against.
 *
 *     bench_echo BROKERS GROUP INPUT OUTPUT [PROPERTY=VALUE]…
 *
 * Runs until SIGTERM. A record keeps its key, headers, timestamp and partition number. The consumer hands over batches; the
 * producer is idempotent, copies, and tells of each delivery. Offsets of what was consumed are committed every half
 * second: unlike Copydesk it would lose records if it were killed. One thread of its own; properties behind the
 * topics go to both clients, so that both sides of a comparison can be tuned alike.
 */
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 1000
#define COMMIT_NS 500000000

static volatile sig_atomic_t stopping;
static unsigned long long delivered, failed;

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer, (void)opaque;
    if (message->err)
        failed++;
    else
        delivered++;
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_echo: %s: %s\n", what, why);
    exit(1);
}

/* Sets it or, unless optional, ends the program. */
static int set(rd_kafka_conf_t *conf, const char *name, const char *value, int optional)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return 1;
    if (!optional)
        die(name, why);
    return 0;
}

static rd_kafka_conf_t *configure(const char *const *pairs, char **extra, const char *brokers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers, 0);
    set(conf, "log_level", "3", 0);
    for (; pairs[0]; pairs += 2)
        set(conf, pairs[0], pairs[1], 0);
    for (; *extra; extra++) {
        char name[128];
        const char *value = strchr(*extra, '=');
        if (value == NULL)
            die(*extra, "no property=value");
        snprintf(name, sizeof name, "%.*s", (int)(value - *extra), *extra);
        set(conf, name, value + 1, 1);
    }
    return conf;
}

static rd_kafka_t *open_producer(const char *brokers, char **extra)
{
    static const char *const pairs[] = {"enable.idempotence", "true", "linger.ms", "20", "batch.size", "1000000",
                                        "compression.codec", "none", "queue.buffering.max.messages", "1000000",
                                        "queue.buffering.max.kbytes", "262144", NULL};
    char why[256];
    rd_kafka_conf_t *conf = configure(pairs, extra, brokers);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (producer == NULL)
        die("producer", why);
    return producer;
}

static rd_kafka_t *open_consumer(const char *brokers, const char *group, const char *topic, char **extra)
{
    const char *const pairs[] = {"group.id", group, "enable.auto.commit", "false", "enable.auto.offset.store", "true",
                                 "auto.offset.reset", "earliest", NULL};
    char why[256];
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, configure(pairs, extra, brokers), why, sizeof why);
    if (consumer == NULL)
        die("consumer", why);
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(consumer, topics);
    if (error)
        die("subscribe", rd_kafka_err2str(error));
    rd_kafka_topic_partition_list_destroy(topics);
    return consumer;
}

/* Sends the record on; while the queue is full it serves delivery reports. */
static void echo(rd_kafka_t *producer, const char *topic, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers = NULL, *copy = NULL;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        copy = rd_kafka_headers_copy(headers);
    for (;;) {
        rd_kafka_resp_err_t error = rd_kafka_producev(
            producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(message->partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(message->key, message->key_len),
            RD_KAFKA_V_VALUE(message->payload, message->len),
            RD_KAFKA_V_TIMESTAMP(rd_kafka_message_timestamp(message, NULL)), RD_KAFKA_V_HEADERS(copy), RD_KAFKA_V_END);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
            return;
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            die("produce", rd_kafka_err2str(error));
        rd_kafka_poll(producer, 10);
    }
}

static long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void run(rd_kafka_t *consumer, rd_kafka_t *producer, const char *topic)
{
    static rd_kafka_message_t *batch[BATCH];
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
    long long committed = now_ns();
    while (!stopping) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, 100, batch, BATCH);
        for (ssize_t i = 0; i < count; i++) {
            if (!batch[i]->err)
                echo(producer, topic, batch[i]);
            rd_kafka_message_destroy(batch[i]);
        }
        rd_kafka_poll(producer, 0);
        if (now_ns() - committed > COMMIT_NS) {
            rd_kafka_commit(consumer, NULL, 1);
            committed = now_ns();
        }
    }
    rd_kafka_queue_destroy(queue);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        die("usage", "bench_echo BROKERS GROUP INPUT OUTPUT [PROPERTY=VALUE]…");
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    rd_kafka_t *producer = open_producer(argv[1], argv + 5);
    rd_kafka_t *consumer = open_consumer(argv[1], argv[2], argv[3], argv + 5);
    run(consumer, producer, argv[4]);
    rd_kafka_flush(producer, 10000);
    rd_kafka_commit(consumer, NULL, 0);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    rd_kafka_destroy(producer);
    fprintf(stderr, "bench_echo: %llu delivered, %llu failed\n", delivered, failed);
    return failed != 0;
}
