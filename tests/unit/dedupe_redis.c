/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_redis.c: a store that several machines share decides as a store of one machine does, whoever of them is
 * asked, and gives its answers again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "claim.h"
#include "dedupe_redis_server.h"
#include "dedupe_redis_stream.h"

#define ARTICLES 2500

static char base[200];
static test_redis redis;

static int setup(void **state)
{
    (void)state;
    test_folder_make(base, sizeof base);
    test_redis_start(&redis, NULL);
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

static const char *folder_of(const char *name)
{
    static char path[4][300];
    static unsigned turn;
    char *out = path[turn++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", base, name);
    mkdir(out, 0700);
    return out;
}

static const test_option small[] = {{"window", "2"},
                                    {"segments", "4"},
                                    {"segment_records", "100"},
                                    {"on_near", "drop"},
                                    {"on_contained", "route:briefs"},
                                    {NULL, NULL}};

/* ---- the same decisions ---- */

/* The next batch of a random stream: new articles in order, and some that come again. */
static int next_batch(uint32_t *random, int *at, int *numbers)
{
    int count = 1 + (int)(test_next(random) >> 16) % STREAM_BATCH_MAX;
    if ((test_next(random) >> 16) % 3 == 0)
        count = 1 + count % 4;
    for (int i = 0; i < count; i++) {
        int again = *at > 50 && (test_next(random) >> 16) % 8 == 0;
        numbers[i] = again ? *at - 1 - (int)(test_next(random) >> 16) % 50 : (*at)++;
    }
    return count;
}

typedef struct tally {
    unsigned relations[3]; /* none, copies, dropped */
} tally;

static void tally_add(tally *t, const test_batch *batch)
{
    for (int i = 0; i < batch->count; i++) {
        const char *relation = test_member(&batch->answers[i], "relation");
        t->relations[strcmp(relation, "none") == 0 ? 0 : 1]++;
        t->relations[2] += batch->answers[i].verdict == CD_DROP;
    }
}

static void same_batch(test_stage *alone, test_stage *shared, const int *numbers, int count, tally *t)
{
    static test_batch want, got;
    test_claim_numbers(alone, numbers, count, &want);
    test_claim_numbers(shared, numbers, count, &got);
    assert_int_equal(want.result, 0);
    assert_int_equal(got.result, 0);
    for (int i = 0; i < count; i++)
        test_answers_equal(&want.answers[i], &got.answers[i]);
    tally_add(t, &want);
}

static void tally_must_tell_something(const tally *t)
{
    assert_in_range(t->relations[0], ARTICLES / 10, ARTICLES * 2);
    assert_in_range(t->relations[1], ARTICLES / 4, ARTICLES * 2);
    assert_in_range(t->relations[2], ARTICLES / 20, ARTICLES * 2);
}

/* `machines` take turns, in no order; now and then one of them starts anew, and now and then over an empty folder. */
static void compare_with_one_machine(int machines, uint32_t seed)
{
    static const char *const names[] = {"m0", "m1", "m2"};
    static test_options options[3];
    test_option lmdb[10] = {{"store", "lmdb"}};
    test_stage alone, shared[3];
    int numbers[STREAM_BATCH_MAX];
    tally t = {{0}};
    char command[400];
    memcpy(lmdb + 1, small, sizeof small);
    assert_int_equal(test_stage_open(&alone, lmdb, folder_of("alone")), 0);
    for (int i = 0; i < machines; i++)
        assert_int_equal(test_shared_open(&shared[i], &options[i], redis.url, folder_of(names[i]), small), 0);
    for (int at = 0; at < ARTICLES;) {
        int machine = (int)(test_next(&seed) >> 16) % machines, count = next_batch(&seed, &at, numbers);
        same_batch(&alone, &shared[machine], numbers, count, &t);
        if (test_next(&seed) >> 16 & 1) {
            int gone = numbers[(test_next(&seed) >> 16) % (unsigned)count];
            test_forget_number(&alone, gone);
            test_forget_number(&shared[(test_next(&seed) >> 16) % (unsigned)machines], gone);
        }
        uint32_t dice = (test_next(&seed) >> 16) % 40;
        if (dice < 3) {
            test_stage_close(&shared[machine]);
            snprintf(command, sizeof command, "rm -rf -- '%s'", folder_of(names[machine]));
            assert_true(dice > 0 || system(command) == 0);
            assert_int_equal(
                test_shared_open(&shared[machine], &options[machine], redis.url, folder_of(names[machine]), small), 0);
        }
        if (dice == 5)
            assert_in_range(test_redis_ask(&redis, "SCRIPT FLUSH", NULL, 0), 0, 10);
    }
    tally_must_tell_something(&t);
    for (int i = 0; i < machines; i++)
        test_stage_close(&shared[i]);
    test_stage_close(&alone);
}

static void decides_as_one_machine_does(void **state)
{
    (void)state;
    compare_with_one_machine(1, 4711);
}

static void machines_that_take_turns_are_one(void **state)
{
    (void)state;
    compare_with_one_machine(2, 815);
    assert_in_range(test_redis_ask(&redis, "FLUSHALL", NULL, 0), 0, 10);
    char command[300];
    snprintf(command, sizeof command, "rm -rf -- '%s'/*", base);
    assert_int_equal(system(command), 0);
    compare_with_one_machine(3, 99);
}

/* ---- memory ---- */

/* All that is in the server has an end, and what is out of the window is given back. */
static void what_is_out_of_sight_goes(void **state)
{
    (void)state;
    static test_options options;
    test_stage s;
    assert_int_equal(test_shared_open(&s, &options, redis.url, folder_of("m"), small), 0);
    for (int i = 0; i < ARTICLES; i++) {
        test_claim_number(&s, i);
        if (i % 500 == 99)
            test_forget_number(&s, i);
    }
    long long oldest, newest;
    char text[60];
    test_redis_ask(&redis, "HGET {copydesk}:head oldest", text, sizeof text);
    oldest = atoi(text);
    test_redis_ask(&redis, "HGET {copydesk}:head newest", text, sizeof text);
    newest = atoi(text);
    assert_in_range(newest, 17, 40);         /* 2,500 articles of some 8.7 days, a segment at most half a day */
    assert_in_range(newest - oldest, 3, 12); /* two days of them, and the one that is given back at the next end */
    long long keys = test_redis_ask(&redis, "DBSIZE", NULL, 0);
    assert_in_range(keys, newest - oldest + 2, 2 * (newest - oldest + 1) + 1);
    assert_int_equal(test_redis_ask(&redis, "KEYS {copydesk}:*", NULL, 0), keys);
    for (long long i = oldest; i <= newest; i++) {
        char line[80];
        snprintf(line, sizeof line, "TTL {copydesk}:records:%lld", i);
        assert_in_range(test_redis_ask(&redis, line, NULL, 0), 2 * 86400, 4 * 86400);
    }
    assert_in_range(test_redis_ask(&redis, "TTL {copydesk}:head", NULL, 0), 2 * 86400, 4 * 86400);
    test_stage_close(&s);
}

/* A feed that rested: the oldest lists reached their end by the wall clock, and who joins finds none of them. */
static void lists_that_expired(void **state)
{
    (void)state;
    static test_options options[2];
    test_stage s, other;
    char text[60], line[80];
    assert_int_equal(test_shared_open(&s, &options[0], redis.url, folder_of("m"), small), 0);
    for (int i = 0; i < 900; i++)
        test_claim_number(&s, i);
    test_redis_ask(&redis, "HGET {copydesk}:head oldest", text, sizeof text);
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "DEL {copydesk}:records:%d", atoi(text) + i);
        assert_int_equal(test_redis_ask(&redis, line, NULL, 0), 1);
    }
    struct cd_answer before = test_claim_number(&s, 890), after;
    assert_int_equal(test_shared_open(&other, &options[1], redis.url, folder_of("n"), small), 0);
    after = test_claim_number(&other, 890);
    test_answers_equal(&before, &after);
    before = test_claim_number(&other, 900);
    after = test_claim_number(&s, 900);
    test_answers_equal(&before, &after);
    test_stage_close(&other);
    test_stage_close(&s);
}

