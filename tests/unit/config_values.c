/* SPDX-License-Identifier: Apache-2.0
 *
 * config/: values: every type, every integer's range at its borders, defaults, what is worked out.
 */
#include "config/keys.h"
#include "config_support.h"

#include <inttypes.h>

static void defaults_are_the_table_s(void **state)
{
    (void)state;
    config_try result = config_good("", CD_CONFIG_LOCAL);
    const cd_config *config = result.config;
    assert_string_equal(config->name, "copydesk");
    assert_string_equal(config->group, "copydesk");
    assert_int_equal(config->log_level, 6);
    assert_int_equal(config->delivery, CD_DELIVERY_AT_LEAST_ONCE);
    assert_int_equal(config->input.format, CD_FORMAT_JSON);
    assert_int_equal(config->input.start, CD_START_EARLIEST);
    assert_int_equal(config->input.max_bytes, 16 << 20);
    assert_int_equal(config->input.max_depth, 256);
    assert_false(config->input.confluent);
    assert_string_equal(config->input.fields.text, "/text");
    assert_string_equal(config->input.fields.published, "/published");
    assert_int_equal(config->desk.memory, 64 << 20);
    assert_int_equal(config->desk.in_flight, 256);
    assert_int_equal(config->desk.commit_interval, 500);
    assert_int_equal(config->desk.drain_timeout, 20000);
    assert_int_equal(config->worker.article_cpu, 2000);
    assert_int_equal(config->worker.memory, 1 << 30);
    assert_true(config->worker.sandbox);
    assert_int_equal(config->retry.attempts, 5);
    assert_int_equal(config->breaker.dead_letters, 50);
    assert_int_equal(config->breaker.policy, CD_BREAKER_PAUSE);
    assert_string_equal(config->state_dir, "/var/lib/copydesk");
    assert_string_equal(config->run_dir, "/run/copydesk");
    assert_true(config->plugin_dir[0] == '/');
    assert_int_equal(config->stage_count + config->input.topic_count + config->output.route_count, 0);
    config_done(&result);
}

static void every_type_is_read(void **state)
{
    (void)state;
    config_try result =
        config_good("name = \"city-desk.1\"; group = \"readers\"; log = { level = \"debug\"; };\n"
                    "input = { topics = [ \"raw\", \"^wire\\\\..+$\" ]; format = \"auto\"; charset = \"latin1\";\n"
                    "  confluent = TRUE; max_bytes = 0x100000; fields = { title = \"\"; text = \"/a~1b/0\"; };\n"
                    "};\n"
                    "output = { routes = ( { name = \"sports\"; topic = \"t.sports\"; },\n"
                    "                      { topic = \"t.local\"; name = \"local\"; } ); };\n"
                    "desk = { memory = 5000000000; workers = 3; }; plugin_dir = \"/opt/p\";\n"
                    "worker = { sandbox = false; memory = 8589934592L; };\n",
                    CD_CONFIG_LOCAL);
    const cd_config *config = result.config;
    assert_string_equal(config->name, "city-desk.1");
    assert_string_equal(config->group, "readers");
    assert_int_equal(config->log_level, 7);
    assert_int_equal(config->input.topic_count, 2);
    assert_string_equal(config->input.topics[1], "^wire\\..+$");
    assert_int_equal(config->input.format, CD_FORMAT_AUTO);
    assert_string_equal(config->input.charset, "latin1");
    assert_true(config->input.confluent);
    assert_int_equal(config->input.max_bytes, 1 << 20);
    assert_string_equal(config->input.fields.title, "");
    assert_string_equal(config->input.fields.text, "/a~1b/0");
    assert_int_equal(config->output.route_count, 2);
    assert_string_equal(config->output.routes[1].name, "local");
    assert_string_equal(config->output.routes[1].topic, "t.local");
    assert_int_equal(config->desk.memory, INT64_C(5000000000)); /* more than 32 bits, without a suffix */
    assert_int_equal(config->worker.memory, INT64_C(8589934592));
    assert_false(config->worker.sandbox);
    assert_string_equal(config->plugin_dir, "/opt/p");
    config_done(&result);
}

