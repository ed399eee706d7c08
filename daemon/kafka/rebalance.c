/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/rebalance.c: see rebalance.h. */
#include "kafka/rebalance.h"

#include "base/clock.h"
#include "base/log.h"
#include "kafka/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- taking over ---- */

static void begin_lanes(cd_kafka_intake *intake, const rd_kafka_topic_partition_list_t *list)
{
    intake->epoch++;
    for (int i = 0; i < list->cnt; i++) {
        cd_partition *p = cd_partitions_get(&intake->partitions, list->elems[i].topic, list->elems[i].partition);
        CD_REQUIRE(p, "no memory for a partition");
        cd_partition_end(p, intake->plan.desk);
        CD_REQUIRE(cd_partition_assign(p, intake->epoch) == 0, "no memory for a lane");
        cd_log_info("%s/%d: assigned, epoch %u", p->topic, p->number, p->epoch);
    }
}

/* ---- letting go ---- */

#define TRANSACTION_NS (5 * CD_NS_PER_S)

static uint64_t in_flight(cd_kafka_intake *intake, const rd_kafka_topic_partition_list_t *list)
{
    uint64_t sum = 0;
    for (int i = 0; i < list->cnt; i++) {
        const cd_partition *p = cd_partitions_get(&intake->partitions, list->elems[i].topic, list->elems[i].partition);
        sum += p && p->lane ? p->lane->unsettled : 0;
    }
    return sum;
}

/* With exactly-once a record is in flight until its transaction is committed. */
static void make_haste(cd_kafka_intake *intake, bool haste)
{
    if (intake->transaction)
        intake->transaction->hurry = haste;
}

/* What is published must not stay in a transaction that this member may not commit any more: a moment to commit it, else it is
 * aborted, in the rounds to come, and whoever reads the partitions next publishes it. */
static void end_transaction(cd_kafka_intake *intake)
{
    int64_t end_ns = cd_clock_monotonic_ns() + TRANSACTION_NS;
    if (intake->transaction == NULL)
        return;
    make_haste(intake, true);
    intake->transaction->last = true; /* else the partitions that stay would begin the next one at once, and again */
    while (!cd_transaction_is_idle(intake->transaction) && !intake->transaction->fatal[0] && cd_clock_monotonic_ns() < end_ns)
        intake->plan.pump(intake->plan.self, 5);
    make_haste(intake, false);
    intake->transaction->last = false;
    intake->transaction->must_abort |= !cd_transaction_is_idle(intake->transaction);
}

static void drain(cd_kafka_intake *intake, const rd_kafka_topic_partition_list_t *list)
{
    make_haste(intake, true);
    int64_t end_ns = cd_clock_monotonic_ns() + intake->plan.config->desk.drain_timeout * CD_NS_PER_MS;
    while (in_flight(intake, list) > 0 && cd_clock_monotonic_ns() < end_ns && !intake->plan.hurry(intake->plan.self))
        intake->plan.pump(intake->plan.self, intake->transaction ? 5 : 50);
    make_haste(intake, false);
    uint64_t left = in_flight(intake, list);
    if (left > 0)
        cd_log_warning("%llu records were still in flight when draining ended; whoever gets their partitions reads them again",
                       (unsigned long long)left);
}

void cd_kafka_drain_all(cd_kafka_intake *intake)
{
    rd_kafka_topic_partition_list_t *list;
    if (rd_kafka_assignment(intake->client, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    rd_kafka_pause_partitions(intake->client, list);
    drain(intake, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static void end_lanes(cd_kafka_intake *intake, const rd_kafka_topic_partition_list_t *list, const char *how)
{
    for (int i = 0; i < list->cnt; i++) {
        cd_partition *p = cd_partitions_get(&intake->partitions, list->elems[i].topic, list->elems[i].partition);
        if (p == NULL || p->lane == NULL)
            continue;
        cd_log_info("%s/%d: %s, epoch %u", p->topic, p->number, how, p->epoch);
        cd_partition_end(p, intake->plan.desk);
    }
}

static void let_go(cd_kafka_intake *intake, const rd_kafka_topic_partition_list_t *list)
{
    if (rd_kafka_assignment_lost(intake->client)) {
        if (intake->transaction)
            intake->transaction->must_abort |= !cd_transaction_is_idle(intake->transaction);
        end_lanes(intake, list, "lost");
        return;
    }
    if (!intake->closing) /* else it has been done, for as long as it may take */
        drain(intake, list);
    end_transaction(intake);
    cd_kafka_intake_commit_now(intake);
    end_lanes(intake, list, "revoked");
}

/* ---- the callback ---- */

static void log_failure(const char *what, rd_kafka_error_t *error)
{
    if (error == NULL)
        return;
    cd_log_error("%s: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
}

static void log_error(const char *what, rd_kafka_resp_err_t failed)
{
    if (failed)
        cd_log_error("%s: %s", what, rd_kafka_err2str(failed));
}

/* librdkafka remembers that a partition was paused, also over its loss and return: start all alike. The next poll pauses them
 * if there is no room. */
static void resume_all(cd_kafka_intake *intake)
{
    rd_kafka_topic_partition_list_t *list;
    if (rd_kafka_assignment(intake->client, &list) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_resume_partitions(intake->client, list);
        rd_kafka_topic_partition_list_destroy(list);
    }
    intake->paused = false;
}

void cd_kafka_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    cd_kafka_intake *intake = opaque;
    bool cooperative = strcmp(rd_kafka_rebalance_protocol(client), "COOPERATIVE") == 0;
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        begin_lanes(intake, list);
        cd_kafka_start(intake, list);
        if (cooperative)
            log_failure("assigning", rd_kafka_incremental_assign(client, list));
        else
            log_error("assigning", rd_kafka_assign(client, list));
        resume_all(intake);
        return;
    }
    if (what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
        let_go(intake, list);
    else
        log_error("rebalance", what);
    if (cooperative)
        log_failure("giving up partitions", rd_kafka_incremental_unassign(client, list));
    else
        log_error("giving up partitions", rd_kafka_assign(client, NULL));
}
