/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/ring.h: a ring of frames in shared memory, one producer and one consumer in two processes.
 *
 * Positions are 64-bit byte counters that only grow; the offset in the data area is position modulo capacity. A frame
 * is an 8-byte header (length, kind) and its payload, padded to 8 bytes, and never wraps: a frame starts below `soft`
 * only, and capacity ≥ soft + the largest frame. Past `soft` the producer skips to the next lap. So the memory in use stays at
 * `soft` bytes, and only a large record touches pages beyond it; the consumer gives those back (cd_ring_release).
 *
 * Trust: each side keeps its own position in private memory and reads the other's from shared memory. What the other
 * side wrote is checked (-EPROTO): a position behind the last one seen, beyond the capacity or unaligned, a length that
 * leaves the published bytes. A header is loaded once. The payload can change under the reader's eyes when the other side
 * is hostile: copy it once, then parse the copy.
 *
 * Waking: a side that is about to sleep says so in shared memory, looks again, then waits on its eventfd; the other side
 * writes the eventfd only if it finds the flag set (the store-load order is Dekker's, hence the full fences). */
#ifndef COPYDESK_RING_RING_H
#define COPYDESK_RING_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* The control block in shared memory: one cache line a writer. */
typedef struct cd_ring_control {
    _Alignas(64) _Atomic uint64_t head; /* written by the producer: all below is readable */
    _Atomic uint32_t producer_waits;    /* set by the producer before it sleeps for space */
    _Alignas(64) _Atomic uint64_t tail; /* written by the consumer: all below is free */
    _Atomic uint32_t consumer_waits;    /* set by the consumer before it sleeps for frames */
} cd_ring_control;

/* One side's view. Plain data, owned by its side; used on one thread. */
typedef struct cd_ring {
    cd_ring_control *control;
    char *data;
    uint64_t capacity; /* a power of two */
    uint64_t soft;
    uint64_t own;    /* the position of this side: the truth */
    uint64_t other;  /* the other side's position as last seen and checked */
    uint64_t shown;  /* what of `own` is published */
    uint64_t large_end; /* how far consumed large frames reach: pages to give back at the next release; 0: none */
    int read_only;   /* the consumer's mapping of `data` is */
    int unsaid;      /* frames are visible, but the other side was not woken for them yet */
    int wake_fd;     /* eventfd of the other side */
} cd_ring;

typedef struct cd_frame {
    uint32_t kind;
    uint32_t length;
    const char *payload; /* in shared memory */
} cd_frame;

#define CD_RING_SOFT (1u << 20)

/* Capacity for frames of at most `largest` bytes of payload. */
uint64_t cd_ring_capacity(size_t largest);

void cd_ring_init(cd_ring *ring, cd_ring_control *control, char *data, uint64_t capacity, int wake_fd);

/* Producer. Room for a payload of `length` bytes, 8-aligned; NULL and *error 0 if the ring is too full now, NULL and
 * *error -EPROTO if the other side broke the rules, -EMSGSIZE if it can never fit. The pointer is valid until commit. */
void *cd_ring_reserve(cd_ring *ring, size_t length, int *error);
/* The frame in hand is complete with `length` bytes (≤ reserved). Not visible before cd_ring_publish. */
void cd_ring_commit(cd_ring *ring, uint32_t kind, size_t length);
/* Makes all committed frames visible without waking anybody: they survive this side's death. */
void cd_ring_show(cd_ring *ring);
/* The same, and wakes the consumer if it sleeps. */
void cd_ring_publish(cd_ring *ring);
/* Has the consumer released all up to `position`, which was `own` after a commit? 1, 0 or -EPROTO. */
int cd_ring_passed(cd_ring *ring, uint64_t position);
/* About to sleep for space of `length` bytes: 1 if sleeping is right (still no room), 0 to look again. */
int cd_ring_wait_space(cd_ring *ring, size_t length);

/* Consumer. 1 and the oldest frame, 0 if there is none, -EPROTO. */
int cd_ring_peek(cd_ring *ring, cd_frame *frame);
/* Goes past the frame that peek gave. Its bytes stay readable until cd_ring_release. */
void cd_ring_consume(cd_ring *ring, const cd_frame *frame);
/* Frees what was consumed and wakes the producer if it waits for space. The pages of large frames go back to the system. */
void cd_ring_release(cd_ring *ring);
/* About to sleep for frames: 1 if sleeping is right (still empty), 0 to look again. */
int cd_ring_wait_frames(cd_ring *ring);

#endif
