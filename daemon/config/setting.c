/* SPDX-License-Identifier: Apache-2.0
 *
 * config/setting.c: looking at settings: members, types, descriptions, secrets. See setting.h. Owns nothing.
 */
#include "config/setting.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cd_setting cd_setting_text(const char *name, const char *value, const char *file)
{
    return (cd_setting){.name = name, .type = CD_SETTING_TEXT, .file = file, .string = value};
}

const cd_setting *cd_setting_member(const cd_setting *group, const char *name)
{
    if (group == NULL || group->type != CD_SETTING_GROUP)
        return NULL;
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->children[i].name, name) == 0)
            return &group->children[i];
    return NULL;
}

const cd_setting *cd_setting_with(cd_pool *pool, const cd_setting *group, const cd_setting *member)
{
    cd_setting *changed = cd_pool_take(pool, sizeof *changed);
    *changed = *group;
    changed->children = cd_pool_take(pool, (group->count + 1) * sizeof *changed->children);
    if (group->count > 0)
        memcpy(changed->children, group->children, group->count * sizeof *changed->children);
    size_t at = 0;
    while (at < group->count && strcmp(group->children[at].name, member->name) != 0)
        at++;
    changed->children[at] = *member;
    changed->count = at == group->count ? at + 1 : group->count;
    return changed;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

bool cd_setting_boolean(const cd_setting *setting, bool *out)
{
    if (setting->type == CD_SETTING_BOOLEAN) {
        *out = setting->boolean;
        return true;
    }
    if (setting->type != CD_SETTING_TEXT)
        return false;
    *out = strcasecmp(setting->string, "true") == 0;
    return *out || strcasecmp(setting->string, "false") == 0;
}

bool cd_setting_integer(const cd_setting *setting, int64_t *out)
{
    if (setting->type == CD_SETTING_INTEGER) {
        *out = setting->integer;
        return true;
    }
    if (setting->type != CD_SETTING_TEXT || setting->string[0] == '\0' || isspace((unsigned char)setting->string[0]))
        return false;
    const char *digits = setting->string + (setting->string[0] == '-' || setting->string[0] == '+');
    bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    char *end;
    errno = 0;
    long long value = strtoll(setting->string, &end, hex ? 16 : 10);
    *out = value;
    return errno == 0 && *end == '\0';
}

bool cd_setting_number(const cd_setting *setting, double *out)
{
    int64_t whole;
    if (cd_setting_integer(setting, &whole)) {
        *out = (double)whole;
        return true;
    }
    if (setting->type == CD_SETTING_NUMBER) {
        *out = setting->number;
        return isfinite(*out);
    }
    if (setting->type != CD_SETTING_TEXT || setting->string[strspn(setting->string, "0123456789+-.eE")] != '\0')
        return false;
    char *end;
    *out = strtod(setting->string, &end);
    return end != setting->string && *end == '\0' && isfinite(*out);
}

bool cd_setting_string(const cd_setting *setting, const char **out)
{
    *out = setting->string;
    return setting->type == CD_SETTING_STRING || setting->type == CD_SETTING_TEXT;
}

const cd_setting *cd_setting_list(cd_pool *pool, const cd_setting *setting)
{
    if (setting->type == CD_SETTING_LIST)
        return setting;
    if (setting->type != CD_SETTING_TEXT)
        return NULL;
    cd_setting *list = cd_pool_take(pool, sizeof *list);
    *list = *setting;
    list->type = CD_SETTING_LIST;
    size_t parts = setting->string[0] != '\0';
    for (const char *s = setting->string; *s != '\0'; s++)
        parts += *s == ',';
    list->children = cd_pool_take(pool, (parts + 1) * sizeof *list->children);
    list->count = parts;
    const char *s = setting->string;
    for (size_t i = 0; i < parts; i++) {
        size_t len = strcspn(s, ",");
        const char *first = s, *last = s + len;
        while (first < last && isspace((unsigned char)*first))
            first++;
        while (last > first && isspace((unsigned char)last[-1]))
            last--;
        list->children[i] = cd_setting_text(NULL, cd_pool_copy(pool, first, (size_t)(last - first)), setting->file);
        s += len + 1;
    }
    return list;
}

/* ---- For people -------------------------------------------------------------------------------------------------- */

const char *cd_setting_describe(const cd_setting *setting, bool secret, char *out, size_t size)
{
    if (setting->type == CD_SETTING_LIST || setting->type == CD_SETTING_GROUP || secret)
        (void)snprintf(out, size, "%s",
                       setting->type == CD_SETTING_LIST    ? "a list"
                       : setting->type == CD_SETTING_GROUP ? "a group"
                                                           : "a value that is not shown");
    else if (setting->type == CD_SETTING_BOOLEAN)
        (void)snprintf(out, size, "the boolean %s", setting->boolean ? "true" : "false");
    else if (setting->type == CD_SETTING_INTEGER)
        (void)snprintf(out, size, "the integer %lld", (long long)setting->integer);
    else if (setting->type == CD_SETTING_NUMBER)
        (void)snprintf(out, size, "the number %g", setting->number);
    else if (strlen(setting->string) > 60)
        (void)snprintf(out, size, "a string of %zu bytes", strlen(setting->string));
    else
        (void)snprintf(out, size, "%s\"%s\"", setting->type == CD_SETTING_STRING ? "the string " : "", setting->string);
    return out;
}

/* "key" alone is too common a syllable (keywords, monkey): it counts as a word of its own. */
static bool holds_word_key(const char *name)
{
    for (const char *s = strcasestr(name, "key"); s != NULL; s = strcasestr(s + 1, "key"))
        if ((s == name || !isalnum((unsigned char)s[-1])) && !isalnum((unsigned char)s[3]))
            return true;
    return false;
}

bool cd_name_is_secret(const char *name)
{
    static const char *const words[] = {"password", "passphrase",        "secret", "token", "credential",
                                        "apikey",   "oauthbearer.config"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasestr(name, words[i]) != NULL)
            return true;
    return holds_word_key(name);
}
