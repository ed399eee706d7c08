/* SPDX-License-Identifier: Apache-2.0
 *
 * See ring_support.h.
 */
#include "ring_support.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096 };

void ring_pair_init(ring_pair *pair, uint64_t capacity)
{
    *pair = (ring_pair){.capacity = capacity, .map_size = capacity + 2 * PAGE};
    pair->memory_fd = memfd_create("ring", MFD_CLOEXEC);
    assert_true(pair->memory_fd >= 0);
    assert_int_equal(ftruncate(pair->memory_fd, (off_t)capacity), 0);
    pair->map = mmap(NULL, pair->map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(pair->map, MAP_FAILED);
    pair->data = mmap(pair->map + PAGE, capacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, pair->memory_fd, 0);
    assert_ptr_equal(pair->data, pair->map + PAGE);
    pair->control = aligned_alloc(64, sizeof *pair->control);
    assert_non_null(pair->control);
    pair->producer_wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pair->consumer_wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ring_pair_restart(pair, capacity, CD_RING_SOFT);
}

void ring_pair_restart(ring_pair *pair, uint64_t capacity, uint64_t soft)
{
    memset(pair->control, 0, sizeof *pair->control);
    cd_ring_init(&pair->producer, pair->control, pair->data, capacity, pair->consumer_wake_fd);
    cd_ring_init(&pair->consumer, pair->control, pair->data, capacity, pair->producer_wake_fd);
    pair->producer.soft = pair->consumer.soft = soft;
    (void)ring_woken(pair->producer_wake_fd);
    (void)ring_woken(pair->consumer_wake_fd);
}

void ring_pair_fini(ring_pair *pair)
{
    munmap(pair->map, pair->map_size);
    close(pair->memory_fd);
    close(pair->producer_wake_fd);
    close(pair->consumer_wake_fd);
    free(pair->control);
}

bool ring_woken(int fd)
{
    uint64_t count;
    return read(fd, &count, sizeof count) == sizeof count;
}

static char byte_of(uint64_t number, size_t length, size_t i)
{
    return (char)(number * 31 + length * 7 + i * 13 + (i >> 8));
}

void ring_fill(char *bytes, size_t length, uint64_t number)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = byte_of(number, length, i);
}

bool ring_filled(const char *bytes, size_t length, uint64_t number)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != byte_of(number, length, i))
            return false;
    return true;
}

long ring_kilobytes(const ring_pair *pair)
{
    struct stat info;
    assert_int_equal(fstat(pair->memory_fd, &info), 0);
    return (long)info.st_blocks / 2;
}
