/* SPDX-License-Identifier: Apache-2.0
 *
 * log_memory.c: a log in memory. Keeps its index in the open form: sealing only trims it (store.c keeps what it has).
 */
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct dd_place {
    int unused;
};

struct dd_log {
    char *bytes; /* the records, one behind the other */
    size_t length, capacity;
    size_t *start; /* count + 1 offsets into bytes */
    uint32_t count, start_capacity;
    uint32_t committed;
};

static int place_open(dd_place **place, const dd_settings *settings, const char *folder, char *why, size_t why_size)
{
    (void)settings, (void)folder, (void)why, (void)why_size;
    *place = calloc(1, sizeof **place);
    return *place ? 0 : -ENOMEM;
}

static void place_close(dd_place *place) { free(place); }

static int list(dd_place *place, uint32_t *numbers, int max)
{
    (void)place, (void)numbers, (void)max;
    return 0;
}

static int log_open(dd_place *place, uint32_t number, int create, dd_log **log)
{
    (void)place, (void)number;
    if (!create)
        return -ENOENT;
    *log = calloc(1, sizeof **log);
    if (*log == NULL)
        return -ENOMEM;
    (*log)->start = calloc(1024, sizeof *(*log)->start);
    (*log)->start_capacity = 1024;
    if ((*log)->start == NULL) {
        free(*log);
        return -ENOMEM;
    }
    return 0;
}

static void log_close(dd_log *log)
{
    if (log == NULL)
        return;
    free(log->bytes);
    free(log->start);
    free(log);
}

static uint32_t count(dd_log *log) { return log->count; }

static int begin(dd_log *log)
{
    log->committed = log->count;
    return 0;
}

static int reserve(dd_log *log, size_t more)
{
    if (log->count + 2 > log->start_capacity) {
        size_t *grown = realloc(log->start, (size_t)log->start_capacity * 2 * sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        log->start = grown;
        log->start_capacity *= 2;
    }
    if (log->capacity - log->length < more) {
        size_t capacity = (log->capacity + more) * 2;
        char *grown = realloc(log->bytes, capacity);
        if (grown == NULL)
            return -ENOMEM;
        log->bytes = grown;
        log->capacity = capacity;
    }
    return 0;
}

static int append(dd_log *log, cd_str record)
{
    int rc = reserve(log, record.len);
    if (rc != 0)
        return rc;
    memcpy(log->bytes + log->length, record.ptr, record.len);
    log->length += record.len;
    log->start[++log->count] = log->length;
    return 0;
}

static int forget(dd_log *log, dd_ref ref)
{
    (void)log, (void)ref; /* the store's own set is enough where nothing outlives the process */
    return 0;
}

static int commit(dd_log *log)
{
    log->committed = log->count;
    return 0;
}

static void log_abort(dd_log *log)
{
    log->count = log->committed;
    log->length = log->start[log->count];
}

static int log_read(dd_log *log, uint32_t place, cd_str *record)
{
    if (place >= log->count)
        return -ENOENT;
    *record = (cd_str){log->bytes + log->start[place], log->start[place + 1] - log->start[place]};
    return 0;
}

static int forgotten(dd_log *log, dd_ref *refs, size_t max)
{
    (void)log, (void)refs, (void)max;
    return 0;
}

static int seal(dd_log *log, const dd_index *index)
{
    (void)log, (void)index;
    return 0;
}

static int sealed(dd_log *log, dd_sealed *view)
{
    (void)log, (void)view;
    return -ENOENT;
}

const dd_log_kind dd_log_memory = {place_open, place_close, list,   log_open,  log_close, log_close, count, begin,
                                   append,     forget,      commit, log_abort, log_read,  forgotten, seal,  sealed};
