/* SPDX-License-Identifier: Apache-2.0
 *
 * config/: Kafka properties: where values come from, which are refused, and that secrets stay secret.
 */
#include "config_support.h"

#include <unistd.h>

#define SECRET "hunter2-swordfish"

static const cd_kafka_property *property(const cd_kafka_properties *properties, const char *name)
{
    for (size_t i = 0; i < properties->count; i++)
        if (strcmp(properties->list[i].name, name) == 0)
            return &properties->list[i];
    fail_msg("no property %s", name);
    return NULL;
}

/* A complete configuration whose kafka.common holds these entries, from line 4 on. */
static config_try load_common(const char *entries, const char *const *sets)
{
    char text[4096];
    snprintf(
        text, sizeof text,
        "input = { topics = [ \"raw\" ]; }; output = { topic = \"clean\"; };\ndead_letters = { topic = \"dead\"; };\n"
        "kafka = { common = [ \"bootstrap.servers=broker:9092\",\n%s ]; };\n",
        entries);
    return config_load_text(text, CD_CONFIG_KAFKA, sets, NULL);
}

static void make_file(char *name, const char *text)
{
    strcpy(name, "/tmp/copydesk-secret-XXXXXX");
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

static void properties_keep_order_and_place(void **state)
{
    (void)state;
    config_try result = config_good("kafka = {\n common = [ \"bootstrap.servers=a:1,b:2\", \"client.id = desk=1\" ];\n"
                                    " consumer = ( \"session.timeout.ms=45000\" );\n producer = [];\n};\n"
                                    "input = { topics = [ \"raw\" ]; }; output = { topic = \"clean\"; };\n"
                                    "dead_letters = { topic = \"dead\"; };",
                                    CD_CONFIG_KAFKA);
    const cd_config *config = result.config;
    assert_int_equal(config->kafka.common.count, 2);
    assert_string_equal(config->kafka.common.list[0].name, "bootstrap.servers");
    assert_string_equal(config->kafka.common.list[0].value, "a:1,b:2");
    assert_string_equal(config->kafka.common.list[1].name, "client.id");
    assert_string_equal(config->kafka.common.list[1].value, "desk=1");
    assert_false(config->kafka.common.list[1].secret);
    assert_int_equal(config->kafka.common.list[1].line, 2);
    assert_int_equal(config->kafka.consumer.count, 1);
    assert_int_equal(config->kafka.consumer.list[0].line, 3);
    assert_int_equal(config->kafka.producer.count, 0);
    config_done(&result);
}

static void brokers_may_stand_apart(void **state)
{
    (void)state;
    config_try result = config_good(
        "kafka = { consumer = [ \"bootstrap.servers=a:1\" ]; producer = [ \"metadata.broker.list=b:1\" ]; };"
        "input = { topics = [ \"raw\" ]; }; output = { topic = \"clean\"; }; dead_letters = { topic = \"dead\"; };",
        CD_CONFIG_KAFKA);
    config_done(&result);
    config_refused(
        "kafka = { consumer = [ \"bootstrap.servers=a:1\" ]; };"
        "input = { topics = [ \"raw\" ]; }; output = { topic = \"clean\"; }; dead_letters = { topic = \"dead\"; };",
        CD_CONFIG_KAFKA, 1, "found no bootstrap.servers");
}

static void the_environment_is_expanded(void **state)
{
    (void)state;
    setenv("CD_TEST_USER", "ada", 1);
    setenv("CD_TEST_TRAP", "${CD_TEST_USER} file:/etc/passwd", 1);
    setenv("CD_TEST_EMPTY", "", 1);
    config_try result = load_common("\"sasl.username=${CD_TEST_USER}-${CD_TEST_USER}\", \"client.id=$${x} $5 $\",\n"
                                    "\"client.rack=${CD_TEST_TRAP}\", \"debug=${CD_TEST_EMPTY}\"",
                                    NULL);
    assert_int_equal(result.status, 0);
    const cd_kafka_properties *common = &result.config->kafka.common;
    assert_string_equal(property(common, "sasl.username")->value, "ada-ada");
    assert_true(property(common, "sasl.username")->secret);
    assert_string_equal(property(common, "client.id")->value, "${x} $5 $");
    assert_false(property(common, "client.id")->secret);
    assert_string_equal(property(common, "client.rack")->value, "${CD_TEST_USER} file:/etc/passwd"); /* once only */
    assert_string_equal(property(common, "debug")->value, "");
    config_done(&result);
}

static void unset_variables_are_named(void **state)
{
    (void)state;
    unsetenv("CD_TEST_NOPE");
    config_try result = load_common("\"client.id=x\",\n\"sasl.password=${CD_TEST_NOPE}\", \"sasl.username=${\",\n"
                                    "\"client.rack=${1x}\", \"debug=${A B}\"",
                                    NULL);
    assert_int_equal(result.status, -22);
    config_expect(&result, NULL, 5, "sasl.password: found ${CD_TEST_NOPE}, which is not set", "sasl.password=file:PATH",
                  NULL);
    config_expect(&result, NULL, 5, "sasl.username: found '${' without", NULL);
    config_expect(&result, NULL, 6, "client.rack: found '${' without", NULL);
    config_expect(&result, NULL, 6, "debug: found '${' without", NULL);
    assert_int_equal(result.problems.count, 4);
    config_done(&result);
}

static void files_give_whole_values(void **state)
{
    (void)state;
    char password[64], pem[64], entries[400];
    make_file(password, SECRET "\r\n\n");
    make_file(pem, "-----BEGIN-----\nabc\n-----END-----\n");
    setenv("CD_TEST_FOLDER", "/tmp", 1);
    snprintf(entries, sizeof entries, "\"sasl.password=file:${CD_TEST_FOLDER}/%s\", \"ssl.ca.pem= file:%s\"",
             password + 5, pem);
    config_try result = load_common(entries, NULL);
    assert_int_equal(result.status, 0);
    const cd_kafka_properties *common = &result.config->kafka.common;
    assert_string_equal(property(common, "sasl.password")->value, SECRET);
    assert_true(property(common, "sasl.password")->secret);
    assert_string_equal(property(common, "ssl.ca.pem")->value, "-----BEGIN-----\nabc\n-----END-----");
    assert_true(property(common, "ssl.ca.pem")->secret);
    config_done(&result);
    (void)unlink(password);
    (void)unlink(pem);
}

static void files_that_cannot_be_used(void **state)
{
    (void)state;
    char empty[64], entries[400];
    make_file(empty, "\n");
    snprintf(entries, sizeof entries,
             "\"sasl.password=file:/nonexistent/x\",\n\"ssl.key.password=file:%s\", \"client.id=file:/tmp\"", empty);
    config_try result = load_common(entries, NULL);
    config_expect(&result, NULL, 4, "sasl.password: found file:/nonexistent/x", "No such file or directory", NULL);
    config_expect(&result, NULL, 5, "ssl.key.password: found file:", "it is empty", NULL);
    config_expect(&result, NULL, 5, "client.id: found file:/tmp", "Is a directory", NULL);
    assert_int_equal(result.problems.count, 3);
    config_done(&result);
    (void)unlink(empty);
}

static void owned_properties_are_refused(void **state)
{
    (void)state;
    static const char *const owned[][2] = {
        {"group.id", "the key 'group'"},
        {"auto.offset.reset", "the key 'input.start'"},
        {"enable.auto.commit", "the key 'delivery'"},
        {"enable.auto.offset.store", "the desk keeps offsets"},
        {"enable.idempotence", "always idempotent"},
        {"transactional.id", "the key 'delivery'"},
        {"acks", "all replicas"},
        {"partitioner", "order is kept"},
        {"enable.partition.eof", "the desk needs it"},
        {"rebalance_cb", "no text"},
    };
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
        char entry[100];
        snprintf(entry, sizeof entry, "\n\"%s=x\"", owned[i][0]);
        config_try result = load_common(entry, NULL);
        config_expect(&result, NULL, 5, owned[i][0], "which Copydesk sets itself", owned[i][1], NULL);
        assert_int_equal(result.problems.count, 1);
        config_done(&result);
    }
}

