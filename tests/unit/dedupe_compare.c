/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_compare.c: sketches, estimates, decisions, and the layouts of claim and record.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <copydesk/sdk.h>
#include <errno.h>
#include <math.h>

#include "blob.h"
#include "decide.h"
#include "record.h"

static uint64_t next(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

static int compare_values(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Against the plain way: every shingle's hash, sorted, doubles out, the first 128. */
static void sketch_is_the_smallest(void **state)
{
    (void)state;
    static uint64_t tokens[3000];
    static uint32_t all[3000];
    uint64_t random = 1;
    for (int round = 0; round < 300; round++) {
        size_t count = next(&random) % (round < 250 ? 400 : 3000), n = 0, distinct = 0;
        unsigned width = 2 + (unsigned)(next(&random) % 3);
        uint64_t vocabulary = round % 3 ? 1000000 : 12; /* few words: many doubles */
        for (size_t i = 0; i < count; i++)
            tokens[i] = next(&random) % vocabulary;
        dd_sketch sketch, one;
        for (size_t i = 0; i + width <= count; i++) {
            dd_sketch_make(&one, tokens + i, width, width, 5);
            assert_int_equal(one.count, 1);
            all[n++] = one.value[0];
        }
        qsort(all, n, sizeof *all, compare_values);
        for (size_t i = 0; i < n; i++)
            if (i == 0 || all[i] != all[i - 1])
                all[distinct++] = all[i];
        dd_sketch_make(&sketch, tokens, count, width, 5);
        assert_int_equal(sketch.count, distinct < DD_SKETCH ? distinct : DD_SKETCH);
        assert_memory_equal(sketch.value, all, sketch.count * sizeof *all);
    }
}

/* One word a thousand times over is one shingle, also where its hash is so small that the guess overflows. */
static void one_word_over_and_over(void **state)
{
    (void)state;
    static uint64_t tokens[3000];
    for (uint64_t word = 1; word <= 300; word++) {
        dd_sketch sketch, one;
        for (size_t i = 0; i < 3000; i++)
            tokens[i] = word * 0x9e3779b97f4a7c15ULL;
        dd_sketch_make(&sketch, tokens, 3000, 3, 0);
        dd_sketch_make(&one, tokens, 3, 3, 0);
        assert_int_equal(sketch.count, 1);
        assert_int_equal(sketch.value[0], one.value[0]);
    }
}

static dd_print print_of(const dd_sketch *sketch, uint32_t tokens)
{
    return (dd_print){
        .exact = {tokens, sketch->value[0]}, .tokens = tokens, .sketch_count = sketch->count, .sketch = sketch->value};
}

/* Two rows that share a run of tokens: the estimate lies within four standard errors of the true figure. */
static void estimates(void **state)
{
    (void)state;
    static uint64_t a[2000], b[2000];
    uint64_t random = 99;
    for (int round = 0; round < 400; round++) {
        size_t na = 150 + next(&random) % 1500, nb = 150 + next(&random) % 1500;
        size_t shared = 3 + next(&random) % ((na < nb ? na : nb) - 3);
        for (size_t i = 0; i < na; i++)
            a[i] = next(&random);
        for (size_t i = 0; i < nb; i++)
            b[i] = i < shared ? a[i] : next(&random);
        dd_sketch sa, sb;
        dd_sketch_make(&sa, a, na, 3, 0);
        dd_sketch_make(&sb, b, nb, 3, 0);
        dd_print pa = print_of(&sa, (uint32_t)na), pb = print_of(&sb, (uint32_t)nb);
        dd_likeness l = dd_compare(&pa, &pb), back = dd_compare(&pb, &pa);
        double common = (double)(shared - 2), smaller = (double)(na < nb ? na : nb) - 2;
        double jaccard = common / ((double)(na + nb) - 4 - common), containment = common / smaller;
        assert_true(fabs(l.jaccard - jaccard) < 4 * sqrt(jaccard * (1 - jaccard) / 100) + .02);
        assert_true(fabs(l.containment - containment) < 4 * sqrt(containment * (1 - containment) / l.comparable) + .08);
        assert_true(l.jaccard == back.jaccard && l.containment == back.containment);
        assert_int_equal(l.larger, -back.larger);
    }
}

static void a_part_is_contained(void **state)
{
    (void)state;
    static uint64_t a[3000];
    uint64_t random = 5;
    for (size_t i = 0; i < 3000; i++)
        a[i] = next(&random);
    dd_sketch whole, part;
    dd_sketch_make(&whole, a, 3000, 3, 0);
    for (size_t n = 200; n <= 3000; n += 400) {
        dd_sketch_make(&part, a + 100 % n, n < 2900 ? n : 2900, 3, 0);
        dd_print pw = print_of(&whole, 3000), pp = print_of(&part, (uint32_t)n);
        dd_likeness l = dd_compare(&pp, &pw);
        assert_true(l.containment == 1);
        assert_true(dd_compare(&pw, &pw).jaccard == 1);
    }
}

static const struct {
    dd_likeness l;
    uint32_t tokens;
    int normal, strict, sure;
} decision_cases[] = {
    {{.equal = 1, .jaccard = 1, .containment = 1}, 5, DD_EXACT, DD_EXACT, 1},
    {{.jaccard = .9, .containment = .95, .comparable = 128}, 300, DD_NEAR, DD_NEAR, 1},
    {{.jaccard = .9, .containment = .95, .comparable = 128}, 39, DD_NONE, DD_NONE, 0},
    {{.jaccard = .43, .containment = .5, .comparable = 90}, 300, DD_NEAR, DD_RELATED, 0},
    {{.jaccard = .40, .containment = .5, .comparable = 90}, 300, DD_RELATED, DD_RELATED, 0},
    {{.jaccard = .40, .containment = .5, .comparable = 90, .numbers = 4, .numbers_agree = 4},
     300,
     DD_NEAR,
     DD_RELATED,
     0},
    {{.jaccard = .20, .containment = .9, .comparable = 30, .larger = 1}, 300, DD_CONTAINS, DD_CONTAINS, 1},
    {{.jaccard = .20, .containment = .9, .comparable = 30, .larger = -1}, 300, DD_CONTAINED, DD_CONTAINED, 1},
    {{.jaccard = .20, .containment = .66, .comparable = 30, .larger = -1}, 300, DD_CONTAINED, DD_RELATED, 0},
    {{.jaccard = .02, .containment = 1, .comparable = 5, .larger = -1}, 300, DD_NONE, DD_NONE, 0},
    {{.jaccard = .9, .containment = .95, .comparable = 128, .numbers = 10, .numbers_agree = 3},
     300,
     DD_TEMPLATE,
     DD_TEMPLATE,
     0},
    {{.jaccard = .9, .containment = .95, .comparable = 128, .numbers = 2, .numbers_agree = 0},
     300,
     DD_TEMPLATE,
     DD_TEMPLATE,
     0},
    {{.jaccard = .9, .containment = .95, .comparable = 128, .numbers = 2, .numbers_agree = 1},
     300,
     DD_NEAR,
     DD_NEAR,
     1},
    {{.jaccard = .9, .containment = .95, .comparable = 128, .numbers = 1, .numbers_agree = 0},
     300,
     DD_NEAR,
     DD_NEAR,
     1},
    {{.jaccard = .9, .containment = .95, .comparable = 128, .numbers = 8, .numbers_agree = 5},
     300,
     DD_NEAR,
     DD_TEMPLATE,
     0},
    {{.jaccard = .02, .containment = .05, .comparable = 128}, 300, DD_NONE, DD_NONE, 0},
    {{.jaccard = .64, .containment = .79, .comparable = 60}, 79, DD_RELATED, DD_RELATED, 0},
    {{.jaccard = .64, .containment = .79, .comparable = 60, .numbers = 4, .numbers_agree = 4}, 79, DD_RELATED, DD_RELATED, 0},
    {{.jaccard = .64, .containment = .79, .comparable = 60}, 80, DD_NEAR, DD_NEAR, 1},
    {{.jaccard = .65, .containment = .79, .comparable = 60}, 79, DD_NEAR, DD_NEAR, 1},
    {{.jaccard = .30, .containment = .80, .comparable = 60, .larger = 1}, 79, DD_CONTAINS, DD_CONTAINS, 1},
};

static void decisions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof decision_cases / sizeof *decision_cases; i++) {
        dd_print p = {.tokens = decision_cases[i].tokens};
        dd_verdict normal = dd_decide(&p, &p, &decision_cases[i].l, DD_NORMAL),
                   strict = dd_decide(&p, &p, &decision_cases[i].l, DD_STRICT);
        if (normal.relation != decision_cases[i].normal || strict.relation != decision_cases[i].strict ||
            normal.sure != decision_cases[i].sure)
            fail_msg("case %zu: %s, strict %s, sure %d", i, dd_relation_name(normal.relation),
                     dd_relation_name(strict.relation), normal.sure);
        assert_true(!strict.sure || dd_relation_joins(strict.relation));
    }
}

