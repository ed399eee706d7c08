/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/letter.c: see letter.h. What stands in headers is hostile: to a terminal it goes through render_text, into JSON repaired. */
#include "cli/letter.h"

#include "article/render_text.h"
#include "base/utf8.h"
#include "cli/table.h"

enum { REASON_SHOWN = 120 };

void cd_letter_print(const cd_letter *letter, const char *dead_topic)
{
    printf("%s/%d@%lld  ", dead_topic, (int)letter->partition, (long long)letter->offset);
    cd_render_text(stdout, CD_STR(letter->topic, strlen(letter->topic)), 249);
    printf("/%d@%lld  ", (int)letter->source_partition, (long long)letter->source_offset);
    cd_render_text(stdout, letter->class, 30);
    fputs(" in ", stdout);
    cd_render_text(stdout, letter->stage, 70);
    printf("  %lld bytes  ", (long long)letter->size);
    cd_render_text(stdout, letter->reason, REASON_SHOWN);
    putchar('\n');
}

/* ---- JSON ---- */

static void write_text(cd_json *json, const char *key, cd_str value)
{
    size_t length = cd_utf8_repair(value, NULL);
    char *text = malloc(length + 1);
    cd_json_key(json, key);
    if (text)
        cd_utf8_repair(value, text);
    cd_json_string(json, CD_STR(text, text ? length : 0));
    free(text);
}

static void write_place(cd_json *json, const char *topic, int32_t partition, int64_t offset)
{
    cd_json_object(json);
    write_text(json, "topic", CD_STR(topic, strlen(topic)));
    cd_json_key(json, "partition"), cd_json_integer(json, partition);
    cd_json_key(json, "offset"), cd_json_integer(json, offset);
    cd_json_object_end(json);
}

static void print_line(const cd_json *json)
{
    cd_str text = cd_json_text(json);
    if (text.ptr)
        printf("%.*s\n", (int)text.len, text.ptr);
}

void cd_letter_print_json(const cd_letter *letter, const char *dead_topic, const char *action, cd_json *json)
{
    cd_json_reset(json);
    cd_json_object(json);
    cd_json_key(json, "action"), cd_json_cstring(json, action);
    cd_json_key(json, "letter"), write_place(json, dead_topic, letter->partition, letter->offset);
    cd_json_key(json, "source"), write_place(json, letter->topic, letter->source_partition, letter->source_offset);
    write_text(json, "class", letter->class);
    write_text(json, "stage", letter->stage);
    write_text(json, "reason", letter->reason);
    cd_json_key(json, "size"), cd_json_integer(json, letter->size);
    cd_json_key(json, "replays"), cd_json_integer(json, letter->replays);
    if (letter->why[0])
        write_text(json, "why", CD_STR(letter->why, strlen(letter->why)));
    cd_json_object_end(json);
    print_line(json);
}

/* ---- kinds ---- */

static void copy(char *out, size_t size, cd_str value)
{
    FILE *file = fmemopen(out, size, "w");
    *out = '\0';
    if (file == NULL)
        return;
    cd_render_text(file, value, size / 4 - 1);
    fclose(file);
    out[size - 1] = '\0';
}

void cd_letter_kinds_add(cd_letter_kinds *kinds, const cd_letter *letter)
{
    cd_letter_kind new = {0}, *kind = NULL;
    copy(new.class, sizeof new.class, letter->class);
    copy(new.stage, sizeof new.stage, letter->stage);
    copy(new.topic, sizeof new.topic, CD_STR(letter->topic, strlen(letter->topic)));
    for (size_t i = 0; i < kinds->count && kind == NULL; i++)
        if (strcmp(kinds->list[i].class, new.class) == 0 && strcmp(kinds->list[i].stage, new.stage) == 0 &&
            strcmp(kinds->list[i].topic, new.topic) == 0)
            kind = &kinds->list[i];
    if (kind == NULL && kinds->count == sizeof kinds->list / sizeof *kinds->list) {
        kinds->others++;
        return;
    }
    if (kind == NULL) {
        kind = &kinds->list[kinds->count++];
        *kind = new;
    }
    kind->count++;
    kind->partition = letter->partition;
    kind->offset = letter->offset;
    copy(kind->reason, sizeof kind->reason, letter->reason);
}

void cd_letter_kinds_print(const cd_letter_kinds *kinds)
{
    static const char *const heads[] = {">LETTERS", "CLASS", "STAGE", "FROM", ">LAST", "ITS REASON"};
    cd_table table = {0};
    cd_table_begin(&table, heads, 6);
    for (size_t i = 0; i < kinds->count; i++) {
        const cd_letter_kind *kind = &kinds->list[i];
        cd_table_cell(&table, "%lld", (long long)kind->count);
        cd_table_cell(&table, "%s", kind->class);
        cd_table_cell(&table, "%s", kind->stage);
        cd_table_cell(&table, "%s", kind->topic);
        cd_table_cell(&table, "%d@%lld", (int)kind->partition, (long long)kind->offset);
        cd_table_cell(&table, "%s", kind->reason);
    }
    cd_table_print(&table, stdout);
    if (kinds->others)
        printf("and %lld of other kinds\n", (long long)kinds->others);
}

void cd_letter_kinds_print_json(const cd_letter_kinds *kinds, cd_json *json)
{
    for (size_t i = 0; i < kinds->count; i++) {
        const cd_letter_kind *kind = &kinds->list[i];
        cd_json_reset(json);
        cd_json_object(json);
        cd_json_key(json, "letters"), cd_json_integer(json, kind->count);
        cd_json_key(json, "class"), cd_json_cstring(json, kind->class);
        cd_json_key(json, "stage"), cd_json_cstring(json, kind->stage);
        cd_json_key(json, "topic"), cd_json_cstring(json, kind->topic);
        cd_json_key(json, "reason"), cd_json_cstring(json, kind->reason);
        cd_json_object_end(json);
        print_line(json);
    }
}
