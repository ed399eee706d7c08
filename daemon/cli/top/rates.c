/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/rates.c: see rates.h. */
#include "cli/top/rates.h"

#include "base/clock.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <math.h>

/* By the second; NAN if the counter went back after all, or no time went by. */
static double rate(int64_t before, int64_t now, int64_t ms)
{
    return now < before || ms <= 0 ? NAN : (double)(now - before) * 1000 / (double)ms;
}

static cd_top_flow flow(const cd_top_ledger *before, const cd_top_ledger *now, int64_t ms)
{
    return (cd_top_flow){.in = rate(before->read, now->read, ms),
                         .out = rate(before->published, now->published, ms),
                         .dropped = rate(before->dropped, now->dropped, ms),
                         .dead = rate(before->dead_lettered, now->dead_lettered, ms)};
}

/* ---- partitions ---- */

static bool is_partition(const cd_top_partition *one, const cd_top_partition *other)
{
    return one->partition == other->partition && cd_str_equal(one->topic, other->topic);
}

/* They come in the same order, with new ones in between: so it is at `hint` or not far behind; at worst, anywhere. */
static const cd_top_partition *find_partition(const cd_top_sample *in, const cd_top_partition *wanted, size_t *hint)
{
    for (size_t i = 0; i < in->partition_count; i++) {
        size_t at = (*hint + i) % in->partition_count;
        if (is_partition(&in->partitions[at], wanted)) {
            *hint = at + 1;
            return &in->partitions[at];
        }
    }
    return NULL;
}

static double lag_change(const cd_top_partition *before, const cd_top_partition *now, int64_t ms)
{
    bool known = before && before->lag >= 0 && now->lag >= 0 && before->assigned && now->assigned && ms > 0;
    return known ? (double)(now->lag - before->lag) * 1000 / (double)ms : NAN;
}

/* One that the daemon did not have before began at 0. */
static void rate_partitions(cd_top_rates *rates, const cd_top_sample *before, const cd_top_sample *now, int64_t ms)
{
    static const cd_top_partition none = {0};
    size_t hint = 0;
    rates->lag = -1;
    rates->lag_change = NAN;
    for (size_t i = 0; i < now->partition_count; i++) {
        const cd_top_partition *one = &now->partitions[i], *earlier = before ? find_partition(before, one, &hint) : NULL;
        double change = lag_change(earlier, one, ms);
        rates->partitions[i] =
            (cd_top_partition_rates){one, flow(&(earlier ? earlier : &none)->ledger, &one->ledger, ms), change};
        if (one->lag >= 0)
            rates->lag = one->lag + (rates->lag < 0 ? 0 : rates->lag);
        if (!isnan(change))
            rates->lag_change = change + (isnan(rates->lag_change) ? 0 : rates->lag_change);
    }
}

/* ---- stages ---- */

static cd_top_stage_rates rate_stage(const cd_top_stage *before, const cd_top_stage *now, int64_t ms)
{
    int64_t articles = now->articles - before->articles, wall_us = now->wall_us - before->wall_us;
    return (cd_top_stage_rates){.now = now,
                                .articles = rate(before->articles, now->articles, ms),
                                .dropped = rate(before->dropped, now->dropped, ms),
                                .rejected = rate(before->rejected, now->rejected, ms),
                                .skipped = rate(before->skipped, now->skipped, ms),
                                .mean_us = articles > 0 && wall_us >= 0 ? (double)wall_us / (double)articles : NAN,
                                .busy = rate(before->wall_us, now->wall_us, ms) / 1e6};
}

/* Are they the stages of the earlier sample, with their counters? */
static bool same_stages(const cd_top_sample *before, const cd_top_sample *now, int64_t ms)
{
    if (before->stage_count != now->stage_count || !cd_str_equal(before->pipeline, now->pipeline) ||
        (now->stages_age_ms >= 0 && now->stages_age_ms < ms))
        return false;
    for (size_t i = 0; i < now->stage_count; i++)
        if (!cd_str_equal(before->stages[i].name, now->stages[i].name) || now->stages[i].articles < before->stages[i].articles)
            return false;
    return true;
}

