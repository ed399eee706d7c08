/* SPDX-License-Identifier: Apache-2.0
 *
 * article/arena.h: bytes that stay where they are until the article is done.
 *
 * Unescaped strings must not move while others are added, so the arena is a list of chunks. Reset keeps the first chunk
 * and gives the rest back: an ordinary article allocates nothing, a huge one leaves nothing behind.
 */
#ifndef CD_ARTICLE_ARENA_H
#define CD_ARTICLE_ARENA_H

#include <stddef.h>

typedef struct cd_arena_chunk cd_arena_chunk;

typedef struct cd_arena {
    cd_arena_chunk *chunks; /* the newest first */
} cd_arena;

void cd_arena_fini(cd_arena *arena);
void cd_arena_reset(cd_arena *arena);

/* `size` bytes, not aligned for anything but bytes, valid until reset or fini. NULL: out of memory. */
char *cd_arena_take(cd_arena *arena, size_t size);

/* Gives back the tail of the block taken last: it was `size` bytes, `used` of them stay. */
void cd_arena_shrink(cd_arena *arena, size_t size, size_t used);

#endif
