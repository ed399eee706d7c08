/* SPDX-License-Identifier: Apache-2.0
 *
 * config/options.h: a stage's options against its plugin's table.
 */
#include "config/options.h"
#include "config_support.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const moods[] = {"calm", "brisk", NULL};
static const cd_option columns[] = {
    {.name = "match", .type = CD_OPTION_STRING, .help = "What to look for."},
    {.name = "mood", .type = CD_OPTION_CHOICE, .preset = "calm", .choices = moods},
    {.name = "model", .type = CD_OPTION_PATH, .preset = ""},
    {.name = NULL},
};
static const cd_option table[] = {
    {.name = "flag", .type = CD_OPTION_BOOLEAN, .preset = "true", .help = "Whether."},
    {.name = "count", .type = CD_OPTION_INTEGER, .preset = "-3", .min = -5, .max = 5, .help = "How many."},
    {.name = "free", .type = CD_OPTION_INTEGER, .preset = "0"},
    {.name = "share", .type = CD_OPTION_NUMBER, .preset = "0.5", .min = 0, .max = 1},
    {.name = "title", .type = CD_OPTION_STRING, .preset = "none \"yet\""},
    {.name = "mood", .type = CD_OPTION_CHOICE, .preset = "calm", .choices = moods},
    {.name = "model", .type = CD_OPTION_PATH, .preset = ""},
    {.name = "names", .type = CD_OPTION_LIST},
    {.name = "rules", .type = CD_OPTION_TABLE, .columns = columns},
    {.name = "store_password", .type = CD_OPTION_INTEGER, .preset = "0", .max = 9, .help = "Hush."},
    {.name = NULL},
};

typedef struct options_try {
    config_try load;
    cd_stage_options *options;
    int status;
} options_try;

/* The members of the one stage begin on line 2. */
static options_try try_table(const char *members, const cd_option *options)
{
    char text[4096];
    options_try result = {0};
    snprintf(text, sizeof text, "stages = ( { plugin = \"gauge\";\n%s } );\n", members);
    result.load = config_good(text, CD_CONFIG_LOCAL);
    result.status =
        cd_stage_options_create(&result.load.config->stages[0], options, &result.options, &result.load.problems);
    assert_int_equal(result.status == 0, result.options != NULL && result.load.problems.count == 0);
    return result;
}

static void done(options_try *result)
{
    cd_stage_options_destroy(result->options);
    config_done(&result->load);
}

static void refused(const char *members, unsigned line, const char *part)
{
    options_try result = try_table(members, table);
    assert_int_equal(result.status, -22);
    config_expect(&result.load, NULL, line, part, NULL);
    assert_int_equal(result.load.problems.count, 1);
    done(&result);
}

static void defaults_fill_in(void **state)
{
    (void)state;
    options_try result = try_table("", table);
    assert_int_equal(result.status, 0);
    const cd_stage_options *options = result.options;
    assert_true(cd_stage_options_boolean(options, "flag"));
    assert_int_equal(cd_stage_options_integer(options, "count"), -3);
    assert_true(cd_stage_options_number(options, "share") == 0.5);
    assert_string_equal(cd_stage_options_string(options, "title").ptr, "none \"yet\"");
    assert_string_equal(cd_stage_options_string(options, "mood").ptr, "calm");
    assert_int_equal(cd_stage_options_string(options, "model").len, 0);
    assert_non_null(cd_stage_options_string(options, "model").ptr);
    assert_int_equal(cd_stage_options_count(options, "names"), 0);
    assert_int_equal(cd_stage_options_count(options, "rules"), 0);
    assert_int_equal(cd_stage_options_file_count(options), 0);
    done(&result);
}

static void everything_is_read(void **state)
{
    (void)state;
    options_try result =
        try_table("flag = false; count = 5; free = -9223372036854775808; share = 1; title = \"é\";\n"
                  "mood = \"brisk\"; model = \"/etc/passwd\"; names = ( \"x\", \"\" );\n"
                  "rules = ( { match = \"m0\"; }, { mood = \"brisk\"; match = \"m1\"; model = \"/etc/group\"; } );",
                  table);
    assert_int_equal(result.status, 0);
    const cd_stage_options *options = result.options;
    const char *path;
    assert_false(cd_stage_options_boolean(options, "flag"));
    assert_int_equal(cd_stage_options_integer(options, "count"), 5);
    assert_true(cd_stage_options_integer(options, "free") == INT64_MIN);
    assert_true(cd_stage_options_number(options, "share") == 1.0);
    assert_int_equal(cd_stage_options_string(options, "title").len, 2);
    assert_int_equal(cd_stage_options_count(options, "names"), 2);
    assert_string_equal(cd_stage_options_string(options, "names.0").ptr, "x");
    assert_int_equal(cd_stage_options_string(options, "names.1").len, 0);
    assert_int_equal(cd_stage_options_count(options, "rules"), 2);
    assert_string_equal(cd_stage_options_string(options, "rules.0.match").ptr, "m0");
    assert_string_equal(cd_stage_options_string(options, "rules.0.mood").ptr, "calm");
    assert_string_equal(cd_stage_options_string(options, "rules.1.mood").ptr, "brisk");
    assert_int_equal(cd_stage_options_file_count(options), 2);
    assert_string_equal(cd_stage_options_file(options, 0, &path), "/etc/passwd");
    assert_string_equal(path, "model");
    assert_string_equal(cd_stage_options_file(options, 1, &path), "/etc/group");
    assert_string_equal(path, "rules.1.model");
    done(&result);
}

