/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/crew.c: see crew.h. The children's lives: starting, hello, deadlines, deaths, replacement.
 *
 * A child that dies is replaced at once; one that dies before its hello is started again with a growing delay. Before a crew's
 * first hello it is the end of that crew: its refusal is the configuration's fault and goes to whoever asked for it. */
#include "desk/desk_private.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* The longest that a child may take until its hello: a store may have much to read. */
#define START_NS (120 * CD_NS_PER_S)

static void on_wake(void *self)
{
    cd_child *child = self;
    uint64_t drained;
    ssize_t got = read(child->channel.desk_wake_fd, &drained, sizeof drained);
    (void)got; /* the rings are looked at in cd_desk_serve */
}

/* ---- deaths ---- */

static cd_record *find_culprit(const cd_child *child, cd_flight flight)
{
    cd_record *record;
    if (flight.sequence == 0)
        return NULL;
    TAILQ_FOREACH(record, &child->records, link)
        if (record->sequence == flight.sequence)
            return record;
    return NULL;
}

/* Whoever was alone with the child that died, whatever the recorder says: else a death that nobody recorded would go on for ever. */
static cd_record *only_suspect(const cd_child *child)
{
    cd_record *record = TAILQ_FIRST(&child->records);
    return record && record->solo && TAILQ_NEXT(record, link) == NULL ? record : NULL;
}

static void count_death(const cd_child *child, const cd_death *death)
{
    if (death->culprit == NULL || death->step >= child->crew->stage_count)
        return;
    cd_stage_stats *stats = &child->crew->stages[death->step].stats;
    *(child->kill_reason == CD_KILL_TIMEOUT ? &stats->timeouts : &stats->crashes) += 1;
}

static void mourn(cd_desk *desk, cd_child *child, cd_child_end end)
{
    char how[128], reason[256];
    cd_flight flight = cd_channel_flight(&child->channel);
    cd_death death = {.culprit = find_culprit(child, flight),
                      .step = flight.step,
                      .class = child->kill_reason == CD_KILL_TIMEOUT ? "timeout" : "crash",
                      .signal = child->kill_reason == CD_KILL_NONE ? end.signal : 0,
                      .how = reason};
    cd_child_end_words(child, end, how, sizeof how);
    if (child->is_store && child->kill_reason == CD_KILL_TIMEOUT && !child->cpu_spent)
        death.culprit = NULL; /* a slow disk is no claim's fault */
    else if (death.culprit == NULL) {
        death.culprit = only_suspect(child);
        death.step = UINT32_MAX; /* in no stage that we know of */
    }
    /* The store works on many claims at a time, and after a broken ring or a death between records nobody knows either.
     * One that said FATAL has said for which. */
    death.all_suspect = child->is_store || (death.culprit == NULL && !child->resigned);
    if (death.culprit) {
        const cd_record *record = death.culprit;
        snprintf(reason, sizeof reason, "the %s %s in %s", child->is_store ? "store" : "worker", how,
                 cd_step_name(child->crew, death.step));
        cd_log_warning("%s %s in stage %s, with %.*s/%d/%lld in hand (death %d of this record)", child->name, how,
                       cd_step_name(child->crew, death.step), (int)record->identity.topic.len, record->identity.topic.ptr,
                       record->identity.partition, (long long)record->identity.offset, record->crashes + 1);
    } else {
        cd_log_warning("%s %s between records", child->name, how);
    }
    count_death(child, &death);
    cd_dispatch_return(desk, child, &death);
}

static void lost_at_start(cd_desk *desk, cd_child *child, cd_child_end end)
{
    char how[128], *text = NULL;
    cd_crew *crew = child->crew;
    cd_child_end_words(child, end, how, sizeof how);
    if (crew->refusal)
        return; /* one reason is enough */
    if (crew->fingerprint[0] == '\0' || crew == desk->incoming || !desk->was_ready) {
        desk->store_refused = child->is_store;
        if (child->refusal)
            text = strdup(child->refusal);
        else if (asprintf(&text, "%s %s before it was ready", child->name, how) < 0)
            text = NULL;
        crew->refusal = text ? text : strdup("a child could not be started");
        return;
    }
    if (++desk->failures > 7)
        desk->failures = 7;
    desk->respawn_ns = cd_clock_monotonic_ns() + (100 * CD_NS_PER_MS << desk->failures);
    cd_log_error("%s %s before it was ready%s%s; the next try is in %d ms", child->name, how, child->refusal ? ": " : "",
                 child->refusal ? child->refusal : "", 100 << desk->failures);
}

