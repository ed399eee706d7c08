/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/page.h, show.h and words.h: what fits into a line, and what a terminal must not get. */
#include "cli/top/show.h"
#include "cli/words.h"

#include <copydesk/sdk.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *line(cd_page *page, size_t width, cd_str text)
{
    cd_page_begin(page, width);
    cd_page_line(page, CD_PAGE_PLAIN);
    cd_page_text(page, text);
    cd_page_end(page);
    return cd_page_next(page, NULL) + 1;
}

static void a_line_is_cut_between_characters(void **state)
{
    cd_page page = {0};
    (void)state;
    assert_string_equal(line(&page, 5, CD_LIT("abcde")), "abcde");
    assert_string_equal(line(&page, 5, CD_LIT("abcdef")), "abcd…");
    assert_string_equal(line(&page, 5, CD_LIT("äöüßé!")), "äöüß…");
    assert_string_equal(line(&page, 8, CD_LIT("北港新聞")), "北港新聞");
    assert_string_equal(line(&page, 7, CD_LIT("北港新聞")), "北港新…");
    assert_string_equal(line(&page, 6, CD_LIT("北港新聞")), "北港…");
    assert_string_equal(line(&page, 3, CD_LIT("e\u0301e\u0301e\u0301")), "e\u0301e\u0301e\u0301");
    assert_string_equal(line(&page, 1, CD_LIT("ab")), "…");
    assert_string_equal(line(&page, 0, CD_LIT("ab")), "");
    cd_page_fini(&page);
}

static void nothing_moves_the_cursor(void **state)
{
    cd_page page = {0};
    (void)state;
    assert_string_equal(line(&page, 80, CD_LIT("a\x1b[31m\tb\n\x7f\xc2\x85\u202e\xff\xe5\x8c c")), "a?[31m?b" "???" "???" "? c");
    cd_page_fini(&page);
}

static void quantities_are_shown_whole_or_not_at_all(void **state)
{
    cd_page page = {0};
    (void)state;
    cd_page_begin(&page, 12);
    cd_page_line(&page, CD_PAGE_PLAIN);
    cd_page_left(&page, 4, CD_LIT("name"));
    cd_page_right(&page, 5, "123");
    cd_page_right(&page, 5, "456");
    cd_page_end(&page);
    assert_string_equal(cd_page_next(&page, NULL) + 1, "name  123");
    assert_null(cd_page_next(&page, cd_page_next(&page, NULL)));
    cd_page_fini(&page);
}

static void amounts_have_at_most_six_characters(void **state)
{
    char out[CD_WORDS];
    (void)state;
    assert_string_equal(cd_words_amount(0, out), "0.0");
    assert_string_equal(cd_words_amount(NAN, out), "-");
    assert_string_equal(cd_words_amount(99.94, out), "99.9");
    assert_string_equal(cd_words_amount(99.96, out), "100");
    assert_string_equal(cd_words_amount(99999.4, out), "99999");
    assert_string_equal(cd_words_amount(99999.6, out), "100k");
    assert_string_equal(cd_words_amount(999600, out), "1.0M");
    assert_string_equal(cd_words_count(-1, out), "-");
    assert_string_equal(cd_words_count(7, out), "7");
    assert_string_equal(cd_words_count(99999, out), "99999");
    assert_string_equal(cd_words_count(100000, out), "100k");
    assert_string_equal(cd_words_count(INT64_MAX, out), "9.2E");
    assert_string_equal(cd_words_change(12.5, out), "+12.5");
    assert_string_equal(cd_words_change(-3000, out), "-3000");
    assert_string_equal(cd_words_change(-0.01, out), "0.0");
    assert_string_equal(cd_words_change(NAN, out), "-");
    for (double amount = 0.001; amount < 1e18; amount *= 1.37)
        assert_true(strlen(cd_words_change(amount, out)) <= 6 && strlen(cd_words_change(-amount, out)) <= 6);
}

static cd_top_partition partitions[] = {
    {.topic = CD_STR("articles.raw", 12), .partition = 0, .lag = 99999, .assigned = true},
    {.topic = CD_STR("north.coast.newsrooms.scraped.articles.raw", 42), .partition = 117, .lag = 88888888,
     .assigned = true, .paused = true},
    {.topic = CD_STR("articles.raw", 12), .partition = 2147483647, .lag = -1},
};

static cd_top_sample sample(void)
{
    static cd_top_stage stages[] = {
        {.name = CD_STR("language_detect", 15), .articles = 5000, .wall_us = 500000, .crashes = 99999, .off = true}};
    static cd_top_process processes[] = {
        {.name = CD_STR("desk", 4), .state = CD_STR("ready", 5), .pid = 4194304, .in_flight = -1, .memory = -1}};
    return (cd_top_sample){.name = CD_LIT("desk0"), .state = CD_LIT("ready"), .uptime_ms = 60000, .stages_age_ms = 60000,
                           .memory_used = 1 << 20, .memory_limit = 4 << 20, .partitions = partitions, .partition_count = 3,
                           .stages = stages, .stage_count = 1, .processes = processes, .process_count = 1};
}

/* All lines of the page, with an end each. */
static char *shown(size_t width)
{
    cd_page page = {0};
    cd_top_rates rates = {0};
    cd_top_sample now = sample();
    cd_buffer all = {0};
    assert_int_equal(cd_top_rates_make(&rates, NULL, &now), 0);
    cd_page_begin(&page, width);
    cd_top_show(&page, &now, &rates);
    for (const char *one = cd_page_next(&page, NULL); one; one = cd_page_next(&page, one)) {
        assert_true(cd_page_width_of(cd_str_of(one + 1)) <= width);
        cd_buffer_printf(&all, "%s\n", one + 1);
    }
    assert_false(all.failed);
    cd_page_fini(&page);
    cd_top_rates_fini(&rates);
    return all.data;
}

static void eighty_columns_have_all_figures_and_the_partition_of_a_topic_that_is_cut(void **state)
{
    char *page = shown(80);
    (void)state;
    assert_non_null(strstr(page, "\nlanguage_detect   83.3     100    0.8    0.0    0.0    0.0 99999     0 off\n"));
    assert_non_null(strstr(page, "\nnorth.coast.ne…/117    0.0    0.0    0.0    0.0         0  88.9M      - paused\n"));
    assert_non_null(strstr(page, "\narticle…/2147483647    0.0    0.0    0.0    0.0         0      -      - given up\n"));
    assert_non_null(strstr(page, "\ndesk         ready      4194304        -"));
    assert_non_null(strstr(page, "memory 1.0 of 4.0 MiB (25 %)"));
    assert_non_null(strstr(page, "lag 89.0M (-/s)"));
    free(page);
}

static void a_wide_terminal_cuts_nothing_and_a_narrow_one_keeps_to_its_width(void **state)
{
    char *page = shown(200);
    (void)state;
    assert_non_null(strstr(page, "\nnorth.coast.newsrooms.scraped.articles.raw/117 "));
    free(page);
    for (size_t width = 1; width < 80; width++)
        free(shown(width));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_cut_between_characters),
        cmocka_unit_test(nothing_moves_the_cursor),
        cmocka_unit_test(quantities_are_shown_whole_or_not_at_all),
        cmocka_unit_test(amounts_have_at_most_six_characters),
        cmocka_unit_test(eighty_columns_have_all_figures_and_the_partition_of_a_topic_that_is_cut),
        cmocka_unit_test(a_wide_terminal_cuts_nothing_and_a_narrow_one_keeps_to_its_width),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
