/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/slow.c: a plugin that takes its time: `busy_us` microseconds of CPU time an article, so that a test finds
 * articles in flight when it pulls the plug. Owns one int; one thread.
 */
#include <copydesk/sdk.h>

#include <errno.h>
#include <time.h>

typedef struct slow {
    const cd_host *host;
    int64_t busy_ns;
} slow;

static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int32_t slow_open(const cd_host *host, cd_stage *stage, void **out)
{
    slow *self = calloc(1, sizeof *self);
    if (self == NULL)
        return -ENOMEM;
    self->host = host;
    self->busy_ns = host->option_integer(stage, "busy_us") * 1000;
    *out = self;
    return 0;
}

static int32_t slow_process(void *instance, cd_article *article)
{
    slow *self = instance;
    for (int64_t end = cpu_ns() + self->busy_ns; cpu_ns() < end;)
        ;
    return self->host->annotate(article, CD_LIT("true")) ? CD_REJECT : CD_OK;
}

static const cd_option options[] = {
    {.name = "busy_us", .type = CD_OPTION_INTEGER, .preset = "1000", .min = 0, .max = 1e9, .help = "CPU time an article."},
    {.name = NULL},
};

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .size = sizeof(cd_plugin),
        .name = "slow",
        .version = "1.0.0",
        .summary = "Takes its time",
        .member = "slow",
        .options = options,
        .open = slow_open,
        .process = slow_process,
        .close = free,
    };
    return &plugin;
}
