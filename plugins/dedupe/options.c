/* SPDX-License-Identifier: Apache-2.0
 *
 * options.c: the option table, and reading it. Both halves of the stage read it in `open`, so that a wrong value is
 * refused before the first article.
 */
#include "options.h"

#include <copydesk/sdk.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "address.h"

static const char *const profiles[] = {"default", "ocr", NULL};
static const char *const keys[] = {"none", "source", "language", NULL};
static const char *const stores[] = {"lmdb", "memory", "redis", NULL};
static const char *const syncs[] = {"full", "data", "none", NULL};

#define ACTION(name, what)                                                                                             \
    {                                                                                                                  \
        name, CD_OPTION_STRING, 0, "annotate", 0, 0, NULL, NULL, "For " what ": annotate, drop, or route:NAME."        \
    }

const cd_option dd_options[] = {
    {"strict", CD_OPTION_BOOLEAN, 0, "false", 0, 0, NULL, NULL,
     "Call near, contains and contained only what is sure enough to be dropped."},
    {"profile", CD_OPTION_CHOICE, 0, "default", 0, 0, profiles, NULL,
     "ocr asks for less: finds scanned and heavily reworded copies, confuses more neighbours."},
    {"window", CD_OPTION_NUMBER, 0, "14", 0.001, 3650, NULL, NULL,
     "Days, by the broker's timestamps, after which an article is forgotten; not below the topics' retention."},
    {"segments", CD_OPTION_INTEGER, 0, "8", 2, 64, NULL, NULL, "Files that the window is divided into."},
    {"segment_records", CD_OPTION_INTEGER, 0, "500000", 16, 16000000, NULL, NULL,
     "Articles after which a new file begins early; bounds the memory, about 250 bytes each."},
    {"key", CD_OPTION_CHOICE, 0, "none", 0, 0, keys, NULL,
     "Articles are compared only within the same source, or the same language."},
    ACTION("on_exact", "the same words in the same order"),
    ACTION("on_near", "the same text with small edits (drop: only what is sure)"),
    ACTION("on_contains", "an article that has an earlier one in it (drop: only what is sure)"),
    ACTION("on_contained", "an article that is part of an earlier one (drop: only what is sure)"),
    ACTION("on_template", "the same wording about other figures"),
    {"store", CD_OPTION_CHOICE, 0, "lmdb", 0, 0, stores, NULL,
     "Where the window is kept: on this machine's disk; nowhere beyond the process; in a Redis or Valkey that machines "
     "share."},
    {"url", CD_OPTION_STRING, 0, "redis://127.0.0.1:6379", 0, 0, NULL, NULL,
     "Of the shared store: redis://[USER@]HOST[:PORT][/DATABASE]."},
    {"password", CD_OPTION_STRING, 0, "", 0, 0, NULL, NULL,
     "For the shared store: file:PATH, ${NAME} of the environment, or itself. \"\" for none."},
    {"prefix", CD_OPTION_STRING, 0, "copydesk", 0, 0, NULL, NULL,
     "Who has the same one shares a memory; keys in the shared store begin with it in braces."},
    {"timeout", CD_OPTION_INTEGER, 0, "500", 10, 60000, NULL, NULL,
     "Milliseconds that a connection to the shared store, or an answer of it, may take."},
    {"sync", CD_OPTION_CHOICE, 0, "full", 0, 0, syncs, NULL,
     "What a power cut may cost: full nothing, data the last batch, none the store; a killed process costs nothing."},
    {0},
};

static int choice(const cd_host *host, cd_stage *stage, const char *name, const char *const *choices)
{
    cd_str value = host->option_string(stage, name);
    for (int i = 0; choices[i] != NULL; i++)
        if (cd_str_equal(value, cd_str_of(choices[i])))
            return i;
    return 0;
}

static int action_read(dd_action *action, const cd_host *host, cd_stage *stage, const char *name)
{
    cd_str value = host->option_string(stage, name), prefix = CD_LIT("route:");
    *action = (dd_action){CD_OK, {NULL, 0}};
    if (cd_str_equal(value, CD_LIT("annotate")))
        return 0;
    if (cd_str_equal(value, CD_LIT("drop"))) {
        action->verdict = CD_DROP;
        return 0;
    }
    if (value.len > prefix.len && memcmp(value.ptr, prefix.ptr, prefix.len) == 0) {
        *action = (dd_action){CD_ROUTE, cd_str_slice(value, prefix.len, value.len)};
        return 0;
    }
    char line[160];
    snprintf(line, sizeof line, "%s must be annotate, drop or route:NAME, and is \"%.*s\"", name,
             (int)(value.len < 60 ? value.len : 60), value.ptr ? value.ptr : "");
    host->log(stage, CD_LOG_ERROR, cd_str_of(line));
    return -EINVAL;
}

static int refuse(const cd_host *host, cd_stage *stage, const char *name, const char *why)
{
    char line[240];
    snprintf(line, sizeof line, "%s: %s", name, why);
    host->log(stage, CD_LOG_ERROR, cd_str_of(line));
    return -EINVAL;
}

/* Where the shared store is, and under which name. The password is not looked up here: the workers read this, too. */
static int shared_read(dd_settings *settings, const cd_host *host, cd_stage *stage)
{
    dd_address address;
    settings->url = host->option_string(stage, "url");
    settings->password = host->option_string(stage, "password");
    settings->prefix = host->option_string(stage, "prefix");
    settings->timeout_ms = host->option_integer(stage, "timeout");
    if (!settings->is_shared)
        return 0;
    const char *why = dd_address_parse(settings->url, &address);
    if (why != NULL)
        return refuse(host, stage, "url", why);
    size_t fit = 0;
    while (fit < settings->prefix.len && (isalnum((unsigned char)settings->prefix.ptr[fit]) ||
                                          (settings->prefix.ptr[fit] != 0 && strchr("._-", settings->prefix.ptr[fit]) != NULL)))
        fit++;
    if (fit == 0 || fit < settings->prefix.len || fit > DD_PREFIX_MAX)
        return refuse(host, stage, "prefix", "it must be 1 to 64 of A-Z a-z 0-9 . _ -");
    return 0;
}

static enum dd_level level_read(const cd_host *host, cd_stage *stage)
{
    if (host->option_boolean(stage, "strict"))
        return DD_STRICT;
    return choice(host, stage, "profile", profiles) == 1 ? DD_OCR : DD_NORMAL;
}

int dd_settings_read(dd_settings *settings, const cd_host *host, cd_stage *stage)
{
    static const struct {
        const char *name;
        int relation;
    } actions[] = {{"on_exact", DD_EXACT},
                   {"on_near", DD_NEAR},
                   {"on_contains", DD_CONTAINS},
                   {"on_contained", DD_CONTAINED},
                   {"on_template", DD_TEMPLATE}};
    *settings = (dd_settings){
        .level = level_read(host, stage),
        .key = choice(host, stage, "key", keys),
        .in_memory = choice(host, stage, "store", stores) == 1,
        .is_shared = choice(host, stage, "store", stores) == 2,
        .sync = choice(host, stage, "sync", syncs),
        .window_ms = (int64_t)(host->option_number(stage, "window") * 86400e3),
        .segment_records = (uint32_t)host->option_integer(stage, "segment_records"),
    };
    settings->span_ms = settings->window_ms / host->option_integer(stage, "segments");
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (action_read(&settings->action[actions[i].relation], host, stage, actions[i].name) != 0)
            return -EINVAL;
    return shared_read(settings, host, stage);
}
