/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_redis_faults.c: a shared store whose server is gone, killed, frozen, full, read-only, or has lost its
 * memory: what is answered meanwhile, how long that takes, and what is known afterwards. Nothing is ever dropped
 * unchecked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <copydesk/sdk.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "claim.h"
#include "dedupe_redis_server.h"
#include "dedupe_redis_stream.h"

#define TIMEOUT_MS 100

static char base[200];
static test_redis redis;
static const char *const durable[] = {"--appendonly", "yes", "--appendfsync", "always", NULL};
static const test_option drops[] = {{"on_exact", "drop"},     {"on_near", "drop"}, {"on_contains", "drop"},
                                    {"on_contained", "drop"}, {"timeout", "100"},  {NULL, NULL}};

static int setup(void **state)
{
    (void)state;
    test_folder_make(base, sizeof base);
    test_redis_start(&redis, durable);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf -- '%s'", base);
    test_redis_end(&redis);
    return system(command);
}

static void machine_open(test_stage *s, const char *name)
{
    static test_options options[8];
    static unsigned turn;
    char path[300];
    snprintf(path, sizeof path, "%s/%s", base, name);
    mkdir(path, 0700);
    assert_int_equal(test_shared_open(s, &options[turn++ % 8], redis.url, path, drops), 0);
}

static void assert_relation(const struct cd_answer *a, const char *relation, int32_t verdict)
{
    assert_string_equal(test_member(a, "relation"), relation);
    assert_int_equal(a->verdict, verdict);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- numbers of articles with a known fate ---- */

static int originals[20], copies[20]; /* copies[i] is a word-for-word copy of originals[i], and near to nothing else */

/* Of the stream's articles, by asking a store in memory about pairs. */
static void find_pairs(void)
{
    const test_option options[] = {{"store", "memory"}, {NULL, NULL}};
    test_stage s;
    int found = 0, seen[1200] = {0};
    assert_int_equal(test_stage_open(&s, options, base), 0);
    for (int i = 0; i < 1200 && found < 20; i++) {
        struct cd_answer a = test_claim_number(&s, i);
        const char *relation = test_member(&a, "relation");
        int of = strcmp(relation, "exact") == 0 ? atoi(test_member(&a, "offset")) : -1;
        if (of >= 0 && seen[of] == 1) {
            originals[found] = of;
            copies[found++] = i;
            seen[of] = 2;
        } else {
            seen[i] = strcmp(relation, "none") == 0;
        }
    }
    test_stage_close(&s);
    assert_int_equal(found, 20);
}

/* Until an article is checked again. Each try passes one article, numbers from `fresh` on; how many. */
static int wait_until_back(test_stage *s, int fresh)
{
    double end = now() + 60;
    for (int tries = 0;; tries++) {
        struct cd_answer a = test_claim_number(s, fresh + tries);
        if (strcmp(test_member(&a, "relation"), "unknown") != 0)
            return tries;
        assert_true(now() < end);
        usleep(20000);
    }
}

/* Articles of later days, and of no family that the pairs have. */
#define FRESH 1300

/* What every absence has in common: before it copies are dropped; in it new articles pass as unknown and are told so
 * again, known ones are answered as before; after it the copies of what passed are found, and all answers stand. */
typedef void act(void);

static void absence(act *go, act *come)
{
    test_stage s;
    struct cd_answer a, before, passed[4];
    machine_open(&s, "m");
    a = test_claim_number(&s, originals[0]);
    assert_relation(&a, "none", CD_OK);
    before = test_claim_number(&s, copies[0]);
    assert_relation(&before, "exact", CD_DROP);
    go();
    double start = now();
    for (int i = 0; i < 4; i++) {
        passed[i] =
            test_claim_number(&s, i < 2 ? originals[1 + i] : copies[i - 2]); /* copies[0] is known, [1] is new */
        if (i != 2)
            assert_relation(&passed[i], "unknown", CD_OK);
    }
    test_answers_equal(&before, &passed[2]);
    assert_true(now() - start < 3.0 * TIMEOUT_MS / 1000 + 1);
    assert_non_null(strstr(s.stage.log, "away"));
    for (int i = 0; i < 200; i++) { /* an open breaker makes nobody wait */
        a = test_claim_number(&s, originals[1]);
        test_answers_equal(&passed[0], &a);
    }
    come();
    wait_until_back(&s, FRESH);
    assert_non_null(strstr(s.stage.log, "back"));
    a = test_claim_number(&s, copies[2]);
    assert_relation(&a, "exact", CD_DROP); /* of what passed: it is in print */
    char own[20];
    snprintf(own, sizeof own, "n-%d", originals[2]);
    assert_string_equal(test_member(&a, "id"), own);
    for (int i = 0; i < 4; i++) {
        a = test_claim_number(&s, i < 2 ? originals[1 + i] : copies[i - 2]);
        test_answers_equal(&passed[i], &a);
    }
    test_stage other; /* and every machine says the same */
    machine_open(&other, "other");
    for (int i = 0; i < 4; i++) {
        a = test_claim_number(&other, i < 2 ? originals[1 + i] : copies[i - 2]);
        test_answers_equal(&passed[i], &a);
    }
    test_stage_close(&other);
    test_stage_close(&s);
}

static void go_killed(void) { test_redis_signal(&redis, SIGKILL); }
static void come_again(void) { test_redis_again(&redis, durable); }
static void go_frozen(void) { test_redis_signal(&redis, SIGSTOP); }
static void come_thawed(void) { test_redis_signal(&redis, SIGCONT); }

static void killed(void **state)
{
    (void)state;
    absence(go_killed, come_again);
}

static void frozen(void **state)
{
    (void)state;
    absence(go_frozen, come_thawed);
}

static void go_full(void) { assert_in_range(test_redis_ask(&redis, "CONFIG SET maxmemory 1", NULL, 0), 0, 10); }

static void come_roomy(void) { assert_in_range(test_redis_ask(&redis, "CONFIG SET maxmemory 0", NULL, 0), 0, 10); }

static void full(void **state)
{
    (void)state;
    absence(go_full, come_roomy);
}

static test_redis primary;

static void go_read_only(void)
{
    char line[80];
    snprintf(line, sizeof line, "REPLICAOF 127.0.0.1 %d", primary.port);
    assert_in_range(test_redis_ask(&redis, line, NULL, 0), 0, 40);
}

static void come_writable(void) { assert_in_range(test_redis_ask(&redis, "REPLICAOF NO ONE", NULL, 0), 0, 40); }

/* The server became the replica of one that does not answer: it has what it had, and takes nothing. */
static void read_only(void **state)
{
    (void)state;
    test_redis_start(&primary, NULL);
    test_redis_signal(&primary, SIGSTOP);
    absence(go_read_only, come_writable);
    test_redis_end(&primary);
}

/* The primary was empty: so is the server, when it is free again, and the copy fills it. */
static void come_writable_and_empty(void)
{
    while (test_redis_ask(&redis, "DBSIZE", NULL, 0) != 0)
        usleep(10000);
    come_writable();
}

static void read_only_and_emptied(void **state)
{
    (void)state;
    test_redis_start(&primary, NULL);
    absence(go_read_only, come_writable_and_empty);
    test_redis_end(&primary);
}

static void come_without_memory(void)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf -- '%s'/appendonlydir", redis.folder);
    assert_int_equal(system(command), 0);
    test_redis_again(&redis, durable);
}

