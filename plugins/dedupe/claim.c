/* SPDX-License-Identifier: Apache-2.0
 *
 * claim.c: claims in, answers out. Owns the store, the matcher and the answers of the batch in hand.
 *
 * A claim whose owner is known gets its old answer, made again from the stored record by the same code, so that the
 * bytes are the same. A new one is matched, stored and answered. No answer leaves before all of the batch is durable;
 * if that fails the batch is as if it had never come, and the host brings it again. A full disk is such a failure
 * (-ENOSPC): to pass articles on unchecked would let copies through that nobody can call back.
 *
 * With a shared store the decisions are the same, made on this machine's copy of it, in rows that the store must take
 * before they count (replica.h). While that store is away articles pass as `unknown`, whatever the options say of copies:
 * a server is not waited for as a disk is.
 */
#include "claim.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdio.h>

#include "match.h"
#include "replica.h"
#include "shared.h"
#include "store.h"

#define LOST_MAX 1000u /* rows in succession that another machine was before */

typedef struct pending_answer {
    int32_t verdict, counter;
    size_t json, json_length; /* in self->text */
    cd_str detail;            /* for a route or a rejection; for a drop see detail_length */
    size_t detail_length;     /* bytes of the reason, behind the JSON in self->text */
} pending_answer;

typedef struct half {
    const cd_host *host;
    cd_stage *stage;
    dd_settings settings;
    dd_replica *replica; /* owned; NULL: the store is this machine's alone */
    dd_store *store;     /* owned, or the replica's */
    dd_matcher matcher;
    dd_record record; /* of the claim in hand */
    cd_json text;
    pending_answer *answers;
    size_t answers_capacity;
    uint64_t expired; /* segments, as last counted */
    int failing;      /* the last batch could not be kept */
    int away;         /* the last batch passed unchecked */
    int32_t relation_counter[DD_RELATIONS], repeated, malformed, forgotten, unchecked, lost, expired_counter;
} half;

/* ---- life ---- */

static void counters_make(half *h)
{
    for (int i = 0; i < DD_RELATIONS; i++)
        h->relation_counter[i] = h->host->counter(h->stage, dd_relation_name(i));
    h->repeated = h->host->counter(h->stage, "redelivered");
    h->malformed = h->host->counter(h->stage, "malformed");
    h->forgotten = h->host->counter(h->stage, "forgotten");
    h->unchecked = h->host->counter(h->stage, "unchecked");
    h->lost = h->host->counter(h->stage, "rows_decided_again");
    h->expired_counter = h->host->counter(h->stage, "segments_expired");
}

static void say(half *h, int32_t level, const char *what, int rc)
{
    char line[400];
    snprintf(line, sizeof line, "%s: %s", what, strerror(-rc));
    h->host->log(h->stage, level, cd_str_of(line));
}

static int store_open(half *h, const char *folder)
{
    char why[4400];
    int rc;
    if (h->settings.is_shared)
        rc = dd_replica_open(&h->replica, h->host, h->stage, &h->settings, folder, why, sizeof why);
    else
        rc = dd_store_open(&h->store, &h->settings, folder, why, sizeof why);
    if (rc != 0)
        h->host->log(h->stage, CD_LOG_ERROR, cd_str_of(why));
    else if (h->replica != NULL)
        h->store = dd_replica_store(h->replica);
    return rc;
}

