/* SPDX-License-Identifier: Apache-2.0
 *
 * allow, drop and route, with a host that knows only their options.
 */
#include "policy.h"

#include <copydesk/sdk.h>
#include <copydesk/tables.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static ld_languages languages;

/* The options in force: lists of names, and where route sends them. */
static const char *const *allowed, *const *dropped, *const *routed;
static char routed_to[32], reason[128];

static size_t length(const char *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    return n;
}

static const char *const *list_named(const char *path)
{
    return path[0] == 'a' ? allowed : path[0] == 'd' ? dropped : routed;
}

static size_t option_count(cd_stage *stage, const char *path)
{
    (void)stage;
    return length(list_named(path));
}

static cd_str option_string(cd_stage *stage, const char *path)
{
    unsigned row;
    char column[16] = "";
    (void)stage;
    assert_true(sscanf(strchr(path, '.'), ".%u.%15s", &row, column) >= 1);
    assert_true(row < length(list_named(path)));
    return cd_str_of(strcmp(column, "to") == 0 ? "elsewhere" : list_named(path)[row]);
}

static double option_number(cd_stage *stage, const char *path)
{
    (void)stage;
    assert_string_equal(path, "act_confidence");
    return 0.9;
}

static void give_reason(cd_article *article, cd_str text)
{
    (void)article;
    snprintf(reason, sizeof reason, "%.*s", (int)text.len, text.ptr);
}

static void route(cd_article *article, cd_str name)
{
    (void)article;
    snprintf(routed_to, sizeof routed_to, "%.*s", (int)name.len, name.ptr);
}

static const cd_host host = {.size = sizeof(cd_host),
                             .option_count = option_count,
                             .option_string = option_string,
                             .option_number = option_number,
                             .reason = give_reason,
                             .route = route};

static int load(void **state)
{
    (void)state;
    const cd_table *table = cd_tables;
    while (strcmp(table->name, "languages") != 0)
        table++;
    return ld_languages_load(&languages, table->start, table->end);
}

static int32_t apply(const char *code, const char *script, double confidence)
{
    ld_policy policy = {0};
    const char *error;
    ld_result result = {.language = ld_languages_by_code(&languages, cd_str_of(code)), .confidence = confidence};
    memcpy(result.script, script, 5);
    ld_language_tag(&languages, result.language, script, result.tag);
    reason[0] = routed_to[0] = '\0';
    assert_int_equal(ld_policy_init(&policy, &host, NULL, &languages, &error), 0);
    int32_t verdict = ld_policy_apply(&policy, &host, NULL, &languages, &result);
    ld_policy_fini(&policy);
    return verdict;
}

static void set(const char *const *allow, const char *const *drop, const char *const *to_route)
{
    allowed = allow;
    dropped = drop;
    routed = to_route;
}

static void without_options_all_pass(void **state)
{
    (void)state;
    set(NULL, NULL, NULL);
    assert_int_equal(apply("de", "Latn", 0.99), CD_OK);
    assert_int_equal(apply("und", "Latn", 0), CD_OK);
}

static void only_the_allowed_pass(void **state)
{
    (void)state;
    static const char *const names[] = {"de", "sr-Latn", NULL};
    set(names, NULL, NULL);
    assert_int_equal(apply("de", "Latn", 0.99), CD_OK);
    assert_int_equal(apply("sr", "Latn", 0.99), CD_OK);
    assert_int_equal(apply("sr", "Cyrl", 0.99), CD_DROP);
    assert_string_equal(reason, "the article is in sr-Cyrl, which is not allowed");
    assert_int_equal(apply("fr", "Latn", 0.99), CD_DROP);
    assert_int_equal(apply("fr", "Latn", 0.89), CD_OK); /* a guess */
    assert_int_equal(apply("und", "Latn", 0), CD_OK);
}

static void the_dropped_are_dropped(void **state)
{
    (void)state;
    static const char *const names[] = {"zh-Hant", "und", NULL};
    set(NULL, names, NULL);
    assert_int_equal(apply("zh", "Hant", 0.95), CD_DROP);
    assert_int_equal(apply("zh", "Hans", 0.95), CD_OK);
    assert_int_equal(apply("und", "Zyyy", 0), CD_DROP);
    assert_string_equal(reason, "the article is in und, which is to be dropped");
}

static void the_routed_go_where_they_are_sent(void **state)
{
    (void)state;
    static const char *const names[] = {"de", "und", NULL}, *const allow[] = {"de", "fr", NULL};
    set(allow, NULL, names);
    assert_int_equal(apply("de", "Latn", 0.95), CD_ROUTE);
    assert_string_equal(routed_to, "elsewhere");
    assert_int_equal(apply("de", "Latn", 0.5), CD_OK);
    assert_int_equal(apply("fr", "Latn", 0.95), CD_OK);
    assert_int_equal(apply("und", "Latn", 0), CD_ROUTE);
    assert_int_equal(apply("nl", "Latn", 0.95), CD_DROP);
}

static void names_that_never_come_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"iw", NULL}, {"german", NULL}, {"de-Cyrl", NULL}, {"", NULL}, {"zh-", NULL}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ld_policy policy = {0};
        const char *error = NULL;
        set(NULL, wrong[i], NULL);
        assert_int_equal(ld_policy_init(&policy, &host, NULL, &languages, &error), -EINVAL);
        assert_non_null(error);
        ld_policy_fini(&policy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_all_pass),          cmocka_unit_test(only_the_allowed_pass),
        cmocka_unit_test(the_dropped_are_dropped),           cmocka_unit_test(the_routed_go_where_they_are_sent),
        cmocka_unit_test(names_that_never_come_are_refused),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
