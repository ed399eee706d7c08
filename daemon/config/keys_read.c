/* SPDX-License-Identifier: Apache-2.0
 *
 * config/keys_read.c: from a setting to a checked field of cd_config. See keys.h. Owns nothing.
 */
#include "config/keys.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* ---- What was expected ------------------------------------------------------------------------------------------- */

static void expected_integer(const cd_key *key, char *out, size_t size)
{
    const char *unit = key->flags & CD_KEY_BYTES ? " bytes" : key->flags & CD_KEY_MS ? " milliseconds" : "";
    (void)snprintf(out, size, "%san integer from %" PRId64 " to %" PRId64 "%s",
                   key->flags & CD_KEY_OR_ZERO ? "0 or " : "", key->min, key->max, unit);
}

static void expected_choice(const cd_key *key, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "%s", key->choices[1].name != NULL ? "one of" : "");
    for (const cd_key_choice *choice = key->choices; choice->name != NULL && len < size; choice++)
        len += (size_t)snprintf(out + len, size - len, "%s\"%s\"", len > 0 ? " " : "", choice->name);
}

const char *cd_key_expected(const cd_key *key, char *out, size_t size)
{
    static const char *const words[] = {
        [CD_KEY_BOOLEAN] = "true or false",
        [CD_KEY_STRING] = "a string",
        [CD_KEY_NAME] = "1 to 64 of the characters A-Z a-z 0-9 . _ -",
        [CD_KEY_TOPIC] = "a topic's name (1 to 249 of A-Z a-z 0-9 . _ -)",
        [CD_KEY_POINTER] = "a JSON Pointer, such as \"/article/body\"",
        [CD_KEY_FOLDER] = "an absolute path",
        [CD_KEY_TOPICS] = "a list of topics' names, or of regular expressions that begin with '^'",
        [CD_KEY_ROUTES] = "a list of groups with name and topic",
        [CD_KEY_STAGES] = "a list of groups, each with a plugin",
        [CD_KEY_PROPERTIES] = "a list of strings \"property=value\"",
    };
    if (key->type == CD_KEY_INTEGER)
        expected_integer(key, out, size);
    else if (key->type == CD_KEY_CHOICE)
        expected_choice(key, out, size);
    else
        (void)snprintf(out, size, "%s", words[key->type]);
    return out;
}

const char *cd_key_example(const cd_key *key, char *out, size_t size)
{
    size_t len = 0;
    const char *part = key->path, *dot;
    size_t depth = 0;
    for (; (dot = strchr(part, '.')) != NULL && len < size; part = dot + 1, depth++)
        len += (size_t)snprintf(out + len, size - len, "%.*s = { ", (int)(dot - part), part);
    bool plain = key->example != NULL || key->type == CD_KEY_INTEGER || key->type == CD_KEY_BOOLEAN;
    const char *value = key->example != NULL ? key->example : key->preset;
    if (len < size)
        len += (size_t)snprintf(out + len, size - len, plain ? "%s = %s;" : "%s = \"%s\";", part, value);
    for (; depth > 0 && len < size; depth--)
        len += (size_t)snprintf(out + len, size - len, " };");
    return out;
}

static void refuse(const cd_key *key, const cd_setting *setting, cd_problems *problems)
{
    char found[128], expected[256], example[256];
    cd_problems_add(problems, setting->file, setting->line, "%s: found %s, expected %s; write for example %s",
                    key->path, cd_setting_describe(setting, false, found, sizeof found),
                    cd_key_expected(key, expected, sizeof expected), cd_key_example(key, example, sizeof example));
}

/* ---- Checks of strings ------------------------------------------------------------------------------------------- */

static bool only_name_characters(const char *name, size_t max)
{
    size_t len = strlen(name);
    if (len == 0 || len > max)
        return false;
    for (const char *s = name; *s != '\0'; s++)
        if (!isalnum((unsigned char)*s) && strchr("._-", *s) == NULL)
            return false;
    return true;
}

bool cd_topic_valid(const char *name)
{
    return only_name_characters(name, 249) && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* RFC 6901: "" or '/' and parts in which '~' stands only before 0 or 1. */
static bool pointer_valid(const char *pointer)
{
    if (pointer[0] != '\0' && pointer[0] != '/')
        return false;
    for (const char *s = pointer; *s != '\0'; s++)
        if (*s == '~' && s[1] != '0' && s[1] != '1')
            return false;
    return true;
}

static bool string_valid(cd_key_type type, const char *string)
{
    switch (type) {
    case CD_KEY_NAME: return only_name_characters(string, 64) && string[0] != '.';
    case CD_KEY_TOPIC: return string[0] == '\0' || cd_topic_valid(string);
    case CD_KEY_POINTER: return pointer_valid(string);
    case CD_KEY_FOLDER: return string[0] == '\0' || string[0] == '/';
    default: return true;
    }
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static bool read_integer(const cd_key *key, const cd_setting *setting, int64_t *at)
{
    int64_t value;
    if (!cd_setting_integer(setting, &value))
        return false;
    bool off = value == 0 && (key->flags & CD_KEY_OR_ZERO);
    if (!off && (value < key->min || value > key->max))
        return false;
    *at = value;
    return true;
}

static bool read_choice(const cd_key *key, const cd_setting *setting, int *at)
{
    const char *name;
    if (!cd_setting_string(setting, &name))
        return false;
    for (const cd_key_choice *choice = key->choices; choice->name != NULL; choice++) {
        if (strcmp(choice->name, name) == 0) {
            *at = choice->value;
            return true;
        }
    }
    return false;
}

static bool read_string(const cd_key *key, const cd_setting *setting, cd_pool *pool, const char **at)
{
    const char *string;
    if (!cd_setting_string(setting, &string) || !string_valid(key->type, string))
        return false;
    *at = cd_pool_string(pool, string);
    return true;
}

static bool read_topics(const cd_setting *setting, cd_pool *pool, cd_config *config)
{
    const cd_setting *list = cd_setting_list(pool, setting);
    if (list == NULL)
        return false;
    const char **topics = cd_pool_take(pool, (list->count + 1) * sizeof *topics);
    for (size_t i = 0; i < list->count; i++) {
        const char *topic;
        if (!cd_setting_string(&list->children[i], &topic) || (topic[0] != '^' && !cd_topic_valid(topic)))
            return false;
        topics[i] = cd_pool_string(pool, topic);
    }
    config->input.topics = topics;
    config->input.topic_count = list->count;
    return true;
}

void cd_key_read(const cd_key *key, const cd_setting *setting, cd_pool *pool, cd_config *config, cd_problems *problems)
{
    void *at = (char *)config + key->offset;
    bool fine = false;
    switch (key->type) {
    case CD_KEY_BOOLEAN: fine = cd_setting_boolean(setting, at); break;
    case CD_KEY_INTEGER: fine = read_integer(key, setting, at); break;
    case CD_KEY_CHOICE: fine = read_choice(key, setting, at); break;
    case CD_KEY_TOPICS: fine = read_topics(setting, pool, config); break;
    default: fine = read_string(key, setting, pool, at); break;
    }
    if (!fine)
        refuse(key, setting, problems);
}
