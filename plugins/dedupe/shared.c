/* SPDX-License-Identifier: Apache-2.0
 *
 * shared.c: see shared.h. Owns the link; puts the script's words together and reads its answers. Every call is one
 * EVALSHA; the script is loaded where the server does not know it.
 */
#include "shared.h"

#include <copydesk/sdk.h>
#include <copydesk/tables.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "index.h"

#define FORMAT 1
#define GIVEN_BACK_MAX 64u
#define KEYS_MAX (3u + 2u * GIVEN_BACK_MAX)
#define WORDS_MAX (3u + KEYS_MAX + 8u + DD_SHARED_ROW)
#define KEY_MAX (DD_PREFIX_MAX + 40u)

struct dd_shared {
    dd_link *link;
    char prefix[DD_PREFIX_MAX + 1], format[80], life[24], sha[41];
    char why[300]; /* what this file found wrong; "": see the link's */
    /* the call in hand */
    const char *words[WORDS_MAX];
    size_t lengths[WORDS_MAX];
    int count;
    char keys[KEYS_MAX][KEY_MAX], numbers[6][24];
};

/* ---- life ---- */

/* What all who share a log must agree in. Two machines of unlike byte order could not read each other's records. */
static void format_make(dd_shared *shared)
{
    const uint16_t order = 0x0102;
    uint8_t first;
    memcpy(&first, &order, 1);
    snprintf(shared->format, sizeof shared->format, "copydesk dedupe %d hash %d sketch %d/%d slots %u list %u order %u",
             FORMAT, DD_HASH_VERSION, DD_SKETCH, DD_INDEXED, DD_SLOTS, DD_LIST, (unsigned)first);
}

int dd_shared_create(dd_shared **out, const dd_settings *settings, char *why, size_t why_size)
{
    char secret[DD_SECRET_MAX], sentence[4200];
    dd_address address;
    const char *wrong = dd_address_parse(settings->url, &address);
    if (wrong == NULL)
        wrong = dd_secret_read(settings->password, secret, sentence, sizeof sentence);
    if (wrong != NULL) {
        snprintf(why, why_size, "%s", wrong);
        return -EINVAL;
    }
    dd_shared *shared = calloc(1, sizeof *shared);
    int rc =
        shared != NULL ? dd_link_create(&shared->link, &address, secret, settings->timeout_ms, why, why_size) : -ENOMEM;
    explicit_bzero(secret, sizeof secret);
    if (rc != 0) {
        free(shared);
        return rc;
    }
    snprintf(shared->prefix, sizeof shared->prefix, "%.*s", (int)settings->prefix.len, settings->prefix.ptr);
    /* By the wall clock, for what nobody adds to any more; the stream's clock ends a segment earlier (dd_shared_roll).
     */
    snprintf(shared->life, sizeof shared->life, "%lld",
             (long long)((settings->window_ms + 2 * settings->span_ms) / 1000 + 60));
    format_make(shared);
    *out = shared;
    return 0;
}

void dd_shared_destroy(dd_shared *shared)
{
    if (shared == NULL)
        return;
    dd_link_destroy(shared->link);
    free(shared);
}

int dd_shared_connect(dd_shared *shared) { return dd_link_connect(shared->link); }
uint64_t dd_shared_connection(const dd_shared *shared) { return dd_link_number(shared->link); }

const char *dd_shared_why(const dd_shared *shared)
{
    return shared->why[0] != '\0' ? shared->why : dd_link_why(shared->link);
}

/* The server may keep INFO from us: then nobody knows, and nothing is said. */
int dd_shared_evicts(dd_shared *shared, char *policy, size_t size)
{
    static const char name[] = "maxmemory_policy:";
    policy[0] = '\0';
    redisReply *reply = dd_link_call(shared->link, 2, (const char *[]){"INFO", "memory"}, NULL, "NOPERM");
    if (reply == NULL)
        return 0;
    const char *at = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, name) : NULL;
    if (at != NULL)
        snprintf(policy, size, "%.*s", (int)strcspn(at + sizeof name - 1, "\r\n"), at + sizeof name - 1);
    freeReplyObject(reply);
    return policy[0] != '\0' && strcmp(policy, "noeviction") != 0;
}

int dd_shared_reject(dd_shared *shared)
{
    dd_link_fail(shared->link, "what its log holds is damaged");
    return -ENOTCONN;
}

