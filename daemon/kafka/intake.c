/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/intake.c: see intake.h. */
#include "kafka/intake.h"

#include "base/clock.h"
#include "base/log.h"
#include "kafka/client.h"
#include "kafka/outlet.h"
#include "kafka/partition.h"
#include "kafka/rebalance.h"
#include "kafka/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The fetch queue is memory beside the desk's budget: no more than what keeps a fetch under way while another is taken. Answers to a
 * fetch are one block each: small ones leave no gaps in the heap (docs/adr/0004). The cooperative assignor is sound from librdkafka
 * 2.10.1 on (faults before: #5088, 2.4.0, 2.6.1). With an older one, which is asked at run time, the first line does not count, and
 * the simple ones are librdkafka's own default. */
static const cd_kafka_default defaults[] = {
    {"partition.assignment.strategy", "cooperative-sticky"},
    {"queued.max.messages.kbytes", "4096"},
    {"fetch.wait.max.ms", "100"},
    {"fetch.max.bytes", "1048576"},
    {0},
};

enum { BATCH = 1000, COOPERATIVE_SOUND = 0x020a01ff };

/* How long a rebalance waits for the answer to a commit: as long as librdkafka keeps one for a coordinator that is away. */
#define COMMIT_NS (10 * CD_NS_PER_S)

/* ---- records ---- */

static uint32_t header_bytes(const rd_kafka_headers_t *headers)
{
    const char *name;
    const void *value;
    size_t size, sum = 0;
    for (size_t i = 0; headers && rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        sum += strlen(name) + size + 8;
    return (uint32_t)sum;
}

static bool begins_anew(cd_kafka_intake *intake, const cd_partition *p, int64_t offset)
{
    int64_t low, end;
    if (p->lane == NULL || offset > p->offsets.taken)
        return false; /* which is what nearly every record is */
    if (rd_kafka_get_watermark_offsets(intake->client, p->topic, p->number, &low, &end) != RD_KAFKA_RESP_ERR_NO_ERROR || end < 0)
        end = CD_OFFSET_NONE;
    return cd_offsets_begins_anew(&p->offsets, offset, end);
}

static void begin_anew(cd_kafka_intake *intake, cd_partition *partition, int64_t offset)
{
    cd_log_warning("%s/%d: the log begins anew, at offset %lld after %lld; a new epoch", partition->topic, partition->number,
                   (long long)offset, (long long)partition->offsets.taken);
    cd_partition_end(partition, intake->plan.desk);
    CD_REQUIRE(cd_partition_assign(partition, ++intake->epoch) == 0, "no memory for a lane");
}

static void take(cd_kafka_intake *intake, rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t kind;
    cd_partition *partition =
        cd_partitions_get(&intake->partitions, rd_kafka_topic_name(message->rkt), message->partition);
    CD_REQUIRE(partition, "no memory for a partition");
    if (begins_anew(intake, partition, message->offset))
        begin_anew(intake, partition, message->offset);
    if (partition->lane && message->offset > partition->offsets.next)
        cd_kafka_start_note_gap(intake, partition, message->offset);
    if (partition->lane == NULL || !cd_offsets_take(&partition->offsets, message->offset)) {
        cd_log_keyed(CD_LEVEL_NOTICE, partition->topic, "%s/%d: offset %lld came again and was ignored", partition->topic,
                     partition->number, (long long)message->offset);
        return;
    }
    int64_t timestamp = rd_kafka_message_timestamp(message, &kind);
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_detach_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        headers = NULL;
    cd_arrival arrival = {.identity = {.topic = {partition->topic, strlen(partition->topic)},
                                       .partition = message->partition,
                                       .offset = message->offset,
                                       .timestamp_ms = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp},
                          .key = {message->key, message->key_len},
                          .payload = {message->payload, message->len},
                          .header_bytes = header_bytes(headers),
                          .origin = headers};
    int failed = cd_desk_take(intake->plan.desk, partition->lane, &arrival);
    CD_REQUIRE(failed == 0, "no memory for a record of %zu bytes that must not be passed over", message->len);
}

void cd_kafka_intake_release(cd_kafka_intake *intake, cd_record *record)
{
    (void)intake;
    rd_kafka_headers_destroy(record->origin);
}

static void reach_end(cd_kafka_intake *intake, const rd_kafka_message_t *message)
{
    cd_partition *partition =
        cd_partitions_get(&intake->partitions, rd_kafka_topic_name(message->rkt), message->partition);
    if (partition == NULL || partition->lane == NULL)
        return;
    if (message->offset > partition->offsets.next)
        cd_kafka_start_note_gap(intake, partition, message->offset);
    cd_offsets_reach_end(&partition->offsets, message->offset);
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    cd_trouble_report(&((cd_kafka_intake *)opaque)->trouble, client, "consumer", code, reason);
}

static void note_error(cd_kafka_intake *intake, const rd_kafka_message_t *message)
{
    if (message->err == RD_KAFKA_RESP_ERR__FATAL) { /* the consumer's come this way, not by the error callback */
        on_error(intake->client, message->err, rd_kafka_message_errstr(message), intake);
        return;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        cd_trouble_clear(&intake->trouble); /* the brokers answer */
        reach_end(intake, message);
        return;
    }
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && intake->plan.config->input.lost_offsets == CD_LOST_STOP) {
        cd_kafka_start_refuse(intake, message);
        return;
    }
    cd_trouble_set(&intake->trouble, "consumer", rd_kafka_err2str(message->err));
    cd_log_keyed(CD_LEVEL_WARNING, rd_kafka_err2name(message->err), "consumer: %s: %s", rd_kafka_err2name(message->err),
                 rd_kafka_message_errstr(message));
}

/* A pause throws away what was fetched ahead. So a desk that is full for a moment only is not paused for: its records are left in
 * librdkafka's queue, which is bounded, for as long as HOLD_NS. Nobody misses a poll for that long. */
#define HOLD_NS CD_NS_PER_S

/* True: full, but not for long. */
static bool hold(cd_kafka_intake *intake)
{
    if (cd_desk_has_room(intake->plan.desk)) {
        intake->full_ns = 0;
        return false;
    }
    int64_t now_ns = cd_clock_monotonic_ns();
    if (intake->full_ns == 0)
        intake->full_ns = now_ns;
    return !intake->paused && now_ns - intake->full_ns < HOLD_NS;
}

/* One that has come no further since its last seek may be on its way through aborted records, or to where a log begins that was cut,
 * and each seek has it set out anew: it is left alone for ALONE_NS, and twice as long each time that this was not enough. A pause
 * leaves it the place that librdkafka has found since. */
#define ALONE_NS (2 * CD_NS_PER_S)

static bool may_seek(cd_partition *p, int64_t now_ns)
{
    bool again = p->offsets.next == p->sought;
    if (p->lane == NULL || p->offsets.taken == CD_OFFSET_NONE || (again && now_ns - p->sought_ns < p->alone_ns))
        return false;
    p->alone_ns = again ? 2 * p->alone_ns : ALONE_NS;
    p->sought = p->offsets.next;
    p->sought_ns = now_ns;
    return true;
}

/* A thread of librdkafka 2.0.2 that has nothing to fetch, because its partitions are paused or the queue is full, sleeps for up to a
 * second, whatever is resumed or taken out meanwhile. A seek wakes it: here, to where each partition stands already, and at its end
 * that is behind the markers: before them the log may be cut by now. It costs what is being fetched, so it is for a queue that is
 * empty. */
static void wake_fetchers(cd_kafka_intake *intake)
{
    int64_t now_ns = cd_clock_monotonic_ns();
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)intake->partitions.count);
    for (size_t i = 0; i < intake->partitions.count; i++) {
        cd_partition *p = intake->partitions.list[i];
        if (may_seek(p, now_ns))
            rd_kafka_topic_partition_list_add(list, p->topic, p->number)->offset = p->offsets.next;
    }
    /* There is nothing to be done about a failure: they wake by themselves, later. */
    rd_kafka_error_t *failed = rd_kafka_seek_partitions(intake->client, list, 0);
    if (failed)
        rd_kafka_error_destroy(failed);
    rd_kafka_topic_partition_list_destroy(list);
}

