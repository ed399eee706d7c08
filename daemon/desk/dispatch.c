/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/dispatch.c: records to workers, results back, and what happens to a dead child's records.
 *
 * Any record may go to any worker; the least loaded gets the next. A worker answers in the order of its requests, so the
 * oldest record in its hands is the only one that a result may be for: anything else is a broken worker. */
#include "desk/desk_private.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>

void cd_dispatch_enqueue(cd_desk *desk, cd_record *record)
{
    record->state = CD_RECORD_QUEUED;
    TAILQ_INSERT_TAIL(&desk->ready, record, link);
}

void cd_dispatch_enqueue_first(cd_desk *desk, cd_record *record)
{
    cd_record *before = TAILQ_FIRST(&desk->ready);
    record->state = CD_RECORD_QUEUED;
    while (before && before->solo && !record->solo)
        before = TAILQ_NEXT(before, link);
    if (before)
        TAILQ_INSERT_BEFORE(before, record, link);
    else
        TAILQ_INSERT_TAIL(&desk->ready, record, link);
}

void cd_dispatch_wake_waiting(cd_desk *desk, int64_t now_ns)
{
    cd_record *next;
    for (cd_record *record = TAILQ_FIRST(&desk->waiting); record; record = next) {
        next = TAILQ_NEXT(record, link);
        if (record->retry_at_ns > now_ns)
            continue;
        TAILQ_REMOVE(&desk->waiting, record, link);
        cd_dispatch_enqueue_first(desk, record);
    }
}

/* ---- to the workers ---- */

/* 0; -EAGAIN if the ring is full; else the worker broke the rules and is killed. */
static int hand_over(cd_desk *desk, cd_child *child, cd_record *record)
{
    int error;
    if (record->crew != child->crew)
        record->skip = 0; /* another crew has other stages */
    record->off = cd_breakers_off(desk, record);
    cd_request request = {.sequence = desk->next_sequence,
                          .identity = record->identity,
                          .key = record->key,
                          .payload = record->payload,
                          .skip = record->skip | record->off,
                          .off = record->off};
    size_t length = cd_request_size(&request);
    void *slot = cd_ring_reserve(&child->channel.requests, length, &error);
    if (slot == NULL) {
        if (error)
            cd_child_kill(child, CD_KILL_PROTOCOL);
        return error ? error : -EAGAIN;
    }
    cd_request_write(&request, slot);
    cd_ring_commit(&child->channel.requests, CD_MESSAGE_ARTICLE, length);
    TAILQ_REMOVE(&desk->ready, record, link);
    TAILQ_INSERT_TAIL(&child->records, record, link);
    child->record_count++;
    child->fresh = false;
    record->sequence = desk->next_sequence++;
    record->state = CD_RECORD_RUNNING;
    record->child = child;
    cd_record_set_crew(record, child->crew);
    return 0;
}

static bool may_work(const cd_child *child)
{
    return child->state == CD_CHILD_READY && child->kill_reason == CD_KILL_NONE && !child->resigned;
}

static cd_child *least_loaded(cd_desk *desk)
{
    cd_child *best = NULL;
    for (uint32_t i = 0; i < desk->crew->worker_count; i++) {
        cd_child *child = &desk->crew->workers[i];
        if (may_work(child) && !child->alone && !child->full && child->record_count < desk->config->desk.in_flight &&
            (best == NULL || child->record_count < best->record_count))
            best = child;
    }
    return best;
}

/* A fresh worker for one record alone, which no record before it can have spoilt. If there is none, nor one on its way, the one that is
 * idle first makes room for one. */
static cd_child *worker_for_solo(cd_desk *desk)
{
    cd_child *best = NULL;
    bool on_its_way = false;
    for (uint32_t i = 0; i < desk->crew->worker_count; i++) {
        cd_child *child = &desk->crew->workers[i];
        if (!may_work(child)) {
            on_its_way = true;
            continue;
        }
        if (child->fresh)
            return child;
        if (best == NULL || child->record_count < best->record_count)
            best = child;
    }
    if (on_its_way || best == NULL)
        return NULL;
    best->alone = true;
    if (best->record_count == 0)
        cd_child_stop(best);
    return NULL;
}

