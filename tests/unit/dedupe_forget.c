/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_forget.c: what happens after an original went to the dead letters, and the one rule of dropping: an
 * article may vanish only for one that is in print.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <copydesk/sdk.h>

#include "claim.h"
#include "dedupe_host.h"

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

static void forget(test_stage *s, int64_t offset)
{
    cd_identity owner = {.topic = CD_LIT("raw"), .offset = offset};
    dd_claim_forget(s->store, &owner);
}

/* The original went to the dead letters. What was dropped for it is no match any more: the next copy is an original,
 * also after a new start. */
static void forgetting(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        const test_option options[] = {{"store", kinds[k]}, {"on_near", "drop"}, {NULL, NULL}};
        test_stage s;
        assert_int_equal(test_stage_open(&s, options, folder), 0);
        claim_words(&s, 1, 300, 0, 1, 0);
        struct cd_answer a = claim_words(&s, 1, 300, 30, 2, 0);
        assert_answer(&a, "near", "a-1");
        assert_int_equal(a.verdict, CD_DROP);
        forget(&s, 1);
        forget(&s, 77); /* unknown: nothing happens */
        if (k == 1) {
            test_stage_close(&s);
            assert_int_equal(test_stage_open(&s, options, folder), 0);
        }
        a = claim_words(&s, 1, 300, 0, 3, 0);
        assert_answer(&a, "none", "a-3");
        a = claim_words(&s, 1, 300, 30, 2, 0); /* redelivered: what was said stays said */
        assert_answer(&a, "near", "a-1");
        a = claim_words(&s, 1, 300, 0, 4, 0);
        assert_answer(&a, "exact", "a-3");
        a = claim_words(&s, 1, 300, 0, 1, 0); /* the forgotten one, replayed */
        assert_answer(&a, "exact", "a-3");
        test_stage_close(&s);
    }
}

/* The original went to the dead letters, its copy is in print: the copy stands for the cluster. */
static void forgetting_while_a_copy_is_in_print(void **state)
{
    (void)state;
    const test_option options[] = {{"store", "memory"}, {NULL, NULL}};
    test_stage s;
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    claim_words(&s, 1, 300, 0, 1, 0);
    claim_words(&s, 1, 300, 30, 2, 0);
    claim_words(&s, 5, 300, 0, 5, 0);
    claim_words(&s, 5, 300, 0, 6, 0);
    forget(&s, 1);
    forget(&s, 5);
    struct cd_answer a = claim_words(&s, 1, 300, 0, 3, 0);
    assert_answer(&a, "near", "a-1");
    assert_string_equal(test_member(&a, "id"), "a-2");
    a = claim_words(&s, 5, 300, 0, 7, 0);
    assert_answer(&a, "exact", "a-5");
    assert_string_equal(test_member(&a, "id"), "a-6");
    a = claim_words(&s, 1, 300, 0, 1, 0); /* replayed, it is no copy of its own copies */
    assert_answer(&a, "none", "a-1");
    test_stage_close(&s);
}

/* ---- the rule ---- */

#define ARTICLES 3000
#define FAMILIES 40

static uint32_t next(uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }

/* A text of one family: all of it or a part, reworded or not, sometimes with a piece of another family. */
static size_t make_text(char *out, size_t size, uint32_t *random)
{
    static char whole[20000];
    unsigned family = (next(random) >> 16) % FAMILIES, kind = (next(random) >> 16) % 8;
    unsigned words = kind < 5 ? 200 : 60 + (next(random) >> 16) % 140;
    unsigned change = kind % 3 == 0 ? 0 : 9 + (next(random) >> 16) % 30;
    size_t length = test_words(whole, sizeof whole, family, words, change);
    size_t from = kind == 6 ? length / 3 : 0;
    memcpy(out, whole + from, length - from);
    length -= from;
    if (kind == 7)
        length += test_words(out + length, size - length, (family + 1) % FAMILIES, 80, 0);
    return length;
}

enum fate { WAITING, IN_PRINT, DROPPED, DEAD };

static enum fate fates[ARTICLES];
static uint32_t seeds[ARTICLES];

static struct cd_answer claim_number(test_stage *s, int number)
{
    static char text[40000];
    struct cd_answer answer;
    uint32_t seed = seeds[number];
    size_t length = make_text(text, sizeof text, &seed);
    assert_int_equal(test_claim(s, (cd_str){text, length}, number, 0, &answer), 0);
    return answer;
}

static void claim_new(test_stage *s, int number, uint32_t seed)
{
    seeds[number] = seed;
    struct cd_answer answer = claim_number(s, number);
    fates[number] = answer.verdict == CD_DROP ? DROPPED : IN_PRINT;
    if (answer.verdict != CD_DROP)
        return;
    int of = atoi(test_member(&answer, "offset"));
    assert_in_range(of, 0, number - 1);
    assert_int_equal(fates[of], IN_PRINT);
}

/* All copies are dropped, some of what is in print goes to the dead letters, and some of all is claimed once more. Each
 * article that is dropped must name one that is in print at that time; what was said stays said. */
static void only_copies_of_what_is_in_print_vanish(void **state)
{
    (void)state;
    const test_option options[] = {{"segment_records", "200"}, {"on_exact", "drop"},     {"on_near", "drop"},
                                   {"on_contains", "drop"},    {"on_contained", "drop"}, {NULL, NULL}};
    test_stage s;
    uint32_t random = 4711;
    unsigned count[4] = {0};
    assert_int_equal(test_stage_open(&s, options, folder), 0);
    for (int i = 0; i < ARTICLES; i++) {
        claim_new(&s, i, next(&random));
        int other = (int)((next(&random) >> 8) % (unsigned)(i + 1));
        if ((next(&random) >> 16) % 4 == 0) {
            while (fates[other] != IN_PRINT && other < i)
                other++;
            forget(&s, other);
            fates[other] = DEAD;
        } else if (fates[other] != DEAD) {
            assert_int_equal(claim_number(&s, other).verdict == CD_DROP, fates[other] == DROPPED);
        }
    }
    for (int i = 0; i < ARTICLES; i++)
        count[fates[i]]++;
    assert_in_range(count[DROPPED], ARTICLES / 4, ARTICLES); /* or the test tests nothing */
    assert_in_range(count[DEAD], ARTICLES / 10, ARTICLES);
    assert_in_range(count[IN_PRINT], FAMILIES, ARTICLES);
    test_stage_close(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(forgetting),
        TEST(forgetting_while_a_copy_is_in_print),
        TEST(only_copies_of_what_is_in_print_vanish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
