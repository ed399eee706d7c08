/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/channel.h: the shared memory between the desk and one child: a request ring, a response ring and the flight
 * recorder, in one sealed memfd (it can neither grow nor shrink, so the child cannot make the desk fault).
 *
 * The desk creates a channel and hands its descriptors to the child by exec; the child attaches. Two eventfds: one
 * wakes the child (requests, or space for responses), one wakes the desk (responses, or space for requests).
 *
 * The flight recorder is one 64-bit word: which record is in which stage, written by the child before each step, read by
 * the desk after a death and by its deadlines. What it says is a hint from a hostile process: the desk checks it
 * against what that child really has in hand. */
#ifndef COPYDESK_RING_CHANNEL_H
#define COPYDESK_RING_CHANNEL_H

#include "ring/ring.h"

/* Steps besides the stages 0 to 199. */
#define CD_FLIGHT_DECODE 250
#define CD_FLIGHT_ENCODE 251
#define CD_FLIGHT_CLAIM 252

typedef struct cd_flight {
    uint64_t sequence; /* 0: nothing in hand */
    uint32_t step;
} cd_flight;

typedef struct cd_channel {
    cd_ring requests, responses; /* seen from this side */
    _Atomic uint64_t *recorder;
    void *map;
    size_t map_size;
    int memory_fd;     /* the desk's: kept until the child is started; -1 otherwise */
    int child_wake_fd; /* eventfd that wakes the child */
    int desk_wake_fd;  /* eventfd that wakes the desk */
} cd_channel;

/* The desk's side. `largest_request` and `largest_response` in bytes of payload. 0 or -errno. */
int cd_channel_create(cd_channel *channel, size_t largest_request, size_t largest_response);
/* The child's side, from inherited descriptors, which the channel then owns. The requests' bytes are mapped read-only: a plugin that
 * scribbles over them dies of it, and does not work on, or publish, what it made of them. 0 or -errno. */
int cd_channel_attach(cd_channel *channel, int memory_fd, int child_wake_fd, int desk_wake_fd);
/* Takes a zeroed, a half-built and a finished channel. */
void cd_channel_close(cd_channel *channel);

/* Child: `sequence` (below 2^56) is now in `step`. */
void cd_channel_fly(cd_channel *channel, uint64_t sequence, uint32_t step);
/* Child: nothing in hand. */
void cd_channel_land(cd_channel *channel);
/* Desk. */
cd_flight cd_channel_flight(const cd_channel *channel);

#endif