/* ---- layouts ---- */

static size_t sample_blob(char *out, uint64_t seed, cd_str id)
{
    static uint64_t row[400];
    dd_tokens tokens = {.hash = row, .count = 3 + next(&seed) % 397, .number_count = (uint8_t)(next(&seed) % 33)};
    for (size_t i = 0; i < tokens.count; i++)
        row[i] = next(&seed);
    for (uint16_t i = 0; i < tokens.number_count; i++)
        tokens.numbers[i] = (uint16_t)(i * 2000);
    tokens.exact[0] = next(&seed);
    tokens.exact[1] = next(&seed);
    return dd_blob_write(out, &tokens, 0, id);
}

static void blob_round_trip(void **state)
{
    (void)state;
    char blob[DD_BLOB_MAX];
    for (uint64_t seed = 0; seed < 200; seed++) {
        size_t length = sample_blob(blob, seed, CD_LIT("wire-\u00e9"));
        dd_fingerprint f;
        cd_str id;
        assert_int_equal(dd_blob_read((cd_str){blob, length}, &f, &id), 0);
        assert_true(cd_str_equal(id, CD_LIT("wire-\u00e9")));
        assert_in_range(f.print.indexed_count, 1, DD_INDEXED);
        for (size_t cut = 0; cut < length; cut++)
            assert_int_equal(dd_blob_read((cd_str){blob, cut}, &f, &id), -EBADMSG);
        assert_int_equal(dd_blob_read((cd_str){NULL, 0}, &f, &id), -EBADMSG);
    }
}

