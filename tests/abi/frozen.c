/* SPDX-License-Identifier: Apache-2.0
 *
 * frozen.c: a plugin as somebody built it when 1.0 came out: against plugin-1.0.h beside it, with nothing of the SDK. Calls
 * every function of the host's table that a worker may call, both halves, so that a table that moved shows. */
#include "plugin-1.0.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct frozen {
    const cd_host *host;
    cd_stage *stage;
    int32_t loud, seen;
    int64_t limit;
    double share;
    cd_str label;
    size_t names;
} frozen;

static cd_str text_of(const char *s) { return (cd_str){s, strlen(s)}; }

static int32_t frozen_open(const cd_host *host, cd_stage *stage, void **out)
{
    frozen *self = calloc(1, sizeof *self);
    if (self == NULL)
        return -12;
    *self = (frozen){.host = host, .stage = stage};
    self->loud = host->option_boolean(stage, "loud");
    self->limit = host->option_integer(stage, "limit");
    self->share = host->option_number(stage, "share");
    self->label = host->option_string(stage, "label");
    self->names = host->option_count(stage, "names");
    self->seen = host->counter(stage, "seen");
    if (host->size < sizeof(cd_host) || host->abi_major != 1 || !CD_HAS(host, answer) ||
        host->option_file(stage, "file").ptr != NULL || host->service(stage, "copydesk.nothing/1") != NULL)
        return -22;
    *out = self;
    return 0;
}

static void frozen_close(void *instance)
{
    frozen *self = instance;
    self->host->log(self->stage, CD_LOG_INFO, text_of("closed"));
    free(self);
}

/* Everything that may be read of an article, in one line of JSON without escapes. */
static int32_t frozen_process(void *instance, cd_article *article)
{
    frozen *self = instance;
    const cd_host *host = self->host;
    char json[1000];
    cd_identity who;
    cd_value member;
    cd_str text = host->field(article, CD_FIELD_TEXT), id = host->field(article, CD_FIELD_ID);
    host->identity(article, &who);
    int32_t there = host->member(article, text_of("/deep/er"), &member);
    int32_t earlier = host->annotation(article, "nothing", text_of(""), &member);
    host->count(self->stage, self->seen, 1);
    int length = snprintf(json, sizeof json,
                          "{\"id\":\"%.*s\",\"bytes\":%zu,\"characters\":%zu,\"back\":%zu,\"line\":%lld,\"member\":%d,"
                          "\"earlier\":%d,\"budget\":%s,\"loud\":%d,\"limit\":%lld,\"share\":%.2f,\"label\":\"%.*s\",\"names\":%zu}",
                          (int)id.len, id.ptr, text.len, host->codepoint_at(article, text.len),
                          host->byte_at(article, host->codepoint_at(article, text.len)), (long long)who.offset, there != 0,
                          earlier != 0, host->budget_ns(article) > 0 ? "true" : "false", self->loud, (long long)self->limit,
                          self->share, (int)self->label.len, self->label.ptr, self->names);
    if (strstr(text.ptr, "no route")) {
        host->route(article, text_of("nowhere"));
        return CD_ROUTE;
    }
    if (strstr(text.ptr, "refuse me")) {
        host->reason(article, text_of("asked to"));
        return CD_REJECT;
    }
    if (strstr(text.ptr, "claim me"))
        return host->claim(article, (cd_str){json, (size_t)length}) == 0 ? CD_OK : CD_REJECT;
    return host->annotate(article, (cd_str){json, (size_t)length}) == 0 ? CD_OK : CD_REJECT;
}

/* ---- the store half: gives each blob back ---- */

static int32_t frozen_store_open(const cd_host *host, cd_stage *stage, const char *folder, void **self)
{
    (void)stage;
    *self = (void *)host;
    return folder[0] == '/' ? 0 : -22;
}

static int32_t frozen_claim_batch(void *self, const cd_claim *claims, size_t count)
{
    const cd_host *host = self;
    for (size_t i = 0; i < count; i++)
        host->answer(claims[i].answer, CD_OK, claims[i].blob, (cd_str){NULL, 0});
    return 0;
}

static void frozen_forget(void *self, const cd_identity *owner)
{
    (void)self;
    (void)owner;
}

static void frozen_watermark(void *self, cd_str topic, int32_t partition, int64_t offset)
{
    (void)self;
    (void)topic;
    (void)partition;
    (void)offset;
}

static void frozen_store_close(void *self) { (void)self; }

static const cd_option options[] = {
    {.name = "loud", .type = CD_OPTION_BOOLEAN, .preset = "true", .help = "Loud."},
    {.name = "limit", .type = CD_OPTION_INTEGER, .preset = "7", .min = 1, .max = 100, .help = "A limit."},
    {.name = "share", .type = CD_OPTION_NUMBER, .preset = "0.25", .min = 0, .max = 1, .help = "A share."},
    {.name = "label", .type = CD_OPTION_STRING, .preset = "old", .help = "A label."},
    {.name = "file", .type = CD_OPTION_PATH, .preset = "", .help = "A file."},
    {.name = "names", .type = CD_OPTION_LIST, .help = "Some names."},
    {.name = NULL},
};

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = 1,
        .abi_minor_needed = 0,
        .size = sizeof(cd_plugin),
        .name = "frozen",
        .version = "1.0.0",
        .summary = "Built against the header of 1.0",
        .member = "frozen",
        .options = options,
        .open = frozen_open,
        .process = frozen_process,
        .close = frozen_close,
        .store_open = frozen_store_open,
        .claim_batch = frozen_claim_batch,
        .forget = frozen_forget,
        .watermark = frozen_watermark,
        .store_close = frozen_store_close,
    };
    return &plugin;
}