static void rate_stages(cd_top_rates *rates, const cd_top_sample *before, const cd_top_sample *now, int64_t ms)
{
    static const cd_top_stage none = {0};
    bool same = before && same_stages(before, now, ms);
    for (size_t i = 0; i < now->stage_count; i++) {
        const cd_top_stage *one = &now->stages[i], *earlier = same ? &before->stages[i] : &none;
        rates->stages[i] = rate_stage(earlier, one, same ? ms : now->stages_age_ms);
        rates->stages[i].dying = same && (one->crashes > earlier->crashes || one->timeouts > earlier->timeouts);
    }
}

/* ---- processes ---- */

/* The same process if it is as much older as time went by; a few ticks are rounding. */
static bool is_process(const cd_top_process *before, const cd_top_process *now, int64_t ms)
{
    int64_t older_ms = now->age_ms - before->age_ms;
    return before->pid == now->pid && before->cpu_ms >= 0 && older_ms > ms - 500 && older_ms < ms + 500;
}

static double rate_process(const cd_top_sample *before, const cd_top_sample *sample, const cd_top_process *now)
{
    if (now->cpu_ms < 0)
        return NAN;
    int64_t ms = before ? (sample->taken_ns - before->taken_ns) / CD_NS_PER_MS : 0;
    for (size_t i = 0; before && i < before->process_count; i++)
        if (is_process(&before->processes[i], now, ms))
            return rate(before->processes[i].cpu_ms, now->cpu_ms, ms) / 1000;
    return rate(0, now->cpu_ms, now->age_ms) / 1000;
}

/* ---- all ---- */

int cd_top_rates_make(cd_top_rates *rates, const cd_top_sample *before, const cd_top_sample *now)
{
    static const cd_top_ledger none = {0};
    *rates = (cd_top_rates){.partitions = calloc(now->partition_count + 1, sizeof *rates->partitions),
                            .stages = calloc(now->stage_count + 1, sizeof *rates->stages),
                            .processes = calloc(now->process_count + 1, sizeof *rates->processes)};
    if (rates->partitions == NULL || rates->stages == NULL || rates->processes == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < now->process_count; i++)
        rates->processes[i] = (cd_top_process_rates){&now->processes[i], rate_process(before, now, &now->processes[i])};
    if (before && (before->pid != now->pid || before->uptime_ms > now->uptime_ms))
        before = NULL; /* another daemon */
    int64_t ms = now->uptime_ms - (before ? before->uptime_ms : 0);
    rates->flow = flow(before ? &before->total : &none, &now->total, ms);
    rate_partitions(rates, before, now, ms);
    rate_stages(rates, before, now, ms);
    return 0;
}

static int by_name(const void *one, const void *other)
{
    const cd_top_partition *a = ((const cd_top_partition_rates *)one)->now, *b = ((const cd_top_partition_rates *)other)->now;
    size_t common = a->topic.len < b->topic.len ? a->topic.len : b->topic.len;
    int order = memcmp(a->topic.ptr, b->topic.ptr, common);
    if (order == 0)
        order = (a->topic.len > b->topic.len) - (a->topic.len < b->topic.len);
    return order ? order : (a->partition > b->partition) - (a->partition < b->partition);
}

static int by_lag(const void *one, const void *other)
{
    const cd_top_partition *a = ((const cd_top_partition_rates *)one)->now, *b = ((const cd_top_partition_rates *)other)->now;
    return a->lag != b->lag ? (a->lag < b->lag) - (a->lag > b->lag) : by_name(one, other);
}

static int by_rate(const void *one, const void *other)
{
    double a = ((const cd_top_partition_rates *)one)->flow.in, b = ((const cd_top_partition_rates *)other)->flow.in;
    if (isnan(a) || isnan(b))
        return isnan(a) != isnan(b) ? isnan(a) - isnan(b) : by_name(one, other);
    return a != b ? (a < b) - (a > b) : by_name(one, other);
}

void cd_top_rates_sort(cd_top_rates *rates, size_t partitions, cd_top_order order)
{
    static int (*const orders[CD_TOP_ORDERS])(const void *one, const void *other) = {by_lag, by_rate, by_name};
    qsort(rates->partitions, partitions, sizeof *rates->partitions, orders[order]);
}

void cd_top_rates_fini(cd_top_rates *rates)
{
    free(rates->partitions);
    free(rates->stages);
    free(rates->processes);
    *rates = (cd_top_rates){0};
}
