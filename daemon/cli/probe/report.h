/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/report.h: what a probe found: a line a check, or one JSON object of all.
 *
 *   ok      spans         412 spans in 31 articles: each is the slice of the text that it says
 *   FAILED  memory        grew by 96 bytes an article …
 *
 * Between cd_probe_check and cd_probe_done any number of faults; a check without one has passed. Control characters, which may come
 * from a plugin, never reach the terminal. */
#ifndef COPYDESK_CLI_PROBE_REPORT_H
#define COPYDESK_CLI_PROBE_REPORT_H

#include "base/buffer.h"

#include <copydesk/json.h>

/* Starts as {.json = …}. */
typedef struct cd_probe_report {
    bool json;
    unsigned passed, failed;
    const char *check; /* the one under way */
    unsigned faults;   /* of that one; the first few are kept */
    cd_buffer lines;   /* those, one a line */
    cd_json list;      /* the same for all checks: the inside of "checks" */
    cd_json faults_list;
} cd_probe_report;

/* Makes control characters question marks. */
void cd_probe_tame(char *text);

void cd_probe_check(cd_probe_report *report, const char *name);
/* `article` NULL: it concerns none. The words say what was found and what was expected. */
void cd_probe_fault(cd_probe_report *report, const char *article, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The words, without faults: what was looked at. */
void cd_probe_done(cd_probe_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The closing line, or all of it as JSON with `plugin` (a JSON text) as the plugin. */
void cd_probe_close(cd_probe_report *report, cd_str plugin);

#endif
