/* SPDX-License-Identifier: Apache-2.0
 *
 * config/: stages from a file, from names, selected, overridden, and handed on to workers.
 */
#include "config/options.h"
#include "config_support.h"

#include <sys/mman.h>
#include <unistd.h>

static const char *const three_stages = "stages = (\n"
                                        "  { plugin = \"speaker\"; min = 3; names = [ \"a\", \"b\" ]; },\n"
                                        "  { plugin = \"/opt/x/local_one.so\"; member = \"place\"; },\n"
                                        "  { plugin = \"speaker\"; name = \"second\"; member = \"again\";\n"
                                        "    ratio = 0.25; on = true; big = 5000000000;\n"
                                        "    rules = ( { match = \"x\\ty\\\"z\"; weight = 2; },\n"
                                        "              { match = \"\"; weight = 2.5; } ); }\n"
                                        ");\n";

static const cd_option columns[] = {
    {.name = "match", .type = CD_OPTION_STRING, .preset = NULL},
    {.name = "weight", .type = CD_OPTION_NUMBER, .preset = "1", .min = 0, .max = 10},
    {.name = NULL},
};
static const cd_option table[] = {
    {.name = "min", .type = CD_OPTION_INTEGER, .preset = "1", .min = 0, .max = 9},
    {.name = "big", .type = CD_OPTION_INTEGER, .preset = "0"},
    {.name = "ratio", .type = CD_OPTION_NUMBER, .preset = "0.5", .min = 0, .max = 1},
    {.name = "on", .type = CD_OPTION_BOOLEAN, .preset = "false"},
    {.name = "names", .type = CD_OPTION_LIST},
    {.name = "rules", .type = CD_OPTION_TABLE, .columns = columns},
    {.name = NULL},
};

static char *canonical(const cd_config_stage *stage)
{
    cd_stage_options *options = NULL;
    cd_problems problems = {0};
    if (cd_stage_options_create(stage, table, &options, &problems) != 0)
        cd_problems_write(&problems, stderr);
    assert_non_null(options);
    cd_buffer text = {0};
    cd_stage_options_write(options, &text);
    cd_stage_options_destroy(options);
    return text.data;
}

static void stages_of_a_file(void **state)
{
    (void)state;
    config_try result = config_good(three_stages, CD_CONFIG_LOCAL);
    const cd_config *config = result.config;
    assert_int_equal(config->stage_count, 3);
    assert_string_equal(config->stages[0].name, "speaker");
    assert_null(config->stages[0].member);
    assert_int_equal(config->stages[0].line, 2);
    assert_string_equal(config->stages[0].file, result.file);
    assert_string_equal(config->stages[1].name, "local_one");
    assert_string_equal(config->stages[1].plugin, "/opt/x/local_one.so");
    assert_string_equal(config->stages[1].member, "place");
    assert_string_equal(config->stages[2].name, "second");
    assert_int_equal(config->stages[2].line, 4);
    assert_ptr_equal(cd_config_stage_find(config, "second"), &config->stages[2]);
    assert_null(cd_config_stage_find(config, "third"));
    config_done(&result);
}

static void broken_stages(void **state)
{
    (void)state;
    config_refused("\nstages = { plugin = \"a\"; };", CD_CONFIG_LOCAL, 2, "expected a list of groups");
    config_refused("stages = (\n\"speaker\" );", CD_CONFIG_LOCAL, 2, "expected a group; write { plugin = \"…\"; }");
    config_refused("stages = (\n{ name = \"a\"; } );", CD_CONFIG_LOCAL, 2, "stage 1: found no plugin");
    config_refused("stages = ( {\nplugin = \"\"; } );", CD_CONFIG_LOCAL, 2, "a string that is not empty");
    config_refused("stages = ( {\nplugin = \"a\"; name = 5; } );", CD_CONFIG_LOCAL, 2,
                   "stages: name: found the integer 5");
    config_refused("stages = ( { plugin = \"Speaker\"; } );", CD_CONFIG_LOCAL, 1, "a plugin's name");
    config_refused("stages = ( { plugin = \"/opt/Speaker-2.so\"; } );", CD_CONFIG_LOCAL, 1,
                   "give the stage such a name");
    config_refused("stages = ( { plugin = \"a\"; member = \"x y\"; } );", CD_CONFIG_LOCAL, 1, "the member \"x y\"");
    config_refused("stages = ( { plugin = \"desk\"; } );", CD_CONFIG_LOCAL, 1, "no key of the configuration");
    config_refused("stages = ( { plugin = \"a\"; },\n{ plugin = \"a\"; } );", CD_CONFIG_LOCAL, 2,
                   "the stage 'a' for the second time");
}

