/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_store.c: both halves together, over both kinds of store: what is answered, and what is remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <copydesk/sdk.h>
#include <errno.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claim.h"
#include "dedupe_host.h"
#include "worker.h"

#define DAY 86400000ll

static char folder[200];

static int setup(void **state)
{
    (void)state;
    test_folder_make(folder, sizeof folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_folder_remove(folder);
    return 0;
}

static struct cd_answer claim_words(test_stage *s, unsigned seed, unsigned words, unsigned change, int64_t offset,
                                    int64_t timestamp)
{
    static char text[40000];
    struct cd_answer answer;
    size_t length = test_words(text, sizeof text, seed, words, change);
    assert_int_equal(test_claim(s, (cd_str){text, length}, offset, timestamp, &answer), 0);
    assert_int_equal(answer.answered, 1);
    return answer;
}

static void assert_answer(const struct cd_answer *answer, const char *relation, const char *cluster)
{
    assert_string_equal(test_member(answer, "relation"), relation);
    assert_string_equal(test_member(answer, "cluster"), cluster);
}

static const char *const kinds[] = {"memory", "lmdb"};

/* ---- answers ---- */

static void relations(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        const test_option options[] = {{"store", kinds[k]}, {NULL, NULL}};
        test_stage s;
        assert_int_equal(test_stage_open(&s, options, folder), 0);
        struct cd_answer a = claim_words(&s, 1, 300, 0, 1, 0);
        assert_answer(&a, "none", "a-1");
        assert_string_equal(test_member(&a, "of"), "null");
        a = claim_words(&s, 1, 300, 0, 2, 0);
        assert_answer(&a, "exact", "a-1");
        a = claim_words(&s, 1, 300, 30, 3, 0);
        assert_answer(&a, "near", "a-1");
        assert_string_equal(test_member(&a, "offset"), "1");
        a = claim_words(&s, 1, 80, 0, 4, 0);
        assert_answer(&a, "contained", "a-1");
        a = claim_words(&s, 2, 300, 0, 5, 0);
        assert_answer(&a, "none", "a-5");
        a = claim_words(&s, 3, 80, 0, 6, 0);
        assert_answer(&a, "none", "a-6");
        a = claim_words(&s, 3, 400, 0, 7, 0);
        assert_answer(&a, "contains", "a-6");
        a = claim_words(&s, 1, 0, 0, 8, 0);
        assert_answer(&a, "unknown", "a-8");
        a = claim_words(&s, 1, 0, 0, 9, 0);
        assert_answer(&a, "unknown", "a-9");
        test_stage_close(&s);
    }
}

/* A copy of a copy joins the cluster of the original, and names it if it is like it, else the copy. */
static void copies_of_copies(void **state)
{
    (void)state;
    const test_option options[] = {{"store", "memory"}, {NULL, NULL}};
    static char text[20000], tail[10000];
    struct cd_answer a;
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    a = claim_words(&s, 1, 300, 0, 1, 0);
    size_t n = test_words(text, sizeof text, 1, 150, 0);  /* half of the original … */
    n += test_words(text + n, sizeof text - n, 9, 60, 0); /* … and some more */
    assert_int_equal(test_claim(&s, (cd_str){text, n}, 2, 0, &a), 0);
    assert_answer(&a, "contained", "a-1");
    n = test_words(text, sizeof text, 1, 150, 0);
    size_t m = test_words(tail, sizeof tail, 9, 60, 0);
    assert_int_equal(test_claim(&s, (cd_str){text + n / 2, n - n / 2}, 3, 0, &a), 0);
    assert_answer(&a, "contained", "a-1");
    assert_int_equal(test_claim(&s, (cd_str){tail, m}, 4, 0, &a), 0);
    assert_answer(&a, "contained", "a-1");
    assert_string_equal(test_member(&a, "id"), "a-2"); /* only a-2 has this passage */
    test_stage_close(&s);
}

