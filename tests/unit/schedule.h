/* SPDX-License-Identifier: Apache-2.0
 *
 * Random schedules for property tests: a small generator and how many schedules are tried.
 *
 * Each schedule has a seed of its own, so that a failure names the one number that repeats it:
 * COPYDESK_SEED=NUMBER runs that schedule alone. COPYDESK_SCHEDULES changes how many are run.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct schedule {
    uint64_t seed, state;
} schedule;

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static inline uint64_t schedule_bits(schedule *s)
{
    uint64_t z = (s->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 … below-1. */
static inline uint64_t schedule_below(schedule *s, uint64_t below) { return schedule_bits(s) % below; }

static inline bool schedule_chance(schedule *s, unsigned percent) { return schedule_below(s, 100) < percent; }

/* Runs one schedule after the other: false from `run` is a failure. Returns how many failed, at most one. */
static inline int schedules_run(uint64_t count, bool (*run)(schedule *s))
{
    const char *one = getenv("COPYDESK_SEED"), *other = getenv("COPYDESK_SCHEDULES");
#ifdef __SANITIZE_THREAD__
    count = count > 100 ? count / 10 : count; /* ten times as slow, and there is nothing for it to find on one thread */
#endif
    uint64_t first = one ? strtoull(one, NULL, 10) : 1;
    uint64_t end = first + (one ? 1 : other ? strtoull(other, NULL, 10) : count);
    for (uint64_t seed = first; seed < end; seed++) {
        schedule s = {seed, seed * UINT64_C(0xd1342543de82ef95)};
        if (run(&s))
            continue;
        fprintf(stderr, "failed; COPYDESK_SEED=%" PRIu64 " repeats it\n", seed);
        return 1;
    }
    return 0;
}

/* In `run`: says what does not hold, and gives up. */
#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                             \
            return false;                                                                                              \
        }                                                                                                              \
    } while (0)

#endif