/* A server whose memory may forget single keys is said so. */
static void eviction_is_warned_of(void **state)
{
    (void)state;
    static test_options options;
    test_stage s;
    assert_in_range(test_redis_ask(&redis, "CONFIG SET maxmemory-policy allkeys-lru", NULL, 0), 0, 10);
    assert_int_equal(test_shared_open(&s, &options, redis.url, folder_of("m"), small), 0);
    assert_non_null(strstr(s.stage.log, "allkeys-lru"));
    assert_non_null(strstr(s.stage.log, "noeviction"));
    test_stage_close(&s);
    assert_in_range(test_redis_ask(&redis, "CONFIG SET maxmemory-policy noeviction", NULL, 0), 0, 10);
    assert_int_equal(test_shared_open(&s, &options, redis.url, folder_of("m"), small), 0);
    assert_string_equal(s.stage.log, "");
    test_stage_close(&s);
}

/* Two prefixes are two memories, in one server. */
static void prefixes_are_apart(void **state)
{
    (void)state;
    static test_options options[2];
    const test_option other[] = {{"prefix", "wires"}, {NULL, NULL}};
    test_stage a, b;
    assert_int_equal(test_shared_open(&a, &options[0], redis.url, folder_of("a"), NULL), 0);
    assert_int_equal(test_shared_open(&b, &options[1], redis.url, folder_of("b"), other), 0);
    struct cd_answer first = test_claim_number(&a, 1), second = test_claim_number(&b, 1);
    test_answers_equal(&first, &second);
    assert_string_equal(test_member(&second, "relation"), "none");
    test_stage_close(&a);
    test_stage_close(&b);
}