static void options_outlive_the_configuration(void **state)
{
    (void)state;
    options_try result = try_table("title = \"still here\"; names = [ \"too\" ];", table);
    config_done(&result.load);
    assert_string_equal(cd_stage_options_string(result.options, "title").ptr, "still here");
    assert_string_equal(cd_stage_options_string(result.options, "names.0").ptr, "too");
    cd_stage_options_destroy(result.options);
}

static void wrong_values_are_refused(void **state)
{
    (void)state;
    refused("flag = 1;", 2, "gauge.flag: found the integer 1, expected true or false (Whether.)");
    refused("\ncount = 6;", 3, "gauge.count: found the integer 6, expected an integer from -5 to 5 (How many.)");
    refused("count = -6;", 2, "from -5 to 5");
    refused("count = 1.0;", 2, "found the number 1");
    refused("share = 1.0000001;", 2, "a number from 0 to 1");
    refused("share = -1;", 2, "a number from 0 to 1");
    refused("title = 5;", 2, "expected a string");
    refused("mood = \"wild\";", 2, "expected one of \"calm\" \"brisk\"");
    refused("names = \"x\";", 2, "expected a list of strings");
    refused("names = [ 1, 2 ];", 2, "expected a list of strings");
    refused("rules = [ \"x\" ];", 2, "expected a list of groups");
    refused("rules = ( {\n\nmatch = \"a\"; mood = \"wild\"; } );", 4, "gauge.mood: found the string \"wild\"");
    refused("rules = (\n{ mood = \"calm\"; } );", 3, "gauge: found no match, expected a string (What to look for.)");
    refused("model = \"/nonexistent\";", 2, "gauge.model: found \"/nonexistent\" (No such file or directory)");
    refused("model = \"/tmp\";", 2, "no regular file");
}

static void unknown_options_and_what_was_meant(void **state)
{
    (void)state;
    refused("titel = \"x\";", 2, "'titel', expected one that the plugin 'gauge' has; did you mean 'title'?");
    refused("rules = ( {\nmatch = \"a\"; modo = \"calm\"; } );", 3, "'rules.modo'");
    options_try result = try_table("x = 1;", NULL);
    config_expect(&result.load, NULL, 2, "the unknown option 'x'", NULL);
    done(&result);
}

static void secret_values_stay_out_of_problems(void **state)
{
    (void)state;
    options_try result = try_table("store_password = \"hunter2\";", table);
    config_expect(&result.load, NULL, 2, "gauge.store_password: found a value that is not shown", NULL);
    assert_null(strstr(result.load.problems.list[0].text, "hunter2"));
    char *text = config_printed(result.load.config);
    assert_null(strstr(text, "hunter2"));
    assert_non_null(strstr(text, "store_password = \"<redacted>\";"));
    free(text);
    done(&result);
}

static void all_problems_come_at_once(void **state)
{
    (void)state;
    options_try result = try_table("flag = 1;\ncount = 6;\nshrae = 2;\nmood = \"wild\";", table);
    assert_int_equal(result.load.problems.count, 4);
    for (unsigned line = 2; line <= 5; line++)
        config_expect(&result.load, NULL, line, "gauge", NULL);
    done(&result);
}

static void required_options_are_missed(void **state)
{
    (void)state;
    static const cd_option needs[] = {{.name = "where", .type = CD_OPTION_STRING, .help = "The place."},
                                      {.name = NULL}};
    options_try result = try_table("", needs);
    config_expect(&result.load, NULL, 1, "gauge: found no where, expected a string (The place.)", NULL);
    done(&result);
}

