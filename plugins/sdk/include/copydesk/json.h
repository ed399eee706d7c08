/* SPDX-License-Identifier: Apache-2.0
 *
 * copydesk/json.h: a small JSON writer, header-only.
 *
 * Writes into one growing buffer that is kept between articles: `cd_json_reset` starts anew without freeing. Keys come
 * out in the order written; numbers are printed in one way, whatever the locale. A failed allocation is remembered, and
 * `cd_json_text` then gives an absent string, so that callers check once, at the end.
 *
 * The writer trusts its caller about nesting and about UTF-8: strings are escaped (", \ and controls below U+0020),
 * not validated. Ownership: the buffer is the writer's, freed by cd_json_free. Thread: the caller's.
 */
#ifndef COPYDESK_JSON_H
#define COPYDESK_JSON_H

#include <copydesk/plugin.h>
#include <stdlib.h>
#include <string.h>

/* A cd_str from a pointer and a length; C and C++ write it differently. */
#ifdef __cplusplus
#define CD_STR(bytes, length) (cd_str{(bytes), (length)})
#else
#define CD_STR(bytes, length) ((cd_str){(bytes), (length)})
#endif

typedef struct cd_json {
    char *buf;
    size_t len, cap;
    int comma;  /* a value was just written: the next one needs a comma */
    int failed; /* an allocation failed; nothing is written any more */
} cd_json;

static inline void cd_json_reset(cd_json *w)
{
    w->len = 0;
    w->comma = 0;
    w->failed = 0;
}

static inline void cd_json_free(cd_json *w)
{
    free(w->buf);
    memset(w, 0, sizeof *w);
}

/* What was written, borrowed until the next call that writes; absent after a failed allocation. */
static inline cd_str cd_json_text(const cd_json *w)
{
    if (w->failed || w->buf == NULL)
        return CD_STR(NULL, 0);
    return CD_STR(w->buf, w->len);
}

/* Room for `more` bytes behind `len`; NULL if there is none. */
static inline char *cd_json_room(cd_json *w, size_t more)
{
    if (w->failed)
        return NULL;
    if (w->cap - w->len < more) {
        size_t cap = w->cap ? w->cap : 1024;
        while (cap - w->len < more)
            cap *= 2;
        char *grown = (char *)realloc(w->buf, cap);
        if (grown == NULL) {
            w->failed = 1;
            return NULL;
        }
        w->buf = grown;
        w->cap = cap;
    }
    return w->buf + w->len;
}

static inline void cd_json_bytes(cd_json *w, const char *bytes, size_t len)
{
    char *at = cd_json_room(w, len ? len : 1);
    if (at == NULL || len == 0)
        return;
    memcpy(at, bytes, len);
    w->len += len;
}

static inline void cd_json_separate(cd_json *w)
{
    if (w->comma)
        cd_json_bytes(w, ",", 1);
    w->comma = 1;
}

static inline void cd_json_open(cd_json *w, char bracket)
{
    cd_json_separate(w);
    cd_json_bytes(w, &bracket, 1);
    w->comma = 0;
}

static inline void cd_json_close(cd_json *w, char bracket)
{
    cd_json_bytes(w, &bracket, 1);
    w->comma = 1;
}

static inline void cd_json_object(cd_json *w) { cd_json_open(w, '{'); }
static inline void cd_json_object_end(cd_json *w) { cd_json_close(w, '}'); }
static inline void cd_json_array(cd_json *w) { cd_json_open(w, '['); }
static inline void cd_json_array_end(cd_json *w) { cd_json_close(w, ']'); }

/* JSON text that is valid already. */
static inline void cd_json_raw(cd_json *w, cd_str json)
{
    cd_json_separate(w);
    cd_json_bytes(w, json.ptr, json.len);
}

static inline void cd_json_quoted(cd_json *w, cd_str s)
{
    static const char hex[] = "0123456789abcdef";
    char *at = cd_json_room(w, s.len * 6 + 2); /* the worst case: \u00XX for each byte */
    if (at == NULL)
        return;
    char *out = at;
    *out++ = '"';
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            *out++ = (char)c;
            continue;
        }
        *out++ = '\\';
        switch (c) {
        case '"': *out++ = '"'; break;
        case '\\': *out++ = '\\'; break;
        case '\n': *out++ = 'n'; break;
        case '\r': *out++ = 'r'; break;
        case '\t': *out++ = 't'; break;
        default:
            memcpy(out, "u00", 3);
            out[3] = hex[c >> 4];
            out[4] = hex[c & 15];
            out += 5;
        }
    }
    *out++ = '"';
    w->len += (size_t)(out - at);
}

static inline void cd_json_string(cd_json *w, cd_str s)
{
    cd_json_separate(w);
    cd_json_quoted(w, s);
}

/* A NUL-terminated string. */
static inline void cd_json_cstring(cd_json *w, const char *s) { cd_json_string(w, CD_STR(s, strlen(s))); }

static inline void cd_json_key(cd_json *w, const char *key)
{
    cd_json_cstring(w, key);
    cd_json_bytes(w, ":", 1);
    w->comma = 0;
}

static inline void cd_json_integer(cd_json *w, int64_t value)
{
    char digits[20];
    size_t n = 0;
    uint64_t rest = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
    do
        digits[n++] = (char)('0' + rest % 10);
    while (rest /= 10);
    cd_json_separate(w);
    if (value < 0)
        cd_json_bytes(w, "-", 1);
    while (n > 0)
        cd_json_bytes(w, &digits[--n], 1);
}

/* A number with at most `decimals` (0 to 9) digits behind the point, rounded half away from zero, trailing zeros cut:
 * 0.97, 1, -2.5. What is no finite number, or beyond ±1e9, comes out as null. */
static inline void cd_json_number(cd_json *w, double value, int decimals)
{
    if (!(value > -1e9 && value < 1e9)) {
        cd_json_raw(w, CD_STR("null", 4));
        return;
    }
    uint64_t scale = 1;
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    uint64_t fixed = (uint64_t)((value < 0 ? -value : value) * (double)scale + 0.5);
    while (scale > 1 && fixed % 10 == 0) {
        fixed /= 10;
        scale /= 10;
    }
    int64_t whole = (int64_t)(fixed / scale);
    uint64_t part = fixed % scale;
    cd_json_separate(w);
    w->comma = 0;
    if (value < 0 && fixed != 0)
        cd_json_bytes(w, "-", 1);
    cd_json_integer(w, whole);
    if (scale > 1)
        cd_json_bytes(w, ".", 1);
    for (uint64_t place = scale / 10; place > 0; place /= 10) {
        char digit = (char)('0' + part / place % 10);
        cd_json_bytes(w, &digit, 1);
    }
    w->comma = 1;
}

static inline void cd_json_boolean(cd_json *w, int value)
{
    cd_json_raw(w, value ? CD_STR("true", 4) : CD_STR("false", 5));
}

static inline void cd_json_null(cd_json *w) { cd_json_raw(w, CD_STR("null", 4)); }

#endif
