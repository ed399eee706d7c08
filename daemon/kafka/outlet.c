/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/outlet.c: see outlet.h. */
#include "kafka/outlet.h"

#include "base/clock.h"
#include "base/log.h"
#include "kafka/client.h"
#include "kafka/publish.h"
#include "kafka/rebalance.h"

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

/* Without a single delivery report for so long, something is wrong. */
#define SILENCE_NS (10 * CD_NS_PER_S)

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
    if (cd_kafka_is_transactional(outlet))
        set_transactional(outlet, conf);
    snprintf(limit, sizeof limit, "%zu", batch_limit);
    if (batch_limit)
        cd_kafka_conf_set(conf, "batch.size", limit);
    rd_kafka_conf_set_dr_msg_cb(conf, cd_kafka_on_delivery);
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
    if (result == 0 && cd_kafka_is_transactional(outlet))
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

/* ---- what is not well ---- */

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

/* ---- each round, and the end ---- */

void cd_kafka_outlet_poll(cd_kafka_outlet *outlet)
{
    uint64_t before = outlet->unreported;
    if (outlet->client)
        rd_kafka_poll(outlet->client, 0);
    if (outlet->unreported < before)
        outlet->report_ns = cd_clock_monotonic_ns(); /* once a round, not once a record */
    watch_reports(outlet);
    if (!cd_kafka_is_transactional(outlet))
        return;
    if (cd_trouble_fatal(&outlet->trouble) && outlet->transaction.fatal[0] == '\0')
        snprintf(outlet->transaction.fatal, sizeof outlet->transaction.fatal, "%s", cd_trouble_fatal(&outlet->trouble));
    cd_transaction_tend(&outlet->transaction, outlet->config->desk.commit_interval * CD_NS_PER_MS, cd_kafka_refuse, outlet);
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
    return cd_kafka_is_transactional(outlet) ? &outlet->transaction : NULL;
}

const char *cd_kafka_outlet_fatal(const cd_kafka_outlet *outlet)
{
    const cd_transaction *t = &outlet->transaction;
    if (t->state == CD_TRANSACTION_UNKNOWN)
        return NULL; /* a new producer is on its way */
    return cd_kafka_is_transactional(outlet) ? (t->fatal[0] ? t->fatal : NULL) : cd_trouble_fatal(&outlet->trouble);
}
const char *cd_kafka_outlet_trouble(const cd_kafka_outlet *outlet) { return cd_trouble_text(&outlet->trouble); }
