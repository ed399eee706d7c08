/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/progress.h: a progress line on a terminal, and one summary line at the end, both on standard error. */
#ifndef COPYDESK_CLI_PROGRESS_H
#define COPYDESK_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cd_progress {
    uint64_t read, published, dropped, dead_lettered;
    int64_t start_ns, shown_ns;
    bool terminal, shown;
} cd_progress;

void cd_progress_start(cd_progress *progress);
/* Redraws at most ten times a second, on a terminal only. `total` 0: unknown. */
void cd_progress_show(cd_progress *progress, uint64_t bytes, uint64_t total);
/* Makes room for a line of text. */
void cd_progress_clear(cd_progress *progress);
void cd_progress_end(cd_progress *progress);

#endif