static void killed_and_emptied(void **state)
{
    (void)state;
    absence(go_killed, come_without_memory);
}

/* ---- short ones ---- */

/* A connection that somebody cut while it was idle costs nothing. */
static void cut_off(void **state)
{
    (void)state;
    test_stage s;
    machine_open(&s, "m");
    test_claim_number(&s, originals[0]);
    for (int i = 1; i < 20; i++) {
        assert_in_range(test_redis_ask(&redis, "CLIENT KILL TYPE normal", NULL, 0), 1, 5);
        struct cd_answer a = test_claim_number(&s, originals[i]);
        assert_relation(&a, "none", CD_OK);
    }
    assert_string_equal(s.stage.log, "");
    test_stage_close(&s);
}

/* A server whose answer comes byte by byte: each read succeeds, and the call still has an end. */
static void dribble(int listener)
{
    char heard[4096];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; close(fd)) {
        if (read(fd, heard, sizeof heard) <= 0)
            continue;
        while (write(fd, "+", 1) == 1)
            usleep(20000);
    }
    _exit(0);
}

static void dribbling(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int status, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 5), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    pid_t pid = fork();
    if (pid == 0)
        dribble(listener);
    char right[sizeof redis.url];
    memcpy(right, redis.url, sizeof right);
    snprintf(redis.url, sizeof redis.url, "redis://127.0.0.1:%d", ntohs(address.sin_port));
    test_stage s;
    double start = now();
    machine_open(&s, "m");
    struct cd_answer a = test_claim_number(&s, originals[0]);
    assert_relation(&a, "unknown", CD_OK);
    assert_true(now() - start < 6.0 * TIMEOUT_MS / 1000 + 1);
    assert_non_null(strstr(s.stage.log, "in time"));
    test_stage_close(&s);
    memcpy(redis.url, right, sizeof right);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(listener);
}

