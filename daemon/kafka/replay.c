/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/replay.c: see replay.h. */
#include "kafka/replay.h"

#include "base/clock.h"
#include "base/digest.h"
#include "kafka/client.h"
#include "kafka/headers.h"
#include "kafka/topics.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A replay is watched by somebody: it gives up and says so where the desk goes on trying. */
static const cd_kafka_default producer_defaults[] = {
    {"linger.ms", "5"},
    {"message.timeout.ms", "30000"},
    {0},
};
static const cd_kafka_default reader_defaults[] = {
    {"fetch.wait.max.ms", "100"},
    {"fetch.max.bytes", "1048576"},
    {0},
};

enum { ASK_MS = 10000, FETCH_MS = 30000 };

struct cd_replay {
    const cd_config *config;
    rd_kafka_t *producer, *reader; /* the reader, of originals, is made for the first */
    cd_topics topics;              /* the producer's */
    size_t pending;                /* sent, no report yet */
};

static bool fail(cd_letter *letter, int state, const char *format, ...) __attribute__((format(printf, 3, 4)));

static bool fail(cd_letter *letter, int state, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(letter->why, sizeof letter->why, format, arguments);
    va_end(arguments);
    letter->state = state;
    return false;
}

static void judge(cd_letter *letter, rd_kafka_resp_err_t failed)
{
    letter->error = failed;
    letter->state = CD_LETTER_SENT;
    if (failed)
        fail(letter, cd_kafka_is_refusal(failed) ? CD_LETTER_REFUSED : CD_LETTER_UNSENT, "%s: %s", letter->topic,
             rd_kafka_err2str(failed));
}

/* ---- making it ---- */

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    cd_replay *replay = opaque;
    (void)client;
    replay->pending--;
    judge(message->_private, message->err);
}

/* An original may be larger than what the desk itself writes: the topic's own limit counts. */
static int make_producer(cd_replay *replay, cd_error *error)
{
    char reason[256];
    rd_kafka_conf_t *conf = cd_kafka_conf(replay->config, &replay->config->kafka.producer, producer_defaults, error);
    if (conf == NULL)
        return -EINVAL;
    cd_kafka_conf_set(conf, "enable.idempotence", "true");
    cd_kafka_conf_set(conf, "message.max.bytes", "1000000000");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, replay);
    replay->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (replay->producer)
        return 0;
    rd_kafka_conf_destroy(conf);
    return cd_error_set(error, -EINVAL, "the producer cannot be made: %s (kafka.common, kafka.producer)", reason);
}

static int make_reader(cd_replay *replay, cd_error *error)
{
    char reason[256];
    rd_kafka_conf_t *conf = cd_kafka_conf(replay->config, &replay->config->kafka.consumer, reader_defaults, error);
    if (conf == NULL)
        return -EINVAL;
    cd_kafka_conf_set(conf, "group.id", replay->config->group); /* assign needs one; nothing is committed */
    cd_kafka_conf_set(conf, "auto.offset.reset", "error");
    cd_kafka_conf_set(conf, "enable.auto.commit", "false");
    cd_kafka_conf_set(conf, "enable.auto.offset.store", "false");
    cd_kafka_conf_set(conf, "enable.partition.eof", "true");
    replay->reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (replay->reader) {
        rd_kafka_poll_set_consumer(replay->reader);
        return 0;
    }
    rd_kafka_conf_destroy(conf);
    return cd_error_set(error, -EINVAL, "a consumer cannot be made: %s", reason);
}

int cd_replay_create(const cd_config *config, cd_replay **out, cd_error *error)
{
    cd_replay *replay = calloc(1, sizeof *replay);
    *out = NULL;
    if (replay == NULL)
        return -ENOMEM;
    replay->config = config;
    int result = make_producer(replay, error);
    if (result) {
        free(replay);
        return result;
    }
    cd_topics_init(&replay->topics, replay->producer);
    *out = replay;
    return 0;
}

void cd_replay_destroy(cd_replay *replay)
{
    if (replay == NULL)
        return;
    cd_topics_fini(&replay->topics);
    cd_kafka_end(replay->producer);
    if (replay->reader)
        cd_kafka_end(replay->reader);
    free(replay);
}

/* ---- the original ---- */

static rd_kafka_resp_err_t assign(cd_replay *replay, const cd_letter *letter)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, letter->topic, letter->source_partition)->offset = letter->source_offset;
    rd_kafka_resp_err_t failed = rd_kafka_assign(replay->reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    return failed;
}

static bool gone(cd_letter *letter)
{
    return fail(letter, CD_LETTER_REFUSED, "it was cut, and its original at %s/%d@%lld is gone", letter->topic,
                (int)letter->source_partition, (long long)letter->source_offset);
}

/* One message, or the reason that there is none. */
static bool read_original(cd_replay *replay, cd_letter *letter)
{
    int64_t end_ns = cd_clock_monotonic_ns() + FETCH_MS * CD_NS_PER_MS;
    rd_kafka_resp_err_t failed = assign(replay, letter);
    while (!failed && cd_clock_monotonic_ns() < end_ns) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(replay->reader, 100);
        if (message == NULL)
            continue;
        if (!message->err && message->offset == letter->source_offset) {
            letter->original = message;
            return true;
        }
        bool is_gone = !message->err || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ||
                       message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                       message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
        rd_kafka_message_destroy(message);
        if (is_gone)
            return gone(letter);
    }
    return fail(letter, CD_LETTER_UNSENT, "its original at %s/%d@%lld could not be fetched: %s", letter->topic,
                (int)letter->source_partition, (long long)letter->source_offset,
                failed ? rd_kafka_err2str(failed) : "the brokers do not answer");
}