static void entries_without_form(void **state)
{
    (void)state;
    config_try result = load_common("\"sasl.password " SECRET "\",\n\"Sasl.Password=" SECRET "\", \"=" SECRET "\",\n"
                                    "\"client.id=a\", \"client.id=b\"",
                                    NULL);
    config_expect(&result, NULL, 4, "found an entry (the 2.) without a '='", NULL);
    config_expect(&result, NULL, 5, "found an entry (the 3.) whose name holds other characters", NULL);
    config_expect(&result, NULL, 5, "found an entry (the 4.) whose name", NULL);
    config_expect(&result, NULL, 6, "'client.id' for the second time", NULL);
    assert_int_equal(result.problems.count, 4);
    char *text = config_problems_text(&result.problems);
    assert_null(strstr(text, SECRET));
    free(text);
    config_done(&result);
}

static void secrets_never_appear(void **state)
{
    (void)state;
    char file[64], entries[800];
    make_file(file, SECRET);
    setenv("CD_TEST_SECRET", SECRET, 1);
    snprintf(entries, sizeof entries,
             "\"sasl.password=" SECRET "\", \"ssl.key.pem=" SECRET "\", \"ssl.keystore.password=" SECRET "\",\n"
             "\"sasl.oauthbearer.client.secret=" SECRET "\", \"sasl.oauthbearer.config=" SECRET "\",\n"
             "\"client.id=${CD_TEST_SECRET}\", \"client.rack=file:%s\", \"statistics.interval.ms=5\"",
             file);
    static const char *const sets[] = {"kafka.common=ssl.key.password=" SECRET, NULL};
    config_try result = load_common(entries, sets);
    assert_int_equal(result.status, 0);
    char *text = config_printed(result.config);
    assert_null(strstr(text, SECRET));
    assert_non_null(strstr(text, "\"sasl.password=<redacted>\""));
    assert_non_null(strstr(text, "\"client.id=<redacted>\""));
    assert_non_null(strstr(text, "\"statistics.interval.ms=5\""));
    assert_non_null(strstr(text, "\"bootstrap.servers=broker:9092\""));
    free(text);
    config_done(&result);
    /* The same with faults all around: no problem shows a value either. */
    strcat(entries,
           ", \"group.id=" SECRET "\", \"sasl.password=" SECRET "\", \"sasl.username=" SECRET "${CD_TEST_NOPE}\"");
    result = load_common(entries, sets);
    assert_int_equal(result.problems.count, 3);
    text = config_problems_text(&result.problems);
    assert_null(strstr(text, SECRET));
    free(text);
    config_done(&result);
    (void)unlink(file);
}

