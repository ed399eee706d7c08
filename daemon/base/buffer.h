/* SPDX-License-Identifier: Apache-2.0
 *
 * base/buffer.h: a growable byte buffer, header-only.
 *
 * Starts as (cd_buffer){0}; kept and reused: cd_buffer_reset empties without freeing. A failed allocation is remembered
 * in `failed` and later writes do nothing, so that callers check once, at the end. A NUL byte stands behind the last
 * byte of every non-failed buffer that was written to, outside of `len`. Ownership: `data` is the buffer's. Thread: the
 * caller's.
 */
#ifndef CD_BASE_BUFFER_H
#define CD_BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct cd_buffer {
    char *data;
    size_t len, cap;
    bool failed; /* an allocation failed; what was written since is lost */
} cd_buffer;

static inline void cd_buffer_fini(cd_buffer *buffer)
{
    free(buffer->data);
    *buffer = (cd_buffer){0};
}

static inline void cd_buffer_reset(cd_buffer *buffer)
{
    buffer->len = 0;
    buffer->failed = false;
}

/* Empties, and gives the memory back if more than `keep` bytes were held: after a rare large record. */
static inline void cd_buffer_trim(cd_buffer *buffer, size_t keep)
{
    if (buffer->cap > keep)
        cd_buffer_fini(buffer);
    else
        cd_buffer_reset(buffer);
}

/* Room for `more` bytes (and a NUL) behind `len`; the caller writes there and then adds to `len`. NULL on failure. */
static inline char *cd_buffer_reserve(cd_buffer *buffer, size_t more)
{
    if (buffer->failed)
        return NULL;
    if (buffer->cap - buffer->len > more)
        return buffer->data + buffer->len;
    if (more < SIZE_MAX / 4 && buffer->len < SIZE_MAX / 4) {
        size_t cap = buffer->cap < 256 ? 256 : buffer->cap;
        while (cap - buffer->len <= more)
            cap *= 2;
        char *grown = (char *)realloc(buffer->data, cap);
        if (grown != NULL) {
            buffer->data = grown;
            buffer->cap = cap;
            return grown + buffer->len;
        }
    }
    buffer->failed = true;
    return NULL;
}

static inline void cd_buffer_append(cd_buffer *buffer, const void *bytes, size_t len)
{
    char *at = cd_buffer_reserve(buffer, len);
    if (at == NULL)
        return;
    if (len > 0)
        memcpy(at, bytes, len);
    at[len] = '\0';
    buffer->len += len;
}

static inline void cd_buffer_append_byte(cd_buffer *buffer, char byte) { cd_buffer_append(buffer, &byte, 1); }

static inline void cd_buffer_append_string(cd_buffer *buffer, const char *string)
{
    cd_buffer_append(buffer, string, strlen(string));
}

static inline __attribute__((format(printf, 2, 3))) void cd_buffer_printf(cd_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int need = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *at = need < 0 ? NULL : cd_buffer_reserve(buffer, (size_t)need);
    if (at == NULL) {
        buffer->failed = true;
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(at, (size_t)need + 1, format, arguments);
    va_end(arguments);
    buffer->len += (size_t)need;
}

/* NUL-terminated; "" for an empty or failed buffer. Borrowed until the next write. */
static inline const char *cd_buffer_string(const cd_buffer *buffer)
{
    return buffer->failed || buffer->len == 0 ? "" : buffer->data;
}

#endif
