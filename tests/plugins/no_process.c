/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/no_process.c: a plugin without the one function that a stage must have. It must be refused.
 */
#include <copydesk/sdk.h>

static int32_t no_process_open(const cd_host *host, cd_stage *stage, void **out)
{
    (void)host, (void)stage;
    *out = NULL;
    return 0;
}

static void no_process_close(void *self) { (void)self; }

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .abi_minor_needed = 0,
        .size = sizeof(cd_plugin),
        .name = "no_process",
        .version = "1.0.0",
        .summary = "Does nothing",
        .member = "no_process",
        .open = no_process_open,
        .process = NULL,
        .close = no_process_close,
    };
    return &plugin;
}
