/* SPDX-License-Identifier: Apache-2.0
 *
 * config/arena.h: the memory of one configuration, freed in one go. Private to config/.
 *
 * Configurations are small and bounded (the file is at most 1 MiB), and nothing can go on without one: memory that runs
 * out here ends the process with a message, so no caller checks. Thread: the owner's.
 */
#ifndef CD_CONFIG_ARENA_H
#define CD_CONFIG_ARENA_H

#include <stddef.h>

/* Starts as (cd_arena){0}. */
typedef struct cd_arena {
    struct cd_arena_block *newest;
} cd_arena;

void *cd_arena_take(cd_arena *arena, size_t size);                   /* zeroed, aligned for anything */
char *cd_arena_copy(cd_arena *arena, const char *bytes, size_t len); /* NUL-terminated */
char *cd_arena_string(cd_arena *arena, const char *string);
char *cd_arena_printf(cd_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cd_arena_fini(cd_arena *arena);

#endif
