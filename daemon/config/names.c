/* SPDX-License-Identifier: Apache-2.0
 *
 * config/names.c: names in the file that no key has, and what was probably meant. See load.h. Owns nothing.
 */
#include "config/load.h"
#include "config/nearest.h"

#include <string.h>

#define PATH_BYTES 160

static bool is_group(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < cd_key_count; i++)
        if (strncmp(cd_keys[i].path, path, len) == 0 && cd_keys[i].path[len] == '.')
            return true;
    return false;
}

static const char *leaf_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot + 1 : path;
}

/* The names that could stand beside `path`: of keys and of groups with the same beginning. */
static void offer_siblings(const cd_load *load, cd_nearest *nearest, const char *path, size_t prefix)
{
    for (size_t i = 0; i < cd_key_count; i++) {
        const char *key = cd_keys[i].path;
        if (strncmp(key, path, prefix) != 0)
            continue;
        size_t len = strcspn(key + prefix, ".");
        cd_nearest_offer(nearest, cd_pool_copy(load->pool, key + prefix, len));
    }
}

const char *cd_load_name_hint(const cd_load *load, const char *path, char *out, size_t size)
{
    const char *leaf = leaf_of(path);
    size_t prefix = (size_t)(leaf - path);
    cd_nearest nearest = {.wanted = leaf}, elsewhere = {.wanted = leaf};
    offer_siblings(load, &nearest, path, prefix);
    for (size_t i = 0; i < cd_key_count; i++) /* the right name in the wrong group */
        cd_nearest_offer(&elsewhere, leaf_of(cd_keys[i].path));
    out[0] = '\0';
    if (nearest.best != NULL && (elsewhere.best == NULL || nearest.distance <= elsewhere.distance)) {
        (void)snprintf(out, size, "; did you mean '%.*s%s'?", (int)prefix, path, nearest.best);
        return out;
    }
    for (size_t i = 0; i < cd_key_count && elsewhere.best != NULL; i++)
        if (elsewhere.best == leaf_of(cd_keys[i].path))
            (void)snprintf(out, size, "; did you mean '%s'?", cd_keys[i].path);
    return out;
}

static void refuse_name(const cd_load *load, const cd_setting *setting, const char *path)
{
    char hint[PATH_BYTES + 32];
    cd_load_name_hint(load, path, hint, sizeof hint);
    cd_problems_add(load->problems, setting->file, setting->line,
                    "found the unknown key '%s', expected one of the keys that `copydesk check --keys` lists%s", path,
                    hint);
}

static void check_group(const cd_load *load, const cd_setting *group, const char *prefix)
{
    for (size_t i = 0; i < group->count; i++) {
        const cd_setting *member = &group->children[i];
        char path[PATH_BYTES], found[128];
        (void)snprintf(path, sizeof path, "%s%.60s", prefix, member->name);
        if (cd_key_find(path) != NULL || (load->pipeline && strcmp(path, CD_PIPELINE_STAGES) == 0))
            continue;
        if (!is_group(path)) {
            refuse_name(load, member, path);
        } else if (member->type != CD_SETTING_GROUP) {
            cd_problems_add(
                load->problems, member->file, member->line, "%s: found %s, expected a group; write %s = { … };", path,
                cd_setting_describe(member, cd_name_is_secret(path) || strcmp(path, "kafka") == 0, found, sizeof found),
                member->name);
        } else {
            size_t len = strlen(path);
            (void)snprintf(path + len, sizeof path - len, ".");
            check_group(load, member, path);
        }
    }
}

void cd_load_check_names(const cd_load *load) { check_group(load, load->root, ""); }
