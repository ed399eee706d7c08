/* SPDX-License-Identifier: Apache-2.0
 *
 * What the corpus cannot show: rules, ids, frames, charsets, pointers, limits, memory that is used again.
 */
#include "article_support.h"

#include <errno.h>
#include <stdio.h>

#define JSON(text) CD_LIT(text)

static void check_id(const char *payload, cd_str key, const char *expected)
{
    cd_decode_rules rules = standard_rules();
    article a = article_decode(&rules, cd_str_of(payload), key);
    assert_int_equal(a.rc, 0);
    assert_str(a.document.fields[CD_FIELD_ID], expected);
    article_free(&a);
}

static void id_is_the_inputs_else_the_keys_else_the_place(void **state)
{
    (void)state;
    check_id("{\"text\":\"a\",\"id\":\"x\\u00e9\"}", CD_LIT("key"), "xé");
    check_id("{\"text\":\"a\",\"id\":1.50 }", CD_LIT("key"), "1.50");
    check_id("{\"text\":\"a\",\"id\":123456789012345678901234567890}", NO_KEY, "123456789012345678901234567890");
    check_id("{\"text\":\"a\",\"id\":\"\"}", CD_LIT("key"), "key");
    check_id("{\"text\":\"a\",\"id\":null}", CD_LIT("key"), "key");
    check_id("{\"text\":\"a\",\"id\":true}", CD_LIT("key"), "key");
    check_id("{\"text\":\"a\",\"id\":[1]}", CD_LIT("key"), "key");
    check_id("{\"text\":\"a\"}", CD_LIT("key"), "key");
    check_id("{\"text\":\"a\"}", CD_LIT(""), "raw/3/17");
    check_id("{\"text\":\"a\"}", CD_LIT("\xff\x00\x01"), "raw/3/17");
    check_id("{\"text\":\"a\"}", NO_KEY, "raw/3/17");
}

static void a_topic_that_is_no_utf8_makes_an_id_that_is(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    cd_identity identity = {.topic = CD_LIT("d\xe9pêche.jsonl"), .offset = INT64_MAX, .partition = INT32_MIN};
    cd_decoder *decoder = cd_decoder_create(&rules);
    cd_document document;
    cd_decode_error error;
    assert_int_equal(cd_decode(decoder, JSON("{\"text\":\"a\"}"), NO_KEY, &identity, &document, &error), 0);
    assert_str(document.fields[CD_FIELD_ID], "d\uFFFDpêche.jsonl/-2147483648/9223372036854775807");
    cd_decoder_destroy(decoder);
}

static void fields_come_unescaped_and_only_if_strings(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    article a =
        article_decode(&rules,
                       JSON("{\"title\":\"\\\"T\\\"\",\"url\":3,\"source\":null,\"lang\":\"\",\"published\":\"p\","
                            "\"text\":\"a\\u0000b\"}"),
                       NO_KEY);
    assert_int_equal(a.rc, 0);
    assert_str(a.document.fields[CD_FIELD_TITLE], "\"T\"");
    assert_str(a.document.fields[CD_FIELD_URL], NULL);
    assert_str(a.document.fields[CD_FIELD_SOURCE], NULL);
    assert_str(a.document.fields[CD_FIELD_LANG], "");
    assert_str(a.document.fields[CD_FIELD_PUBLISHED], "p");
    assert_int_equal(a.document.fields[CD_FIELD_TEXT].len, 3);
    assert_memory_equal(a.document.fields[CD_FIELD_TEXT].ptr, "a\0b", 3);
    article_free(&a);
}

static void strings_without_escapes_are_not_copied(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    article a = article_decode(&rules, JSON("{\"text\":\"plain\",\"title\":\"with\\n\"}"), NO_KEY);
    assert_ptr_equal(a.document.fields[CD_FIELD_TEXT].ptr, a.payload + 9);
    assert_true(a.document.fields[CD_FIELD_TITLE].ptr < a.payload ||
                a.document.fields[CD_FIELD_TITLE].ptr >= a.payload + 40);
    article_free(&a);
}

