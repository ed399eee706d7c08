/* SPDX-License-Identifier: Apache-2.0 */
#include "article_support.h"

#include <stdio.h>

#define TAIL                                                                                                           \
    "\"enrichment\":{\"language\":{\"code\":\"en\"}},\"provenance\":{\"pipeline\":\"fingerprint\",\"source\":{"        \
    "\"topic\":\"raw\",\"partition\":3,\"offset\":17,\"timestamp\":1603324800000},\"stages\":[{\"name\":"              \
    "\"language_detect\",\"version\":\"1.0.0\"}]}}"

static void check(int32_t format, const char *input, const char *head)
{
    cd_decode_rules rules = standard_rules();
    rules.format = format;
    article a = article_decode(&rules, cd_str_of(input), NO_KEY);
    if (a.rc != 0)
        fail_msg("%s: %s", input, a.error.reason);
    size_t len;
    char *output = article_encode(&a.document, &len), expected[2000];
    snprintf(expected, sizeof(expected), "%s%s", head, TAIL);
    assert_string_equal(output, expected);
    free(output);
    article_free(&a);
}

static void members_come_out_as_they_stood(void **state)
{
    (void)state;
    check(CD_INPUT_JSON, "{\"text\":\"a\"}", "{\"text\":\"a\",");
    check(CD_INPUT_JSON, " \n{ \"text\" : \"\\u0061\" , \"n\":1.50e+007}\r\n",
          "{ \"text\" : \"\\u0061\" , \"n\":1.50e+007,");
    check(CD_INPUT_JSON, "{\n  \"text\": \"a\"\n}\n", "{\n  \"text\": \"a\"\n,");
}

