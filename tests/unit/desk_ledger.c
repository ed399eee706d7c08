/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger and the window of desk/desk.h under random schedules, against a model that knows nothing but what the
 * outlet said: reports that come late and in any order, refusals, deliveries that failed, an outlet that is full,
 * partitions lost with records under way. After each step every book must be the model's, and what may be committed is
 * exactly the settled prefix. Tombstones and records over the limit need no worker, so there is time for a hundred
 * thousand schedules.
 */
#include "desk_support.h"
#include "schedule.h"

enum { LANES = 3, MOST = 48, LIMIT = 1024 };

typedef struct model {
    bool settled[MOST];
    bool tombstone[MOST];
    unsigned taken, unsettled;
    cd_ledger ledger;
} model;

static bench *b;
static model lanes[LANES];

static bool same(const cd_ledger *one, const cd_ledger *other)
{
    return one->read == other->read && one->published == other->published && one->dropped == other->dropped &&
           one->dead_lettered == other->dead_lettered && one->abandoned == other->abandoned;
}

static bool books_are_the_models(void)
{
    bench_serve(b);
    for (int32_t i = 0; i < LANES; i++) {
        const model *m = &lanes[i];
        unsigned prefix = 0;
        while (prefix < m->taken && m->settled[prefix])
            prefix++;
        HOLDS(same(&b->lanes[i]->ledger, &m->ledger));
        HOLDS(b->lanes[i]->unsettled == m->unsettled);
        HOLDS(b->lanes[i]->settled_offset ==
              (prefix ? (int64_t)prefix * 2 - 1 : -1)); /* behind offset 2 (prefix - 1) */
    }
    return true;
}

static void take(schedule *s)
{
    static const char large[LIMIT + 1];
    int32_t lane = (int32_t)schedule_below(s, LANES);
    model *m = &lanes[lane];
    if (m->taken == MOST)
        return;
    bool tombstone = schedule_chance(s, 60);
    bench_take_bytes(b, lane, (int64_t)m->taken * 2, "key", 3, tombstone ? NULL : large, tombstone ? 0 : sizeof large);
    m->tombstone[m->taken++] = tombstone;
    m->unsettled++;
    m->ledger.read++;
}

static cd_record *any_published(schedule *s)
{
    if (b->published_count == 0)
        return NULL;
    size_t index = schedule_below(s, b->published_count);
    cd_record *record = b->published[index];
    b->published[index] = b->published[--b->published_count];
    return record;
}

static void deliver(cd_record *record)
{
    if (record && record->lane) {
        model *m = &lanes[record->identity.partition];
        uint64_t number = (uint64_t)record->identity.offset / 2;
        *(m->tombstone[number] ? &m->ledger.published : &m->ledger.dead_lettered) += 1;
        m->settled[number] = true;
        m->unsettled--;
    }
    if (record)
        cd_desk_delivered(b->desk, record, NULL, NULL);
}

/* A tombstone that no broker takes is a dead letter from now on. A dead letter is not refused. */
static void refuse(cd_record *record)
{
    if (record == NULL)
        return;
    model *m = &lanes[record->identity.partition];
    uint64_t number = (uint64_t)record->identity.offset / 2;
    if (record->lane == NULL || !m->tombstone[number]) {
        cd_desk_undelivered(b->desk, record, false);
        return;
    }
    m->tombstone[number] = false;
    cd_desk_delivered(b->desk, record, "reject", "nobody wants it");
}

static bool lose(int32_t lane)
{
    model *m = &lanes[lane];
    m->ledger.abandoned += m->unsettled;
    cd_ledger last = bench_lose(b, lane);
    HOLDS(same(&last, &m->ledger));
    HOLDS(cd_ledger_gap(&last, 0) == 0);
    *m = (model){0};
    bench_lane(b, lane);
    return true;
}

static bool books_balance(schedule *s)
{
    for (int32_t i = 0; i < LANES; i++)
        HOLDS(lose(i));
    for (int step = 0; step < 60; step++) {
        uint64_t what = schedule_below(s, 100);
        cd_record *record;
        if (what < 45)
            take(s);
        else if (what < 80)
            deliver(any_published(s));
        else if (what < 86)
            refuse(any_published(s));
        else if (what < 92 && (record = any_published(s)) != NULL)
            cd_desk_undelivered(b->desk, record, false);
        else if (what < 98)
            b->not_now = (int)schedule_below(s, 3);
        else
            HOLDS(lose((int32_t)schedule_below(s, LANES)));
        HOLDS(books_are_the_models());
    }
    b->not_now = 0;
    bench_serve(b);
    while (b->published_count > 0) {
        deliver(any_published(s));
        bench_serve(b);
    }
    for (int32_t i = 0; i < LANES; i++)
        HOLDS(lanes[i].unsettled == 0 && b->lanes[i]->first == b->lanes[i]->last);
    bench_forget(b);
    return books_are_the_models();
}

static void random_schedules_keep_the_books(void **state)
{
    (void)state;
    b = bench_start("misbehave", (const char *const[]){"desk.workers=1", "input.max_bytes=1024", NULL});
    b->reports = BENCH_LATER;
    assert_int_equal(schedules_run(100000, books_balance), 0);
    bench_break_off(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_schedules_keep_the_books)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
