/* SPDX-License-Identifier: Apache-2.0
 *
 * host.c: see host.h. Option values are checked when they are set, so that reading them cannot fail.
 */
#include "host.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "options.h"

/* ---- options ---- */

static const cd_option *option_of(const char *name, size_t length)
{
    for (const cd_option *o = dd_options; o->name != NULL; o++)
        if (strlen(o->name) == length && memcmp(o->name, name, length) == 0)
            return o;
    return NULL;
}

static int is_choice(const cd_option *o, const char *value)
{
    for (size_t i = 0; o->choices[i] != NULL; i++)
        if (strcmp(o->choices[i], value) == 0)
            return 1;
    return 0;
}

static int is_number(const cd_option *o, const char *value)
{
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(number) || (o->type == CD_OPTION_INTEGER && strpbrk(value, ".eE") != NULL))
        return 0;
    return !(o->min < o->max) || (number >= o->min && number <= o->max);
}

static int value_fits(const cd_option *o, const char *value)
{
    switch (o->type) {
    case CD_OPTION_BOOLEAN: return strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
    case CD_OPTION_INTEGER:
    case CD_OPTION_NUMBER: return is_number(o, value);
    case CD_OPTION_CHOICE: return is_choice(o, value);
    default: return 1;
    }
}

int tool_stage_set(struct cd_stage *stage, const char *text, char *why, size_t why_size)
{
    const char *equals = strchr(text, '=');
    const cd_option *o = equals ? option_of(text, (size_t)(equals - text)) : NULL;
    if (o == NULL)
        snprintf(why, why_size, "dedupe has no option \"%.*s\"", (int)(equals ? equals - text : 60), text);
    else if (!value_fits(o, equals + 1))
        snprintf(why, why_size, "%s: \"%.60s\" is none of its values (%s)", o->name, equals + 1, o->help);
    else if (stage->count == TOOL_OPTIONS)
        snprintf(why, why_size, "more than %d options", TOOL_OPTIONS);
    else {
        stage->set[stage->count++] = text;
        return 0;
    }
    return -EINVAL;
}

/* The last one set, else the default. */
static const char *value_of(cd_stage *stage, const char *path)
{
    const cd_option *o = option_of(path, strlen(path));
    size_t length = strlen(path);
    for (size_t i = stage->count; i-- > 0;)
        if (strncmp(stage->set[i], path, length) == 0 && stage->set[i][length] == '=')
            return stage->set[i] + length + 1;
    return o ? o->preset : "";
}

static void host_log(cd_stage *stage, int32_t level, cd_str message)
{
    (void)stage, (void)level;
    fprintf(stderr, "copydesk dedupe: %.*s\n", (int)message.len, message.ptr);
}

static int32_t host_boolean(cd_stage *stage, const char *path) { return strcmp(value_of(stage, path), "true") == 0; }
static int64_t host_integer(cd_stage *stage, const char *path) { return strtoll(value_of(stage, path), NULL, 10); }
static double host_number(cd_stage *stage, const char *path) { return strtod(value_of(stage, path), NULL); }
static cd_str host_string(cd_stage *stage, const char *path) { return cd_str_of(value_of(stage, path)); }

/* ---- the article ---- */

/* One step down: `name` is the token as it stands in the pointer. */
static const json_t *step(const json_t *value, const char *name, size_t length)
{
    char key[256];
    size_t n = 0;
    for (size_t i = 0; i < length && n < sizeof key - 1; i++) {
        int escaped = name[i] == '~' && i + 1 < length;
        key[n++] = !escaped ? name[i] : name[i + 1] == '1' ? '/' : '~';
        i += (size_t)escaped;
    }
    key[n] = '\0';
    if (json_is_object(value))
        return json_object_get(value, key);
    return json_is_array(value) && n > 0 && key[0] != '-' ? json_array_get(value, strtoul(key, NULL, 10)) : NULL;
}

const json_t *tool_lookup(const json_t *root, const char *pointer)
{
    while (root != NULL && *pointer == '/') {
        size_t length = strcspn(pointer + 1, "/");
        root = step(root, pointer + 1, length);
        pointer += 1 + length;
    }
    return root;
}

static cd_str string_of(const json_t *value)
{
    return json_is_string(value) ? (cd_str){json_string_value(value), json_string_length(value)} : (cd_str){NULL, 0};
}

static cd_str host_field(cd_article *article, int32_t field)
{
    static const int places[] = {
        [CD_FIELD_TEXT] = TOOL_TEXT, [CD_FIELD_ID] = TOOL_ID, [CD_FIELD_SOURCE] = TOOL_SOURCE, [CD_FIELD_LANG] = TOOL_LANG};
    const char *pointer = article->fields[places[field]];
    cd_str found = string_of(*pointer == '/' ? tool_lookup(article->root, pointer) : NULL);
    return found.ptr == NULL && field == CD_FIELD_ID ? cd_str_of(article->place) : found;
}

static int32_t host_annotation(cd_article *article, const char *member, cd_str pointer, cd_value *out)
{
    char below[64];
    snprintf(below, sizeof below, "%.*s", (int)pointer.len, pointer.ptr);
    const json_t *annotation = json_object_get(json_object_get(article->root, "enrichment"), member);
    cd_str found = string_of(tool_lookup(annotation, below));
    if (found.ptr == NULL)
        return -ENOENT;
    *out = (cd_value){.type = CD_JSON_STRING, .string = found};
    return 0;
}

static void host_reason(cd_article *article, cd_str text)
{
    snprintf(article->reason, sizeof article->reason, "%.*s", (int)text.len, text.ptr);
}

static int32_t host_claim(cd_article *article, cd_str blob)
{
    if (blob.len > sizeof article->blob)
        return -EMSGSIZE;
    memcpy(article->blob, blob.ptr, blob.len);
    article->blob_length = blob.len;
    return 0;
}

const cd_host tool_host = {
    .size = sizeof(cd_host),
    .abi_major = COPYDESK_ABI_MAJOR,
    .abi_minor = COPYDESK_ABI_MINOR,
    .log = host_log,
    .option_boolean = host_boolean,
    .option_integer = host_integer,
    .option_number = host_number,
    .option_string = host_string,
    .field = host_field,
    .annotation = host_annotation,
    .reason = host_reason,
    .claim = host_claim,
};
