/* SPDX-License-Identifier: Apache-2.0
 *
 * stats/stats.h and stats/ledger.h: the record is JSON, has every member, and its books balance.
 */
#include "stats/stats.h"
#include "schedule.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- the ledger ---- */

static void a_gap_says_how_many_and_which_way(void **state)
{
    (void)state;
    cd_ledger ledger = {.read = 100, .published = 50, .dropped = 20, .dead_lettered = 10, .abandoned = 5};
    assert_int_equal(cd_ledger_gap(&ledger, 15), 0);
    assert_int_equal(cd_ledger_gap(&ledger, 12), 3);  /* three are lost sight of */
    assert_int_equal(cd_ledger_gap(&ledger, 19), -4); /* four were counted twice */
    assert_int_equal(cd_ledger_gap(&(cd_ledger){0}, 0), 0);
}

static bool sums_balance_if_their_parts_do(schedule *s)
{
    cd_ledger sum = {0};
    uint64_t in_flight = 0;
    int64_t gap = 0;
    for (int i = 0; i < 10; i++) {
        cd_ledger part = {.published = schedule_below(s, 1u << 20),
                          .dropped = schedule_below(s, 99),
                          .dead_lettered = schedule_below(s, 99),
                          .abandoned = schedule_below(s, 99)};
        uint64_t flying = schedule_below(s, 1000), lost = schedule_below(s, 3);
        part.read = part.published + part.dropped + part.dead_lettered + part.abandoned + flying + lost;
        HOLDS(cd_ledger_gap(&part, flying) == (int64_t)lost);
        cd_ledger_add(&sum, &part);
        in_flight += flying;
        gap += (int64_t)lost;
    }
    HOLDS(cd_ledger_gap(&sum, in_flight) == gap);
    return true;
}

static void random_ledgers_add_up(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(100000, sums_balance_if_their_parts_do), 0);
}

/* ---- the record ---- */

static const char *const counter_names[] = {"seen", "lost"};
static const uint64_t counters[] = {12, 0};

static const cd_partition_stats partitions[] = {
    {"articles", 0, 3, {.read = 10, .published = 4, .dropped = 3, .dead_lettered = 2}, 1, 42, 7, 50, 8, false, true},
    {"odd \"topic\"\n", 7, 1, {.read = 5, .published = 1, .abandoned = 2}, 1, -1, 0, -1, -1, true, false},
};

static const cd_stage_stats stages[] = {
    {.name = "lang",
     .version = "1.2.3",
     .articles = 10,
     .ok = 4,
     .dropped = 1,
     .routed = 2,
     .rejected = 3,
     .retried = 5,
     .fatal = 6,
     .skipped = 11,
     .off = true,
     .crashes = 7,
     .timeouts = 8,
     .claims = 9,
     .wall_ns = 1234567,
     .counter_names = counter_names,
     .counters = counters,
     .counter_count = 2},
    {.name = "plain", .version = "0"},
};

static const cd_child_stats children[] = {{"worker 1", "ready", 4711, 3}, {"store", "gone", 0, 0}};

static cd_stats_view full_view(void)
{
    return (cd_stats_view){.name = "night desk",
                           .pipeline = "0123abcd",
                           .status = "ok",
                           .time_ms = 1700000000123,
                           .uptime_ms = 60000,
                           .budget_used = 1000,
                           .budget_limit = 268435456,
                           .restarts = 2,
                           .partitions = partitions,
                           .partition_count = 2,
                           .stages = stages,
                           .stage_count = 2,
                           .children = children,
                           .child_count = 2};
}

/* What was written, parsed by somebody else: strictly, and a name may come but once. */
static json_t *written(const cd_stats_view *view)
{
    cd_json out = {0};
    json_error_t error;
    cd_json_cstring(&out, "what stood there before");
    cd_stats_write(view, &out);
    cd_str text = cd_json_text(&out);
    json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("no JSON: %s at %d", error.text, error.position);
    cd_json_free(&out);
    return root;
}

static void has_integer(json_t *object, const char *key, json_int_t value)
{
    json_t *found = json_object_get(object, key);
    if (!json_is_integer(found) || json_integer_value(found) != value)
        fail_msg("%s is not %lld", key, (long long)value);
}

static void has_text(json_t *object, const char *key, const char *value)
{
    json_t *found = json_object_get(object, key);
    if (!json_is_string(found))
        fail_msg("%s is no string", key);
    assert_string_equal(json_string_value(found), value);
}

static void has_ledger(json_t *object, const cd_ledger *ledger, uint64_t in_flight, int64_t gap)
{
    has_integer(object, "read", (json_int_t)ledger->read);
    has_integer(object, "published", (json_int_t)ledger->published);
    has_integer(object, "dropped", (json_int_t)ledger->dropped);
    has_integer(object, "dead_lettered", (json_int_t)ledger->dead_lettered);
    has_integer(object, "abandoned", (json_int_t)ledger->abandoned);
    has_integer(object, "in_flight", (json_int_t)in_flight);
    has_integer(object, "gap", gap);
}

