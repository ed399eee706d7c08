/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/ring.c: see ring.h. Pure memory and two flags; knows nothing of records, Kafka or plugins. */
#include "ring/ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HEADER = 8, PAGE = 4096, LARGE = 256 << 10 };

/* Kinds of the project stay below this one: the rest of this lap is empty. */
#define KIND_SKIP UINT32_MAX

static uint64_t padded(uint64_t length) { return (length + HEADER + 7) & ~(uint64_t)7; }

uint64_t cd_ring_capacity(size_t largest)
{
    uint64_t wanted = 2 * padded(largest);
    uint64_t capacity = 2ull * CD_RING_SOFT;
    while (capacity < wanted)
        capacity *= 2;
    return capacity;
}

void cd_ring_init(cd_ring *ring, cd_ring_control *control, char *data, uint64_t capacity, int wake_fd)
{
    *ring = (cd_ring){.control = control, .data = data, .capacity = capacity, .soft = CD_RING_SOFT, .wake_fd = wake_fd};
}

static void wake(int fd)
{
    uint64_t one = 1;
    /* EAGAIN means the counter is full, so the other side is awake anyway. */
    ssize_t written = write(fd, &one, sizeof one);
    (void)written;
}

/* Wakes the other side if its flag says that it sleeps. */
static void wake_sleeper(const cd_ring *ring, _Atomic uint32_t *waits)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(waits, memory_order_relaxed) &&
        atomic_exchange_explicit(waits, 0, memory_order_relaxed))
        wake(ring->wake_fd);
}

/* ---- producer ---- */

static int refresh_tail(cd_ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->control->tail, memory_order_acquire);
    if (tail < ring->other || tail > ring->shown || tail % 8 != 0)
        return -EPROTO;
    ring->other = tail;
    return 0;
}

/* Where the next frame would start, with the skip to the next lap if the soft part of this one is used up. */
static uint64_t next_start(const cd_ring *ring)
{
    uint64_t offset = ring->own & (ring->capacity - 1);
    return offset < ring->soft ? ring->own : ring->own - offset + ring->capacity;
}

static int fits(const cd_ring *ring, uint64_t start, uint64_t need)
{
    return start + need - ring->other <= ring->capacity;
}

static void write_header(cd_ring *ring, uint64_t position, uint32_t kind, uint32_t length)
{
    uint64_t header = (uint64_t)kind << 32 | length;
    memcpy(ring->data + (position & (ring->capacity - 1)), &header, HEADER);
}

/* Leaves the rest of a used-up lap behind, as soon as the consumer has left the lap before. It is shown at once: a large
 * frame may need the very space that the consumer frees when it follows. */
static void skip_lap(cd_ring *ring)
{
    uint64_t start = next_start(ring);
    if (start == ring->own || !fits(ring, start, 0))
        return;
    write_header(ring, ring->own, KIND_SKIP, 0);
    ring->own = start;
    cd_ring_publish(ring);
}

void *cd_ring_reserve(cd_ring *ring, size_t length, int *error)
{
    uint64_t need = padded(length);
    *error = 0;
    if (length > UINT32_MAX || need > ring->capacity - ring->soft) {
        *error = -EMSGSIZE;
        return NULL;
    }
    if (!fits(ring, next_start(ring), need) && (*error = refresh_tail(ring)) != 0)
        return NULL;
    skip_lap(ring);
    if (next_start(ring) != ring->own || !fits(ring, ring->own, need))
        return NULL;
    return ring->data + (ring->own & (ring->capacity - 1)) + HEADER;
}

void cd_ring_commit(cd_ring *ring, uint32_t kind, size_t length)
{
    write_header(ring, ring->own, kind, (uint32_t)length);
    ring->own += padded(length);
}

void cd_ring_show(cd_ring *ring)
{
    if (ring->shown == ring->own)
        return;
    ring->shown = ring->own;
    ring->unsaid = 1;
    atomic_store_explicit(&ring->control->head, ring->own, memory_order_release);
}

void cd_ring_publish(cd_ring *ring)
{
    cd_ring_show(ring);
    if (ring->unsaid) {
        ring->unsaid = 0;
        wake_sleeper(ring, &ring->control->consumer_waits);
    }
}

