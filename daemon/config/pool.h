/* SPDX-License-Identifier: Apache-2.0
 *
 * config/pool.h: the memory of one configuration, freed in one go. Private to config/.
 *
 * Configurations are small and bounded (the file is at most 1 MiB), and nothing can go on without one: memory that runs
 * out here ends the process with a message, so no caller checks. Thread: the owner's.
 */
#ifndef CD_CONFIG_POOL_H
#define CD_CONFIG_POOL_H

#include <stddef.h>

/* Starts as (cd_pool){0}. */
typedef struct cd_pool {
    struct cd_pool_block *newest;
} cd_pool;

void *cd_pool_take(cd_pool *pool, size_t size);                   /* zeroed, aligned for anything */
char *cd_pool_copy(cd_pool *pool, const char *bytes, size_t len); /* NUL-terminated */
char *cd_pool_string(cd_pool *pool, const char *string);
char *cd_pool_printf(cd_pool *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cd_pool_fini(cd_pool *pool);

#endif
