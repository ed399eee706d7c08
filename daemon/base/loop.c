/* SPDX-License-Identifier: Apache-2.0
 *
 * base/loop.c: see loop.h. */
#include "base/loop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ROUND = 64 };

int cd_loop_init(cd_loop *loop)
{
    *loop = (cd_loop){.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    return loop->epoll_fd >= 0 ? 0 : -errno;
}

void cd_loop_fini(cd_loop *loop)
{
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    loop->epoll_fd = -1;
}

int cd_loop_add(cd_loop *loop, cd_loop_source *source, int fd, void (*handler)(void *self), void *self)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    *source = (cd_loop_source){fd, handler, self};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    source->fd = -1;
    return -errno;
}

void cd_loop_remove(cd_loop *loop, cd_loop_source *source)
{
    if (source->handler == NULL || source->fd < 0)
        return;
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    source->fd = -1;
    for (int i = 0; i < loop->pending_count; i++)
        if (loop->pending[i] == source)
            loop->pending[i] = NULL;
}

void cd_loop_round(cd_loop *loop, int timeout_ms)
{
    struct epoll_event events[ROUND];
    int count = epoll_wait(loop->epoll_fd, events, ROUND, timeout_ms);
    loop->pending_count = count > 0 ? count : 0;
    for (int i = 0; i < loop->pending_count; i++)
        loop->pending[i] = events[i].data.ptr;
    for (int i = 0; i < loop->pending_count; i++)
        if (loop->pending[i])
            loop->pending[i]->handler(loop->pending[i]->self);
    loop->pending_count = 0;
}
