/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/release.c: outcomes in lane order: claims to the store, articles to the outlet, results to the books.
 *
 * Claims are sent in release order and answered in that order. A record is handed to the outlet only when all before it
 * in its lane have been; so the order per partition holds whatever the workers, the store and the retries do. */
#include "desk/desk_private.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>

#define CLAIM_BACK_OFF_NS (200 * CD_NS_PER_MS)
#define AGAIN_NS (500 * CD_NS_PER_MS) /* between two tries to deliver what was refused */

/* ---- records ---- */

void cd_record_keep_frame(cd_desk *desk, cd_record *record, void *frame, size_t length)
{
    free(record->frame);
    cd_budget_return(&desk->budget, record->frame_length + record->reserve);
    record->reserve = 0;
    cd_budget_charge(&desk->budget, length);
    record->frame = frame;
    record->frame_length = length;
}

static void give_back_origin(cd_desk *desk, cd_record *record)
{
    if (record->origin)
        desk->outlet.release(desk->outlet.self, record);
    record->origin = NULL;
}

void cd_record_set_crew(cd_record *record, cd_crew *crew)
{
    if (record->crew)
        record->crew->records--;
    record->crew = crew;
    if (crew)
        crew->records++;
}

void cd_record_destroy(cd_desk *desk, cd_record *record)
{
    if (record == desk->probe)
        desk->probe = NULL;
    cd_record_set_crew(record, NULL);
    give_back_origin(desk, record);
    cd_record_keep_frame(desk, record, NULL, 0);
    cd_budget_return(&desk->budget, record->cost);
    cd_outcome_clear(&record->outcome);
    free(record);
}

void cd_release_mark(cd_desk *desk, cd_lane *lane)
{
    if (lane->dirty)
        return;
    lane->dirty = true;
    TAILQ_INSERT_TAIL(&desk->dirty, lane, dirty_link);
}

void cd_release_done(cd_desk *desk, cd_record *record)
{
    record->state = record->state == CD_RECORD_CLAIMING ? CD_RECORD_READY : CD_RECORD_DONE;
    cd_release_mark(desk, record->lane);
}

/* ---- claims ---- */

static int send_to_store(cd_desk *desk, uint32_t kind, const cd_claim_request *request)
{
    int error;
    cd_child *store = &desk->store;
    size_t length = cd_claim_request_size(request);
    void *slot = cd_ring_reserve(&store->channel.requests, length, &error);
    if (slot == NULL) {
        if (error)
            cd_child_kill(store, CD_KILL_PROTOCOL);
        return error ? error : -EAGAIN;
    }
    cd_claim_request_write(request, slot);
    cd_ring_commit(&store->channel.requests, kind, length);
    return 0;
}

static bool store_is_up(const cd_desk *desk)
{
    return desk->store.state == CD_CHILD_READY && desk->store.kill_reason == CD_KILL_NONE;
}

/* After a "cannot decide" nothing is sent until the back-off is over and the store has given back all that it had: then that goes
 * first, and so the order of release stays. */
static bool claims_are_held(cd_desk *desk)
{
    cd_record *record;
    if (desk->claims_at_ns == 0)
        return false;
    if (desk->store.record_count > 0 || cd_clock_monotonic_ns() < desk->claims_at_ns)
        return true;
    desk->claims_at_ns = 0;
    desk->claims_round++;
    TAILQ_FOREACH(record, &desk->undecided, link)
        record->state = CD_RECORD_CLAIMING;
    TAILQ_CONCAT(&desk->undecided, &desk->claims, link);
    TAILQ_CONCAT(&desk->claims, &desk->undecided, link);
    return false;
}

static cd_record *find_off_claim(const cd_desk *desk, const cd_record_list *list)
{
    cd_record *record;
    TAILQ_FOREACH(record, list, link)
        if (cd_breakers_off_claim(desk, record))
            return record;
    return NULL;
}

/* Claims of this lane that the store has not, or has not decided, are to be made anew when their turn comes. */
static void unclaim(cd_desk *desk, cd_lane *lane)
{
    uint64_t first = lane->claimed;
    for (uint64_t i = lane->claimed; i-- > lane->published;) {
        cd_record *record = cd_lane_at(lane, i);
        bool undecided = record->state == CD_RECORD_UNDECIDED;
        if (!undecided && (record->state != CD_RECORD_CLAIMING || record->child))
            continue;
        TAILQ_REMOVE(undecided ? &desk->undecided : &desk->claims, record, link);
        record->state = CD_RECORD_DONE;
        first = i;
    }
    lane->claimed = first;
    cd_release_mark(desk, lane);
}

