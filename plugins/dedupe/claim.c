/* SPDX-License-Identifier: Apache-2.0
 *
 * claim.c: claims in, answers out. Owns the store, the matcher and the answers of the batch in hand.
 *
 * A claim whose owner is known gets its old answer, made again from the stored record by the same code, so that the
 * bytes are the same. A new one is matched, stored and answered. No answer leaves before all of the batch is durable;
 * if that fails the batch is as if it had never come, and the host brings it again. A full disk is such a failure
 * (-ENOSPC): to pass articles on unchecked would let copies through that nobody can call back.
 */
#include "claim.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdio.h>

#include "match.h"
#include "store.h"

typedef struct pending_answer {
    int32_t verdict;
    size_t json, json_length; /* in self->text */
    cd_str detail;            /* for a route or a rejection; for a drop see detail_length */
    size_t detail_length;     /* bytes of the reason, behind the JSON in self->text */
} pending_answer;

typedef struct half {
    const cd_host *host;
    cd_stage *stage;
    dd_settings settings;
    dd_store *store;
    dd_matcher matcher;
    dd_record record; /* of the claim in hand */
    cd_json text;
    pending_answer *answers;
    size_t answers_capacity;
    uint64_t expired; /* segments, as last counted */
    int failing;      /* the last batch could not be kept */
    int32_t relation_counter[DD_RELATIONS], repeated, malformed, forgotten, expired_counter;
} half;

/* ---- life ---- */

static void counters_make(half *h)
{
    for (int i = 0; i < DD_RELATIONS; i++)
        h->relation_counter[i] = h->host->counter(h->stage, dd_relation_name(i));
    h->repeated = h->host->counter(h->stage, "redelivered");
    h->malformed = h->host->counter(h->stage, "malformed");
    h->forgotten = h->host->counter(h->stage, "forgotten");
    h->expired_counter = h->host->counter(h->stage, "segments_expired");
}

static void say(half *h, int32_t level, const char *what, int rc)
{
    char line[400];
    snprintf(line, sizeof line, "%s: %s", what, strerror(-rc));
    h->host->log(h->stage, level, cd_str_of(line));
}

int32_t dd_claim_open(const cd_host *host, cd_stage *stage, const char *folder, void **self)
{
    char why[4400];
    half *h = calloc(1, sizeof *h);
    if (h == NULL)
        return -ENOMEM;
    h->host = host;
    h->stage = stage;
    int rc = dd_settings_read(&h->settings, host, stage);
    if (rc == 0)
        rc = dd_matcher_init(&h->matcher);
    if (rc == 0 && (rc = dd_store_open(&h->store, &h->settings, folder, why, sizeof why)) != 0)
        host->log(stage, CD_LOG_ERROR, cd_str_of(why));
    if (rc != 0) {
        dd_claim_close(h);
        return rc;
    }
    counters_make(h);
    *self = h;
    return 0;
}

void dd_claim_close(void *self)
{
    half *h = self;
    dd_store_close(h->store);
    dd_matcher_fini(&h->matcher);
    cd_json_free(&h->text);
    free(h->answers);
    free(h);
}

/* ---- answers ---- */

static void share(cd_json *w, const char *key, const dd_record *record, uint16_t thousandths)
{
    cd_json_key(w, key);
    if (record->of_id.ptr == NULL)
        cd_json_null(w);
    else
        cd_json_number(w, thousandths / 1000.0, 3);
}

static void write_of(cd_json *w, const dd_record *record)
{
    cd_json_key(w, "of");
    if (record->of_id.ptr == NULL) {
        cd_json_null(w);
        return;
    }
    cd_json_object(w);
    cd_json_key(w, "id");
    cd_json_string(w, record->of_id);
    cd_json_key(w, "topic");
    cd_json_string(w, record->of.topic);
    cd_json_key(w, "partition");
    cd_json_integer(w, record->of.partition);
    cd_json_key(w, "offset");
    cd_json_integer(w, record->of.offset);
    cd_json_object_end(w);
}

static void write_json(cd_json *w, const dd_record *record)
{
    w->comma = 0;
    cd_json_object(w);
    cd_json_key(w, "relation");
    cd_json_cstring(w, dd_relation_name(record->relation));
    cd_json_key(w, "cluster");
    cd_json_string(w, record->cluster_id.ptr ? record->cluster_id : record->id);
    write_of(w, record);
    share(w, "jaccard", record, record->jaccard);
    share(w, "containment", record, record->containment);
    cd_json_object_end(w);
}

/* Only what is sure may vanish, and only for an article that has not vanished itself. */
static int32_t verdict_of(const half *h, const dd_record *record)
{
    int32_t verdict = h->settings.action[record->relation].verdict;
    if (verdict == CD_DROP && dd_relation_joins(record->relation) && (!record->sure || record->of_dropped))
        return CD_OK;
    return verdict;
}

/* The answer to a stored record: a function of the record and the settings, of nothing else. */
static void answer_make(half *h, pending_answer *answer, const dd_record *record)
{
    *answer = (pending_answer){
        .verdict = verdict_of(h, record), .json = h->text.len, .detail = h->settings.action[record->relation].route};
    write_json(&h->text, record);
    answer->json_length = h->text.len - answer->json;
    if (answer->verdict != CD_DROP)
        return;
    size_t start = h->text.len;
    const char *name = dd_relation_name(record->relation);
    cd_json_bytes(&h->text, name, strlen(name));
    cd_json_bytes(&h->text, ": ", 2);
    cd_json_bytes(&h->text, record->of_id.ptr, record->of_id.len);
    answer->detail_length = h->text.len - start;
}