int32_t dd_claim_open(const cd_host *host, cd_stage *stage, const char *folder, void **self)
{
    half *h = calloc(1, sizeof *h);
    if (h == NULL)
        return -ENOMEM;
    h->host = host;
    h->stage = stage;
    int rc = dd_settings_read(&h->settings, host, stage);
    if (rc == 0)
        rc = dd_matcher_init(&h->matcher);
    if (rc == 0)
        rc = store_open(h, folder);
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
    if (h->replica != NULL)
        dd_replica_close(h->replica);
    else
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
static void answer_make(half *h, pending_answer *answer, const dd_record *record, int32_t counter)
{
    *answer = (pending_answer){.verdict = verdict_of(h, record),
                               .counter = counter,
                               .json = h->text.len,
                               .detail = h->settings.action[record->relation].route};
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
    h->host->count(h->stage, answer->counter, 1);
    h->host->answer(claim->answer, answer->verdict, json, detail);
}

/* ---- a claim ---- */

static int reject(half *h, pending_answer *answer, cd_str why)
{
    *answer = (pending_answer){.verdict = CD_REJECT, .counter = h->malformed, .detail = why};
    return 0;
}

/* Into h->record. 1: it is a claim; 0: it is none, and the answer says so. */
static int claim_read(half *h, const cd_claim *claim, pending_answer *answer)
{
    dd_record *record = &h->record;
    if (dd_blob_read(claim->blob, &record->fingerprint, &record->id) != 0)
        return reject(h, answer, CD_LIT("the claim is malformed"));
    record->owner = (dd_owner){claim->owner.topic, claim->owner.partition, claim->owner.offset};
    if (record->owner.topic.ptr == NULL || record->owner.topic.len > DD_TOPIC_MAX || !dd_utf8_valid(record->owner.topic))
        return reject(h, answer, CD_LIT("the topic's name is no UTF-8 or too long"));
    return 1;
}

/* The segment ends, where it must, before the article is compared: so a store of one machine and a shared one see it
 * alike. */
static int make_room(half *h, int64_t timestamp_ms)
{
    if (h->replica != NULL)
        return dd_replica_room(h->replica, timestamp_ms);
    return dd_store_ends(h->store, timestamp_ms) ? dd_store_roll(h->store) : 0;
}

static int decide_new(half *h, const cd_claim *claim, pending_answer *answer)
{
    int rc = make_room(h, claim->owner.timestamp_ms);
    if (rc != 0)
        return rc;
    dd_store_tick(h->store, claim->owner.timestamp_ms);
    rc = dd_match(&h->matcher, h->store, &h->record, h->settings.level);
    h->record.dropped = rc == 0 && verdict_of(h, &h->record) == CD_DROP;
    if (rc == 0)
        rc = dd_store_add(h->store, &h->record);
    if (rc == 0)
        answer_make(h, answer, &h->record, h->relation_counter[h->record.relation]);
    return rc;
}

static int claim_one(half *h, const cd_claim *claim, pending_answer *answer)
{
    dd_ref ref;
    if (!claim_read(h, claim, answer))
        return 0;
    int rc = dd_match_owner(&h->matcher, h->store, &h->record.owner, &ref);
    if (rc == -ENOENT)
        return decide_new(h, claim, answer);
    if (rc == 0)
        answer_make(h, answer, &h->matcher.best->record, h->repeated);
    return rc;
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

static int decide_here(half *h, const cd_claim *claims, size_t count)
{
    int rc = dd_store_begin(h->store);
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

/* Decides claims from `first` on, at most `row`, and has the shared store take them. How many they were, or -errno; then
 * none of them counts. */
static int decide_row(half *h, const cd_claim *claims, size_t first, size_t row)
{
    size_t mark = h->text.len;
    int decided = 0, rc = dd_replica_ready(h->replica);
    if (rc == 0)
        rc = dd_store_begin(h->store);
    while (rc == 0 && (size_t)decided < row) {
        rc = claim_one(h, &claims[first + (size_t)decided], &h->answers[first + (size_t)decided]);
        decided += rc == 0;
    }
    if (h->text.failed)
        rc = -ENOMEM;
    if (rc == 0 || rc == -EXFULL) /* the segment ends before the next one */
        rc = dd_replica_commit(h->replica);
    if (rc == 0)
        return decided;
    dd_store_abort(h->store);
    h->text.len = mark;
    return rc;
}

/* The server is away: what it would have to decide passes. */
static int pass_unchecked(half *h, const cd_claim *claims, size_t first, size_t count)
{
    const dd_record *record;
    int rc = dd_replica_pass_begin(h->replica);
    for (size_t i = first; i < count && rc >= 0; i++) {
        if (!claim_read(h, &claims[i], &h->answers[i]))
            continue;
        rc = dd_replica_pass(h->replica, &h->matcher, &h->record, claims[i].owner.timestamp_ms, &record);
        if (rc >= 0)
            answer_make(h, &h->answers[i], record, rc ? h->repeated : h->unchecked);
    }
    if (rc >= 0 && h->text.failed)
        rc = -ENOMEM;
    if (rc >= 0)
        return dd_replica_pass_commit(h->replica);
    dd_replica_pass_abort(h->replica);
    return rc;
}

/* A row that comes second is halved: so a slow machine gets its turn beside a fast one. */
static int decide_shared(half *h, const cd_claim *claims, size_t count)
{
    size_t done = 0, row = DD_SHARED_ROW;
    int rc = 0, again = 0;
    for (unsigned lost = 0; done < count && lost < LOST_MAX;) {
        rc = decide_row(h, claims, done, row < count - done ? row : count - done);
        if (rc >= 0) {
            done += (size_t)rc;
            row = row < DD_SHARED_ROW ? row * 2 : row;
            lost = 0;
        } else if (rc == -ESTALE) {
            h->host->count(h->stage, h->lost, 1);
            row = row > 1 ? row / 2 : 1;
            lost++;
        } else if (rc != -ENOTCONN || again++) {
            break; /* a connection that broke is made anew once, if it may be */
        }
    }
    h->away = rc == -ENOTCONN;
    if (h->away)
        return pass_unchecked(h, claims, done, count);
    return done == count ? 0 : rc == -ESTALE ? -EAGAIN : rc;
}

static int decide_all(half *h, const cd_claim *claims, size_t count)
{
    int rc = answers_reserve(h, count);
    cd_json_reset(&h->text);
    if (rc != 0)
        return rc;
    return h->replica != NULL ? decide_shared(h, claims, count) : decide_here(h, claims, count);
}

/* One line when it begins and one when it ends, whatever the number of tries between. */
static void note_away(half *h, int was_away)
{
    char line[400];
    if (h->away == was_away)
        return;
    if (h->away)
        snprintf(line, sizeof line, "the shared store is away, articles pass unchecked: %s", dd_replica_why(h->replica));
    else
        snprintf(line, sizeof line, "the shared store is back, articles are checked again");
    h->host->log(h->stage, h->away ? CD_LOG_ERROR : CD_LOG_INFO, cd_str_of(line));
}

static void note_state(half *h, int rc)
{
    if (rc == -EAGAIN && h->replica != NULL)
        return; /* it catches up with the shared store */
    if (rc != 0 && !h->failing)
        say(h, CD_LOG_ERROR, "the store cannot keep what it decides; articles wait", rc);
    else if (rc == 0 && h->failing)
        h->host->log(h->stage, CD_LOG_INFO, CD_LIT("the store keeps again what it decides"));
    h->failing = rc != 0;
}

int32_t dd_claim_batch(void *self, const cd_claim *claims, size_t count)
{
    half *h = self;
    int was_away = h->away, rc = decide_all(h, claims, count);
    note_away(h, was_away);
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

static int forget_here(half *h, const dd_owner *owner)
{
    dd_ref ref = 0;
    int rc = dd_store_begin(h->store);
    if (rc != 0)
        return rc;
    rc = dd_match_owner(&h->matcher, h->store, owner, &ref);
    dd_store_abort(h->store);
    return rc == 0 ? dd_store_forget(h->store, ref) : rc;
}

void dd_claim_forget(void *self, const cd_identity *identity)
{
    half *h = self;
    dd_owner owner = {identity->topic, identity->partition, identity->offset};
    int rc = h->replica != NULL ? dd_replica_forget(h->replica, &owner) : forget_here(h, &owner);
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