static void pause_if_full(cd_kafka_intake *intake)
{
    bool full = !cd_desk_has_room(intake->plan.desk);
    rd_kafka_topic_partition_list_t *list;
    if (full == intake->paused || rd_kafka_assignment(intake->client, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    rd_kafka_resp_err_t failed = full ? rd_kafka_pause_partitions(intake->client, list)
                                      : rd_kafka_resume_partitions(intake->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (failed)
        return;
    intake->paused = full;
    if (!full)
        wake_fetchers(intake);
}

/* The queue is empty. Less came out than it holds: it was not full since it was empty before, and nobody sleeps. */
static void found_empty(cd_kafka_intake *intake)
{
    if (intake->came >= intake->queue_limit && !intake->paused)
        wake_fetchers(intake);
    intake->came = 0;
}

/* One commit is on its way at a time: librdkafka sends one again that its coordinator did not take, and if a later one was taken
 * meanwhile, the group would fall back. The answers come to a queue of their own, so that a rebalance can wait for one. */
static void await_commit(cd_kafka_intake *intake, int64_t most_ns)
{
    int64_t end_ns = cd_clock_monotonic_ns() + most_ns;
    while (intake->committing && rd_kafka_queue_poll_callback(intake->commits, most_ns ? 100 : 0) == 0)
        if (cd_clock_monotonic_ns() >= end_ns)
            return;
}

bool cd_kafka_intake_poll(cd_kafka_intake *intake)
{
    await_commit(intake, 0);
    if (hold(intake))
        return false;
    pause_if_full(intake);
    for (int i = 0; i < BATCH; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(intake->client, 0);
        if (message == NULL) {
            found_empty(intake);
            return false;
        }
        if (message->err) {
            note_error(intake, message);
        } else {
            cd_trouble_clear(&intake->trouble);
            intake->came += message->len + message->key_len;
            take(intake, message);
        }
        rd_kafka_message_destroy(message);
        if (!intake->paused && hold(intake))
            return false;
    }
    return true;
}

void cd_kafka_intake_settled(cd_kafka_intake *intake, cd_lane *lane)
{
    cd_partition *partition = lane->owner;
    (void)intake;
    cd_offsets_settle(&partition->offsets, lane->settled_offset);
}

/* ---- commits ---- */

static rd_kafka_topic_partition_list_t *commits(cd_kafka_intake *intake)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    for (size_t i = 0; i < intake->partitions.count; i++) {
        cd_partition *p = intake->partitions.list[i];
        int64_t next = p->lane ? cd_offsets_to_commit(&p->offsets, p->lane->unsettled) : CD_OFFSET_NONE;
        if (next == CD_OFFSET_NONE)
            continue;
        rd_kafka_topic_partition_list_add(list, p->topic, p->number)->offset = next;
        cd_offsets_ask(&p->offsets, next);
    }
    return list;
}

static void note_commit(cd_kafka_intake *intake, rd_kafka_resp_err_t failed, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; list && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        cd_partition *p = cd_partitions_get(&intake->partitions, one->topic, one->partition);
        bool good = !failed && !one->err;
        if (p == NULL || one->offset < 0)
            continue;
        if (good)
            cd_trouble_clear(&intake->trouble); /* the brokers answer */
        if (cd_offsets_answer(&p->offsets, one->offset, good) && good && p->lane)
            cd_desk_watermark(intake->plan.desk, p->lane, one->offset);
    }
    if (failed && failed != RD_KAFKA_RESP_ERR__NO_OFFSET)
        cd_log_keyed(CD_LEVEL_WARNING, rd_kafka_err2name(failed), "offsets were not committed, they will be again: %s",
                     rd_kafka_err2str(failed));
}

static void on_commit(rd_kafka_t *client, rd_kafka_resp_err_t failed, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    cd_kafka_intake *intake = opaque;
    (void)client;
    intake->committing = false;
    note_commit(intake, failed, list);
}

/* ---- offsets in transactions ---- */

/* As cd_offsets_to_commit, but what is published counts as settled: it is committed with it. */
static int64_t covered(const cd_partition *p)
{
    int64_t next = p->lane ? cd_lane_published_offset(p->lane) : CD_OFFSET_NONE;
    if (p->lane && p->lane->published == p->lane->last && p->offsets.end > p->offsets.taken && p->offsets.end > next)
        next = p->offsets.end;
    return next > p->offsets.committed ? next : CD_OFFSET_NONE;
}

bool cd_kafka_intake_has_offsets(cd_kafka_intake *intake)
{
    for (size_t i = 0; i < intake->partitions.count; i++)
        if (covered(intake->partitions.list[i]) != CD_OFFSET_NONE)
            return true;
    return false;
}

rd_kafka_topic_partition_list_t *cd_kafka_intake_offsets(cd_kafka_intake *intake)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    for (size_t i = 0; i < intake->partitions.count; i++) {
        const cd_partition *p = intake->partitions.list[i];
        int64_t next = covered(p);
        if (next != CD_OFFSET_NONE)
            rd_kafka_topic_partition_list_add(list, p->topic, p->number)->offset = next;
    }
    return list;
}