static void on_death(void *self)
{
    cd_child *child = self;
    cd_desk *desk = child->crew->desk;
    cd_dispatch_collect(desk, child); /* what it had published still counts */
    cd_child_end end = cd_child_reap(child);
    bool dismissed = child->state == CD_CHILD_STARTING && (desk->stopping || child->crew->leaving);
    bool expected = dismissed || (child->state == CD_CHILD_LEAVING && end.code == 0 && child->record_count == 0);
    if (child->state == CD_CHILD_STARTING && !expected)
        lost_at_start(desk, child, end);
    else if (!expected)
        mourn(desk, child, end);
    /* A crew that has yet to prove itself has failed when one of its workers dies. */
    if (!expected && child->crew == desk->incoming && child->crew->refusal == NULL)
        child->crew->refusal = strdup("a worker died as soon as it was ready");
    cd_child_close(child, desk->loop);
    if (child->is_store)
        cd_release_forgets_anew(desk);
    if (!expected)
        desk->restarts++;
}

/* ---- starting ---- */

int cd_crew_start_child(cd_crew *crew, cd_child *child, cd_error *error)
{
    cd_desk *desk = crew->desk;
    cd_child_plan plan = crew->plan;
    child->crew = crew;
    plan.store_folder = child->is_store ? desk->store_folder : NULL;
    int result = cd_child_start(child, &plan, error);
    if (result == 0)
        result = cd_loop_add(desk->loop, &child->death, child->pidfd, on_death, child);
    if (result == 0)
        result = cd_loop_add(desk->loop, &child->wake, child->channel.desk_wake_fd, on_wake, child);
    if (result && error->text[0] == '\0')
        cd_error_set(error, result, "%s cannot be watched: %s", child->name, strerror(-result));
    if (result && child->state != CD_CHILD_GONE) {
        cd_child_kill(child, CD_KILL_NONE);
        cd_child_reap(child);
    }
    if (result)
        cd_child_close(child, desk->loop);
    return result;
}

static uint32_t count_workers(const cd_config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (config->desk.workers > 0)
        return (uint32_t)config->desk.workers;
    return cores > 0 ? (uint32_t)cores : 1;
}

static int start_workers(cd_crew *crew, cd_error *error)
{
    for (uint32_t i = 0; i < crew->worker_count; i++) {
        snprintf(crew->workers[i].name, sizeof crew->workers[i].name, "worker %u", i + 1);
        int result = cd_crew_start_child(crew, &crew->workers[i], error);
        if (result)
            return result;
    }
    return 0;
}

int cd_crew_create(cd_desk *desk, const cd_config *config, cd_config *owned, cd_crew **out, cd_error *error)
{
    cd_crew *crew = calloc(1, sizeof *crew);
    *out = NULL;
    if (crew == NULL) {
        cd_config_destroy(owned);
        return -ENOMEM;
    }
    crew->desk = desk;
    crew->config = config;
    crew->owned = owned;
    crew->worker_count = count_workers(config);
    crew->workers = calloc(crew->worker_count, sizeof *crew->workers);
    int result = crew->workers ? cd_child_plan_init(&crew->plan, desk->program, config, error) : -ENOMEM;
    crew->plan.from_files = desk->from_files;
    if (result == 0)
        result = start_workers(crew, error);
    if (result)
        cd_crew_destroy(crew);
    else
        *out = crew;
    return result;
}

void cd_child_end_now(cd_desk *desk, cd_child *child)
{
    cd_death nobody = {0};
    if (child->state == CD_CHILD_GONE)
        return;
    cd_child_kill(child, CD_KILL_NONE);
    cd_child_reap(child);
    cd_dispatch_return(desk, child, &nobody);
    cd_child_close(child, desk->loop);
}