static void own_enrichment_and_provenance_are_replaced(void **state)
{
    (void)state;
    static const struct {
        const char *input, *head;
    } cases[] = {
        {"{\"enrichment\":1,\"text\":\"a\"}", "{\"text\":\"a\","},
        {"{\"text\":\"a\",\"enrichment\":1}", "{\"text\":\"a\","},
        {"{\"x\":0,\"enrichment\":1,\"text\":\"a\"}", "{\"x\":0,\"text\":\"a\","},
        {"{\"enrichment\":1,\"provenance\":2,\"text\":\"a\"}", "{\"text\":\"a\","},
        {"{\"provenance\":2,\"enrichment\":1,\"text\":\"a\"}", "{\"text\":\"a\","},
        {"{\"text\":\"a\",\"enrichment\":1,\"provenance\":2}", "{\"text\":\"a\","},
        {"{\"enrichment\":1,\"text\":\"a\",\"provenance\":2}", "{\"text\":\"a\","},
        {"{\"x\":0,\"provenance\":2,\"enrichment\":1,\"text\":\"a\"}", "{\"x\":0,\"text\":\"a\","},
        {"{\"x\":0,\"provenance\":2,\"y\":0,\"enrichment\":1,\"text\":\"a\"}", "{\"x\":0,\"y\":0,\"text\":\"a\","},
        {"{\"enrichment\":1,\"x\":0,\"provenance\":2,\"text\":\"a\"}", "{\"x\":0,\"text\":\"a\","},
        {"{ \"enrichment\" : 1 , \"text\" : \"a\" }", "{ \"text\" : \"a\" ,"},
        {"{ \"text\" : \"a\" , \"enrichment\" : 1 }", "{ \"text\" : \"a\" ,"},
        {"{ \"x\" : 0 , \"enrichment\" : 1 , \"text\" : \"a\" }", "{ \"x\" : 0 , \"text\" : \"a\" ,"},
        {"{ \"text\" : \"a\" , \"provenance\" : 1 , \"enrichment\" : 2 }", "{ \"text\" : \"a\" ,"},
        {"  {\"provenance\":{\"a\":[1,{}]} , \"text\":\"a\"}", "{\"text\":\"a\","},
        {"{\"text\":\"a\",\"\\u0065nrichment\":1}", "{\"text\":\"a\","},
        {"{\"text\":\"a\",\"provenanc\\u0065\":{\"enrichment\":1}}", "{\"text\":\"a\","},
        {"{\"text\":\"a\",\"o\":{\"enrichment\":1}}", "{\"text\":\"a\",\"o\":{\"enrichment\":1},"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check(CD_INPUT_JSON, cases[i].input, cases[i].head);
}

/* Only with a text that is looked for inside them can the input be made of nothing else. */
static void nothing_else_may_be_left(void **state)
{
    (void)state;
    static const struct {
        const char *input, *head;
    } cases[] = {
        {"{\"enrichment\":{\"text\":\"a\"}}", "{"},
        {"{ \"enrichment\":{\"text\":\"a\"} }", "{  "},
        {"{\"enrichment\":{\"text\":\"a\"} , \"provenance\":1}", "{"},
        {"{\"provenance\":1,\"enrichment\":{\"text\":\"a\"}}", "{"},
    };
    cd_decode_rules rules = standard_rules();
    rules.pointers[CD_FIELD_TEXT] = "/enrichment/text";
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        article a = article_decode(&rules, cd_str_of(cases[i].input), NO_KEY);
        assert_int_equal(a.rc, 0);
        assert_true(a.document.bare);
        size_t len;
        char *output = article_encode(&a.document, &len), expected[2000];
        snprintf(expected, sizeof(expected), "%s%s", cases[i].head, TAIL);
        assert_string_equal(output, expected);
        free(output);
        article_free(&a);
    }
}

static void plain_text_is_wrapped(void **state)
{
    (void)state;
    check(CD_INPUT_TEXT, "The ferry", "{\"id\":\"raw/3/17\",\"text\":\"The ferry\",");
    check(CD_INPUT_TEXT, "\"a\\b\"\n\r\t\b\f\x01\x1f/é\x7f",
          "{\"id\":\"raw/3/17\",\"text\":\"\\\"a\\\\b\\\"\\n\\r\\t\\u0008\\u000c\\u0001\\u001f/é\x7f\",");
    check(CD_INPUT_AUTO, "plain", "{\"id\":\"raw/3/17\",\"text\":\"plain\",");
}

static void holes_are_where_answers_go(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    article a = article_decode(&rules, CD_LIT("{\"text\":\"a\"}"), NO_KEY);
    const cd_annotation annotations[] = {
        {"duplicate", {NULL, 0}}, {"language", CD_LIT("{}")}, {"odd\"name", {NULL, 0}}, {"quotes", CD_LIT("[]")}};
    const cd_provenance provenance = {"p", standard_identity, NULL, NULL, 0};
    char output[1000];
    size_t holes[2] = {0, 0};
    size_t len = cd_encode(&a.document, annotations, 4, &provenance, output, holes);
    assert_int_equal(len, cd_encode_bound(&a.document, annotations, 4, &provenance));
    output[len] = '\0';
    char filled[1100];
    snprintf(filled, sizeof(filled), "%.*s[1]%.*s[2]%s", (int)holes[0], output, (int)(holes[1] - holes[0]),
             output + holes[0], output + holes[1]);
    assert_string_equal(
        filled, "{\"text\":\"a\",\"enrichment\":{\"duplicate\":[1],\"language\":{},\"odd\\\"name\":[2],\"quotes\":[]},"
                "\"provenance\":{\"pipeline\":\"p\",\"source\":{\"topic\":\"raw\",\"partition\":3,\"offset\":17,"
                "\"timestamp\":1603324800000},\"stages\":[]}}");
    article_free(&a);
}

static void sources_differ(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    article a = article_decode(&rules, CD_LIT("{\"text\":\"a\"}"), NO_KEY);
    cd_provenance provenance = {"p", standard_identity, "d\xe9p\xc3\xaa\"\n.jsonl", NULL, 0};
    char output[1000];
    size_t len = cd_encode(&a.document, NULL, 0, &provenance, output, NULL);
    output[len] = '\0';
    assert_string_equal(output,
                        "{\"text\":\"a\",\"enrichment\":{},\"provenance\":{\"pipeline\":\"p\",\"source\":{\"file\":"
                        "\"d\uFFFDpê\\\"\\n.jsonl\",\"line\":17},\"stages\":[]}}");
    provenance.file = NULL;
    provenance.source =
        (cd_identity){.topic = CD_LIT("t"), .partition = INT32_MIN, .offset = INT64_MIN, .timestamp_ms = -1};
    len = cd_encode(&a.document, NULL, 0, &provenance, output, NULL);
    output[len] = '\0';
    assert_non_null(strstr(
        output, "{\"topic\":\"t\",\"partition\":-2147483648,\"offset\":-9223372036854775808,\"timestamp\":null}"));
    assert_int_equal(len, cd_encode_bound(&a.document, NULL, 0, &provenance));
    article_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_out_as_they_stood), cmocka_unit_test(own_enrichment_and_provenance_are_replaced),
        cmocka_unit_test(nothing_else_may_be_left),       cmocka_unit_test(plain_text_is_wrapped),
        cmocka_unit_test(holes_are_where_answers_go),     cmocka_unit_test(sources_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
