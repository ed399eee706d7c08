/* SPDX-License-Identifier: Apache-2.0
 *
 * config/pipeline.c: the part of the configuration that workers and the store need, as a self-contained text.
 *
 * Keys are written with their effective values, by the table. A stage's options are written one record a setting, a
 * group or list before its `members`, each with its type and place, so that a worker's problem names the line that a
 * person wrote:
 *
 *     pipeline_stages = ( { name = "x"; plugin = "x"; file = "a.conf"; line = 7; settings = (
 *         { name = ""; type = 6; file = "a.conf"; line = 7; members = 1; },
 *         { name = "limit"; type = 2; file = "a.conf"; line = 8; integer = 5; } ); } );
 *
 * Owns nothing.
 */
#include "base/buffer.h"
#include "config/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIPELINE "pipeline" /* the file's name in problems with the text itself */
#define PIPELINE_BYTES_MAX (16 * 1024 * 1024)

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static void write_string_member(FILE *out, const char *name, const char *value)
{
    fprintf(out, "%s = ", name);
    cd_setting_write_string(out, value);
    fputs("; ", out);
}

static void write_settings(FILE *out, const cd_setting *setting)
{
    fputs("\n    { ", out);
    write_string_member(out, "name", setting->name != NULL ? setting->name : "");
    write_string_member(out, "file", setting->file);
    fprintf(out, "line = %u; type = %d; ", setting->line, (int)setting->type);
    switch (setting->type) {
    case CD_SETTING_BOOLEAN: fprintf(out, "boolean = %s; }", setting->boolean ? "true" : "false"); return;
    case CD_SETTING_INTEGER:
        fputs("integer = ", out);
        cd_setting_write_integer(out, setting->integer);
        break;
    case CD_SETTING_NUMBER:
        fputs("number = ", out);
        cd_setting_write_number(out, setting->number);
        break;
    case CD_SETTING_STRING:
    case CD_SETTING_TEXT:
        fputs("string = ", out);
        cd_setting_write_string(out, setting->string);
        break;
    case CD_SETTING_LIST:
    case CD_SETTING_GROUP: fprintf(out, "members = %zu", setting->count); break;
    }
    fputs("; }", out);
    for (size_t i = 0; i < setting->count; i++) {
        fputc(',', out);
        write_settings(out, &setting->children[i]);
    }
}

static void write_stages(FILE *out, const cd_config *config)
{
    fputs(CD_PIPELINE_STAGES " = (", out);
    for (size_t i = 0; i < config->stage_count; i++) {
        const cd_config_stage *stage = &config->stages[i];
        fputs(i > 0 ? ",\n  { " : "\n  { ", out);
        write_string_member(out, "name", stage->name);
        write_string_member(out, "plugin", stage->plugin);
        if (stage->member != NULL)
            write_string_member(out, "member", stage->member);
        write_string_member(out, "file", stage->file);
        fprintf(out, "line = %u; settings = (", stage->line);
        write_settings(out, stage->settings);
        fputs(" ); }", out);
    }
    fputs(" );\n", out);
}

static void write_routes(const cd_key *key, const cd_config *config, int indent, FILE *out)
{
    (void)key; /* the only composite key that workers need */
    cd_routes_write(config, indent, out);
}

