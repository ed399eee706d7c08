/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk.c: see desk.h. Taking records, one round of work, stopping. */
#include "desk/desk_private.h"

#include "base/clock.h"
#include "base/program.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What a record costs besides its bytes: our structs and the broker client's. */
enum { RECORD_OVERHEAD = 512 };

/* What a result is expected to have of its payload's length: the article again, with its body and its quotes. Charged at intake, so
 * that the budget is not overrun when results come faster than they leave. */
enum { RESULT_FACTOR = 2 };

/* One batch of claims: six seconds of CPU, a minute of wall time. A disk may be slow, but not for ever; the status tells after
 * five seconds. */
#define STORE_BUDGET_NS (6 * CD_NS_PER_S)
#define STORE_SLOW_NS (5 * CD_NS_PER_S)

/* The longest key that goes to a worker: its ring has 1 MiB besides the payload for key, topic and head. */
enum { KEY_MAX = 512 << 10 };

/* ---- making and ending ---- */

static int make_store_folder(const char *folder, cd_error *error)
{
    if (mkdir(folder, 0700) == 0 || errno == EEXIST)
        return 0;
    return cd_error_set(error, -errno, "%s: the folder for the stages' state cannot be made: %s (state_dir)", folder,
                        strerror(errno));
}

static void init_lists(cd_desk *desk)
{
    TAILQ_INIT(&desk->ready);
    TAILQ_INIT(&desk->waiting);
    TAILQ_INIT(&desk->claims);
    TAILQ_INIT(&desk->undecided);
    TAILQ_INIT(&desk->forgetting);
    TAILQ_INIT(&desk->again);
    TAILQ_INIT(&desk->dirty);
    TAILQ_INIT(&desk->leaving);
    TAILQ_INIT(&desk->store.records);
}

int cd_desk_create(const cd_desk_plan *plan, cd_desk **out, cd_error *error)
{
    cd_desk *desk = calloc(1, sizeof *desk);
    *out = NULL;
    if (desk == NULL)
        return -ENOMEM;
    init_lists(desk);
    desk->config = plan->config;
    desk->loop = plan->loop;
    desk->caution.fd = -1;
    desk->outlet = plan->outlet;
    desk->budget.limit = (uint64_t)plan->config->desk.memory;
    desk->next_sequence = 1;
    desk->from_files = plan->from_files;
    cd_breakers_set(desk);
    desk->store.is_store = true;
    snprintf(desk->store.name, sizeof desk->store.name, "store");
    desk->stage_view = calloc(CD_STAGES_MAX, sizeof *desk->stage_view);
    desk->store_folder = strdup(plan->store_folder);
    desk->program = cd_program_find("copydesk-worker", COPYDESK_LIBEXECDIR);
    int result = desk->stage_view && desk->store_folder && desk->program ? 0 : -ENOMEM;
    if (result == 0)
        result = make_store_folder(desk->store_folder, error);
    if (result == 0)
        result = cd_caution_init(&desk->caution, plan->from_files ? NULL : desk->store_folder);
    if (result == 0)
        result = cd_crew_create(desk, plan->config, NULL, &desk->crew, error);
    if (result)
        cd_desk_destroy(desk);
    else
        *out = desk;
    return result;
}

void cd_desk_destroy(cd_desk *desk)
{
    cd_crew *crew;
    if (desk == NULL)
        return;
    cd_child_end_now(desk, &desk->store);
    while ((crew = TAILQ_FIRST(&desk->leaving)) != NULL) {
        TAILQ_REMOVE(&desk->leaving, crew, link);
        cd_crew_destroy(crew);
    }
    cd_crew_destroy(desk->incoming);
    cd_crew_destroy(desk->crew);
    cd_caution_fini(&desk->caution);
    free(desk->reload_refusal);
    free(desk->child_view);
    free(desk->stage_view);
    free(desk->store_folder);
    free(desk->program);
    free(desk);
}

bool cd_desk_ready(const cd_desk *desk)
{
    return cd_crew_ready(desk->crew) && (!desk->crew->has_store || desk->store.state == CD_CHILD_READY);
}