static void actions(void **state)
{
    (void)state;
    const test_option options[] = {
        {"store", "memory"}, {"on_exact", "drop"}, {"on_near", "drop"}, {"on_contained", "route:briefs"}, {NULL, NULL}};
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    assert_int_equal(claim_words(&s, 1, 300, 0, 1, 0).verdict, CD_OK);
    struct cd_answer a = claim_words(&s, 1, 300, 0, 2, 0);
    assert_int_equal(a.verdict, CD_DROP);
    assert_int_equal(a.detail_length, strlen("exact: a-1"));
    assert_memory_equal(a.detail, "exact: a-1", a.detail_length);
    assert_int_equal(claim_words(&s, 1, 300, 30, 3, 0).verdict, CD_DROP);
    static const char figures[] = "In 2019 it was 340, then 77, then 1,250.";
    static char text[20000];
    for (int i = 0; i < 2; i++) { /* reworded all through, with the same figures: near, and not sure enough to vanish */
        size_t n = test_words(text, sizeof text, 22, 300, i == 0 ? 0 : 5);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", figures);
        assert_int_equal(test_claim(&s, (cd_str){text, n}, 10 + i, 0, &a), 0);
        assert_int_equal(a.verdict, CD_OK);
    }
    assert_answer(&a, "near", "a-10");
    a = claim_words(&s, 1, 70, 0, 5, 0);
    assert_int_equal(a.verdict, CD_ROUTE);
    assert_memory_equal(a.detail, "briefs", 6);
    test_stage_close(&s);
}

static void bad_options(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "dropp", "route:", "route", "annotate "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const test_option options[] = {{"store", "memory"}, {"on_near", bad[i]}, {NULL, NULL}};
        test_stage s;
        assert_int_equal(test_stage_open(&s, options, folder), -EINVAL);
        assert_non_null(strstr(s.stage.log, "on_near"));
    }
}

/* Articles of different sources don't meet where the key is the source. */
static void keys(void **state)
{
    (void)state;
    const test_option options[] = {{"store", "memory"}, {"key", "language"}, {NULL, NULL}};
    static struct cd_article article;
    static char text[10000];
    test_stage s;
    size_t n = test_words(text, sizeof text, 1, 200, 0);
    static const char *const codes[] = {"en", "de", "en"};
    static const char *const relation[] = {"none", "none", "exact"};
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    for (int i = 0; i < 3; i++) {
        struct cd_answer a = {0};
        article = (struct cd_article){
            .text = CD_LIT("another text"), .body = {text, n}, .id = CD_LIT("x"), .code = cd_str_of(codes[i])};
        assert_int_equal(dd_worker_process(s.worker, &article), CD_OK);
        cd_claim c = {{.topic = CD_LIT("t"), .offset = i, .timestamp_ms = -1}, {article.blob, article.blob_length}, &a};
        assert_int_equal(dd_claim_batch(s.store, &c, 1), 0);
        assert_string_equal(test_member(&a, "relation"), relation[i]);
    }
    test_stage_close(&s);
}

static void malformed_claims_are_rejected_alone(void **state)
{
    (void)state;
    const test_option options[] = {{"store", "lmdb"}, {NULL, NULL}};
    static struct cd_answer answers[3];
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    memset(answers, 0, sizeof answers);
    cd_claim claims[3] = {{{.topic = CD_LIT("t"), .offset = 1}, CD_LIT("D nonsense"), &answers[0]},
                          {{.topic = CD_LIT("t"), .offset = 2}, {NULL, 0}, &answers[1]},
                          {{.topic = {NULL, 0}, .offset = 3}, CD_LIT(""), &answers[2]}};
    assert_int_equal(dd_claim_batch(s.store, claims, 3), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(answers[i].verdict, CD_REJECT);
        assert_true(answers[i].detail_length > 0);
    }
    struct cd_answer a = claim_words(&s, 1, 100, 0, 1, 0);
    assert_answer(&a, "none", "a-1");
    test_stage_close(&s);
}

/* ---- memory of what was answered ---- */

static void redelivery_same_bytes(void **state)
{
    (void)state;
    const test_option options[] = {{"store", "lmdb"}, {"segment_records", "16"}, {NULL, NULL}};
    enum { ARTICLES = 60 };
    static struct cd_answer first[ARTICLES];
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    for (int i = 0; i < ARTICLES; i++)
        first[i] = claim_words(&s, (unsigned)i % 25, 120, (unsigned)i / 25 * 20, i, i * 1000);
    for (int round = 0; round < 3; round++) {
        for (int i = ARTICLES; i-- > 0;) {
            struct cd_answer again = claim_words(&s, (unsigned)i % 25, 120, (unsigned)i / 25 * 20, i, i * 1000 + 5);
            assert_int_equal(again.json_length, first[i].json_length);
            assert_memory_equal(again.json, first[i].json, again.json_length);
            char own[20];
            snprintf(own, sizeof own, "%d", i);
            assert_string_not_equal(test_member(&again, "offset"), own); /* never a copy of itself */
        }
        test_stage_close(&s);
        assert_int_equal(test_stage_open(&s, options, folder), 0);
    }
    test_stage_close(&s);
    assert_true(test_folder_count(folder, ".mdb") >= 4);
}

