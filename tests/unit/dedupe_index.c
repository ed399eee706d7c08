/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_index.c: the index against a plain list, taking records back, closing lists, and the sealed form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <copydesk/sdk.h>

#include "index.h"
#include "sealed.h"

#define RECORDS 3000u
#define SHINGLES DD_INDEXED /* a record; out of few, so that lists fill */

typedef struct plain {
    uint32_t owner, exact, posting[DD_POSTINGS];
    int has_exact;
    unsigned postings;
} plain;

static plain model[RECORDS];
static uint32_t sketches[RECORDS][SHINGLES];

static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

static dd_record make_record(uint32_t number)
{
    uint64_t seed = number + 1;
    uint32_t value = 0;
    dd_record r = {.indexed = number % 11 != 0, .owner = {CD_LIT("t"), 0, number}};
    for (unsigned i = 0; i < SHINGLES; i++)
        sketches[number][i] = value += 1 + (uint32_t)(next(&seed) % 40);
    r.fingerprint.print = (dd_print){.exact = {number % 20 ? next(&seed) : 42, 1},
                                     .tokens = 100,
                                     .indexed_count = SHINGLES,
                                     .indexed = sketches[number]};
    return r;
}

static unsigned model_find(uint32_t records, enum dd_kind kind, uint32_t hash, uint32_t *places)
{
    unsigned found = 0;
    for (uint32_t i = records; i-- > 0 && found < DD_LIST;) {
        int has = kind == DD_OWNER ? model[i].owner == hash
                                   : kind == DD_EXACT_KEY && model[i].has_exact && model[i].exact == hash;
        for (unsigned j = 0; kind == DD_SHINGLE && j < model[i].postings; j++)
            has |= model[i].posting[j] == hash;
        if (has)
            places[found++] = i;
    }
    return found;
}

static void model_add(uint32_t number, const dd_record *r)
{
    uint32_t places[DD_LIST];
    plain *p = &model[number];
    *p = (plain){.owner = (uint32_t)dd_owner_hash(&r->owner)};
    p->exact = (uint32_t)r->fingerprint.print.exact[0];
    p->has_exact = model_find(number, DD_EXACT_KEY, p->exact, places) < DD_LIST;
    if (!r->indexed)
        return;
    for (unsigned i = 0; i < SHINGLES && p->postings < DD_POSTINGS; i++)
        if (model_find(number, DD_SHINGLE, r->fingerprint.print.indexed[i], places) < DD_LIST)
            p->posting[p->postings++] = r->fingerprint.print.indexed[i];
}

static void assert_agrees(const dd_index *index, const dd_sealed *sealed, enum dd_kind kind, uint32_t hash)
{
    uint32_t want[DD_LIST], got[DD_LIST];
    unsigned n = model_find(index->records, kind, hash, want);
    assert_int_equal(dd_index_find(index, kind, dd_index_key(kind, hash), got), n);
    assert_memory_equal(want, got, n * sizeof *got);
    if (sealed == NULL)
        return;
    assert_int_equal(dd_sealed_find(sealed, kind, dd_index_key(kind, hash), got), n);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(got[i], want[n - 1 - i]);
}

static void assert_all_agree(const dd_index *index, const dd_sealed *sealed)
{
    for (uint32_t hash = 0; hash < 1600; hash++)
        assert_agrees(index, sealed, DD_SHINGLE, hash);
    for (uint32_t i = 0; i < RECORDS; i += 7) {
        assert_agrees(index, sealed, DD_OWNER, model[i].owner);
        assert_agrees(index, sealed, DD_EXACT_KEY, model[i].exact);
    }
}

static void fill(dd_index *index, uint32_t until)
{
    while (index->records < until) {
        dd_record r = make_record(index->records);
        model_add(index->records, &r);
        assert_int_equal(dd_index_add(index, &r), 0);
    }
}

