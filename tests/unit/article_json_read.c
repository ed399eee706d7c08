/* SPDX-License-Identifier: Apache-2.0 */
#include "article_support.h"

#include "article/json_read.h"

#include <errno.h>

static void only_one_strict_value_is_valid(void **state)
{
    (void)state;
    static const char *const good[] = {"0",           "\"\"",  "null",    " true ",
                                       "[]",          "{}",    "[1,[2]]", "{\"a\":{\"a\":1}}",
                                       "\"\\u00e9\"", "1e999", "[{},{}]", "\n{\"a\":\"b\"}\n"};
    static const char *const bad[] = {"",
                                      " ",
                                      "nul",
                                      "01.2.3",
                                      "\"\\q\"",
                                      "[1,,2]",
                                      "{\"a\":1,\"\\u0061\":2}",
                                      "1 2",
                                      "[",
                                      "\"",
                                      "\xff",
                                      "\"\xff\"",
                                      "\xEF\xBB\xBF{}",
                                      "[1}",
                                      "{} {}",
                                      "'a'",
                                      "\"\t\"",
                                      "{,}",
                                      "\"\\ud800\"",
                                      "-",
                                      "tru e"};
    cd_json_reader *reader = cd_json_reader_create();
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        if (!cd_json_valid(reader, cd_str_of(good[i])))
            fail_msg("%s: %s", good[i], cd_json_reason(reader, NULL));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (cd_json_valid(reader, cd_str_of(bad[i])))
            fail_msg("%s is taken", bad[i]);
    assert_false(cd_json_valid(reader, CD_LIT("1\0")));
    assert_false(cd_json_valid(reader, CD_LIT("[1, 2\0]")));
    int64_t byte;
    assert_false(cd_json_valid(reader, CD_LIT("[1,nul]")));
    assert_string_equal(cd_json_reason(reader, &byte), "\"nul\" is no JSON value");
    assert_int_equal(byte, 3);
    cd_json_reader_destroy(reader);
    cd_json_reader_destroy(NULL);
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    char text[2 * CD_JSON_READER_DEPTH + 2];
    memset(text, '[', CD_JSON_READER_DEPTH + 1);
    memset(text + CD_JSON_READER_DEPTH + 1, ']', CD_JSON_READER_DEPTH + 1);
    cd_json_reader *reader = cd_json_reader_create();
    assert_true(cd_json_valid(reader, (cd_str){text + 1, (size_t)2 * CD_JSON_READER_DEPTH}));
    assert_false(cd_json_valid(reader, (cd_str){text, sizeof(text)}));
    cd_json_reader_destroy(reader);
}

static void results_can_be_held_together(void **state)
{
    (void)state;
    cd_json_reader *reader = cd_json_reader_create();
    char filler[3000];
    memset(filler, 'x', sizeof(filler));
    memcpy(filler, "[\"\\n", 4);
    memcpy(filler + sizeof(filler) - 2, "\"]", 2);
    cd_value one, two, three;
    cd_str first = CD_LIT("{\"a\":\"\\u0031st\",\"b\":\"\\u0032nd\"}"), second = CD_LIT("[\"\\u0033rd\"]");
    assert_int_equal(cd_json_lookup(reader, first, CD_LIT("/a"), &one), 0);
    assert_int_equal(cd_json_lookup(reader, second, CD_LIT("/0"), &three), 0);
    for (int i = 0; i < 100; i++) { /* over several blocks of the reader's memory */
        cd_value other;
        assert_int_equal(cd_json_lookup(reader, (cd_str){filler, sizeof(filler)}, CD_LIT("/0"), &other), 0);
        assert_int_equal(other.string.len, sizeof(filler) - 5);
    }
    assert_true(cd_json_valid(reader, CD_LIT("[\"\\n\"]")));
    assert_int_equal(cd_json_lookup(reader, first, CD_LIT("/b"), &two), 0);
    assert_str(one.string, "1st");
    assert_str(two.string, "2nd");
    assert_str(three.string, "3rd");
    assert_str(one.raw, "\"\\u0031st\"");
    cd_json_reader_destroy(reader);
}

