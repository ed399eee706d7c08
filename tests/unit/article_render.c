/* SPDX-License-Identifier: Apache-2.0 */
#include "article_support.h"

#include "article/render.h"

#include <errno.h>
#include <stdio.h>

static char *render(cd_str enriched, int colour, int *rc)
{
    char *page = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&page, &len);
    assert_non_null(out);
    *rc = cd_article_render(out, enriched, colour);
    fclose(out);
    return page;
}

static const char enriched[] =
    "{\"id\":\"h-7\",\"text\":\"irrelevant\",\"title\":\"Unused\",\"source\":\"Harbour "
    "Post\",\"n\":1e999,\"enrichment\":{"
    "\"language\":{\"code\":\"en\",\"tag\":\"en-GB\",\"script\":\"Latn\",\"confidence\":0.987,\"reliable\":false,"
    "\"shares\":[{\"code\":\"en\",\"share\":0.9},{\"code\":\"cy\",\"share\":0.1}]},"
    "\"credits\":{\"headline\":{\"text\":\"Ferry sails at noon\"},\"authors\":[\"Mara Quill\",\"Tom Ashby\"],"
    "\"spans\":[{\"kind\":\"photo_credit\",\"text\":\"(Photo by\\nPip Lowry)\"}]},"
    "\"duplicate\":{\"relation\":\"near\",\"of\":{\"id\":\"h-3\"},\"jaccard\":0.931,\"containment\":1},"
    "\"quotes\":[{\"text\":\"“We sail”\",\"speaker\":{\"name\":\"Ada Marsh\",\"role\":\"harbour "
    "master\"},\"cue\":{\"text\":\"said\"}},"
    "{\"text\":\"“So be it”\",\"speaker\":null,\"cue\":null}],"
    "\"mood\":{\"calm\":true}},\"provenance\":{}}";

static void a_page_has_one_paragraph_a_stage(void **state)
{
    (void)state;
    int rc;
    char *page = render(cd_str_of(enriched), 0, &rc);
    assert_int_equal(rc, 0);
    assert_string_equal(page, "Ferry sails at noon\n"
                              "Harbour Post · h-7\n"
                              "language  en-GB, Latn, 99 %, not reliable (en 90 %, cy 10 %)\n"
                              "by        Mara Quill, Tom Ashby\n"
                              "removed   \n"
                              "  photo_credit       (Photo by Pip Lowry)\n"
                              "duplicate near of h-3, jaccard 0.93, containment 1.00\n"
                              "quotes    \n"
                              "  “We sail”\n"
                              "    — Ada Marsh, harbour master (said)\n"
                              "  “So be it”\n"
                              "    — speaker unknown\n"
                              "mood  {\"calm\":true}\n");
    free(page);
    page =
        render(CD_LIT("{\"text\":\"First line\\nand more\",\"enrichment\":{\"quotes\":[],\"credits\":{\"spans\":[]}}}"),
               0, &rc);
    assert_string_equal(page, "First line and more\nquotes    none\nremoved   nothing\n");
    free(page);
}

static void colours_end_where_they_should(void **state)
{
    (void)state;
    int rc;
    char *page = render(cd_str_of(enriched), 1, &rc);
    assert_int_equal(rc, 0);
    assert_non_null(strstr(page, "\x1b[1mFerry sails at noon\x1b[0m\n"));
    for (char *line = strtok(page, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char *last = NULL;
        for (char *at = line; (at = strstr(at, "\x1b[")) != NULL; at++)
            last = at;
        assert_true(last == NULL || strncmp(last, "\x1b[0m", 4) == 0);
    }
    free(page);
}

static void nothing_of_the_article_controls_the_terminal(void **state)
{
    (void)state;
    int rc;
    char *page = render(
        CD_LIT(
            "{\"text\":\"a\\u001b]0;owned\\u0007b\\u009b31mc\\u202ed\\u0000e\",\"id\":\"\\u001b[2J\",\"enrichment\":{"
            "\"\\u001b[5m\":\"\\u001b[8m\",\"credits\":{\"spans\":[{\"kind\":\"\\u001b[7m\",\"text\":\"x\\ry\"}]}}}"),
        0, &rc);
    assert_int_equal(rc, 0);
    for (const unsigned char *c = (const unsigned char *)page; *c != '\0'; c++)
        assert_true(*c >= 0x20 || *c == '\n');
    assert_null(strstr(page, "\xC2\x9B"));
    assert_null(strstr(page, "\u202e"));
    assert_non_null(strstr(page, "a ]0;owned b 31mc d e"));
    assert_non_null(strstr(page, "x y"));
    free(page);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    int rc;
    char json[4000] = "{\"text\":\"";
    size_t at = strlen(json);
    for (int i = 0; i < 1000; i++, at += 2)
        memcpy(json + at, "é", 2);
    memcpy(json + at, "\"}", 3);
    char *page = render(cd_str_of(json), 0, &rc);
    assert_int_equal(strlen(page), 110 * 2 + strlen("…\n"));
    free(page);
}

static void what_is_no_article_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "[]", "{", "\"a\"", "{\"a\":nul}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        int rc;
        char *page = render(cd_str_of(bad[i]), 0, &rc);
        assert_int_equal(rc, -EINVAL);
        assert_string_equal(page, "");
        free(page);
    }
    int rc;
    char *page = render(CD_LIT("{\"text\":\"a\",\"enrichment\":{\"huge\":1e999}}"), 0, &rc); /* jansson can't, we can */
    assert_int_equal(rc, 0);
    assert_string_equal(page, "a\nenrichment  {\"huge\":1e999}\n");
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_has_one_paragraph_a_stage),
        cmocka_unit_test(colours_end_where_they_should),
        cmocka_unit_test(nothing_of_the_article_controls_the_terminal),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(what_is_no_article_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