/* What lies at its offset may be another record, if the topic was made anew. */
static bool compare(cd_letter *letter)
{
    char sha256[CD_SHA256_HEX];
    const rd_kafka_message_t *original = letter->original;
    cd_str wanted = cd_letter_header(letter, "copydesk-sha256");
    if (wanted.ptr == NULL)
        return true; /* only key and headers were left out */
    cd_sha256_hex(original->payload, original->len, sha256);
    if ((int64_t)original->len == letter->size && wanted.len == CD_SHA256_HEX - 1 && memcmp(wanted.ptr, sha256, wanted.len) == 0)
        return true;
    return fail(letter, CD_LETTER_REFUSED, "it was cut, and what lies at %s/%d@%lld is another record", letter->topic,
                (int)letter->source_partition, (long long)letter->source_offset);
}

static bool fetch(cd_replay *replay, cd_letter *letter)
{
    int64_t low, high;
    cd_error error = {0};
    if (replay->reader == NULL && make_reader(replay, &error) != 0)
        return fail(letter, CD_LETTER_UNSENT, "%.250s", error.text);
    rd_kafka_resp_err_t failed =
        rd_kafka_query_watermark_offsets(replay->reader, letter->topic, letter->source_partition, &low, &high, ASK_MS);
    if (failed)
        return fail(letter, CD_LETTER_UNSENT, "%s: %s", letter->topic, rd_kafka_err2str(failed));
    if (letter->source_offset < low || letter->source_offset >= high)
        return gone(letter);
    bool found = read_original(replay, letter);
    rd_kafka_assign(replay->reader, NULL);
    return found && compare(letter);
}

bool cd_replay_prepare(cd_replay *replay, cd_letter *letter)
{
    cd_error error = {0};
    cd_topic *topic = cd_topics_get(&replay->topics, letter->topic);
    int result = topic == NULL ? -ENOMEM : topic->partitions > 0 ? 0 : cd_topics_ask(&replay->topics, topic, ASK_MS, &error);
    if (result)
        return fail(letter, result == -ENOENT ? CD_LETTER_REFUSED : CD_LETTER_UNSENT, "%.250s", error.text);
    if (letter->source_partition >= topic->partitions)
        return fail(letter, CD_LETTER_REFUSED, "the topic %.200s has no partition %d", letter->topic,
                    (int)letter->source_partition);
    return !letter->cut || fetch(replay, letter);
}

/* ---- sending ---- */

/* The bytes stay the consumer's; they live as long as the letter, which outlives the report. */
static rd_kafka_resp_err_t produce(cd_replay *replay, cd_letter *letter)
{
    rd_kafka_timestamp_type_t kind;
    rd_kafka_headers_t *from = NULL;
    const rd_kafka_message_t *m = letter->original ? letter->original : letter->message;
    const cd_topic *topic = cd_topics_get(&replay->topics, letter->topic);
    int64_t timestamp = rd_kafka_message_timestamp(m, &kind);
    if (m == letter->message && kind != RD_KAFKA_TIMESTAMP_CREATE_TIME)
        timestamp = 0; /* when it became a dead letter: not the article's */
    if (rd_kafka_message_headers(m, &from) != RD_KAFKA_RESP_ERR_NO_ERROR)
        from = NULL;
    rd_kafka_headers_t *headers = cd_headers_replay(from, letter->replays + 1);
    rd_kafka_resp_err_t failed = rd_kafka_producev(
        replay->producer, RD_KAFKA_V_RKT(topic->handle), RD_KAFKA_V_PARTITION(letter->source_partition),
        RD_KAFKA_V_KEY(m->key, m->key_len), RD_KAFKA_V_VALUE(m->payload, m->len),
        RD_KAFKA_V_TIMESTAMP(timestamp > 0 ? timestamp : 0), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(0),
        RD_KAFKA_V_OPAQUE(letter), RD_KAFKA_V_END);
    if (failed)
        rd_kafka_headers_destroy(headers);
    else
        replay->pending++;
    return failed;
}

/* Each has its report within message.timeout.ms. */
static void wait_for_reports(cd_replay *replay)
{
    while (replay->pending > 0)
        rd_kafka_poll(replay->producer, 100);
}

static void hand_over(cd_replay *replay, cd_letter *letter)
{
    rd_kafka_resp_err_t failed = produce(replay, letter);
    if (failed == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        wait_for_reports(replay);
        failed = produce(replay, letter);
    }
    if (failed)
        judge(letter, failed);
}

void cd_replay_send(cd_replay *replay, cd_letter *letters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (letters[i].state == CD_LETTER_READ)
            hand_over(replay, &letters[i]);
    wait_for_reports(replay);
    /* A broker refuses a whole batch for its size: only a letter that is too large alone is too large. */
    for (size_t i = 0; i < count && count > 1; i++)
        if (letters[i].error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
            hand_over(replay, &letters[i]);
            wait_for_reports(replay);
        }
}