static void place_solo(cd_desk *desk, cd_record *record)
{
    cd_child *child = worker_for_solo(desk);
    if (child == NULL || hand_over(desk, child, record) != 0)
        return;
    child->alone = true;
}

/* The breaker is open: one record, alone, when nobody has anything in hand and the back-off is over. One that killed its worker
 * for the first time is at the head again, and is tried once more at once: that is part of the same probe. */
static void place_probe(cd_desk *desk)
{
    cd_record *record = TAILQ_FIRST(&desk->ready);
    for (uint32_t i = 0; i < desk->crew->worker_count; i++)
        if (desk->crew->workers[i].record_count > 0)
            return;
    if (!cd_breaker_may_probe(&desk->work_breaker, cd_clock_monotonic_ns()))
        return;
    record->solo = true;
    place_solo(desk, record);
}

/* This record is worked on with a stage that is switched off, alone. */
static void place_with(cd_desk *desk, cd_record *record, uint32_t stage)
{
    desk->probe = record;
    desk->probed = stage;
    record->solo = true;
    place_solo(desk, record);
    if (record->state != CD_RECORD_RUNNING)
        desk->probe = NULL; /* no worker is free: it is the next round's first again */
}

/* One that has killed its worker already would be a dead letter if it did so again, and retries come to an end, too. */
static bool may_probe(const cd_record *record, int stage)
{
    return record->crashes == 0 && record->retries == 0 && !(record->skip >> stage & 1);
}

static void place_all(cd_desk *desk)
{
    cd_record *next;
    int due = cd_breakers_due(desk);
    for (cd_record *record = TAILQ_FIRST(&desk->ready); record; record = next) {
        next = TAILQ_NEXT(record, link);
        if (due >= 0 && may_probe(record, due)) {
            place_with(desk, record, (uint32_t)due);
            due = -1;
            continue;
        }
        if (record->solo) {
            place_solo(desk, record);
            continue;
        }
        cd_child *child;
        while ((child = least_loaded(desk)) != NULL && hand_over(desk, child, record) != 0)
            child->full = true;
        if (child == NULL)
            break;
    }
}

void cd_dispatch(cd_desk *desk)
{
    if (TAILQ_EMPTY(&desk->ready))
        return;
    for (uint32_t i = 0; i < desk->crew->worker_count; i++)
        desk->crew->workers[i].full = false;
    if (desk->work_breaker.open)
        place_probe(desk);
    else
        place_all(desk);
    for (uint32_t i = 0; i < desk->crew->worker_count; i++)
        if (desk->crew->workers[i].state == CD_CHILD_READY)
            cd_ring_publish(&desk->crew->workers[i].channel.requests);
}

/* ---- back from the children ---- */

/* The oldest record in the child's hands leaves them, if the answer is for it. */
static cd_record *take_back(cd_child *child, uint64_t sequence)
{
    cd_record *record = TAILQ_FIRST(&child->records);
    if (record == NULL || record->sequence != sequence)
        return NULL;
    TAILQ_REMOVE(&child->records, record, link);
    child->record_count--;
    child->alone = false;
    record->child = NULL;
    return record;
}

/* The desk's own copy of a frame: from here on the child cannot change it. */
static int take_result(cd_desk *desk, cd_child *child, char *frame, size_t length)
{
    cd_result result;
    if (cd_result_read(frame, length, &result) != 0)
        return -EPROTO;
    if (result.claim_count > 0 &&
        (!child->crew->has_store || result.blobs.len > (size_t)result.claim_count * CD_BLOB_MAX))
        return -EPROTO;
    cd_record *record = take_back(child, result.sequence);
    if (record == NULL)
        return -EPROTO;
    if (record->lane == NULL) {
        free(frame);
        cd_record_destroy(desk, record);
        return 0;
    }
    child->resigned |= result.verdict == CD_FATAL;
    cd_record_keep_frame(desk, record, frame, length);
    record->result = result;
    cd_outcome_of_result(desk, record);
    return 0;
}

