/* SPDX-License-Identifier: Apache-2.0
 *
 * article/charset.c: iconv over a growing buffer. See charset.h.
 */
#include "article/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEPT_BYTES ((size_t)1 << 20) /* a larger buffer is given back before the next article */

struct cd_charset {
    iconv_t converter;
    char *buffer;
    size_t capacity;
    char name[64];
};

int cd_charset_is_utf8(const char *name)
{
    return name == NULL || *name == '\0' || strcasecmp(name, "UTF-8") == 0 || strcasecmp(name, "UTF8") == 0;
}

cd_charset *cd_charset_create(const char *name)
{
    /* "//IGNORE" and "//TRANSLIT" would drop or guess characters without a word. */
    if (strchr(name, '/') != NULL || strlen(name) >= sizeof(((cd_charset *)0)->name)) {
        errno = EINVAL;
        return NULL;
    }
    cd_charset *charset = calloc(1, sizeof(*charset));
    if (charset == NULL)
        return NULL;
    memcpy(charset->name, name, strlen(name));
    charset->converter = iconv_open("UTF-8", name);
    if (charset->converter == (iconv_t)-1) { // NOLINT(performance-no-int-to-ptr)
        int error = errno;
        free(charset);
        errno = error == ENOMEM ? ENOMEM : EINVAL;
        return NULL;
    }
    return charset;
}

void cd_charset_destroy(cd_charset *charset)
{
    if (charset == NULL)
        return;
    iconv_close(charset->converter);
    free(charset->buffer);
    free(charset);
}

static int reserve(cd_charset *charset, size_t used, size_t capacity)
{
    if (capacity <= charset->capacity)
        return 0;
    char *grown = used > 0 ? realloc(charset->buffer, capacity) : NULL;
    if (used == 0) { /* nothing to keep: spare the copy */
        free(charset->buffer);
        charset->buffer = NULL;
        charset->capacity = 0;
        grown = malloc(capacity);
    }
    if (grown == NULL)
        return -ENOMEM;
    charset->buffer = grown;
    charset->capacity = capacity;
    return 0;
}

static int refuse_sequence(const cd_charset *charset, cd_str from, size_t at, int cut, cd_problem *problem)
{
    if (cut)
        return cd_problem_set(problem, (int64_t)at, "invalid %s: ends within a character", charset->name);
    return cd_problem_set(problem, (int64_t)at, "invalid %s: byte 0x%02X", charset->name, (unsigned char)from.ptr[at]);
}

int cd_charset_convert(cd_charset *charset, cd_str from, size_t limit, cd_str *to, cd_problem *problem)
{
    if (charset->capacity > KEPT_BYTES) {
        free(charset->buffer);
        charset->buffer = NULL;
        charset->capacity = 0;
    }
    if (reserve(charset, 0, from.len + from.len / 2 + 64) != 0)
        return -ENOMEM;
    iconv(charset->converter, NULL, NULL, NULL, NULL);
    char *in = (char *)from.ptr; /* iconv's type lacks a const; it does not write */
    size_t left = from.len, used = 0;
    int flushing = 0;
    while (left > 0 || flushing < 2) {
        char *out = charset->buffer + used;
        size_t room = charset->capacity - used;
        flushing = left == 0 ? 1 : 0;
        size_t rc = iconv(charset->converter, flushing ? NULL : &in, &left, &out, &room);
        used = (size_t)(out - charset->buffer);
        if (rc != (size_t)-1 && flushing)
            break;
        if (rc == (size_t)-1 && (errno == EILSEQ || errno == EINVAL))
            return refuse_sequence(charset, from, (size_t)(in - from.ptr), errno == EINVAL, problem);
        if (used > limit)
            break;
        if (rc == (size_t)-1 && reserve(charset, used, charset->capacity * 2) != 0)
            return -ENOMEM;
    }
    if (used > limit)
        return cd_problem_set(problem, -1, "too large: more than the limit of %zu bytes once it is UTF-8", limit);
    *to = (cd_str){charset->buffer, used};
    return 0;
}

int64_t cd_charset_origin(cd_charset *charset, cd_str from, int64_t at)
{
    if (at < 0)
        return -1;
    iconv(charset->converter, NULL, NULL, NULL, NULL);
    char *in = (char *)from.ptr;
    size_t left = from.len;
    int64_t produced = 0;
    while (left > 0 && produced < at) {
        char block[256], *out = block;
        size_t room = (size_t)(at - produced) < sizeof(block) ? (size_t)(at - produced) : sizeof(block);
        size_t rc = iconv(charset->converter, &in, &left, &out, &room);
        produced += out - block;
        if (rc != (size_t)-1 || errno != E2BIG || out == block)
            break;
    }
    return in - from.ptr;
}
