/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/outlet.h on librdkafka's mock cluster: while a new producer finds out how a transaction ended, the desk goes on; what it
 * hands over meanwhile waits, and no round waits for the brokers without end.
 */
#include "base/clock.h"
#include "base/loop.h"
#include "desk/crew.h"
#include "kafka/outlet.h"
#include "kafka/transaction.h"
#include "kafka_support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

/* No round may take longer: a call waits for a second, and there are not ten in one. */
enum { ROUND_S = 10, PRODUCE = 0 };

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *brokers;
static cd_config *config;
static cd_loop loop;
static int stop_fd;
static cd_kafka_outlet *outlet;

static int start(void **state)
{
    static const char *const topics[] = {"raw", "out", "sports", "dead"};
    cd_error error = {0};
    (void)state;
    host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    brokers = rd_kafka_mock_cluster_new(host, 1);
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        rd_kafka_mock_topic_create(brokers, topics[i], 1, 1);
    config = kafka_config(brokers, "delivery = \"exactly-once\";\n"
                                   "output = { topic = \"out\"; routes = ( { name = \"sports\"; topic = \"sports\"; } ); };\n");
    assert_int_equal(cd_loop_init(&loop), 0);
    stop_fd = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(cd_kafka_outlet_create(config, NULL, &loop, stop_fd, &outlet, &error), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cd_kafka_outlet_destroy(outlet);
    cd_loop_fini(&loop);
    close(stop_fd);
    cd_config_destroy(config);
    rd_kafka_mock_cluster_destroy(brokers);
    rd_kafka_destroy(host);
    return 0;
}

/* An empty one, whose end is not known: nobody need ask the group. */
static cd_transaction *lose_sight(void)
{
    static char intake;
    cd_transaction *t = cd_kafka_outlet_transaction(outlet);
    t->intake = (struct cd_kafka_intake *)(void *)&intake;
    t->state = CD_TRANSACTION_UNKNOWN;
    return t;
}

static void poll_once(void)
{
    alarm(ROUND_S);
    cd_kafka_outlet_poll(outlet);
    alarm(0);
}

static void until_idle(cd_transaction *t)
{
    int64_t end_ns = cd_clock_monotonic_ns() + 2 * ROUND_S * CD_NS_PER_S;
    for (; !cd_transaction_is_idle(t) && cd_clock_monotonic_ns() < end_ns; cd_loop_round(&loop, 20))
        poll_once();
    assert_true(cd_transaction_is_idle(t));
    assert_null(cd_kafka_outlet_fatal(outlet));
}

static void an_article_for_a_route_waits_for_the_new_producer(void **state)
{
    static cd_crew crew;
    char route[] = "sports";
    cd_record record = {.crew = &crew, .outcome = {.kind = CD_OUTCOME_PUBLISH, .route = route, .output = {"{}", 2}}};
    (void)state;
    cd_transaction *t = lose_sight();
    rd_kafka_mock_broker_set_down(brokers, 1);
    poll_once();
    assert_int_equal(t->state, CD_TRANSACTION_UNKNOWN);
    assert_int_equal(cd_kafka_outlet_publish(outlet, &record), -EAGAIN);
    rd_kafka_mock_broker_set_up(brokers, 1);
    until_idle(t);
}

static void a_topic_without_a_leader_holds_up_no_round(void **state)
{
    (void)state;
    cd_transaction *t = lose_sight();
    rd_kafka_mock_topic_set_error(brokers, "sports", RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    poll_once();
    assert_int_equal(t->state, CD_TRANSACTION_UNKNOWN);
    rd_kafka_mock_topic_set_error(brokers, "sports", RD_KAFKA_RESP_ERR_NO_ERROR);
    until_idle(t);
}

/* The limit that was. */
static struct rlimit allow_no_descriptors(void)
{
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = STDERR_FILENO + 1, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    return before;
}

static void without_descriptors_it_waits_for_some(void **state)
{
    (void)state;
    cd_transaction *t = lose_sight();
    struct rlimit before = allow_no_descriptors();
    poll_once();
    poll_once();
    assert_int_equal(t->state, CD_TRANSACTION_UNKNOWN);
    assert_null(cd_kafka_outlet_fatal(outlet));
    assert_non_null(strstr(cd_kafka_outlet_trouble(outlet), "there is no producer for now"));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    until_idle(t);
}

/* A broker says that it had the record already. librdkafka reports success then, but no offset. */
static void a_success_without_a_place_is_none(void **state)
{
    static cd_crew crew;
    static char intake;
    cd_lane *lane = cd_lane_create("raw", 0, 1, NULL);
    cd_record record = {.crew = &crew, .lane = lane, .outcome = {.kind = CD_OUTCOME_PUBLISH, .output = {"{}", 2}}};
    (void)state;
    cd_transaction *t = cd_kafka_outlet_transaction(outlet);
    t->intake = (struct cd_kafka_intake *)(void *)&intake;
    rd_kafka_mock_push_request_errors(brokers, PRODUCE, 1, RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER);
    assert_int_equal(cd_kafka_outlet_publish(outlet, &record), 0);
    t->intake = NULL; /* nobody tends it */
    alarm(ROUND_S);
    for (; t->pending > 0; cd_loop_round(&loop, 20))
        cd_kafka_outlet_poll(outlet);
    alarm(0);
    assert_true(t->must_abort);
    assert_int_equal(record.report, RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER);
    t->count = 0; /* the record is this test's */
    cd_lane_destroy(lane);
    until_idle(lose_sight());
}

/* The last one: it leaves no transaction. */
static void without_descriptors_it_can_end(void **state)
{
    (void)state;
    lose_sight();
    struct rlimit before = allow_no_descriptors();
    poll_once();
    assert_non_null(strstr(cd_kafka_outlet_trouble(outlet), "there is no producer for now"));
    cd_kafka_outlet_purge(outlet);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_success_without_a_place_is_none),
        cmocka_unit_test(an_article_for_a_route_waits_for_the_new_producer),
        cmocka_unit_test(a_topic_without_a_leader_holds_up_no_round),
        cmocka_unit_test(without_descriptors_it_waits_for_some),
        cmocka_unit_test(without_descriptors_it_can_end),
    };
    return cmocka_run_group_tests(tests, start, end);
}