static void run_in_batches(test_stage *s, struct cd_answer *answers, int count, int batch)
{
    static struct cd_article article;
    static char blobs[256][2048], ids[256][20], text[20000];
    static cd_claim claims[256];
    for (int done = 0; done < count; done += batch) {
        int n = count - done < batch ? count - done : batch;
        for (int i = 0; i < n; i++) {
            int number = done + i;
            snprintf(ids[i], sizeof ids[i], "a-%d", number);
            article.text = (cd_str){
                text, test_words(text, sizeof text, (unsigned)(number * 7 % 61), 100, (unsigned)(number % 5 * 11))};
            article.id = cd_str_of(ids[i]);
            assert_int_equal(dd_worker_process(s->worker, &article), CD_OK);
            memcpy(blobs[i], article.blob, article.blob_length);
            claims[i] = (cd_claim){{.topic = CD_LIT("raw"), .offset = number, .timestamp_ms = number * 3600000ll},
                                   {blobs[i], article.blob_length},
                                   &answers[number]};
        }
        assert_int_equal(dd_claim_batch(s->store, claims, (size_t)n), 0);
    }
}

/* Neither the batches nor the kind of store change an answer, though segments end and expire on the way. */
static void batches_do_not_matter(void **state)
{
    (void)state;
    enum { ARTICLES = 256 };
    static const int sizes[] = {1, 7, 256};
    static struct cd_answer answers[4][ARTICLES];
    memset(answers, 0, sizeof answers);
    for (int i = 0; i < 4; i++) {
        const test_option options[] = {
            {"store", kinds[i < 3]}, {"window", "4"}, {"segment_records", "20"}, {NULL, NULL}};
        test_stage s;
        assert_int_equal(test_stage_open(&s, options, folder), 0);
        run_in_batches(&s, answers[i], ARTICLES, i < 3 ? sizes[i] : 10);
        test_stage_close(&s);
        test_folder_remove(folder);
        test_folder_make(folder, sizeof folder);
        for (int j = 0; j < ARTICLES; j++) {
            assert_int_equal(answers[i][j].json_length, answers[0][j].json_length);
            assert_memory_equal(answers[i][j].json, answers[0][j].json, answers[i][j].json_length);
        }
    }
}

/* ---- time ---- */

static void the_window_slides(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        const test_option options[] = {{"store", kinds[k]}, {"window", "8"}, {"segments", "4"}, {NULL, NULL}};
        test_stage s;
        assert_int_equal(test_stage_open(&s, options, folder), 0);
        claim_words(&s, 1, 200, 0, 0, 0);
        for (int day = 1; day <= 8; day++)
            claim_words(&s, 100 + (unsigned)day, 200, 0, day, day * DAY);
        struct cd_answer a = claim_words(&s, 1, 200, 0, 50, 8 * DAY);
        assert_answer(&a, "exact", "a-0"); /* eight days old to the millisecond */
        claim_words(&s, 300, 200, 0, 51, 8 * DAY + 1);
        a = claim_words(&s, 101, 200, 0, 52, 9 * DAY + 1);
        assert_answer(&a, "none", "a-52");
        a = claim_words(&s, 102, 200, 0, 53, 9 * DAY + 1);
        assert_answer(&a, "exact", "a-2");
        a = claim_words(&s, 1, 200, 0, 54, 9 * DAY + 1); /* the copy of day 8 keeps the cluster alive */
        assert_answer(&a, "exact", "a-0");
        for (int day = 10; day < 40; day++)
            claim_words(&s, 400 + (unsigned)day, 200, 0, 1000 + day, day * DAY);
        if (k == 1)
            assert_in_range(test_folder_count(folder, ".mdb"), 3, 6);
        test_stage_close(&s);
    }
}

