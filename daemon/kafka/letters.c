/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/letters.c: see letters.h. */
#include "kafka/letters.h"

#include "base/clock.h"
#include "base/log.h"
#include "kafka/client.h"
#include "kafka/headers.h"
#include "kafka/topics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const cd_kafka_default defaults[] = {
    {"queued.max.messages.kbytes", "65536"},
    {"fetch.wait.max.ms", "100"},
    {"fetch.max.bytes", "1048576"},
    {0},
};

enum { PATIENCE_MS = 30000, ASK_MS = 10000 };

typedef struct part {
    int32_t number;
    int64_t begin, next, end; /* offsets: next is the first that was not handed out, end is behind the last */
    int64_t committed;        /* -1: nothing */
    bool done;
} part;

struct cd_letters {
    cd_letters_plan plan;
    rd_kafka_t *client;
    part *parts;
    size_t count, open;
    bool remembered;
};

static const char *topic_of(const cd_letters *letters) { return letters->plan.config->dead_letters.topic; }

/* Worth another try, or not. */
static int failure(cd_error *error, const char *what, rd_kafka_resp_err_t failed)
{
    bool away = failed == RD_KAFKA_RESP_ERR__TRANSPORT || failed == RD_KAFKA_RESP_ERR__TIMED_OUT ||
                failed == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || failed == RD_KAFKA_RESP_ERR__WAIT_COORD ||
                failed == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT || failed == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
                failed == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS || failed == RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
    return cd_error_set(error, away ? -EAGAIN : -EIO, "%s: %s", what, rd_kafka_err2str(failed));
}

/* ---- a letter ---- */

cd_str cd_letter_header(const cd_letter *letter, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(letter->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return (cd_str){NULL, 0};
    return (cd_str){value, size};
}

/* -1: it is not there, or no number. */
static int64_t header_number(const cd_letter *letter, const char *name)
{
    char text[24], *end;
    cd_str value = cd_letter_header(letter, name);
    if (value.len == 0 || value.len >= sizeof text)
        return -1;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    long long number = strtoll(text, &end, 10);
    return *end || number < 0 ? -1 : number;
}

static void read_letter(cd_letter *letter, rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t kind;
    *letter = (cd_letter){.partition = message->partition, .offset = message->offset, .message = message};
    cd_str topic = cd_letter_header(letter, "copydesk-topic");
    int64_t partition = header_number(letter, "copydesk-partition"), size = header_number(letter, "copydesk-original-size");
    letter->source_offset = header_number(letter, "copydesk-offset");
    if (topic.len < sizeof letter->topic && partition >= 0 && partition <= INT32_MAX && letter->source_offset >= 0)
        memcpy(letter->topic, topic.ptr ? topic.ptr : "", topic.len);
    letter->source_partition = (int32_t)partition;
    letter->class = cd_letter_header(letter, "copydesk-class");
    letter->stage = cd_letter_header(letter, "copydesk-stage");
    letter->reason = cd_letter_header(letter, "copydesk-reason");
    letter->replays = header_number(letter, CD_HEADER_REPLAYED);
    if (letter->replays < 0)
        letter->replays = 0;
    letter->cut = cd_letter_header(letter, "copydesk-sha256").ptr || cd_letter_header(letter, "copydesk-headers").ptr;
    letter->size = size < 0 ? (int64_t)message->len : size;
    int64_t timestamp = rd_kafka_message_timestamp(message, &kind);
    letter->timestamp_ms = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp;
}

void cd_letter_fini(cd_letter *letter)
{
    if (letter->message)
        rd_kafka_message_destroy(letter->message);
    if (letter->original)
        rd_kafka_message_destroy(letter->original);
    *letter = (cd_letter){0};
}

/* ---- opening ---- */

static int make_client(cd_letters *letters, cd_error *error)
{
    char reason[256];
    const cd_config *config = letters->plan.config;
    rd_kafka_conf_t *conf = cd_kafka_conf(config, &config->kafka.consumer, defaults, error);
    if (conf == NULL)
        return -EINVAL;
    cd_kafka_conf_set(conf, "group.id", letters->plan.group ? letters->plan.group : config->group);
    cd_kafka_conf_set(conf, "auto.offset.reset", "earliest");
    cd_kafka_conf_set(conf, "enable.auto.commit", "false");
    cd_kafka_conf_set(conf, "enable.auto.offset.store", "false");
    cd_kafka_conf_set(conf, "enable.partition.eof", "true");
    cd_kafka_conf_set(conf, "isolation.level", "read_committed");
    letters->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (letters->client == NULL) {
        rd_kafka_conf_destroy(conf);
        return cd_error_set(error, -EINVAL, "the consumer cannot be made: %s (kafka.common, kafka.consumer)", reason);
    }
    rd_kafka_poll_set_consumer(letters->client);
    return 0;
}

static bool stopped(const cd_letters *letters) { return letters->plan.stop && *letters->plan.stop; }

static int count_partitions(cd_letters *letters, int32_t *count, cd_error *error)
{
    cd_topics topics;
    int result = -ENOMEM;
    int64_t end_ns = cd_clock_monotonic_ns() + PATIENCE_MS * CD_NS_PER_MS;
    cd_topics_init(&topics, letters->client);
    cd_topic *topic = cd_topics_get(&topics, topic_of(letters));
    while (topic && (result = cd_topics_ask(&topics, topic, 1000, error)) == -EAGAIN && cd_clock_monotonic_ns() < end_ns)
        if (stopped(letters)) {
            result = -EINTR;
            break;
        }
    *count = topic ? topic->partitions : 0;
    cd_topics_fini(&topics);
    if (result == 0 && letters->plan.partition >= *count)
        return cd_error_set(error, -ENOENT, "the topic %s has no partition %d, but %d of them", topic_of(letters),
                            (int)letters->plan.partition, (int)*count);
    return result;
}

/* What the group has committed: one question for all partitions. */
static int ask_places(cd_letters *letters, cd_error *error)
{
    if (letters->plan.group == NULL)
        return 0;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)letters->count);
    for (size_t i = 0; i < letters->count; i++)
        rd_kafka_topic_partition_list_add(list, topic_of(letters), letters->parts[i].number);
    rd_kafka_resp_err_t failed = rd_kafka_committed(letters->client, list, PATIENCE_MS);
    for (int i = 0; !failed && i < list->cnt; i++) {
        failed = list->elems[i].err;
        letters->parts[i].committed = list->elems[i].offset >= 0 ? list->elems[i].offset : -1;
        letters->remembered |= list->elems[i].offset >= 0;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return failed ? failure(error, "how far the last replay came cannot be found out", failed) : 0;
}

