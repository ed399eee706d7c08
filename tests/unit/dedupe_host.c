/* SPDX-License-Identifier: Apache-2.0
 *
 * dedupe_host.c: see dedupe_host.h.
 */
#include "dedupe_host.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdio.h>

static const char *value_of(cd_stage *stage, const char *path)
{
    for (const test_option *o = stage->options; o != NULL && o->name != NULL; o++)
        if (strcmp(o->name, path) == 0)
            return o->value;
    for (const cd_option *o = stage->table; o->name != NULL; o++)
        if (strcmp(o->name, path) == 0)
            return o->preset;
    fprintf(stderr, "the plugin asked for the option %s, which it does not have\n", path);
    abort();
}

static void host_log(cd_stage *stage, int32_t level, cd_str message)
{
    (void)level;
    snprintf(stage->log, sizeof stage->log, "%.*s", (int)message.len, message.ptr);
}

static int32_t host_boolean(cd_stage *stage, const char *path) { return strcmp(value_of(stage, path), "true") == 0; }
static int64_t host_integer(cd_stage *stage, const char *path) { return strtoll(value_of(stage, path), NULL, 10); }
static double host_number(cd_stage *stage, const char *path) { return strtod(value_of(stage, path), NULL); }
static cd_str host_string(cd_stage *stage, const char *path) { return cd_str_of(value_of(stage, path)); }

static int32_t host_counter(cd_stage *stage, const char *name)
{
    (void)stage, (void)name;
    return 0;
}

static void host_count(cd_stage *stage, int32_t counter, uint64_t delta) { (void)stage, (void)counter, (void)delta; }

static cd_str host_field(cd_article *article, int32_t field)
{
    switch (field) {
    case CD_FIELD_TEXT: return article->text;
    case CD_FIELD_ID: return article->id;
    case CD_FIELD_SOURCE: return article->source;
    case CD_FIELD_LANG: return article->lang;
    default: return (cd_str){NULL, 0};
    }
}

static int32_t host_annotation(cd_article *article, const char *member, cd_str pointer, cd_value *out)
{
    cd_str found = {NULL, 0};
    if (strcmp(member, "credits") == 0 && cd_str_equal(pointer, CD_LIT("/body")))
        found = article->body;
    if (strcmp(member, "language") == 0 && cd_str_equal(pointer, CD_LIT("/code")))
        found = article->code;
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

static int32_t host_answer(cd_answer *answer, int32_t verdict, cd_str json, cd_str detail)
{
    answer->answered++;
    answer->verdict = verdict;
    answer->json_length = json.len;
    answer->detail_length = detail.len;
    if (json.len > 0)
        memcpy(answer->json, json.ptr, json.len < sizeof answer->json ? json.len : sizeof answer->json);
    if (detail.len > 0)
        memcpy(answer->detail, detail.ptr, detail.len < sizeof answer->detail ? detail.len : sizeof answer->detail);
    return 0;
}

const cd_host test_host = {
    .size = sizeof(cd_host),
    .abi_major = COPYDESK_ABI_MAJOR,
    .abi_minor = COPYDESK_ABI_MINOR,
    .log = host_log,
    .option_boolean = host_boolean,
    .option_integer = host_integer,
    .option_number = host_number,
    .option_string = host_string,
    .counter = host_counter,
    .count = host_count,
    .field = host_field,
    .annotation = host_annotation,
    .reason = host_reason,
    .claim = host_claim,
    .answer = host_answer,
};