static int take_answers(cd_desk *desk, cd_child *child, char *frame, size_t length)
{
    cd_answers answers;
    if (cd_answers_read(frame, length, &answers) != 0)
        return -EPROTO;
    cd_record *record = take_back(child, answers.sequence);
    if (record == NULL || (record->lane && answers.count != record->result.claim_count))
        return -EPROTO;
    if (record->lane == NULL)
        cd_record_destroy(desk, record);
    else
        cd_release_answer(desk, record, &answers);
    free(frame);
    return 0;
}

static int take_counts(cd_child *child, char *frame, size_t length)
{
    int error = cd_crew_counts(child, frame, length);
    if (error == 0)
        free(frame);
    return error;
}

/* 0: the frame was taken, with its memory. */
static int take_frame(cd_desk *desk, cd_child *child, uint32_t kind, char *frame, size_t length)
{
    if (kind == CD_MESSAGE_RESULT && !child->is_store)
        return take_result(desk, child, frame, length);
    if (kind == CD_MESSAGE_ANSWER && child->is_store)
        return take_answers(desk, child, frame, length);
    if (kind == CD_MESSAGE_COUNTS && child->is_store)
        return take_counts(child, frame, length);
    if (child->state != CD_CHILD_STARTING || (kind != CD_MESSAGE_HELLO && kind != CD_MESSAGE_REFUSED))
        return -EPROTO;
    if (child->refusal || child->kill_reason != CD_KILL_NONE)
        return -EPROTO; /* it has had its say */
    if (kind == CD_MESSAGE_HELLO)
        cd_crew_hello(child, (cd_str){frame, length});
    else
        cd_crew_refused(child, (cd_str){frame, length});
    free(frame);
    return 0;
}

void cd_dispatch_collect(cd_desk *desk, cd_child *child)
{
    cd_frame frame;
    int found = 0;
    if (child->state == CD_CHILD_GONE || child->kill_reason == CD_KILL_PROTOCOL)
        return;
    for (unsigned count = 1; (found = cd_ring_peek(&child->channel.responses, &frame)) == 1; count++) {
        char *copy = malloc(frame.length ? frame.length : 1);
        if (copy == NULL)
            break; /* it stays in the ring; memory may come back */
        memcpy(copy, frame.payload, frame.length);
        cd_ring_consume(&child->channel.responses, &frame);
        if (take_frame(desk, child, frame.kind, copy, frame.length) != 0) {
            free(copy);
            found = -EPROTO;
            break;
        }
        if (count % 32 == 0)
            cd_ring_release(&child->channel.responses);
    }
    cd_ring_release(&child->channel.responses);
    if (found < 0) {
        cd_log_warning("%s wrote what no sound child writes; it is replaced", child->name);
        cd_child_kill(child, CD_KILL_PROTOCOL);
    }
}

/* ---- back from the dead ---- */

/* One that was in a dead child's hands. The first death is the record's second chance: alone, in a fresh worker. */
static void return_record(cd_desk *desk, cd_record *record, const cd_death *death, cd_record_list *queue)
{
    if (record->lane == NULL) {
        cd_record_destroy(desk, record);
        return;
    }
    cd_breakers_probe_failed(desk, record);
    if (record == death->culprit && ++record->crashes >= 2) {
        cd_outcome_crash(record, record->crew, death);
        cd_breakers_dead_letter(desk, record, death->step, queue == &desk->claims);
        cd_release_done(desk, record);
        return;
    }
    if (record == death->culprit || death->all_suspect)
        record->solo = true;
    if (queue == &desk->ready)
        cd_dispatch_enqueue_first(desk, record);
    else
        TAILQ_INSERT_HEAD(queue, record, link);
}

void cd_dispatch_return(cd_desk *desk, cd_child *child, const cd_death *death)
{
    cd_record *record;
    while ((record = TAILQ_LAST(&child->records, cd_record_list)) != NULL) {
        TAILQ_REMOVE(&child->records, record, link);
        record->child = NULL;
        return_record(desk, record, death, child->is_store ? &desk->claims : &desk->ready);
    }
    child->record_count = 0;
}