static int ask_end(cd_letters *letters, part *p, cd_error *error)
{
    int64_t low, high;
    const cd_letters_plan *plan = &letters->plan;
    rd_kafka_resp_err_t failed =
        rd_kafka_query_watermark_offsets(letters->client, topic_of(letters), p->number, &low, &high, ASK_MS);
    if (failed)
        return failure(error, topic_of(letters), failed);
    p->begin = plan->again || p->committed < low || p->committed > high ? low : p->committed; /* > high: it was made anew */
    if (plan->from > p->begin)
        p->begin = plan->from;
    p->end = plan->last >= 0 && plan->last < high ? plan->last + 1 : high;
    p->next = p->begin;
    p->done = p->begin >= p->end;
    letters->open += !p->done;
    return 0;
}

static int assign(cd_letters *letters, cd_error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)letters->count);
    for (size_t i = 0; i < letters->count; i++)
        if (!letters->parts[i].done)
            rd_kafka_topic_partition_list_add(list, topic_of(letters), letters->parts[i].number)->offset = letters->parts[i].begin;
    rd_kafka_resp_err_t failed = rd_kafka_assign(letters->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return failed ? failure(error, topic_of(letters), failed) : 0;
}

static int find_parts(cd_letters *letters, cd_error *error)
{
    int32_t count, only = letters->plan.partition;
    int result = count_partitions(letters, &count, error);
    if (result)
        return result;
    letters->count = only < 0 ? (size_t)count : 1;
    letters->parts = calloc(letters->count + 1, sizeof *letters->parts);
    if (letters->parts == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < letters->count; i++)
        letters->parts[i] = (part){.number = only < 0 ? (int32_t)i : only, .committed = -1};
    result = ask_places(letters, error);
    for (size_t i = 0; i < letters->count && result == 0; i++)
        result = ask_end(letters, &letters->parts[i], error);
    return result ? result : assign(letters, error);
}

int cd_letters_open(const cd_letters_plan *plan, cd_letters **out, cd_error *error)
{
    cd_letters *letters = calloc(1, sizeof *letters);
    *out = NULL;
    if (letters == NULL)
        return -ENOMEM;
    letters->plan = *plan;
    int result = make_client(letters, error);
    if (result == 0)
        result = find_parts(letters, error);
    if (result)
        cd_letters_close(letters);
    else
        *out = letters;
    return result;
}

void cd_letters_close(cd_letters *letters)
{
    if (letters == NULL)
        return;
    if (letters->client)
        cd_kafka_end(letters->client);
    free(letters->parts);
    free(letters);
}

/* ---- reading ---- */