const char *cd_desk_refusal(const cd_desk *desk) { return desk->crew->refusal; }
int cd_desk_refusal_error(const cd_desk *desk) { return desk->store_refused ? -EIO : -EINVAL; }

const char *cd_desk_fingerprint(const cd_desk *desk, const cd_record *record)
{
    return record->crew ? record->crew->fingerprint : desk->crew->fingerprint;
}

/* ---- taking and letting go ---- */

bool cd_desk_has_room(cd_desk *desk)
{
    if (!cd_budget_open(&desk->budget))
        return false;
    bool careful = desk->caution.noted || desk->caution.calm_ns;
    return !careful || cd_caution_allows(&desk->caution, desk->budget.used == 0, cd_clock_monotonic_ns());
}

/* What needs no worker has its outcome at once, and waits for its turn like the others. */
static void start_record(cd_desk *desk, cd_record *record)
{
    char reason[128];
    if (record->payload.ptr == NULL) {
        record->outcome.kind = CD_OUTCOME_TOMBSTONE;
        cd_release_done(desk, record);
    } else if (record->payload.len > (size_t)desk->config->input.max_bytes) {
        int length = snprintf(reason, sizeof reason, "the payload has %zu bytes; the limit is %lld (input.max_bytes)",
                              record->payload.len, (long long)desk->config->input.max_bytes);
        cd_outcome_dead_letter(record, "too-large", "desk", NULL, reason, (size_t)length);
        cd_release_done(desk, record);
    } else if (record->key.len > KEY_MAX) {
        int length = snprintf(reason, sizeof reason, "the key has %zu bytes; the limit is %d", record->key.len, KEY_MAX);
        cd_outcome_dead_letter(record, "too-large", "desk", NULL, reason, (size_t)length);
        cd_release_done(desk, record);
    } else {
        cd_dispatch_enqueue(desk, record);
    }
}

static cd_str keep(char **at, cd_str bytes)
{
    if (bytes.ptr == NULL)
        return bytes;
    cd_str kept = {*at, bytes.len};
    memcpy(*at, bytes.ptr, bytes.len);
    *at += bytes.len;
    return kept;
}

int cd_desk_take(cd_desk *desk, cd_lane *lane, const cd_arrival *arrival)
{
    if (desk->caution.left > 0 || (desk->caution.path && desk->caution.fd < 0))
        cd_caution_take(&desk->caution, &arrival->identity, cd_clock_monotonic_ns());
    /* One byte more: what is empty has an address, too. */
    cd_record *record = malloc(sizeof *record + arrival->key.len + arrival->payload.len + 1);
    if (record == NULL || cd_lane_push(lane, record) != 0) {
        free(record);
        return -ENOMEM;
    }
    *record = (cd_record){.lane = lane,
                          .identity = arrival->identity,
                          .origin = arrival->origin,
                          .header_bytes = arrival->header_bytes,
                          .outcome.byte = -1};
    char *at = record->bytes;
    record->key = keep(&at, arrival->key);
    record->payload = keep(&at, arrival->payload);
    record->cost = arrival->payload.len + arrival->key.len + arrival->header_bytes + RECORD_OVERHEAD;
    record->reserve = RESULT_FACTOR * arrival->payload.len;
    cd_budget_charge(&desk->budget, record->cost + record->reserve);
    lane->ledger.read++;
    start_record(desk, record);
    return 0;
}

static void leave_list(cd_desk *desk, cd_record *record)
{
    if (record->state == CD_RECORD_QUEUED)
        TAILQ_REMOVE(&desk->ready, record, link);
    else if (record->state == CD_RECORD_WAITING)
        TAILQ_REMOVE(&desk->waiting, record, link);
    else if (record->state == CD_RECORD_CLAIMING && record->child == NULL)
        TAILQ_REMOVE(&desk->claims, record, link);
    else if (record->state == CD_RECORD_UNDECIDED)
        TAILQ_REMOVE(&desk->undecided, record, link);
}

