/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/transaction.c: see transaction.h. */
#include "kafka/transaction.h"

#include "base/clock.h"
#include "base/log.h"
#include "kafka/client.h"
#include "kafka/rebalance.h"

#include <errno.h>
#include <stdlib.h>

/* A call's share of a round. The desk stands still meanwhile, the workers do not. */
enum { CALL_MS = 100 };

/* So many producers may be left behind with their offsets: then a new start helps better. */
enum { MOST_LEFT = 4 };

#define AFTER_ABORT_NS (200 * CD_NS_PER_MS)
#define SEND_AGAIN_NS (100 * CD_NS_PER_MS)
#define HURRY_NS (10 * CD_NS_PER_MS) /* in a hurry, too, a transaction is a lot */

void cd_transaction_init(cd_transaction *t, cd_desk *desk) { *t = (cd_transaction){.desk = desk}; }

static void drop_offsets(cd_transaction *t)
{
    if (t->offsets)
        rd_kafka_topic_partition_list_destroy(t->offsets);
    t->offsets = NULL;
}

void cd_transaction_fini(cd_transaction *t)
{
    drop_offsets(t);
    free(t->records);
    *t = (cd_transaction){0};
}

bool cd_transaction_is_idle(const cd_transaction *t) { return t->state == CD_TRANSACTION_IDLE; }

/* ---- errors ---- */

enum answer { DONE, AGAIN, ABORT, FATAL };

static enum answer judge(cd_transaction *t, const char *what, rd_kafka_error_t *error)
{
    if (error == NULL)
        return DONE;
    enum answer answer = rd_kafka_error_is_fatal(error)              ? FATAL
                         : rd_kafka_error_txn_requires_abort(error) ? ABORT
                         : rd_kafka_error_is_retriable(error)       ? AGAIN
                                                                    : FATAL;
    if (answer == FATAL)
        snprintf(t->fatal, sizeof t->fatal, "producer: %s: %s: %s", what, rd_kafka_error_name(error), rd_kafka_error_string(error));
    else if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__TIMED_OUT || answer == ABORT) /* else: still at it */
        cd_log_keyed(CD_LEVEL_WARNING, rd_kafka_error_name(error), "%s: %s: %s%s", what, rd_kafka_error_name(error),
                     rd_kafka_error_string(error), answer == ABORT ? "; the transaction is aborted, its records go out again" : "");
    rd_kafka_error_destroy(error);
    return answer;
}

/* ---- records ---- */

int cd_transaction_enter(cd_transaction *t)
{
    if (t->state == CD_TRANSACTION_OPEN)
        return t->must_abort || t->count >= CD_TRANSACTION_RECORDS ? -EAGAIN : 0;
    if (t->state != CD_TRANSACTION_IDLE || t->last || t->intake == NULL || t->fatal[0] || cd_clock_monotonic_ns() < t->not_before_ns)
        return -EAGAIN;
    if (judge(t, "begin", rd_kafka_begin_transaction(t->client)) != DONE)
        return -EAGAIN;
    t->state = CD_TRANSACTION_OPEN;
    t->opened_ns = cd_clock_monotonic_ns();
    return 0;
}

void cd_transaction_add(cd_transaction *t, cd_record *record)
{
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? t->capacity * 2 : 256;
        t->records = reallocarray(t->records, t->capacity, sizeof(cd_record *));
        CD_REQUIRE(t->records, "no memory for the list of a transaction");
    }
    record->report = RD_KAFKA_RESP_ERR_NO_ERROR;
    t->records[t->count++] = record;
    t->pending++;
}

