/* SPDX-License-Identifier: Apache-2.0
 *
 * stats/stats.c: see stats.h. */
#include "stats/stats.h"

static void number(cd_json *out, const char *key, uint64_t value)
{
    cd_json_key(out, key);
    cd_json_integer(out, (int64_t)value);
}

static void text(cd_json *out, const char *key, const char *value)
{
    cd_json_key(out, key);
    cd_json_cstring(out, value);
}

static void write_ledger(cd_json *out, const cd_ledger *ledger, uint64_t in_flight)
{
    number(out, "read", ledger->read);
    number(out, "published", ledger->published);
    number(out, "dropped", ledger->dropped);
    number(out, "dead_lettered", ledger->dead_lettered);
    number(out, "abandoned", ledger->abandoned);
    number(out, "in_flight", in_flight);
    cd_json_key(out, "gap");
    cd_json_integer(out, cd_ledger_gap(ledger, in_flight));
}

static void write_partition(cd_json *out, const cd_partition_stats *p)
{
    cd_json_object(out);
    text(out, "topic", p->topic);
    cd_json_key(out, "partition");
    cd_json_integer(out, p->partition);
    number(out, "epoch", p->epoch);
    write_ledger(out, &p->ledger, p->in_flight);
    cd_json_key(out, "committed");
    cd_json_integer(out, p->committed);
    number(out, "skipped", p->skipped);
    cd_json_key(out, "end");
    cd_json_integer(out, p->end);
    cd_json_key(out, "lag");
    cd_json_integer(out, p->lag);
    cd_json_key(out, "assigned");
    cd_json_boolean(out, p->assigned);
    cd_json_key(out, "paused");
    cd_json_boolean(out, p->paused);
    cd_json_object_end(out);
}

static void write_stage(cd_json *out, const cd_stage_stats *s)
{
    cd_json_object(out);
    text(out, "name", s->name);
    text(out, "version", s->version);
    cd_json_key(out, "off");
    cd_json_boolean(out, s->off);
    number(out, "articles", s->articles);
    number(out, "ok", s->ok);
    number(out, "dropped", s->dropped);
    number(out, "routed", s->routed);
    number(out, "rejected", s->rejected);
    number(out, "retried", s->retried);
    number(out, "fatal", s->fatal);
    number(out, "skipped", s->skipped);
    number(out, "crashes", s->crashes);
    number(out, "timeouts", s->timeouts);
    number(out, "claims", s->claims);
    number(out, "wall_us", s->wall_ns / 1000);
    cd_json_key(out, "counters");
    cd_json_object(out);
    for (uint32_t i = 0; i < s->counter_count; i++)
        number(out, s->counter_names[i], s->counters[i]);
    cd_json_object_end(out);
    cd_json_object_end(out);
}

static void write_total(cd_json *out, const cd_stats_view *view)
{
    cd_ledger sum = {0};
    uint64_t in_flight = 0;
    for (size_t i = 0; i < view->partition_count; i++) {
        cd_ledger_add(&sum, &view->partitions[i].ledger);
        in_flight += view->partitions[i].in_flight;
    }
    cd_json_key(out, "total");
    cd_json_object(out);
    write_ledger(out, &sum, in_flight);
    cd_json_object_end(out);
}

void cd_stats_write(const cd_stats_view *view, cd_json *out)
{
    cd_json_reset(out);
    cd_json_object(out);
    text(out, "name", view->name);
    text(out, "pipeline", view->pipeline);
    text(out, "status", view->status);
    number(out, "time_ms", (uint64_t)view->time_ms);
    number(out, "uptime_ms", (uint64_t)view->uptime_ms);
    number(out, "memory_used", view->budget_used);
    number(out, "memory_limit", view->budget_limit);
    number(out, "restarts", view->restarts);
    write_total(out, view);
    cd_json_key(out, "partitions");
    cd_json_array(out);
    for (size_t i = 0; i < view->partition_count; i++)
        write_partition(out, &view->partitions[i]);
    cd_json_array_end(out);
    cd_json_key(out, "stages");
    cd_json_array(out);
    for (size_t i = 0; i < view->stage_count; i++)
        write_stage(out, &view->stages[i]);
    cd_json_array_end(out);
    cd_json_key(out, "workers");
    cd_json_array(out);
    for (size_t i = 0; i < view->child_count; i++) {
        cd_json_object(out);
        text(out, "name", view->children[i].name);
        text(out, "state", view->children[i].state);
        cd_json_key(out, "pid");
        cd_json_integer(out, view->children[i].pid);
        number(out, "in_flight", view->children[i].in_flight);
        cd_json_object_end(out);
    }
    cd_json_array_end(out);
    cd_json_object_end(out);
}
