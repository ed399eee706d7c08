/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/store.c: see store.h. */
#include "worker/store.h"

#include <errno.h>
#include <stdlib.h>

static int32_t host_answer(cd_answer *answer, int32_t verdict, cd_str json, cd_str detail)
{
    answer->answered = 1;
    answer->verdict = verdict;
    cd_buffer_reset(&answer->json);
    cd_buffer_reset(&answer->detail);
    cd_buffer_append(&answer->json, json.ptr, json.len);
    cd_buffer_append(&answer->detail, detail.ptr, detail.len);
    return answer->json.failed || answer->detail.failed ? -ENOMEM : 0;
}

void cd_store_host_init(cd_host *host) { host->answer = host_answer; }

int cd_store_init(cd_store *store, cd_pipeline *pipeline)
{
    *store = (cd_store){.pipeline = pipeline,
                        .entries = calloc(CD_STORE_BATCH, sizeof *store->entries),
                        .claims = calloc(CD_STORE_BATCH, sizeof *store->claims),
                        .heads = calloc(CD_STAGES_MAX, sizeof *store->heads)};
    return store->entries && store->claims && store->heads ? 0 : -ENOMEM;
}

void cd_store_fini(cd_store *store)
{
    for (uint32_t i = 0; store->entries && i < CD_STORE_BATCH; i++)
        for (uint32_t j = 0; j < CD_STAGES_MAX; j++) {
            cd_buffer_fini(&store->entries[i].answers[j].json);
            cd_buffer_fini(&store->entries[i].answers[j].detail);
        }
    free(store->entries);
    free(store->claims);
    free(store->heads);
    cd_buffer_fini(&store->texts);
}

static void take_entry(cd_store *store, const cd_frame *frame)
{
    cd_store_entry *entry = &store->entries[store->count];
    int error = cd_claim_request_read(frame->payload, frame->length, &entry->request);
    CD_REQUIRE(error == 0, "a claim of %u bytes cannot be read", frame->length);
    entry->kind = frame->kind;
    entry->verdict = CD_OK;
    for (uint32_t i = 0; i < entry->request.claim_count; i++) {
        entry->answers[i].answered = 0;
        entry->answers[i].verdict = CD_OK;
    }
    store->count++;
}

/* A batch holds claims only, or one forget or watermark alone: these must not overtake a claim. */
static void take_batch(cd_store *store)
{
    cd_ring *ring = &store->pipeline->channel->requests;
    cd_frame frame;
    store->count = 0;
    while (store->count < CD_STORE_BATCH && cd_ring_peek(ring, &frame) == 1) {
        if (frame.kind == CD_MESSAGE_STOP) {
            store->stop = store->count == 0;
            if (store->stop)
                cd_ring_consume(ring, &frame);
            return;
        }
        if (frame.kind != CD_MESSAGE_CLAIM && store->count > 0)
            return;
        take_entry(store, &frame);
        cd_ring_consume(ring, &frame);
        if (frame.kind != CD_MESSAGE_CLAIM)
            return;
    }
}

/* The claim of `stage` in this entry: its number and where its blob starts, or -1. */
static int find_claim(const cd_store_entry *entry, uint32_t stage, size_t *start)
{
    *start = 0;
    for (uint32_t i = 0; i < entry->request.claim_count; i++) {
        if (entry->request.claims[i].stage == stage)
            return (int)i;
        *start += entry->request.claims[i].blob_length;
    }
    return -1;
}

static uint32_t gather(cd_store *store, uint32_t stage)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < store->count; i++) {
        cd_store_entry *entry = &store->entries[i];
        size_t start;
        int claim = entry->verdict == CD_OK ? find_claim(entry, stage, &start) : -1;
        if (claim < 0)
            continue;
        const cd_claim_request *request = &entry->request;
        store->claims[count++] = (cd_claim){request->identity,
                                            {request->blobs.ptr + start, request->claims[claim].blob_length},
                                            &entry->answers[claim]};
    }
    return count;
}

/* What a stage left undecided is to be tried again; what it answered wrongly blames it. */
static void settle_stage(cd_store *store, uint32_t stage, int32_t failed)
{
    for (uint32_t i = 0; i < store->count; i++) {
        cd_store_entry *entry = &store->entries[i];
        size_t start;
        int claim = entry->verdict == CD_OK ? find_claim(entry, stage, &start) : -1;
        if (claim < 0)
            continue;
        cd_answer *answer = &entry->answers[claim];
        if (failed)
            host_answer(answer, CD_RETRY, (cd_str){"", 0}, (cd_str){strerror(-failed), strlen(strerror(-failed))});
        else if (!answer->answered)
            host_answer(answer, CD_OK, (cd_str){"null", 4}, (cd_str){"", 0});
        else if (answer->json.failed || answer->detail.failed)
            host_answer(answer, CD_RETRY, (cd_str){"", 0}, (cd_str){"out of memory", 13});
        entry->verdict = answer->verdict;
    }
}

