/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/publish.c: see publish.h. */
#include "kafka/publish.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "kafka/client.h"
#include "kafka/headers.h"

#include <errno.h>
#include <string.h>

/* Room in a message for all but the payload and the key: headers of ours and the format's own. */
enum { HEADER_ROOM = 4096 };

/* ---- delivery reports ---- */

/* A record that no broker will ever take as it is, for another reason than its size. */
static void invalid(cd_kafka_outlet *outlet, cd_record *record, const char *topic, rd_kafka_resp_err_t failed)
{
    char reason[192];
    snprintf(reason, sizeof reason, "the brokers refuse the record for %s: %s (compacted topics want a key, none a time to come)",
             topic, rd_kafka_err2str(failed));
    if (record->outcome.kind != CD_OUTCOME_DEAD_LETTER) {
        cd_desk_delivered(outlet->desk, record, "reject", reason);
        return;
    }
    cd_trouble_set(&outlet->trouble, reason, "");
    cd_log_keyed(CD_LEVEL_ERROR, outlet->dead_letters->name, "a dead letter waits: %s", reason);
    cd_desk_undelivered(outlet->desk, record, true);
}

/* A dead letter that the brokers find too large: half of it, and so on; from BARE on without the input's headers. One that is
 * refused even then waits and is tried again for ever: it holds its partition, and the status says so. */
enum { BARE = 9, SMALLEST = 10 };

static void shrink(cd_kafka_outlet *outlet, cd_record *record)
{
    if (record->shrinks < SMALLEST) {
        record->shrinks++;
    } else {
        cd_trouble_set(&outlet->trouble, "the dead-letter topic takes no dead letter", "max.message.bytes is too small");
        cd_log_keyed(CD_LEVEL_ERROR, outlet->dead_letters->name,
                     "a dead letter is too large for %s, whatever is cut; it waits", outlet->dead_letters->name);
    }
    cd_desk_undelivered(outlet->desk, record, record->shrinks == SMALLEST);
}

static void too_large(cd_kafka_outlet *outlet, cd_record *record, size_t length)
{
    char reason[192];
    if (record->outcome.kind == CD_OUTCOME_DEAD_LETTER) {
        shrink(outlet, record);
        return;
    }
    snprintf(reason, sizeof reason,
             "the enriched article has %zu bytes, more than the output topic takes (message.max.bytes, max.message.bytes)",
             length);
    cd_desk_delivered(outlet->desk, record, "too-large", reason);
}

/* What was written has a place. Without one librdkafka goes by a broker's word that it had the record's number already, and that may
 * be wrong: if a leader fails with the partition's first batch on its way, the next leader may get the second one first (librdkafka
 * counts a batch as answered before it is back in its queue), and as it knows nothing of this producer yet, it takes that, and
 * the first one for a repetition. A true repetition has its place: brokers remember the last five batches of each producer. */
static rd_kafka_resp_err_t outcome_of(const rd_kafka_message_t *message)
{
    bool written = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    return written && message->offset < 0 ? RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER : message->err;
}

/* In a transaction nothing is delivered before the commit. */
static void note_report(cd_kafka_outlet *outlet, cd_record *record, rd_kafka_resp_err_t failed)
{
    bool purged = failed == RD_KAFKA_RESP_ERR__PURGE_QUEUE || failed == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR)
        cd_trouble_clear(&outlet->trouble);
    else if (!purged)
        cd_trouble_set(&outlet->trouble, "cannot deliver", rd_kafka_err2str(failed));
    cd_transaction_report(&outlet->transaction, record, failed);
}

void cd_kafka_refuse(void *self, cd_record *record)
{
    cd_kafka_outlet *outlet = self;
    if (record->report == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        too_large(outlet, record, record->outcome.output.len);
    else
        invalid(outlet, record, outlet->output->name, record->report);
}

void cd_kafka_on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    cd_kafka_outlet *outlet = opaque;
    cd_record *record = message->_private;
    rd_kafka_resp_err_t failed = outcome_of(message);
    (void)client;
    outlet->unreported--;
    if (cd_kafka_is_transactional(outlet)) {
        note_report(outlet, record, failed);
    } else if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) {
        cd_trouble_clear(&outlet->trouble);
        cd_desk_delivered(outlet->desk, record, NULL, NULL);
    } else if (failed == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        too_large(outlet, record, message->len);
    } else if (cd_kafka_is_refusal(failed)) {
        invalid(outlet, record, rd_kafka_topic_name(message->rkt), failed);
    } else {
        cd_trouble_set(&outlet->trouble, "cannot deliver", rd_kafka_err2str(failed));
        if (!outlet->purging)
            cd_log_keyed(CD_LEVEL_WARNING, rd_kafka_topic_name(message->rkt), "%s: not delivered, trying again: %s",
                         rd_kafka_topic_name(message->rkt), rd_kafka_err2str(failed));
        cd_desk_undelivered(outlet->desk, record, true);
    }
}

/* ---- publishing ---- */

/* The source topic's partitions are asked for at its first record, and again when one comes from a partition that was not there:
 * then the topics have grown. Not more often than every ten seconds, without waiting long; unknown means "by key". */
static const cd_topic *source_topic(cd_kafka_outlet *outlet, const char *name, int32_t partition)
{
    cd_error error = {0};
    cd_topic *topic = cd_topics_get(&outlet->topics, name);
    int64_t now_ns = cd_clock_monotonic_ns();
    if (topic && topic->partitions <= partition && now_ns >= topic->ask_ns) {
        topic->ask_ns = now_ns + 10 * CD_NS_PER_S;
        bool grown = topic->partitions > 0;
        (void)cd_topics_ask(&outlet->topics, topic, 1000, &error);
        if (grown)
            (void)cd_topics_ask(&outlet->topics, outlet->output, 1000, &error);
    }
    return topic && topic->partitions > partition ? topic : NULL;
}

