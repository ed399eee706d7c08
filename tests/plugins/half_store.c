/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/half_store.c: a plugin whose store half cannot be closed. It must be refused.
 */
#include <copydesk/sdk.h>

static int32_t half_store_open(const cd_host *host, cd_stage *stage, void **out)
{
    (void)host, (void)stage;
    *out = NULL;
    return 0;
}

static int32_t half_store_process(void *self, cd_article *article)
{
    (void)self, (void)article;
    return CD_OK;
}

static void half_store_close(void *self) { (void)self; }

static int32_t half_store_store_open(const cd_host *host, cd_stage *stage, const char *folder, void **out)
{
    (void)folder;
    return half_store_open(host, stage, out);
}

static int32_t half_store_claim_batch(void *self, const cd_claim *claims, size_t count)
{
    (void)self, (void)claims, (void)count;
    return 0;
}

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .abi_minor_needed = 0,
        .size = sizeof(cd_plugin),
        .name = "half_store",
        .version = "1.0.0",
        .summary = "Opens a store and never closes it",
        .member = "half_store",
        .open = half_store_open,
        .process = half_store_process,
        .close = half_store_close,
        .store_open = half_store_store_open,
        .claim_batch = half_store_claim_batch,
    };
    return &plugin;
}
