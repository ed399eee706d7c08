/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.c: the descriptor. The worker half is worker.c, the store half claim.c.
 */
#include "claim.h"
#include "options.h"
#include "worker.h"

static const char *const reads[] = {"credits", "language", NULL};

static const cd_plugin descriptor = {
    .abi_major = COPYDESK_ABI_MAJOR,
    .abi_minor_needed = 0,
    .size = sizeof descriptor,
    .name = "dedupe",
    .version = "1.0.0",
    .summary = "Finds exact and near copies of earlier articles within a sliding window.",
    .member = "duplicate",
    .reads = reads,
    .options = dd_options,
    .open = dd_worker_open,
    .process = dd_worker_process,
    .close = dd_worker_close,
    .store_open = dd_claim_open,
    .claim_batch = dd_claim_batch,
    .forget = dd_claim_forget,
    .watermark = dd_claim_watermark,
    .store_close = dd_claim_close,
};

const cd_plugin *copydesk_plugin(void) { return &descriptor; }
