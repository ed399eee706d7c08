/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/hello.h: what a child says when it is ready: the pipeline's fingerprint, its stages and their counters.
 *
 * Text of lines with tab-separated words, written by the child, read by the desk from its private copy. */
#ifndef COPYDESK_RING_HELLO_H
#define COPYDESK_RING_HELLO_H

#include "base/buffer.h"
#include "ring/message.h"

#define CD_HELLO_COUNTERS 64

typedef struct cd_hello_stage {
    char *name, *version, *member;
    int has_store;
    char *counters[CD_HELLO_COUNTERS];
    uint32_t counter_count;
} cd_hello_stage;

typedef struct cd_hello {
    char fingerprint[33];
    int landlock, seccomp; /* whether that part of the sandbox is in force */
    cd_hello_stage stages[CD_STAGES_MAX];
    uint32_t stage_count;
} cd_hello;

/* The strings in `hello` are borrowed for the call. */
void cd_hello_write(const cd_hello *hello, cd_buffer *out);
/* 0, -EPROTO or -ENOMEM; the strings are the hello's. cd_hello_fini in any case. */
int cd_hello_read(cd_str text, cd_hello *out);
void cd_hello_fini(cd_hello *hello);

#endif