static void faulty_tables_blame_the_plugin(void **state)
{
    (void)state;
    static const cd_option list_inside[] = {{.name = "x", .type = CD_OPTION_LIST}, {.name = NULL}};
    static const cd_option faulty[][3] = {
        {{.name = "a", .type = CD_OPTION_INTEGER, .preset = "many"}, {.name = NULL}},
        {{.name = "a", .type = CD_OPTION_INTEGER, .preset = "11", .min = 0, .max = 10}, {.name = NULL}},
        {{.name = "a", .type = CD_OPTION_CHOICE, .preset = "wild", .choices = moods}, {.name = NULL}},
        {{.name = "a", .type = CD_OPTION_CHOICE, .preset = "calm"}, {.name = NULL}},
        {{.name = "a", .type = 9, .preset = ""}, {.name = NULL}},
        {{.name = "A", .type = CD_OPTION_STRING, .preset = ""}, {.name = NULL}},
        {{.name = "name", .type = CD_OPTION_STRING, .preset = ""}, {.name = NULL}},
        {{.name = "a", .type = CD_OPTION_LIST}, {.name = "a", .type = CD_OPTION_LIST}, {.name = NULL}},
        {{.name = "a", .type = CD_OPTION_TABLE}, {.name = NULL}},
        {{.name = "a", .type = CD_OPTION_TABLE, .columns = list_inside}, {.name = NULL}},
    };
    for (size_t i = 0; i < sizeof faulty / sizeof faulty[0]; i++) {
        options_try result = try_table("", faulty[i]);
        config_expect(&result.load, NULL, 1, "the plugin 'gauge' is faulty", NULL);
        assert_int_equal(result.load.problems.count, 1);
        done(&result);
    }
}

static void the_canonical_text_knows_meaning_only(void **state)
{
    (void)state;
    static const char *const same[] = {
        "share = 1; count = 0x5; names = [ \"a\", \"b\" ];",
        "names = ( \"a\", \"b\" );\n count = 5L; flag = TRUE; share = 1.0; mood = \"calm\";"};
    cd_buffer texts[2] = {{0}, {0}}, other = {0};
    for (size_t i = 0; i < 2; i++) {
        options_try result = try_table(same[i], table);
        cd_stage_options_write(result.options, &texts[i]);
        done(&result);
    }
    assert_string_equal(texts[0].data, texts[1].data);
    assert_string_equal(texts[0].data,
                        "flag = true\ncount = 5\nfree = 0\nshare = 1\ntitle = \"none \\\"yet\\\"\"\nmood = \"calm\"\n"
                        "model = none\nnames = 2\nnames.0 = \"a\"\nnames.1 = \"b\"\nrules = 0\nstore_password = 0\n");
    options_try result = try_table("names = [ \"a\\\"\\nnames.1 = \\\"b\" ]; model = \"/etc/passwd\";", table);
    cd_stage_options_write(result.options, &other);
    assert_non_null(strstr(other.data, "names = 1\nnames.0 = \"a\\\"\\nnames.1 = \\\"b\"\n"));
    assert_non_null(strstr(other.data, "model = file\n"));
    done(&result);
    for (size_t i = 0; i < 2; i++)
        cd_buffer_fini(&texts[i]);
    cd_buffer_fini(&other);
}

static void asking_for_what_is_not_there_aborts(void **state)
{
    (void)state;
    options_try result = try_table("names = [ \"a\" ]; rules = ( { match = \"m\"; } );", table);
    static const char *const paths[] = {
        "nope", "names.1", "names.x", "names.0.x", "rules.1.match",   "rules.0.nope", "rules.0",
        "flag", "names",   "flag.0",  "",          "rules.0.match.x", "titlex"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        pid_t child = fork();
        if (child == 0) {
            (void)close(STDERR_FILENO);
            (void)cd_stage_options_string(result.options, paths[i]);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
    done(&result);
}

static void help_shows_the_table(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    cd_stage_options_help(table, out);
    cd_stage_options_help(NULL, out);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "count\n    How many.\n    expects an integer from -5 to 5; default -3\n"));
    assert_non_null(
        strstr(text, "        match\n            What to look for.\n            expects a string; must be set\n"));
    assert_non_null(strstr(text, "default \"\"\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_fill_in),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(options_outlive_the_configuration),
        cmocka_unit_test(wrong_values_are_refused),
        cmocka_unit_test(unknown_options_and_what_was_meant),
        cmocka_unit_test(secret_values_stay_out_of_problems),
        cmocka_unit_test(all_problems_come_at_once),
        cmocka_unit_test(required_options_are_missed),
        cmocka_unit_test(faulty_tables_blame_the_plugin),
        cmocka_unit_test(the_canonical_text_knows_meaning_only),
        cmocka_unit_test(asking_for_what_is_not_there_aborts),
        cmocka_unit_test(help_shows_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
