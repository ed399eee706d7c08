/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/sandbox.h: what a child may still do once its plugins are open.
 *
 * A worker: compute, read and write what is open already, end itself. No path, no socket, no process, no thread, no signal to
 * others. The store: besides that, files below its folder and, if a stage needs them, TCP connections.
 * Kernel means: no_new_privs, rlimits, Landlock (where the kernel has it), seccomp. Irreversible; on the one thread of the
 * process. */
#ifndef COPYDESK_WORKER_SANDBOX_H
#define COPYDESK_WORKER_SANDBOX_H

#include "base/error.h"

#include <stdint.h>

typedef struct cd_sandbox {
    const char *folder; /* NULL: a worker */
    int64_t memory;     /* RLIMIT_DATA in bytes; 0: none */
    int network;        /* sockets for the store; a worker never has any */
    int confine;        /* 0: rlimits only */
} cd_sandbox;

typedef struct cd_sandbox_state {
    int landlock, seccomp; /* in force */
} cd_sandbox_state;

/* 0 or -errno. A kernel without Landlock is no error: state says so. */
int cd_sandbox_enter(const cd_sandbox *sandbox, cd_sandbox_state *state, cd_error *error);

#endif