/* A record that a child or the outlet still holds lives on without a lane until they let go. */
static void abandon_record(cd_desk *desk, cd_record *record)
{
    bool again = record->again, forgetting = record->forgetting;
    if (again)
        TAILQ_REMOVE(&desk->again, record, link);
    if (forgetting)
        TAILQ_REMOVE(&desk->forgetting, record, link);
    leave_list(desk, record);
    if (record->state != CD_RECORD_SETTLED)
        record->lane->ledger.abandoned++;
    record->lane = NULL;
    record->identity.topic = (cd_str){"(abandoned)", 11}; /* it was the lane's or the origin's, which go now */
    if (record->child || (record->state == CD_RECORD_PUBLISHED && !again && !forgetting)) {
        if (record->origin)
            desk->outlet.release(desk->outlet.self, record);
        record->origin = NULL;
        return;
    }
    cd_record_destroy(desk, record);
}

void cd_desk_abandon(cd_desk *desk, cd_lane *lane)
{
    for (uint64_t i = lane->first; i < lane->last; i++)
        abandon_record(desk, cd_lane_at(lane, i));
    lane->first = lane->published = lane->claimed = lane->last;
    lane->unsettled = lane->again = 0;
    if (lane->dirty)
        TAILQ_REMOVE(&desk->dirty, lane, dirty_link);
    lane->dirty = false;
}

/* ---- a round ---- */

static void tick(cd_desk *desk, int64_t now_ns)
{
    cd_crew *crew;
    desk->next_tick_ns = now_ns + CD_TICK_NS;
    cd_dispatch_wake_waiting(desk, now_ns);
    cd_crew_watch(desk->crew, now_ns);
    cd_child_watch(&desk->store, now_ns, STORE_BUDGET_NS);
    TAILQ_FOREACH(crew, &desk->leaving, link)
        cd_crew_watch(crew, now_ns);
    if (desk->incoming)
        cd_crew_watch(desk->incoming, now_ns);
}

/* Everybody who is gone comes back, unless it is too soon after a failure. */
static void replace_the_dead(cd_desk *desk, int64_t now_ns)
{
    if (desk->stopping || now_ns < desk->respawn_ns || desk->crew->refusal)
        return;
    cd_crew_replace(desk->crew);
    cd_reload_tend_store(desk);
}

static void collect(cd_desk *desk)
{
    cd_crew *crew;
    cd_crew_collect(desk->crew);
    TAILQ_FOREACH(crew, &desk->leaving, link)
        cd_crew_collect(crew);
    if (desk->incoming)
        cd_crew_collect(desk->incoming);
    cd_dispatch_collect(desk, &desk->store);
}

void cd_desk_serve(cd_desk *desk)
{
    int64_t now_ns = cd_clock_monotonic_ns();
    if (now_ns >= desk->next_tick_ns)
        tick(desk, now_ns);
    replace_the_dead(desk, now_ns);
    collect(desk);
    cd_dispatch(desk);
    cd_release_forgets(desk);
    cd_release_lanes(desk);
    cd_release_claims(desk);
    if (desk->incoming || !TAILQ_EMPTY(&desk->leaving))
        cd_reload_tend(desk);
    desk->was_ready = desk->was_ready || cd_desk_ready(desk);
}

int cd_desk_sleep_ms(cd_desk *desk)
{
    cd_crew *crew;
    if (!TAILQ_EMPTY(&desk->dirty) && !desk->outlet_full)
        return 0;
    if (desk->caution.noted && desk->budget.used == 0)
        return 0; /* the next one may be taken */
    bool quiet = cd_crew_quiet(desk->crew);
    quiet &= cd_child_quiet(&desk->store);
    TAILQ_FOREACH(crew, &desk->leaving, link)
        quiet &= cd_crew_quiet(crew);
    if (desk->incoming)
        quiet &= cd_crew_quiet(desk->incoming);
    return quiet ? (int)(CD_TICK_NS / CD_NS_PER_MS) : 0;
}

/* ---- stopping ---- */