static void a_stage_has_retries_of_its_own(void **state)
{
    (void)state;
    static const char *const sets[] = {"retry.backoff=7", NULL}; /* also what is set behind the file is for all */
    config_try result = config_load_text("retry = { attempts = 9; backoff_max = 500; };\n"
                                         "stages = ( { plugin = \"a\"; }, { plugin = \"b\"; text = 1;"
                                         " retry = { attempts = 2; jitter = 0; final = \"pass\"; }; } );",
                                         CD_CONFIG_LOCAL, sets, NULL);
    assert_int_equal(result.status, 0);
    const cd_retry *a = &result.config->stages[0].retry, *b = &result.config->stages[1].retry;
    assert_true(a->attempts == 9 && a->backoff == 7 && a->backoff_max == 500 && a->jitter == 10);
    assert_true(b->attempts == 2 && b->backoff == 7 && b->backoff_max == 500 && b->jitter == 0);
    assert_true(a->final == CD_RETRY_DEAD_LETTER && b->final == CD_RETRY_PASS);
    config_done(&result);
    config_refused("stages = ( { plugin = \"a\";\nretry = 5; } );", CD_CONFIG_LOCAL, 2, "expected a group");
    config_refused("stages = ( { plugin = \"a\"; retry = {\nattempt = 5; }; } );", CD_CONFIG_LOCAL, 2, "expected attempts, backoff");
    config_refused("stages = ( { plugin = \"a\"; retry = {\nattempts = 0; }; } );", CD_CONFIG_LOCAL, 2, "from 1 to 100");
    config_refused("stages = ( { plugin = \"a\";\nretry = { backoff = 2; backoff_max = 1; }; } );", CD_CONFIG_LOCAL, 2,
                   "at least backoff (2)");
}

static void a_stage_has_a_breaker_policy_of_its_own(void **state)
{
    (void)state;
    config_try result = config_load_text("breaker = { policy = \"stage-off\"; };\n"
                                         "stages = ( { plugin = \"a\"; }, { plugin = \"b\"; text = 1;"
                                         " breaker = { policy = \"pause\"; }; } );",
                                         CD_CONFIG_LOCAL, NULL, NULL);
    assert_int_equal(result.status, 0);
    assert_int_equal(result.config->stages[0].breaker_policy, CD_BREAKER_STAGE_OFF);
    assert_int_equal(result.config->stages[1].breaker_policy, CD_BREAKER_PAUSE);
    config_done(&result);
    config_refused("breaker = {\npolicy = \"off\"; };", CD_CONFIG_LOCAL, 2, "one of \"pause\" \"stage-off\"");
    config_refused("stages = ( { plugin = \"a\";\nbreaker = \"stage-off\"; } );", CD_CONFIG_LOCAL, 2, "expected a group");
    config_refused("stages = ( { plugin = \"a\"; breaker = {\npolicy = \"off\"; }; } );", CD_CONFIG_LOCAL, 2,
                   "one of \"pause\"");
    config_refused("stages = ( { plugin = \"a\"; breaker = {\nbackoff = 5; }; } );", CD_CONFIG_LOCAL, 2,
                   "'breaker.backoff', expected policy");
    config_refused("stages = ( { plugin = \"a\"; breaker = {\nbackof = 5; }; } );", CD_CONFIG_LOCAL, 2,
                   "the unknown 'breaker.backof'");
}

static void too_many_stages(void **state)
{
    (void)state;
    char text[4096] = "stages = ( ";
    for (int i = 0; i < 33; i++)
        sprintf(text + strlen(text), "%s{ plugin = \"s%d\"; }", i > 0 ? "," : "", i);
    strcat(text, " );");
    config_refused(text, CD_CONFIG_LOCAL, 1, "found 33, expected at most 32");
}