static part *part_of(cd_letters *letters, int32_t number)
{
    for (size_t i = 0; i < letters->count; i++)
        if (letters->parts[i].number == number)
            return &letters->parts[i];
    return NULL;
}

static void finish(cd_letters *letters, part *p)
{
    letters->open -= !p->done;
    p->done = true;
}

/* The end of a partition comes as an "error"; what is worth another try librdkafka tries by itself. */
static int take_error(cd_letters *letters, const rd_kafka_message_t *message, cd_error *error)
{
    part *p = part_of(letters, message->partition);
    switch ((int)message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (p && !p->done && message->offset > p->next)
            p->next = message->offset < p->end ? message->offset : p->end; /* over what marks a transaction */
        if (p)
            finish(letters, p);
        return 0;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        return cd_error_set(error, -EIO, "%s: %s", topic_of(letters), rd_kafka_message_errstr(message));
    default:
        cd_log_keyed(CD_LEVEL_WARNING, rd_kafka_err2name(message->err), "%s: %s", topic_of(letters),
                     rd_kafka_message_errstr(message));
        return 0;
    }
}

/* Is it one that was there at the start? */
static bool take(cd_letters *letters, const rd_kafka_message_t *message)
{
    part *p = part_of(letters, message->partition);
    if (p == NULL || p->done || message->offset < p->next)
        return false;
    bool wanted = message->offset < p->end;
    p->next = wanted ? message->offset + 1 : p->end;
    if (p->next >= p->end)
        finish(letters, p);
    return wanted;
}

int cd_letters_next(cd_letters *letters, cd_letter *out, cd_error *error)
{
    int64_t end_ns = cd_clock_monotonic_ns() + PATIENCE_MS * CD_NS_PER_MS;
    while (letters->open > 0 && !stopped(letters)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(letters->client, 100);
        if (message && !message->err && take(letters, message)) {
            read_letter(out, message);
            return 1;
        }
        int failed = message && message->err ? take_error(letters, message, error) : 0;
        if (message)
            rd_kafka_message_destroy(message);
        if (failed)
            return failed;
        if (cd_clock_monotonic_ns() >= end_ns)
            return cd_error_set(error, -EAGAIN, "%s: the brokers have said nothing for %d s", topic_of(letters),
                                PATIENCE_MS / 1000);
    }
    return letters->open > 0 ? -EINTR : 0;
}

/* ---- the place ---- */

void cd_letters_put_back(cd_letters *letters, const cd_letter *letter)
{
    part *p = part_of(letters, letter->partition);
    if (p && letter->offset < p->next)
        p->next = letter->offset;
}

/* rd_kafka_commit waits for ever while no broker is there. */
static rd_kafka_resp_err_t commit(cd_letters *letters, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t failed = RD_KAFKA_RESP_ERR__TIMED_OUT;
    rd_kafka_queue_t *answers = rd_kafka_queue_new(letters->client);
    rd_kafka_commit_queue(letters->client, list, answers, NULL, NULL);
    rd_kafka_event_t *event = rd_kafka_queue_poll(answers, PATIENCE_MS);
    if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT) {
        const rd_kafka_topic_partition_list_t *done = rd_kafka_event_topic_partition_list(event);
        failed = rd_kafka_event_error(event);
        for (int i = 0; !failed && i < done->cnt; i++)
            failed = done->elems[i].err;
    }
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(answers);
    return failed;
}

int cd_letters_remember(cd_letters *letters, cd_error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)letters->count);
    for (size_t i = 0; letters->plan.group && i < letters->count; i++)
        if (letters->parts[i].next != letters->parts[i].committed)
            rd_kafka_topic_partition_list_add(list, topic_of(letters), letters->parts[i].number)->offset = letters->parts[i].next;
    rd_kafka_resp_err_t failed = list->cnt ? commit(letters, list) : RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; !failed && i < list->cnt; i++)
        part_of(letters, list->elems[i].partition)->committed = list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return failed ? failure(error, "how far it came could not be remembered", failed) : 0;
}

int64_t cd_letters_total(const cd_letters *letters)
{
    int64_t total = 0;
    for (size_t i = 0; i < letters->count; i++)
        total += letters->parts[i].end > letters->parts[i].begin ? letters->parts[i].end - letters->parts[i].begin : 0;
    return total;
}

bool cd_letters_place(const cd_letters *letters, size_t i, int32_t *partition, int64_t *offset)
{
    if (i >= letters->count)
        return false;
    *partition = letters->parts[i].number;
    *offset = letters->parts[i].next;
    return true;
}

bool cd_letters_remembered(const cd_letters *letters) { return letters->remembered; }
bool cd_letters_at_end(const cd_letters *letters) { return letters->open == 0; }
