/* SPDX-License-Identifier: Apache-2.0
 *
 * base/loop.h: the desk's one event loop: epoll, and a handler for each descriptor.
 *
 * A source belongs to its owner and must stay where it is while it is in the loop. A handler may remove any source, its
 * own included. Thread: the one that runs it. */
#ifndef CD_BASE_LOOP_H
#define CD_BASE_LOOP_H

#include <stdint.h>

typedef struct cd_loop_source {
    int fd; /* -1: not in a loop */
    void (*handler)(void *self);
    void *self;
} cd_loop_source;

typedef struct cd_loop {
    int epoll_fd;
    struct cd_loop_source *pending[64]; /* of the round in hand; a removed one becomes NULL */
    int pending_count;
} cd_loop;

int cd_loop_init(cd_loop *loop); /* 0 or -errno */
void cd_loop_fini(cd_loop *loop);

/* Calls handler(self) when `fd` is readable. 0 or -errno. */
int cd_loop_add(cd_loop *loop, cd_loop_source *source, int fd, void (*handler)(void *self), void *self);
void cd_loop_remove(cd_loop *loop, cd_loop_source *source);

/* One round: waits at most `timeout_ms` (-1: for ever) and runs the handlers of what is ready. */
void cd_loop_round(cd_loop *loop, int timeout_ms);

#endif
