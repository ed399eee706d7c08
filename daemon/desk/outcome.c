/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/outcome.c: what a verdict, a refusal or a death makes of a record; and what the stages' books say of it. */
#include "desk/desk_private.h"

#include "base/clock.h"

#include <stdlib.h>

/* A child may say more; a dead letter's headers must stay small. */
enum { REASON_MAX = 1000 };

static char *copy_text(const char *text, size_t length)
{
    return length ? strndup(text, length) : NULL; /* no memory: the dead letter then has no reason, but goes out */
}

void cd_outcome_clear(cd_outcome *outcome)
{
    free(outcome->route);
    free(outcome->reason);
    *outcome = (cd_outcome){.byte = -1};
}

int cd_record_attempts(const cd_record *record)
{
    return 1 + record->retries + (record->crashes > 0); /* the second death is the end, so there was one more try at most */
}

void cd_outcome_dead_letter(cd_record *record, const char *class, const char *stage, const char *version, const char *reason,
                            size_t reason_length)
{
    cd_outcome_clear(&record->outcome);
    record->outcome.kind = CD_OUTCOME_DEAD_LETTER;
    record->outcome.class = class;
    record->outcome.stage = stage;
    record->outcome.version = version;
    record->outcome.reason = copy_text(reason, reason_length > REASON_MAX ? REASON_MAX : reason_length);
}

void cd_outcome_crash(cd_record *record, const cd_crew *crew, const cd_death *death)
{
    cd_outcome_dead_letter(record, death->class, cd_step_name(crew, death->step), cd_step_version(crew, death->step),
                           death->how, strlen(death->how));
    record->outcome.signal = death->signal;
}

/* ---- the stages' books ---- */

static void count_verdict(cd_stage_stats *stats, int32_t verdict)
{
    switch (verdict) {
    case CD_DROP: stats->dropped++; return;
    case CD_ROUTE: stats->routed++; return;
    case CD_REJECT:
    case CD_VERDICT_TOO_LARGE: stats->rejected++; return;
    case CD_RETRY: stats->retried++; return;
    case CD_FATAL: stats->fatal++; return;
    default: stats->ok++; return;
    }
}

static void keep_books(cd_crew *crew, const cd_result *result, uint32_t skipped)
{
    for (uint32_t i = 0; i < result->stage_count && i < crew->stage_count; i++) {
        cd_stage_stats *stats = &crew->stages[i].stats;
        if (skipped >> i & 1) {
            stats->skipped++;
            continue;
        }
        stats->articles++;
        stats->wall_ns += result->stage_ns[i];
        count_verdict(stats, i == result->stage ? result->verdict : CD_OK);
    }
    for (uint32_t i = 0; i < result->counter_count; i++) {
        const cd_result_counter *c = &result->counters[i];
        if (c->stage < crew->stage_count && c->counter < crew->stages[c->stage].stats.counter_count)
            crew->stages[c->stage].counters[c->counter] += c->delta;
    }
}

/* ---- verdicts ---- */

static const cd_retry *policy_of(const cd_record *record)
{
    const cd_config *config = record->crew->config;
    uint32_t stage = record->result.stage;
    return stage < config->stage_count ? &config->stages[stage].retry : &config->retry;
}

/* Back-off doubles from attempt to attempt, up to its limit. The jitter makes it shorter by a part that the record's place decides, so
 * that many that failed together do not come again together. */
static int64_t back_off_ns(const cd_record *record, const cd_retry *policy)
{
    int64_t ms = policy->backoff;
    for (unsigned i = 1; i < record->retries && ms < policy->backoff_max; i++)
        ms *= 2;
    int64_t ns = (ms < policy->backoff_max ? ms : policy->backoff_max) * CD_NS_PER_MS;
    uint64_t place = (uint64_t)record->identity.offset * 31 + (uint64_t)record->identity.partition + record->retries;
    int64_t part = (int64_t)(place * UINT64_C(0x9E3779B97F4A7C15) >> 54); /* Fibonacci hashing, Knuth: below 1024 */
    return ns - ns / 100 * policy->jitter / 1024 * part;
}

