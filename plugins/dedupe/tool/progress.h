/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.h: a line on the terminal about long work; nothing where standard error is none.
 */
#ifndef DEDUPE_TOOL_PROGRESS_H
#define DEDUPE_TOOL_PROGRESS_H

#include <stdint.h>

typedef struct progress {
    const char *what; /* "articles read" */
    uint64_t done, total; /* total 0: unknown */
    int64_t shown_ms;
    int terminal, shown;
} progress;

void progress_start(progress *p, const char *what, uint64_t total);
/* One more is done. Redraws five times a second at most. */
void progress_step(progress *p);
/* Makes room for a line of text, or for the end. */
void progress_clear(progress *p);

#endif
