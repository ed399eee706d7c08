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

/* "articles", "dead-letters" or "all". */
static bool take_kinds(reader *r, unsigned *out)
{
    char word[16];
    if (!take_word(r, word, sizeof word))
        return false;
    *out = strcmp(word, "articles") == 0 ? CD_TAP_ARTICLES : strcmp(word, "dead-letters") == 0 ? CD_TAP_DEAD_LETTERS : 0;
    if (strcmp(word, "all") == 0)
        *out = CD_TAP_ARTICLES | CD_TAP_DEAD_LETTERS;
    return *out != 0;
}

/* What the line says so far; a number that it does not say is -1. */
typedef struct words {
    cd_control_request request;
    int64_t partition, every;
} words;

/* 1 good, 0 not, -1 no such member. No member stands there twice. */
static int take_value(reader *r, const char *name, words *out)
{
    cd_control_request *request = &out->request;
    if (strcmp(name, "version") == 0)
        return request->version < 0 && take_number(r, &request->version);
    if (strcmp(name, "command") == 0)
        return request->command[0] == '\0' && take_word(r, request->command, sizeof request->command);
    if (strcmp(name, "show") == 0)
        return request->tap.kinds == 0 && take_kinds(r, &request->tap.kinds);
    if (strcmp(name, "topic") == 0)
        return request->tap.topic[0] == '\0' && take_word(r, request->tap.topic, sizeof request->tap.topic);
    if (strcmp(name, "partition") == 0)
        return out->partition < 0 && take_number(r, &out->partition);
    if (strcmp(name, "sample") == 0)
        return out->every < 0 && take_number(r, &out->every) && out->every > 0;
    return -1;
}

static int take_member(reader *r, words *out, cd_error *error)
{
    char name[sizeof out->request.command];
    if (!take_word(r, name, sizeof name) || !take(r, ':'))
        return cd_error_set(error, -EINVAL, "expected {\"version\":%d,\"command\":\"NAME\"}", CD_CONTROL_VERSION);
    int good = take_value(r, name, out);
    if (good < 0)
        return cd_error_set(error, -EINVAL, "\"%s\" is no member of a request", name);
    return good ? 0 : cd_error_set(error, -EINVAL, "\"%s\" is not what it should be", name);
}

/* What a tap says, and nobody else. */
static int judge_tap(words *out, cd_error *error)
{
    cd_tap_choice *tap = &out->request.tap;
    bool chosen = tap->kinds != 0 || tap->topic[0] || out->partition >= 0 || out->every >= 0;
    if (chosen && strcmp(out->request.command, "tap") != 0)
        return cd_error_set(error, -EINVAL, "only a tap has show, topic, partition and sample");
    if ((tap->topic[0] != '\0') != (out->partition >= 0))
        return cd_error_set(error, -EINVAL, "topic and partition go together");
    if (tap->kinds == 0)
        tap->kinds = CD_TAP_ARTICLES;
    tap->partition = (int32_t)out->partition;
    tap->every = out->every > 0 ? (uint64_t)out->every : 1;
    return 0;
}

int cd_control_request_read(const char *line, size_t length, cd_control_request *out, cd_error *error)
{
    reader r = {line, line + length};
    words said = {.request.version = -1, .partition = -1, .every = -1};
    if (!take(&r, '{'))
        return cd_error_set(error, -EINVAL, "a request is one JSON object a line");
    do {
        int result = take_member(&r, &said, error);
        if (result)
            return result;
    } while (take(&r, ','));
    bool closed = take(&r, '}');
    skip_space(&r);
    if (!closed || r.at != r.end)
        return cd_error_set(error, -EINVAL, "a request is one JSON object a line, and nothing behind it");
    if (said.request.version < 0 || said.request.command[0] == '\0')
        return cd_error_set(error, -EINVAL, "a request has a version and a command");
    int result = judge_tap(&said, error);
    *out = said.request;
    return result;
}
