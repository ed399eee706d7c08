/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_kill.c: a store that is killed in the midst of its work, again and again.
 *
 * A child claims one article after the other, in batches of many sizes, and sends each answer through a pipe once it
 * has it. It is killed with SIGKILL, in batches, while sealing, while expiring. The next child starts over the same
 * folder, is given again what was not answered for sure and some of what was, and so on. In the end each article must
 * have had one answer, however often it was asked for, and the answers must be those of a store that nobody killed.
 *
 * Once it is killed at random times in a long life, many times over. And once in a short life before each of its system
 * calls in turn: between two of them nothing reaches a file, so that these are all the instants there are. Whether a
 * disk has it yet makes no difference to a process that dies, so the short life is in memory where it can be.
 *
 * And one that finds no room when a file has reached a size, for each of many sizes: a batch that fails is brought again.
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
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claim.h"
#include "dedupe_host.h"
#include "worker.h"

#define ARTICLES_MAX 1500
#define BATCH_MAX 40

/* What a store lives through: `articles`, of which one in `families` repeats another. After a kill up to `again_max` that
 * were answered come once more; they and a batch lie within the window, since what is older is decided afresh. */
typedef struct life {
    int articles, families, batch_max, again_max;
    int64_t apart_ms;
    test_option options[6];
} life;

static const life long_life = {
    1500, 400, BATCH_MAX, 60, 300000, {{"window", "2"}, {"segments", "4"}, {"segment_records", "100"}, {NULL, NULL}}};
/* Five segments of three articles, of which the first two expire. */
static const life short_life = {
    15, 4, 2, 3, 14400000, {{"window", "1"}, {"segments", "2"}, {"sync", "none"}, {NULL, NULL}}};

typedef struct told {
    int32_t number, length;
    char json[300];
} told;

static told answers[ARTICLES_MAX], unharmed[ARTICLES_MAX];

static uint32_t next(uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }

static int claim_some(test_stage *s, const life *l, int from, int count, told *out)
{
    static struct cd_article article;
    static struct cd_answer given[BATCH_MAX];
    static char blobs[BATCH_MAX][2048], text[20000];
    cd_claim claims[BATCH_MAX] = {0};
    for (int i = 0; i < count; i++) {
        char id[20];
        int number = from + i;
        snprintf(id, sizeof id, "n-%d", number);
        size_t length = test_words(text, sizeof text, (unsigned)(number * 13 % l->families), 90,
                                   (unsigned)(number / l->families * 13));
        article.text = (cd_str){text, length};
        article.id = cd_str_of(id);
        if (dd_worker_process(s->worker, &article) != CD_OK)
            _exit(3);
        memcpy(blobs[i], article.blob, article.blob_length);
        claims[i] =
            (cd_claim){{.topic = CD_LIT("raw"), .partition = 0, .offset = number, .timestamp_ms = number * l->apart_ms},
                       {blobs[i], article.blob_length},
                       &given[i]};
    }
    int rc = dd_claim_batch(s->store, claims, (size_t)count);
    if (rc != 0)
        return rc;
    for (int i = 0; i < count; i++) {
        out[i] = (told){.number = from + i, .length = (int32_t)given[i].json_length};
        memcpy(out[i].json, given[i].json, given[i].json_length);
    }
    return 0;
}

/* The child: from the first article that is not answered for sure, a few earlier ones once more. */
static void child(const char *folder, const life *l, int from, uint32_t random, int pipe)
{
    test_stage s;
    told some[BATCH_MAX];
    if (test_stage_open(&s, l->options, folder) != 0) {
        fprintf(stderr, "%s\n", s.stage.log);
        _exit(2);
    }
    int again = (int)(next(&random) >> 16) % (l->again_max + 1);
    from = from > again ? from - again : 0;
    while (from < l->articles) {
        int count = 1 + (int)(next(&random) >> 16) % l->batch_max;
        count = count < l->articles - from ? count : l->articles - from;
        if (claim_some(&s, l, from, count, some) != 0)
            _exit(4);
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
        assert_in_range(one.number, 0, ARTICLES_MAX - 1);
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

/* How long a child lives. */
typedef struct span {
    int microseconds; /* if no `calls` */
    int calls;        /* killed before the one of this number; 0: it lives to the end */
} span;

/* Lets it run until it is about to make its call number `calls`. 0 if it has not so many. */
static int run_for(pid_t pid, int calls)
{
    int status, entries = 0, inside = 0;
    for (int number = 0;;) {
        if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
            return 0;
        if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
            inside = !inside;
            entries += inside;
            if (entries == calls)
                return 1;
            number = 0;
        } else {
            number = WSTOPSIG(status) == SIGSTOP ? 0 : WSTOPSIG(status);
            assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
        }
        assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, (uintptr_t)number), 0);
    }
}

static pid_t child_start(const char *folder, const life *l, int answered, uint32_t seed, const int ends[2], int traced)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (traced && (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0))
            _exit(6);
        child(folder, l, answered, seed, ends[1]);
    }
    assert_true(pid > 0);
    close(ends[1]);
    return pid;
}