static void pointers_reach_into_nested_members(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    rules.pointers[CD_FIELD_TEXT] = "/article/body~1parts/1/b~0c";
    rules.pointers[CD_FIELD_ID] = "/article/id";
    rules.pointers[CD_FIELD_TITLE] = NULL;
    rules.pointers[CD_FIELD_URL] = "";
    cd_str payload =
        JSON("{\"title\":\"t\",\"url\":\"u\",\"article\":{\"id\":7,\"body\\/parts\":[[],{\"b~c\":\"deep\"}]}}");
    article a = article_decode(&rules, payload, NO_KEY);
    assert_int_equal(a.rc, 0);
    assert_str(a.document.fields[CD_FIELD_TEXT], "deep");
    assert_str(a.document.fields[CD_FIELD_ID], "7");
    assert_str(a.document.fields[CD_FIELD_TITLE], NULL);
    assert_str(a.document.fields[CD_FIELD_URL], NULL);
    article_free(&a);
    assert_refused(&rules, JSON("{\"text\":\"a\"}"), "there is no text: no member /article/body~1parts/1/b~0c", -1);
}

static void members_are_found_by_pointer(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    article a =
        article_decode(&rules,
                       JSON("{\"text\":\"a\",\"n\" : -1.0e5 ,\"o\": { \"k\" : [ 1 , {\"\":\"\\u00e9\"} , null ] } ,"
                            "\"t\":true,\"f\":false}"),
                       NO_KEY);
    struct {
        const char *pointer, *raw, *string;
        int32_t type;
    } cases[] = {
        {"/text", "\"a\"", "a", CD_JSON_STRING},
        {"/n", "-1.0e5", NULL, CD_JSON_NUMBER},
        {"/o", "{ \"k\" : [ 1 , {\"\":\"\\u00e9\"} , null ] }", NULL, CD_JSON_OBJECT},
        {"/o/k", "[ 1 , {\"\":\"\\u00e9\"} , null ]", NULL, CD_JSON_ARRAY},
        {"/o/k/0", "1", NULL, CD_JSON_NUMBER},
        {"/o/k/1/", "\"\\u00e9\"", "é", CD_JSON_STRING},
        {"/o/k/2", "null", NULL, CD_JSON_NULL},
        {"/t", "true", NULL, CD_JSON_BOOLEAN},
        {"/f", "false", NULL, CD_JSON_BOOLEAN},
    };
    cd_value value;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(cd_document_member(a.decoder, &a.document, cd_str_of(cases[i].pointer), &value), 0);
        assert_int_equal(value.type, cases[i].type);
        assert_str(value.raw, cases[i].raw);
        assert_str(value.string, cases[i].string);
    }
    assert_int_equal(cd_document_member(a.decoder, &a.document, CD_LIT(""), &value), 0);
    assert_int_equal(value.type, CD_JSON_OBJECT);
    assert_ptr_equal(value.raw.ptr, a.document.json.ptr);
    assert_int_equal(value.raw.len, a.document.json.len);
    static const char *const missing[] = {"/",        "/none",  "text",     "/text/0",
                                          "/o/k/3",   "/o/k/-", "/o/k/00",  "/o/k/ ",
                                          "/o/k/1/x", "/n/0",   "/o/~2",    "/o/k/18446744073709551616",
                                          "/~",       "/o/k/",  "/o/k/0x0", "/texts"};
    for (size_t i = 0; i < sizeof(missing) / sizeof(*missing); i++)
        assert_int_equal(cd_document_member(a.decoder, &a.document, cd_str_of(missing[i]), &value), -ENOENT);
    article_free(&a);
}

static void one_member_asked_for_often_is_unescaped_once(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    article a = article_decode(&rules, JSON("{\"text\":\"a\",\"x\":\"\\n\\n\"}"), NO_KEY);
    cd_value first, again;
    assert_int_equal(cd_document_member(a.decoder, &a.document, CD_LIT("/x"), &first), 0);
    assert_int_equal(cd_document_member(a.decoder, &a.document, CD_LIT("/x"), &again), 0);
    assert_ptr_equal(first.string.ptr, again.string.ptr);
    article_free(&a);
}

