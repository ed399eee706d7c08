/* SPDX-License-Identifier: Apache-2.0
 *
 * config/arena.c: a chain of blocks that are filled from the front. See arena.h. Owns the blocks.
 */
#include "config/arena.h"

#include "base/error.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 16384

typedef struct cd_arena_block {
    struct cd_arena_block *older;
    size_t used, cap;
    alignas(max_align_t) char bytes[];
} cd_arena_block;

void *cd_arena_take(cd_arena *arena, size_t size)
{
    size_t wide = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    cd_arena_block *block = arena->newest;
    if (block == NULL || block->cap - block->used < wide) {
        size_t cap = wide > BLOCK_BYTES ? wide : BLOCK_BYTES;
        block = calloc(1, sizeof *block + cap);
        CD_REQUIRE(block != NULL, "out of memory for the configuration");
        block->cap = cap;
        block->older = arena->newest;
        arena->newest = block;
    }
    void *at = block->bytes + block->used;
    block->used += wide;
    return at;
}

char *cd_arena_copy(cd_arena *arena, const char *bytes, size_t len)
{
    char *copy = cd_arena_take(arena, len + 1);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

char *cd_arena_string(cd_arena *arena, const char *string) { return cd_arena_copy(arena, string, strlen(string)); }

char *cd_arena_printf(cd_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int need = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    CD_REQUIRE(need >= 0, "cannot format \"%s\"", format);
    char *text = cd_arena_take(arena, (size_t)need + 1);
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)need + 1, format, arguments);
    va_end(arguments);
    return text;
}

void cd_arena_fini(cd_arena *arena)
{
    for (cd_arena_block *block = arena->newest, *older; block != NULL; block = older) {
        older = block->older;
        free(block);
    }
    arena->newest = NULL;
}