void cd_transaction_report(cd_transaction *t, cd_record *record, rd_kafka_resp_err_t failed)
{
    record->report = (int16_t)failed;
    t->pending--;
    t->must_abort |= failed != RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ---- the end ---- */

static void begin_anew(cd_transaction *t)
{
    drop_offsets(t);
    t->count = t->pending = 0;
    t->must_abort = false;
    t->state = CD_TRANSACTION_IDLE;
}

static void end_well(cd_transaction *t)
{
    for (size_t i = 0; i < t->count; i++)
        cd_desk_delivered(t->desk, t->records[i], NULL, NULL);
    if (t->offsets)
        cd_kafka_intake_committed(t->intake, t->offsets);
    begin_anew(t);
}

static void end_badly(cd_transaction *t, cd_transaction_refuse *refuse, void *self)
{
    t->not_before_ns = cd_clock_monotonic_ns() + AFTER_ABORT_NS;
    while (t->count > 0) {
        cd_record *record = t->records[--t->count];
        if (refuse && cd_kafka_is_refusal(record->report))
            refuse(self, record);
        else
            cd_desk_withdrawn(t->desk, record);
    }
    begin_anew(t);
}

void cd_transaction_resolve(cd_transaction *t, rd_kafka_t *client, bool committed)
{
    t->client = client;
    t->fatal[0] = '\0';
    cd_log_warning("the last transaction of the producer before this one was %s", committed ? "committed" : "aborted");
    if (committed)
        end_well(t);
    else
        end_badly(t, NULL, NULL);
}

void cd_transaction_abandon(cd_transaction *t) { end_badly(t, NULL, NULL); }

/* ---- a round ---- */

static void give_up(cd_transaction *t)
{
    drop_offsets(t);
    t->state = CD_TRANSACTION_ABORTING;
}

/* What has no order to keep may still be waiting to be handed out again: the transaction waits for it, since its offset lies among
 * the others'. */
static bool is_due(const cd_transaction *t, int64_t interval_ns)
{
    int64_t age_ns = cd_clock_monotonic_ns() - t->opened_ns;
    if (cd_desk_owes(t->desk))
        return false;
    return t->count >= CD_TRANSACTION_RECORDS || age_ns >= interval_ns || !cd_desk_has_room(t->desk) ||
           (t->hurry && age_ns >= HURRY_NS);
}

/* Settled without an output (dropped), or the end of a partition behind markers: offsets alone are a transaction, too. */
static void open_for_offsets(cd_transaction *t, int64_t interval_ns)
{
    int64_t now_ns = cd_clock_monotonic_ns();
    if (now_ns - t->opened_ns < (t->hurry ? HURRY_NS : interval_ns) || !cd_kafka_intake_has_offsets(t->intake))
        return;
    cd_transaction_enter(t);
}

static void send_offsets(cd_transaction *t)
{
    if (cd_clock_monotonic_ns() < t->not_before_ns)
        return;
    if (t->offsets == NULL)
        t->offsets = cd_kafka_intake_offsets(t->intake);
    if (t->offsets->cnt == 0) {
        t->state = CD_TRANSACTION_COMMITTING;
        return;
    }
    rd_kafka_consumer_group_metadata_t *group = cd_kafka_intake_group(t->intake);
    if (group == NULL) {
        give_up(t);
        return;
    }
    t->sent_ns = cd_clock_monotonic_ns();
    t->sending = cd_sending_start(t->client, t->offsets, group, t->wake_fd);
    if (t->sending)
        return;
    cd_log_keyed(CD_LEVEL_WARNING, "sending", "sending offsets: no memory or no thread for it; trying again");
    t->not_before_ns = t->sent_ns + SEND_AGAIN_NS;
}

static bool may_leave(const cd_transaction *t) { return t->sending == NULL || cd_sending_left() < MOST_LEFT; }

/* Whether they arrived nobody knows, but nobody has asked for a commit. */
static void lose_patience(cd_transaction *t)
{
    if (cd_clock_monotonic_ns() - t->sent_ns < CD_TRANSACTION_PATIENCE_NS)
        return;
    if (!may_leave(t)) {
        snprintf(t->fatal, sizeof t->fatal, "producer: sending offsets: %d calls of librdkafka have not come back", MOST_LEFT + 1);
        return;
    }
    cd_log_warning("sending offsets: no answer for %lld s; a new producer takes over",
                   (long long)(CD_TRANSACTION_PATIENCE_NS / CD_NS_PER_S));
    t->state = CD_TRANSACTION_UNKNOWN;
}

static void await_offsets(cd_transaction *t)
{
    rd_kafka_error_t *error;
    if (!cd_sending_is_over(t->sending, &error)) {
        lose_patience(t);
        return;
    }
    t->sending = NULL;
    enum answer answer = judge(t, "sending offsets", error);
    if (answer == ABORT || (answer == DONE && t->must_abort))
        give_up(t);
    else if (answer == DONE)
        t->state = CD_TRANSACTION_COMMITTING;
    else
        t->not_before_ns = cd_clock_monotonic_ns() + SEND_AGAIN_NS;
}

/* From the first call on the brokers may have been told: what fails then without a word of theirs is UNKNOWN. */
static void commit(cd_transaction *t)
{
    switch (judge(t, "commit", rd_kafka_commit_transaction(t->client, CALL_MS))) {
    case DONE: end_well(t); return;
    case ABORT: t->state = t->must_abort ? CD_TRANSACTION_ABORTING : CD_TRANSACTION_UNKNOWN; return;
    default: return;
    }
}

static void abort_it(cd_transaction *t)
{
    if (judge(t, "abort", rd_kafka_abort_transaction(t->client, CALL_MS)) == DONE)
        t->state = CD_TRANSACTION_ABORTED;
}

/* What only this producer's own numbers are at fault for, after answers were lost: nobody has taken its place. */
static bool is_its_own(rd_kafka_resp_err_t why)
{
    return why == RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER || why == RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID ||
           why == RD_KAFKA_RESP_ERR_INVALID_TXN_STATE || why == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING;
}

/* A transaction as old as this its coordinator has ended by itself: a new producer may go on. One that is fenced sooner has a double,
 * and must not fight it. */
static void look_at_fatal(cd_transaction *t)
{
    bool too_old = cd_clock_monotonic_ns() - t->opened_ns >= t->timeout_ns;
    if (t->state != CD_TRANSACTION_IDLE && may_leave(t) && (too_old || is_its_own(rd_kafka_fatal_error(t->client, NULL, 0))))
        t->state = CD_TRANSACTION_UNKNOWN;
}

void cd_transaction_tend(cd_transaction *t, int64_t interval_ns, cd_transaction_refuse *refuse, void *self)
{
    if (t->intake == NULL || t->state == CD_TRANSACTION_UNKNOWN)
        return;
    if (t->sending)
        await_offsets(t);
    if (t->fatal[0]) {
        look_at_fatal(t);
        return;
    }
    if (t->must_abort && t->state > CD_TRANSACTION_IDLE && t->state < CD_TRANSACTION_COMMITTING && !t->sending)
        give_up(t);
    if (t->state == CD_TRANSACTION_IDLE)
        open_for_offsets(t, interval_ns);
    if (t->state == CD_TRANSACTION_OPEN && is_due(t, interval_ns))
        t->state = CD_TRANSACTION_CLOSING;
    if (t->state == CD_TRANSACTION_CLOSING && t->pending == 0)
        t->state = CD_TRANSACTION_SENDING;
    if (t->state == CD_TRANSACTION_SENDING && !t->sending)
        send_offsets(t);
    if (t->state == CD_TRANSACTION_COMMITTING)
        commit(t);
    if (t->state == CD_TRANSACTION_ABORTING)
        abort_it(t);
    if (t->state == CD_TRANSACTION_ABORTED && t->pending == 0)
        end_badly(t, refuse, self);
    if (t->fatal[0])
        look_at_fatal(t); /* now: the desk ends with whatever is fatal after this round */
}
