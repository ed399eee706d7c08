/* SPDX-License-Identifier: Apache-2.0
 *
 * config/sets.c: overrides from the command line. See load.h. A value may be a secret of a stage, so problems name the
 * path only. Owns nothing.
 */
#include "config/load.h"
#include "config/nearest.h"

#include <string.h>

#define PLACE "--set"

static cd_config_stage *stage_of(cd_load *load, const char *name)
{
    /* The array is the loader's until the configuration is handed out. */
    return (cd_config_stage *)(uintptr_t)cd_config_stage_find(load->config, name);
}

static void refuse_path(const cd_load *load, const char *path)
{
    char hint[256], name[64];
    cd_nearest nearest = {.wanted = name};
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "."), path);
    for (size_t i = 0; i < load->config->stage_count; i++)
        cd_nearest_offer(&nearest, load->config->stages[i].name);
    if (nearest.best != NULL)
        (void)snprintf(hint, sizeof hint, "; did you mean '%s%.100s'?", nearest.best, path + strlen(name));
    else
        cd_load_name_hint(load, path, hint, sizeof hint);
    cd_problems_add(load->problems, PLACE, 0,
                    "found '%.100s', which is neither a key nor an option of a configured stage, expected "
                    "KEY=VALUE or STAGE.OPTION=VALUE%s",
                    path, hint);
}

static void set_option(cd_load *load, cd_config_stage *stage, const char *option, const char *value)
{
    bool reserved = strcmp(option, "plugin") == 0 || strcmp(option, "name") == 0 || strcmp(option, "member") == 0 ||
                    strcmp(option, "retry") == 0 || strcmp(option, "breaker") == 0;
    if (reserved || option[0] == '\0' || strchr(option, '.') != NULL) {
        cd_problems_add(load->problems, PLACE, 0,
                        "found '%s.%.100s', expected the name of an option that takes one value or a list; "
                        "write the rest in the file",
                        stage->name, option);
        return;
    }
    cd_setting member = cd_setting_text(cd_pool_string(load->pool, option), value, PLACE);
    stage->settings = cd_setting_with(load->pool, stage->settings, &member);
}

static void set_key(cd_load *load, const cd_key *key, const char *value)
{
    if (key->type == CD_KEY_STAGES || key->type == CD_KEY_ROUTES) {
        cd_problems_add(load->problems, PLACE, 0, "found '%s', expected a key with a single value; %s", key->path,
                        key->type == CD_KEY_STAGES ? "choose stages with --stages" : "write routes in the file");
        return;
    }
    cd_setting *text = cd_pool_take(load->pool, sizeof *text);
    *text = cd_setting_text(NULL, value, PLACE);
    const cd_setting **override = &load->overrides[key - cd_keys];
    if (key->type != CD_KEY_PROPERTIES) {
        *override = text;
        return;
    }
    /* One property a --set: they gather in a list. */
    size_t count = *override != NULL ? (*override)->count : 0;
    cd_setting *list = cd_pool_take(load->pool, sizeof *list);
    *list = (cd_setting){.type = CD_SETTING_LIST, .file = PLACE, .count = count + 1};
    list->children = cd_pool_take(load->pool, list->count * sizeof *list->children);
    if (count > 0)
        memcpy(list->children, (*override)->children, count * sizeof *list->children);
    list->children[count] = *text;
    *override = list;
}

static void apply_set(cd_load *load, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        cd_problems_add(load->problems, PLACE, 0, "found '%.*s' without a name and '=', expected PATH=VALUE",
                        (int)(equals != NULL ? 1 : strnlen(text, 100)), text);
        return;
    }
    const char *path = cd_pool_copy(load->pool, text, (size_t)(equals - text));
    const char *value = cd_pool_string(load->pool, equals + 1);
    const cd_key *key = cd_key_find(path);
    if (key != NULL) {
        set_key(load, key, value);
        return;
    }
    const char *dot = strchr(path, '.');
    cd_config_stage *stage = dot != NULL ? stage_of(load, cd_pool_copy(load->pool, path, (size_t)(dot - path))) : NULL;
    if (stage != NULL)
        set_option(load, stage, dot + 1, value);
    else
        refuse_path(load, path);
}

void cd_load_sets(cd_load *load, const cd_config_set *sets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        apply_set(load, sets[i].text);
}
