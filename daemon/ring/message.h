/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/message.h: what the frames between the desk and its children hold.
 *
 * Each message is a fixed head and byte strings behind it; numbers in the machine's own order (both ends are one build,
 * and the hello says so). Writers come in two steps, size and write, because they write into a ring's slot. Readers
 * check every length against the frame and give views into it: the desk reads from its private copy, never from the
 * ring itself. -EPROTO: the bytes are no such message. */
#ifndef COPYDESK_RING_MESSAGE_H
#define COPYDESK_RING_MESSAGE_H

#include <copydesk/plugin.h>

enum cd_message_kind {
    CD_MESSAGE_ARTICLE = 1, /* desk → worker: cd_request */
    CD_MESSAGE_CLAIM,       /* desk → store: cd_claim_request */
    CD_MESSAGE_FORGET,      /* desk → store: cd_claim_request without claims */
    CD_MESSAGE_WATERMARK,   /* desk → store: the same; the offset is the watermark */
    CD_MESSAGE_STOP,        /* desk → child: no payload; finish what is in the ring, close, exit 0 */
    CD_MESSAGE_HELLO = 16,  /* child → desk: ready; text, see worker/hello.h */
    CD_MESSAGE_REFUSED,     /* child → desk: can't start; text for people */
    CD_MESSAGE_RESULT,      /* worker → desk: cd_result */
    CD_MESSAGE_ANSWER,      /* store → desk: cd_answers */
    CD_MESSAGE_DESCRIPTION, /* child → desk: what the plugin is; JSON, see worker/describe.h */
    CD_MESSAGE_COUNTS,      /* store → desk: one cd_result_counter after the other */
};

/* Verdicts of the worker itself, beside a stage's CD_OK to CD_FATAL. */
#define CD_VERDICT_UNREADABLE 100 /* the payload is no article: reason and byte say why */
#define CD_VERDICT_TOO_LARGE 101  /* the enriched article, or an annotation, is over its limit */

/* The most bytes that one enriched article may have for inputs of at most `max_bytes`: what a body, quotes and spans repeat of
 * the text, several times over. And what a result may have in all, with reasons, counters and the claims' blobs. */
static inline size_t cd_output_limit(int64_t max_bytes) { return 4 * (size_t)max_bytes + (1u << 20); }
static inline size_t cd_result_limit(int64_t max_bytes) { return cd_output_limit(max_bytes) + (4u << 20); }

/* ---- desk → worker ---- */
typedef struct cd_request {
    uint64_t sequence;
    cd_identity identity;
    cd_str key, payload; /* an absent key has ptr NULL */
    uint32_t skip;       /* a bit a stage: those that are not to be run */
    uint32_t off;        /* those among them that the breaker has switched off */
} cd_request;

size_t cd_request_size(const cd_request *request);
void cd_request_write(const cd_request *request, void *out);
int cd_request_read(const char *bytes, size_t length, cd_request *out);

/* ---- worker → desk ---- */
typedef struct cd_result_claim {
    uint32_t stage;
    uint32_t hole; /* where in the output the answer's bytes go */
    uint32_t blob_length;
    uint32_t reserved;
} cd_result_claim;

typedef struct cd_result_counter {
    uint32_t stage, counter;
    uint64_t delta;
} cd_result_counter;

#define CD_STAGES_MAX 32
#define CD_BLOB_MAX (64u << 10) /* of one claim */

typedef struct cd_result {
    uint64_t sequence;
    int64_t byte;          /* of an unreadable payload: where; -1 unknown */
    int32_t verdict;       /* CD_OK … or CD_VERDICT_… */
    uint32_t stage;        /* who gave it: a stage's index, or CD_FLIGHT_… */
    uint32_t stage_count;  /* how many stages ran */
    uint32_t claim_count;  /* holes ascend */
    uint32_t counter_count;
    uint32_t broken; /* 1: the stage broke the ABI; verdict and reason are the worker's */
    const uint64_t *stage_ns; /* wall time of each stage that ran */
    const cd_result_claim *claims;
    const cd_result_counter *counters;
    cd_str reason, route, blobs /* all claims' blobs, one after the other */, output;
} cd_result;

/* Bytes before the output: the output is written last, in place, and its length is only then known. */
size_t cd_result_prefix_size(const cd_result *result);
/* Writes all but the output's bytes, whose length is result->output.len. */
void cd_result_prefix_write(const cd_result *result, void *out);
int cd_result_read(const char *bytes, size_t length, cd_result *out);

/* ---- desk → store ---- */
typedef struct cd_claim_request {
    uint64_t sequence;
    cd_identity identity;
    uint32_t claim_count;
    uint32_t round; /* grows with each new try of what could not be decided: worker/store.c */
    const cd_result_claim *claims;
    cd_str blobs;
} cd_claim_request;

size_t cd_claim_request_size(const cd_claim_request *request);
void cd_claim_request_write(const cd_claim_request *request, void *out);
int cd_claim_request_read(const char *bytes, size_t length, cd_claim_request *out);

/* ---- store → desk: as many answers as there were claims, in their order ---- */
typedef struct cd_answer_head {
    int32_t verdict;
    uint32_t json_length, detail_length, reserved;
} cd_answer_head;

typedef struct cd_answers {
    uint64_t sequence;
    uint32_t count, reserved;
    const cd_answer_head *heads;
    cd_str texts; /* json, detail, json, detail … */
} cd_answers;

size_t cd_answers_size(const cd_answers *answers);
void cd_answers_write(const cd_answers *answers, void *out);
int cd_answers_read(const char *bytes, size_t length, cd_answers *out);

#endif
