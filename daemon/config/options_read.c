/* SPDX-License-Identifier: Apache-2.0
 *
 * config/options_read.c: reading checked options by path, the canonical text, and the help. See options.h. Owns
 * nothing.
 */
#include "base/error.h"
#include "config/options_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Paths ------------------------------------------------------------------------------------------------------- */

struct place {
    const cd_option *option; /* of the value: the option's, or the column's */
    const cd_option_value *value;
    bool element; /* an element of a list: a string, whatever `option` says */
};

/* Is the first part of `path` this name? Then *rest is what follows the dot, or "" . */
static bool starts_with(const char *path, const char *name, const char **rest)
{
    size_t len = strlen(name);
    if (strncmp(path, name, len) != 0 || (path[len] != '.' && path[len] != '\0'))
        return false;
    *rest = path[len] == '.' ? path + len + 1 : path + len;
    return true;
}

static const cd_option_value *find_option(const cd_option *table, const cd_option_value *values, const char *path,
                                          const cd_option **option, const char **rest)
{
    for (size_t i = 0; table[i].name != NULL; i++) {
        if (starts_with(path, table[i].name, rest)) {
            *option = &table[i];
            return &values[i];
        }
    }
    return NULL;
}

/* "2.match" → 2 and "match"; false if it is no number below `count`. */
static bool take_index(const char **rest, size_t count, size_t *index)
{
    char *end;
    if (**rest < '0' || **rest > '9')
        return false;
    *index = strtoull(*rest, &end, 10);
    if (*index >= count || (*end != '.' && *end != '\0'))
        return false;
    *rest = *end == '.' ? end + 1 : end;
    return true;
}

static bool find_place(const cd_stage_options *options, const char *path, struct place *out)
{
    const char *rest;
    size_t index;
    *out = (struct place){0};
    out->value = find_option(options->table, options->values, path, &out->option, &rest);
    if (out->value == NULL || *rest == '\0')
        return out->value != NULL;
    if (!take_index(&rest, out->value->count, &index))
        return false;
    if (out->option->type == CD_OPTION_LIST) {
        out->value = &out->value->items[index];
        out->element = true;
        return *rest == '\0';
    }
    if (out->option->type != CD_OPTION_TABLE)
        return false;
    const cd_option *columns = out->option->columns;
    const cd_option_value *row = &out->value->items[index * cd_option_count(columns)];
    out->value = find_option(columns, row, rest, &out->option, &rest);
    return out->value != NULL && *rest == '\0';
}

static const cd_option_value *require(const cd_stage_options *options, const char *path, uint32_t types,
                                      const char *what)
{
    struct place place;
    CD_REQUIRE(find_place(options, path, &place), "stage '%s' asks for the option '%s', which its table does not have",
               options->stage, path);
    int32_t type = place.element ? CD_OPTION_STRING : place.option->type;
    CD_REQUIRE(types & 1u << type, "stage '%s' asks for the option '%s' as %s, which it is not", options->stage, path,
               what);
    return place.value;
}

bool cd_stage_options_boolean(const cd_stage_options *options, const char *path)
{
    return require(options, path, 1u << CD_OPTION_BOOLEAN, "a boolean")->boolean;
}

int64_t cd_stage_options_integer(const cd_stage_options *options, const char *path)
{
    return require(options, path, 1u << CD_OPTION_INTEGER, "an integer")->integer;
}

double cd_stage_options_number(const cd_stage_options *options, const char *path)
{
    return require(options, path, 1u << CD_OPTION_NUMBER, "a number")->number;
}

cd_str cd_stage_options_string(const cd_stage_options *options, const char *path)
{
    uint32_t types = 1u << CD_OPTION_STRING | 1u << CD_OPTION_CHOICE | 1u << CD_OPTION_PATH;
    return require(options, path, types, "a string")->string;
}

