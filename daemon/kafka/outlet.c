/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/outlet.c: see outlet.h. */
#include "kafka/outlet.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "kafka/client.h"
#include "kafka/headers.h"
#include "kafka/rebalance.h"
#include "kafka/topics.h"
#include "kafka/trouble.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Measured defaults (docs/adr/0002): one request in flight a broker halves the producer thread's work. Retries have no end:
 * what cannot be delivered now holds its partition and the byte budget, and nothing is ever given up silently. */
static const cd_kafka_default defaults[] = {
    {"linger.ms", "20"},
    {"batch.size", "1000000"},
    {"max.in.flight", "1"},
    {"message.timeout.ms", "0"},
    {"queue.buffering.max.messages", "1000000"},
    {"queue.buffering.max.kbytes", "2097151"},
    {"topic.metadata.refresh.interval.ms", "30000"},
    {0},
};

/* Room in a message for all but the payload and the key: headers of ours and the format's own. */
enum { HEADER_ROOM = 4096 };

/* Without a single delivery report for so long, something is wrong. */
#define SILENCE_NS (10 * CD_NS_PER_S)

struct cd_kafka_outlet {
    const cd_config *config;
    cd_loop *loop;
    cd_desk *desk;
    rd_kafka_t *client; /* NULL: a new one could not be made yet, and the end of a transaction is not known */
    rd_kafka_queue_t *queue;
    int wake_fd;
    cd_loop_source source;
    cd_topics topics;
    cd_topic *output, *dead_letters, **routes;
    size_t message_max, batch_size; /* message.max.bytes, batch.size */
    size_t batch_limit; /* what the smallest topic takes; 0: no less than batch_size */
    bool purging;
    bool renewed, initialised; /* the new producer after a transaction of unknown end; and its transactions */
    int64_t renew_ns;          /* not before: it could not be made */
    cd_trouble trouble;
    cd_transaction transaction;
    int64_t report_ns;    /* when a report came, or the first record was handed over */
    uint64_t unreported;
};

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

static bool transactional(const cd_kafka_outlet *outlet) { return outlet->config->delivery == CD_DELIVERY_EXACTLY_ONCE; }

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

