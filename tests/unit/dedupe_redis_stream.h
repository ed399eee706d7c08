/* SPDX-License-Identifier: Apache-2.0
 *
 * dedupe_redis_stream.h: a made-up stream of articles for the shared store's tests: families of texts, whole, cut,
 * reworded and mixed, with days that pass; and claims of any of them in batches.
 */
#ifndef TEST_DEDUPE_REDIS_STREAM_H
#define TEST_DEDUPE_REDIS_STREAM_H

#include <stdint.h>

#include "dedupe_host.h"

#define STREAM_BATCH_MAX 100

uint32_t test_next(uint32_t *state);

/* The answers of one batch, and a stage's words for them. */
typedef struct test_batch {
    struct cd_answer answers[STREAM_BATCH_MAX];
    int count, result; /* what claim_batch gave */
} test_batch;

/* Claims the articles of these numbers, each at offset NUMBER of partition NUMBER % 3, with the id "n-NUMBER". */
void test_claim_numbers(test_stage *s, const int *numbers, int count, test_batch *batch);
/* One of them; the result must be 0. */
struct cd_answer test_claim_number(test_stage *s, int number);
/* It came to nothing. */
void test_forget_number(test_stage *s, int number);

/* Fails the test unless both are equal, byte for byte. */
void test_answers_equal(const struct cd_answer *a, const struct cd_answer *b);

/* Opens a stage with store = redis and further options (NULL-terminated names; at most 20). The options are kept in
 * `list`. What the open gave. */
typedef struct test_options {
    test_option list[30];
} test_options;
int test_shared_open(test_stage *s, test_options *options, const char *url, const char *folder,
                     const test_option *more);

#endif
