/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/headers.c: see headers.h. */
#include "kafka/headers.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char own_prefix[] = "copydesk-";

/* A dead letter that was sent back for another try carries its old story: the new one replaces it. */
static rd_kafka_headers_t *copy_foreign(const rd_kafka_headers_t *from)
{
    rd_kafka_headers_t *to;
    const char *name;
    const void *value;
    size_t size;
    if (from == NULL)
        return rd_kafka_headers_new(1);
    to = rd_kafka_headers_new(rd_kafka_header_cnt(from) + 16);
    for (size_t i = 0; rd_kafka_header_get_all(from, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        if (strncmp(name, own_prefix, sizeof own_prefix - 1) != 0)
            rd_kafka_header_add(to, name, -1, value, value ? (ssize_t)size : 0);
    return to;
}

static void add(rd_kafka_headers_t *headers, const char *name, const char *value)
{
    if (value)
        rd_kafka_header_add(headers, name, -1, value, (ssize_t)strlen(value));
}

static void add_number(rd_kafka_headers_t *headers, const char *name, long long value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", value);
    add(headers, name, text);
}

rd_kafka_headers_t *cd_headers_article(const cd_record *record, const char *pipeline)
{
    rd_kafka_headers_t *headers = copy_foreign(record->origin);
    add(headers, "copydesk-pipeline", pipeline);
    return headers;
}

static void add_signal(rd_kafka_headers_t *headers, int number)
{
    char text[24];
    const char *name = sigabbrev_np(number);
    if (name)
        snprintf(text, sizeof text, "SIG%s", name);
    else
        snprintf(text, sizeof text, "%d", number);
    add(headers, "copydesk-signal", text);
}

/* Of the old story this alone is kept: how often it was sent back. */
static void keep_replays(rd_kafka_headers_t *headers, const rd_kafka_headers_t *from)
{
    const void *value;
    size_t size;
    if (from && rd_kafka_header_get_last(from, CD_HEADER_REPLAYED, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR && value && size < 20)
        rd_kafka_header_add(headers, CD_HEADER_REPLAYED, -1, value, (ssize_t)size);
}

rd_kafka_headers_t *cd_headers_replay(const rd_kafka_headers_t *from, int64_t replays)
{
    rd_kafka_headers_t *headers = copy_foreign(from);
    add_number(headers, CD_HEADER_REPLAYED, replays);
    return headers;
}

rd_kafka_headers_t *cd_headers_dead_letter(const cd_record *record, const char *pipeline, const cd_truncation *truncation)
{
    const cd_outcome *outcome = &record->outcome;
    rd_kafka_headers_t *headers = truncation->bare ? rd_kafka_headers_new(16) : copy_foreign(record->origin);
    keep_replays(headers, record->origin);
    if (truncation->bare)
        add(headers, "copydesk-headers", "left out, too large, and the key");
    add(headers, "copydesk-class", outcome->class);
    add(headers, "copydesk-stage", outcome->stage);
    add(headers, "copydesk-reason", outcome->reason ? outcome->reason : "no reason given");
    add(headers, "copydesk-plugin-version", outcome->version);
    add(headers, "copydesk-topic", record->lane->topic);
    add_number(headers, "copydesk-partition", record->identity.partition);
    add_number(headers, "copydesk-offset", record->identity.offset);
    add_number(headers, "copydesk-attempts", cd_record_attempts(record));
    add(headers, "copydesk-pipeline", pipeline);
    if (outcome->byte >= 0)
        add_number(headers, "copydesk-byte", outcome->byte);
    if (outcome->signal)
        add_signal(headers, outcome->signal);
    if (truncation->sha256) {
        add_number(headers, "copydesk-truncated", (long long)truncation->kept);
        add_number(headers, "copydesk-original-size", (long long)record->payload.len);
        add(headers, "copydesk-sha256", truncation->sha256);
    }
    return headers;
}
