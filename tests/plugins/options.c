/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/options.c: a plugin with an option of each type, whose annotation is what the host gave it. Shows that
 * what stands in the configuration arrives, and gives `copydesk check` something to refuse. Owns its writer; one thread.
 */
#include <copydesk/sdk.h>

#include <errno.h>
#include <stdio.h>

typedef struct options_plugin {
    const cd_host *host;
    cd_json said; /* made once, in open */
} options_plugin;

static void write_string(cd_json *w, const char *key, cd_str value)
{
    cd_json_key(w, key);
    cd_json_string(w, value);
}

static void write_rules(cd_json *w, const cd_host *host, cd_stage *stage)
{
    char path[64];
    cd_json_key(w, "rules");
    cd_json_array(w);
    for (size_t i = 0; i < host->option_count(stage, "rules"); i++) {
        cd_json_object(w);
        snprintf(path, sizeof path, "rules.%zu.match", i);
        write_string(w, "match", host->option_string(stage, path));
        snprintf(path, sizeof path, "rules.%zu.weight", i);
        cd_json_key(w, "weight");
        cd_json_integer(w, host->option_integer(stage, path));
        cd_json_object_end(w);
    }
    cd_json_array_end(w);
}

static int32_t options_open(const cd_host *host, cd_stage *stage, void **out)
{
    char path[64];
    options_plugin *self = calloc(1, sizeof *self);
    if (self == NULL)
        return -ENOMEM;
    self->host = host;
    cd_json *w = &self->said;
    cd_json_object(w);
    cd_json_key(w, "loud");
    cd_json_boolean(w, host->option_boolean(stage, "loud"));
    cd_json_key(w, "limit");
    cd_json_integer(w, host->option_integer(stage, "limit"));
    cd_json_key(w, "share");
    cd_json_number(w, host->option_number(stage, "share"), 4);
    write_string(w, "label", host->option_string(stage, "label"));
    write_string(w, "mode", host->option_string(stage, "mode"));
    cd_str file = host->option_file(stage, "file");
    if (file.ptr != NULL)
        write_string(w, "file", file);
    cd_json_key(w, "names");
    cd_json_array(w);
    for (size_t i = 0; i < host->option_count(stage, "names"); i++) {
        snprintf(path, sizeof path, "names.%zu", i);
        cd_json_string(w, host->option_string(stage, path));
    }
    cd_json_array_end(w);
    write_rules(w, host, stage);
    cd_json_object_end(w);
    *out = self;
    return 0;
}

static int32_t options_process(void *instance, cd_article *article)
{
    options_plugin *self = instance;
    return cd_annotate(self->host, article, &self->said);
}

static void options_close(void *instance)
{
    options_plugin *self = instance;
    cd_json_free(&self->said);
    free(self);
}

static const char *const modes[] = {"gentle", "strict", NULL};

static const cd_option columns[] = {
    {.name = "match", .type = CD_OPTION_STRING, .preset = NULL, .help = "What to match."},
    {.name = "weight", .type = CD_OPTION_INTEGER, .preset = "1", .min = 0, .max = 10, .help = "How much it weighs."},
    {.name = NULL},
};

static const cd_option options[] = {
    {.name = "loud", .type = CD_OPTION_BOOLEAN, .preset = "false", .help = "Whether to be loud."},
    {.name = "limit", .type = CD_OPTION_INTEGER, .preset = "7", .min = 1, .max = 100, .help = "A limit."},
    {.name = "share", .type = CD_OPTION_NUMBER, .preset = "0.5", .min = 0, .max = 1, .help = "A share."},
    {.name = "label", .type = CD_OPTION_STRING, .preset = "none", .help = "A label."},
    {.name = "mode", .type = CD_OPTION_CHOICE, .preset = "gentle", .choices = modes, .help = "A mode."},
    {.name = "file", .type = CD_OPTION_PATH, .preset = "", .help = "A file."},
    {.name = "names", .type = CD_OPTION_LIST, .help = "Some names."},
    {.name = "rules", .type = CD_OPTION_TABLE, .columns = columns, .help = "Some rules."},
    {.name = NULL},
};

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .size = sizeof(cd_plugin),
        .name = "options",
        .version = "1.0.0",
        .summary = "Says what its options are",
        .member = "options",
        .options = options,
        .open = options_open,
        .process = options_process,
        .close = options_close,
    };
    return &plugin;
}
