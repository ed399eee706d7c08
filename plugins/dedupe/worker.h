/* SPDX-License-Identifier: Apache-2.0
 *
 * worker.h: the half that runs in the workers. See plugin.h for the contract of the three calls.
 */
#ifndef DEDUPE_WORKER_H
#define DEDUPE_WORKER_H

#include <copydesk/plugin.h>

int32_t dd_worker_open(const cd_host *host, cd_stage *stage, void **self);
int32_t dd_worker_process(void *self, cd_article *article);
void dd_worker_close(void *self);

#endif
