/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/crew.c: the children's lives: starting, hello, deadlines, deaths, replacement.
 *
 * A child that dies is replaced at once; one that dies before its hello is started again with a growing delay, and at the
 * very first start it is the end: its refusal is the configuration's fault and goes to whoever started the desk. */
#include "desk/desk_private.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

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

static void describe_end(const cd_child *child, cd_child_end end, char *out, size_t size)
{
    if (child->kill_reason == CD_KILL_TIMEOUT)
        snprintf(out, size, "used up its time and was killed");
    else if (child->kill_reason == CD_KILL_PROTOCOL)
        snprintf(out, size, "wrote over the memory it shares with the desk and was killed");
    else if (end.signal)
        snprintf(out, size, "died of signal %d (SIG%s)", end.signal, sigabbrev_np(end.signal) ? sigabbrev_np(end.signal) : "?");
    else
        snprintf(out, size, "ended itself with exit status %d", end.code);
}

static void count_death(cd_desk *desk, const cd_child *child, const cd_death *death)
{
    if (death->culprit == NULL || death->step >= desk->stage_count)
        return;
    cd_stage_stats *stats = &desk->stages[death->step].stats;
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
    describe_end(child, end, how, sizeof how);
    death.all_suspect = death.culprit == NULL && child->kill_reason != CD_KILL_NONE;
    if (death.culprit) {
        const cd_record *record = death.culprit;
        snprintf(reason, sizeof reason, "the worker %s in %s", how, cd_step_name(desk, death.step));
        cd_log_warning("%s %s in stage %s, with %.*s/%d/%lld in hand (death %d of this record)", child->name, how,
                       cd_step_name(desk, death.step), (int)record->identity.topic.len, record->identity.topic.ptr,
                       record->identity.partition, (long long)record->identity.offset, record->crashes + 1);
    } else {
        cd_log_warning("%s %s between records", child->name, how);
    }
    count_death(desk, child, &death);
    cd_dispatch_return(desk, child, &death);
}

static void lost_at_start(cd_desk *desk, cd_child *child, cd_child_end end)
{
    char how[128];
    describe_end(child, end, how, sizeof how);
    if (desk->refusal)
        return; /* one reason is enough */
    if (desk->fingerprint[0] == '\0') {
        char *text = NULL;
        if (child->refusal)
            text = strdup(child->refusal);
        else if (asprintf(&text, "%s %s before it was ready", child->name, how) < 0)
            text = NULL;
        desk->refusal = text ? text : strdup("a child could not be started");
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
    cd_desk *desk = child->desk;
    cd_dispatch_collect(desk, child); /* what it had published still counts */
    cd_child_end end = cd_child_reap(child);
    bool expected = child->state == CD_CHILD_LEAVING && end.code == 0 && child->record_count == 0;
    if (child->state == CD_CHILD_STARTING)
        lost_at_start(desk, child, end);
    else if (!expected)
        mourn(desk, child, end);
    cd_child_close(child, desk->loop);
    if (!expected)
        desk->restarts++;
}

/* ---- starting ---- */

static int start_child(cd_desk *desk, cd_child *child, cd_error *error)
{
    cd_child_plan plan = desk->plan;
    child->desk = desk;
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

int cd_crew_start(cd_desk *desk, cd_error *error)
{
    for (uint32_t i = 0; i < desk->worker_count; i++) {
        snprintf(desk->workers[i].name, sizeof desk->workers[i].name, "worker %u", i + 1);
        int result = start_child(desk, &desk->workers[i], error);
        if (result)
            return result;
    }
    snprintf(desk->store.name, sizeof desk->store.name, "store");
    desk->store.is_store = true;
    return 0;
}

static void replace(cd_desk *desk, cd_child *child)
{
    cd_error error = {0};
    if (child->state != CD_CHILD_GONE || start_child(desk, child, &error) == 0)
        return;
    cd_log_error("%s", error.text);
    desk->respawn_ns = cd_clock_monotonic_ns() + CD_NS_PER_S;
}

/* The books of the stages are opened at the first hello; the names in it are the same for all children. */
static void open_books(cd_desk *desk, const cd_hello *hello)
{
    memcpy(desk->fingerprint, hello->fingerprint, sizeof desk->fingerprint);
    desk->stage_count = hello->stage_count;
    for (uint32_t i = 0; i < hello->stage_count; i++) {
        const cd_hello_stage *from = &hello->stages[i];
        cd_stage_book *book = &desk->stages[i];
        book->stats.name = strdup(from->name);
        book->stats.version = strdup(from->version);
        for (uint32_t j = 0; j < from->counter_count; j++)
            book->counter_names[j] = strdup(from->counters[j]);
        book->stats.counter_names = (const char *const *)book->counter_names;
        book->stats.counters = book->counters;
        book->stats.counter_count = from->counter_count;
        desk->has_store |= from->has_store;
    }
    cd_log_info("pipeline %s: %u stages, sandbox: Landlock %s, seccomp %s", desk->fingerprint, desk->stage_count,
                hello->landlock ? "on" : "off", hello->seccomp ? "on" : "off");
}

void cd_crew_hello(cd_desk *desk, cd_child *child, cd_str text)
{
    if (cd_hello_read(text, &child->hello) != 0) {
        cd_child_kill(child, CD_KILL_PROTOCOL);
        return;
    }
    if (desk->fingerprint[0] == '\0')
        open_books(desk, &child->hello);
    if (strcmp(child->hello.fingerprint, desk->fingerprint) != 0) {
        free(child->refusal);
        child->refusal = strdup("its plugins or their files are not those that the desk started with; restart the service");
        cd_child_kill(child, CD_KILL_NONE);
        return;
    }
    child->state = CD_CHILD_READY;
    desk->failures = 0;
    cd_log_debug("%s is ready, process %d", child->name, (int)child->pid);
}

void cd_crew_refused(cd_desk *desk, cd_child *child, cd_str text)
{
    (void)desk;
    free(child->refusal);
    child->refusal = strndup(text.ptr, text.len);
}

/* ---- tending ---- */

static void watch_deadline(cd_desk *desk, cd_child *child, int64_t now_ns)
{
    int64_t budget_ns = desk->config->worker.article_cpu * CD_NS_PER_MS;
    if (child->state != CD_CHILD_READY || child->is_store || child->kill_reason != CD_KILL_NONE)
        return;
    if (cd_child_overdue(child, now_ns, budget_ns))
        cd_child_kill(child, CD_KILL_TIMEOUT);
}

void cd_crew_watch(cd_desk *desk, int64_t now_ns)
{
    for (uint32_t i = 0; i < desk->worker_count; i++)
        watch_deadline(desk, &desk->workers[i], now_ns);
}

void cd_crew_replace(cd_desk *desk, int64_t now_ns)
{
    if (desk->stopping || desk->refusal || now_ns < desk->respawn_ns)
        return;
    for (uint32_t i = 0; i < desk->worker_count; i++)
        replace(desk, &desk->workers[i]);
    if (desk->has_store)
        replace(desk, &desk->store);
}