int cd_ring_passed(cd_ring *ring, uint64_t position)
{
    int error = ring->other < position ? refresh_tail(ring) : 0;
    return error ? error : ring->other >= position;
}

int cd_ring_wait_space(cd_ring *ring, size_t length)
{
    atomic_store_explicit(&ring->control->producer_waits, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    if (refresh_tail(ring) == 0 && !fits(ring, next_start(ring), padded(length)))
        return 1;
    atomic_store_explicit(&ring->control->producer_waits, 0, memory_order_relaxed);
    return 0;
}

/* ---- consumer ---- */

static int refresh_head(cd_ring *ring)
{
    uint64_t head = atomic_load_explicit(&ring->control->head, memory_order_acquire);
    if (head < ring->other || head < ring->own || head - ring->own > ring->capacity || head % 8 != 0)
        return -EPROTO;
    ring->other = head;
    return 0;
}

/* The oldest header, loaded once; skips are followed. 1, 0 or -EPROTO. */
static int next_header(cd_ring *ring, uint64_t *header)
{
    for (;;) {
        if (ring->own == ring->other) {
            int error = refresh_head(ring);
            if (error || ring->own == ring->other)
                return error;
        }
        uint64_t offset = ring->own & (ring->capacity - 1);
        /* Loaded once indeed: what was checked must be what is used, whatever the other side writes meanwhile. */
        *header = __atomic_load_n((const uint64_t *)(const void *)(ring->data + offset), __ATOMIC_RELAXED);
        if (*header >> 32 != KIND_SKIP)
            return 1;
        if (offset == 0 || ring->other - ring->own < ring->capacity - offset)
            return -EPROTO;
        ring->own += ring->capacity - offset;
    }
}

int cd_ring_peek(cd_ring *ring, cd_frame *frame)
{
    uint64_t header;
    int found = next_header(ring, &header);
    if (found <= 0)
        return found;
    uint64_t offset = ring->own & (ring->capacity - 1);
    uint32_t length = (uint32_t)header;
    if (padded(length) > ring->other - ring->own || offset + padded(length) > ring->capacity)
        return -EPROTO;
    *frame = (cd_frame){.kind = (uint32_t)(header >> 32), .length = length, .payload = ring->data + offset + HEADER};
    return 1;
}

/* Whole pages beyond the part that is always in use. Nobody reads them any more: every frame starts below `soft`, so what lies
 * from there to `large_end` is consumed frames', and the producer has not been told yet. */
static void give_back(cd_ring *ring)
{
    uint64_t end = ring->large_end & ~(uint64_t)(PAGE - 1);
    char *from = ring->data + ring->soft;
    ring->large_end = 0;
    if (ring->soft >= end)
        return;
    /* Kernels before 6.7 refuse to take pages out of a mapping that is read-only at the moment. */
    if (ring->read_only)
        (void)mprotect(from, end - ring->soft, PROT_READ | PROT_WRITE);
    (void)madvise(from, end - ring->soft, MADV_REMOVE);
    if (ring->read_only)
        (void)mprotect(from, end - ring->soft, PROT_READ);
}

void cd_ring_consume(cd_ring *ring, const cd_frame *frame)
{
    if (frame->length >= LARGE) {
        uint64_t end = (ring->own & (ring->capacity - 1)) + padded(frame->length);
        if (end > ring->large_end)
            ring->large_end = end; /* not always the last one's: it may stand in the next lap already */
    }
    ring->own += padded(frame->length);
}

void cd_ring_release(cd_ring *ring)
{
    if (ring->shown == ring->own)
        return;
    if (ring->large_end)
        give_back(ring);
    ring->shown = ring->own;
    atomic_store_explicit(&ring->control->tail, ring->own, memory_order_release);
    wake_sleeper(ring, &ring->control->producer_waits);
}

int cd_ring_wait_frames(cd_ring *ring)
{
    cd_ring_release(ring); /* a skip that was followed frees space, too */
    atomic_store_explicit(&ring->control->consumer_waits, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    if (refresh_head(ring) == 0 && ring->own == ring->other)
        return 1;
    atomic_store_explicit(&ring->control->consumer_waits, 0, memory_order_relaxed);
    return 0;
}
