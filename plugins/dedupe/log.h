/* SPDX-License-Identifier: Apache-2.0
 *
 * log.h: where one segment's records are kept. Two kinds: log_lmdb.c (a file, durable) and log_memory.c (nothing but
 * memory, for tests and for runs that keep nothing).
 *
 * A log is a row of records, a set of refs that were forgotten while it was the newest, and, once it grows no more, the
 * sealed index. Changes happen between begin and commit and are visible at once to the same caller. Only the newest log
 * is written. Errors are -errno; -ENOSPC: the disk or the map is full, and the same may succeed later.
 */
#ifndef DEDUPE_LOG_H
#define DEDUPE_LOG_H

#include <copydesk/plugin.h>

#include "index.h"
#include "options.h"
#include "record.h"
#include "sealed.h"

typedef struct dd_log dd_log;
typedef struct dd_place dd_place; /* a folder, or nothing */

typedef struct dd_log_kind {
    /* The place where the logs lie. `why` gets a sentence for people on an error (borrowed, static or the place's). */
    int (*place_open)(dd_place **place, const dd_settings *settings, const char *folder, char *why, size_t why_size);
    void (*place_close)(dd_place *place);
    /* The numbers of the logs there, ascending, at most `max`; their number, or -errno. */
    int (*list)(dd_place *place, uint32_t *numbers, int max);

    /* Opens log `number`, makes it if `create`. -EPROTO: written by another version or machine. */
    int (*open)(dd_place *place, uint32_t number, int create, dd_log **log);
    void (*close)(dd_log *log);
    /* Closes it, and its space goes back. */
    void (*remove)(dd_log *log);

    uint32_t (*count)(dd_log *log); /* records, those of the open batch included */
    int (*begin)(dd_log *log);
    int (*append)(dd_log *log, cd_str record);
    int (*forget)(dd_log *log, dd_ref ref);
    /* 0: durable as far as `sync` promises. On an error nothing of the batch is in, except where even the disk can't
     * tell: the caller asks `count` again. */
    int (*commit)(dd_log *log);
    void (*abort)(dd_log *log);

    /* The record's bytes, borrowed until the next call that writes. -ENOENT. */
    int (*read)(dd_log *log, uint32_t place, cd_str *record);
    /* The refs that `forget` wrote; their number, or -errno. */
    int (*forgotten)(dd_log *log, dd_ref *refs, size_t max);

    /* Outside of a batch: writes the sealed form, durable and whole or not at all. After an error it may be written and
     * not be readable yet: then `begin` gives -EROFS, and seal is to be called again. */
    int (*seal)(dd_log *log, const dd_index *index);
    /* The sealed form, borrowed until close; -ENOENT if there is none, -EAGAIN if it is not readable yet. */
    int (*sealed)(dd_log *log, dd_sealed *sealed);
} dd_log_kind;

extern const dd_log_kind dd_log_memory, dd_log_lmdb;

#endif