/* ---- a cluster ---- */

static void cluster_start(test_redis *node, const char *slots)
{
    char bus[8], line[80];
    test_redis port;
    test_redis_start(&port, NULL); /* two free ports, one of them for the cluster's own talk */
    snprintf(bus, sizeof bus, "%d", port.port);
    test_redis_end(&port);
    test_redis_start(node, (const char *const[]){"--cluster-enabled", "yes", "--cluster-port", bus, NULL});
    snprintf(line, sizeof line, "CLUSTER ADDSLOTSRANGE %s", slots);
    assert_in_range(test_redis_ask(node, line, NULL, 0), 0, 10);
    if (node != &redis) {
        snprintf(line, sizeof line, "CLUSTER MEET 127.0.0.1 %d %s", node->port, bus);
        assert_in_range(test_redis_ask(&redis, line, NULL, 0), 0, 10);
    }
}

static void cluster_wait(const test_redis *node)
{
    char info[2000] = "";
    double end = now() + 30;
    while (strstr(info, "cluster_state:ok") == NULL || strstr(info, "cluster_known_nodes:2") == NULL) {
        test_redis_ask(node, "CLUSTER INFO", info, sizeof info);
        assert_true(now() < end);
        usleep(20000);
    }
}

/* All keys of a prefix are in one slot; whichever node is named, the one that has it is found. */
static void cluster(void **state)
{
    (void)state;
    test_redis second, *nodes[] = {&redis, &second};
    test_redis_end(&redis);
    cluster_start(&redis, "0 8191");
    cluster_start(&second, "8192 16383");
    for (int i = 0; i < 2; i++)
        cluster_wait(nodes[i]);
    static const char *const words[] = {"none", "exact"};
    char first[sizeof redis.url];
    memcpy(first, redis.url, sizeof first);
    for (int i = 0; i < 2; i++) {
        test_stage s;
        memcpy(redis.url, nodes[i]->url, sizeof redis.url);
        machine_open(&s, i ? "b" : "a");
        struct cd_answer a = test_claim_number(&s, i ? copies[0] : originals[0]);
        assert_relation(&a, words[i], i ? CD_DROP : CD_OK);
        test_stage_close(&s);
    }
    memcpy(redis.url, first, sizeof first);
    assert_int_equal(test_redis_ask(&redis, "DBSIZE", NULL, 0) * test_redis_ask(&second, "DBSIZE", NULL, 0), 0);
    test_redis_end(&second);
}

/* ---- starting, being killed ---- */

/* Where the server is away at the start, the machine starts all the same. */
static void started_without_a_server(void **state)
{
    (void)state;
    test_stage s;
    test_redis_signal(&redis, SIGKILL);
    machine_open(&s, "m");
    struct cd_answer first = test_claim_number(&s, originals[0]), a;
    assert_relation(&first, "unknown", CD_OK);
    test_stage_close(&s); /* and is stopped before the server comes */
    machine_open(&s, "m");
    a = test_claim_number(&s, originals[0]);
    test_answers_equal(&first, &a);
    come_again();
    wait_until_back(&s, FRESH);
    a = test_claim_number(&s, originals[0]);
    test_answers_equal(&first, &a);
    a = test_claim_number(&s, copies[0]);
    assert_relation(&a, "exact", CD_DROP);
    test_stage_close(&s);
}

/* What passed and came to nothing does not enter the log. */
static void passed_and_forgotten(void **state)
{
    (void)state;
    test_stage s;
    test_redis_signal(&redis, SIGKILL);
    machine_open(&s, "m");
    struct cd_answer a = test_claim_number(&s, originals[0]);
    assert_relation(&a, "unknown", CD_OK);
    test_forget_number(&s, originals[0]);
    come_again();
    wait_until_back(&s, FRESH);
    a = test_claim_number(&s, copies[0]);
    assert_relation(&a, "none", CD_OK);
    test_stage_close(&s);
}