static void blob_refuses_disorder(void **state)
{
    (void)state;
    char blob[DD_BLOB_MAX];
    dd_fingerprint f;
    cd_str id;
    size_t length = sample_blob(blob, 3, CD_LIT("x"));
    uint32_t first, second;
    memcpy(&first, blob + 32, 4);
    memcpy(&second, blob + 36, 4);
    memcpy(blob + 32, &second, 4);
    memcpy(blob + 36, &first, 4);
    assert_int_equal(dd_blob_read((cd_str){blob, length}, &f, &id), -EBADMSG);
    memcpy(blob + 32, &first, 4);
    memcpy(blob + 36, &second, 4);
    assert_int_equal(dd_blob_read((cd_str){blob, length}, &f, &id), 0);
    blob[length - 1] = '\xFF'; /* the id goes into JSON: UTF-8 or nothing */
    assert_int_equal(dd_blob_read((cd_str){blob, length}, &f, &id), -EBADMSG);
}

static void long_ids_become_hashes(void **state)
{
    (void)state;
    static char blob[DD_BLOB_MAX], name[DD_ID_MAX + 2];
    dd_fingerprint f;
    cd_str id;
    memset(name, 'n', sizeof name);
    size_t length = sample_blob(blob, 1, (cd_str){name, DD_ID_MAX});
    assert_int_equal(dd_blob_read((cd_str){blob, length}, &f, &id), 0);
    assert_int_equal(id.len, DD_ID_MAX);
    length = sample_blob(blob, 1, (cd_str){name, DD_ID_MAX + 1});
    assert_int_equal(dd_blob_read((cd_str){blob, length}, &f, &id), 0);
    assert_int_equal(id.len, 37);
    assert_memory_equal(id.ptr, "xxh3-", 5);
}

static void utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"", "a", "\u00e9", "\u6771", "\U0001f600", "\uffff", "\U0010ffff"};
    static const char *const bad[] = {
        "\x80", "\xC0\x80", "\xC1\xBF",     "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xC3", "\xE6\x9D", "\xF0\x9F\x98", "a\xFF",        "\xC3(",        "\xF0\x80\x80\x80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(dd_utf8_valid(cd_str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(dd_utf8_valid(cd_str_of(bad[i])));
}

static void record_round_trip(void **state)
{
    (void)state;
    static char blob[DD_BLOB_MAX], bytes[DD_RECORD_MAX], again[DD_RECORD_MAX];
    dd_slot slot = {0};
    for (uint64_t seed = 0; seed < 60; seed++) {
        dd_record r = {.relation = DD_NEAR,
                       .sure = 1,
                       .indexed = seed & 1,
                       .jaccard = 930,
                       .containment = 980,
                       .clock = 1234567,
                       .owner = {CD_LIT("raw"), 3, (int64_t)seed},
                       .canonical = DD_REF(2, 17)};
        assert_int_equal(dd_blob_read((cd_str){blob, sample_blob(blob, seed, CD_LIT("me"))}, &r.fingerprint, &r.id), 0);
        if (seed % 3) {
            r.of_id = seed % 3 == 1 ? CD_LIT("other") : CD_LIT("");
            r.of = (dd_owner){CD_LIT("other-topic"), 1, 99};
            r.cluster_id = seed % 2 ? r.of_id : CD_LIT("the first one");
            r.canonical_owner = 5;
            r.dropped = seed % 5 == 0;
            r.of_dropped = seed % 7 == 0;
        }
        size_t length = dd_record_write(bytes, &r);
        assert_int_equal(dd_slot_read(&slot, (cd_str){bytes, length}), 0);
        assert_int_equal(dd_record_write(again, &slot.record), length);
        assert_memory_equal(bytes, again, length);
        assert_true((slot.record.of_id.ptr != NULL) == (r.of_id.ptr != NULL));
        assert_true(dd_owner_equal(&slot.record.owner, &r.owner));
        assert_true(cd_str_equal(slot.record.cluster_id, r.cluster_id));
        assert_true(slot.record.dropped == r.dropped && slot.record.of_dropped == r.of_dropped);
        for (size_t cut = 0; cut < length; cut += 7)
            assert_int_equal(dd_slot_read(&slot, (cd_str){bytes, cut}), -EBADMSG);
    }
    dd_slot_fini(&slot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sketch_is_the_smallest),
        cmocka_unit_test(one_word_over_and_over),
        cmocka_unit_test(estimates),
        cmocka_unit_test(a_part_is_contained),
        cmocka_unit_test(decisions),
        cmocka_unit_test(blob_round_trip),
        cmocka_unit_test(blob_refuses_disorder),
        cmocka_unit_test(long_ids_become_hashes),
        cmocka_unit_test(utf8),
        cmocka_unit_test(record_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