/* A stage was switched off: records that wait with a claim for it come by release_lane again, which has them run without it. */
static void unclaim_off(cd_desk *desk)
{
    cd_record *record;
    while (desk->off && ((record = find_off_claim(desk, &desk->claims)) || (record = find_off_claim(desk, &desk->undecided))))
        unclaim(desk, record->lane);
}

void cd_release_claims(cd_desk *desk)
{
    cd_record *record, *next;
    cd_child *store = &desk->store;
    unclaim_off(desk);
    if (!store_is_up(desk) || claims_are_held(desk) || TAILQ_EMPTY(&desk->claims))
        return;
    bool probing = desk->claim_breaker.open;
    if (probing && (store->record_count > 0 || !cd_breaker_may_probe(&desk->claim_breaker, cd_clock_monotonic_ns())))
        return;
    for (record = TAILQ_FIRST(&desk->claims); record && store_is_up(desk); record = next) {
        next = TAILQ_NEXT(record, link);
        if (record->crew != store->crew)
            continue; /* for the store before or after this one: only that knows these blobs */
        record->solo |= probing;
        if (store->alone || (record->solo && store->record_count > 0))
            break; /* a record that killed the store once is claimed alone */
        const cd_result *result = &record->result;
        cd_claim_request request = {.sequence = desk->next_sequence,
                                    .identity = record->identity,
                                    .claim_count = result->claim_count,
                                    .round = desk->claims_round,
                                    .claims = result->claims,
                                    .blobs = result->blobs};
        if (send_to_store(desk, CD_MESSAGE_CLAIM, &request) != 0)
            break;
        record->sequence = desk->next_sequence++;
        record->child = store;
        record->forgettable = true; /* from here on the store may know it, whether its answer comes or not */
        TAILQ_REMOVE(&desk->claims, record, link);
        TAILQ_INSERT_TAIL(&store->records, record, link);
        store->record_count++;
        store->fresh = false;
        store->alone = record->solo;
    }
    cd_ring_publish(&store->channel.requests);
}

/* ---- what the store is to forget ----
 *
 * Its books must not keep an owner that did not come out: the next copy would be called a duplicate of a dead letter. So a
 * dead letter that it may know is settled only when it has read that: a store that is down, or dies over it, hears of it
 * again; and if the desk dies, the offset is not committed, the record comes once more, and goes the same way. */

/* Has the store forgotten it, or is there none that could? Tells it if nobody did. */
static bool is_forgotten(cd_desk *desk, cd_record *record)
{
    cd_claim_request request = {.identity = record->identity, .blobs = {"", 0}};
    cd_ring *ring = &desk->store.channel.requests;
    if (!record->forgettable || (!desk->crew->has_store && desk->store.state == CD_CHILD_GONE))
        return true;
    if (!store_is_up(desk))
        return false;
    if (record->told == 0) {
        if (send_to_store(desk, CD_MESSAGE_FORGET, &request) != 0)
            return false;
        record->told = ring->own;
        cd_ring_publish(ring);
    }
    int passed = cd_ring_passed(ring, record->told);
    if (passed < 0)
        cd_child_kill(&desk->store, CD_KILL_PROTOCOL);
    return passed == 1;
}

void cd_release_forgets_anew(cd_desk *desk)
{
    cd_record *record;
    TAILQ_FOREACH(record, &desk->forgetting, link)
        record->told = 0;
}

void cd_desk_watermark(cd_desk *desk, const cd_lane *lane, int64_t offset)
{
    cd_claim_request request = {.identity = {.topic = {lane->topic, strlen(lane->topic)},
                                             .partition = lane->partition,
                                             .offset = offset},
                                .blobs = {"", 0}};
    if (store_is_up(desk) && send_to_store(desk, CD_MESSAGE_WATERMARK, &request) == 0)
        cd_ring_publish(&desk->store.channel.requests);
}

/* The answers go into their holes: one new block in the frame's place, since all later bytes move. */
static int fill_holes(cd_desk *desk, cd_record *record, const cd_answers *answers)
{
    const cd_result *result = &record->result;
    size_t total = result->output.len + answers->texts.len;
    char *filled = malloc(total ? total : 1), *out = filled;
    const char *text = answers->texts.ptr;
    size_t from = 0;
    if (filled == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < result->claim_count; i++) {
        size_t hole = result->claims[i].hole;
        memcpy(out, result->output.ptr + from, hole - from);
        out += hole - from;
        memcpy(out, text, answers->heads[i].json_length);
        out += answers->heads[i].json_length;
        text += (size_t)answers->heads[i].json_length + answers->heads[i].detail_length;
        from = hole;
    }
    memcpy(out, result->output.ptr + from, result->output.len - from);
    out += result->output.len - from;
    record->outcome.output = (cd_str){filled, (size_t)(out - filled)};
    cd_record_keep_frame(desk, record, filled, total);
    return 0;
}

