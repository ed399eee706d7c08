/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/rates.h: what happened between two answers; and that nothing that restarts in between gives a rate that never was. */
#include "cli/top/rates.h"

#include <copydesk/sdk.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

/* Two moments of a daemon, two seconds apart; each test changes what it is about. */
typedef struct moments {
    cd_top_partition partitions[2][3];
    cd_top_stage stages[2][1];
    cd_top_process processes[2][1];
    cd_top_sample samples[2];
    cd_top_rates rates;
} moments;

static void begin(moments *m)
{
    memset(m, 0, sizeof *m);
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 3; j++)
            m->partitions[i][j] = (cd_top_partition){.topic = CD_LIT("raw"),
                                                     .partition = j,
                                                     .lag = 1000 - 100 * i + j,
                                                     .ledger = {.read = 500 + 200 * i * (j + 1), .published = 400 + 100 * i},
                                                     .assigned = true};
        m->stages[i][0] = (cd_top_stage){.name = CD_LIT("quotes"), .articles = 1000 + 50 * i, .wall_us = 900000 + 10000 * i};
        m->processes[i][0] = (cd_top_process){.pid = 7, .cpu_ms = 5000 + 500 * i, .age_ms = 60000 + 2000 * i};
        m->samples[i] = (cd_top_sample){.taken_ns = (100 + 2 * i) * SECOND,
                                        .pipeline = CD_LIT("e5b1"),
                                        .pid = 7,
                                        .uptime_ms = 60000 + 2000 * i,
                                        .stages_age_ms = 60000 + 2000 * i,
                                        .total = {.read = 1500 + 1200 * i, .dropped = 10 * i},
                                        .partitions = m->partitions[i],
                                        .stages = m->stages[i],
                                        .processes = m->processes[i],
                                        .partition_count = 3,
                                        .stage_count = 1,
                                        .process_count = 1};
    }
}

static void make(moments *m, bool first)
{
    cd_top_rates_fini(&m->rates);
    assert_int_equal(cd_top_rates_make(&m->rates, first ? NULL : &m->samples[0], &m->samples[1]), 0);
}

#define is(actual, expected) assert_true(fabs((actual) - (expected)) < 1e-9)

static void none_is_negative(const moments *m)
{
    const cd_top_rates *r = &m->rates;
    assert_false(r->flow.in < 0 || r->flow.out < 0 || r->flow.dropped < 0 || r->flow.dead < 0);
    for (size_t i = 0; i < m->samples[1].partition_count; i++)
        assert_false(r->partitions[i].flow.in < 0 || r->partitions[i].flow.out < 0);
    for (size_t i = 0; i < m->samples[1].stage_count; i++)
        assert_false(r->stages[i].articles < 0 || r->stages[i].mean_us < 0 || r->stages[i].busy < 0);
    for (size_t i = 0; i < m->samples[1].process_count; i++)
        assert_false(r->processes[i].cpu < 0);
}

static void between_two_answers(void **state)
{
    moments m;
    (void)state;
    begin(&m);
    make(&m, false);
    is(m.rates.flow.in, 600);
    is(m.rates.flow.dropped, 5);
    is(m.rates.partitions[1].flow.in, 200);
    is(m.rates.partitions[1].flow.out, 50);
    is(m.rates.partitions[1].lag_change, -50);
    assert_int_equal(m.rates.lag, 900 + 901 + 902);
    is(m.rates.lag_change, -150);
    is(m.rates.stages[0].articles, 25);
    is(m.rates.stages[0].mean_us, 200);
    is(m.rates.stages[0].busy, 0.005);
    is(m.rates.processes[0].cpu, 0.25);
    cd_top_rates_fini(&m.rates);
}

static void the_first_answer_gives_averages_since_the_start(void **state)
{
    moments m;
    (void)state;
    begin(&m);
    m.stages[1][0].crashes = 3;
    make(&m, true);
    is(m.rates.flow.in, 2700 / 62.0);
    is(m.rates.stages[0].articles, 1050 / 62.0);
    is(m.rates.processes[0].cpu, 5.5 / 62);
    assert_true(isnan(m.rates.partitions[0].lag_change) && isnan(m.rates.lag_change));
    assert_false(m.rates.stages[0].dying);
    cd_top_rates_fini(&m.rates);
}

static void another_daemon_is_not_compared_with_the_one_before(void **state)
{
    moments m;
    (void)state;
    for (int same_pid = 0; same_pid < 2; same_pid++) { /* in a container it is 1 each time */
        begin(&m);
        m.samples[1].pid = m.processes[1][0].pid = same_pid ? 7 : 8;
        m.samples[1].uptime_ms = m.samples[1].stages_age_ms = m.processes[1][0].age_ms = 500;
        m.samples[1].total = (cd_top_ledger){.read = 20};
        m.partitions[1][0].ledger = (cd_top_ledger){.read = 20};
        m.stages[1][0] = (cd_top_stage){.name = CD_LIT("quotes"), .articles = 10, .wall_us = 1000};
        m.processes[1][0].cpu_ms = 100;
        make(&m, false);
        none_is_negative(&m);
        is(m.rates.flow.in, 40);
        is(m.rates.partitions[0].flow.in, 40);
        is(m.rates.stages[0].articles, 20);
        is(m.rates.stages[0].mean_us, 100);
        is(m.rates.processes[0].cpu, 0.2);
        assert_true(isnan(m.rates.lag_change));
        cd_top_rates_fini(&m.rates);
    }
}

