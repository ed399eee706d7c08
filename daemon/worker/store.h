/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/store.h: the store's half of a pipeline: claims in, answers out, one after the other in release order.
 *
 * Frames are taken from the request ring in batches, so that a stage can make one transaction of many claims. A batch is
 * one call of claim_batch a stage, in pipeline order; a record that an earlier stage of the batch did not answer with OK
 * makes no further claim, and one that a stage drops is forgotten by the stages before it. What these said in the same batch
 * of records behind it stands. Answers go out in the order of the requests. */
#ifndef COPYDESK_WORKER_STORE_H
#define COPYDESK_WORKER_STORE_H

#include "worker/pipeline.h"

#include <stdbool.h>

#define CD_STORE_BATCH 256

/* The ABI's opaque cd_answer. */
struct cd_answer {
    int32_t verdict;
    int answered;
    cd_buffer json, detail;
};

typedef struct cd_store_entry {
    cd_claim_request request;
    uint32_t kind; /* CD_MESSAGE_CLAIM, _FORGET, _WATERMARK */
    int32_t verdict;
    cd_answer answers[CD_STAGES_MAX]; /* by claim */
} cd_store_entry;

typedef struct cd_store {
    cd_pipeline *pipeline;
    cd_store_entry *entries;
    uint32_t count;
    cd_claim *claims;          /* scratch: one stage's share of the batch */
    cd_answer_head *heads;     /* scratch: one record's answers */
    cd_buffer texts;
    bool stuck;           /* a stage could not decide in `stuck_round`: what else comes in it must not overtake */
    uint32_t stuck_round;
    int stop; /* the desk said so */
} cd_store;

/* Sets host->answer. */
void cd_store_host_init(cd_host *host);

/* 0 or -ENOMEM. */
int cd_store_init(cd_store *store, cd_pipeline *pipeline);
void cd_store_fini(cd_store *store);

/* Takes what is in the request ring, at most one batch, and answers it. The number of frames taken. */
uint32_t cd_store_serve(cd_store *store);

#endif