int cd_config_write_pipeline(const cd_config *config, int fd)
{
    char *text = NULL;
    size_t len = 0, done = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return -errno;
    cd_keys_write(config, CD_KEY_PIPELINE, write_routes, out);
    write_stages(out, config);
    int status = ferror(out) != 0 ? -ENOMEM : 0;
    if (fclose(out) != 0)
        status = -ENOMEM;
    while (status == 0 && done < len) {
        ssize_t put = write(fd, text + done, len - done);
        if (put > 0)
            done += (size_t)put;
        else if (put == 0 || errno != EINTR)
            status = put == 0 ? -EIO : -errno;
    }
    free(text);
    return status;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static const char *string_of(const cd_setting *record, const char *name)
{
    const cd_setting *member = cd_setting_member(record, name);
    const char *string;
    return member != NULL && cd_setting_string(member, &string) ? string : NULL;
}

static int64_t integer_of(const cd_setting *record, const char *name)
{
    const cd_setting *member = cd_setting_member(record, name);
    int64_t integer;
    return member != NULL && cd_setting_integer(member, &integer) ? integer : -1;
}

struct records {
    cd_pool *pool;
    const cd_setting *list;
    size_t at;
};

static bool read_value(const cd_setting *record, cd_setting *out)
{
    const cd_setting *member;
    switch (out->type) {
    case CD_SETTING_BOOLEAN:
        member = cd_setting_member(record, "boolean");
        return member != NULL && cd_setting_boolean(member, &out->boolean);
    case CD_SETTING_INTEGER:
        member = cd_setting_member(record, "integer");
        return member != NULL && cd_setting_integer(member, &out->integer);
    case CD_SETTING_NUMBER:
        member = cd_setting_member(record, "number");
        return member != NULL && cd_setting_number(member, &out->number);
    case CD_SETTING_STRING:
    case CD_SETTING_TEXT: out->string = string_of(record, "string"); return out->string != NULL;
    case CD_SETTING_LIST:
    case CD_SETTING_GROUP: return integer_of(record, "members") >= 0;
    default: return false;
    }
}

static bool read_record(struct records *records, cd_setting *out, bool named, int depth)
{
    if (records->at >= records->list->count || depth > CD_SETTING_DEPTH)
        return false;
    const cd_setting *record = &records->list->children[records->at++];
    const char *name = string_of(record, "name"), *file = string_of(record, "file");
    int64_t line = integer_of(record, "line");
    if (name == NULL || file == NULL || line < 0)
        return false;
    *out = (cd_setting){.name = named ? name : NULL,
                        .file = file,
                        .line = (unsigned)line,
                        .type = (cd_setting_type)integer_of(record, "type")};
    if (!read_value(record, out))
        return false;
    if (out->type != CD_SETTING_LIST && out->type != CD_SETTING_GROUP)
        return true;
    size_t count = (size_t)integer_of(record, "members");
    if (count > records->list->count - records->at)
        return false;
    out->children = cd_pool_take(records->pool, (count + 1) * sizeof *out->children);
    for (out->count = 0; out->count < count; out->count++)
        if (!read_record(records, &out->children[out->count], out->type == CD_SETTING_GROUP, depth + 1))
            return false;
    return true;
}

static bool read_stage(cd_load *load, const cd_setting *group, cd_config_stage *stage)
{
    struct records records = {.pool = load->pool, .list = cd_setting_member(group, "settings")};
    cd_setting *settings = cd_pool_take(load->pool, sizeof *settings);
    *stage = (cd_config_stage){.name = string_of(group, "name"),
                               .plugin = string_of(group, "plugin"),
                               .member = string_of(group, "member"),
                               .file = string_of(group, "file"),
                               .line = (unsigned)integer_of(group, "line"),
                               .settings = settings};
    return records.list != NULL && read_record(&records, settings, false, 0) && settings->type == CD_SETTING_GROUP &&
           stage->name != NULL && stage->plugin != NULL && stage->file != NULL;
}

void cd_load_pipeline_stages(cd_load *load, const cd_setting *list)
{
    bool fine = list != NULL && list->type == CD_SETTING_LIST && list->count <= CD_STAGES_MAX;
    size_t count = fine ? list->count : 0;
    cd_config_stage *stages = cd_load_stages_take(load, count);
    for (size_t i = 0; fine && i < count; i++) {
        fine = read_stage(load, &list->children[i], &stages[i]);
        load->config->stage_count += fine;
    }
    if (!fine)
        cd_problems_add(load->problems, PIPELINE, list != NULL ? list->line : 0,
                        "found stages that the desk cannot have written, expected " CD_PIPELINE_STAGES);
}

int cd_config_read_pipeline(int fd, cd_config **out, cd_problems *problems)
{
    cd_buffer text = {0};
    int status = 0;
    *out = NULL;
    for (;;) {
        char *room = cd_buffer_reserve(&text, 65536);
        if (room == NULL || text.len > PIPELINE_BYTES_MAX) {
            status = room == NULL ? -ENOMEM : -EFBIG;
            break;
        }
        ssize_t got = pread(fd, room, 65536, (off_t)text.len);
        if (got > 0)
            text.len += (size_t)got;
        else if (got == 0 || errno != EINTR) {
            status = got == 0 ? 0 : -errno;
            break;
        }
    }
    if (status == 0) {
        cd_load_request request = {
            .file = PIPELINE, .flags = CD_CONFIG_LOCAL, .pipeline = text.data, .pipeline_len = text.len};
        status = cd_load_run(&request, out, problems);
    }
    cd_buffer_fini(&text);
    return status;
}
