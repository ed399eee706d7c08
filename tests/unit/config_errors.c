/* SPDX-License-Identifier: Apache-2.0
 *
 * config/: every class of error, at the right line of the right file, all of them in one go.
 */
#include "config_support.h"

#include <unistd.h>

static void a_missing_file(void **state)
{
    (void)state;
    config_try result = {.file = "/nonexistent/copydesk.conf"};
    result.status = cd_config_load(result.file, NULL, 0, CD_CONFIG_KAFKA, &result.config, &result.problems);
    assert_int_equal(result.status, -22);
    config_expect(&result, NULL, 0, "No such file or directory", "expected a configuration", NULL);
    assert_int_equal(result.problems.count, 1);
    config_done(&result);
    result = (config_try){.file = "/"};
    result.status = cd_config_load(result.file, NULL, 0, CD_CONFIG_KAFKA, &result.config, &result.problems);
    assert_int_equal(result.status, -22);
    config_expect(&result, NULL, 0, "Is a directory", NULL);
    config_done(&result);
}

static void a_file_that_is_too_large(void **state)
{
    (void)state;
    size_t len = 1024 * 1024 + 1;
    char *text = malloc(len + 1);
    memset(text, '#', len);
    text[len] = '\0';
    config_refused(text, CD_CONFIG_LOCAL, 0, "at most 1 MiB");
    text[len - 1] = '\0';
    config_try result = config_good(text, CD_CONFIG_LOCAL);
    config_done(&result);
    free(text);
}

static void broken_syntax(void **state)
{
    (void)state;
    config_refused("name = \"a\";\n\ndesk = { workers = ; };\n", CD_CONFIG_LOCAL, 3, "syntax error");
    config_refused("desk.workers = 4;", CD_CONFIG_LOCAL, 1, "Names hold no dots");
    config_refused("name = \"a\";\nname = \"b\";", CD_CONFIG_LOCAL, 2, "for the second time in its group");
    config_refused("input = { topics = [ \"a\",\n 5 ]; };", CD_CONFIG_LOCAL, 2, "values of several types");
    config_refused("name = \"a\";\ngroup = \"never ends;\n\n", CD_CONFIG_LOCAL, 2, "a string that begins here");
    config_refused("name = \"a\";\n\n/* group = \"b\";\n", CD_CONFIG_LOCAL, 3, "a comment that begins here");
    config_refused("\n@include \"other.conf\"\n", CD_CONFIG_LOCAL, 2, "files are not included");
    config_refused("name = \"\xc3\x28\";", CD_CONFIG_LOCAL, 1, "invalid UTF-8");
    config_refused("name = \"\xed\xa0\x80\";", CD_CONFIG_LOCAL, 1, "invalid UTF-8");
    config_refused("\n\nx = ((((((((((1))))))))));", CD_CONFIG_LOCAL, 3, "more than 8 deep");
}

static void numbers_that_do_not_fit(void **state)
{
    (void)state;
    config_refused("desk = {\nmemory = 9223372036854775808; };", CD_CONFIG_LOCAL, 2, "beyond 64 bits");
    config_refused("desk = { memory = 0x10000000000000000; };", CD_CONFIG_LOCAL, 1, "beyond 64 bits");
    config_refused("a = 11111111111111111111111111111111111111111111111111111;", CD_CONFIG_LOCAL, 1, "too long");
    /* 32 bits, as libconfig would cut it: 705032704 would be in range */
    config_refused("desk = { in_flight = 4294967297; };", CD_CONFIG_LOCAL, 1, "the integer 4294967297, expected");
    config_refused("desk = { in_flight = 0xFFFFFFFF; };", CD_CONFIG_LOCAL, 1, "the integer 4294967295, expected");
    config_refused("desk = { in_flight = -4294967295; };", CD_CONFIG_LOCAL, 1, "the integer -4294967295, expected");
}

static void what_looks_like_a_number_is_left_alone(void **state)
{
    (void)state;
    config_try result = config_good("# 99999999999999999999999\n// \"\n/* \" 99999999999999999999999 */\n"
                                    "group = \"99999999999999999999999 /* # \\\" //\";\nname = \"a1-2\" # \"\n;",
                                    CD_CONFIG_LOCAL);
    assert_string_equal(result.config->group, "99999999999999999999999 /* # \" //");
    config_done(&result);
    result = config_good("\xEF\xBB\xBFname = \"with-mark\";", CD_CONFIG_LOCAL);
    assert_string_equal(result.config->name, "with-mark");
    config_done(&result);
}

