/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/letters.h and replay.h on librdkafka's mock cluster: what a broker does not take is neither passed over nor forgotten.
 */
#include "kafka/replay.h"
#include "kafka_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { PRODUCE_REQUEST = 0, LETTERS = 3 };

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *brokers;
static cd_config *config;

static void produce_letter(rd_kafka_t *producer, int number)
{
    char offset[8];
    snprintf(offset, sizeof offset, "%d", number);
    rd_kafka_resp_err_t failed = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC("dead"), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_VALUE(offset, strlen(offset)),
        RD_KAFKA_V_HEADER("copydesk-topic", "raw", -1), RD_KAFKA_V_HEADER("copydesk-partition", "0", -1),
        RD_KAFKA_V_HEADER("copydesk-offset", offset, -1), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    assert_int_equal(failed, RD_KAFKA_RESP_ERR_NO_ERROR);
}

static int start(void **state)
{
    (void)state;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), NULL, 0);
    brokers = rd_kafka_mock_cluster_new(host, 1);
    rd_kafka_mock_topic_create(brokers, "raw", 1, 1);
    rd_kafka_mock_topic_create(brokers, "dead", 1, 1);
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(brokers), NULL, 0);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    for (int i = 0; i < LETTERS; i++)
        produce_letter(producer, i);
    assert_int_equal(rd_kafka_flush(producer, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
    config = kafka_config(brokers, "output = { topic = \"out\"; };\n");
    return 0;
}

static int end(void **state)
{
    (void)state;
    cd_config_destroy(config);
    rd_kafka_mock_cluster_destroy(brokers);
    rd_kafka_destroy(host);
    return 0;
}

static cd_letters *open_letters(const char *group)
{
    cd_error error = {0};
    cd_letters *letters;
    cd_letters_plan plan = {.config = config, .group = group, .partition = -1, .from = -1, .last = -1};
    assert_int_equal(cd_letters_open(&plan, &letters, &error), 0);
    return letters;
}

static void what_is_refused_for_now_is_read_again(void **state)
{
    cd_error error = {0};
    cd_letter batch[LETTERS];
    cd_replay *replay;
    cd_letters *letters = open_letters("desk-replay");
    (void)state;
    assert_int_equal(cd_replay_create(config, &replay, &error), 0);
    for (int i = 0; i < LETTERS; i++) {
        assert_int_equal(cd_letters_next(letters, &batch[i], &error), 1);
        assert_true(cd_replay_prepare(replay, &batch[i]));
        if (i == 1)
            rd_kafka_mock_push_request_errors(brokers, PRODUCE_REQUEST, 1, RD_KAFKA_RESP_ERR_POLICY_VIOLATION);
        cd_replay_send(replay, &batch[i], 1);
    }
    assert_int_equal(cd_letters_next(letters, &(cd_letter){0}, &error), 0);
    assert_int_equal(batch[0].state, CD_LETTER_SENT);
    assert_int_equal(batch[1].state, CD_LETTER_UNSENT);
    assert_non_null(strstr(batch[1].why, "raw: "));
    assert_int_equal(batch[2].state, CD_LETTER_SENT);
    cd_letters_put_back(letters, &batch[1]);
    assert_int_equal(cd_letters_remember(letters, &error), 0);
    for (int i = 0; i < LETTERS; i++)
        cd_letter_fini(&batch[i]);
    cd_letters_close(letters);

    letters = open_letters("desk-replay");
    assert_true(cd_letters_remembered(letters));
    assert_int_equal(cd_letters_total(letters), 2);
    assert_int_equal(cd_letters_next(letters, &batch[0], &error), 1);
    assert_int_equal(batch[0].offset, 1);
    cd_replay_send(replay, batch, 1);
    assert_int_equal(batch[0].state, CD_LETTER_SENT);
    cd_letter_fini(&batch[0]);
    cd_letters_close(letters);
    cd_replay_destroy(replay);
}

static void commit(const char *group, int64_t offset)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(brokers), NULL, 0);
    rd_kafka_conf_set(conf, "group.id", group, NULL, 0);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "dead", 0)->offset = offset;
    assert_int_equal(rd_kafka_commit(consumer, list, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(consumer);
}

/* The topic was made anew since: its letters are new ones. */
static void a_place_behind_the_end_is_none(void **state)
{
    cd_error error = {0};
    cd_letter letter;
    (void)state;
    commit("long-ago", LETTERS + 40);
    cd_letters *letters = open_letters("long-ago");
    assert_int_equal(cd_letters_total(letters), LETTERS);
    assert_int_equal(cd_letters_next(letters, &letter, &error), 1);
    assert_int_equal(letter.offset, 0);
    cd_letter_fini(&letter);
    cd_letters_close(letters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_refused_for_now_is_read_again),
        cmocka_unit_test(a_place_behind_the_end_is_none),
    };
    return cmocka_run_group_tests(tests, start, end);
}