/* ---- refusals ---- */

static void another_version_is_refused(void **state)
{
    (void)state;
    static test_options options;
    test_stage s;
    assert_int_equal(test_shared_open(&s, &options, redis.url, folder_of("m"), NULL), 0);
    test_claim_number(&s, 1);
    assert_int_equal(test_redis_ask(&redis, "HSET {copydesk}:head format copydesk/99", NULL, 0), 0);
    test_batch batch;
    test_claim_numbers(&s, &(int){2}, 1, &batch);
    assert_int_equal(batch.result, -EPROTO); /* it waits, and says so: nothing passes, nothing is mixed */
    assert_int_equal(batch.answers[0].answered, 0);
    test_stage_close(&s);
    assert_int_equal(test_shared_open(&s, &options, redis.url, folder_of("m"), NULL), -EPROTO);
    assert_non_null(strstr(s.stage.log, "copydesk/99"));
    assert_int_equal(test_redis_ask(&redis, "LLEN {copydesk}:records:1", NULL, 0), 1);
}

static void passwords(void **state)
{
    (void)state;
    static test_options options;
    const test_option wrong[] = {{"password", "abracadabra"}, {NULL, NULL}},
                      right[] = {{"password", "${DOOR}"}, {NULL, NULL}};
    test_stage s;
    char url[80];
    setenv("DOOR", "sesame", 1);
    assert_in_range(test_redis_ask(&redis, "CONFIG SET requirepass sesame", NULL, 0), 0, 10);
    assert_int_equal(test_shared_open(&s, &options, redis.url, folder_of("m"), NULL), -EACCES);
    assert_int_equal(test_shared_open(&s, &options, redis.url, folder_of("m"), wrong), -EACCES);
    assert_null(strstr(s.stage.log, "abracadabra"));
    assert_int_equal(test_shared_open(&s, &options, redis.url, folder_of("m"), right), 0);
    struct cd_answer a = test_claim_number(&s, 1);
    assert_string_equal(test_member(&a, "relation"), "none");
    test_stage_close(&s);
    snprintf(url, sizeof url, "redis://default@127.0.0.1:%d/5", redis.port);
    assert_int_equal(test_shared_open(&s, &options, url, folder_of("n"), right), 0);
    a = test_claim_number(&s, 1);
    assert_string_equal(test_member(&a, "relation"), "none");
    test_stage_close(&s);
    snprintf(url, sizeof url, "redis://nobody@127.0.0.1:%d", redis.port);
    assert_int_equal(test_shared_open(&s, &options, url, folder_of("m"), right), -EACCES);
}

static void options_that_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {{"url", "cache:6379"}, {"url", "redis://a:b@c"},
                                         {"prefix", ""},        {"prefix", "a}b"},
                                         {"prefix", "a b"},     {"password", "${NOBODY_SET_THIS}"}};
    unsetenv("NOBODY_SET_THIS");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const test_option options[] = {{bad[i][0], bad[i][1]}, {"store", "redis"}, {NULL, NULL}};
        test_stage s;
        assert_int_equal(test_stage_open(&s, options, folder_of("m")), -EINVAL);
        assert_string_not_equal(s.stage.log, "");
    }
}

/* What the log holds was written by somebody else: no record, then it is no log. */
static void damage_is_no_crash(void **state)
{
    (void)state;
    static test_options options[2];
    test_stage a, b;
    assert_int_equal(test_shared_open(&a, &options[0], redis.url, folder_of("a"), NULL), 0);
    test_claim_number(&a, 1);
    assert_int_equal(test_redis_ask(&redis, "RPUSH {copydesk}:records:1 garbage", NULL, 0), 2);
    struct cd_answer answer = test_claim_number(&a, 2);
    assert_string_equal(test_member(&answer, "relation"), "unknown");
    assert_non_null(strstr(a.stage.log, "damaged"));
    assert_int_equal(test_shared_open(&b, &options[1], redis.url, folder_of("b"), NULL), 0);
    answer = test_claim_number(&b, 1);
    assert_string_equal(test_member(&answer, "relation"), "unknown");
    test_stage_close(&a);
    test_stage_close(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(decides_as_one_machine_does),
        TEST(machines_that_take_turns_are_one),
        TEST(what_is_out_of_sight_goes),
        TEST(lists_that_expired),
        TEST(eviction_is_warned_of),
        TEST(prefixes_are_apart),
        TEST(another_version_is_refused),
        TEST(passwords),
        TEST(options_that_are_refused),
        TEST(damage_is_no_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