/* ---- asking ---- */

static void word(dd_shared *shared, cd_str bytes)
{
    shared->words[shared->count] = bytes.ptr != NULL ? bytes.ptr : "";
    shared->lengths[shared->count++] = bytes.len;
}

static void number(dd_shared *shared, unsigned slot, uint32_t value)
{
    snprintf(shared->numbers[slot], sizeof shared->numbers[slot], "%u", value);
    word(shared, cd_str_of(shared->numbers[slot]));
}

static void key(dd_shared *shared, unsigned slot, const char *what, uint32_t segment)
{
    if (segment == 0)
        snprintf(shared->keys[slot], KEY_MAX, "{%s}:%s", shared->prefix, what);
    else
        snprintf(shared->keys[slot], KEY_MAX, "{%s}:%s:%u", shared->prefix, what, segment);
    word(shared, cd_str_of(shared->keys[slot]));
}

/* The words that every call begins with. `from` up to `to` are segments whose lists are named, to be given back. */
static void begin(dd_shared *shared, const char *act, const dd_point *point, unsigned page, uint32_t from, uint32_t to)
{
    unsigned slot = 3;
    if (to > from + GIVEN_BACK_MAX)
        to = from + GIVEN_BACK_MAX;
    shared->count = 0;
    word(shared, CD_LIT("EVALSHA"));
    word(shared, cd_str_of(shared->sha));
    number(shared, 0, 3 + (to > from ? 2 * (to - from) : 0));
    key(shared, 0, "head", 0);
    key(shared, 1, "records", point->segment);
    key(shared, 2, "forgotten", point->segment);
    for (uint32_t i = from; i < to; i++) {
        key(shared, slot++, "records", i);
        key(shared, slot++, "forgotten", i);
    }
    word(shared, cd_str_of(act));
    word(shared, cd_str_of(shared->format));
    number(shared, 1, point->segment);
    number(shared, 2, point->records);
    number(shared, 3, point->forgotten);
    word(shared, point->last);
    word(shared, cd_str_of(shared->life));
    number(shared, 4, page);
}

static int load(dd_shared *shared)
{
    const cd_table *script = &cd_tables[0]; /* shared.lua, the one there is */
    const char *words[] = {"SCRIPT", "LOAD", script->start};
    const size_t lengths[] = {6, 4, (size_t)(script->end - script->start)};
    redisReply *reply = dd_link_call(shared->link, 3, words, lengths, NULL);
    if (reply == NULL)
        return -ENOTCONN;
    int is_sha = reply->type == REDIS_REPLY_STRING && reply->len == sizeof shared->sha - 1;
    if (is_sha)
        memcpy(shared->sha, reply->str, reply->len + 1);
    freeReplyObject(reply);
    return is_sha ? 0 : -EBADMSG;
}

static redisReply *call(dd_shared *shared)
{
    shared->words[1] = shared->sha;
    shared->lengths[1] = strlen(shared->sha);
    return dd_link_call(shared->link, shared->count, shared->words, shared->lengths, "NOSCRIPT");
}

/* ---- the answer ---- */

static int is_number(const redisReply *reply) { return reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0; }

static int is_strings(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY)
        return 0;
    for (size_t i = 0; i < reply->elements; i++)
        if (reply->element[i]->type != REDIS_REPLY_STRING)
            return 0;
    return 1;
}

static int is_word(const redisReply *reply, const char *text)
{
    return reply->type == REDIS_REPLY_STRING && strcmp(reply->str, text) == 0;
}

static int read_place(const redisReply *reply, size_t elements, dd_news *news)
{
    if (reply->elements < elements || !is_number(reply->element[1]) || !is_number(reply->element[2]) ||
        !is_number(reply->element[3]))
        return -EBADMSG;
    news->oldest = (uint32_t)reply->element[1]->integer;
    news->newest = (uint32_t)reply->element[2]->integer;
    news->records = (uint32_t)reply->element[3]->integer;
    return news->oldest > 0 && news->oldest <= news->newest ? 0 : -EBADMSG;
}

