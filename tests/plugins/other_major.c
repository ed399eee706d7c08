/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/other_major.c: a plugin for an ABI that this host does not speak. It must be refused.
 */
#include <copydesk/sdk.h>

static int32_t other_major_open(const cd_host *host, cd_stage *stage, void **out)
{
    (void)host, (void)stage;
    *out = NULL;
    return 0;
}

static int32_t other_major_process(void *self, cd_article *article)
{
    (void)self, (void)article;
    return CD_OK;
}

static void other_major_close(void *self) { (void)self; }

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR + 1,
        .abi_minor_needed = 0,
        .size = sizeof(cd_plugin),
        .name = "other_major",
        .version = "1.0.0",
        .summary = "Is of another age",
        .member = "other_major",
        .open = other_major_open,
        .process = other_major_process,
        .close = other_major_close,
    };
    return &plugin;
}
