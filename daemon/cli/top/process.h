/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/process.h: what the kernel says of one of the daemon's processes: CPU time, age, memory. */
#ifndef COPYDESK_CLI_TOP_PROCESS_H
#define COPYDESK_CLI_TOP_PROCESS_H

#include "cli/top/sample.h"

/* Fills cpu_ms, age_ms and memory of process->pid; with -1 if there is no such process that is one of Copydesk's: the daemon may
 * live in a container, whose process ids mean others here. */
void cd_top_process_look(cd_top_process *process);

#endif
