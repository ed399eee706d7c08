/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/message.c: see message.h. A head of fixed size, then the arrays (8-aligned), then the strings. */
#include "ring/message.h"

#include <errno.h>
#include <string.h>

#define ABSENT UINT32_MAX

/* A cursor over a frame: every step is checked against what is left. */
typedef struct cursor {
    const char *at;
    size_t left;
    int broken;
} cursor;

static const void *take(cursor *c, size_t length)
{
    if (c->broken || length > c->left) {
        c->broken = 1;
        return NULL;
    }
    const void *here = c->at;
    c->at += length;
    c->left -= length;
    return here;
}

static cd_str take_str(cursor *c, uint32_t length)
{
    const char *here = take(c, length);
    return (cd_str){here, here ? length : 0};
}

/* Only a key may be absent: whoever reads the other strings need not look. */
static cd_str take_optional(cursor *c, uint32_t length)
{
    return length == ABSENT ? (cd_str){NULL, 0} : take_str(c, length);
}

static uint32_t str_length(cd_str s) { return s.ptr ? (uint32_t)s.len : ABSENT; }

static char *put(char *at, const void *bytes, size_t length)
{
    if (length)
        memcpy(at, bytes, length);
    return at + length;
}

/* ---- article ---- */

typedef struct request_head {
    uint64_t sequence;
    int64_t offset, timestamp_ms;
    int32_t partition;
    uint32_t topic_length, key_length, payload_length, skip, off;
} request_head;

size_t cd_request_size(const cd_request *request)
{
    return sizeof(request_head) + request->identity.topic.len + request->key.len + request->payload.len;
}

void cd_request_write(const cd_request *request, void *out)
{
    const cd_identity *who = &request->identity;
    request_head head = {request->sequence,         who->offset,
                         who->timestamp_ms,         who->partition,
                         (uint32_t)who->topic.len,  str_length(request->key),
                         (uint32_t)request->payload.len, request->skip, request->off};
    char *at = put(out, &head, sizeof head);
    at = put(at, who->topic.ptr, who->topic.len);
    at = put(at, request->key.ptr, request->key.len);
    put(at, request->payload.ptr, request->payload.len);
}

int cd_request_read(const char *bytes, size_t length, cd_request *out)
{
    cursor c = {bytes, length, 0};
    request_head head = {0};
    const void *at = take(&c, sizeof head);
    if (at)
        memcpy(&head, at, sizeof head);
    *out = (cd_request){.sequence = head.sequence,
                        .skip = head.skip,
                        .off = head.off,
                        .identity = {.partition = head.partition, .offset = head.offset, .timestamp_ms = head.timestamp_ms}};
    out->identity.topic = take_str(&c, head.topic_length);
    out->key = take_optional(&c, head.key_length);
    out->payload = take_str(&c, head.payload_length);
    return c.broken || c.left ? -EPROTO : 0;
}

/* ---- result ---- */

typedef struct result_head {
    uint64_t sequence;
    int64_t byte;
    int32_t verdict;
    uint32_t stage, stage_count, claim_count, counter_count;
    uint32_t reason_length, route_length, blobs_length, output_length, broken;
} result_head;

size_t cd_result_prefix_size(const cd_result *r)
{
    return sizeof(result_head) + r->stage_count * sizeof(uint64_t) + r->claim_count * sizeof(cd_result_claim) +
           r->counter_count * sizeof(cd_result_counter) + r->reason.len + r->route.len + r->blobs.len;
}

void cd_result_prefix_write(const cd_result *r, void *out)
{
    result_head head = {.sequence = r->sequence,
                        .byte = r->byte,
                        .verdict = r->verdict,
                        .stage = r->stage,
                        .stage_count = r->stage_count,
                        .claim_count = r->claim_count,
                        .counter_count = r->counter_count,
                        .reason_length = (uint32_t)r->reason.len,
                        .route_length = (uint32_t)r->route.len,
                        .blobs_length = (uint32_t)r->blobs.len,
                        .output_length = (uint32_t)r->output.len,
                        .broken = r->broken};
    char *at = put(out, &head, sizeof head);
    at = put(at, r->stage_ns, r->stage_count * sizeof *r->stage_ns);
    at = put(at, r->claims, r->claim_count * sizeof *r->claims);
    at = put(at, r->counters, r->counter_count * sizeof *r->counters);
    at = put(at, r->reason.ptr, r->reason.len);
    at = put(at, r->route.ptr, r->route.len);
    put(at, r->blobs.ptr, r->blobs.len);
}

/* The claims' blobs add up to what is there, and their holes ascend within the output. */
static int claims_sound(const cd_result_claim *claims, uint32_t count, size_t blobs, size_t output)
{
    size_t sum = 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += claims[i].blob_length;
        if (claims[i].hole < last || claims[i].hole > output || claims[i].stage >= CD_STAGES_MAX)
            return 0;
        last = claims[i].hole;
    }
    return sum == blobs;
}

