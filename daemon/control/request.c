/* SPDX-License-Identifier: Apache-2.0
 *
 * control/request.c: see request.h. The grammar is RFC 8259's, less nesting, escapes and fractions. */
#include "control/request.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

typedef struct reader {
    const char *at, *end;
} reader;

static void skip_space(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* The next byte that is no space, if it is `wanted`. */
static bool take(reader *r, char wanted)
{
    skip_space(r);
    if (r->at == r->end || *r->at != wanted)
        return false;
    r->at++;
    return true;
}

/* A string of printable ASCII without escapes, shorter than `size`. */
static bool take_word(reader *r, char *out, size_t size)
{
    size_t length = 0;
    if (!take(r, '"'))
        return false;
    for (; r->at < r->end && *r->at != '"'; r->at++) {
        if (*r->at < 0x20 || *r->at > 0x7e || *r->at == '\\' || length + 1 == size)
            return false;
        out[length++] = *r->at;
    }
    out[length] = '\0';
    return take(r, '"');
}

/* Up to nine digits, without a leading zero. */
static bool take_number(reader *r, int64_t *out)
{
    skip_space(r);
    const char *start = r->at;
    int64_t value = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - start < 9; r->at++)
        value = value * 10 + (*r->at - '0');
    *out = value;
    return r->at > start && (*start != '0' || r->at == start + 1) && (r->at == r->end || *r->at < '0' || *r->at > '9');
}

static int take_member(reader *r, cd_control_request *out, cd_error *error)
{
    char name[sizeof out->command];
    bool good;
    if (!take_word(r, name, sizeof name) || !take(r, ':'))
        return cd_error_set(error, -EINVAL, "expected {\"version\":%d,\"command\":\"NAME\"}", CD_CONTROL_VERSION);
    if (strcmp(name, "version") == 0)
        good = out->version < 0 && take_number(r, &out->version);
    else if (strcmp(name, "command") == 0)
        good = out->command[0] == '\0' && take_word(r, out->command, sizeof out->command);
    else
        return cd_error_set(error, -EINVAL, "\"%s\" is no member of a request", name);
    return good ? 0 : cd_error_set(error, -EINVAL, "\"%s\" is not what it should be", name);
}

int cd_control_request_read(const char *line, size_t length, cd_control_request *out, cd_error *error)
{
    reader r = {line, line + length};
    *out = (cd_control_request){.version = -1};
    if (!take(&r, '{'))
        return cd_error_set(error, -EINVAL, "a request is one JSON object a line");
    do {
        int result = take_member(&r, out, error);
        if (result)
            return result;
    } while (take(&r, ','));
    bool closed = take(&r, '}');
    skip_space(&r);
    if (!closed || r.at != r.end)
        return cd_error_set(error, -EINVAL, "a request is one JSON object a line, and nothing behind it");
    if (out->version < 0 || out->command[0] == '\0')
        return cd_error_set(error, -EINVAL, "a request has a version and a command");
    return 0;
}