/* The stage has had its attempts; the article goes on without it. */
static void pass_without(cd_desk *desk, cd_record *record)
{
    record->skip |= UINT32_C(1) << record->result.stage;
    record->retries = 0;
    cd_dispatch_enqueue_first(desk, record);
}

static void retry_later(cd_desk *desk, cd_record *record)
{
    const cd_result *result = &record->result;
    const cd_retry *policy = policy_of(record);
    if (++record->retries >= policy->attempts) {
        if (policy->final == CD_RETRY_PASS && result->stage < record->crew->stage_count) {
            pass_without(desk, record);
            return;
        }
        record->retries--; /* attempts counts the first one, too */
        cd_outcome_dead_letter(record, "retries-exhausted", cd_step_name(record->crew, result->stage),
                               cd_step_version(record->crew, result->stage), result->reason.ptr, result->reason.len);
        cd_release_done(desk, record);
        return;
    }
    record->state = CD_RECORD_WAITING;
    record->retry_at_ns = cd_clock_monotonic_ns() + back_off_ns(record, policy);
    TAILQ_INSERT_TAIL(&desk->waiting, record, link);
}

/* The instance can't go on, its worker ends itself; the article gets another one, once. */
static void fatal(cd_desk *desk, cd_record *record)
{
    const cd_result *result = &record->result;
    if (++record->crashes < 2) {
        record->solo = true;
        cd_dispatch_enqueue_first(desk, record);
        return;
    }
    cd_outcome_dead_letter(record, "crash", cd_step_name(record->crew, result->stage), cd_step_version(record->crew, result->stage),
                           result->reason.ptr, result->reason.len);
    cd_breakers_dead_letter(desk, record, result->stage, false);
    cd_release_done(desk, record);
}

static void refuse(cd_desk *desk, cd_record *record, const char *class)
{
    const cd_result *result = &record->result;
    cd_outcome_dead_letter(record, class, cd_step_name(record->crew, result->stage), cd_step_version(record->crew, result->stage),
                           result->reason.ptr, result->reason.len);
    record->outcome.byte = result->byte;
    cd_release_done(desk, record);
}

/* A route that is not configured is the stage's fault, and a dead letter. */
bool cd_outcome_route(cd_desk *desk, cd_record *record, uint32_t stage, cd_str name)
{
    char reason[160];
    for (size_t i = 0; i < desk->config->output.route_count; i++) {
        const char *known = desk->config->output.routes[i].name;
        if (strlen(known) != name.len || memcmp(known, name.ptr, name.len) != 0)
            continue;
        free(record->outcome.route);
        record->outcome.route = copy_text(name.ptr, name.len);
        CD_REQUIRE(record->outcome.route, "no memory for the name of a route");
        return true;
    }
    int length = snprintf(reason, sizeof reason, "no route of the name \"%.*s\" is configured (output.routes)",
                          name.len > 80 ? 80 : (int)name.len, name.ptr);
    cd_outcome_dead_letter(record, "reject", cd_step_name(record->crew, stage), cd_step_version(record->crew, stage), reason,
                           (size_t)length);
    return false;
}

void cd_outcome_of_result(cd_desk *desk, cd_record *record)
{
    const cd_result *result = &record->result;
    cd_outcome *outcome = &record->outcome;
    keep_books(record->crew, result, record->skip | record->off);
    cd_breakers_result(desk, record);
    switch (result->verdict) {
    case CD_OK:
    case CD_ROUTE:
        outcome->kind = CD_OUTCOME_PUBLISH;
        outcome->output = result->output; /* unless there are holes to fill: then the store's answer makes it */
        if (result->verdict == CD_ROUTE)
            cd_outcome_route(desk, record, result->stage, result->route);
        cd_release_done(desk, record);
        return;
    case CD_DROP:
        outcome->kind = CD_OUTCOME_DROP;
        outcome->reason = copy_text(result->reason.ptr, result->reason.len);
        cd_release_done(desk, record);
        return;
    case CD_RETRY: retry_later(desk, record); return;
    case CD_FATAL: fatal(desk, record); return;
    case CD_VERDICT_UNREADABLE: refuse(desk, record, "decode"); return;
    case CD_VERDICT_TOO_LARGE: refuse(desk, record, "too-large"); return;
    default: refuse(desk, record, "reject"); return;
    }
}