/* Who was dropped by this stage does not come out, and the stages before it took it for an article that does. */
static void forget_dropped(cd_store *store, uint32_t stage)
{
    for (uint32_t i = 0; i < store->count; i++) {
        const cd_store_entry *entry = &store->entries[i];
        size_t start;
        int claim = entry->verdict == CD_DROP ? find_claim(entry, stage, &start) : -1;
        if (claim < 0 || !entry->answers[claim].answered)
            continue; /* none of this stage's, or an earlier one dropped it */
        for (uint32_t j = 0; j < stage; j++) {
            const cd_stage *earlier = &store->pipeline->stages[j];
            if (earlier->plugin.forget && find_claim(entry, j, &start) >= 0)
                earlier->plugin.forget(earlier->self, &entry->request.identity);
        }
    }
}

/* The desk had sent these before it knew that those before them could not be decided. */
static void refuse_all(cd_store *store)
{
    static const cd_str why = {"an earlier record could not be decided", 38};
    for (uint32_t i = 0; i < store->count; i++)
        for (uint32_t j = 0; j < store->entries[i].request.claim_count; j++)
            host_answer(&store->entries[i].answers[j], CD_RETRY, (cd_str){"", 0}, why);
}

static void claim_all(cd_store *store)
{
    cd_pipeline *pipeline = store->pipeline;
    uint32_t round = store->entries[0].request.round;
    if (store->stuck && store->stuck_round == round) {
        refuse_all(store);
        return;
    }
    store->stuck = false;
    for (uint32_t i = 0; i < pipeline->stage_count; i++) {
        cd_stage *stage = &pipeline->stages[i];
        uint32_t count = cd_stage_has_store(stage) ? gather(store, i) : 0;
        if (count == 0)
            continue;
        int32_t failed = stage->plugin.claim_batch(stage->self, store->claims, count);
        settle_stage(store, i, failed);
        forget_dropped(store, i);
        if (failed) {
            store->stuck = true;
            store->stuck_round = round;
        }
    }
}

/* forget and watermark concern every stage; nobody waits for an answer. */
static void tell_all(cd_store *store, const cd_store_entry *entry)
{
    const cd_identity *who = &entry->request.identity;
    for (uint32_t i = 0; i < store->pipeline->stage_count; i++) {
        cd_stage *stage = &store->pipeline->stages[i];
        if (!cd_stage_has_store(stage))
            continue;
        if (entry->kind == CD_MESSAGE_FORGET && stage->plugin.forget)
            stage->plugin.forget(stage->self, who);
        if (entry->kind == CD_MESSAGE_WATERMARK && stage->plugin.watermark)
            stage->plugin.watermark(stage->self, who->topic, who->partition, who->offset);
    }
}

static void send_answers(cd_store *store, const cd_store_entry *entry)
{
    cd_buffer_reset(&store->texts);
    for (uint32_t i = 0; i < entry->request.claim_count; i++) {
        const cd_answer *answer = &entry->answers[i];
        int skipped = !answer->answered; /* an earlier stage's verdict came first */
        cd_str json = skipped ? (cd_str){"null", 4} : (cd_str){answer->json.data, answer->json.len};
        size_t detail = skipped ? 0 : answer->detail.len;
        store->heads[i] = (cd_answer_head){answer->verdict, (uint32_t)json.len, (uint32_t)detail, 0};
        cd_buffer_append(&store->texts, json.ptr, json.len);
        cd_buffer_append(&store->texts, answer->detail.data, detail);
    }
    cd_answers answers = {.sequence = entry->request.sequence,
                          .count = entry->request.claim_count,
                          .heads = store->heads,
                          .texts = {store->texts.data, store->texts.len}};
    size_t length = cd_answers_size(&answers);
    cd_answers_write(&answers, cd_pipeline_reserve(store->pipeline, length));
    cd_ring_commit(&store->pipeline->channel->responses, CD_MESSAGE_ANSWER, length);
}

/* Before the answers: who sees what came of an article sees it counted. */
static void send_counts(cd_store *store)
{
    cd_pipeline_collect_counts(store->pipeline, &store->texts);
    if (store->texts.len == 0 || store->texts.failed)
        return;
    memcpy(cd_pipeline_reserve(store->pipeline, store->texts.len), store->texts.data, store->texts.len);
    cd_ring_commit(&store->pipeline->channel->responses, CD_MESSAGE_COUNTS, store->texts.len);
}

uint32_t cd_store_serve(cd_store *store)
{
    cd_channel *channel = store->pipeline->channel;
    take_batch(store);
    if (store->count == 0)
        return 0;
    cd_channel_fly(channel, store->entries[0].request.sequence, CD_FLIGHT_CLAIM);
    if (store->entries[0].kind == CD_MESSAGE_CLAIM) {
        claim_all(store);
        send_counts(store);
        for (uint32_t i = 0; i < store->count; i++)
            send_answers(store, &store->entries[i]);
    } else {
        tell_all(store, &store->entries[0]);
        send_counts(store);
    }
    cd_channel_land(channel);
    cd_ring_release(&channel->requests);
    cd_ring_publish(&channel->responses);
    return store->count;
}
