/* SPDX-License-Identifier: Apache-2.0
 *
 * options.h: the stage's options, read once and then immutable.
 */
#ifndef DEDUPE_OPTIONS_H
#define DEDUPE_OPTIONS_H

#include <copydesk/plugin.h>

#include "decide.h"

enum dd_key { DD_KEY_NONE, DD_KEY_SOURCE, DD_KEY_LANGUAGE };
enum dd_sync { DD_SYNC_FULL, DD_SYNC_DATA, DD_SYNC_NONE };

#define DD_PREFIX_MAX 64u

/* What to do with an article of one relation. */
typedef struct dd_action {
    int32_t verdict; /* CD_OK, CD_DROP or CD_ROUTE */
    cd_str route;    /* the name, for CD_ROUTE; borrowed from the host */
} dd_action;

typedef struct dd_settings {
    enum dd_level level;
    int key;       /* enum dd_key */
    int in_memory; /* store = memory */
    int reading;   /* no option: set by who opens a store beside the process that writes it, and writes nothing */
    int sync;      /* enum dd_sync */
    int64_t window_ms;
    int64_t span_ms;          /* of one segment */
    uint32_t segment_records; /* a segment is sealed at that many, whatever its span */
    int is_shared; /* store = redis */
    cd_str url, password, prefix; /* of the shared store; borrowed from the host */
    int64_t timeout_ms;
    dd_action action[DD_RELATIONS];
} dd_settings;

/* The table for the descriptor. */
extern const cd_option dd_options[];

/* Reads all options. 0, or -EINVAL after a line in the log that names the option. */
int dd_settings_read(dd_settings *settings, const cd_host *host, cd_stage *stage);

#endif
