/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_redis_race.c: two machines with a shared store and the same article at the same time, ten thousand times:
 * one of them has the original, the other a copy of it, each time.
 *
 * Both are processes of their own. A barrier in shared memory lets them claim each row of articles at the same instant;
 * the answers come back through shared memory as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <copydesk/sdk.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claim.h"
#include "dedupe_redis_server.h"
#include "dedupe_redis_stream.h"
#include "worker.h"

#define MACHINES 2
#define ROUNDS 2500
#define ROW 4 /* articles a round */
#define ARTICLES (ROUNDS * ROW)

typedef struct said {
    char relation[12], cluster[24];
    int32_t verdict;
} said;

typedef struct meeting {
    pthread_barrier_t start;
    said answers[MACHINES][ARTICLES];
} meeting;

static const test_option drops[] = {
    {"on_exact", "drop"}, {"segment_records", "6000"}, {"timeout", "5000"}, {NULL, NULL}};

/* One round: the same texts on each machine, under owners and ids of its own. */
static void claim_round(test_stage *s, meeting *m, int machine, int round)
{
    static struct cd_article article;
    static struct cd_answer answers[ROW];
    static char blobs[ROW][2048], text[8000];
    cd_claim claims[ROW] = {0};
    for (int i = 0; i < ROW; i++) {
        int number = round * ROW + i;
        char id[24];
        snprintf(id, sizeof id, "m%d-%d", machine, number);
        article.text = (cd_str){text, test_words(text, sizeof text, (unsigned)number * 3, 100, 0)};
        article.id = cd_str_of(id);
        if (dd_worker_process(s->worker, &article) != CD_OK)
            _exit(3);
        memcpy(blobs[i], article.blob, article.blob_length);
        claims[i] = (cd_claim){{.topic = CD_LIT("raw"), .partition = machine, .offset = number, .timestamp_ms = number},
                               {blobs[i], article.blob_length},
                               &answers[i]};
    }
    pthread_barrier_wait(&m->start);
    if (dd_claim_batch(s->store, claims, ROW) != 0)
        _exit(4);
    for (int i = 0; i < ROW; i++) {
        said *out = &m->answers[machine][round * ROW + i];
        snprintf(out->relation, sizeof out->relation, "%s", test_member(&answers[i], "relation"));
        snprintf(out->cluster, sizeof out->cluster, "%s", test_member(&answers[i], "cluster"));
        out->verdict = answers[i].verdict;
    }
}

static void machine_run(meeting *m, int machine, const char *url, const char *base)
{
    static test_options options;
    test_stage s;
    char folder[300];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(folder, sizeof folder, "%s/m%d", base, machine);
    mkdir(folder, 0700);
    if (test_shared_open(&s, &options, url, folder, drops) != 0) {
        fprintf(stderr, "%s\n", s.stage.log);
        _exit(2);
    }
    for (int round = 0; round < ROUNDS; round++)
        claim_round(&s, m, machine, round);
    test_stage_close(&s);
    _exit(0);
}

static void one_original_each_time(void **state)
{
    (void)state;
    test_redis redis;
    char base[200], command[300];
    meeting *m = mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(m != MAP_FAILED);
    pthread_barrierattr_t attributes;
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    assert_int_equal(pthread_barrier_init(&m->start, &attributes, MACHINES), 0);
    test_folder_make(base, sizeof base);
    test_redis_start(&redis, NULL);
    for (int i = 0; i < MACHINES; i++)
        if (fork() == 0)
            machine_run(m, i, redis.url, base);
    for (int i = 0; i < MACHINES; i++) { /* if one fails the other waits for it in vain, and ends with us */
        int status;
        assert_true(waitpid(-1, &status, 0) > 0);
        assert_int_equal(status, 0);
    }
    unsigned first[MACHINES] = {0};
    for (int i = 0; i < ARTICLES; i++) {
        const said *a = &m->answers[0][i], *b = &m->answers[1][i];
        int winner = strcmp(a->relation, "none") == 0 ? 0 : 1;
        char own[24];
        snprintf(own, sizeof own, "m%d-%d", winner, i);
        first[winner]++;
        assert_string_equal(m->answers[winner][i].relation, "none");
        assert_string_equal(m->answers[!winner][i].relation, "exact");
        assert_string_equal(a->cluster, own);
        assert_string_equal(b->cluster, own);
        assert_int_equal(m->answers[winner][i].verdict, CD_OK);
        assert_int_equal(m->answers[!winner][i].verdict, CD_DROP);
    }
    assert_true(first[0] > ARTICLES / 100 && first[1] > ARTICLES / 100); /* or they did not meet */
    test_redis_end(&redis);
    snprintf(command, sizeof command, "rm -rf -- '%s'", base);
    assert_int_equal(system(command), 0);
    munmap(m, sizeof *m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_original_each_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
