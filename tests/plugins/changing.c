/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/changing.c: a plugin whose descriptor is another one each time, and has faults that the loader lets pass.
 */
#include <copydesk/sdk.h>

static int32_t changing_open(const cd_host *host, cd_stage *stage, void **out)
{
    (void)host, (void)stage;
    *out = NULL;
    return 0;
}

static int32_t changing_process(void *self, cd_article *article)
{
    (void)self, (void)article;
    return CD_OK;
}

static void changing_close(void *self) { (void)self; }

const cd_plugin *copydesk_plugin(void)
{
    static const cd_option options[] = {{.name = "silent", .type = CD_OPTION_BOOLEAN, .preset = "true"}, {.name = NULL}};
    static int calls;
    static cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .size = sizeof(cd_plugin),
        .name = "Changing",
        .member = "changing",
        .options = options,
        .open = changing_open,
        .process = changing_process,
        .close = changing_close,
    };
    plugin.version = calls++ % 2 ? "2" : "1";
    return &plugin;
}