static void claim_again(cd_desk *desk, cd_record *record, cd_str why)
{
    cd_log_keyed(CD_LEVEL_WARNING, "store", "the store cannot decide, trying again: %.*s", (int)why.len, why.ptr);
    desk->claims_at_ns = cd_clock_monotonic_ns() + CLAIM_BACK_OFF_NS;
    cd_breakers_probe_failed(desk, record);
    record->state = CD_RECORD_UNDECIDED;
    TAILQ_INSERT_TAIL(&desk->undecided, record, link);
}

/* The first answer that is not OK decides; with all OK the article is complete. */
static const cd_answer_head *deciding(const cd_answers *answers, cd_str *detail)
{
    const char *text = answers->texts.ptr;
    for (uint32_t i = 0; i < answers->count; i++) {
        const cd_answer_head *head = &answers->heads[i];
        *detail = (cd_str){text + head->json_length, head->detail_length};
        if (head->verdict != CD_OK)
            return head;
        text += (size_t)head->json_length + head->detail_length;
    }
    return NULL;
}

void cd_release_answer(cd_desk *desk, cd_record *record, const cd_answers *answers)
{
    cd_str detail = {"", 0};
    const cd_answer_head *head = deciding(answers, &detail);
    cd_outcome *outcome = &record->outcome;
    uint32_t stage = record->result.claims[head ? head - answers->heads : 0].stage;
    if (head && head->verdict == CD_RETRY) {
        claim_again(desk, record, detail);
        return;
    }
    cd_breakers_answer(desk, record);
    for (uint32_t i = 0; i < answers->count && record->result.claims[i].stage < record->crew->stage_count; i++)
        record->crew->stages[record->result.claims[i].stage].stats.claims++;
    if (head == NULL || head->verdict == CD_ROUTE) {
        bool goes_out = head == NULL || cd_outcome_route(desk, record, stage, detail);
        if (goes_out && fill_holes(desk, record, answers) != 0) {
            claim_again(desk, record, (cd_str){"out of memory", 13});
            return;
        }
    } else if (head->verdict == CD_DROP) {
        outcome->kind = CD_OUTCOME_DROP;
        outcome->reason = strndup(detail.ptr, detail.len);
    } else {
        cd_outcome_dead_letter(record, "reject", cd_step_name(record->crew, stage), cd_step_version(record->crew, stage),
                               detail.ptr, detail.len);
    }
    cd_release_done(desk, record);
}

/* ---- to the outlet ---- */

static void settle(cd_desk *desk, cd_record *record, uint64_t *book)
{
    ++*book;
    record->state = CD_RECORD_SETTLED;
    record->lane->unsettled--;
    give_back_origin(desk, record);
    cd_record_keep_frame(desk, record, NULL, 0);
    cd_release_mark(desk, record->lane);
}

static int hand_to_outlet(cd_desk *desk, cd_record *record)
{
    if (record->outcome.kind == CD_OUTCOME_DROP) {
        settle(desk, record, &record->lane->ledger.dropped);
        return 0;
    }
    record->state = CD_RECORD_PUBLISHED;
    int error = desk->outlet.publish(desk->outlet.self, record);
    if (error) {
        record->state = CD_RECORD_READY;
        desk->outlet_full = true;
    }
    return error;
}

/* Dead letters have a topic of their own, and no order to keep. */
static bool holds_lane(const cd_record *record) { return record->outcome.kind != CD_OUTCOME_DEAD_LETTER; }

bool cd_desk_owes(const cd_desk *desk) { return !TAILQ_EMPTY(&desk->again); }

static void put_again(cd_desk *desk, cd_record *record, bool first)
{
    record->again = true;
    record->lane->again += holds_lane(record);
    if (first)
        TAILQ_INSERT_HEAD(&desk->again, record, link);
    else
        TAILQ_INSERT_TAIL(&desk->again, record, link);
}

static void take_again(cd_desk *desk, cd_record *record)
{
    TAILQ_REMOVE(&desk->again, record, link);
    record->again = false;
    record->lane->again -= holds_lane(record);
    if (record->lane->again == 0)
        cd_release_mark(desk, record->lane);
}

void cd_desk_delivered(cd_desk *desk, cd_record *record, const char *class, const char *refused)
{
    if (record->lane == NULL) {
        cd_record_destroy(desk, record);
        return;
    }
    if (refused) {
        cd_outcome_dead_letter(record, class, "desk", NULL, refused, strlen(refused));
        cd_record_keep_frame(desk, record, NULL, 0);
        put_again(desk, record, false);
        return;
    }
    if (desk->outlet.delivered)
        desk->outlet.delivered(desk->outlet.self, record);
    if (record->outcome.kind != CD_OUTCOME_DEAD_LETTER) {
        settle(desk, record, &record->lane->ledger.published);
    } else if (is_forgotten(desk, record)) {
        settle(desk, record, &record->lane->ledger.dead_lettered);
    } else {
        record->forgetting = true;
        TAILQ_INSERT_TAIL(&desk->forgetting, record, link);
    }
}

