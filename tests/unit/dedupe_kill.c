/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_kill.c: a store that is killed in the midst of its work, again and again.
 *
 * A child claims one article after the other, in batches of many sizes, and sends each answer through a pipe once it
 * has it. It is killed with SIGKILL after a random time, in batches, while sealing, while expiring. The next child
 * starts over the same folder, is given again what was not answered for sure and some of what was, and so on. In the
 * end each article must have had one answer, however often it was asked for, and the answers must be those of a store
 * that nobody killed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <copydesk/sdk.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claim.h"
#include "dedupe_host.h"
#include "worker.h"

#define ARTICLES 1500
#define BATCH_MAX 40

typedef struct told {
    int32_t number, length;
    char json[300];
} told;

static const test_option options[] = {{"window", "2"}, {"segments", "4"}, {"segment_records", "100"}, {NULL, NULL}};
static told answers[ARTICLES], unharmed[ARTICLES];

static uint32_t next(uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }

static void claim_some(test_stage *s, int from, int count, told *out)
{
    static struct cd_article article;
    static struct cd_answer given[BATCH_MAX];
    static char blobs[BATCH_MAX][2048], text[20000];
    cd_claim claims[BATCH_MAX] = {0};
    for (int i = 0; i < count; i++) {
        char id[20];
        int number = from + i;
        snprintf(id, sizeof id, "n-%d", number);
        size_t length = test_words(text, sizeof text, (unsigned)(number * 13 % 400), 90, (unsigned)(number / 400 * 13));
        article.text = (cd_str){text, length};
        article.id = cd_str_of(id);
        if (dd_worker_process(s->worker, &article) != CD_OK)
            _exit(3);
        memcpy(blobs[i], article.blob, article.blob_length);
        claims[i] =
            (cd_claim){{.topic = CD_LIT("raw"), .partition = 0, .offset = number, .timestamp_ms = number * 300000ll},
                       {blobs[i], article.blob_length},
                       &given[i]};
    }
    if (dd_claim_batch(s->store, claims, (size_t)count) != 0)
        _exit(4);
    for (int i = 0; i < count; i++) {
        out[i] = (told){.number = from + i, .length = (int32_t)given[i].json_length};
        memcpy(out[i].json, given[i].json, given[i].json_length);
    }
}

/* The child: from the first article that is not answered for sure, a few earlier ones once more. */
static void child(const char *folder, int from, uint32_t random, int pipe)
{
    test_stage s;
    told some[BATCH_MAX];
    if (test_stage_open(&s, options, folder) != 0) {
        fprintf(stderr, "%s\n", s.stage.log);
        _exit(2);
    }
    int again = (int)(next(&random) >> 16) % 60;
    from = from > again ? from - again : 0;
    while (from < ARTICLES) {
        int count = 1 + (int)(next(&random) >> 16) % BATCH_MAX;
        count = count < ARTICLES - from ? count : ARTICLES - from;
        claim_some(&s, from, count, some);
        if (write(pipe, some, (size_t)count * sizeof *some) < 0)
            _exit(5);
        from += count;
    }
    test_stage_close(&s);
    _exit(0);
}

/* Reads what the child told before it died. A torn tail was never told. */
static int listen(int pipe, int answered)
{
    told one;
    size_t have = 0;
    for (ssize_t n; (n = read(pipe, (char *)&one + have, sizeof one - have)) > 0;) {
        have += (size_t)n;
        if (have < sizeof one)
            continue;
        have = 0;
        assert_in_range(one.number, 0, ARTICLES - 1);
        told *known = &answers[one.number];
        if (known->length != 0) {
            assert_int_equal(known->length, one.length);
            assert_memory_equal(known->json, one.json, (size_t)one.length);
        }
        *known = one;
        if (one.number >= answered)
            answered = one.number + 1;
    }
    return answered;
}

/* One child's life. Gives the number of the first article that is not answered for sure. */
static int live_and_die(const char *folder, int answered, uint32_t *random, int *kills)
{
    int ends[2], status;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    uint32_t seed = next(random);
    pid_t pid = fork();
    if (pid == 0)
        child(folder, answered, seed, ends[1]);
    close(ends[1]);
    usleep(500 + (next(random) >> 16) % 9000);
    kill(pid, SIGKILL);
    answered = listen(ends[0], answered);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        ++*kills;
    else
        assert_int_equal(WEXITSTATUS(status), 0);
    return answered;
}

static void killed_again_and_again(void **state)
{
    (void)state;
    char folder[200], calm[200];
    uint32_t random = 20260101;
    int kills = 0;
    test_folder_make(folder, sizeof folder);
    for (int answered = 0; answered < ARTICLES;) {
        answered = live_and_die(folder, answered, &random, &kills);
        assert_in_range(kills, 0, 20000);
    }
    assert_true(kills >= 3);

    test_folder_make(calm, sizeof calm);
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, calm), 0);
    for (int i = 0; i < ARTICLES; i += 20)
        claim_some(&s, i, 20, unharmed + i);
    test_stage_close(&s);
    unsigned copies = 0;
    for (int i = 0; i < ARTICLES; i++) {
        assert_int_equal(answers[i].length, unharmed[i].length);
        assert_memory_equal(answers[i].json, unharmed[i].json, (size_t)answers[i].length);
        copies += strncmp(answers[i].json, "{\"relation\":\"none\"", 18) != 0;
    }
    assert_true(copies > 100); /* or the test tests nothing */
    test_folder_remove(folder);
    test_folder_remove(calm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_again_and_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
