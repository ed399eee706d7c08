/* SPDX-License-Identifier: Apache-2.0
 *
 * dedupe_host.c: see dedupe_host.h.
 */
#include "dedupe_host.h"

#include <copydesk/network.h>
#include <copydesk/sdk.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "claim.h"
#include "options.h"
#include "worker.h"

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

static int32_t network_need(cd_stage *stage)
{
    (void)stage;
    return 0;
}

static const void *host_service(cd_stage *stage, const char *id)
{
    static const cd_network network = {.size = sizeof network, .need = network_need};
    (void)stage;
    return strcmp(id, CD_NETWORK) == 0 ? &network : NULL;
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
    .service = host_service,
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

int test_stage_open(test_stage *s, const test_option *options, const char *folder)
{
    *s = (test_stage){.stage = {.table = dd_options, .options = options}};
    int rc = dd_worker_open(&test_host, &s->stage, &s->worker);
    if (rc != 0)
        return rc;
    rc = dd_claim_open(&test_host, &s->stage, folder, &s->store);
    if (rc != 0)
        dd_worker_close(s->worker);
    return rc;
}

void test_stage_close(test_stage *s)
{
    dd_worker_close(s->worker);
    dd_claim_close(s->store);
}

size_t test_words(char *out, size_t size, unsigned seed, unsigned words, unsigned change)
{
    size_t length = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < words; i++) {
        unsigned word = (seed * 7919u + i) * 2654435761u;
        if (change != 0 && i % change == 0)
            word ^= 0x5A5A5A5Au;
        word ^= word >> 15;
        length += (size_t)snprintf(out + length, size - length, "%c%c%c%c%c%s", 'a' + (char)(word % 26),
                                   'a' + (char)(word / 26 % 26), 'a' + (char)(word / 676 % 26),
                                   'a' + (char)(word / 17576 % 26), 'a' + (char)(word / 456976 % 26),
                                   i % 15 == 14 ? ".\n" : " ");
    }
    return length;
}

int test_claim(test_stage *s, cd_str text, int64_t offset, int64_t timestamp, struct cd_answer *answer)
{
    static struct cd_article article;
    char id[40];
    snprintf(id, sizeof id, "a-%lld", (long long)offset);
    article.text = text;
    article.id = cd_str_of(id);
    if (dd_worker_process(s->worker, &article) != CD_OK)
        return -EINVAL;
    cd_claim claim = {{.topic = CD_LIT("raw"), .offset = offset, .timestamp_ms = timestamp},
                      {article.blob, article.blob_length},
                      answer};
    memset(answer, 0, sizeof *answer);
    return dd_claim_batch(s->store, &claim, 1);
}

const char *test_member(const struct cd_answer *answer, const char *name)
{
    static char value[4][200];
    static unsigned turn;
    char wanted[60], *out = value[turn++ % 4];
    int n = snprintf(wanted, sizeof wanted, "\"%s\":", name);
    const char *end = answer->json + answer->json_length,
               *at = memmem(answer->json, answer->json_length, wanted, (size_t)n);
    size_t length = 0;
    for (at = at ? at + n : end; at < end && *at != ',' && *at != '}' && length < sizeof value[0] - 1; at++)
        if (*at != '"')
            out[length++] = *at;
    out[length] = '\0';
    return out;
}

void test_folder_make(char *path, size_t size)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(path, size, "%s/test-dedupe-XXXXXX", tmp ? tmp : "/tmp");
    if (mkdtemp(path) == NULL)
        abort();
}

static unsigned folder_walk(const char *path, const char *ending, int remove_too)
{
    unsigned count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;) {
        char file[4400];
        size_t length = strlen(e->d_name), tail = strlen(ending);
        if (e->d_name[0] == '.')
            continue;
        count += length >= tail && strcmp(e->d_name + length - tail, ending) == 0;
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        if (remove_too)
            unlink(file);
    }
    if (folder != NULL)
        closedir(folder);
    return count;
}

unsigned test_folder_count(const char *path, const char *ending) { return folder_walk(path, ending, 0); }

void test_folder_remove(const char *path)
{
    folder_walk(path, "", 1);
    rmdir(path);
}