/* After an abort: a record that no broker takes as it is. */
static void refuse(void *self, cd_record *record)
{
    cd_kafka_outlet *outlet = self;
    if (record->report == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        too_large(outlet, record, record->outcome.output.len);
    else
        invalid(outlet, record, outlet->output->name, record->report);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    cd_kafka_outlet *outlet = opaque;
    cd_record *record = message->_private;
    rd_kafka_resp_err_t failed = outcome_of(message);
    (void)client;
    outlet->unreported--;
    if (transactional(outlet)) {
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

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    cd_trouble_report(&((cd_kafka_outlet *)opaque)->trouble, client, "producer", code, reason);
}

/* ---- making it ---- */

/* The instance's own name for its transactions. A record's time limit is at most the transaction's. */
static void set_transactional(const cd_kafka_outlet *outlet, rd_kafka_conf_t *conf)
{
    char id[512], host[HOST_NAME_MAX + 1] = "";
    gethostname(host, sizeof host - 1);
    snprintf(id, sizeof id, "%s.%s.%s", outlet->config->group, outlet->config->name, host);
    cd_kafka_conf_set(conf, "transactional.id", outlet->config->transactional_id[0] ? outlet->config->transactional_id : id);
    char timeout[24];
    size_t most = cd_kafka_conf_number(conf, "transaction.timeout.ms"), set = cd_kafka_conf_number(conf, "message.timeout.ms");
    snprintf(timeout, sizeof timeout, "%zu", set == 0 || set > most ? most : set);
    cd_kafka_conf_set(conf, "message.timeout.ms", timeout);
}

/* `batch_limit` 0: as configured. */
static int make_client(cd_kafka_outlet *outlet, size_t batch_limit, cd_error *error)
{
    char reason[256], limit[24];
    rd_kafka_conf_t *conf = cd_kafka_conf(outlet->config, &outlet->config->kafka.producer, defaults, error);
    if (conf == NULL)
        return -EINVAL;
    cd_kafka_conf_set(conf, "enable.idempotence", "true");
    if (transactional(outlet))
        set_transactional(outlet, conf);
    snprintf(limit, sizeof limit, "%zu", batch_limit);
    if (batch_limit)
        cd_kafka_conf_set(conf, "batch.size", limit);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, outlet);
    outlet->message_max = cd_kafka_conf_number(conf, "message.max.bytes");
    outlet->batch_size = cd_kafka_conf_number(conf, "batch.size");
    outlet->transaction.timeout_ns = (int64_t)cd_kafka_conf_number(conf, "transaction.timeout.ms") * CD_NS_PER_MS;
    outlet->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (outlet->client == NULL) {
        rd_kafka_conf_destroy(conf);
        return cd_error_set(error, -EINVAL, "the producer cannot be made: %s (kafka.common, kafka.producer)", reason);
    }
    cd_topics_init(&outlet->topics, outlet->client);
    outlet->queue = rd_kafka_queue_get_main(outlet->client);
    outlet->wake_fd = outlet->transaction.wake_fd = cd_kafka_wake_fd(outlet->queue);
    if (outlet->wake_fd < 0)
        return cd_error_set(error, outlet->wake_fd, "the producer cannot wake the desk: %s", strerror(-outlet->wake_fd));
    return 0;
}

static bool must_stop(int stop_fd)
{
    struct pollfd fd = {.fd = stop_fd, .events = POLLIN};
    return poll(&fd, 1, 0) == 1; /* a negative one is never readable */
}

enum { ASK_ONCE = -1 };

/* A topic that the brokers create on demand takes a moment; one that does not exist for ten questions does not exist. ASK_ONCE in
 * place of a descriptor: the caller comes again, and must not wait for brokers. */
static int ask_until_known(cd_kafka_outlet *outlet, cd_topic *topic, int stop_fd, cd_error *error)
{
    if (topic == NULL)
        return -ENOMEM;
    for (int missing = 0;;) {
        int result = cd_topics_ask(&outlet->topics, topic, 1000, error);
        if (result == 0)
            return 0;
        if (result == -ENOENT && ++missing == 10)
            return cd_error_set(error, -ENOENT, "the topic %s does not exist; create it, or correct its name in %s", topic->name,
                                outlet->config->file);
        if (must_stop(stop_fd))
            return -EINTR;
        if (result == -EAGAIN)
            cd_log_keyed(CD_LEVEL_WARNING, topic->name, "waiting for Kafka: %s", error->text);
        if (stop_fd == ASK_ONCE)
            return result;
        rd_kafka_poll(outlet->client, 200);
    }
}

static int find_topics(cd_kafka_outlet *outlet, int stop_fd, cd_error *error)
{
    const cd_config *config = outlet->config;
    outlet->output = cd_topics_get(&outlet->topics, config->output.topic);
    outlet->dead_letters = cd_topics_get(&outlet->topics, config->dead_letters.topic);
    free(outlet->routes);
    outlet->routes = calloc(config->output.route_count + 1, sizeof(cd_topic *));
    if (outlet->routes == NULL)
        return -ENOMEM;
    int result = ask_until_known(outlet, outlet->output, stop_fd, error);
    if (result == 0)
        result = ask_until_known(outlet, outlet->dead_letters, stop_fd, error);
    for (size_t i = 0; result == 0 && i < config->output.route_count; i++) {
        outlet->routes[i] = cd_topics_get(&outlet->topics, config->output.routes[i].topic);
        result = ask_until_known(outlet, outlet->routes[i], stop_fd, error);
    }
    return result;
}

static void unmake_client(cd_kafka_outlet *outlet)
{
    if (outlet->queue) {
        rd_kafka_queue_io_event_enable(outlet->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(outlet->queue);
    }
    cd_topics_fini(&outlet->topics);
    if (outlet->transaction.sending)
        cd_sending_leave(outlet->transaction.sending);
    else if (outlet->client)
        cd_kafka_end(outlet->client);
    if (outlet->wake_fd >= 0)
        close(outlet->wake_fd);
    free(outlet->routes);
    outlet->queue = NULL;
    outlet->client = NULL;
    outlet->transaction.sending = NULL;
    outlet->wake_fd = -1;
    outlet->routes = NULL;
}

/* Batches no larger than the smallest topic takes: that is known only once the brokers were asked, with a client. */
static int fit_batches(cd_kafka_outlet *outlet, int stop_fd, cd_error *error)
{
    size_t limit = cd_topics_smallest_limit(&outlet->topics, 5000);
    if (limit >= outlet->batch_size)
        return 0;
    unmake_client(outlet);
    outlet->batch_limit = limit;
    int result = make_client(outlet, limit, error);
    return result ? result : find_topics(outlet, stop_fd, error);
}

/* Ends what an earlier run of this instance left open, and fences it, should it still live. */
static int begin_transactions(cd_kafka_outlet *outlet, int stop_fd, cd_error *error)
{
    outlet->transaction.client = outlet->client;
    for (;;) {
        rd_kafka_error_t *failed = rd_kafka_init_transactions(outlet->client, 1000);
        if (failed == NULL)
            return 0;
        bool again = rd_kafka_error_is_retriable(failed) && !rd_kafka_error_is_fatal(failed);
        cd_error_set(error, -EIO, "transactions cannot begin: %s (delivery, transactional_id)", rd_kafka_error_string(failed));
        rd_kafka_error_destroy(failed);
        if (!again)
            return -EIO;
        if (must_stop(stop_fd))
            return -EINTR;
        cd_log_keyed(CD_LEVEL_WARNING, "transactions", "waiting for Kafka: %s", error->text);
    }
}

static void on_wake(void *self)
{
    cd_kafka_outlet *outlet = self;
    cd_kafka_drain_fd(outlet->wake_fd);
}

/* The producer's end takes what it has not delivered with it, and says so. */
static void end_client(cd_kafka_outlet *outlet)
{
    cd_loop_remove(outlet->loop, &outlet->source);
    rd_kafka_purge(outlet->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (outlet->transaction.pending > 0)
        rd_kafka_poll(outlet->client, 10);
    unmake_client(outlet);
    outlet->trouble.fatal[0] = '\0';
}

/* Without descriptors or memory for a new one there is none for now. */
static int renew(cd_kafka_outlet *outlet, cd_error *error)
{
    if (outlet->client)
        end_client(outlet);
    int result = make_client(outlet, outlet->batch_limit, error);
    if (result == 0)
        result = cd_loop_add(outlet->loop, &outlet->source, outlet->wake_fd, on_wake, outlet);
    if (result)
        unmake_client(outlet);
    return result;
}

/* Committed or not? A new producer of the same name ends the old one's transaction; then the group's offsets tell. A call waits for
 * a second at most; what has not come to its end is tried again in the next round. */
static void find_out(cd_kafka_outlet *outlet)
{
    cd_error error = {0};
    cd_transaction *t = &outlet->transaction;
    if (cd_clock_monotonic_ns() < outlet->renew_ns)
        return;
    if (!outlet->renewed && renew(outlet, &error) != 0) {
        cd_trouble_set(&outlet->trouble, "there is no producer for now", error.text);
        cd_log_keyed(CD_LEVEL_ERROR, "renew", "there is no producer for now: %s", error.text);
        outlet->renew_ns = cd_clock_monotonic_ns() + CD_NS_PER_S;
        return;
    }
    cd_trouble_set(&outlet->trouble, "how a transaction ended is not known", "a new producer finds out");
    outlet->renewed = true;
    rd_kafka_error_t *failed = outlet->initialised ? NULL : rd_kafka_init_transactions(outlet->client, 1000);
    outlet->initialised = failed == NULL;
    if (failed) {
        cd_trouble_set(&outlet->trouble, "the transactions' coordinator does not answer", rd_kafka_error_string(failed));
        rd_kafka_error_destroy(failed);
        return;
    }
    int committed = cd_kafka_intake_ask_committed(t->intake, t->offsets);
    if (committed < 0 || find_topics(outlet, ASK_ONCE, &error) != 0)
        return;
    outlet->renewed = outlet->initialised = false;
    cd_transaction_resolve(t, outlet->client, committed == 1);
}

int cd_kafka_outlet_create(const cd_config *config, cd_desk *desk, cd_loop *loop, int stop_fd, cd_kafka_outlet **out,
                           cd_error *error)
{
    cd_kafka_outlet *outlet = calloc(1, sizeof *outlet);
    *out = NULL;
    if (outlet == NULL)
        return -ENOMEM;
    *outlet = (cd_kafka_outlet){.config = config, .desk = desk, .loop = loop, .wake_fd = -1, .source.fd = -1};
    cd_transaction_init(&outlet->transaction, desk);
    int result = make_client(outlet, 0, error);
    if (result == 0)
        result = find_topics(outlet, stop_fd, error);
    if (result == 0)
        result = fit_batches(outlet, stop_fd, error);
    if (result == 0 && transactional(outlet))
        result = begin_transactions(outlet, stop_fd, error);
    if (result == 0)
        result = cd_loop_add(loop, &outlet->source, outlet->wake_fd, on_wake, outlet);
    if (result)
        cd_kafka_outlet_destroy(outlet);
    else
        *out = outlet;
    return result;
}

void cd_kafka_outlet_destroy(cd_kafka_outlet *outlet)
{
    if (outlet == NULL)
        return;
    cd_loop_remove(outlet->loop, &outlet->source);
    unmake_client(outlet);
    cd_transaction_fini(&outlet->transaction);
    free(outlet);
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
    if (transactional(outlet) && cd_transaction_enter(&outlet->transaction) != 0) {
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
    if (transactional(outlet))
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
    outlet->transaction.must_abort |= transactional(outlet) && !cd_transaction_is_idle(&outlet->transaction);
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

static void tell_silence(cd_kafka_outlet *outlet, const char *what, int64_t since_ns)
{
    char why[64];
    snprintf(why, sizeof why, "for %lld s", (long long)((cd_clock_monotonic_ns() - since_ns) / CD_NS_PER_S));
    cd_trouble_set(&outlet->trouble, what, why);
}

/* librdkafka tries again without a word while too few replicas are in sync, for example. */
static void watch_reports(cd_kafka_outlet *outlet)
{
    const cd_transaction *t = &outlet->transaction;
    int64_t now_ns = cd_clock_monotonic_ns(), interval_ns = outlet->config->desk.commit_interval * CD_NS_PER_MS;
    if (outlet->unreported > 0 && now_ns - outlet->report_ns >= SILENCE_NS)
        tell_silence(outlet, "the brokers confirm nothing", outlet->report_ns);
    else if (t->sending && now_ns - t->sent_ns >= CD_TRANSACTION_PATIENCE_NS / 2)
        tell_silence(outlet, "the coordinators take no offsets", t->sent_ns);
    else if (t->state > CD_TRANSACTION_OPEN && t->state != CD_TRANSACTION_UNKNOWN && now_ns - t->opened_ns >= interval_ns + SILENCE_NS)
        tell_silence(outlet, "a transaction does not end", t->opened_ns);
}

void cd_kafka_outlet_poll(cd_kafka_outlet *outlet)
{
    uint64_t before = outlet->unreported;
    if (outlet->client)
        rd_kafka_poll(outlet->client, 0);
    if (outlet->unreported < before)
        outlet->report_ns = cd_clock_monotonic_ns(); /* once a round, not once a record */
    watch_reports(outlet);
    if (!transactional(outlet))
        return;
    if (cd_trouble_fatal(&outlet->trouble) && outlet->transaction.fatal[0] == '\0')
        snprintf(outlet->transaction.fatal, sizeof outlet->transaction.fatal, "%s", cd_trouble_fatal(&outlet->trouble));
    cd_transaction_tend(&outlet->transaction, outlet->config->desk.commit_interval * CD_NS_PER_MS, refuse, outlet);
    if (outlet->transaction.state == CD_TRANSACTION_UNKNOWN)
        find_out(outlet);
}

void cd_kafka_outlet_purge(cd_kafka_outlet *outlet)
{
    outlet->purging = true;
    if (outlet->client) {
        rd_kafka_purge(outlet->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_poll(outlet->client, 0);
    }
    cd_transaction_abandon(&outlet->transaction);
}

struct cd_transaction *cd_kafka_outlet_transaction(cd_kafka_outlet *outlet)
{
    return transactional(outlet) ? &outlet->transaction : NULL;
}

const char *cd_kafka_outlet_fatal(const cd_kafka_outlet *outlet)
{
    const cd_transaction *t = &outlet->transaction;
    if (t->state == CD_TRANSACTION_UNKNOWN)
        return NULL; /* a new producer is on its way */
    return transactional(outlet) ? (t->fatal[0] ? t->fatal : NULL) : cd_trouble_fatal(&outlet->trouble);
}
const char *cd_kafka_outlet_trouble(const cd_kafka_outlet *outlet) { return cd_trouble_text(&outlet->trouble); }
