/* SPDX-License-Identifier: Apache-2.0
 *
 * config/pool.c: a chain of blocks that are filled from the front. See pool.h. Owns the blocks.
 */
#include "config/pool.h"

#include "base/error.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 16384

typedef struct cd_pool_block {
    struct cd_pool_block *older;
    size_t used, cap;
    alignas(max_align_t) char bytes[];
} cd_pool_block;

void *cd_pool_take(cd_pool *pool, size_t size)
{
    size_t wide = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    cd_pool_block *block = pool->newest;
    if (block == NULL || block->cap - block->used < wide) {
        size_t cap = wide > BLOCK_BYTES ? wide : BLOCK_BYTES;
        block = calloc(1, sizeof *block + cap);
        CD_REQUIRE(block != NULL, "out of memory for the configuration");
        block->cap = cap;
        block->older = pool->newest;
        pool->newest = block;
    }
    void *at = block->bytes + block->used;
    block->used += wide;
    return at;
}

char *cd_pool_copy(cd_pool *pool, const char *bytes, size_t len)
{
    char *copy = cd_pool_take(pool, len + 1);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

char *cd_pool_string(cd_pool *pool, const char *string) { return cd_pool_copy(pool, string, strlen(string)); }

char *cd_pool_printf(cd_pool *pool, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int need = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    CD_REQUIRE(need >= 0, "cannot format \"%s\"", format);
    char *text = cd_pool_take(pool, (size_t)need + 1);
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)need + 1, format, arguments);
    va_end(arguments);
    return text;
}

void cd_pool_fini(cd_pool *pool)
{
    for (cd_pool_block *block = pool->newest, *older; block != NULL; block = older) {
        older = block->older;
        free(block);
    }
    pool->newest = NULL;
}
