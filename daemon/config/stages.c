/* SPDX-License-Identifier: Apache-2.0
 *
 * config/stages.c: the list of stages, from the file or from a list of names. See load.h. What a stage's own options
 * mean is the plugin's business: options.c. Owns nothing.
 */
#include "config/load.h"
#include "config/nearest.h"

#include <ctype.h>
#include <string.h>

/* [a-z][a-z0-9_]*, at most 64: names of stages, members, bare plugins. */
static bool name_valid(const char *name)
{
    if (!islower((unsigned char)name[0]) || strlen(name) > 64)
        return false;
    for (const char *s = name; *s != '\0'; s++)
        if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '_')
            return false;
    return true;
}

/* The first part of a key's path: --set could not tell such a stage from the key. */
static bool name_is_a_key(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < cd_key_count; i++)
        if (strncmp(cd_keys[i].path, name, len) == 0 && (cd_keys[i].path[len] == '.' || cd_keys[i].path[len] == '\0'))
            return true;
    return false;
}

/* "/opt/x/gender.so" → "gender" */
static const char *name_of_plugin(cd_load *load, const char *plugin)
{
    const char *base = strrchr(plugin, '/') != NULL ? strrchr(plugin, '/') + 1 : plugin;
    size_t len = strlen(base);
    if (len > 3 && strcmp(base + len - 3, ".so") == 0)
        len -= 3;
    return cd_pool_copy(load->pool, base, len);
}

/* Checks what is common to all ways that a stage can come; `number` counts from 1. */
static bool stage_valid(const cd_load *load, const cd_config_stage *stage, size_t number)
{
    const char *remedy = NULL, *what = "name", *value = stage->name;
    if (strchr(stage->plugin, '/') == NULL && !name_valid(stage->plugin)) {
        what = "plugin";
        value = stage->plugin;
        remedy = "a plugin's name (a-z, then a-z 0-9 _), or a path with a '/'";
    } else if (!name_valid(stage->name))
        remedy = "a-z, then a-z 0-9 _, at most 64; give the stage such a name: name = \"…\";";
    else if (name_is_a_key(stage->name))
        remedy = "a name that no key of the configuration begins with; give the stage another: name = \"…\";";
    else if (stage->member != NULL && !name_valid(stage->member)) {
        what = "member";
        value = stage->member;
        remedy = "a-z, then a-z 0-9 _, at most 64";
    }
    if (remedy != NULL)
        cd_problems_add(load->problems, stage->file, stage->line, "stage %zu: found the %s \"%.100s\", expected %s",
                        number, what, value, remedy);
    return remedy == NULL;
}

static bool name_is_new(const cd_load *load, const cd_config_stage *stages, size_t count)
{
    const cd_config_stage *last = &stages[count - 1];
    for (size_t i = 0; i + 1 < count; i++) {
        if (strcmp(stages[i].name, last->name) != 0)
            continue;
        cd_problems_add(
            load->problems, last->file, last->line,
            "found the stage '%s' for the second time, expected one of each name; to use a plugin twice give "
            "one of the two another name in the file: name = \"…\";",
            last->name);
        return false;
    }
    return true;
}

cd_config_stage *cd_load_stages_take(cd_load *load, size_t count)
{
    cd_config_stage *stages = cd_pool_take(load->pool, (count + 1) * sizeof *stages);
    load->config->stages = stages;
    load->config->stage_count = 0;
    return stages;
}

/* ---- From the file ----------------------------------------------------------------------------------------------- */

/* A string member; "" with a problem if it is something else; NULL if it isn't there. */
static const char *string_member(const cd_load *load, const cd_setting *group, const char *name)
{
    const cd_setting *member = cd_setting_member(group, name);
    const char *string;
    char found[128];
    if (member == NULL)
        return NULL;
    if (cd_setting_string(member, &string) && string[0] != '\0')
        return string;
    cd_problems_add(load->problems, member->file, member->line,
                    "stages: %s: found %s, expected a string that is not empty", name,
                    cd_setting_describe(member, false, found, sizeof found));
    return "";
}

static const cd_setting *own_options(cd_load *load, const cd_setting *group)
{
    cd_setting *options = cd_pool_take(load->pool, sizeof *options);
    *options = *group;
    options->children = cd_pool_take(load->pool, (group->count + 1) * sizeof *options->children);
    options->count = 0;
    for (size_t i = 0; i < group->count; i++) {
        const char *name = group->children[i].name;
        if (strcmp(name, "plugin") != 0 && strcmp(name, "name") != 0 && strcmp(name, "member") != 0 &&
            strcmp(name, "retry") != 0 && strcmp(name, "breaker") != 0)
            options->children[options->count++] = group->children[i];
    }
    return options;
}

