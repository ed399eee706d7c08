/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/newer_minor.c: a plugin that needs a younger host. It must be refused.
 */
#include <copydesk/sdk.h>

static int32_t newer_minor_open(const cd_host *host, cd_stage *stage, void **out)
{
    (void)host, (void)stage;
    *out = NULL;
    return 0;
}

static int32_t newer_minor_process(void *self, cd_article *article)
{
    (void)self, (void)article;
    return CD_OK;
}

static void newer_minor_close(void *self) { (void)self; }

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .abi_minor_needed = COPYDESK_ABI_MINOR + 1,
        .size = sizeof(cd_plugin),
        .name = "newer_minor",
        .version = "1.0.0",
        .summary = "Is from tomorrow",
        .member = "newer_minor",
        .open = newer_minor_open,
        .process = newer_minor_process,
        .close = newer_minor_close,
    };
    return &plugin;
}
