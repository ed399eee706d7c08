/* SPDX-License-Identifier: Apache-2.0
 *
 * control/control.h: the control socket: a Unix-domain stream socket, one JSON request a line, one JSON answer a line.
 *
 * Served by the desk's own loop, without a thread; nothing here waits. Whatever clients do, they take little: so many at a time, so
 * many bytes of a request, so much time to send one and to take its answer, and all of them together at most a twentieth of the
 * desk's time. Taps, which are sent what goes out for as long as they stay, have buffers of bounded size (tap.h). Who may connect: the
 * socket file's mode, and the peer's credentials. docs/control.md is the protocol.
 *
 * Owns the socket, its file, its clients. Doesn't know what a status or a reload is: the plan does. Thread: the desk's. */
#ifndef COPYDESK_CONTROL_CONTROL_H
#define COPYDESK_CONTROL_CONTROL_H

#include "base/error.h"
#include "base/loop.h"
#include "control/tap.h"

#include <copydesk/json.h>
#include <sys/types.h>

enum { CD_CONTROL_CLIENTS = 16, CD_CONTROL_TAPS = 4 }; /* at once; taps are clients, too */

typedef struct cd_control cd_control;

typedef struct cd_control_peer {
    pid_t process; /* 0: in another pid namespace */
    uid_t user;
} cd_control_peer;

typedef struct cd_control_plan {
    cd_loop *loop;            /* outlives the socket */
    const char *folder, *name; /* the file is FOLDER/NAME.sock */
    void *self;
    void (*status)(void *self, cd_json *out); /* writes one JSON value */
    /* A reload is asked for: NULL, and cd_control_reload_begun and _decided follow; or why that cannot be. */
    const char *(*reload)(void *self, const cd_control_peer *peer);
} cd_control_plan;

/* 0 or -errno with the reason: the daemon can do without. */
int cd_control_create(const cd_control_plan *plan, cd_control **out, cd_error *error);
void cd_control_destroy(cd_control *control); /* NULL is fine; hangs up and removes the file */

/* Once a round: answers that were not taken yet, requests whose turn has come, time that is up. NULL is fine, as for those below. */
void cd_control_tend(cd_control *control, int64_t now_ns);

/* The configuration is being read now: who asked until here gets this reload's outcome, who asks later the next one's. */
void cd_control_reload_begun(cd_control *control);
/* `refusal` NULL: accepted, `pipeline` is the new fingerprint. */
void cd_control_reload_decided(cd_control *control, const char *refusal, const char *pipeline);

/* How many tap: asked for each record, so that the rest costs nothing while nobody does. */
int cd_control_taps(const cd_control *control);
/* The record went out: a copy into each tap that has chosen it. Nothing is sent here. */
void cd_control_show(cd_control *control, const cd_tap_record *record);

#endif