/* One timestamp from the far future moves the clock by one segment, and none moves it back. */
static void the_clock_is_careful(void **state)
{
    (void)state;
    const test_option options[] = {{"store", "memory"}, {"window", "8"}, {"segments", "4"}, {NULL, NULL}};
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    claim_words(&s, 1, 200, 0, 1, 100 * DAY);
    claim_words(&s, 2, 200, 0, 2, 40000 * DAY);
    struct cd_answer a = claim_words(&s, 1, 200, 0, 3, 100 * DAY);
    assert_answer(&a, "exact", "a-1");
    a = claim_words(&s, 1, 200, 0, 4, -1);
    assert_answer(&a, "exact", "a-1");
    test_stage_close(&s);
}

/* Whatever a producer writes for a time. */
static void no_timestamp_is_too_large(void **state)
{
    (void)state;
    const test_option options[] = {{"store", "memory"}, {NULL, NULL}};
    static const int64_t times[] = {-1, INT64_MAX, INT64_MIN, 0, INT64_MAX - 1, 1700000000000};
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    claim_words(&s, 1, 200, 0, 0, -1);
    for (int64_t i = 0; i < (int64_t)(sizeof times / sizeof *times); i++) {
        struct cd_answer a = claim_words(&s, 2, 200, 0, i + 1, times[i]);
        assert_answer(&a, i < 2 ? "none" : "exact", i == 0 ? "a-1" : "a-2");
    }
    test_stage_close(&s);
}

/* ---- boilerplate ---- */

/* One text under everything: its lists close, and copies are still told from strangers. */
static void boilerplate_weeds_itself_out(void **state)
{
    (void)state;
    const test_option options[] = {{"store", "memory"}, {NULL, NULL}};
    static char text[20000];
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    unsigned copies = 0, strangers = 0;
    for (unsigned i = 0; i < 600; i++) {
        struct cd_answer a;
        size_t n = test_words(text, sizeof text, 9999, 80, 0);
        n += test_words(text + n, sizeof text - n, i % 300, 220, i < 300 ? 0 : 40);
        assert_int_equal(test_claim(&s, (cd_str){text, n}, i, 0, &a), 0);
        char original[20];
        snprintf(original, sizeof original, "a-%u", i % 300);
        if (i < 300)
            strangers += strcmp(test_member(&a, "cluster"), original) != 0;
        else
            copies += strcmp(test_member(&a, "cluster"), original) == 0;
    }
    assert_int_equal(strangers, 0);
    assert_true(copies >= 297);
    test_stage_close(&s);
}

/* ---- trouble ---- */