static void answer_give(half *h, const cd_claim *claim, const pending_answer *answer)
{
    cd_str json = {NULL, 0}, detail = answer->detail;
    if (answer->json_length > 0)
        json = (cd_str){h->text.buf + answer->json, answer->json_length};
    if (answer->detail_length > 0)
        detail = (cd_str){h->text.buf + answer->json + answer->json_length, answer->detail_length};
    h->host->answer(claim->answer, answer->verdict, json, detail);
}

/* ---- a claim ---- */

static void reject(half *h, pending_answer *answer, cd_str why)
{
    h->host->count(h->stage, h->malformed, 1);
    *answer = (pending_answer){.verdict = CD_REJECT, .detail = why};
}

static int decide_new(half *h, const cd_claim *claim, pending_answer *answer)
{
    dd_store_tick(h->store, claim->owner.timestamp_ms);
    int rc = dd_match(&h->matcher, h->store, &h->record, h->settings.level);
    h->record.dropped = rc == 0 && verdict_of(h, &h->record) == CD_DROP;
    if (rc == 0)
        rc = dd_store_add(h->store, &h->record);
    if (rc != 0)
        return rc;
    h->host->count(h->stage, h->relation_counter[h->record.relation], 1);
    answer_make(h, answer, &h->record);
    return 0;
}

static int claim_one(half *h, const cd_claim *claim, pending_answer *answer)
{
    dd_record *record = &h->record;
    dd_ref ref;
    if (dd_blob_read(claim->blob, &record->fingerprint, &record->id) != 0) {
        reject(h, answer, CD_LIT("the claim is malformed"));
        return 0;
    }
    record->owner = (dd_owner){claim->owner.topic, claim->owner.partition, claim->owner.offset};
    if (record->owner.topic.ptr == NULL || record->owner.topic.len > DD_TOPIC_MAX ||
        !dd_utf8_valid(record->owner.topic)) {
        reject(h, answer, CD_LIT("the topic's name is no UTF-8 or too long"));
        return 0;
    }
    int rc = dd_match_owner(&h->matcher, h->store, &record->owner, &ref);
    if (rc == -ENOENT)
        return decide_new(h, claim, answer);
    if (rc != 0)
        return rc;
    h->host->count(h->stage, h->repeated, 1);
    answer_make(h, answer, &h->matcher.best->record);
    return 0;
}

/* ---- a batch ---- */

static int answers_reserve(half *h, size_t count)
{
    if (h->answers_capacity >= count)
        return 0;
    pending_answer *grown = realloc(h->answers, count * sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    h->answers = grown;
    h->answers_capacity = count;
    return 0;
}

static int decide_all(half *h, const cd_claim *claims, size_t count)
{
    int rc = answers_reserve(h, count);
    cd_json_reset(&h->text);
    if (rc == 0)
        rc = dd_store_begin(h->store);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = claim_one(h, &claims[i], &h->answers[i]);
    if (rc == 0 && h->text.failed)
        rc = -ENOMEM;
    if (rc == 0)
        rc = dd_store_commit(h->store);
    if (rc != 0)
        dd_store_abort(h->store);
    return rc;
}

/* One line when it begins and one when it ends, whatever the number of tries between. */
static void note_state(half *h, int rc)
{
    if (rc != 0 && !h->failing)
        say(h, CD_LOG_ERROR, "the store cannot keep what it decides; articles wait", rc);
    else if (rc == 0 && h->failing)
        h->host->log(h->stage, CD_LOG_INFO, CD_LIT("the store keeps again what it decides"));
    h->failing = rc != 0;
}

int32_t dd_claim_batch(void *self, const cd_claim *claims, size_t count)
{
    half *h = self;
    int rc = decide_all(h, claims, count);
    note_state(h, rc);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < count; i++)
        answer_give(h, &claims[i], &h->answers[i]);
    uint64_t expired = dd_store_measure(h->store).expired;
    h->host->count(h->stage, h->expired_counter, expired - h->expired);
    h->expired = expired;
    return 0;
}

void dd_claim_forget(void *self, const cd_identity *identity)
{
    half *h = self;
    dd_owner owner = {identity->topic, identity->partition, identity->offset};
    dd_ref ref = 0;
    int rc = dd_store_begin(h->store);
    if (rc == 0) {
        rc = dd_match_owner(&h->matcher, h->store, &owner, &ref);
        dd_store_abort(h->store);
    }
    if (rc == 0)
        rc = dd_store_forget(h->store, ref);
    if (rc == 0)
        h->host->count(h->stage, h->forgotten, 1);
    else if (rc != -ENOENT)
        say(h, CD_LOG_ERROR, "an article could not be forgotten for good", rc);
}

/* Memos live as long as the window, not until the watermark: a rewound topic then gets the answers that it got before.
 */
void dd_claim_watermark(void *self, cd_str topic, int32_t partition, int64_t offset)
{
    (void)self, (void)topic, (void)partition, (void)offset;
}
