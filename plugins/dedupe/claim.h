/* SPDX-License-Identifier: Apache-2.0
 *
 * claim.h: the half that runs in the store process. See plugin.h for the contract of the calls.
 */
#ifndef DEDUPE_CLAIM_H
#define DEDUPE_CLAIM_H

#include <copydesk/plugin.h>

int32_t dd_claim_open(const cd_host *host, cd_stage *stage, const char *folder, void **self);
int32_t dd_claim_batch(void *self, const cd_claim *claims, size_t count);
void dd_claim_forget(void *self, const cd_identity *owner);
void dd_claim_watermark(void *self, cd_str topic, int32_t partition, int64_t offset);
void dd_claim_close(void *self);

#endif