static void plugins_by_name_alone(void **state)
{
    (void)state;
    static const char *const sets[] = {"speaker.min=7", "speaker.names=x, y ,z", "input.max_depth=9", "speaker.min=8",
                                       NULL};
    config_try result = config_from_plugins("speaker, ./local_one.so", sets);
    assert_int_equal(result.status, 0);
    assert_int_equal(result.config->stage_count, 2);
    assert_string_equal(result.config->stages[1].name, "local_one");
    assert_string_equal(result.config->stages[0].file, "--stages");
    assert_int_equal(result.config->input.max_depth, 9);
    char *text = canonical(&result.config->stages[0]);
    assert_non_null(strstr(text, "min = 8\n"));
    assert_non_null(strstr(text, "names = 3\nnames.0 = \"x\"\nnames.1 = \"y\"\nnames.2 = \"z\"\n"));
    free(text);
    config_done(&result);
    static const char *const lists[] = {"", "a,,b", "a,a", "A"};
    for (size_t i = 0; i < 4; i++) {
        result = config_from_plugins(lists[i], NULL);
        assert_int_equal(result.status, -22);
        config_expect(&result, "--stages", 0, "found ", "expected ", NULL);
        config_done(&result);
    }
}

static void a_selection_reorders(void **state)
{
    (void)state;
    static const char *const sets[] = {"second.on=false", NULL};
    config_try result = config_load_text(three_stages, CD_CONFIG_LOCAL, sets, "second,speaker");
    assert_int_equal(result.status, 0);
    assert_int_equal(result.config->stage_count, 2);
    assert_string_equal(result.config->stages[0].name, "second");
    assert_string_equal(result.config->stages[1].name, "speaker");
    assert_int_equal(result.config->stages[1].line, 2);
    config_done(&result);
    result = config_load_text(three_stages, CD_CONFIG_LOCAL, NULL, "speaker,secnod");
    config_expect(&result, "--stages", 0, "'secnod'", "did you mean 'second'?", NULL);
    assert_int_equal(result.problems.count, 1);
    config_done(&result);
    result = config_load_text(three_stages, CD_CONFIG_LOCAL, NULL, "speaker,speaker");
    config_expect(&result, result.file, 2, "for the second time", NULL);
    config_done(&result);
}

static void overrides_change_one_value(void **state)
{
    (void)state;
    static const char *const sets[] = {"second.ratio=0.75",
                                       "second.new=1",
                                       "desk.workers=4",
                                       "input.topics=a, ^b",
                                       "worker.sandbox=false",
                                       "name=other=name",
                                       NULL};
    config_try result = config_load_text(three_stages, CD_CONFIG_LOCAL, sets, NULL);
    config_expect(&result, "--set", 0, "name: found \"other=name\"", NULL);
    assert_int_equal(result.problems.count, 1);
    config_done(&result);
    static const char *const fine[] = {"second.ratio=0.75", "desk.workers=4", "input.topics=a, ^b",
                                       "worker.sandbox=false", NULL};
    result = config_load_text(three_stages, CD_CONFIG_LOCAL, fine, NULL);
    assert_int_equal(result.status, 0);
    assert_int_equal(result.config->desk.workers, 4);
    assert_int_equal(result.config->input.topic_count, 2);
    assert_string_equal(result.config->input.topics[1], "^b");
    assert_false(result.config->worker.sandbox);
    char *text = canonical(cd_config_stage_find(result.config, "second"));
    assert_non_null(strstr(text, "ratio = 0.75\n"));
    assert_non_null(strstr(text, "on = true\n"));
    free(text);
    config_done(&result);
}

