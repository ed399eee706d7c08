/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/twin.c: built twice, as "castor" and "pollux" (TWIN names which). Both export the same function and the
 * same variable; each must get its own, whoever is loaded first. The annotation is the name that this twin sees.
 */
#include <copydesk/sdk.h>

__attribute__((visibility("default"))) const char *twin_variable;
__attribute__((visibility("default"))) const char *twin_name(void);

const char *twin_name(void) { return TWIN; }

static const cd_host *host;

static int32_t twin_open(const cd_host *h, cd_stage *stage, void **self)
{
    (void)stage, (void)self;
    host = h;
    twin_variable = TWIN;
    return 0;
}

static int32_t twin_process(void *self, cd_article *article)
{
    cd_json out = {0};
    (void)self;
    cd_json_array(&out);
    cd_json_string(&out, cd_str_of(twin_name()));
    cd_json_string(&out, cd_str_of(twin_variable));
    cd_json_array_end(&out);
    int32_t verdict = cd_annotate(host, article, &out);
    cd_json_free(&out);
    return verdict;
}

static void twin_close(void *self) { (void)self; }

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {.abi_major = COPYDESK_ABI_MAJOR,
                                     .size = sizeof(cd_plugin),
                                     .name = TWIN,
                                     .version = "1.0.0",
                                     .summary = "One of two that define the same symbols",
                                     .member = TWIN,
                                     .open = twin_open,
                                     .process = twin_process,
                                     .close = twin_close};
    return &plugin;
}
