/* SPDX-License-Identifier: Apache-2.0
 *
 * tool.h: `copydesk dedupe`: looking into a store, and mending it.
 *
 * A program of its own, copydesk-dedupe, of the plugin's modules and nothing of the daemon's: `copydesk` reads the
 * configuration and hands over the stage's folder and options. What only reads works beside a running daemon; what writes
 * wants the store for itself. One thread.
 */
#ifndef DEDUPE_TOOL_H
#define DEDUPE_TOOL_H

#include <stdio.h>

#include "host.h"
#include "store.h"

enum { TOOL_FAILED = 1, TOOL_USAGE = 2 }; /* exit status; 0 is fine */

typedef struct tool {
    const char *folder; /* of the store */
    dd_settings settings;
    struct cd_stage stage; /* the options behind the settings */
    const char *fields[TOOL_FIELDS];
    const char *member;  /* of `enrichment` that the stage writes */
    const char *article; /* why: a file, "-" for standard input */
    int json, dry_run, count;
} tool;

/* A sub-command; `arguments` are what stands behind it. Gives the exit status. */
typedef int tool_command(tool *t, int count, char **arguments);
tool_command tool_stats, tool_find, tool_why, tool_forget, tool_export, tool_import;

/* Opens the store: to read it beside whoever has it, or alone. NULL after a line on standard error. */
dd_store *tool_open_reading(tool *t);
dd_store *tool_open_alone(tool *t);
int tool_has_store(const tool *t);   /* is there any segment? */
int tool_make_folder(const tool *t); /* 0, or -errno after a line on standard error; it may be there already */

/* "copydesk dedupe: …" and a new line, on standard error. */
void tool_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
