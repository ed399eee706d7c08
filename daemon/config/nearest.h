/* SPDX-License-Identifier: Apache-2.0
 *
 * config/nearest.h: "did you mean …?" for names that nobody knows. Private to config/. No allocation. Thread: any.
 */
#ifndef CD_CONFIG_NEAREST_H
#define CD_CONFIG_NEAREST_H

#include <stddef.h>

/* Start with {.wanted = name}, offer every candidate, take the result. */
typedef struct cd_nearest {
    const char *wanted;
    const char *best; /* borrowed from the caller of cd_nearest_offer */
    size_t distance;
} cd_nearest;

void cd_nearest_offer(cd_nearest *nearest, const char *candidate);

/* Writes "; did you mean 'NAME'?", or "" if nothing is near enough (a third of the letters, at least one). Returns
 * `out`. */
const char *cd_nearest_hint(const cd_nearest *nearest, char *out, size_t size);

#endif
