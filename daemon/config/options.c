/* SPDX-License-Identifier: Apache-2.0
 *
 * config/options.c: checks a stage's settings against its plugin's table and keeps the values. See options.h.
 *
 * Owns copies of all values, in one pool. A table that is itself wrong (a default that is no value of its type, a list
 * inside a table) is a problem that names the plugin, since strangers write plugins.
 */
#include "config/options.h"

#include "config/nearest.h"
#include "config/options_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_ENTRIES_MAX 100000

struct maker {
    cd_stage_options *options;
    const cd_config_stage *stage;
    cd_problems *problems;
};

/* ---- What was expected ------------------------------------------------------------------------------------------- */

static size_t append_range(const cd_option *option, char *out, size_t size)
{
    if (!(option->min < option->max))
        return 0;
    if (option->type == CD_OPTION_INTEGER)
        return (size_t)snprintf(out, size, " from %.0f to %.0f", option->min, option->max);
    return (size_t)snprintf(out, size, " from %g to %g", option->min, option->max);
}

const char *cd_option_expected(const cd_option *option, char *out, size_t size)
{
    static const char *const words[] = {[CD_OPTION_BOOLEAN] = "true or false",  [CD_OPTION_INTEGER] = "an integer",
                                        [CD_OPTION_NUMBER] = "a number",        [CD_OPTION_STRING] = "a string",
                                        [CD_OPTION_CHOICE] = "one of",          [CD_OPTION_PATH] = "a file's path",
                                        [CD_OPTION_LIST] = "a list of strings", [CD_OPTION_TABLE] = "a list of groups"};
    size_t len = (size_t)snprintf(out, size, "%s", words[option->type]);
    if (option->type == CD_OPTION_INTEGER || option->type == CD_OPTION_NUMBER)
        (void)append_range(option, out + len, size - len);
    if (option->type == CD_OPTION_CHOICE)
        for (size_t i = 0; option->choices[i] != NULL && len < size; i++)
            len += (size_t)snprintf(out + len, size - len, " \"%s\"", option->choices[i]);
    return out;
}

static void refuse(struct maker *maker, const cd_option *option, const cd_setting *setting)
{
    char found[128], expected[512];
    cd_problems_add(maker->problems, setting->file, setting->line, "%s.%s: found %s, expected %s (%s)",
                    maker->stage->name, option->name,
                    cd_setting_describe(setting, cd_name_is_secret(option->name), found, sizeof found),
                    cd_option_expected(option, expected, sizeof expected), option->help != NULL ? option->help : "");
}

/* ---- The plugin's table ------------------------------------------------------------------------------------------ */

static bool name_valid(const char *name)
{
    for (const char *s = name; *s != '\0'; s++)
        if (!islower((unsigned char)*s) && (s == name || (!isdigit((unsigned char)*s) && *s != '_')))
            return false;
    return name[0] != '\0' && strcmp(name, "plugin") != 0 && strcmp(name, "name") != 0 && strcmp(name, "member") != 0;
}

static const char *table_fault(const cd_option *option, bool column)
{
    bool composite = option->type == CD_OPTION_LIST || option->type == CD_OPTION_TABLE;
    if (option->type < CD_OPTION_BOOLEAN || option->type > CD_OPTION_TABLE)
        return "has an unknown type";
    if (!column && !name_valid(option->name))
        return "has a name that is not [a-z][a-z0-9_]*, or is one of plugin, name, member";
    if (option->type == CD_OPTION_CHOICE && option->choices == NULL)
        return "has no choices";
    if (option->type == CD_OPTION_TABLE && option->columns == NULL)
        return "has no columns";
    return column && composite ? "is a list or table inside a table" : NULL;
}

