/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/article.c: one request through decode, the stages and encode, into the response ring. */
#include "worker/article.h"

#include "base/clock.h"

#include <errno.h>

/* Scratch buffers beyond this are given back after the article that needed them. */
enum { KEEP = 1 << 20 };

int cd_article_init(cd_article *article, cd_pipeline *pipeline, int from_files)
{
    const cd_config *config = pipeline->config;
    cd_decode_rules rules = {.format = config->input.format,
                             .max_bytes = (size_t)config->input.max_bytes,
                             .max_depth = (uint32_t)config->input.max_depth,
                             .confluent = config->input.confluent,
                             .charset = config->input.charset,
                             .pointers = {NULL, config->input.fields.text, config->input.fields.id, config->input.fields.title,
                                          config->input.fields.url, config->input.fields.source, config->input.fields.lang,
                                          config->input.fields.published}};
    *article = (cd_article){.pipeline = pipeline, .from_files = from_files};
    cd_positions_init(&article->positions);
    article->decoder = cd_decoder_create(&rules);
    if (article->decoder == NULL)
        return -errno;
    article->reader = cd_json_reader_create();
    return article->reader ? 0 : -ENOMEM;
}

void cd_article_fini(cd_article *article)
{
    for (uint32_t i = 0; i < CD_STAGES_MAX; i++)
        cd_buffer_fini(&article->annotations[i]);
    cd_buffer_fini(&article->reason);
    cd_buffer_fini(&article->route);
    cd_buffer_fini(&article->blobs);
    cd_buffer_fini(&article->counters);
    cd_buffer_fini(&article->file);
    cd_positions_fini(&article->positions);
    cd_json_reader_destroy(article->reader);
    cd_decoder_destroy(article->decoder);
}

static void reset(cd_article *article, const cd_request *request)
{
    for (uint32_t i = 0; i < article->pipeline->stage_count; i++)
        cd_buffer_trim(&article->annotations[i], KEEP);
    cd_buffer_reset(&article->reason);
    cd_buffer_reset(&article->route);
    cd_buffer_reset(&article->blobs);
    cd_json_reader_reset(article->reader);
    article->annotated_bytes = 0;
    if (article->from_files) {
        cd_buffer_reset(&article->file);
        cd_buffer_append(&article->file, request->identity.topic.ptr, request->identity.topic.len);
    }
    article->identity = request->identity;
    article->start_ns = cd_clock_monotonic_ns();
    article->skip = request->skip;
    article->off = request->off;
    article->result = (cd_result){.sequence = request->sequence,
                                  .byte = -1,
                                  .stage_ns = article->stage_ns,
                                  .claims = article->claims};
}

static int32_t decode(cd_article *article, const cd_request *request)
{
    cd_decode_error error = {0};
    int failed = cd_decode(article->decoder, request->payload, request->key, &request->identity, &article->document, &error);
    if (failed == 0) {
        cd_positions_reset(&article->positions, article->document.fields[CD_FIELD_TEXT]);
        return CD_OK;
    }
    article->result.stage = CD_FLIGHT_DECODE;
    if (failed == -ENOMEM) {
        cd_buffer_append_string(&article->reason, "out of memory while decoding");
        return CD_RETRY;
    }
    cd_buffer_append_string(&article->reason, error.reason);
    article->result.byte = error.byte;
    return CD_VERDICT_UNREADABLE;
}

/* Holds the stage to its word: a verdict that the ABI has, with what that verdict needs. */
static int32_t judge(cd_article *article, int32_t verdict)
{
    article->result.broken = 1;
    if (article->broken != CD_OK)
        return article->broken;
    if (verdict < CD_OK || verdict > CD_FATAL) {
        cd_buffer_reset(&article->reason);
        cd_buffer_printf(&article->reason, "the plugin returned the unknown verdict %d", verdict);
        return CD_REJECT;
    }
    if (verdict == CD_ROUTE && article->route.len == 0) {
        cd_buffer_append_string(&article->reason, "the plugin returned ROUTE without naming a route");
        return CD_REJECT;
    }
    article->result.broken = 0;
    return verdict;
}

static int32_t run_stage(cd_article *article, cd_stage *stage)
{
    cd_channel_fly(article->pipeline->channel, article->result.sequence, stage->index);
    article->stage = stage;
    article->broken = CD_OK;
    article->said = article->claimed = 0;
    cd_buffer_reset(&article->reason);
    cd_buffer_reset(&article->route);
    int64_t start = cd_clock_monotonic_ns();
    int32_t verdict = judge(article, stage->plugin.process(stage->self, article));
    article->stage_ns[stage->index] = (uint64_t)(cd_clock_monotonic_ns() - start);
    article->result.stage_count = stage->index + 1;
    article->result.stage = stage->index;
    if ((verdict != CD_OK && verdict != CD_ROUTE) || article->claimed)
        cd_buffer_reset(&article->annotations[stage->index]); /* a claim's answer stands in its place */
    else if (!article->said)
        cd_buffer_append(&article->annotations[stage->index], "null", 4);
    return verdict;
}

static bool is_skipped(const cd_article *article, uint32_t stage) { return article->skip >> stage & 1; }

