/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/desk.c: see desk.h. Taking records, one round of work, stopping. */
#include "desk/desk_private.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a record costs besides its bytes: our structs and the broker client's. */
enum { RECORD_OVERHEAD = 512 };

/* ---- making and ending ---- */

/* copydesk-worker lies beside this program in a build, in libexec when installed. */
static char *find_program(void)
{
    char path[PATH_MAX], *found = NULL;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    char *slash = length > 0 ? (path[length] = '\0', strrchr(path, '/')) : NULL;
    if (slash) {
        *slash = '\0';
        if (asprintf(&found, "%s/copydesk-worker", path) > 0 && access(found, X_OK) == 0)
            return found;
        free(found);
    }
    return strdup(COPYDESK_LIBEXECDIR "/copydesk-worker");
}

static int make_pipeline_file(const cd_config *config, int *out, cd_error *error)
{
    *out = memfd_create("copydesk-pipeline", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int result = *out < 0 ? -errno : cd_config_write_pipeline(config, *out);
    if (result == 0 && fcntl(*out, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        result = -errno;
    return result ? cd_error_set(error, result, "the pipeline's configuration cannot be handed on: %s", strerror(-result)) : 0;
}

static int make_store_folder(const char *folder, cd_error *error)
{
    if (mkdir(folder, 0700) == 0 || errno == EEXIST)
        return 0;
    return cd_error_set(error, -errno, "%s: the folder for the stages' state cannot be made: %s (state_dir)", folder,
                        strerror(errno));
}

static uint32_t count_workers(const cd_config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (config->desk.workers > 0)
        return (uint32_t)config->desk.workers;
    return cores > 0 ? (uint32_t)cores : 1;
}

static void init_lists(cd_desk *desk)
{
    TAILQ_INIT(&desk->ready);
    TAILQ_INIT(&desk->waiting);
    TAILQ_INIT(&desk->claims);
    TAILQ_INIT(&desk->again);
    TAILQ_INIT(&desk->dirty);
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
    desk->outlet = plan->outlet;
    desk->budget.limit = (uint64_t)plan->config->desk.memory;
    desk->next_sequence = 1;
    desk->worker_count = count_workers(plan->config);
    desk->workers = calloc(desk->worker_count, sizeof *desk->workers);
    desk->child_view = calloc(desk->worker_count + 1, sizeof *desk->child_view);
    desk->stage_view = calloc(CD_STAGES_MAX, sizeof *desk->stage_view);
    desk->store_folder = strdup(plan->store_folder);
    desk->program = find_program();
    desk->plan = (cd_child_plan){.program = desk->program,
                                 .pipeline_fd = -1,
                                 .from_files = plan->from_files,
                                 .largest_request = (size_t)plan->config->input.max_bytes + (1u << 20),
                                 .largest_response = cd_result_limit(plan->config->input.max_bytes)};
    int result = desk->workers && desk->child_view && desk->stage_view && desk->store_folder && desk->program ? 0 : -ENOMEM;
    if (result == 0)
        result = make_store_folder(desk->store_folder, error);
    if (result == 0)
        result = make_pipeline_file(plan->config, &desk->plan.pipeline_fd, error);
    if (result == 0)
        result = cd_crew_start(desk, error);
    if (result)
        cd_desk_destroy(desk);
    else
        *out = desk;
    return result;
}

static void end_child(cd_desk *desk, cd_child *child)
{
    if (child->state != CD_CHILD_GONE) {
        cd_death nobody = {0};
        cd_child_kill(child, CD_KILL_NONE);
        cd_child_reap(child);
        cd_dispatch_return(desk, child, &nobody);
        cd_child_close(child, desk->loop);
    }
}

void cd_desk_destroy(cd_desk *desk)
{
    if (desk == NULL)
        return;
    for (uint32_t i = 0; desk->workers && i < desk->worker_count; i++)
        end_child(desk, &desk->workers[i]);
    end_child(desk, &desk->store);
    if (desk->plan.pipeline_fd >= 0)
        close(desk->plan.pipeline_fd);
    for (uint32_t i = 0; i < desk->stage_count; i++) {
        free((void *)(uintptr_t)desk->stages[i].stats.name);
        free((void *)(uintptr_t)desk->stages[i].stats.version);
        for (uint32_t j = 0; j < CD_HELLO_COUNTERS; j++)
            free(desk->stages[i].counter_names[j]);
    }
    free(desk->workers);
    free(desk->child_view);
    free(desk->stage_view);
    free(desk->store_folder);
    free(desk->program);
    free(desk->refusal);
    free(desk);
}

bool cd_desk_ready(const cd_desk *desk)
{
    for (uint32_t i = 0; i < desk->worker_count; i++)
        if (desk->workers[i].state != CD_CHILD_READY)
            return false;
    return !desk->has_store || desk->store.state == CD_CHILD_READY;
}

const char *cd_desk_refusal(const cd_desk *desk) { return desk->refusal; }
const char *cd_desk_fingerprint(const cd_desk *desk) { return desk->fingerprint; }

/* ---- taking and letting go ---- */

bool cd_desk_has_room(cd_desk *desk) { return cd_budget_open(&desk->budget); }

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
    } else {
        cd_dispatch_enqueue(desk, record);
    }
}

int cd_desk_take(cd_desk *desk, cd_lane *lane, const cd_arrival *arrival)
{
    cd_record *record = calloc(1, sizeof *record);
    if (record == NULL || cd_lane_push(lane, record) != 0) {
        free(record);
        return -ENOMEM;
    }
    record->lane = lane;
    record->identity = arrival->identity;
    record->key = arrival->key;
    record->payload = arrival->payload;
    record->origin = arrival->origin;
    record->header_bytes = arrival->header_bytes;
    record->outcome.byte = -1;
    record->cost = arrival->payload.len + arrival->key.len + arrival->header_bytes + RECORD_OVERHEAD;
    cd_budget_charge(&desk->budget, record->cost);
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
}

static bool waits_for_republishing(const cd_desk *desk, const cd_record *record)
{
    const cd_record *other;
    TAILQ_FOREACH(other, &desk->again, link)
        if (other == record)
            return true;
    return false;
}

/* A record that a child or the outlet still holds lives on without a lane until they let go. */
static void abandon_record(cd_desk *desk, cd_record *record)
{
    bool again = record->state == CD_RECORD_PUBLISHED && waits_for_republishing(desk, record);
    if (again)
        TAILQ_REMOVE(&desk->again, record, link);
    leave_list(desk, record);
    if (record->state != CD_RECORD_SETTLED)
        record->lane->ledger.abandoned++;
    record->lane = NULL;
    if (record->child || (record->state == CD_RECORD_PUBLISHED && !again)) {
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
    lane->unsettled = 0;
    if (lane->dirty)
        TAILQ_REMOVE(&desk->dirty, lane, dirty_link);
    lane->dirty = false;
}

/* ---- a round ---- */

static void tick(cd_desk *desk, int64_t now_ns)
{
    desk->next_tick_ns = now_ns + CD_TICK_NS;
    cd_dispatch_wake_waiting(desk, now_ns);
    cd_crew_watch(desk, now_ns);
}

void cd_desk_serve(cd_desk *desk)
{
    int64_t now_ns = cd_clock_monotonic_ns();
    if (now_ns >= desk->next_tick_ns)
        tick(desk, now_ns);
    cd_crew_replace(desk, now_ns);
    for (uint32_t i = 0; i < desk->worker_count; i++)
        cd_dispatch_collect(desk, &desk->workers[i]);
    cd_dispatch_collect(desk, &desk->store);
    cd_dispatch(desk);
    cd_release_lanes(desk);
    cd_release_claims(desk);
}

static bool child_is_quiet(cd_child *child)
{
    return child->state == CD_CHILD_GONE || child->kill_reason == CD_KILL_PROTOCOL ||
           cd_ring_wait_frames(&child->channel.responses);
}

int cd_desk_sleep_ms(cd_desk *desk)
{
    bool quiet = true;
    if (!TAILQ_EMPTY(&desk->dirty) && !desk->outlet_full)
        return 0;
    for (uint32_t i = 0; i < desk->worker_count; i++)
        quiet &= child_is_quiet(&desk->workers[i]);
    quiet &= child_is_quiet(&desk->store);
    return quiet ? (int)(CD_TICK_NS / CD_NS_PER_MS) : 0;
}

/* ---- stopping ---- */

static bool stop_child(cd_child *child)
{
    if (child->state == CD_CHILD_READY)
        cd_child_stop(child); /* a full ring: the next round tries again */
    if (child->state == CD_CHILD_STARTING)
        cd_child_kill(child, CD_KILL_NONE);
    return child->state == CD_CHILD_GONE;
}

void cd_desk_stop(cd_desk *desk, int timeout_ms)
{
    int64_t end_ns = cd_clock_monotonic_ns() + timeout_ms * CD_NS_PER_MS;
    desk->stopping = true;
    for (;;) {
        bool gone = stop_child(&desk->store);
        for (uint32_t i = 0; i < desk->worker_count; i++)
            gone &= stop_child(&desk->workers[i]);
        if (gone || cd_clock_monotonic_ns() >= end_ns)
            return;
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

void cd_desk_view(cd_desk *desk, cd_stats_view *view)
{
    for (uint32_t i = 0; i < desk->stage_count; i++)
        desk->stage_view[i] = desk->stages[i].stats;
    for (uint32_t i = 0; i < desk->worker_count; i++)
        desk->child_view[i] = show_child(&desk->workers[i]);
    if (desk->has_store)
        desk->child_view[desk->worker_count] = show_child(&desk->store);
    view->name = desk->config->name;
    view->pipeline = desk->fingerprint;
    view->status = !cd_desk_ready(desk) ? "degraded: a child process is being replaced"
                 : desk->claims_at_ns   ? "degraded: the store cannot decide"
                                        : "ok";
    view->budget_used = desk->budget.used;
    view->budget_limit = desk->budget.limit;
    view->restarts = desk->restarts;
    view->stages = desk->stage_view;
    view->stage_count = desk->stage_count;
    view->children = desk->child_view;
    view->child_count = desk->worker_count + desk->has_store;
}