static void the_head_says_who_and_when(void **state)
{
    (void)state;
    cd_stats_view view = full_view();
    json_t *root = written(&view);
    has_text(root, "name", "night desk");
    has_text(root, "pipeline", "0123abcd");
    has_text(root, "status", "ok");
    has_integer(root, "time_ms", 1700000000123);
    has_integer(root, "uptime_ms", 60000);
    has_integer(root, "memory_used", 1000);
    has_integer(root, "memory_limit", 268435456);
    has_integer(root, "restarts", 2);
    json_decref(root);
}

static void partitions_and_their_total_are_there(void **state)
{
    (void)state;
    cd_stats_view view = full_view();
    json_t *root = written(&view), *list = json_object_get(root, "partitions");
    assert_int_equal(json_array_size(list), 2);
    for (size_t i = 0; i < 2; i++) {
        json_t *one = json_array_get(list, i);
        const cd_partition_stats *p = &partitions[i];
        has_text(one, "topic", p->topic);
        has_integer(one, "partition", p->partition);
        has_integer(one, "epoch", p->epoch);
        has_integer(one, "committed", p->committed);
        has_integer(one, "skipped", (json_int_t)p->skipped);
        has_integer(one, "end", p->end);
        has_integer(one, "lag", p->lag);
        has_ledger(one, &p->ledger, p->in_flight, i == 0 ? 0 : 1);
        assert_true(json_boolean_value(json_object_get(one, "assigned")) == p->assigned);
        assert_true(json_boolean_value(json_object_get(one, "paused")) == p->paused);
    }
    cd_ledger sum = {.read = 15, .published = 5, .dropped = 3, .dead_lettered = 2, .abandoned = 2};
    has_ledger(json_object_get(root, "total"), &sum, 2, 1);
    json_decref(root);
}

static void stages_and_their_counters_are_there(void **state)
{
    (void)state;
    cd_stats_view view = full_view();
    json_t *root = written(&view), *list = json_object_get(root, "stages"), *one = json_array_get(list, 0);
    assert_int_equal(json_array_size(list), 2);
    has_text(one, "name", "lang");
    has_text(one, "version", "1.2.3");
    static const char *const keys[] = {"ok",    "dropped", "routed",   "rejected", "retried",
                                       "fatal", "crashes", "timeouts", "claims"};
    static const json_int_t values[] = {4, 1, 2, 3, 5, 6, 7, 8, 9};
    for (size_t i = 0; i < 9; i++)
        has_integer(one, keys[i], values[i]);
    has_integer(one, "articles", 10);
    has_integer(one, "skipped", 11);
    assert_true(json_is_true(json_object_get(one, "off")) && json_is_false(json_object_get(json_array_get(list, 1), "off")));
    has_integer(one, "wall_us", 1234);
    json_t *own = json_object_get(one, "counters");
    has_integer(own, "seen", 12);
    has_integer(own, "lost", 0);
    json_t *none = json_object_get(json_array_get(list, 1), "counters");
    assert_true(json_is_object(none));
    assert_int_equal(json_object_size(none), 0);
    json_decref(root);
}

static void children_are_there(void **state)
{
    (void)state;
    cd_stats_view view = full_view();
    json_t *root = written(&view), *list = json_object_get(root, "workers");
    assert_int_equal(json_array_size(list), 2);
    for (size_t i = 0; i < 2; i++) {
        json_t *one = json_array_get(list, i);
        has_text(one, "name", children[i].name);
        has_text(one, "state", children[i].state);
        has_integer(one, "pid", children[i].pid);
        has_integer(one, "in_flight", (json_int_t)children[i].in_flight);
    }
    json_decref(root);
}

static void a_desk_that_has_nothing_yet_says_so(void **state)
{
    (void)state;
    cd_stats_view view = {.name = "new", .pipeline = "", .status = "ok"};
    json_t *root = written(&view);
    has_ledger(json_object_get(root, "total"), &(cd_ledger){0}, 0, 0);
    static const char *const lists[] = {"partitions", "stages", "workers"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(json_is_array(json_object_get(root, lists[i])));
        assert_int_equal(json_array_size(json_object_get(root, lists[i])), 0);
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_says_how_many_and_which_way),   cmocka_unit_test(random_ledgers_add_up),
        cmocka_unit_test(the_head_says_who_and_when),          cmocka_unit_test(partitions_and_their_total_are_there),
        cmocka_unit_test(stages_and_their_counters_are_there), cmocka_unit_test(children_are_there),
        cmocka_unit_test(a_desk_that_has_nothing_yet_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