size_t cd_stage_options_count(const cd_stage_options *options, const char *path)
{
    return require(options, path, 1u << CD_OPTION_LIST | 1u << CD_OPTION_TABLE, "a list or table")->count;
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

typedef void visit_value(void *context, const cd_option *option, const cd_option_value *value, const char *path);

/* Every plain value, in the table's order, with its path. Lists' elements come with an option of type string. */
static void visit_values(const cd_stage_options *options, visit_value *visit, void *context)
{
    static const cd_option element = {.name = "", .type = CD_OPTION_STRING};
    char path[256];
    for (size_t i = 0; options->table[i].name != NULL; i++) {
        const cd_option *option = &options->table[i];
        const cd_option_value *value = &options->values[i];
        visit(context, option, value, option->name);
        bool table = option->type == CD_OPTION_TABLE;
        size_t columns = table ? cd_option_count(option->columns) : 1;
        for (size_t j = 0; j < value->count * columns; j++) {
            const cd_option *cell = table ? &option->columns[j % columns] : &element;
            (void)snprintf(path, sizeof path, "%s.%zu%s%s", option->name, j / columns, table ? "." : "", cell->name);
            visit(context, cell, &value->items[j], path);
        }
    }
}

static bool is_file(const cd_option *option, const cd_option_value *value)
{
    return option->type == CD_OPTION_PATH && value->string.len > 0;
}

static void count_file(void *context, const cd_option *option, const cd_option_value *value, const char *path)
{
    (void)path;
    *(size_t *)context += is_file(option, value);
}

static void gather_file(void *context, const cd_option *option, const cd_option_value *value, const char *path)
{
    cd_stage_options *options = context;
    if (is_file(option, value))
        options->files[options->file_count++] =
            (cd_option_file){.path = cd_pool_string(&options->pool, path), .file = value->string.ptr};
}

void cd_stage_options_gather_files(cd_stage_options *options)
{
    size_t count = 0;
    visit_values(options, count_file, &count);
    options->files = cd_pool_take(&options->pool, (count + 1) * sizeof *options->files);
    visit_values(options, gather_file, options);
}

size_t cd_stage_options_file_count(const cd_stage_options *options) { return options->file_count; }

const char *cd_stage_options_file(const cd_stage_options *options, size_t index, const char **path)
{
    CD_REQUIRE(index < options->file_count, "file %zu of %zu", index, options->file_count);
    *path = options->files[index].path;
    return options->files[index].file;
}

/* ---- The canonical text ------------------------------------------------------------------------------------------ */

static void append_quoted(cd_buffer *out, cd_str string)
{
    cd_buffer_append_byte(out, '"');
    for (size_t i = 0; i < string.len; i++) {
        if (string.ptr[i] == '"' || string.ptr[i] == '\\' || string.ptr[i] == '\n')
            cd_buffer_append_byte(out, '\\');
        cd_buffer_append_byte(out, string.ptr[i] == '\n' ? 'n' : string.ptr[i]);
    }
    cd_buffer_append_byte(out, '"');
}

static void append_value(void *context, const cd_option *option, const cd_option_value *value, const char *path)
{
    cd_buffer *out = context;
    cd_buffer_printf(out, "%s = ", path);
    switch (option->type) {
    case CD_OPTION_BOOLEAN: cd_buffer_append_string(out, value->boolean ? "true" : "false"); break;
    case CD_OPTION_INTEGER: cd_buffer_printf(out, "%" PRId64, value->integer); break;
    case CD_OPTION_NUMBER: cd_buffer_printf(out, "%.17g", value->number); break;
    case CD_OPTION_PATH: cd_buffer_append_string(out, value->string.len > 0 ? "file" : "none"); break;
    case CD_OPTION_LIST:
    case CD_OPTION_TABLE: cd_buffer_printf(out, "%zu", value->count); break;
    default: append_quoted(out, value->string); break;
    }
    cd_buffer_append_byte(out, '\n');
}

void cd_stage_options_write(const cd_stage_options *options, cd_buffer *out)
{
    visit_values(options, append_value, out);
}

/* ---- As written -------------------------------------------------------------------------------------------------- */

static bool is_reserved(const char *name)
{
    return strcmp(name, "plugin") == 0 || strcmp(name, "name") == 0 || strcmp(name, "member") == 0;
}

static int print_plain(const cd_setting *setting, char *value, size_t size)
{
    if (cd_name_is_secret(setting->name))
        return snprintf(value, size, "%s", "");
    switch (setting->type) {
    case CD_SETTING_BOOLEAN: return snprintf(value, size, "%s", setting->boolean ? "true" : "false");
    case CD_SETTING_INTEGER: return snprintf(value, size, "%" PRId64, setting->integer);
    case CD_SETTING_NUMBER: return snprintf(value, size, "%.17g", setting->number);
    case CD_SETTING_STRING:
    case CD_SETTING_TEXT: return snprintf(value, size, "%s", setting->string);
    default: return snprintf(value, size, "%s", "");
    }
}

bool cd_stage_option_written(const cd_config_stage *stage, size_t index, const char **name, char *value, size_t size)
{
    for (size_t i = 0; stage->settings != NULL && i < stage->settings->count; i++) {
        const cd_setting *setting = &stage->settings->children[i];
        if (is_reserved(setting->name) || index-- > 0)
            continue;
        *name = setting->name;
        if (print_plain(setting, value, size) >= (int)size)
            value[0] = '\0';
        return true;
    }
    return false;
}

/* ---- Help -------------------------------------------------------------------------------------------------------- */

static void print_options(const cd_option *table, int indent, FILE *out)
{
    char expected[512];
    for (const cd_option *option = table; option->name != NULL; option++) {
        bool composite = option->type == CD_OPTION_LIST || option->type == CD_OPTION_TABLE;
        fprintf(out, "%*s%s\n", indent, "", option->name);
        if (option->help != NULL)
            fprintf(out, "%*s%s\n", indent + 4, "", option->help);
        fprintf(out, "%*sexpects %s; ", indent + 4, "", cd_option_expected(option, expected, sizeof expected));
        if (composite)
            fputs("default empty\n", out);
        else if (option->preset == NULL)
            fputs("must be set\n", out);
        else
            fprintf(out, option->preset[0] != '\0' ? "default %s\n" : "default \"\"%s\n", option->preset);
        if (option->type == CD_OPTION_TABLE)
            print_options(option->columns, indent + 8, out);
    }
}

void cd_stage_options_help(const cd_option *table, FILE *out)
{
    if (table != NULL)
        print_options(table, 0, out);
}