static bool table_valid(struct maker *maker, const cd_option *table, bool column)
{
    bool fine = true;
    for (const cd_option *option = table; option->name != NULL; option++) {
        const char *fault = table_fault(option, column);
        for (const cd_option *twin = table; fault == NULL && twin < option; twin++)
            fault = strcmp(twin->name, option->name) == 0 ? "stands twice in the table" : NULL;
        if (fault != NULL)
            cd_problems_add(maker->problems, maker->stage->file, maker->stage->line,
                            "the plugin '%s' is faulty: its option '%s' %s", maker->stage->plugin, option->name, fault);
        fine &= fault == NULL;
        if (fault == NULL && option->type == CD_OPTION_TABLE)
            fine &= table_valid(maker, option->columns, true);
    }
    return fine;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static bool in_range(const cd_option *option, double value)
{
    return !(option->min < option->max) || (value >= option->min && value <= option->max);
}

static bool is_choice(const cd_option *option, const char *string)
{
    for (size_t i = 0; option->choices[i] != NULL; i++)
        if (strcmp(option->choices[i], string) == 0)
            return true;
    return false;
}

static cd_str copy_string(struct maker *maker, const char *string)
{
    size_t len = strlen(string);
    return (cd_str){cd_pool_copy(&maker->options->pool, string, len), len};
}

/* A file that a worker maps before its sandbox closes. */
static bool check_file(struct maker *maker, const cd_option *option, const cd_setting *setting, const char *path)
{
    struct stat info;
    const char *why = NULL;
    if (path[0] == '\0')
        return true;
    if (stat(path, &info) != 0 || access(path, R_OK) != 0)
        why = strerror(errno);
    else if (!S_ISREG(info.st_mode))
        why = "it is no regular file";
    if (why != NULL)
        cd_problems_add(maker->problems, setting->file, setting->line,
                        "%s.%s: found \"%.200s\" (%s), expected a readable file", maker->stage->name, option->name,
                        path, why);
    return why == NULL;
}

/* Everything but lists and tables. False if the value is not one of the option; a file's problem is said already. */
static bool read_plain(struct maker *maker, const cd_option *option, const cd_setting *setting, cd_option_value *out)
{
    const char *string;
    switch (option->type) {
    case CD_OPTION_BOOLEAN: return cd_setting_boolean(setting, &out->boolean);
    case CD_OPTION_INTEGER: return cd_setting_integer(setting, &out->integer) && in_range(option, (double)out->integer);
    case CD_OPTION_NUMBER: return cd_setting_number(setting, &out->number) && in_range(option, out->number);
    default:
        if (!cd_setting_string(setting, &string) || (option->type == CD_OPTION_CHOICE && !is_choice(option, string)))
            return false;
        out->string = copy_string(maker, string);
        if (option->type == CD_OPTION_PATH)
            (void)check_file(maker, option, setting, string);
        return true;
    }
}

static bool read_list(struct maker *maker, const cd_setting *setting, cd_option_value *out)
{
    const cd_setting *list = cd_setting_list(&maker->options->pool, setting);
    if (list == NULL || list->count > LIST_ENTRIES_MAX)
        return false;
    out->items = cd_pool_take(&maker->options->pool, (list->count + 1) * sizeof *out->items);
    for (size_t i = 0; i < list->count; i++) {
        const char *string;
        if (!cd_setting_string(&list->children[i], &string))
            return false;
        out->items[i].string = copy_string(maker, string);
    }
    out->count = list->count;
    return true;
}

static void read_group(struct maker *maker, const cd_option *table, const cd_setting *group, const char *prefix,
                       cd_option_value *out);

static bool read_table(struct maker *maker, const cd_option *option, const cd_setting *setting, cd_option_value *out)
{
    if (setting->type != CD_SETTING_LIST || setting->count > LIST_ENTRIES_MAX)
        return false;
    size_t columns = cd_option_count(option->columns);
    out->items = cd_pool_take(&maker->options->pool, (setting->count * columns + 1) * sizeof *out->items);
    for (size_t i = 0; i < setting->count; i++) {
        if (setting->children[i].type != CD_SETTING_GROUP)
            return false;
        read_group(maker, option->columns, &setting->children[i], option->name, &out->items[i * columns]);
    }
    out->count = setting->count;
    return true;
}

static void read_preset(struct maker *maker, const cd_option *option, const cd_setting *group, cd_option_value *out)
{
    if (option->type == CD_OPTION_LIST || option->type == CD_OPTION_TABLE)
        return;
    char expected[512];
    if (option->preset == NULL) {
        cd_problems_add(maker->problems, group->file, group->line, "%s: found no %s, expected %s (%s)",
                        maker->stage->name, option->name, cd_option_expected(option, expected, sizeof expected),
                        option->help != NULL ? option->help : "");
        return;
    }
    cd_setting preset = cd_setting_text(option->name, option->preset, maker->stage->file);
    preset.line = maker->stage->line;
    if (!read_plain(maker, option, &preset, out))
        cd_problems_add(maker->problems, maker->stage->file, maker->stage->line,
                        "the plugin '%s' is faulty: the default of its option '%s' is \"%s\", expected %s",
                        maker->stage->plugin, option->name, option->preset,
                        cd_option_expected(option, expected, sizeof expected));
}

static void read_option(struct maker *maker, const cd_option *option, const cd_setting *group, cd_option_value *out)
{
    const cd_setting *setting = cd_setting_member(group, option->name);
    bool fine;
    if (setting == NULL) {
        read_preset(maker, option, group, out);
        return;
    }
    if (option->type == CD_OPTION_LIST)
        fine = read_list(maker, setting, out);
    else if (option->type == CD_OPTION_TABLE)
        fine = read_table(maker, option, setting, out);
    else
        fine = read_plain(maker, option, setting, out);
    if (!fine)
        refuse(maker, option, setting);
}

static void refuse_unknown(struct maker *maker, const cd_option *table, const cd_setting *setting, const char *prefix)
{
    char hint[128];
    cd_nearest nearest = {.wanted = setting->name};
    for (const cd_option *option = table; option->name != NULL; option++)
        cd_nearest_offer(&nearest, option->name);
    cd_problems_add(maker->problems, setting->file, setting->line,
                    "%s: found the unknown option '%s%s%.64s', expected one that the plugin '%s' has%s",
                    maker->stage->name, prefix, prefix[0] != '\0' ? "." : "", setting->name, maker->stage->plugin,
                    cd_nearest_hint(&nearest, hint, sizeof hint));
}

/* The members of a stage or of a table's row, against `table`; one value an entry into `out`. */
static void read_group(struct maker *maker, const cd_option *table, const cd_setting *group, const char *prefix,
                       cd_option_value *out)
{
    size_t count = cd_option_count(table);
    for (size_t i = 0; i < count; i++)
        read_option(maker, &table[i], group, &out[i]);
    for (size_t i = 0; i < group->count; i++) {
        size_t at = 0;
        while (at < count && strcmp(table[at].name, group->children[i].name) != 0)
            at++;
        if (at == count)
            refuse_unknown(maker, table, &group->children[i], prefix);
    }
}

/* ---- All of it --------------------------------------------------------------------------------------------------- */

size_t cd_option_count(const cd_option *table)
{
    size_t count = 0;
    while (table[count].name != NULL)
        count++;
    return count;
}

int cd_stage_options_create(const cd_config_stage *stage, const cd_option *table, cd_stage_options **out,
                            cd_problems *problems)
{
    static const cd_option no_options[1] = {{.name = NULL}};
    *out = NULL;
    cd_stage_options *options = calloc(1, sizeof *options);
    if (options == NULL) {
        cd_problems_add(problems, stage->file, stage->line, "%s: out of memory", stage->name);
        return -EINVAL;
    }
    size_t before = problems->count;
    struct maker maker = {.options = options, .stage = stage, .problems = problems};
    options->table = table != NULL ? table : no_options;
    options->stage = cd_pool_string(&options->pool, stage->name);
    if (table_valid(&maker, options->table, false)) {
        options->values = cd_pool_take(&options->pool, (cd_option_count(options->table) + 1) * sizeof *options->values);
        read_group(&maker, options->table, stage->settings, "", options->values);
    }
    if (problems->count > before || problems->omitted > 0) {
        cd_stage_options_destroy(options);
        return -EINVAL;
    }
    cd_stage_options_gather_files(options);
    *out = options;
    return 0;
}

void cd_stage_options_destroy(cd_stage_options *options)
{
    if (options == NULL)
        return;
    cd_pool_fini(&options->pool);
    free(options);
}