static void a_misplaced_secret_is_not_shown(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "kafka = \"" SECRET "\";", "kafka = { common = \"sasl.password=" SECRET "\"; };",
        "kafka = { common = [ \"sasl.password=" SECRET "\"; };", "kafka = { sasl = \"" SECRET "\"; };"};
    for (size_t i = 0; i < 4; i++) {
        config_try result = config_load_text(texts[i], CD_CONFIG_KAFKA, NULL, NULL);
        assert_int_equal(result.status, -22);
        char *text = config_problems_text(&result.problems);
        assert_null(strstr(text, SECRET));
        free(text);
        config_done(&result);
    }
}

static void the_command_line_adds_and_replaces(void **state)
{
    (void)state;
    static const char *const sets[] = {"kafka.common=bootstrap.servers=other:1", "kafka.common=client.id=x",
                                       "kafka.consumer=fetch.min.bytes=7", NULL};
    config_try result = load_common("\"security.protocol=plaintext\"", sets);
    assert_int_equal(result.status, 0);
    assert_int_equal(result.config->kafka.common.count, 3);
    assert_string_equal(property(&result.config->kafka.common, "bootstrap.servers")->value, "other:1");
    assert_string_equal(property(&result.config->kafka.common, "client.id")->file, "--set");
    assert_string_equal(property(&result.config->kafka.consumer, "fetch.min.bytes")->value, "7");
    config_done(&result);
}

static void a_local_run_needs_no_secrets(void **state)
{
    (void)state;
    config_try result = config_good("kafka = { common = [ \"sasl.password=${CD_TEST_NOPE}\" ]; };", CD_CONFIG_LOCAL);
    assert_int_equal(result.config->kafka.common.count, 0);
    config_done(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_keep_order_and_place),
        cmocka_unit_test(brokers_may_stand_apart),
        cmocka_unit_test(the_environment_is_expanded),
        cmocka_unit_test(unset_variables_are_named),
        cmocka_unit_test(files_give_whole_values),
        cmocka_unit_test(files_that_cannot_be_used),
        cmocka_unit_test(owned_properties_are_refused),
        cmocka_unit_test(entries_without_form),
        cmocka_unit_test(secrets_never_appear),
        cmocka_unit_test(a_misplaced_secret_is_not_shown),
        cmocka_unit_test(the_command_line_adds_and_replaces),
        cmocka_unit_test(a_local_run_needs_no_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