/* "a.b.c" and a value as the file has it. */
static void nest(const char *path, const char *value, char *out, size_t size)
{
    size_t len = 0, depth = 0;
    for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1, depth++)
        len += (size_t)snprintf(out + len, size - len, "%.*s = {\n", (int)(dot - path), path);
    len += (size_t)snprintf(out + len, size - len, "%s = %s;", path, value);
    for (; depth > 0; depth--)
        len += (size_t)snprintf(out + len, size - len, "};");
}

static bool says_out_of_range(const cd_key *key, int64_t value)
{
    char text[256], number[32], expected[256];
    snprintf(number, sizeof number, "%" PRId64, value);
    nest(key->path, number, text, sizeof text);
    config_try result = config_load_text(text, CD_CONFIG_LOCAL, NULL, NULL);
    bool said = false;
    for (size_t i = 0; i < result.problems.count; i++) {
        snprintf(expected, sizeof expected, "%s: found the integer %s, expected ", key->path, number);
        said = said || (strstr(result.problems.list[i].text, expected) != NULL &&
                        strstr(result.problems.list[i].text, "an integer from ") != NULL);
    }
    if (result.config != NULL)
        assert_int_equal(*(const int64_t *)(const void *)((const char *)result.config + key->offset), value);
    assert_true(said || result.config != NULL ||
                key->max > (INT64_C(1) << 20)); /* else another key's rule refuses it */
    config_done(&result);
    return said;
}

static void every_integer_has_its_borders(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < cd_key_count; i++) {
        const cd_key *key = &cd_keys[i];
        if (key->type != CD_KEY_INTEGER)
            continue;
        bool zero = key->flags & CD_KEY_OR_ZERO;
        assert_false(says_out_of_range(key, key->min));
        assert_true(says_out_of_range(key, key->min - 1));
        assert_true(says_out_of_range(key, key->max + 1));
        assert_true(says_out_of_range(key, -1));
        assert_true(says_out_of_range(key, INT64_MIN) && says_out_of_range(key, INT64_MAX));
        assert_int_equal(says_out_of_range(key, 0), !(zero || key->min == 0));
        if (strcmp(key->path, "retry.backoff") != 0 && strcmp(key->path, "breaker.backoff") != 0 &&
            strcmp(key->path, "input.max_bytes") != 0)
            assert_false(says_out_of_range(key, key->max)); /* those would break a rule with their default partner */
        tried++;
    }
    assert_int_equal(tried, 17);
}

static void every_key_refuses_every_other_type(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t fits; /* 1 << cd_key_type */
    } values[] = {
        {"true", 1u << CD_KEY_BOOLEAN}, {"1.5", 0},      {"{ a = 1; }", 0},
        {"7", 1u << CD_KEY_INTEGER},    {"( 1, 2 )", 0}, {"[ \"=\" ]", 0},
    };
    for (size_t i = 0; i < cd_key_count; i++) {
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
            char text[256];
            if (values[j].fits & 1u << cd_keys[i].type)
                continue;
            nest(cd_keys[i].path, values[j].text, text, sizeof text);
            config_try result = config_load_text(text, CD_CONFIG_KAFKA, NULL, NULL);
            unsigned line = 1;
            for (const char *s = cd_keys[i].path; *s != '\0'; s++)
                line += *s == '.';
            config_expect(&result, NULL, line, "found ", "expected ", NULL);
            config_done(&result);
        }
    }
}

static void choices_say_what_there_is(void **state)
{
    (void)state;
    config_refused("input = {\n  format = \"xml\"; };", CD_CONFIG_LOCAL, 2,
                   "input.format: found the string \"xml\", expected one of \"json\" \"text\" \"auto\"");
    config_refused("\ndelivery = \"at-most-once\";", CD_CONFIG_LOCAL, 2, "expected one of \"at-least-once\" \"exactly-once\"");
    config_refused("log = { level = \"loud\"; };", CD_CONFIG_LOCAL, 1, "\"warning\"");
}