/* One child's life. Gives the number of the first article that is not answered for sure; counts it if it was killed. */
static int live_and_die(const char *folder, const life *l, int answered, uint32_t seed, span lives, int *kills)
{
    int ends[2], status = 0, dies = 1;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = child_start(folder, l, answered, seed, ends, lives.calls > 0);
    if (lives.calls > 0)
        dies = run_for(pid, lives.calls);
    else if (lives.microseconds > 0)
        usleep((unsigned)lives.microseconds);
    else
        dies = 0;
    if (dies)
        kill(pid, SIGKILL);
    answered = listen(ends[0], answered);
    close(ends[0]);
    if (dies || lives.calls == 0)
        assert_int_equal(waitpid(pid, &status, 0), pid);
    if (dies && WIFSIGNALED(status))
        ++*kills;
    else
        assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
    return answered;
}

static void live_unharmed(const life *l)
{
    char calm[200];
    test_stage s;
    test_folder_make(calm, sizeof calm);
    assert_int_equal(test_stage_open(&s, l->options, calm), 0);
    for (int i = 0, count; i < l->articles; i += count) {
        count = l->articles - i < 20 ? l->articles - i : 20;
        assert_int_equal(claim_some(&s, l, i, count, unharmed + i), 0);
    }
    test_stage_close(&s);
    test_folder_remove(calm);
}

static void assert_unharmed(const life *l)
{
    int copies = 0;
    for (int i = 0; i < l->articles; i++) {
        if (answers[i].length != unharmed[i].length ||
            memcmp(answers[i].json, unharmed[i].json, (size_t)answers[i].length) != 0)
            fail_msg("article %d: %.*s, unharmed %.*s", i, answers[i].length, answers[i].json, unharmed[i].length,
                     unharmed[i].json);
        copies += strncmp(answers[i].json, "{\"relation\":\"none\"", 18) != 0;
    }
    assert_true(copies > l->articles / 15); /* or the test tests nothing */
}

static void killed_again_and_again(void **state)
{
    (void)state;
    char folder[200];
    uint32_t random = 20260101;
    int kills = 0;
    memset(answers, 0, sizeof answers);
    test_folder_make(folder, sizeof folder);
    for (int answered = 0; answered < long_life.articles;) {
        uint32_t seed = next(&random);
        span lives = {500 + (int)((next(&random) >> 16) % 9000), 0};
        answered = live_and_die(folder, &long_life, answered, seed, lives, &kills);
        assert_in_range(kills, 0, 20000);
    }
    assert_true(kills >= 3);
    live_unharmed(&long_life);
    assert_unharmed(&long_life);
    test_folder_remove(folder);
}

static void killed_before_each_system_call(void **state)
{
    (void)state;
    char folder[200];
    int kills = 0, calls = 0;
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
    live_unharmed(&short_life);
    do {
        memset(answers, 0, sizeof answers);
        test_folder_make(folder, sizeof folder);
        int answered = live_and_die(folder, &short_life, 0, 7, (span){0, ++calls}, &kills);
        if (answered < short_life.articles)
            live_and_die(folder, &short_life, answered, 8, (span){0, 0}, &kills);
        assert_unharmed(&short_life);
        assert_int_equal(test_folder_count(folder, ".new"), 0);
        assert_in_range(test_folder_count(folder, ".mdb"), 3, 4); /* of five: the second may go a segment later */
        test_folder_remove(folder);
    } while (kills == calls);
    assert_true(kills > 150);
    print_message("%d system calls, a kill before each\n", kills);
}

/* A life in which no file grows beyond `size` bytes; there is room again after a batch has failed twice. Gives the number
 * of batches that failed. */
static int live_in(const char *folder, const life *l, unsigned size)
{
    struct rlimit roomy, narrow;
    test_stage s;
    int failed = 0;
    getrlimit(RLIMIT_FSIZE, &roomy);
    narrow = (struct rlimit){size, roomy.rlim_max};
    assert_int_equal(test_stage_open(&s, l->options, folder), 0);
    for (int i = 0, count; i < l->articles; i += count) {
        count = l->articles - i < l->batch_max ? l->articles - i : l->batch_max;
        setrlimit(RLIMIT_FSIZE, &narrow);
        int rc = claim_some(&s, l, i, count, answers + i);
        failed += rc != 0;
        if (rc != 0)
            rc = claim_some(&s, l, i, count, answers + i);
        setrlimit(RLIMIT_FSIZE, &roomy);
        if (rc != 0)
            rc = claim_some(&s, l, i, count, answers + i);
        assert_int_equal(rc, 0);
    }
    test_stage_close(&s);
    return failed;
}

static void full_at_every_size(void **state)
{
    (void)state;
    char folder[200];
    int failed = 0, last = 1;
    signal(SIGXFSZ, SIG_IGN);
    live_unharmed(&short_life);
    for (unsigned size = 4096; last > 0; size += 3072) {
        memset(answers, 0, sizeof answers);
        test_folder_make(folder, sizeof folder);
        failed += last = live_in(folder, &short_life, size);
        assert_unharmed(&short_life);
        test_folder_remove(folder);
        assert_in_range(size, 0, 1 << 20);
    }
    assert_true(failed > 20);
    print_message("%d batches that found no room\n", failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_again_and_again),
                                       cmocka_unit_test(killed_before_each_system_call),
                                       cmocka_unit_test(full_at_every_size)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
