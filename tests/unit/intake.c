/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/intake.h on librdkafka's mock cluster: whatever a coordinator refuses for now, the group's committed offset never falls back.
 */
#include "desk_support.h"
#include "kafka/outlet.h"
#include "kafka/rebalance.h"
#include "kafka_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

enum { OFFSET_COMMIT = 8, LIMIT_S = 60 };

typedef struct group {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *brokers;
    cd_config *config;
    bench *bench;
    cd_kafka_outlet *outlet;
    cd_kafka_intake *intake;
    cd_offsets *offsets; /* of raw/0 */
} group;

static void pump(void *self, int most_ms) { cd_loop_round(&((group *)self)->bench->loop, most_ms); }

static bool hurry(void *self)
{
    (void)self;
    return false;
}

static void turn(group *g)
{
    cd_kafka_intake_poll(g->intake);
    cd_loop_round(&g->bench->loop, 20);
}

/* It has joined, and stands at the end of the empty partition. */
static int start(void **state)
{
    static const char *const topics[] = {"raw", "out", "dead"};
    group *g = calloc(1, sizeof *g);
    cd_error error = {0};
    alarm(LIMIT_S);
    g->host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    g->brokers = rd_kafka_mock_cluster_new(g->host, 1);
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        rd_kafka_mock_topic_create(g->brokers, topics[i], 1, 1);
    g->config = kafka_config(g->brokers, "output = { topic = \"out\"; };\n");
    g->bench = bench_start("slow", NULL);
    assert_int_equal(cd_kafka_outlet_create(g->config, g->bench->desk, &g->bench->loop, -1, &g->outlet, &error), 0);
    cd_kafka_intake_plan plan = {g->config, &g->bench->loop, g->bench->desk, g->outlet, pump, hurry, g};
    assert_int_equal(cd_kafka_intake_create(&plan, &g->intake, &error), 0);
    while (!cd_kafka_intake_joined(g->intake) || g->intake->partitions.list[0]->offsets.end == CD_OFFSET_NONE)
        turn(g);
    g->offsets = &g->intake->partitions.list[0]->offsets;
    *state = g;
    return 0;
}

static int end(void **state)
{
    group *g = *state;
    cd_kafka_outlet_destroy(g->outlet);
    bench_end(g->bench);
    cd_config_destroy(g->config);
    rd_kafka_mock_cluster_destroy(g->brokers);
    rd_kafka_destroy(g->host);
    free(g);
    alarm(0);
    return 0;
}

static void settle(group *g, int64_t next)
{
    assert_true(cd_offsets_take(g->offsets, next - 1));
    cd_offsets_settle(g->offsets, next);
}

/* What the brokers have of the group, asked by somebody else once the intake has left. */
static int64_t committed(group *g)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    cd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(g->brokers));
    cd_kafka_conf_set(conf, "group.id", g->config->group);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "raw", 0);
    assert_int_equal(rd_kafka_committed(client, list, 1000 * LIMIT_S), RD_KAFKA_RESP_ERR_NO_ERROR);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(client);
    return offset;
}

/* 10 is to be committed, and sent again; 20 has settled. */
static void settle_behind_a_refused_commit(group *g)
{
    rd_kafka_mock_push_request_errors(g->brokers, OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
    settle(g, 10);
    cd_kafka_intake_commit(g->intake);
    settle(g, 20);
}

static void a_commit_that_is_sent_again_does_not_overtake(void **state)
{
    group *g = *state;
    settle_behind_a_refused_commit(g);
    for (; g->offsets->committed < 20; turn(g))
        cd_kafka_intake_commit(g->intake);
    cd_kafka_intake_close(g->intake, false);
    assert_int_equal(committed(g), 20);
}

static void the_last_commit_is_the_last(void **state)
{
    group *g = *state;
    settle_behind_a_refused_commit(g);
    cd_kafka_intake_close(g->intake, false);
    assert_int_equal(committed(g), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_commit_that_is_sent_again_does_not_overtake, start, end),
        cmocka_unit_test_setup_teardown(the_last_commit_is_the_last, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