static void overrides_that_mean_nothing(void **state)
{
    (void)state;
    static const char *const sets[] = {"nothing",           "=5",
                                       "speakr.min=5",      "workers=4",
                                       "stages=a",          "output.routes=a",
                                       "second.plugin=x",   "second.rules.0.match=x",
                                       "desk.workers=many", NULL};
    config_try result = config_load_text(three_stages, CD_CONFIG_LOCAL, sets, NULL);
    config_expect(&result, "--set", 0, "'nothing' without a name and '='", NULL);
    config_expect(&result, "--set", 0, "'=' without a name", NULL);
    config_expect(&result, "--set", 0, "'speakr.min'", "did you mean 'speaker.min'?", NULL);
    config_expect(&result, "--set", 0, "'workers'", "did you mean 'desk.workers'?", NULL);
    config_expect(&result, "--set", 0, "choose stages with --stages", NULL);
    config_expect(&result, "--set", 0, "write routes in the file", NULL);
    config_expect(&result, "--set", 0, "'second.plugin'", NULL);
    config_expect(&result, "--set", 0, "'second.rules.0.match'", NULL);
    config_expect(&result, "--set", 0, "desk.workers: found \"many\"", NULL);
    assert_int_equal(result.problems.count, 9);
    config_done(&result);
}