static void unknown_names_and_what_was_meant(void **state)
{
    (void)state;
    config_refused("inptu = { };", CD_CONFIG_LOCAL, 1, "'inptu', expected one of the keys");
    config_refused("inptu = { };", CD_CONFIG_LOCAL, 1, "did you mean 'input'?");
    config_refused("desk = {\n\nwokers = 4; };", CD_CONFIG_LOCAL, 3, "did you mean 'desk.workers'?");
    config_refused("workers = 4;", CD_CONFIG_LOCAL, 1, "did you mean 'desk.workers'?");
    config_refused("input = { fields = { tilte = \"/t\"; }; };", CD_CONFIG_LOCAL, 1,
                   "did you mean 'input.fields.title'?");
    config_try result = config_load_text("xylophone = 1;", CD_CONFIG_LOCAL, NULL, NULL);
    config_expect(&result, NULL, 1, "'xylophone'", NULL);
    assert_null(strstr(result.problems.list[0].text, "did you mean"));
    config_done(&result);
    config_refused("\ndesk = 4;", CD_CONFIG_LOCAL, 2, "desk: found the integer 4, expected a group");
}

static void missing_keys_of_the_daemon(void **state)
{
    (void)state;
    config_try result = config_load_text("\ninput = { format = \"json\"; };\n", CD_CONFIG_KAFKA, NULL, NULL);
    assert_int_equal(result.status, -22);
    config_expect(&result, NULL, 2, "input.topics: found nothing, expected a list of topics", "[ \"articles.raw\" ]",
                  NULL);
    config_expect(&result, NULL, 0, "output.topic: found nothing", "output = { topic = \"articles.enriched\"; };",
                  NULL);
    config_expect(&result, NULL, 0, "dead_letters.topic: found nothing", NULL);
    config_expect(&result, NULL, 0, "kafka.common: found no bootstrap.servers", NULL);
    assert_int_equal(result.problems.count, 4);
    config_done(&result);
    result = config_good(CONFIG_BASE "input = { topics = [ \"raw\" ]; };", CD_CONFIG_KAFKA);
    config_done(&result);
}

static void topics_that_would_feed_themselves(void **state)
{
    (void)state;
    config_refused(CONFIG_BASE "\ninput = {\n topics = [ \"raw\", \"clean\" ]; };", CD_CONFIG_KAFKA, 6,
                   "\"clean\", which reads 'clean', the topic of output.topic");
    config_refused(CONFIG_BASE "input = { topics = [ \"^d.*\" ]; };", CD_CONFIG_KAFKA, 4,
                   "the topic of dead_letters.topic");
    config_refused(CONFIG_BASE "input = { topics = [ \"^stats\" ]; }; stats = { topic = \"stats.desk\"; };",
                   CD_CONFIG_KAFKA, 4, "the topic of stats.topic");
    config_refused(
        "output = { routes = ( { name = \"a\"; topic = \"side\"; } ); };\ninput = { topics = [ \"side\" ]; };",
        CD_CONFIG_LOCAL, 2, "the topic of output.routes");
    config_refused("input = { topics = [ \"^(\" ]; };", CD_CONFIG_LOCAL, 1, "POSIX extended regular expression");
    config_refused("input = { topics = [ \"a\", \"a\" ]; };", CD_CONFIG_LOCAL, 1, "each topic once");
    config_refused("output = { topic = \"a\"; };\ndead_letters = { topic = \"a\"; };", CD_CONFIG_LOCAL, 2,
                   "expected one of its own");
    config_refused("output = { topic = \"a\"; };\nstats = { topic = \"a\"; };", CD_CONFIG_LOCAL, 2,
                   "expected one of its own");
    config_refused("output = { routes = ( { name = \"x\"; topic = \"b\"; } ); }; dead_letters = { topic = \"b\"; };",
                   CD_CONFIG_LOCAL, 1, "output.routes: found \"b\"");
}

static void broken_routes(void **state)
{
    (void)state;
    config_refused("output = { routes = \"x\"; };", CD_CONFIG_LOCAL, 1, "expected a list of groups");
    config_refused("output = { routes = ( 5 ); };", CD_CONFIG_LOCAL, 1, "expected groups");
    config_refused("output = { routes = (\n{ name = \"a\"; } ); };", CD_CONFIG_LOCAL, 2, "found no topic");
    config_refused("output = { routes = (\n{ topic = \"a\"; } ); };", CD_CONFIG_LOCAL, 2, "found no name");
    config_refused("output = { routes = ( { name = \"a\"; topic = \"b\";\ncolour = 1; } ); };", CD_CONFIG_LOCAL, 2,
                   "'colour'");
    config_refused("output = { routes = ( { name = \"a\"; topic = \"b\"; },\n{ name = \"a\"; topic = \"c\"; } ); };",
                   CD_CONFIG_LOCAL, 2, "for the second time");
}

