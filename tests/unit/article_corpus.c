/* SPDX-License-Identifier: Apache-2.0
 *
 * Every file of tests/cases/json through the decoder and the encoder. What is accepted must come out with the input's
 * members byte for byte, and the same to a second, unrelated parser; what is refused must say why, and where.
 */
#include "article_support.h"

#include "article/json_read.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

/* One line of an index: columns divided by tabs. */
static int next_line(FILE *index, char *line, size_t size, char *columns[3])
{
    if (fgets(line, (int)size, index) == NULL)
        return 0;
    line[strcspn(line, "\n")] = '\0';
    columns[0] = line;
    for (int i = 1; i < 3; i++) {
        columns[i] = strchr(columns[i - 1], '\t');
        assert_non_null(columns[i]);
        *columns[i]++ = '\0';
    }
    return 1;
}

static FILE *open_index(const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
    FILE *index = fopen(path, "r");
    assert_non_null(index);
    return index;
}

static char *read_case(const char *folder, const char *name, size_t *len)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s/%s", CORPUS, folder, name);
    return read_file(path, len);
}

static void check_text(cd_str text, const char *expected_json, const char *name)
{
    json_t *expected = json_loads(expected_json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!json_is_string(expected) || json_string_length(expected) != text.len ||
        memcmp(json_string_value(expected), text.ptr, text.len) != 0)
        fail_msg("%s: the text is \"%.*s\"", name, (int)text.len, text.ptr);
    json_decref(expected);
}

/* The output begins with the input's object, the cuts taken out, and jansson finds the same values in both. */
static void check_with_jansson(const cd_document *document, const char *output, size_t len, const char *name)
{
    json_t *in = json_loadb(document->json.ptr, document->json.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    json_error_t error;
    json_t *out = json_loadb(output, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (in == NULL || out == NULL)
        fail_msg("%s: jansson does not read it: %s", name, error.text);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(json_object_get(out, "enrichment"), "language"), "code")),
        "en");
    assert_string_equal(json_string_value(json_object_get(json_object_get(out, "provenance"), "pipeline")),
                        "fingerprint");
    json_object_del(out, "enrichment");
    json_object_del(out, "provenance");
    json_object_del(in, "enrichment");
    json_object_del(in, "provenance");
    if (!json_equal(in, out))
        fail_msg("%s: other members than the input's", name);
    json_decref(in);
    json_decref(out);
}

static void check_bytes(const cd_document *document, const char *output, const char *name)
{
    size_t from = 0, at = 0;
    for (uint32_t i = 0; i <= document->cut_count; i++) {
        size_t to = i < document->cut_count ? document->cuts[i].start : document->json.len - 1;
        if (memcmp(output + at, document->json.ptr + from, to - from) != 0)
            fail_msg("%s: bytes %zu to %zu of the input are changed", name, from, to);
        at += to - from;
        from = i < document->cut_count ? document->cuts[i].end : 0;
    }
    const char *splice = document->bare ? "\"enrichment\":{" : ",\"enrichment\":{";
    assert_memory_equal(output + at, splice, strlen(splice));
}

static void accept_one(const char *name, const char *beyond, const char *text)
{
    size_t len, output_len;
    char *bytes = read_case("accept", name, &len);
    cd_decode_rules rules = standard_rules();
    article a = article_decode(&rules, (cd_str){bytes, len}, NO_KEY);
    if (a.rc != 0)
        fail_msg("%s is refused: %s (byte %lld)", name, a.error.reason, (long long)a.error.byte);
    check_text(a.document.fields[CD_FIELD_TEXT], text, name);
    char *output = article_encode(&a.document, &output_len);
    check_bytes(&a.document, output, name);
    if (strcmp(beyond, "-") == 0)
        check_with_jansson(&a.document, output, output_len, name);
    cd_json_reader *reader = cd_json_reader_create();
    if (!cd_json_valid(reader, (cd_str){output, output_len}))
        fail_msg("%s: the output is no JSON: %s", name, cd_json_reason(reader, NULL));
    cd_json_reader_destroy(reader);
    free(output);
    free(bytes);
    article_free(&a);
}

static size_t count_files(const char *folder)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", CORPUS, folder);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void accepts_all_that_is_good(void **state)
{
    (void)state;
    char line[16384], *columns[3];
    FILE *index = open_index("accept.index");
    size_t count = 0;
    for (; next_line(index, line, sizeof(line), columns); count++)
        accept_one(columns[0], columns[1], columns[2]);
    fclose(index);
    assert_int_equal(count, count_files("accept"));
    assert_true(count >= 100);
}

static void refuses_all_that_is_bad(void **state)
{
    (void)state;
    char line[1024], *columns[3];
    FILE *index = open_index("refuse.index");
    cd_decode_rules rules = standard_rules();
    size_t count = 0, wrong = 0;
    for (; next_line(index, line, sizeof(line), columns); count++) {
        size_t len;
        char *bytes = read_case("refuse", columns[0], &len);
        article a = article_decode(&rules, (cd_str){bytes, len}, NO_KEY);
        long long byte = atoll(columns[1]);
        if (a.rc != -EBADMSG || strstr(a.error.reason, columns[2]) == NULL || a.error.byte != byte) {
            print_error("%s: expected \"%s\" at %lld, found %d \"%s\" at %lld\n", columns[0], columns[2], byte, a.rc,
                        a.error.reason, (long long)a.error.byte);
            wrong++;
        }
        article_free(&a);
        free(bytes);
    }
    fclose(index);
    assert_int_equal(wrong, 0);
    assert_int_equal(count, count_files("refuse"));
    assert_true(count >= 200);
}

/* What jansson takes, the decoder may refuse only by a rule of ours. Keeps the corpus honest: no case is bad by
 * mistake. (jansson 2.14 takes a NUL byte behind a number.) */
static void refused_cases_are_bad_for_a_reason(void **state)
{
    (void)state;
    static const char *const ours[] = {"the text", "there is no text", "nested deeper", "expected a JSON object", NULL};
    char line[1024], *columns[3];
    FILE *index = open_index("refuse.index");
    while (next_line(index, line, sizeof(line), columns)) {
        size_t len;
        char *bytes = read_case("refuse", columns[0], &len);
        json_t *value = json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
        int excused = strncmp(columns[0], "whole_", 6) == 0 || strcmp(columns[0], "number_nul_behind.json") == 0;
        for (size_t i = 0; ours[i] != NULL; i++)
            excused |= strstr(columns[2], ours[i]) != NULL;
        if (value != NULL && !excused)
            fail_msg("%s is good JSON", columns[0]);
        json_decref(value);
        free(bytes);
    }
    fclose(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_all_that_is_good),
        cmocka_unit_test(refuses_all_that_is_bad),
        cmocka_unit_test(refused_cases_are_bad_for_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