static void strings_have_their_rules(void **state)
{
    (void)state;
    config_refused("name = \"\";", CD_CONFIG_LOCAL, 1, "1 to 64 of the characters");
    config_refused("name = \"a/b\";", CD_CONFIG_LOCAL, 1, "name: found the string \"a/b\"");
    config_refused("name = \"..\";", CD_CONFIG_LOCAL, 1, "name: found");
    config_refused("output = { topic = \"two words\"; };", CD_CONFIG_LOCAL, 1, "a topic's name");
    config_refused("input = { topics = [ \"fine\", \"not fine\" ]; };", CD_CONFIG_LOCAL, 1, "a list of topics' names");
    config_refused("input = { fields = { id = \"id\"; }; };", CD_CONFIG_LOCAL, 1, "a JSON Pointer");
    config_refused("input = { fields = { id = \"/a~2\"; }; };", CD_CONFIG_LOCAL, 1, "a JSON Pointer");
    config_refused("input = { fields = { text = \"\"; }; };", CD_CONFIG_LOCAL, 1, "the text must be somewhere");
    config_refused("state_dir = \"var/lib\";", CD_CONFIG_LOCAL, 1, "an absolute path");
    config_refused("state_dir = \"\";", CD_CONFIG_LOCAL, 1, "an absolute path");
    config_refused("input = { charset = \"latin1//TRANSLIT\"; };", CD_CONFIG_LOCAL, 1, "iconv -l");
}

static void a_start_can_be_a_time(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int start;
        int64_t ms;
    } good[] = {
        {"earliest", CD_START_EARLIEST, 0},
        {"latest", CD_START_LATEST, 0},
        {"timestamp:0", CD_START_TIMESTAMP, 0},
        {"timestamp:1767225600123", CD_START_TIMESTAMP, INT64_C(1767225600123)},
        {"timestamp:2026-01-01", CD_START_TIMESTAMP, INT64_C(1767225600000)},
        {"timestamp:2026-01-01T00:00Z", CD_START_TIMESTAMP, INT64_C(1767225600000)},
        {"timestamp:2026-01-01T01:00:00+01:00", CD_START_TIMESTAMP, INT64_C(1767225600000)},
        {"timestamp:2025-12-31T18:30:00.250-05:30", CD_START_TIMESTAMP, INT64_C(1767225600250)},
        {"timestamp:2024-02-29", CD_START_TIMESTAMP, INT64_C(1709164800000)},
    };
    static const char *const bad[] = {"",
                                      "soon",
                                      "timestamp:",
                                      "timestamp:-1",
                                      "timestamp:12x",
                                      "timestamp:2026-13-01",
                                      "timestamp:2026-02-29",
                                      "timestamp:2026-01-01T00:00:00",
                                      "timestamp:2026-01-01T24:01Z",
                                      "timestamp:2026-01-01T00:00+1:00",
                                      "timestamp:2026-01-01T00:00+25:00",
                                      "timestamp:2026-1-1",
                                      "timestamp:2026-01-01 ",
                                      "timestamp:99999999999999999999"};
    char text[128];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(text, sizeof text, "input = { start = \"%s\"; };", good[i].text);
        config_try result = config_good(text, CD_CONFIG_LOCAL);
        assert_int_equal(result.config->input.start, good[i].start);
        assert_int_equal(result.config->input.start_ms, good[i].ms);
        config_done(&result);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "input = {\nstart = \"%s\"; };", bad[i]);
        config_refused(text, CD_CONFIG_LOCAL, 2, "input.start: found ");
    }
}

static void help_names_every_key(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    cd_config_help(out);
    assert_int_equal(fclose(out), 0);
    for (size_t i = 0; i < cd_key_count; i++) {
        assert_non_null(strstr(text, cd_keys[i].path));
        assert_non_null(strstr(text, cd_keys[i].help));
    }
    assert_non_null(strstr(text, "0 or an integer from 67108864 to 1099511627776 bytes"));
    free(text);
}

static void examples_in_problems_can_be_pasted(void **state)
{
    (void)state;
    for (size_t i = 0; i < cd_key_count; i++) {
        char example[256];
        config_try result = config_good(cd_key_example(&cd_keys[i], example, sizeof example), CD_CONFIG_LOCAL);
        config_done(&result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_table_s),
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(every_integer_has_its_borders),
        cmocka_unit_test(every_key_refuses_every_other_type),
        cmocka_unit_test(choices_say_what_there_is),
        cmocka_unit_test(strings_have_their_rules),
        cmocka_unit_test(a_start_can_be_a_time),
        cmocka_unit_test(help_names_every_key),
        cmocka_unit_test(examples_in_problems_can_be_pasted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
