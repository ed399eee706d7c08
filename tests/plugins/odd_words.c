/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/odd_words.c: a plugin whose version would be two lines of what a worker tells the desk. It must be refused.
 */
#include <copydesk/sdk.h>

static int32_t odd_words_open(const cd_host *host, cd_stage *stage, void **out)
{
    (void)host, (void)stage;
    *out = NULL;
    return 0;
}

static int32_t odd_words_process(void *self, cd_article *article)
{
    (void)self, (void)article;
    return CD_OK;
}

static void odd_words_close(void *self) { (void)self; }

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .abi_minor_needed = 0,
        .size = sizeof(cd_plugin),
        .name = "odd_words",
        .version = "1.0.0\nstage\tanother\t1\tanother\t0",
        .summary = "Speaks in lines",
        .member = "odd_words",
        .open = odd_words_open,
        .process = odd_words_process,
        .close = odd_words_close,
    };
    return &plugin;
}