static int read_answer(dd_shared *shared, const redisReply *reply, dd_news *news)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
        return -EBADMSG;
    const redisReply *first = reply->element[0];
    if (is_word(first, "empty")) {
        news->state = DD_EMPTY;
        return 0;
    }
    if (is_word(first, "format")) {
        const char *its =
            reply->elements > 1 && reply->element[1]->type == REDIS_REPLY_STRING ? reply->element[1]->str : "?";
        snprintf(
            shared->why, sizeof shared->why,
            "what is there under the prefix \"%s\" was written by another version (\"%.100s\"): use another prefix",
            shared->prefix, its);
        return -EPROTO;
    }
    if (is_word(first, "behind")) {
        news->state = DD_BEHIND;
        int is_whole = reply->elements == 6 && is_strings(reply->element[4]) && is_strings(reply->element[5]);
        return is_whole ? read_place(reply, 6, news) : -EBADMSG;
    }
    news->state = is_word(first, "level") ? DD_LEVEL : DD_APART;
    return news->state == DD_LEVEL || is_word(first, "apart") ? read_place(reply, 4, news) : -EBADMSG;
}

static int ask(dd_shared *shared, int changes, dd_news *news)
{
    *news = (dd_news){0};
    shared->why[0] = '\0';
    int rc = shared->sha[0] == '\0' ? load(shared) : 0;
    redisReply *reply = rc == 0 ? call(shared) : NULL;
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR) { /* NOSCRIPT: it was started anew, or is another */
        freeReplyObject(reply);
        rc = load(shared);
        reply = rc == 0 ? call(shared) : NULL;
    }
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR) {
        freeReplyObject(reply);
        dd_link_fail(shared->link, "it forgets the script at once");
        return -ENOTCONN;
    }
    if (reply == NULL)
        return rc != 0 ? rc : -ENOTCONN;
    rc = read_answer(shared, reply, news);
    if (rc == -EBADMSG) {
        dd_link_fail(shared->link, "its answer is not understood");
        rc = -ENOTCONN;
    }
    if (rc == 0 && news->state == DD_LEVEL && changes)
        dd_link_worked(shared->link);
    if (rc == 0)
        news->reply = reply;
    else
        freeReplyObject(reply);
    return rc;
}

int dd_shared_read(dd_shared *shared, const dd_point *point, unsigned page, dd_news *news)
{
    begin(shared, "read", point, page, 0, 0);
    return ask(shared, 0, news);
}

int dd_shared_append(dd_shared *shared, const dd_point *point, const cd_str *records, size_t count, dd_news *news)
{
    begin(shared, "append", point, DD_SHARED_PAGE, 0, 0);
    for (size_t i = 0; i < count && i < DD_SHARED_ROW; i++)
        word(shared, records[i]);
    return ask(shared, 1, news);
}

int dd_shared_forget(dd_shared *shared, const dd_point *point, dd_ref ref, dd_news *news)
{
    begin(shared, "forget", point, DD_SHARED_PAGE, 0, 0);
    word(shared, (cd_str){(const char *)&ref, sizeof ref});
    return ask(shared, 1, news);
}

int dd_shared_roll(dd_shared *shared, const dd_point *point, uint32_t given_back, uint32_t visible, dd_news *news)
{
    begin(shared, "roll", point, DD_SHARED_PAGE, given_back, visible);
    number(shared, 5, visible);
    return ask(shared, 1, news);
}

int dd_shared_found(dd_shared *shared, const dd_point *point, dd_news *news)
{
    begin(shared, "found", point, DD_SHARED_PAGE, 0, 0);
    return ask(shared, 1, news);
}

/* ---- the news ---- */

size_t dd_news_records(const dd_news *news) { return news->state == DD_BEHIND ? news->reply->element[4]->elements : 0; }
size_t dd_news_forgotten(const dd_news *news)
{
    return news->state == DD_BEHIND ? news->reply->element[5]->elements : 0;
}

cd_str dd_news_record(const dd_news *news, size_t i)
{
    const redisReply *record = news->reply->element[4]->element[i];
    return (cd_str){record->str, record->len};
}

dd_ref dd_news_forgotten_ref(const dd_news *news, size_t i)
{
    const redisReply *bytes = news->reply->element[5]->element[i];
    dd_ref ref = 0;
    if (bytes->len == sizeof ref)
        memcpy(&ref, bytes->str, sizeof ref);
    return ref;
}

void dd_news_end(dd_news *news)
{
    if (news->reply != NULL)
        freeReplyObject(news->reply);
    news->reply = NULL;
}