static bool read_stage(cd_load *load, const cd_setting *group, size_t number, cd_config_stage *stage)
{
    char found[128];
    if (group->type != CD_SETTING_GROUP) {
        cd_problems_add(load->problems, group->file, group->line,
                        "stages: found %s, expected a group; write { plugin = \"…\"; }",
                        cd_setting_describe(group, false, found, sizeof found));
        return false;
    }
    const char *plugin = string_member(load, group, "plugin"), *name = string_member(load, group, "name"),
               *member = string_member(load, group, "member");
    if (plugin == NULL)
        cd_problems_add(load->problems, group->file, group->line,
                        "stage %zu: found no plugin, expected plugin = \"…\"; (language_detect, credit_strip, …)",
                        number);
    if (plugin == NULL || plugin[0] == '\0' || (name != NULL && name[0] == '\0') ||
        (member != NULL && member[0] == '\0'))
        return false;
    *stage = (cd_config_stage){.name = name != NULL ? name : name_of_plugin(load, plugin),
                               .plugin = plugin,
                               .member = member,
                               .file = group->file,
                               .line = group->line,
                               .settings = own_options(load, group),
                               .own_retry = cd_setting_member(group, "retry"),
                               .own_breaker = cd_setting_member(group, "breaker")};
    return stage_valid(load, stage, number);
}

void cd_load_stages(cd_load *load, const cd_setting *list)
{
    if (list == NULL)
        return;
    char found[128];
    if (list->type != CD_SETTING_LIST) {
        cd_problems_add(load->problems, list->file, list->line,
                        "stages: found %s, expected a list of groups; write stages = ( { plugin = \"…\"; } );",
                        cd_setting_describe(list, false, found, sizeof found));
        return;
    }
    if (list->count > CD_STAGES_MAX) {
        cd_problems_add(load->problems, list->file, list->line, "stages: found %zu, expected at most %d", list->count,
                        CD_STAGES_MAX);
        return;
    }
    cd_config_stage *stages = cd_load_stages_take(load, list->count);
    for (size_t i = 0; i < list->count; i++)
        if (read_stage(load, &list->children[i], i + 1, &stages[load->config->stage_count]) &&
            name_is_new(load, stages, load->config->stage_count + 1))
            load->config->stage_count++;
}

/* ---- From a list of names ---------------------------------------------------------------------------------------- */

static void refuse_selection(const cd_load *load, const cd_config_stage *configured, size_t count, const char *name)
{
    char hint[128];
    cd_nearest nearest = {.wanted = name};
    for (size_t i = 0; i < count; i++)
        cd_nearest_offer(&nearest, configured[i].name);
    cd_problems_add(load->problems, "--stages", 0, "found '%.64s', expected names of stages that %s configures%s", name,
                    load->file, cd_nearest_hint(&nearest, hint, sizeof hint));
}

/* The names between the commas; NULL with a problem if there are none or too many. */
static const cd_setting *split_names(const cd_load *load, const char *names)
{
    cd_setting *text = cd_pool_take(load->pool, sizeof *text);
    *text = cd_setting_text(NULL, names, "--stages");
    const cd_setting *list = cd_setting_list(load->pool, text);
    if (list->count > 0 && list->count <= CD_STAGES_MAX)
        return list;
    cd_problems_add(load->problems, "--stages", 0, "found %zu names, expected 1 to %d, divided by commas", list->count,
                    CD_STAGES_MAX);
    return NULL;
}

void cd_load_stages_select(cd_load *load, const char *names)
{
    const cd_config_stage *configured = load->config->stages;
    size_t count = load->config->stage_count;
    const cd_setting *list = split_names(load, names);
    if (list == NULL)
        return;
    cd_config_stage *stages = cd_load_stages_take(load, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->children[i].string;
        size_t at = 0;
        while (at < count && strcmp(configured[at].name, name) != 0)
            at++;
        if (at == count) {
            refuse_selection(load, configured, count, name);
            continue;
        }
        stages[load->config->stage_count] = configured[at];
        if (name_is_new(load, stages, load->config->stage_count + 1))
            load->config->stage_count++;
    }
}

void cd_load_stages_of_plugins(cd_load *load, const char *names)
{
    static const cd_setting no_options = {.type = CD_SETTING_GROUP, .file = "--stages"};
    const cd_setting *list = split_names(load, names);
    if (list == NULL)
        return;
    cd_config_stage *stages = cd_load_stages_take(load, list->count);
    for (size_t i = 0; i < list->count; i++) {
        cd_config_stage *stage = &stages[load->config->stage_count];
        *stage = (cd_config_stage){.name = name_of_plugin(load, list->children[i].string),
                                   .plugin = list->children[i].string,
                                   .file = "--stages",
                                   .settings = &no_options};
        if (stage_valid(load, stage, i + 1) && name_is_new(load, stages, load->config->stage_count + 1))
            load->config->stage_count++;
    }
}
