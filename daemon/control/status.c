/* SPDX-License-Identifier: Apache-2.0
 *
 * control/status.c: see status.h. */
#include "control/status.h"

#include <stdio.h>

/* ---- the condition ---- */

static int64_t since(const cd_condition *condition, const char *from, int64_t now_ns)
{
    for (size_t i = 0; i < condition->reason_count; i++)
        if (strcmp(condition->reasons[i].from, from) == 0)
            return condition->reasons[i].since_ns;
    return now_ns;
}

void cd_condition_note(cd_condition *condition, const char *phase, const cd_complaint *complaints, size_t count, int64_t now_ns)
{
    cd_condition next = {.since_ns = now_ns};
    for (size_t i = 0; i < count && next.reason_count < CD_REASONS_MAX; i++) {
        if (complaints[i].text == NULL || complaints[i].text[0] == '\0')
            continue;
        cd_reason *reason = &next.reasons[next.reason_count++];
        reason->from = complaints[i].from;
        snprintf(reason->text, sizeof reason->text, "%s", complaints[i].text);
        reason->since_ns = since(condition, reason->from, now_ns);
    }
    next.state = strcmp(phase, "ready") == 0 && next.reason_count > 0 ? "degraded" : phase;
    if (condition->state && strcmp(condition->state, next.state) == 0)
        next.since_ns = condition->since_ns;
    *condition = next;
}

const char *cd_condition_line(const cd_condition *condition, char *out, size_t size)
{
    const char *state = condition->state ? condition->state : "starting";
    int used = snprintf(out, size, "%s", strcmp(state, "ready") == 0 ? "ok" : state);
    for (size_t i = 0; i < condition->reason_count && used >= 0 && (size_t)used < size; i++)
        used += snprintf(out + used, size - (size_t)used, "%s%s", i == 0 ? ": " : "; ", condition->reasons[i].text);
    return out;
}

/* ---- JSON ---- */

static void text(cd_json *out, const char *key, const char *value)
{
    cd_json_key(out, key);
    cd_json_cstring(out, value);
}

static void number(cd_json *out, const char *key, int64_t value)
{
    cd_json_key(out, key);
    cd_json_integer(out, value);
}

static int64_t wall_ms(const cd_status *status, int64_t at_ns) { return status->now_ms - (status->now_ns - at_ns) / 1000000; }

static void write_reasons(const cd_status *status, cd_json *out)
{
    cd_json_key(out, "reasons");
    cd_json_array(out);
    for (size_t i = 0; i < status->condition->reason_count; i++) {
        const cd_reason *reason = &status->condition->reasons[i];
        cd_json_object(out);
        text(out, "from", reason->from);
        text(out, "text", reason->text);
        number(out, "since_ms", wall_ms(status, reason->since_ns));
        cd_json_object_end(out);
    }
    cd_json_array_end(out);
}

static void write_reload(const cd_status *status, cd_json *out)
{
    const cd_reload_memory *reload = status->reload;
    cd_json_key(out, "reload");
    cd_json_object(out);
    text(out, "last", reload->decided_ns == 0 ? "none" : reload->refusal[0] ? "refused" : "accepted");
    cd_json_key(out, "running");
    cd_json_boolean(out, reload->running);
    if (reload->decided_ns)
        number(out, "time_ms", wall_ms(status, reload->decided_ns));
    if (reload->decided_ns && reload->refusal[0])
        text(out, "reason", reload->refusal);
    cd_json_object_end(out);
}

void cd_status_write(const cd_status *status, cd_json *out)
{
    cd_json_object(out);
    text(out, "state", status->condition->state ? status->condition->state : "starting");
    number(out, "since_ms", wall_ms(status, status->condition->since_ns));
    write_reasons(status, out);
    number(out, "pid", status->process);
    text(out, "program", status->version);
    text(out, "file", status->file);
    text(out, "group", status->group);
    write_reload(status, out);
    number(out, "taps", status->taps);
    cd_json_key(out, "log");
    cd_json_object(out);
    number(out, "dropped", (int64_t)status->log_dropped);
    number(out, "suppressed", (int64_t)status->log_suppressed);
    cd_json_object_end(out);
    cd_json_key(out, "stats");
    if (status->stats.ptr)
        cd_json_raw(out, status->stats);
    else
        cd_json_null(out);
    cd_json_object_end(out);
}
