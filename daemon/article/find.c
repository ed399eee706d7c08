/* SPDX-License-Identifier: Apache-2.0
 *
 * article/find.c: JSON Pointer (RFC 6901) over an index.
 */
#include "article/index.h"

#include <errno.h>
#include <string.h>

uint32_t cd_index_skip(const cd_index *index, uint32_t value)
{
    uint32_t token = value;
    size_t depth = 0;
    do {
        char c = index->json.ptr[index->at[token++]];
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
    } while (depth > 0);
    return token;
}

/* The element at token `value`'s array; 0 if it has none of that number. */
static uint32_t find_element(const cd_index *index, uint32_t array, cd_str number)
{
    if (number.len == 0 || number.len > 10 || (number.len > 1 && number.ptr[0] == '0'))
        return 0;
    uint64_t left = 0;
    for (size_t i = 0; i < number.len; i++) {
        if (number.ptr[i] < '0' || number.ptr[i] > '9')
            return 0;
        left = left * 10 + (uint64_t)(number.ptr[i] - '0');
    }
    uint32_t token = array + 1;
    if (index->json.ptr[index->at[token]] == ']')
        return 0;
    for (; left > 0; left--) {
        token = cd_index_skip(index, token);
        if (index->json.ptr[index->at[token]] != ',')
            return 0;
        token++;
    }
    return token;
}

/* ~1 is a slash, ~0 a tilde, nothing else may follow a tilde. 0, -EINVAL or -ENOMEM. */
static int unescape_step(cd_arena *arena, cd_str *step)
{
    if (memchr(step->ptr, '~', step->len) == NULL)
        return 0;
    char *block = cd_arena_take(arena, step->len);
    if (block == NULL)
        return -ENOMEM;
    size_t len = 0;
    for (size_t i = 0; i < step->len; i++) {
        char c = step->ptr[i];
        if (c == '~') {
            i++;
            if (i == step->len || (step->ptr[i] != '0' && step->ptr[i] != '1'))
                return -EINVAL;
            c = step->ptr[i] == '0' ? '~' : '/';
        }
        block[len++] = c;
    }
    *step = (cd_str){block, len};
    return 0;
}

int cd_index_find(cd_index *index, cd_str pointer, uint32_t *value)
{
    uint32_t at = 0;
    int missing = 0;
    const char *next = pointer.ptr, *end = next + pointer.len;
    while (next < end) {
        if (*next != '/')
            return -EINVAL;
        next++;
        const char *slash = memchr(next, '/', (size_t)(end - next));
        cd_str step = {next, (size_t)((slash != NULL ? slash : end) - next)};
        next += step.len;
        cd_str name = step;
        int rc = unescape_step(&index->arena, &name);
        if (rc != 0)
            return rc;
        if (name.ptr != step.ptr) /* only the comparison needs it */
            cd_arena_shrink(&index->arena, step.len, 0);
        int32_t type = missing ? CD_JSON_NULL : cd_index_type(index, at);
        at = type == CD_JSON_OBJECT  ? cd_index_member_value(index, at, name)
             : type == CD_JSON_ARRAY ? find_element(index, at, step)
                                     : 0;
        missing = at == 0; /* but the rest must be a pointer still */
    }
    *value = at;
    return missing ? -ENOENT : 0;
}

int cd_index_value(cd_index *index, uint32_t value, cd_value *out)
{
    *out = (cd_value){.type = cd_index_type(index, value), .raw = cd_index_raw(index, value)};
    return out->type == CD_JSON_STRING ? cd_index_string(index, value, &out->string) : 0;
}
