/* SPDX-License-Identifier: Apache-2.0
 *
 * conf/: the two files that are shipped load, name every key, and say the defaults that the table has.
 */
#include "config/keys.h"
#include "config_support.h"

static config_try load_shipped(const char *name)
{
    config_try result = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/%s", CONF_FOLDER, name);
    result.status = cd_config_load(path, NULL, 0, CD_CONFIG_KAFKA, &result.config, &result.problems);
    cd_problems_write(&result.problems, stderr);
    assert_int_equal(result.status, 0);
    return result;
}

static void shipped_files_load_with_all_stages(void **state)
{
    (void)state;
    static const char *const files[] = {"copydesk.conf", "copydesk.minimal.conf"};
    static const char *const stages[] = {"language_detect", "credit_strip", "quote_extract", "dedupe"};
    for (size_t i = 0; i < 2; i++) {
        config_try result = load_shipped(files[i]);
        assert_int_equal(result.config->stage_count, 4);
        for (size_t j = 0; j < 4; j++)
            assert_string_equal(result.config->stages[j].name, stages[j]);
        config_done(&result);
    }
}

/* The minimal file leaves everything to the defaults, the full one writes them out: both mean the same. */
static void the_full_file_says_the_defaults(void **state)
{
    (void)state;
    config_try full = load_shipped("copydesk.conf"), minimal = load_shipped("copydesk.minimal.conf");
    char *one = config_printed(full.config), *two = config_printed(minimal.config);
    assert_string_equal(one, two);
    free(one);
    free(two);
    config_done(&full);
    config_done(&minimal);
}

/* Does this line of the full file begin with the last part of the path, and " ="? */
static bool line_begins_with(unsigned line, const char *path)
{
    char text[1024] = "";
    FILE *in = fopen(CONF_FOLDER "/copydesk.conf", "r");
    assert_non_null(in);
    for (unsigned i = 0; i < line; i++)
        assert_non_null(fgets(text, sizeof text, in));
    (void)fclose(in);
    const char *leaf = strrchr(path, '.') != NULL ? strrchr(path, '.') + 1 : path, *s = text + strspn(text, " ");
    return strncmp(s, leaf, strlen(leaf)) == 0 && strncmp(s + strlen(leaf), " =", 2) == 0;
}

static void the_full_file_names_every_key(void **state)
{
    (void)state;
    config_try result = load_shipped("copydesk.conf");
    for (size_t i = 0; i < cd_key_count; i++) {
        const char *file;
        unsigned line;
        cd_config_place(result.config, cd_keys[i].path, &file, &line);
        assert_true(line > 0);
        if (!line_begins_with(line, cd_keys[i].path)) /* a missing key would have its group's line */
            fail_msg("%s does not stand in copydesk.conf", cd_keys[i].path);
    }
    config_done(&result);
}

/* The line that docs/configuration.md must have for a key. */
static void documented_row(const cd_key *key, char *out, size_t size)
{
    char expected[256], preset[64] = "empty";
    bool quoted = key->type != CD_KEY_INTEGER && key->type != CD_KEY_BOOLEAN;
    if (key->flags & CD_KEY_NEEDED)
        snprintf(preset, sizeof preset, "must be set");
    else if (key->preset != NULL)
        snprintf(preset, sizeof preset, quoted ? "`\"%s\"`" : "`%s`", key->preset);
    snprintf(out, size, "\n| `%s` | %s | %s | %s |\n", key->path, cd_key_expected(key, expected, sizeof expected),
             preset, key->help);
}

static void the_manual_has_the_table(void **state)
{
    (void)state;
    static char text[65536];
    char row[1024];
    FILE *in = fopen(CONF_FOLDER "/../docs/configuration.md", "r");
    assert_non_null(in);
    size_t len = fread(text, 1, sizeof text - 1, in);
    (void)fclose(in);
    assert_true(len < sizeof text - 1);
    for (size_t i = 0; i < cd_key_count; i++) {
        documented_row(&cd_keys[i], row, sizeof row);
        if (strstr(text, row) == NULL)
            fail_msg("docs/configuration.md lacks the line %s", row);
    }
}

static void what_is_printed_loads_again(void **state)
{
    (void)state;
    config_try result = load_shipped("copydesk.conf");
    char *text = config_printed(result.config);
    config_try again = config_good(text, CD_CONFIG_KAFKA);
    char *second = config_printed(again.config);
    assert_string_equal(text, second);
    free(text);
    free(second);
    config_done(&result);
    config_done(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_files_load_with_all_stages), cmocka_unit_test(the_full_file_says_the_defaults),
        cmocka_unit_test(the_full_file_names_every_key),      cmocka_unit_test(the_manual_has_the_table),
        cmocka_unit_test(what_is_printed_loads_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
