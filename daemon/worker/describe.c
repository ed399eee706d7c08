/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/describe.c: see describe.h. */
#include "worker/describe.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>

static void say(cd_json *out, const char *key, const char *value)
{
    cd_json_key(out, key);
    if (value)
        cd_json_cstring(out, value);
    else
        cd_json_null(out);
}

static void say_number(cd_json *out, const char *key, int64_t value)
{
    cd_json_key(out, key);
    cd_json_integer(out, value);
}

static void say_whether(cd_json *out, const char *key, int value)
{
    cd_json_key(out, key);
    cd_json_boolean(out, value);
}

/* ---- options ---- */

static void say_end(cd_json *out, const cd_option *option, double end)
{
    char text[64];
    if (option->type == CD_OPTION_INTEGER)
        snprintf(text, sizeof text, "%" PRId64, end >= 0x1p63 ? INT64_MAX : end <= -0x1p63 ? INT64_MIN : (int64_t)end);
    else
        snprintf(text, sizeof text, "%.17g", end);
    cd_json_cstring(out, text);
}

static void say_edges(cd_json *out, const cd_option *option)
{
    bool ranged = option->type == CD_OPTION_INTEGER || option->type == CD_OPTION_NUMBER;
    cd_json_key(out, "edges");
    cd_json_array(out);
    if (ranged && option->min < option->max) {
        say_end(out, option, option->min);
        say_end(out, option, option->max);
    } else if (option->type == CD_OPTION_BOOLEAN) {
        cd_json_cstring(out, "false");
        cd_json_cstring(out, "true");
    } else if (option->type == CD_OPTION_CHOICE) {
        for (const char *const *choice = option->choices; *choice; choice++)
            cd_json_cstring(out, *choice);
    }
    cd_json_array_end(out);
}

static void say_options(cd_json *out, const cd_option *table)
{
    char expected[512];
    cd_json_key(out, "options");
    cd_json_array(out);
    for (const cd_option *option = table; option && option->name; option++) {
        bool composite = option->type == CD_OPTION_LIST || option->type == CD_OPTION_TABLE;
        cd_json_object(out);
        say(out, "name", option->name);
        say(out, "help", option->help);
        say(out, "expects", cd_option_expected(option, expected, sizeof expected));
        say(out, "default", composite ? "" : option->preset);
        say_number(out, "flags", option->flags);
        say_edges(out, option);
        cd_json_object_end(out);
    }
    cd_json_array_end(out);
}

/* ---- the descriptor ---- */

static void say_reads(cd_json *out, const char *const *reads)
{
    cd_json_key(out, "reads");
    cd_json_array(out);
    for (; reads && *reads; reads++)
        cd_json_cstring(out, *reads);
    cd_json_array_end(out);
}

int cd_describe(const cd_pipeline *pipeline, cd_json *out, cd_problems *problems)
{
    const cd_plugin *p = &pipeline->stages[0].plugin;
    char path[PATH_MAX];
    cd_plugin again;
    cd_error error = {0};
    cd_plugin_path(pipeline->config->plugin_dir, pipeline->config->stages[0].plugin, path, sizeof path);
    if (cd_plugin_load(path, &again, &error) != 0) {
        cd_problems_add(problems, NULL, 0, "%s, when it was asked for the second time", error.text);
        return -EINVAL;
    }
    cd_json_object(out);
    say(out, "name", p->name);
    say(out, "version", p->version);
    say(out, "summary", p->summary);
    say(out, "member", p->member);
    cd_json_key(out, "abi");
    cd_json_object(out);
    say_number(out, "major", p->abi_major);
    say_number(out, "minor", p->abi_minor_needed);
    cd_json_object_end(out);
    say_number(out, "flags", p->flags);
    say_reads(out, p->reads);
    say_whether(out, "store", cd_stage_has_store(&pipeline->stages[0]));
    say_whether(out, "forget", p->forget != NULL);
    say_whether(out, "watermark", p->watermark != NULL);
    say_whether(out, "same", memcmp(p, &again, sizeof again) == 0);
    say_options(out, p->options);
    cd_json_object_end(out);
    return out->failed ? -ENOMEM : 0;
}
