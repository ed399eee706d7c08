/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/channel.c: see channel.h. Layout of the memfd: one page with both control blocks, the recorder and the sizes,
 * then the request data, then the response data. */
#include "ring/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct channel_page {
    uint64_t request_capacity, response_capacity; /* written once by the desk, read once by the child */
    cd_ring_control request, response;
    _Alignas(64) _Atomic uint64_t recorder;
} channel_page;

enum { PAGE = 4096 };
_Static_assert(sizeof(channel_page) <= PAGE, "the control page is one page");

/* `desk_side`: which eventfd wakes the other end. */
static void init_rings(cd_channel *channel, uint64_t request_capacity, uint64_t response_capacity, int desk_side)
{
    channel_page *page = channel->map;
    char *data = (char *)channel->map + PAGE;
    int other = desk_side ? channel->child_wake_fd : channel->desk_wake_fd;
    cd_ring_init(&channel->requests, &page->request, data, request_capacity, other);
    cd_ring_init(&channel->responses, &page->response, data + request_capacity, response_capacity, other);
    channel->recorder = &page->recorder;
}

static int map_memory(cd_channel *channel, size_t size)
{
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, channel->memory_fd, 0);
    if (map == MAP_FAILED)
        return -errno;
    channel->map = map;
    channel->map_size = size;
    return 0;
}

int cd_channel_create(cd_channel *channel, size_t largest_request, size_t largest_response)
{
    uint64_t request_capacity = cd_ring_capacity(largest_request);
    uint64_t response_capacity = cd_ring_capacity(largest_response);
    size_t size = PAGE + request_capacity + response_capacity;
    int error;

    *channel = (cd_channel){.memory_fd = -1, .child_wake_fd = -1, .desk_wake_fd = -1};
    channel->memory_fd = memfd_create("copydesk-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    channel->child_wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    channel->desk_wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (channel->memory_fd < 0 || channel->child_wake_fd < 0 || channel->desk_wake_fd < 0 ||
        ftruncate(channel->memory_fd, (off_t)size) != 0 ||
        fcntl(channel->memory_fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
        error = -errno;
        goto out;
    }
    error = map_memory(channel, size);
    if (error)
        goto out;
    channel_page *page = channel->map;
    page->request_capacity = request_capacity;
    page->response_capacity = response_capacity;
    init_rings(channel, request_capacity, response_capacity, 1);
out:
    if (error)
        cd_channel_close(channel);
    return error;
}

int cd_channel_attach(cd_channel *channel, int memory_fd, int child_wake_fd, int desk_wake_fd)
{
    struct stat info;
    *channel = (cd_channel){.memory_fd = memory_fd, .child_wake_fd = child_wake_fd, .desk_wake_fd = desk_wake_fd};
    if (fstat(memory_fd, &info) != 0)
        return -errno;
    if (info.st_size < PAGE)
        return -EPROTO;
    int error = map_memory(channel, (size_t)info.st_size);
    if (error)
        return error;
    const channel_page *page = channel->map;
    if (PAGE + page->request_capacity + page->response_capacity != (uint64_t)info.st_size)
        return -EPROTO;
    init_rings(channel, page->request_capacity, page->response_capacity, 0);
    if (mprotect(channel->requests.data, channel->requests.capacity, PROT_READ) != 0)
        return -errno;
    channel->requests.read_only = 1;
    close(memory_fd);
    channel->memory_fd = -1;
    return 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void cd_channel_close(cd_channel *channel)
{
    if (channel->map == NULL && channel->map_size == 0 && channel->memory_fd == 0)
        return; /* zeroed: nothing was ever opened */
    if (channel->map)
        munmap(channel->map, channel->map_size);
    channel->map = NULL;
    close_fd(&channel->memory_fd);
    close_fd(&channel->child_wake_fd);
    close_fd(&channel->desk_wake_fd);
}

void cd_channel_fly(cd_channel *channel, uint64_t sequence, uint32_t step)
{
    atomic_store_explicit(channel->recorder, sequence << 8 | step, memory_order_release);
}

void cd_channel_land(cd_channel *channel) { atomic_store_explicit(channel->recorder, 0, memory_order_release); }

cd_flight cd_channel_flight(const cd_channel *channel)
{
    uint64_t word = atomic_load_explicit(channel->recorder, memory_order_acquire);
    return (cd_flight){.sequence = word >> 8, .step = (uint32_t)(word & 0xff)};
}
