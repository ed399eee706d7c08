/* SPDX-License-Identifier: Apache-2.0
 *
 * dedupe_redis_stream.c: see dedupe_redis_stream.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dedupe_redis_stream.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdio.h>

#include "claim.h"
#include "worker.h"

#define FAMILIES 60u
#define STEP_MS 300000ll /* between two articles: 288 a day */

uint32_t test_next(uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }

/* The text is a function of the number. */
static size_t make_text(char *out, size_t size, int number)
{
    static char whole[20000];
    uint32_t random = (uint32_t)number * 2654435761u + 12345u;
    test_next(&random);
    unsigned family = (test_next(&random) >> 16) % FAMILIES + (unsigned)number / 400 * FAMILIES;
    unsigned kind = (test_next(&random) >> 16) % 9, words = kind < 5 ? 200 : 60 + (test_next(&random) >> 16) % 140;
    unsigned change = kind % 3 == 0 ? 0 : 9 + (test_next(&random) >> 16) % 30;
    if (kind == 8)
        return test_words(out, size, family, number % 50 == 0 ? 0 : 12, 0); /* a short notice, or nothing at all */
    size_t length = test_words(whole, sizeof whole, family, words, change), from = kind == 6 ? length / 3 : 0;
    memcpy(out, whole + from, length - from);
    length -= from;
    if (kind == 7)
        length += test_words(out + length, size - length, family + 1, 80, 0);
    return length;
}

static cd_identity owner_of(int number)
{
    return (cd_identity){.topic = CD_LIT("raw"),
                         .partition = number % 3,
                         .offset = number,
                         .timestamp_ms = 1700000000000 + number * STEP_MS + number % 7 * 1000};
}

void test_claim_numbers(test_stage *s, const int *numbers, int count, test_batch *batch)
{
    static struct cd_article article;
    static char blobs[STREAM_BATCH_MAX][2048], text[40000];
    cd_claim claims[STREAM_BATCH_MAX] = {0};
    memset(batch, 0, sizeof *batch);
    batch->count = count;
    for (int i = 0; i < count; i++) {
        char id[20];
        snprintf(id, sizeof id, "n-%d", numbers[i]);
        article.text = (cd_str){text, make_text(text, sizeof text, numbers[i])};
        article.id = cd_str_of(id);
        assert_int_equal(dd_worker_process(s->worker, &article), CD_OK);
        assert_in_range(article.blob_length, 1, sizeof blobs[0]);
        memcpy(blobs[i], article.blob, article.blob_length);
        claims[i] = (cd_claim){owner_of(numbers[i]), {blobs[i], article.blob_length}, &batch->answers[i]};
    }
    for (int i = 0; i < 100 && (i == 0 || batch->result == -EAGAIN); i++) /* it catches up, a slice a call */
        batch->result = dd_claim_batch(s->store, claims, (size_t)count);
    for (int i = 0; i < count && batch->result == 0; i++)
        assert_int_equal(batch->answers[i].answered, 1);
}

struct cd_answer test_claim_number(test_stage *s, int number)
{
    static test_batch batch;
    test_claim_numbers(s, &number, 1, &batch);
    assert_int_equal(batch.result, 0);
    return batch.answers[0];
}

void test_forget_number(test_stage *s, int number)
{
    cd_identity owner = owner_of(number);
    dd_claim_forget(s->store, &owner);
}

void test_answers_equal(const struct cd_answer *a, const struct cd_answer *b)
{
    assert_in_range(a->json_length, 1, sizeof a->json);
    if (a->json_length != b->json_length || memcmp(a->json, b->json, a->json_length) != 0)
        fail_msg("%.*s\nis not\n%.*s", (int)a->json_length, a->json, (int)b->json_length, b->json);
    assert_int_equal(a->verdict, b->verdict);
    assert_int_equal(a->detail_length, b->detail_length);
    assert_memory_equal(a->detail, b->detail, a->detail_length);
}

int test_shared_open(test_stage *s, test_options *options, const char *url, const char *folder, const test_option *more)
{
    const test_option first[] = {{"store", "redis"}, {"url", url}};
    unsigned count = 2;
    memcpy(options->list, first, sizeof first);
    for (; more != NULL && more->name != NULL; more++)
        options->list[count++] = *more;
    options->list[count] = (test_option){NULL, NULL};
    return test_stage_open(s, options->list, folder);
}