typedef struct message {
    const cd_topic *topic;
    rd_kafka_headers_t *headers;
    void *payload; /* the record's: it lives until the delivery report */
    size_t length;
    bool bare; /* without the key */
} message;

/* 0, -EAGAIN, or the error as librdkafka names it. On 0 the headers are librdkafka's. */
static rd_kafka_resp_err_t produce(cd_kafka_outlet *outlet, cd_record *record, const message *m)
{
    cd_str key = m->bare ? (cd_str){NULL, 0} : record->key;
    if (cd_kafka_is_transactional(outlet) && cd_transaction_enter(&outlet->transaction) != 0) {
        rd_kafka_headers_destroy(m->headers);
        return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    }
    const cd_topic *source = source_topic(outlet, record->lane->topic, record->identity.partition);
    int32_t partition = cd_topics_partition(m->topic, source, record->identity.partition, record->key);
    int64_t timestamp = record->identity.timestamp_ms > 0 ? record->identity.timestamp_ms : 0;
    rd_kafka_resp_err_t failed = rd_kafka_producev(
        outlet->client, RD_KAFKA_V_RKT(m->topic->handle), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_KEY(key.ptr, key.len), RD_KAFKA_V_VALUE(m->payload, m->length),
        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_HEADERS(m->headers), RD_KAFKA_V_MSGFLAGS(0),
        RD_KAFKA_V_OPAQUE(record), RD_KAFKA_V_END);
    if (failed) {
        rd_kafka_headers_destroy(m->headers);
        return failed;
    }
    if (outlet->unreported++ == 0)
        outlet->report_ns = cd_clock_monotonic_ns();
    if (cd_kafka_is_transactional(outlet))
        cd_transaction_add(&outlet->transaction, record);
    return failed;
}

/* The desk lets no route through that is not configured. */
static const cd_topic *topic_of(cd_kafka_outlet *outlet, const cd_record *record)
{
    if (record->outcome.route == NULL)
        return outlet->output;
    for (size_t i = 0; i < outlet->config->output.route_count; i++)
        if (strcmp(outlet->config->output.routes[i].name, record->outcome.route) == 0)
            return outlet->routes[i];
    CD_BUG("no route of the name \"%s\"", record->outcome.route);
}

/* What librdkafka says at once, without asking a broker. */
static int answer(cd_kafka_outlet *outlet, cd_record *record, rd_kafka_resp_err_t failed, size_t length)
{
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    if (failed == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        too_large(outlet, record, length);
        return 0;
    }
    if (failed == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return -EAGAIN;
    cd_trouble_set(&outlet->trouble, "cannot deliver", rd_kafka_err2str(failed));
    cd_log_keyed(CD_LEVEL_WARNING, rd_kafka_err2name(failed), "producer: %s", rd_kafka_err2str(failed));
    outlet->transaction.must_abort |= cd_kafka_is_transactional(outlet) && !cd_transaction_is_idle(&outlet->transaction);
    return -EAGAIN;
}

static int publish_article(cd_kafka_outlet *outlet, cd_record *record)
{
    cd_str output = record->outcome.output;
    message m = {.topic = topic_of(outlet, record),
                 .headers = cd_headers_article(record, cd_desk_fingerprint(outlet->desk, record)),
                 .payload = (void *)(uintptr_t)output.ptr,
                 .length = output.len};
    return answer(outlet, record, produce(outlet, record, &m), m.length);
}

static int publish_tombstone(cd_kafka_outlet *outlet, cd_record *record)
{
    message m = {.topic = outlet->output, .headers = cd_headers_article(record, cd_desk_fingerprint(outlet->desk, record))};
    return answer(outlet, record, produce(outlet, record, &m), 0);
}

/* The payload as it came; if it cannot fit, its beginning, with its size and digest: replay fetches it by its offset. */
static int publish_dead_letter(cd_kafka_outlet *outlet, cd_record *record)
{
    char sha256[CD_SHA256_HEX];
    size_t most = (outlet->message_max >> record->shrinks), taken = record->key.len + HEADER_ROOM + record->header_bytes;
    size_t room = most > taken ? most - taken : 0;
    cd_truncation truncation = {.kept = record->payload.len, .bare = record->shrinks >= BARE};
    if (record->payload.len > room) {
        cd_sha256_hex(record->payload.ptr, record->payload.len, sha256);
        truncation.kept = room;
        truncation.sha256 = sha256;
    }
    message m = {.topic = outlet->dead_letters,
                 .headers = cd_headers_dead_letter(record, cd_desk_fingerprint(outlet->desk, record), &truncation),
                 .payload = (void *)(uintptr_t)record->payload.ptr,
                 .length = truncation.kept,
                 .bare = truncation.bare};
    return answer(outlet, record, produce(outlet, record, &m), m.length);
}

int cd_kafka_outlet_publish(cd_kafka_outlet *outlet, cd_record *record)
{
    if (outlet->routes == NULL)
        return -EAGAIN; /* between two producers there are no topics */
    switch (record->outcome.kind) {
    case CD_OUTCOME_PUBLISH: return publish_article(outlet, record);
    case CD_OUTCOME_TOMBSTONE: return publish_tombstone(outlet, record);
    default: return publish_dead_letter(outlet, record);
    }
}
