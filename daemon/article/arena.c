/* SPDX-License-Identifier: Apache-2.0
 *
 * article/arena.c: a list of chunks, filled from the front. See arena.h.
 */
#include "article/arena.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_CHUNK ((size_t)64 << 10)

struct cd_arena_chunk {
    cd_arena_chunk *next;
    size_t used, size;
    char bytes[];
};

void cd_arena_fini(cd_arena *arena)
{
    while (arena->chunks != NULL) {
        cd_arena_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
}

void cd_arena_reset(cd_arena *arena)
{
    while (arena->chunks != NULL && (arena->chunks->next != NULL || arena->chunks->size > FIRST_CHUNK)) {
        cd_arena_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
    if (arena->chunks != NULL)
        arena->chunks->used = 0;
}

static cd_arena_chunk *chunk_add(cd_arena *arena, size_t size)
{
    /* Each chunk doubles the last, so that many small strings cost few chunks. */
    size_t wanted = arena->chunks != NULL ? arena->chunks->size * 2 : FIRST_CHUNK;
    if (wanted < size)
        wanted = size;
    cd_arena_chunk *chunk = malloc(sizeof(*chunk) + wanted);
    if (chunk == NULL)
        return NULL;
    *chunk = (cd_arena_chunk){.next = arena->chunks, .size = wanted};
    arena->chunks = chunk;
    return chunk;
}

char *cd_arena_take(cd_arena *arena, size_t size)
{
    cd_arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < size)
        chunk = chunk_add(arena, size);
    if (chunk == NULL)
        return NULL;
    char *block = chunk->bytes + chunk->used;
    chunk->used += size;
    return block;
}

void cd_arena_shrink(cd_arena *arena, size_t size, size_t used)
{
    assert(arena->chunks != NULL && arena->chunks->used >= size && used <= size);
    arena->chunks->used -= size - used;
}