static void plain_text_becomes_the_text(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    rules.format = CD_INPUT_TEXT;
    static const char *const texts[] = {"The ferry sailed.\n", "{\"text\":\"a\"}", "\xEF\xBB\xBFmarked", "[1,2"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        cd_value value;
        article a = article_decode(&rules, cd_str_of(texts[i]), CD_LIT("k"));
        assert_int_equal(a.rc, 0);
        assert_str(a.document.fields[CD_FIELD_TEXT], texts[i]);
        assert_str(a.document.fields[CD_FIELD_ID], "k");
        assert_null(a.document.json.ptr);
        assert_int_equal(cd_document_member(a.decoder, &a.document, CD_LIT("/text"), &value), -ENOENT);
        article_free(&a);
    }
    assert_refused(&rules, CD_LIT(""), "payload is empty", -1);
    assert_refused(&rules, CD_LIT(" \n\xC2\xA0"), "the text is empty", 0);
    assert_refused(&rules, CD_LIT("caf\xe9 au lait"), "invalid UTF-8: byte 0xE9", 3);
}

static void auto_looks_at_the_first_byte(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    rules.format = CD_INPUT_AUTO;
    article a = article_decode(&rules, CD_LIT(" \r\n\t{\"text\":\"json\"}"), NO_KEY);
    assert_str(a.document.fields[CD_FIELD_TEXT], "json");
    article_free(&a);
    a = article_decode(&rules, CD_LIT("[\"text\"]"), NO_KEY);
    assert_str(a.document.fields[CD_FIELD_TEXT], "[\"text\"]");
    article_free(&a);
    a = article_decode(&rules, CD_LIT("\xEF\xBB\xBFplain"), NO_KEY);
    assert_str(a.document.fields[CD_FIELD_TEXT], "\xEF\xBB\xBFplain");
    article_free(&a);
    assert_refused(&rules, CD_LIT("{ferry}"), "member's name", 1);
    assert_refused(&rules, CD_LIT("\xEF\xBB\xBF {\"text\":\"a\"}"), "byte order mark", 0);
    assert_refused(&rules, CD_LIT("\0\0\0\0\1text"), "Confluent framing does (schema id 1)", 0);
}

static void confluent_framing_is_taken_off_by_option(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    rules.confluent = 1;
    article a = article_decode(&rules, CD_LIT("\0\0\0\1\2{\"text\":\"framed\"}"), NO_KEY);
    assert_int_equal(a.rc, 0);
    assert_str(a.document.fields[CD_FIELD_TEXT], "framed");
    assert_str(a.document.json, "{\"text\":\"framed\"}");
    article_free(&a);
    a = article_decode(&rules, CD_LIT("{\"text\":\"bare\"}"), NO_KEY);
    assert_str(a.document.fields[CD_FIELD_TEXT], "bare");
    article_free(&a);
    assert_refused(&rules, CD_LIT("\0\0\0\1\2{\"text\":nul}"), "\"nul\" is no JSON value", 13);
    assert_refused(&rules, CD_LIT("\0\0\0\1\2\0\0\0\0\1{}"), "begins with a zero byte", 5);
    assert_refused(&rules, CD_LIT("\0\0\0\1\2"), "empty behind its Confluent framing", -1);
    assert_refused(&rules, CD_LIT("\0\0\0\1"), "too short for Confluent framing", 0);
}

