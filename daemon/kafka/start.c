/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/start.c: see start.h. */
#include "kafka/start.h"

#include "base/clock.h"
#include "base/log.h"

/* How long the brokers are asked where to begin, and how long at a time. */
#define PATIENCE_NS (10 * CD_NS_PER_S)
enum { ASK_MS = 500, QUERY_MS = 2000 };

/* ---- where to begin ---- */

typedef rd_kafka_resp_err_t ask(cd_kafka_intake *intake, rd_kafka_topic_partition_list_t *list);

static rd_kafka_resp_err_t first_error(const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++)
        if (list->elems[i].err)
            return list->elems[i].err;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Again and again while the desk goes on, until there is an answer for every partition, or patience ends. */
static rd_kafka_resp_err_t ask_patiently(cd_kafka_intake *intake, rd_kafka_topic_partition_list_t *list, ask *once)
{
    rd_kafka_resp_err_t failed;
    int64_t end_ns = cd_clock_monotonic_ns() + PATIENCE_NS;
    while ((failed = once(intake, list)) != 0 && cd_clock_monotonic_ns() < end_ns && !intake->plan.hurry(intake->plan.self))
        intake->plan.pump(intake->plan.self, 50);
    return failed;
}

/* Fails for one partition, too: a transaction with its offset is still open, for example. */
static rd_kafka_resp_err_t ask_group(cd_kafka_intake *intake, rd_kafka_topic_partition_list_t *known)
{
    rd_kafka_resp_err_t failed = rd_kafka_committed(intake->client, known, ASK_MS);
    return failed ? failed : first_error(known);
}

/* What the group has committed of these partitions, a list of the caller's own; NULL: it does not say. */
static rd_kafka_topic_partition_list_t *look_up(cd_kafka_intake *intake, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *known = rd_kafka_topic_partition_list_copy(list);
    rd_kafka_resp_err_t failed = ask_patiently(intake, known, ask_group);
    if (!failed)
        return known;
    cd_log_error("the group's offsets cannot be looked up: %s; partitions without one start at the earliest, and what is gone before "
                 "the others is not counted", rd_kafka_err2str(failed));
    rd_kafka_topic_partition_list_destroy(known);
    return NULL;
}

static rd_kafka_resp_err_t ask_times(cd_kafka_intake *intake, rd_kafka_topic_partition_list_t *fresh)
{
    for (int i = 0; i < fresh->cnt; i++)
        fresh->elems[i].offset = intake->plan.config->input.start_ms;
    rd_kafka_resp_err_t failed = rd_kafka_offsets_for_times(intake->client, fresh, QUERY_MS);
    for (int i = 0; failed && i < fresh->cnt; i++)
        fresh->elems[i].err = failed;
    return first_error(fresh);
}

/* From milliseconds in `fresh` to offsets; the end, where all records are older. */
static void find_times(cd_kafka_intake *intake, rd_kafka_topic_partition_list_t *fresh)
{
    rd_kafka_resp_err_t failed = ask_patiently(intake, fresh, ask_times);
    if (failed)
        cd_log_error("the offsets at %s cannot be looked up: %s; starting at the earliest", intake->plan.config->input.start_text,
                     rd_kafka_err2str(failed));
    for (int i = 0; i < fresh->cnt; i++)
        if (fresh->elems[i].err)
            fresh->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
}

static void begin_fresh(cd_kafka_intake *intake, rd_kafka_topic_partition_list_t *list, rd_kafka_topic_partition_list_t *fresh)
{
    const cd_config *config = intake->plan.config;
    for (int i = 0; i < fresh->cnt; i++)
        fresh->elems[i].offset = config->input.start == CD_START_LATEST ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
    if (config->input.start == CD_START_TIMESTAMP && fresh->cnt > 0)
        find_times(intake, fresh);
    for (int i = 0; i < fresh->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &fresh->elems[i];
        rd_kafka_topic_partition_list_find(list, one->topic, one->partition)->offset = one->offset;
        cd_log_info("%s/%d: group %s has no offset for it: it starts at %s", one->topic, (int)one->partition, config->group,
                    config->input.start_text);
    }
}

void cd_kafka_start(cd_kafka_intake *intake, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_topic_partition_list_t *known = list->cnt > 0 ? look_up(intake, list) : NULL;
    if (known == NULL)
        return;
    rd_kafka_topic_partition_list_t *fresh = rd_kafka_topic_partition_list_new(list->cnt);
    for (int i = 0; i < known->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &known->elems[i];
        cd_partition *p = cd_partitions_get(&intake->partitions, one->topic, one->partition);
        if (one->offset < 0)
            rd_kafka_topic_partition_list_add(fresh, one->topic, one->partition);
        else if (p)
            cd_offsets_begin(&p->offsets, one->offset);
    }
    begin_fresh(intake, list, fresh);
    rd_kafka_topic_partition_list_destroy(fresh);
    rd_kafka_topic_partition_list_destroy(known);
}

/* ---- what is gone ---- */

/* Where the log begins comes with every answer to a fetch: it is as new as the record at `offset`, and nobody need be asked. */
void cd_kafka_start_note_gap(cd_kafka_intake *intake, cd_partition *p, int64_t offset)
{
    int64_t low, end, next = p->offsets.next;
    if (rd_kafka_get_watermark_offsets(intake->client, p->topic, p->number, &low, &end) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    uint64_t lost = cd_offsets_lost(&p->offsets, offset, low);
    if (lost == 0)
        return;
    p->skipped += lost;
    cd_log_warning("%s/%d: %llu offsets are gone, %lld to %lld: the log begins at %lld now; going on there (input.lost_offsets)",
                   p->topic, p->number, (unsigned long long)lost, (long long)next, (long long)next + (long long)lost - 1, (long long)low);
}

/* Which offsets are gone, in words. */
static void word_loss(cd_kafka_intake *intake, const rd_kafka_message_t *message, char *out, size_t size)
{
    int64_t low, end;
    long long wanted = message->offset;
    rd_kafka_resp_err_t failed = rd_kafka_query_watermark_offsets(intake->client, rd_kafka_topic_name(message->rkt), message->partition,
                                                                  &low, &end, QUERY_MS);
    if (failed)
        snprintf(out, size, "offset %lld is not there: %s", wanted, rd_kafka_message_errstr(message));
    else if (wanted < low)
        snprintf(out, size, "%lld offsets are gone, %lld to %lld: the log begins at %lld", (long long)low - wanted, wanted,
                 (long long)low - 1, (long long)low);
    else
        snprintf(out, size, "offset %lld is not there: the log has %lld to %lld, so it was cut or made anew", wanted, (long long)low,
                 (long long)end - 1);
}

void cd_kafka_start_refuse(cd_kafka_intake *intake, const rd_kafka_message_t *message)
{
    char what[256];
    const char *topic = rd_kafka_topic_name(message->rkt);
    if (message->offset < 0) { /* nothing is gone: the group's offset could not be looked up, and a new start helps */
        snprintf(intake->trouble.fatal, sizeof intake->trouble.fatal, "%s/%d: where to start is not known: %s", topic,
                 (int)message->partition, rd_kafka_message_errstr(message));
        return;
    }
    if (intake->lost[0])
        return; /* the first one is told */
    word_loss(intake, message, what, sizeof what);
    snprintf(intake->lost, sizeof intake->lost,
             "%s/%d: %s. To go on at the earliest, set input.lost_offsets = \"go-on\"; to go on elsewhere, set the offset of group %s "
             "(kafka-consumer-groups --reset-offsets)",
             topic, (int)message->partition, what, intake->plan.config->group);
}