/* The desk has given up on this stage, for this article or for now: it says nothing of it. */
static int32_t skip_stage(cd_article *article, uint32_t stage)
{
    article->stage_ns[stage] = 0;
    article->result.stage_count = stage + 1;
    article->result.stage = stage;
    cd_buffer_append(&article->annotations[stage], "null", 4);
    return CD_OK;
}

static int32_t run_stages(cd_article *article)
{
    int32_t verdict = CD_OK;
    for (uint32_t i = 0; i < article->pipeline->stage_count && verdict == CD_OK; i++)
        verdict = is_skipped(article, i) ? skip_stage(article, i) : run_stage(article, &article->pipeline->stages[i]);
    return verdict;
}

/* Counts that grew since the last result ride along with this one. */
static void collect_counters(cd_article *article)
{
    cd_pipeline_collect_counts(article->pipeline, &article->counters);
    article->result.counters = (const cd_result_counter *)(const void *)article->counters.data;
    article->result.counter_count = (uint32_t)(article->counters.len / sizeof(cd_result_counter));
}

static void list_annotations(cd_article *article)
{
    for (uint32_t i = 0; i < article->result.stage_count; i++) {
        const cd_stage *stage = &article->pipeline->stages[i];
        const cd_buffer *json = &article->annotations[i];
        article->list[i] = (cd_annotation){stage->member, json->len ? (cd_str){json->data, json->len} : (cd_str){NULL, 0}};
        article->tags[i] = (cd_stage_tag){stage->name, stage->plugin.version, is_skipped(article, i), article->off >> i & 1};
    }
}

static cd_provenance provenance_of(const cd_article *article)
{
    return (cd_provenance){.pipeline = article->pipeline->fingerprint,
                           .source = article->identity,
                           .file = article->from_files ? cd_buffer_string(&article->file) : NULL,
                           .stages = article->tags,
                           .stage_count = article->result.stage_count};
}

static void send_without_output(cd_article *article, int32_t verdict)
{
    cd_result *result = &article->result;
    result->verdict = verdict;
    result->claim_count = 0;
    result->blobs = result->output = (cd_str){"", 0};
    result->reason = (cd_str){cd_buffer_string(&article->reason), article->reason.len};
    result->route = (cd_str){"", 0};
    size_t length = cd_result_prefix_size(result);
    cd_result_prefix_write(result, cd_pipeline_reserve(article->pipeline, length));
    cd_ring_commit(&article->pipeline->channel->responses, CD_MESSAGE_RESULT, length);
}

/* The article is written straight into the ring. The prefix goes before it once the holes' places are known. */
static void send_output(cd_article *article, int32_t verdict)
{
    cd_result *result = &article->result;
    size_t holes[CD_STAGES_MAX];
    cd_provenance provenance = provenance_of(article);
    list_annotations(article);
    result->verdict = verdict;
    result->reason = (cd_str){"", 0};
    result->route = (cd_str){cd_buffer_string(&article->route), verdict == CD_ROUTE ? article->route.len : 0};
    result->blobs = (cd_str){article->blobs.data, article->blobs.len};
    size_t prefix = cd_result_prefix_size(result);
    size_t bound = cd_encode_bound(&article->document, article->list, result->stage_count, &provenance);
    char *slot = cd_pipeline_reserve(article->pipeline, prefix + bound);
    size_t length = cd_encode(&article->document, article->list, result->stage_count, &provenance, slot + prefix, holes);
    for (uint32_t i = 0; i < result->claim_count; i++)
        article->claims[i].hole = (uint32_t)holes[i];
    result->output = (cd_str){slot + prefix, length};
    cd_result_prefix_write(result, slot);
    cd_ring_commit(&article->pipeline->channel->responses, CD_MESSAGE_RESULT, prefix + length);
}

static int too_large(cd_article *article)
{
    cd_provenance provenance = provenance_of(article);
    list_annotations(article);
    size_t bound = cd_encode_bound(&article->document, article->list, article->result.stage_count, &provenance);
    if (bound <= article->pipeline->largest_output)
        return 0;
    cd_buffer_reset(&article->reason);
    cd_buffer_printf(&article->reason, "the enriched article would have %zu bytes; the limit is %zu (four times input.max_bytes and 1 MiB)",
                     bound, article->pipeline->largest_output);
    article->result.stage = CD_FLIGHT_ENCODE;
    return 1;
}

int32_t cd_article_run(cd_article *article, const cd_request *request)
{
    cd_channel *channel = article->pipeline->channel;
    reset(article, request);
    cd_channel_fly(channel, request->sequence, CD_FLIGHT_DECODE);
    int32_t verdict = decode(article, request);
    if (verdict == CD_OK)
        verdict = run_stages(article);
    cd_channel_fly(channel, request->sequence, CD_FLIGHT_ENCODE);
    collect_counters(article);
    if ((verdict == CD_OK || verdict == CD_ROUTE) && too_large(article))
        verdict = CD_VERDICT_TOO_LARGE;
    if (verdict == CD_OK || verdict == CD_ROUTE)
        send_output(article, verdict);
    else
        send_without_output(article, verdict);
    return verdict;
}