void cd_crew_destroy(cd_crew *crew)
{
    if (crew == NULL)
        return;
    for (uint32_t i = 0; crew->workers && i < crew->worker_count; i++)
        cd_child_end_now(crew->desk, &crew->workers[i]);
    CD_REQUIRE(crew->records == 0, "%llu records still refer to their crew", (unsigned long long)crew->records);
    cd_child_plan_fini(&crew->plan);
    for (uint32_t i = 0; i < crew->stage_count; i++) {
        free((void *)(uintptr_t)crew->stages[i].stats.name);
        free((void *)(uintptr_t)crew->stages[i].stats.version);
        for (uint32_t j = 0; j < 2 * CD_HELLO_COUNTERS; j++)
            free(crew->stages[i].counter_names[j]);
    }
    free(crew->workers);
    free(crew->refusal);
    cd_config_destroy(crew->owned);
    free(crew);
}

static void replace(cd_crew *crew, cd_child *child)
{
    cd_error error = {0};
    if (child->state != CD_CHILD_GONE || cd_crew_start_child(crew, child, &error) == 0)
        return;
    cd_log_error("%s", error.text);
    crew->desk->respawn_ns = cd_clock_monotonic_ns() + CD_NS_PER_S;
}

void cd_crew_replace(cd_crew *crew)
{
    for (uint32_t i = 0; i < crew->worker_count && crew->refusal == NULL; i++)
        replace(crew, &crew->workers[i]);
}

/* ---- hello ---- */

/* The books of the stages are opened at the first hello; the names in it are the same for all children of the crew. */
static void open_books(cd_crew *crew, const cd_hello *hello)
{
    memcpy(crew->fingerprint, hello->fingerprint, sizeof crew->fingerprint);
    crew->stage_count = hello->stage_count;
    for (uint32_t i = 0; i < hello->stage_count; i++) {
        const cd_hello_stage *from = &hello->stages[i];
        cd_stage_book *book = &crew->stages[i];
        book->stats.name = strdup(from->name);
        book->stats.version = strdup(from->version);
        for (uint32_t j = 0; j < from->counter_count; j++)
            book->counter_names[j] = strdup(from->counters[j]);
        book->stats.counter_names = (const char *const *)book->counter_names;
        book->stats.counters = book->counters;
        book->stats.counter_count = from->counter_count;
        crew->has_store |= from->has_store;
    }
    cd_log_info("pipeline %s: %u stages, sandbox: Landlock %s, seccomp %s", crew->fingerprint, crew->stage_count,
                hello->landlock ? "on" : "off", hello->seccomp ? "on" : "off");
}

static uint8_t find_counter(cd_stage_book *book, const char *name)
{
    uint32_t i = 0;
    while (i < book->stats.counter_count && strcmp(book->counter_names[i], name) != 0)
        i++;
    if (i == book->stats.counter_count && i < 2 * CD_HELLO_COUNTERS) {
        book->counter_names[i] = strdup(name);
        book->stats.counter_count += book->counter_names[i] != NULL;
    }
    return (uint8_t)i; /* without memory, or room, it is none that counts */
}

/* The store halves name their own counters, behind those that the workers named. */
static void open_store_books(cd_crew *crew, const cd_hello *hello)
{
    for (uint32_t i = 0; i < hello->stage_count && i < crew->stage_count; i++) {
        cd_stage_book *book = &crew->stages[i];
        memset(book->of_store, UINT8_MAX, sizeof book->of_store);
        for (uint32_t j = 0; j < hello->stages[i].counter_count; j++)
            book->of_store[j] = find_counter(book, hello->stages[i].counters[j]);
    }
}