/* In their order: each waits for those before it, which the store reads before it. */
void cd_release_forgets(cd_desk *desk)
{
    cd_record *record;
    while ((record = TAILQ_FIRST(&desk->forgetting)) != NULL && is_forgotten(desk, record)) {
        TAILQ_REMOVE(&desk->forgetting, record, link);
        record->forgetting = false;
        settle(desk, record, &record->lane->ledger.dead_lettered);
    }
}

void cd_desk_undelivered(cd_desk *desk, cd_record *record, bool later)
{
    if (later)
        desk->again_at_ns = cd_clock_monotonic_ns() + AGAIN_NS;
    if (record->lane == NULL)
        cd_record_destroy(desk, record);
    else
        put_again(desk, record, false);
}

void cd_desk_withdrawn(cd_desk *desk, cd_record *record)
{
    if (record->lane == NULL)
        cd_record_destroy(desk, record);
    else
        put_again(desk, record, true);
}

/* Its blobs are for a store that gives way, since a reload came between; or for a stage that was switched off. */
static bool is_outdated(const cd_desk *desk, const cd_record *record)
{
    return record->crew != desk->crew || cd_breakers_off_claim(desk, record);
}

/* Claims keep the lane's order: all that are outdated are run again before the first of them goes on. */
static void run_again(cd_desk *desk, cd_lane *lane)
{
    for (uint64_t i = lane->claimed; i < lane->last; i++) {
        cd_record *record = cd_lane_at(lane, i);
        if (record->state != CD_RECORD_DONE || record->outcome.kind != CD_OUTCOME_PUBLISH || record->result.claim_count == 0 ||
            !is_outdated(desk, record))
            continue;
        cd_outcome_clear(&record->outcome);
        cd_record_keep_frame(desk, record, NULL, 0);
        record->result = (cd_result){0};
        cd_dispatch_enqueue(desk, record);
    }
}

static void release_lane(cd_desk *desk, cd_lane *lane)
{
    cd_record *record;
    for (; lane->claimed < lane->last; lane->claimed++) {
        record = cd_lane_at(lane, lane->claimed);
        if (record->state == CD_RECORD_READY)
            continue; /* was here before, and what waited before it then was unclaimed */
        if (record->state != CD_RECORD_DONE)
            break;
        if (record->outcome.kind == CD_OUTCOME_PUBLISH && record->result.claim_count > 0) {
            if (is_outdated(desk, record)) {
                run_again(desk, lane);
                break;
            }
            record->state = CD_RECORD_CLAIMING;
            record->solo = record == desk->probe;
            TAILQ_INSERT_TAIL(&desk->claims, record, link);
        } else {
            record->state = CD_RECORD_READY;
        }
    }
    while (lane->published < lane->claimed && lane->again == 0) {
        record = cd_lane_at(lane, lane->published);
        if (record->state != CD_RECORD_READY || hand_to_outlet(desk, record) != 0)
            break;
        lane->published++;
    }
    uint64_t before = lane->first;
    while ((record = cd_lane_pop_settled(lane)) != NULL)
        cd_record_destroy(desk, record);
    if (lane->first != before)
        desk->outlet.settled(desk->outlet.self, lane);
}

static void publish_again(cd_desk *desk)
{
    cd_record *record;
    if (TAILQ_EMPTY(&desk->again) || cd_clock_monotonic_ns() < desk->again_at_ns)
        return;
    /* Those that are refused at once come back at the tail: they wait for the next round. */
    const cd_record *last = TAILQ_LAST(&desk->again, cd_record_list);
    do {
        record = TAILQ_FIRST(&desk->again);
        take_again(desk, record);
        if (hand_to_outlet(desk, record) != 0) {
            record->state = CD_RECORD_PUBLISHED;
            put_again(desk, record, true);
            return;
        }
    } while (record != last);
}

void cd_release_lanes(cd_desk *desk)
{
    cd_lane_list lanes;
    cd_lane *lane;
    desk->outlet_full = false;
    publish_again(desk);
    TAILQ_INIT(&lanes);
    TAILQ_CONCAT(&lanes, &desk->dirty, dirty_link);
    while ((lane = TAILQ_FIRST(&lanes)) != NULL) {
        TAILQ_REMOVE(&lanes, lane, dirty_link);
        lane->dirty = false;
        release_lane(desk, lane);
        if (desk->outlet_full)
            cd_release_mark(desk, lane);
    }
}
