/* SPDX-License-Identifier: Apache-2.0
 *
 * bench/dedupe_articles.c: see dedupe_articles.h. */
#include "dedupe_articles.h"

#include "blob.h"
#include "tokens.h"

#include <stdio.h>

double bench_now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

uint64_t bench_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

size_t bench_blob(char *out, uint64_t number)
{
    static uint64_t hash[BENCH_TOKENS];
    uint64_t choice = number * 0x2545F4914F6CDD1DULL, dice = bench_next(&choice) % 100, source = number;
    uint64_t index = number & 0xFFFFFFFF;
    if (dice < 13 && index > 0)
        source = number - 1 - bench_next(&choice) % (index < 200000 ? index : 200000);
    uint64_t seed = source, fold = dice >= 3 && dice < 13 ? ~number : source;
    seed = bench_next(&seed); /* one more turn, or neighbours draw the same row one place on */
    for (unsigned i = 0; i < BENCH_TOKENS; i++) {
        hash[i] = bench_next(&seed) % BENCH_VOCABULARY * 0xD6E8FEB86659FD93ULL;
        if (dice >= 3 && dice < 13 && bench_next(&choice) % 30 == 0)
            hash[i] ^= 0x55;
    }
    dd_tokens tokens = {.hash = hash, .count = BENCH_TOKENS, .number_count = 12};
    for (uint16_t i = 0; i < tokens.number_count; i++)
        tokens.numbers[i] = (uint16_t)(i * 5000u + (unsigned)(source * 7919 % 5000));
    tokens.exact[0] = bench_next(&fold);
    tokens.exact[1] = bench_next(&fold);
    char id[60];
    int n = snprintf(id, sizeof id, "outlet-%llu/article-%llu", (unsigned long long)(number % 400),
                     (unsigned long long)number);
    return dd_blob_write(out, &tokens, 0, (cd_str){id, (size_t)n});
}