static void as_a_plain_list(void **state)
{
    (void)state;
    dd_index index;
    assert_int_equal(dd_index_init(&index), 0);
    fill(&index, RECORDS);
    assert_all_agree(&index, NULL);
    unsigned closed = 0;
    uint32_t places[DD_LIST];
    for (uint32_t hash = 0; hash < 1600; hash++)
        closed += dd_index_find(&index, DD_SHINGLE, dd_index_key(DD_SHINGLE, hash), places) == DD_LIST;
    assert_true(closed > 100); /* or the test tests nothing */
    dd_index_fini(&index);
}

/* What was taken back is gone, and adding it again gives the same index. */
static void taking_back(void **state)
{
    (void)state;
    dd_index index;
    assert_int_equal(dd_index_init(&index), 0);
    fill(&index, 1000);
    for (uint32_t left = 900; left > 0; left /= 3) {
        dd_index_truncate(&index, left);
        assert_int_equal(index.records, left);
        assert_all_agree(&index, NULL);
        fill(&index, 1000);
        assert_all_agree(&index, NULL);
    }
    dd_index_truncate(&index, 0);
    assert_all_agree(&index, NULL);
    dd_index_fini(&index);
}

static void sealed_says_the_same(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 2, 50, 700, RECORDS};
    dd_index index;
    assert_int_equal(dd_index_init(&index), 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fill(&index, sizes[i]);
        uint64_t *rows = malloc(dd_sealed_rows_size(&index)), *filter = malloc(dd_sealed_filter_size(&index));
        dd_sealed_filter(&index, filter);
        assert_int_equal(dd_sealed_rows(&index, rows), 0);
        dd_sealed sealed = {rows, dd_sealed_rows_size(&index) / 8, filter, dd_sealed_filter_size(&index) / 32,
                            index.records};
        for (size_t j = 1; j < sealed.count; j++)
            assert_true(rows[j - 1] < rows[j]);
        assert_all_agree(&index, &sealed);
        sealed.records = sizes[i] / 2; /* entries beyond the records are damage */
        uint32_t places[DD_LIST];
        for (uint32_t hash = 0; hash < 1600; hash++)
            for (unsigned n = dd_sealed_find(&sealed, DD_SHINGLE, dd_index_key(DD_SHINGLE, hash), places); n-- > 0;)
                assert_true(places[n] < sealed.records);
        free(rows);
        free(filter);
    }
    dd_index_fini(&index);
}

/* Of keys that are not there the filter lets about one in a hundred through. */
static void filter_sorts_out(void **state)
{
    (void)state;
    dd_index index;
    assert_int_equal(dd_index_init(&index), 0);
    uint64_t random = 17;
    static uint32_t sketch[DD_POSTINGS];
    for (uint32_t i = 0; i < 20000; i++) {
        for (unsigned j = 0; j < DD_POSTINGS; j++)
            sketch[j] = (uint32_t)next(&random);
        dd_record r = {.indexed = 1, .owner = {CD_LIT("t"), 0, i}};
        r.fingerprint.print =
            (dd_print){.exact = {next(&random), 0}, .tokens = 100, .indexed_count = DD_POSTINGS, .indexed = sketch};
        assert_int_equal(dd_index_add(&index, &r), 0);
    }
    size_t blocks = dd_sealed_filter_size(&index) / 32;
    uint64_t *filter = malloc(blocks * 32), row = UINT64_MAX;
    dd_sealed_filter(&index, filter);
    /* A row of nothing but the highest key: whatever passes the filter is looked for, and counted by that. */
    dd_sealed sealed = {&row, 1, filter, blocks, index.records};
    unsigned passed = 0;
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t key = (uint32_t)next(&random), places[DD_LIST];
        row = (uint64_t)key << 32;
        passed += dd_sealed_find(&sealed, DD_OWNER, key, places);
    }
    assert_in_range(passed, 1, 2500);
    free(filter);
    dd_index_fini(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_a_plain_list),
        cmocka_unit_test(taking_back),
        cmocka_unit_test(sealed_says_the_same),
        cmocka_unit_test(filter_sorts_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