/* Turns the last byte of what the first segment says of its own format. */
static void change_format(void)
{
    char path[300];
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi meta;
    MDB_val key = {6, "format"}, value;
    snprintf(path, sizeof path, "%s/segment-00000001.mdb", folder);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 3), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "meta", 0, &meta), 0);
    assert_int_equal(mdb_get(txn, meta, &key, &value), 0);
    char format[200];
    assert_in_range(value.mv_size, 1, sizeof format);
    memcpy(format, value.mv_data, value.mv_size);
    format[value.mv_size - 1] ^= 1;
    value.mv_data = format;
    assert_int_equal(mdb_put(txn, meta, &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

/* A file of another version holds hashes that mean something else. */
static void mixed_versions_are_refused(void **state)
{
    (void)state;
    const test_option options[] = {{NULL, NULL}};
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    claim_words(&s, 1, 100, 0, 1, 0);
    test_stage_close(&s);
    change_format();
    assert_int_equal(test_stage_open(&s, options, folder), -EPROTO);
    assert_non_null(strstr(s.stage.log, "segment-00000001.mdb"));
    change_format();
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    test_stage_close(&s);
}

static void damage_is_refused(void **state)
{
    (void)state;
    const test_option options[] = {{NULL, NULL}};
    char path[300];
    test_stage s;
    snprintf(path, sizeof path, "%s/segment-00000003.mdb", folder);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 5000; i++)
        fprintf(file, "not a database ");
    fclose(file);
    assert_true(test_stage_open(&s, options, folder) < 0);
    assert_non_null(strstr(s.stage.log, "segment-00000003.mdb"));
}

static void one_store_a_folder(void **state)
{
    (void)state;
    const test_option options[] = {{NULL, NULL}};
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    pid_t child = fork();
    if (child == 0) {
        test_stage other;
        int rc = test_stage_open(&other, options, folder);
        _exit(rc == -EAGAIN && strstr(other.stage.log, "in use") != NULL ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    test_stage_close(&s);
}

/* No room: the batch fails whole, nothing of it is known, and the same batch succeeds when there is room again. */
static void a_full_disk(void **state)
{
    (void)state;
    const test_option options[] = {{NULL, NULL}};
    struct rlimit old, small;
    test_stage s;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    int64_t offset = 0;
    for (; offset < 20; offset++)
        claim_words(&s, (unsigned)offset, 100, 0, offset, 0);
    small = (struct rlimit){64 << 10, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    static char text[20000];
    struct cd_answer a = {0};
    int rc = 0;
    for (; rc == 0 && offset < 500; offset++) {
        size_t n = test_words(text, sizeof text, (unsigned)offset, 100, 0);
        rc = test_claim(&s, (cd_str){text, n}, offset, 0, &a);
    }
    assert_true(rc < 0);
    assert_int_equal(a.answered, 0);
    assert_non_null(strstr(s.stage.log, "articles wait"));
    setrlimit(RLIMIT_FSIZE, &old);
    offset--;
    a = claim_words(&s, (unsigned)offset, 100, 0, offset, 0);
    char own[20];
    snprintf(own, sizeof own, "a-%d", (int)offset);
    assert_answer(&a, "none", own);
    for (int i = 0; i < 5; i++)
        assert_string_equal(
            test_member(&(struct cd_answer[]){claim_words(&s, (unsigned)i, 100, 0, 900 + i, 0)}[0], "relation"),
            "exact");
    test_stage_close(&s);
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    a = claim_words(&s, (unsigned)offset, 100, 0, offset, 0);
    assert_answer(&a, "none", own);
    test_stage_close(&s);
}

/* Claims a copy under a topic's name of 4,000 letters, which fills a file fast. */
static int claim_bulky(test_stage *s, int64_t offset, struct cd_answer *answer)
{
    static struct cd_article article;
    static char text[2000], topic[4000];
    memset(topic, 't', sizeof topic);
    article.text = (cd_str){text, test_words(text, sizeof text, 1, 100, 0)};
    article.id = CD_LIT("bulky");
    assert_int_equal(dd_worker_process(s->worker, &article), CD_OK);
    cd_claim claim = {{.topic = {topic, sizeof topic}, .offset = offset, .timestamp_ms = -1},
                      {article.blob, article.blob_length},
                      answer};
    *answer = (struct cd_answer){0};
    return dd_claim_batch(s->store, &claim, 1);
}

static long address_space(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_true(file != NULL && fscanf(file, "%ld", &pages) == 1);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

/* The map must grow and there is no room for it: articles wait, and go on when there is. */
static void a_map_that_cannot_grow(void **state)
{
    (void)state;
    const test_option options[] = {{"sync", "none"}, {NULL, NULL}};
    struct rlimit old, small;
    struct cd_answer a;
    test_stage s;
    int rc = 0;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    getrlimit(RLIMIT_AS, &old);
    small = (struct rlimit){(rlim_t)address_space() + (16 << 20), old.rlim_max};
    setrlimit(RLIMIT_AS, &small);
    int64_t offset = 0;
    for (; rc == 0 && offset < 20000; offset++)
        rc = claim_bulky(&s, offset, &a);
    assert_int_equal(rc, -ENOMEM);
    assert_true(claim_bulky(&s, --offset, &a) < 0 && claim_bulky(&s, offset, &a) < 0);
    assert_int_equal(a.answered, 0);
    assert_non_null(strstr(s.stage.log, "articles wait"));
    setrlimit(RLIMIT_AS, &old);
    for (int64_t end = offset + 3; offset < end; offset++) {
        assert_int_equal(claim_bulky(&s, offset, &a), 0);
        assert_answer(&a, "exact", "bulky");
    }
    test_stage_close(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(relations),
        TEST(copies_of_copies),
        TEST(actions),
        TEST(bad_options),
        TEST(keys),
        TEST(malformed_claims_are_rejected_alone),
        TEST(redelivery_same_bytes),
        TEST(batches_do_not_matter),
        TEST(the_window_slides),
        TEST(the_clock_is_careful),
        TEST(no_timestamp_is_too_large),
        TEST(boilerplate_weeds_itself_out),
        TEST(mixed_versions_are_refused),
        TEST(damage_is_refused),
        TEST(one_store_a_folder),
        TEST(a_full_disk),
        TEST(a_map_that_cannot_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