int cd_result_read(const char *bytes, size_t length, cd_result *out)
{
    cursor c = {bytes, length, 0};
    const result_head *head = take(&c, sizeof *head);
    if (head == NULL || head->stage_count > CD_STAGES_MAX || head->claim_count > CD_STAGES_MAX)
        return -EPROTO;
    *out = (cd_result){.sequence = head->sequence,
                       .byte = head->byte,
                       .verdict = head->verdict,
                       .stage = head->stage,
                       .stage_count = head->stage_count,
                       .claim_count = head->claim_count,
                       .counter_count = head->counter_count,
                       .broken = head->broken};
    out->stage_ns = take(&c, head->stage_count * sizeof *out->stage_ns);
    out->claims = take(&c, head->claim_count * sizeof *out->claims);
    out->counters = take(&c, head->counter_count * sizeof *out->counters);
    out->reason = take_str(&c, head->reason_length);
    out->route = take_str(&c, head->route_length);
    out->blobs = take_str(&c, head->blobs_length);
    out->output = take_str(&c, head->output_length);
    if (c.broken || c.left || !claims_sound(out->claims, out->claim_count, out->blobs.len, out->output.len))
        return -EPROTO;
    return 0;
}

/* ---- claim ---- */

typedef struct claim_head {
    uint64_t sequence;
    int64_t offset, timestamp_ms;
    int32_t partition;
    uint32_t claim_count, topic_length, blobs_length, round, reserved;
} claim_head;

size_t cd_claim_request_size(const cd_claim_request *request)
{
    return sizeof(claim_head) + request->claim_count * sizeof(cd_result_claim) + request->identity.topic.len +
           request->blobs.len;
}

void cd_claim_request_write(const cd_claim_request *request, void *out)
{
    const cd_identity *who = &request->identity;
    claim_head head = {request->sequence,    who->offset,
                       who->timestamp_ms,    who->partition,
                       request->claim_count, (uint32_t)who->topic.len,
                       (uint32_t)request->blobs.len,
                       request->round,       0};
    char *at = put(out, &head, sizeof head);
    at = put(at, request->claims, request->claim_count * sizeof *request->claims);
    at = put(at, who->topic.ptr, who->topic.len);
    put(at, request->blobs.ptr, request->blobs.len);
}

int cd_claim_request_read(const char *bytes, size_t length, cd_claim_request *out)
{
    cursor c = {bytes, length, 0};
    const claim_head *head = take(&c, sizeof *head);
    if (head == NULL || head->claim_count > CD_STAGES_MAX)
        return -EPROTO;
    *out = (cd_claim_request){
        .sequence = head->sequence,
        .claim_count = head->claim_count,
        .round = head->round,
        .identity = {.partition = head->partition, .offset = head->offset, .timestamp_ms = head->timestamp_ms}};
    out->claims = take(&c, head->claim_count * sizeof *out->claims);
    out->identity.topic = take_str(&c, head->topic_length);
    out->blobs = take_str(&c, head->blobs_length);
    return c.broken || c.left || !claims_sound(out->claims, out->claim_count, out->blobs.len, SIZE_MAX) ? -EPROTO : 0;
}

/* ---- answer ---- */

typedef struct answers_head {
    uint64_t sequence;
    uint32_t count, texts_length;
} answers_head;

size_t cd_answers_size(const cd_answers *answers)
{
    return sizeof(answers_head) + answers->count * sizeof(cd_answer_head) + answers->texts.len;
}

void cd_answers_write(const cd_answers *answers, void *out)
{
    answers_head head = {answers->sequence, answers->count, (uint32_t)answers->texts.len};
    char *at = put(out, &head, sizeof head);
    at = put(at, answers->heads, answers->count * sizeof *answers->heads);
    put(at, answers->texts.ptr, answers->texts.len);
}

int cd_answers_read(const char *bytes, size_t length, cd_answers *out)
{
    cursor c = {bytes, length, 0};
    const answers_head *head = take(&c, sizeof *head);
    if (head == NULL || head->count > CD_STAGES_MAX)
        return -EPROTO;
    *out = (cd_answers){.sequence = head->sequence, .count = head->count};
    out->heads = take(&c, head->count * sizeof *out->heads);
    out->texts = take_str(&c, head->texts_length);
    if (c.broken || c.left)
        return -EPROTO;
    size_t sum = 0;
    for (uint32_t i = 0; i < out->count; i++)
        sum += (size_t)out->heads[i].json_length + out->heads[i].detail_length;
    return sum == out->texts.len ? 0 : -EPROTO;
}