static void lookups_say_what_is_wrong(void **state)
{
    (void)state;
    cd_json_reader *reader = cd_json_reader_create();
    cd_value value;
    cd_str json = CD_LIT(" [ 10 , {\"a\" : [ ] } , \"s\" ] ");
    assert_int_equal(cd_json_lookup(reader, json, CD_LIT(""), &value), 0);
    assert_str(value.raw, "[ 10 , {\"a\" : [ ] } , \"s\" ]");
    assert_int_equal(value.type, CD_JSON_ARRAY);
    assert_int_equal(cd_json_lookup(reader, json, (cd_str){NULL, 0}, &value), 0);
    assert_int_equal(cd_json_lookup(reader, json, CD_LIT("/0"), &value), 0);
    assert_str(value.raw, "10");
    assert_int_equal(cd_json_lookup(reader, json, CD_LIT("/1/a"), &value), 0);
    assert_str(value.raw, "[ ]");
    assert_int_equal(cd_json_lookup(reader, json, CD_LIT("/2"), &value), 0);
    assert_str(value.string, "s");
    assert_int_equal(cd_json_lookup(reader, CD_LIT("\"root\""), CD_LIT(""), &value), 0);
    assert_str(value.string, "root");
    assert_int_equal(cd_json_lookup(reader, json, CD_LIT("/3"), &value), -ENOENT);
    assert_int_equal(cd_json_lookup(reader, json, CD_LIT("/1/a/0"), &value), -ENOENT);
    assert_int_equal(cd_json_lookup(reader, json, CD_LIT("/0/0"), &value), -ENOENT);
    assert_int_equal(cd_json_lookup(reader, json, CD_LIT("0"), &value), -EINVAL);
    assert_int_equal(cd_json_lookup(reader, json, CD_LIT("/x/~3"), &value), -EINVAL);
    assert_int_equal(cd_json_lookup(reader, CD_LIT("[1"), CD_LIT("/0"), &value), -EINVAL);
    assert_int_equal(cd_json_lookup(reader, CD_LIT("[1"), CD_LIT("/0"), &value), -EINVAL);
    cd_json_reader_destroy(reader);
}

static void after_reset_the_same_place_is_read_anew(void **state)
{
    (void)state;
    cd_json_reader *reader = cd_json_reader_create();
    char json[] = "[1]";
    cd_value value;
    assert_int_equal(cd_json_lookup(reader, cd_str_of(json), CD_LIT("/0"), &value), 0);
    memcpy(json, "{ }", 3);
    cd_json_reader_reset(reader);
    assert_int_equal(cd_json_lookup(reader, cd_str_of(json), CD_LIT("/0"), &value), -ENOENT);
    memcpy(json, "[2]", 3);
    assert_true(cd_json_valid(reader, cd_str_of(json)));
    assert_int_equal(cd_json_lookup(reader, cd_str_of(json), CD_LIT("/0"), &value), 0);
    assert_str(value.raw, "2");
    memcpy(json, "[{]", 3); /* what was found to be bad stays bad */
    assert_false(cd_json_valid(reader, cd_str_of(json)));
    assert_int_equal(cd_json_lookup(reader, cd_str_of(json), CD_LIT("/0"), &value), -EINVAL);
    cd_json_reader_destroy(reader);
}

static void memory_is_used_again(void **state)
{
    (void)state;
    cd_json_reader *reader = cd_json_reader_create();
    cd_value value;
    const char *first = NULL;
    for (int i = 0; i < 3; i++) {
        cd_json_reader_reset(reader);
        assert_int_equal(cd_json_lookup(reader, CD_LIT("[\"\\n\"]"), CD_LIT("/0"), &value), 0);
        assert_true(first == NULL || first == value.string.ptr);
        first = value.string.ptr;
    }
    cd_json_reader_destroy(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_strict_value_is_valid),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(results_can_be_held_together),
        cmocka_unit_test(lookups_say_what_is_wrong),
        cmocka_unit_test(after_reset_the_same_place_is_read_anew),
        cmocka_unit_test(memory_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