/* In a container, and nobody asked for so long that it is older than the one before was. */
static void a_counter_that_went_back_gives_no_rate(void **state)
{
    moments m;
    (void)state;
    begin(&m);
    m.samples[1].total.read = m.partitions[1][0].ledger.read = 20;
    make(&m, false);
    none_is_negative(&m);
    assert_true(isnan(m.rates.flow.in) && isnan(m.rates.partitions[0].flow.in));
    is(m.rates.partitions[1].flow.in, 200);
    cd_top_rates_fini(&m.rates);
}

/* Half a second ago, and the new stages have seen more than the old ones: no counter went back. */
static void after_a_reload_the_stages_count_from_it(void **state)
{
    moments m;
    (void)state;
    begin(&m);
    m.samples[1].stages_age_ms = 500;
    m.stages[1][0].articles = 2000;
    make(&m, false);
    is(m.rates.stages[0].articles, 4000);
    is(m.rates.flow.in, 600);
    cd_top_rates_fini(&m.rates);
}

static void a_reload_of_unknown_time_gives_no_rate_of_stages(void **state)
{
    moments m;
    (void)state;
    begin(&m);
    m.samples[1].stages_age_ms = -1; /* another one was refused since */
    m.samples[1].pipeline = CD_LIT("77aa");
    make(&m, false);
    assert_true(isnan(m.rates.stages[0].articles) && isnan(m.rates.stages[0].busy));
    cd_top_rates_fini(&m.rates);
    begin(&m);
    m.samples[1].stages_age_ms = -1; /* a refused one alone changes nothing */
    make(&m, false);
    is(m.rates.stages[0].articles, 25);
    m.stages[1][0].articles = 999; /* began anew, whatever else is said */
    make(&m, false);
    none_is_negative(&m);
    assert_true(isnan(m.rates.stages[0].articles));
    cd_top_rates_fini(&m.rates);
}

static void partitions_come_and_go(void **state)
{
    moments m;
    (void)state;
    begin(&m);
    m.samples[0].partition_count = 1;
    m.partitions[0][0].partition = 2; /* 0 and 1 are new, 2 stands elsewhere */
    m.partitions[1][2].assigned = false;
    m.partitions[1][2].lag = -1;
    make(&m, false);
    is(m.rates.partitions[0].flow.in, 350);
    is(m.rates.partitions[2].flow.in, 300);
    assert_true(isnan(m.rates.partitions[0].lag_change) && isnan(m.rates.partitions[2].lag_change));
    assert_int_equal(m.rates.lag, 900 + 901);
    cd_top_rates_fini(&m.rates);
}

static void a_worker_that_got_the_process_id_of_another_is_another(void **state)
{
    moments m;
    (void)state;
    begin(&m);
    m.processes[1][0].age_ms = 1000;
    m.processes[1][0].cpu_ms = 6000;
    make(&m, false);
    is(m.rates.processes[0].cpu, 6);
    m.processes[1][0].cpu_ms = -1;
    make(&m, false);
    assert_true(isnan(m.rates.processes[0].cpu));
    cd_top_rates_fini(&m.rates);
}

static void an_answer_of_the_same_moment_gives_no_rate(void **state)
{
    moments m;
    (void)state;
    begin(&m);
    m.samples[1].uptime_ms = m.samples[0].uptime_ms;
    make(&m, false);
    assert_true(isnan(m.rates.flow.in) && isnan(m.rates.partitions[0].lag_change));
    cd_top_rates_fini(&m.rates);
}

static void order_is(const moments *m, int64_t first, int64_t second, int64_t third)
{
    const int64_t expected[] = {first, second, third};
    for (int i = 0; i < 3; i++)
        assert_int_equal(m->rates.partitions[i].now->partition, expected[i]);
}

static void sorted_by_lag_rate_and_name(void **state)
{
    moments m;
    (void)state;
    begin(&m);
    m.partitions[1][0].lag = -1;
    make(&m, false);
    cd_top_rates_sort(&m.rates, 3, CD_TOP_BY_LAG);
    order_is(&m, 2, 1, 0);
    cd_top_rates_sort(&m.rates, 3, CD_TOP_BY_NAME);
    order_is(&m, 0, 1, 2);
    m.rates.partitions[1].flow.in = NAN;
    cd_top_rates_sort(&m.rates, 3, CD_TOP_BY_RATE);
    order_is(&m, 2, 0, 1);
    m.partitions[1][0].topic = CD_LIT("raw-2");
    m.partitions[1][2].topic = CD_LIT("ra");
    cd_top_rates_sort(&m.rates, 3, CD_TOP_BY_NAME);
    order_is(&m, 2, 1, 0);
    m.partitions[1][0].lag = m.partitions[1][1].lag = m.partitions[1][2].lag = 5;
    cd_top_rates_sort(&m.rates, 3, CD_TOP_BY_LAG);
    order_is(&m, 2, 1, 0);
    cd_top_rates_fini(&m.rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(between_two_answers),
        cmocka_unit_test(the_first_answer_gives_averages_since_the_start),
        cmocka_unit_test(another_daemon_is_not_compared_with_the_one_before),
        cmocka_unit_test(a_counter_that_went_back_gives_no_rate),
        cmocka_unit_test(after_a_reload_the_stages_count_from_it),
        cmocka_unit_test(a_reload_of_unknown_time_gives_no_rate_of_stages),
        cmocka_unit_test(partitions_come_and_go),
        cmocka_unit_test(a_worker_that_got_the_process_id_of_another_is_another),
        cmocka_unit_test(an_answer_of_the_same_moment_gives_no_rate),
        cmocka_unit_test(sorted_by_lag_rate_and_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