/* A forget that the server could not hear is told when it is back. */
static void forgotten_meanwhile(void **state)
{
    (void)state;
    test_stage s, other;
    machine_open(&s, "m");
    machine_open(&other, "other");
    test_claim_number(&s, originals[0]);
    test_redis_signal(&redis, SIGKILL);
    struct cd_answer a = test_claim_number(&s, originals[1]);
    assert_relation(&a, "unknown", CD_OK);
    test_forget_number(&s, originals[0]);
    test_stage_close(&s);
    machine_open(&s, "m"); /* the server is not back before the machine started anew */
    come_again();
    wait_until_back(&s, FRESH);
    wait_until_back(&other, FRESH + 1000);
    a = test_claim_number(&other, copies[0]);
    assert_relation(&a, "none", CD_OK);
    test_stage_close(&s);
    test_stage_close(&other);
}

/* Killed at any instant in an absence and after it, a machine says again what it said. */
static void killed_with_a_queue(void **state)
{
    (void)state;
    test_stage s;
    struct cd_answer given[300];
    test_redis_signal(&redis, SIGKILL);
    pid_t pid = fork(); /* fills the queue, and is not closed */
    if (pid == 0) {
        machine_open(&s, "m");
        for (int i = 0; i < 300; i++)
            test_claim_number(&s, i);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    machine_open(&s, "m");
    for (int i = 0; i < 300; i++) {
        given[i] = test_claim_number(&s, i);
        assert_relation(&given[i], "unknown", CD_OK);
    }
    test_stage_close(&s);
    come_again();
    for (int round = 0; round < 30; round++) {
        pid = fork();
        if (pid == 0) {
            test_batch batch;
            machine_open(&s, "m");
            test_claim_numbers(&s, &(int){FRESH + round}, 1, &batch);
            _exit(0);
        }
        usleep(300 + 200 * (useconds_t)round);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
    }
    machine_open(&s, "m");
    wait_until_back(&s, FRESH + 50);
    for (int i = 0; i < 300; i++) {
        struct cd_answer a = test_claim_number(&s, i);
        test_answers_equal(&given[i], &a);
    }
    test_stage_close(&s);
}

/* ---- two histories ---- */

/* The server lost all, and a new machine wrote first: that log counts, and the other machine follows it. */
static void the_log_is_right(void **state)
{
    (void)state;
    test_stage old, new;
    machine_open(&old, "old");
    test_claim_number(&old, originals[0]);
    test_claim_number(&old, originals[1]);
    assert_in_range(test_redis_ask(&redis, "FLUSHALL", NULL, 0), 0, 10);
    machine_open(&new, "new");
    struct cd_answer a = test_claim_number(&new, originals[2]);
    assert_relation(&a, "none", CD_OK);
    a = test_claim_number(&old, copies[2]);
    assert_relation(&a, "exact", CD_DROP);
    a = test_claim_number(&old, copies[1]); /* of what nobody knows any more */
    assert_relation(&a, "none", CD_OK);
    a = test_claim_number(&new, copies[1]);
    assert_relation(&a, "none", CD_OK);
    test_stage_close(&old);
    test_stage_close(&new);
}

/* The server lost its latest: the machine that has more puts it back, also what was forgotten. */
static void the_copy_puts_back(void **state)
{
    (void)state;
    test_stage s, other;
    struct cd_answer given[10], a;
    machine_open(&s, "m");
    for (int i = 0; i < 10; i++)
        given[i] = test_claim_number(&s, originals[i]);
    test_forget_number(&s, originals[3]);
    assert_in_range(test_redis_ask(&redis, "LTRIM {copydesk}:records:1 0 3", NULL, 0), 0, 10);
    assert_in_range(test_redis_ask(&redis, "DEL {copydesk}:forgotten:1", NULL, 0), 0, 10);
    a = test_claim_number(&s, copies[9]);
    assert_relation(&a, "exact", CD_DROP);
    machine_open(&other, "other");
    for (int i = 0; i < 10; i++) {
        if (i == 3)
            continue;
        a = test_claim_number(&other, originals[i]);
        test_answers_equal(&given[i], &a);
    }
    a = test_claim_number(&other, copies[3]);
    assert_relation(&a, "none", CD_OK);
    test_stage_close(&s);
    test_stage_close(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(killed),
        TEST(frozen),
        TEST(full),
        TEST(read_only),
        TEST(read_only_and_emptied),
        TEST(killed_and_emptied),
        TEST(cut_off),
        TEST(dribbling),
        TEST(cluster),
        TEST(started_without_a_server),
        TEST(passed_and_forgotten),
        TEST(forgotten_meanwhile),
        TEST(killed_with_a_queue),
        TEST(the_log_is_right),
        TEST(the_copy_puts_back),
    };
    test_folder_make(base, sizeof base);
    find_pairs();
    test_folder_remove(base);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
