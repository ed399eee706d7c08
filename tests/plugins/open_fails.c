/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/open_fails.c: a plugin whose open fails, with a reason in the log.
 */
#include <copydesk/sdk.h>

#include <errno.h>

static int32_t open_fails_open(const cd_host *host, cd_stage *stage, void **out)
{
    *out = NULL;
    host->log(stage, CD_LOG_ERROR, CD_LIT("the moon is in the wrong house"));
    return -EINVAL;
}

static int32_t open_fails_process(void *self, cd_article *article)
{
    (void)self, (void)article;
    return CD_OK;
}

static void open_fails_close(void *self) { (void)self; }

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .abi_minor_needed = 0,
        .size = sizeof(cd_plugin),
        .name = "open_fails",
        .version = "1.0.0",
        .summary = "Does not open",
        .member = "open_fails",
        .open = open_fails_open,
        .process = open_fails_process,
        .close = open_fails_close,
    };
    return &plugin;
}