void cd_kafka_intake_committed(cd_kafka_intake *intake, const rd_kafka_topic_partition_list_t *list)
{
    note_commit(intake, RD_KAFKA_RESP_ERR_NO_ERROR, list);
}

/* Several partitions of one transaction are committed or not as one; whoever has a partition since then may be further on. */
int cd_kafka_intake_ask_committed(cd_kafka_intake *intake, const rd_kafka_topic_partition_list_t *list)
{
    if (list == NULL || list->cnt == 0)
        return 0;
    rd_kafka_topic_partition_list_t *found = rd_kafka_topic_partition_list_copy(list);
    rd_kafka_resp_err_t failed = rd_kafka_committed(intake->client, found, 1000);
    int result = failed ? -EAGAIN : 1;
    for (int i = 0; result == 1 && i < found->cnt; i++)
        result = found->elems[i].err ? -EAGAIN : found->elems[i].offset >= list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(found);
    return result;
}

rd_kafka_consumer_group_metadata_t *cd_kafka_intake_group(cd_kafka_intake *intake)
{
    return rd_kafka_consumer_group_metadata(intake->client);
}

/* ---- offsets by themselves ---- */

void cd_kafka_intake_commit(cd_kafka_intake *intake)
{
    await_commit(intake, 0);
    if (intake->transaction || intake->committing)
        return;
    rd_kafka_topic_partition_list_t *list = commits(intake);
    if (list->cnt > 0) {
        rd_kafka_resp_err_t failed = rd_kafka_commit_queue(intake->client, list, intake->commits, on_commit, intake);
        intake->committing = !failed;
        if (failed)
            note_commit(intake, failed, list);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

void cd_kafka_intake_commit_now(cd_kafka_intake *intake)
{
    await_commit(intake, COMMIT_NS);
    cd_kafka_intake_commit(intake);
    await_commit(intake, COMMIT_NS);
}

/* ---- making and ending ---- */

static int make_client(cd_kafka_intake *intake, cd_error *error)
{
    char reason[256];
    const cd_config *config = intake->plan.config;
    const cd_kafka_default *ours = rd_kafka_version() >= COOPERATIVE_SOUND ? defaults : defaults + 1;
    rd_kafka_conf_t *conf = cd_kafka_conf(config, &config->kafka.consumer, ours, error);
    if (conf == NULL)
        return -EINVAL;
    cd_kafka_conf_set(conf, "group.id", config->group);
    cd_kafka_conf_set(conf, "enable.auto.commit", "false");
    cd_kafka_conf_set(conf, "enable.auto.offset.store", "false");
    cd_kafka_conf_set(conf, "enable.partition.eof", "true");
    cd_kafka_conf_set(conf, "auto.offset.reset", config->input.lost_offsets == CD_LOST_STOP ? "error" : "earliest");
    rd_kafka_conf_set_rebalance_cb(conf, cd_kafka_rebalance);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, intake);
    intake->queue_limit = 1000 * cd_kafka_conf_number(conf, "queued.max.messages.kbytes");
    intake->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (intake->client == NULL) {
        rd_kafka_conf_destroy(conf);
        return cd_error_set(error, -EINVAL, "the consumer cannot be made: %s (kafka.common, kafka.consumer)", reason);
    }
    rd_kafka_poll_set_consumer(intake->client);
    intake->queue = rd_kafka_queue_get_consumer(intake->client);
    intake->commits = rd_kafka_queue_new(intake->client);
    intake->wake_fd = cd_kafka_wake_fd(intake->queue);
    if (intake->wake_fd < 0)
        return intake->wake_fd;
    cd_kafka_wake_by(intake->commits, intake->wake_fd);
    return 0;
}

static int subscribe(cd_kafka_intake *intake, cd_error *error)
{
    const cd_config *config = intake->plan.config;
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new((int)config->input.topic_count);
    for (size_t i = 0; i < config->input.topic_count; i++)
        rd_kafka_topic_partition_list_add(topics, config->input.topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t failed = rd_kafka_subscribe(intake->client, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return failed ? cd_error_set(error, -EINVAL, "cannot subscribe: %s (input.topics)", rd_kafka_err2str(failed)) : 0;
}

static void on_wake(void *self)
{
    cd_kafka_intake *intake = self;
    cd_kafka_drain_fd(intake->wake_fd);
}

static void destroy(cd_kafka_intake *intake)
{
    if (intake->transaction)
        intake->transaction->intake = NULL;
    cd_loop_remove(intake->plan.loop, &intake->source);
    if (intake->queue)
        rd_kafka_queue_destroy(intake->queue);
    if (intake->commits)
        rd_kafka_queue_destroy(intake->commits);
    if (intake->client)
        cd_kafka_end(intake->client);
    if (intake->wake_fd >= 0)
        close(intake->wake_fd);
    cd_partitions_fini(&intake->partitions);
    free(intake);
}

int cd_kafka_intake_create(const cd_kafka_intake_plan *plan, cd_kafka_intake **out, cd_error *error)
{
    cd_kafka_intake *intake = calloc(1, sizeof *intake);
    *out = NULL;
    if (intake == NULL)
        return -ENOMEM;
    *intake = (cd_kafka_intake){.plan = *plan, .wake_fd = -1, .source.fd = -1};
    intake->transaction = cd_kafka_outlet_transaction(plan->outlet);
    if (intake->transaction)
        intake->transaction->intake = intake;
    int result = make_client(intake, error);
    if (result == 0)
        result = cd_loop_add(plan->loop, &intake->source, intake->wake_fd, on_wake, intake);
    if (result == 0)
        result = subscribe(intake, error);
    if (result)
        destroy(intake);
    else
        *out = intake;
    return result;
}

void cd_kafka_intake_close(cd_kafka_intake *intake, bool drain)
{
    if (intake == NULL)
        return;
    if (drain)
        cd_kafka_drain_all(intake);
    intake->closing = true;
    rd_kafka_queue_io_event_enable(intake->queue, -1, NULL, 0);
    rd_kafka_queue_io_event_enable(intake->commits, -1, NULL, 0);
    rd_kafka_consumer_close(intake->client); /* calls the rebalance callback, which lets go of all lanes */
    for (size_t i = 0; i < intake->partitions.count; i++)
        cd_partition_end(intake->partitions.list[i], intake->plan.desk);
    destroy(intake);
}

const char *cd_kafka_version(void) { return rd_kafka_version_str(); }
bool cd_kafka_intake_joined(const cd_kafka_intake *intake) { return intake->epoch > 0; }
const char *cd_kafka_intake_fatal(const cd_kafka_intake *intake) { return cd_trouble_fatal(&intake->trouble); }
const char *cd_kafka_intake_trouble(const cd_kafka_intake *intake) { return cd_trouble_text(&intake->trouble); }
const char *cd_kafka_intake_lost(const cd_kafka_intake *intake) { return intake->lost[0] ? intake->lost : NULL; }

/* The partition's end as the last answer to a fetch had it, and how far it is from there to what is committed. */
static void show_end(cd_kafka_intake *intake, const cd_partition *p, cd_partition_stats *view)
{
    int64_t low, end;
    if (p->lane == NULL ||
        rd_kafka_get_watermark_offsets(intake->client, p->topic, p->number, &low, &end) != RD_KAFKA_RESP_ERR_NO_ERROR || end < 0)
        return;
    int64_t from = p->offsets.committed > p->offsets.start ? p->offsets.committed : p->offsets.start;
    view->end = end;
    view->lag = end > from && end > low ? end - (from > low ? from : low) : 0;
}

const cd_partition_stats *cd_kafka_intake_partitions(cd_kafka_intake *intake, size_t *count)
{
    cd_partition_stats *view = cd_partitions_view(&intake->partitions, intake->paused);
    *count = view ? intake->partitions.count : 0;
    for (size_t i = 0; i < *count; i++)
        show_end(intake, intake->partitions.list[i], &view[i]);
    return view;
}