static void other_charsets_are_converted_first(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    rules.charset = "ISO-8859-1";
    article a = article_decode(&rules, CD_LIT("{\"text\":\"caf\xe9\"}"), NO_KEY);
    assert_str(a.document.fields[CD_FIELD_TEXT], "café");
    assert_str(a.document.json, "{\"text\":\"café\"}");
    article_free(&a);
    assert_refused(&rules, CD_LIT("{\"t\":\"\xe9\xe9\xe9\",\"text\":nul}"), "\"nul\" is no JSON value", 18);
    rules.charset = "UTF-16LE";
    a = article_decode(&rules, CD_LIT("{\0\"\0t\0e\0x\0t\0\"\0:\0\"\0\x2f\x6e\"\0}\0"), NO_KEY);
    assert_int_equal(a.rc, 0);
    assert_str(a.document.fields[CD_FIELD_TEXT], "港");
    article_free(&a);
    assert_refused(&rules, CD_LIT("{\0\"\0t\0e\0x"), "invalid UTF-16LE: ends within a character", 8);
    rules.charset = "UTF-16BE";
    a = article_decode(&rules, CD_LIT("\0{\0\"\0t\0e\0x\0t\0\"\0:\0\"\0a\0\"\0}"), NO_KEY);
    assert_str(a.document.fields[CD_FIELD_TEXT], "a");
    article_free(&a);
    rules.charset = "SHIFT_JIS";
    rules.format = CD_INPUT_TEXT;
    assert_refused(&rules, CD_LIT("abc\xff"), "invalid SHIFT_JIS: byte 0xFF", 3);
    a = article_decode(&rules, CD_LIT("\x8d\x60"), NO_KEY);
    assert_str(a.document.fields[CD_FIELD_TEXT], "港");
    article_free(&a);
}

static void a_charsets_growth_counts_against_the_limit(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    rules.format = CD_INPUT_TEXT;
    rules.charset = "ISO-8859-1";
    char block[4000];
    memset(block, 0xe9, sizeof(block));
    rules.max_bytes = 8000;
    article a = article_decode(&rules, (cd_str){block, sizeof(block)}, NO_KEY);
    assert_int_equal(a.rc, 0);
    assert_int_equal(a.document.fields[CD_FIELD_TEXT].len, 8000);
    article_free(&a);
    rules.max_bytes = 7999;
    assert_refused(&rules, (cd_str){block, sizeof(block)}, "more than the limit of 7999 bytes once it is UTF-8", -1);
    rules.charset = "CP1258"; /* holds a letter back until it knows what follows: at the end it must come out */
    a = article_decode(&rules, CD_LIT("Ha Noi, ca"), NO_KEY);
    assert_str(a.document.fields[CD_FIELD_TEXT], "Ha Noi, ca");
    article_free(&a);
}

static void limits_hold_to_the_byte(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    rules.max_bytes = 12;
    article a = article_decode(&rules, CD_LIT("{\"text\":\"a\"}"), NO_KEY);
    assert_int_equal(a.rc, 0);
    article_free(&a);
    assert_refused(&rules, CD_LIT("{\"text\":\"a\"} "), "too large: 13 bytes, the limit is 12", -1);
    rules = standard_rules();
    rules.max_depth = 1;
    a = article_decode(&rules, CD_LIT("{\"text\":\"a\"}"), NO_KEY);
    assert_int_equal(a.rc, 0);
    article_free(&a);
    assert_refused(&rules, CD_LIT("{\"text\":\"a\",\"l\":[]}"), "deeper than the limit of 1", 16);
}