int cd_crew_counts(cd_child *child, const char *bytes, size_t length)
{
    cd_crew *crew = child->crew;
    cd_result_counter c;
    if (child->state == CD_CHILD_STARTING || length % sizeof c != 0)
        return -EPROTO;
    for (size_t at = 0; at < length; at += sizeof c) {
        memcpy(&c, bytes + at, sizeof c);
        if (c.stage >= crew->stage_count || c.counter >= CD_HELLO_COUNTERS)
            return -EPROTO;
        cd_stage_book *book = &crew->stages[c.stage];
        if (book->of_store[c.counter] < book->stats.counter_count)
            book->counters[book->of_store[c.counter]] += c.delta;
    }
    return 0;
}

void cd_crew_hello(cd_child *child, cd_str text)
{
    cd_crew *crew = child->crew;
    if (cd_hello_read(text, &child->hello) != 0) {
        cd_child_kill(child, CD_KILL_PROTOCOL);
        return;
    }
    if (crew->fingerprint[0] == '\0')
        open_books(crew, &child->hello);
    if (strcmp(child->hello.fingerprint, crew->fingerprint) != 0) {
        free(child->refusal);
        child->refusal = strdup("its plugins or their files are not those that its crew started with; reload the service");
        cd_child_kill(child, CD_KILL_NONE);
        return;
    }
    if (child->is_store)
        open_store_books(crew, &child->hello);
    child->state = CD_CHILD_READY;
    crew->desk->failures = 0;
    cd_log_debug("%s is ready, process %d", child->name, (int)child->pid);
}

void cd_crew_refused(cd_child *child, cd_str text)
{
    free(child->refusal);
    child->refusal = strndup(text.ptr, text.len);
}

/* ---- all of them ---- */

bool cd_crew_ready(const cd_crew *crew)
{
    for (uint32_t i = 0; i < crew->worker_count; i++)
        if (crew->workers[i].state != CD_CHILD_READY)
            return false;
    return true;
}

bool cd_crew_dismiss(cd_crew *crew)
{
    bool gone = true;
    crew->leaving = true;
    for (uint32_t i = 0; i < crew->worker_count; i++) {
        cd_child *child = &crew->workers[i];
        if (child->state == CD_CHILD_READY)
            cd_child_stop(child); /* a full ring: the next call tries again */
        if (child->state == CD_CHILD_STARTING)
            cd_child_kill(child, CD_KILL_NONE);
        gone &= child->state == CD_CHILD_GONE;
    }
    return gone;
}

void cd_child_watch(cd_child *child, int64_t now_ns, int64_t budget_ns)
{
    if (child->state == CD_CHILD_GONE || child->kill_reason != CD_KILL_NONE)
        return;
    if (child->state == CD_CHILD_STARTING) {
        if (now_ns - child->started_ns > START_NS)
            cd_child_kill(child, CD_KILL_TIMEOUT);
        return;
    }
    if (cd_child_overdue(child, now_ns, budget_ns))
        cd_child_kill(child, CD_KILL_TIMEOUT);
}

void cd_crew_watch(cd_crew *crew, int64_t now_ns)
{
    for (uint32_t i = 0; i < crew->worker_count; i++)
        cd_child_watch(&crew->workers[i], now_ns, crew->config->worker.article_cpu * CD_NS_PER_MS);
}

void cd_crew_collect(cd_crew *crew)
{
    for (uint32_t i = 0; i < crew->worker_count; i++)
        cd_dispatch_collect(crew->desk, &crew->workers[i]);
}

bool cd_crew_quiet(cd_crew *crew)
{
    bool quiet = true;
    for (uint32_t i = 0; i < crew->worker_count; i++)
        quiet &= cd_child_quiet(&crew->workers[i]);
    return quiet;
}

/* ---- names for people ---- */

const char *cd_step_name(const cd_crew *crew, uint32_t step)
{
    if (crew && step < crew->stage_count)
        return crew->stages[step].stats.name;
    return step == CD_FLIGHT_DECODE ? "decode" : step == CD_FLIGHT_ENCODE ? "encode" : step == CD_FLIGHT_CLAIM ? "claim" : "desk";
}

const char *cd_step_version(const cd_crew *crew, uint32_t step)
{
    return crew && step < crew->stage_count ? crew->stages[step].stats.version : NULL;
}
