/* SPDX-License-Identifier: Apache-2.0
 *
 * article/spans.c: see spans.h. */
#include "article/spans.h"

#include "article/positions.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

typedef struct checker {
    cd_positions positions;
    size_t *count;
    char *why;
    size_t size;
} checker;

static int fault(checker *c, json_int_t start, json_int_t end, const char *what)
{
    snprintf(c->why, c->size, "the span from %lld to %lld %s", (long long)start, (long long)end, what);
    return -EINVAL;
}

/* The slice as it stands, short enough for a line. */
static int wrong_text(checker *c, json_int_t start, json_int_t end, const char *said, cd_str there)
{
    char what[256];
    snprintf(what, sizeof what, "says \"%.40s\", but text[start:end] is \"%.*s\"", said, there.len > 40 ? 40 : (int)there.len,
             there.ptr);
    return fault(c, start, end, what);
}

static int check_object(checker *c, const json_t *object)
{
    const json_t *from = json_object_get(object, "start"), *to = json_object_get(object, "end"),
                 *text = json_object_get(object, "text");
    if (!json_is_integer(from) || !json_is_integer(to))
        return 0;
    json_int_t start = json_integer_value(from), end = json_integer_value(to);
    json_int_t total = (json_int_t)cd_positions_codepoint(&c->positions, c->positions.text.len);
    ++*c->count;
    if (start < 0 || start > end || end > total) {
        char what[96];
        snprintf(what, sizeof what, "is not in the text, which has %lld code points", (long long)total);
        return fault(c, start, end, what);
    }
    if (!json_is_string(text) || json_array_size(json_object_get(object, "parts")) > 1)
        return 0;
    size_t first = cd_positions_byte(&c->positions, (size_t)start), last = cd_positions_byte(&c->positions, (size_t)end);
    cd_str there = {c->positions.text.ptr + first, last - first};
    if (json_string_length(text) == there.len && memcmp(json_string_value(text), there.ptr, there.len) == 0)
        return 0;
    return wrong_text(c, start, end, json_string_value(text), there);
}

/* Not deeper than the worker lets an annotation be: CD_JSON_READER_DEPTH. */
static int check_value(checker *c, json_t *value)
{
    const char *key;
    json_t *inner;
    size_t i;
    int result = 0;
    if (json_is_object(value)) {
        result = check_object(c, value);
        json_object_foreach (value, key, inner)
            result = result ? result : check_value(c, inner);
    } else if (json_is_array(value)) {
        json_array_foreach (value, i, inner)
            result = result ? result : check_value(c, inner);
    }
    return result;
}

int cd_spans_check(cd_str enriched, const char *member, size_t *count, char *why, size_t size)
{
    json_error_t error;
    json_t *root = json_loadb(enriched.ptr, enriched.len, JSON_ALLOW_NUL, &error);
    if (root == NULL) {
        snprintf(why, size, "the output cannot be read: %s (byte %d)", error.text, error.position);
        return -EINVAL;
    }
    const json_t *text = json_object_get(root, "text");
    json_t *annotation = json_object_get(json_object_get(root, "enrichment"), member);
    checker c = {.count = count, .why = why, .size = size};
    int result = json_is_string(text) && annotation ? 0 : -ENOENT;
    if (result == 0) {
        cd_positions_init(&c.positions);
        cd_positions_reset(&c.positions, (cd_str){json_string_value(text), json_string_length(text)});
        result = check_value(&c, annotation);
        cd_positions_fini(&c.positions);
    }
    json_decref(root);
    return result;
}
