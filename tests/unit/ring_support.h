/* SPDX-License-Identifier: Apache-2.0
 *
 * Both ends of one ring in one process, over memory whose edges are guarded: a byte read or written outside of the data
 * ends the test with a fault.
 */
#ifndef RING_SUPPORT_H
#define RING_SUPPORT_H

#include "ring/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct ring_pair {
    cd_ring producer, consumer;
    cd_ring_control *control;
    char *data;
    uint64_t capacity;
    int memory_fd;
    int producer_wake_fd, consumer_wake_fd;
    char *map;
    size_t map_size;
} ring_pair;

/* Memory for frames of at most `largest` bytes, as the daemon makes it. */
void ring_pair_init(ring_pair *pair, uint64_t capacity);
void ring_pair_fini(ring_pair *pair);
/* Both ends start anew, with a ring of `capacity` and `soft` bytes: small ones reach all corners sooner. */
void ring_pair_restart(ring_pair *pair, uint64_t capacity, uint64_t soft);

/* True if that eventfd was written since the last call. */
bool ring_woken(int fd);

/* Bytes that only this `number` and this length have. */
void ring_fill(char *bytes, size_t length, uint64_t number);
bool ring_filled(const char *bytes, size_t length, uint64_t number);

/* Kilobytes of the ring's memory that are in use. */
long ring_kilobytes(const ring_pair *pair);

#endif