static void bad_rules_are_refused(void **state)
{
    (void)state;
    cd_decode_rules good = standard_rules(), bad;
    struct {
        size_t max_bytes;
        uint32_t max_depth;
        int32_t format;
        const char *charset, *text, *title;
    } cases[] = {
        {0, 64, CD_INPUT_JSON, NULL, "/text", NULL},
        {CD_DECODE_MAX_BYTES + 1, 64, CD_INPUT_JSON, NULL, "/text", NULL},
        {99, 0, CD_INPUT_JSON, NULL, "/text", NULL},
        {99, CD_DECODE_MAX_DEPTH + 1, CD_INPUT_JSON, NULL, "/text", NULL},
        {99, 64, 3, NULL, "/text", NULL},
        {99, 64, -1, NULL, "/text", NULL},
        {99, 64, CD_INPUT_JSON, "KLINGON", "/text", NULL},
        {99, 64, CD_INPUT_JSON, "ASCII//IGNORE", "/text", NULL},
        {99, 64, CD_INPUT_JSON, NULL, NULL, NULL},
        {99, 64, CD_INPUT_AUTO, NULL, "", NULL},
        {99, 64, CD_INPUT_JSON, NULL, "text", NULL},
        {99, 64, CD_INPUT_JSON, NULL, "/te~xt", NULL},
        {99, 64, CD_INPUT_JSON, NULL, "/text", "/a/b~"},
        {99, 64, CD_INPUT_JSON, NULL, "/text", "/\xff"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        bad = good;
        bad.max_bytes = cases[i].max_bytes;
        bad.max_depth = cases[i].max_depth;
        bad.format = cases[i].format;
        bad.charset = cases[i].charset;
        bad.pointers[CD_FIELD_TEXT] = cases[i].text;
        bad.pointers[CD_FIELD_TITLE] = cases[i].title;
        errno = 0;
        assert_null(cd_decoder_create(&bad));
        assert_int_equal(errno, EINVAL);
    }
    good.format = CD_INPUT_TEXT;
    good.pointers[CD_FIELD_TEXT] = NULL;
    good.charset = "utf8";
    cd_decoder *decoder = cd_decoder_create(&good);
    assert_non_null(decoder);
    cd_decoder_destroy(decoder);
    cd_decoder_destroy(NULL);
}

static void a_decoder_can_be_used_again(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    cd_decoder *decoder = cd_decoder_create(&rules);
    cd_document document;
    cd_decode_error error;
    size_t large = 200000;
    char *payload = malloc(large + 64);
    const char *made_up = NULL;
    for (int round = 0; round < 40; round++) {
        memset(payload, 'x', large + 64);
        memcpy(payload, "{\"text\":\"\\n", 11);
        size_t len = round % 3 == 0 ? large : 40 + (size_t)round;
        memcpy(payload + len - 2, "\"}", 2);
        if (round % 5 == 4)
            payload[len - 1] = ']';
        int rc = cd_decode(decoder, (cd_str){payload, len}, NO_KEY, &standard_identity, &document, &error);
        assert_int_equal(rc, round % 5 == 4 ? -EBADMSG : 0);
        if (rc != 0)
            continue;
        assert_int_equal(document.fields[CD_FIELD_TEXT].len, len - 12);
        assert_true(made_up == NULL || made_up == document.fields[CD_FIELD_ID].ptr); /* nothing piles up */
        made_up = document.fields[CD_FIELD_ID].ptr;
    }
    free(payload);
    cd_decoder_destroy(decoder);
}

static void reasons_are_fit_for_a_header(void **state)
{
    (void)state;
    cd_decode_rules rules = standard_rules();
    char name[600];
    for (size_t at = 0; at + 2 <= sizeof(name); at += 2)
        memcpy(name + at, "é", 2);
    char payload[2000];
    int len = snprintf(payload, sizeof(payload), "{\"text\":\"a\",\"%.*s\":1,\"%.*s\":2}", 600, name, 600, name);
    article a = article_decode(&rules, (cd_str){payload, (size_t)len}, NO_KEY);
    assert_int_equal(a.rc, -EBADMSG);
    assert_true(strlen(a.error.reason) < 120);
    assert_non_null(strstr(a.error.reason, "…\" stands twice"));
    article_free(&a);
    rules.pointers[CD_FIELD_TEXT] = "/a\x1b[2J\n";
    assert_refused(&rules, CD_LIT("{}"), "no member /a<U+001B>[2J<U+000A>", -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_is_the_inputs_else_the_keys_else_the_place),
        cmocka_unit_test(a_topic_that_is_no_utf8_makes_an_id_that_is),
        cmocka_unit_test(fields_come_unescaped_and_only_if_strings),
        cmocka_unit_test(strings_without_escapes_are_not_copied),
        cmocka_unit_test(pointers_reach_into_nested_members),
        cmocka_unit_test(members_are_found_by_pointer),
        cmocka_unit_test(one_member_asked_for_often_is_unescaped_once),
        cmocka_unit_test(plain_text_becomes_the_text),
        cmocka_unit_test(auto_looks_at_the_first_byte),
        cmocka_unit_test(confluent_framing_is_taken_off_by_option),
        cmocka_unit_test(other_charsets_are_converted_first),
        cmocka_unit_test(a_charsets_growth_counts_against_the_limit),
        cmocka_unit_test(limits_hold_to_the_byte),
        cmocka_unit_test(bad_rules_are_refused),
        cmocka_unit_test(a_decoder_can_be_used_again),
        cmocka_unit_test(reasons_are_fit_for_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
