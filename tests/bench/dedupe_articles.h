/* SPDX-License-Identifier: Apache-2.0
 *
 * bench/dedupe_articles.h: the made-up articles that both benches of dedupe's stores claim, and their clock. Pure but for the
 * clock; one thread. */
#ifndef COPYDESK_BENCH_DEDUPE_ARTICLES_H
#define COPYDESK_BENCH_DEDUPE_ARTICLES_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { BENCH_TOKENS = 336, BENCH_VOCABULARY = 60000 };

/* Seconds. */
double bench_now(clockid_t clock);
/* splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). */
uint64_t bench_next(uint64_t *state);
/* The blob of the article `number`: a machine's number in the upper half, the article's own in the lower. 3 in a hundred are an earlier
 * one of that machine word for word, 10 with every thirtieth word changed. `out` has DD_BLOB_MAX bytes; the bytes used. */
size_t bench_blob(char *out, uint64_t number);

#endif