static void sizes_that_do_not_go_together(void **state)
{
    (void)state;
    config_refused("input = { max_bytes = 134217729; };\nworker = { memory = 0; };", CD_CONFIG_LOCAL, 0,
                   "desk.memory: found 67108864 bytes, expected at least twice input.max_bytes (134217729)");
    config_refused("desk = {\nmemory = 33554431; };", CD_CONFIG_LOCAL, 2, "at least twice");
    config_refused("worker = {\nmemory = 67108864; };\ninput = { max_bytes = 16777217; };", CD_CONFIG_LOCAL, 2,
                   "16 times");
    config_refused("retry = { backoff = 500;\nbackoff_max = 499; };", CD_CONFIG_LOCAL, 2,
                   "at least retry.backoff (500)");
    config_refused("breaker = { backoff = 500;\nbackoff_max = 499; };", CD_CONFIG_LOCAL, 2,
                   "at least breaker.backoff (500)");
    config_try result = config_good("desk = { memory = 33554432; }; worker = { memory = 268435456; };"
                                    "retry = { backoff = 500; backoff_max = 500; };",
                                    CD_CONFIG_LOCAL);
    config_done(&result);
}

static void all_errors_come_at_once_in_order(void **state)
{
    (void)state;
    config_try result = config_load_text("desk = { workers = \"four\";\n in_flight = 0; };\nnaem = 1;\n"
                                         "stages = ( { plugin = 5; } );\ninput = { start = \"soon\"; };\nlog = 3;\n",
                                         CD_CONFIG_LOCAL, NULL, NULL);
    assert_int_equal(result.problems.count, 6);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(result.problems.list[i].line, i + 1);
        assert_non_null(strstr(result.problems.list[i].text, "found "));
        assert_non_null(strstr(result.problems.list[i].text, "expected "));
    }
    char *text = config_problems_text(&result.problems), expected[160];
    snprintf(expected, sizeof expected,
             "%s:2: desk.in_flight: found the integer 0, expected an integer from 1 to 65536", result.file);
    assert_non_null(strstr(text, expected));
    free(text);
    config_done(&result);
}

static void places_stay_known(void **state)
{
    (void)state;
    static const char *const sets[] = {"desk.workers=2", NULL};
    config_try result = config_load_text("\ninput = {\n\n charset = \"klingon\"; };", CD_CONFIG_LOCAL, sets, NULL);
    const char *file;
    unsigned line;
    assert_int_equal(result.status, 0);
    cd_config_place(result.config, "input.charset", &file, &line);
    assert_string_equal(file, result.file);
    assert_int_equal(line, 4);
    cd_config_place(result.config, "input.max_depth", &file, &line);
    assert_int_equal(line, 2);
    cd_config_place(result.config, "output.topic", &file, &line);
    assert_string_equal(file, result.file);
    assert_int_equal(line, 0);
    cd_config_place(result.config, "desk.workers", &file, &line);
    assert_string_equal(file, "--set");
    config_done(&result);
}

static void the_list_of_problems_is_bounded(void **state)
{
    (void)state;
    cd_problems problems = {0};
    for (unsigned i = 0; i < 1500; i++)
        cd_problems_add(&problems, i % 2 ? "a.conf" : NULL, i, "problem %u", i);
    assert_int_equal(problems.count, 1000);
    assert_int_equal(problems.omitted, 500);
    char *text = config_problems_text(&problems);
    assert_non_null(strstr(text, "a.conf:7: problem 7\nproblem 8\n"));
    assert_non_null(strstr(text, "and 500 more\n"));
    free(text);
    cd_problems_fini(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_file),
        cmocka_unit_test(a_file_that_is_too_large),
        cmocka_unit_test(broken_syntax),
        cmocka_unit_test(numbers_that_do_not_fit),
        cmocka_unit_test(what_looks_like_a_number_is_left_alone),
        cmocka_unit_test(unknown_names_and_what_was_meant),
        cmocka_unit_test(missing_keys_of_the_daemon),
        cmocka_unit_test(topics_that_would_feed_themselves),
        cmocka_unit_test(broken_routes),
        cmocka_unit_test(sizes_that_do_not_go_together),
        cmocka_unit_test(all_errors_come_at_once_in_order),
        cmocka_unit_test(places_stay_known),
        cmocka_unit_test(the_list_of_problems_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
