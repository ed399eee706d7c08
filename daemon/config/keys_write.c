/* SPDX-License-Identifier: Apache-2.0
 *
 * config/keys_write.c: from cd_config back to the file's syntax, and the help text. See keys.h. Owns nothing.
 */
#include "config/keys.h"

#include <inttypes.h>
#include <string.h>

/* The groups that are open while keys are written one after the other. */
struct groups {
    const char *path; /* of the last key written; its groups are open */
    FILE *out;
};

static size_t depth_of(const char *path)
{
    size_t depth = 0;
    for (; (path = strchr(path, '.')) != NULL; path++)
        depth++;
    return depth;
}

/* How many groups two paths have in common. */
static size_t common_depth(const char *a, const char *b)
{
    size_t depth = 0;
    for (; *a == *b && *a != '\0'; a++, b++)
        depth += *a == '.';
    return depth;
}

/* Closes and opens groups so that the key of `path` can be written; "" closes all. */
static void enter_groups(struct groups *groups, const char *path)
{
    size_t kept = common_depth(groups->path, path);
    for (size_t depth = depth_of(groups->path); depth > kept; depth--)
        fprintf(groups->out, "%*s};\n", (int)(depth - 1) * 4, "");
    const char *part = path, *dot;
    for (size_t depth = 0; (dot = strchr(part, '.')) != NULL; part = dot + 1, depth++)
        if (depth >= kept)
            fprintf(groups->out, "%*s%.*s = {\n", (int)depth * 4, "", (int)(dot - part), part);
    groups->path = path;
}

static const char *choice_name(const cd_key *key, int value)
{
    for (const cd_key_choice *choice = key->choices; choice->name != NULL; choice++)
        if (choice->value == value)
            return choice->name;
    return "";
}

static void write_topics(const cd_config *config, FILE *out)
{
    fputs("[ ", out);
    for (size_t i = 0; i < config->input.topic_count; i++) {
        cd_setting_write_string(out, config->input.topics[i]);
        fputs(i + 1 < config->input.topic_count ? ", " : " ", out);
    }
    fputc(']', out);
}

static void write_value(const cd_key *key, const cd_config *config, FILE *out)
{
    const char *at = (const char *)config + key->offset;
    if (key->type == CD_KEY_BOOLEAN)
        fputs(*(const bool *)at ? "true" : "false", out);
    else if (key->type == CD_KEY_INTEGER)
        cd_setting_write_integer(out, *(const int64_t *)(const void *)at);
    else if (key->type == CD_KEY_CHOICE)
        cd_setting_write_string(out, choice_name(key, *(const int *)(const void *)at));
    else if (key->type == CD_KEY_TOPICS)
        write_topics(config, out);
    else
        cd_setting_write_string(out, *(const char *const *)(const void *)at);
}

void cd_keys_write(const cd_config *config, uint32_t flags, cd_key_writer *composite, FILE *out)
{
    struct groups groups = {.path = "", .out = out};
    for (size_t i = 0; i < cd_key_count; i++) {
        const cd_key *key = &cd_keys[i];
        if ((key->flags & flags) != flags)
            continue;
        enter_groups(&groups, key->path);
        const char *leaf = strrchr(key->path, '.') != NULL ? strrchr(key->path, '.') + 1 : key->path;
        int indent = (int)depth_of(key->path) * 4;
        fprintf(out, "%*s%s = ", indent, "", leaf);
        if (key->type >= CD_KEY_ROUTES)
            composite(key, config, indent, out);
        else
            write_value(key, config, out);
        fputs(";\n", out);
    }
    enter_groups(&groups, "");
}

void cd_config_help(FILE *out)
{
    char expected[256];
    for (size_t i = 0; i < cd_key_count; i++) {
        const cd_key *key = &cd_keys[i];
        bool quoted = key->type != CD_KEY_INTEGER && key->type != CD_KEY_BOOLEAN;
        fprintf(out, "%s\n    %s\n    expects %s\n", key->path, key->help,
                cd_key_expected(key, expected, sizeof expected));
        if (key->flags & CD_KEY_NEEDED)
            fputs("    must be set for the daemon\n", out);
        else if (key->preset != NULL)
            fprintf(out, quoted ? "    default \"%s\"\n" : "    default %s\n", key->preset);
        else
            fputs("    default empty\n", out);
    }
}