static int pipeline_file(const cd_config *config)
{
    int fd = memfd_create("pipeline", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(cd_config_write_pipeline(config, fd), 0);
    return fd;
}

static char *file_text(int fd)
{
    static char text[65536];
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    assert_true(len > 0);
    text[len] = '\0';
    return text;
}

static void a_pipeline_comes_back_the_same(void **state)
{
    (void)state;
    static const char *const sets[] = {"speaker.min=5", "speaker.names=p,q", NULL};
    char text[4096];
    snprintf(text, sizeof text,
             "%sname = \"night\"; log = { level = \"error\"; };"
             "input = { topics = [ \"raw\" ]; format = \"auto\"; charset = \"latin1\"; max_bytes = 268435456; "
             "max_depth = 99;"
             " fields = { text = \"/q\\\"uote\"; }; }; desk = { memory = 5000000000; };"
             "worker = { memory = 8589934592; article_cpu = 77; sandbox = false; }; retry = { attempts = 9; };"
             "output = { routes = ( { name = \"r\"; topic = \"t\"; } ); }; state_dir = \"/s\"; plugin_dir = \"/p\";",
             three_stages);
    config_try result = config_load_text(text, CD_CONFIG_LOCAL, sets, NULL);
    assert_int_equal(result.status, 0);
    int fd = pipeline_file(result.config);
    cd_config *copy = NULL;
    assert_int_equal(cd_config_read_pipeline(fd, &copy, &result.problems), 0);
    assert_string_equal(copy->name, "night");
    assert_int_equal(copy->log_level, 3);
    assert_int_equal(copy->input.format, CD_FORMAT_AUTO);
    assert_string_equal(copy->input.charset, "latin1");
    assert_int_equal(copy->input.max_bytes, 268435456);
    assert_int_equal(copy->input.max_depth, 99);
    assert_string_equal(copy->input.fields.text, "/q\"uote");
    assert_int_equal(copy->worker.memory, INT64_C(8589934592));
    assert_int_equal(copy->worker.article_cpu, 77);
    assert_false(copy->worker.sandbox);
    assert_int_equal(copy->retry.attempts, 9);
    assert_string_equal(copy->output.routes[0].topic, "t");
    assert_string_equal(copy->state_dir, "/s");
    assert_string_equal(copy->plugin_dir, "/p");
    assert_int_equal(copy->stage_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(copy->stages[i].name, result.config->stages[i].name);
        assert_string_equal(copy->stages[i].plugin, result.config->stages[i].plugin);
        assert_string_equal(copy->stages[i].file, result.file);
        assert_int_equal(copy->stages[i].line, result.config->stages[i].line);
        char *one = canonical(&result.config->stages[i]), *two = canonical(&copy->stages[i]);
        assert_string_equal(one, two);
        free(one);
        free(two);
    }
    assert_null(copy->stages[0].member);
    assert_string_equal(copy->stages[2].member, "again");
    /* Written again it is the same text: all workers of all generations see one thing. */
    int again = pipeline_file(copy);
    char *first = strdup(file_text(fd));
    assert_string_equal(first, file_text(again));
    free(first);
    (void)close(fd);
    (void)close(again);
    cd_config_destroy(copy);
    config_done(&result);
}

static void a_pipeline_keeps_places_for_problems(void **state)
{
    (void)state;
    static const char *const sets[] = {"speaker.names=p", "speaker.min=x", NULL};
    config_try result =
        config_load_text("stages = ( { plugin = \"speaker\";\n\n ratio = 7.5; rules = ( {\nweight = true; } ); } );",
                         CD_CONFIG_LOCAL, sets, NULL);
    int fd = pipeline_file(result.config);
    cd_config *copy = NULL;
    assert_int_equal(cd_config_read_pipeline(fd, &copy, &result.problems), 0);
    cd_stage_options *options;
    assert_int_equal(cd_stage_options_create(&copy->stages[0], table, &options, &result.problems), -22);
    config_expect(&result, NULL, 3, "speaker.ratio: found the number 7.5, expected a number from 0 to 1", NULL);
    config_expect(&result, NULL, 4, "speaker.weight: found the boolean true", NULL);
    config_expect(&result, "--set", 0, "speaker.min: found \"x\"", NULL);
    cd_config_destroy(copy);
    (void)close(fd);
    config_done(&result);
}

static void a_pipeline_knows_nothing_of_kafka(void **state)
{
    (void)state;
    config_try result = config_good(CONFIG_BASE "input = { topics = [ \"raw\" ]; };\n"
                                                "group = \"readers-of-raw\";"
                                                "stages = ( { plugin = \"speaker\"; } );",
                                    CD_CONFIG_KAFKA);
    int fd = pipeline_file(result.config);
    const char *text = file_text(fd);
    static const char *const absent[] = {"kafka", "broker", "raw", "clean", "dead", "readers"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_null(strstr(text, absent[i]));
    (void)close(fd);
    config_done(&result);
}

static void a_broken_pipeline_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "pipeline_stages = 5;",
        "pipeline_stages = ( 5 );",
        "pipeline_stages = ( { name = \"a\"; plugin = \"a\"; file = \"f\"; line = 1; settings = (); } );",
        "pipeline_stages = ( { name = \"a\"; plugin = \"a\"; file = \"f\"; line = 1; settings = ( "
        "{ name = \"\"; type = 6; file = \"f\"; line = 1; members = 3; } ); } );",
        "pipeline_stages = ( { name = \"a\"; plugin = \"a\"; file = \"f\"; line = 1; settings = ( "
        "{ name = \"\"; type = 99; file = \"f\"; line = 1; members = 0; } ); } );",
        "pipeline_stages = ( { name = \"a\"; plugin = \"a\"; file = \"f\"; line = 1; settings = ( "
        "{ name = \"\"; type = 2; file = \"f\"; line = 1; integer = 0; } ); } );",
        "pipeline_stages = (); unknown = 1;",
        "pipeline_stages = (",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int fd = memfd_create("pipeline", MFD_CLOEXEC);
        cd_config *copy = NULL;
        cd_problems problems = {0};
        assert_int_equal(write(fd, texts[i], strlen(texts[i])), strlen(texts[i]));
        if (cd_config_read_pipeline(fd, &copy, &problems) != -22)
            fail_msg("accepted: %s", texts[i]);
        assert_null(copy);
        assert_true(problems.count > 0);
        cd_problems_fini(&problems);
        (void)close(fd);
    }
    cd_config *copy = NULL;
    cd_problems problems = {0};
    assert_int_equal(cd_config_read_pipeline(-1, &copy, &problems), -9);
    cd_problems_fini(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_of_a_file),
        cmocka_unit_test(broken_stages),
        cmocka_unit_test(a_stage_has_retries_of_its_own),
        cmocka_unit_test(a_stage_has_a_breaker_policy_of_its_own),
        cmocka_unit_test(too_many_stages),
        cmocka_unit_test(plugins_by_name_alone),
        cmocka_unit_test(a_selection_reorders),
        cmocka_unit_test(overrides_change_one_value),
        cmocka_unit_test(overrides_that_mean_nothing),
        cmocka_unit_test(a_pipeline_comes_back_the_same),
        cmocka_unit_test(a_pipeline_keeps_places_for_problems),
        cmocka_unit_test(a_pipeline_knows_nothing_of_kafka),
        cmocka_unit_test(a_broken_pipeline_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