static bool dismiss_all(cd_desk *desk)
{
    cd_crew *crew;
    bool gone = cd_crew_dismiss(desk->crew);
    TAILQ_FOREACH(crew, &desk->leaving, link)
        gone &= cd_crew_dismiss(crew);
    if (desk->store.state == CD_CHILD_READY)
        cd_child_stop(&desk->store);
    if (desk->store.state == CD_CHILD_STARTING)
        cd_child_kill(&desk->store, CD_KILL_NONE);
    return gone && desk->store.state == CD_CHILD_GONE;
}

void cd_desk_stop(cd_desk *desk, int timeout_ms)
{
    int64_t end_ns = cd_clock_monotonic_ns() + timeout_ms * CD_NS_PER_MS;
    desk->stopping = true;
    cd_crew_destroy(desk->incoming);
    desk->incoming = NULL;
    while (!dismiss_all(desk) && cd_clock_monotonic_ns() < end_ns) {
        cd_loop_round(desk->loop, cd_desk_sleep_ms(desk));
        cd_desk_serve(desk);
    }
}

/* ---- showing ---- */

static const char *state_name(const cd_child *child)
{
    static const char *const names[] = {"gone", "starting", "ready", "leaving"};
    return names[child->state];
}

static cd_child_stats show_child(const cd_child *child)
{
    return (cd_child_stats){child->name, state_name(child), child->pid, child->record_count};
}

static void show_children(cd_desk *desk, cd_stats_view *view)
{
    const cd_crew *crew;
    size_t most = desk->crew->worker_count + 1u, count = 0;
    TAILQ_FOREACH(crew, &desk->leaving, link)
        most += crew->worker_count;
    cd_child_stats *list = realloc(desk->child_view, most * sizeof *list);
    if (list == NULL)
        return;
    desk->child_view = list;
    for (uint32_t i = 0; i < desk->crew->worker_count; i++)
        list[count++] = show_child(&desk->crew->workers[i]);
    TAILQ_FOREACH(crew, &desk->leaving, link)
        for (uint32_t i = 0; i < crew->worker_count; i++)
            if (crew->workers[i].state != CD_CHILD_GONE)
                list[count++] = show_child(&crew->workers[i]);
    if (desk->crew->has_store)
        list[count++] = show_child(&desk->store);
    view->children = list;
    view->child_count = count;
}

static bool store_is_slow(const cd_desk *desk)
{
    return desk->store.record_count > 0 && desk->store.watched_wall_ns &&
           cd_clock_monotonic_ns() - desk->store.watched_wall_ns > STORE_SLOW_NS;
}

static const char *show_status(cd_desk *desk)
{
    static const char prefix[] = "degraded: ";
    const cd_caution *caution = &desk->caution;
    memcpy(desk->status, prefix, sizeof prefix);
    if (cd_breakers_words(desk, desk->status + sizeof prefix - 1, sizeof desk->status - sizeof prefix + 1))
        return desk->status;
    if (caution->suspect[0]) {
        snprintf(desk->status, sizeof desk->status, "%sthe desk ended abnormally with record %s alone in hand (%u times in a row)", prefix,
                 caution->suspect, caution->times);
        return desk->status;
    }
    return !cd_desk_ready(desk) ? "degraded: a child process is being replaced"
         : desk->claims_at_ns   ? "degraded: the store cannot decide"
         : store_is_slow(desk)  ? "degraded: the store does not answer"
                                : "ok";
}

void cd_desk_view(cd_desk *desk, cd_stats_view *view)
{
    const cd_crew *crew = desk->crew;
    for (uint32_t i = 0; i < crew->stage_count; i++) {
        desk->stage_view[i] = crew->stages[i].stats;
        desk->stage_view[i].off = desk->off >> i & 1;
    }
    view->name = desk->config->name;
    view->pipeline = crew->fingerprint;
    view->status = show_status(desk);
    view->budget_used = desk->budget.used;
    view->budget_limit = desk->budget.limit;
    view->restarts = desk->restarts;
    view->stages = desk->stage_view;
    view->stage_count = crew->stage_count;
    show_children(desk, view);
}
