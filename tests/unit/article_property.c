/* SPDX-License-Identifier: Apache-2.0
 *
 * Properties over generated and damaged input, with jansson as the second opinion. Seeds are fixed: a failure can be
 * repeated. What may differ from jansson 2.14 in its strictest mode is listed in `differs`; nothing else may.
 */
#include "article_support.h"

#include "article/json_read.h"

#include <errno.h>
#include <stdio.h>

/* ---- A generator of good articles -----------------------------------------------------------------------------------
 */

typedef struct writer {
    char bytes[1 << 16];
    size_t len;
    uint64_t seed;
    unsigned names; /* numbers the members, so that none comes twice */
} writer;

static size_t pick(writer *w, size_t below) { return (size_t)(next_random(&w->seed) % below); }

static void put(writer *w, const char *text)
{
    size_t len = strlen(text);
    assert_true(w->len + len < sizeof(w->bytes));
    memcpy(w->bytes + w->len, text, len);
    w->len += len;
}

static void put_space(writer *w)
{
    static const char *const spaces[] = {"", "", "", "", " ", "\n", "\t", "\r\n", "   \n  "};
    put(w, spaces[pick(w, sizeof(spaces) / sizeof(*spaces))]);
}

static void put_string(writer *w, const char *start)
{
    static const char *const pieces[] = {
        "a", "The tide", "é", "港", "😀",       "\\n",     "\\\"",         "\\\\",           "\\/", "{",
        "]", ",",        ":", "'",  "\\u00e9", "\\u0041", "\\b\\f\\r\\t", "\\ud83d\\ude00", " ",   "\\u2028"};
    put(w, "\"");
    put(w, start);
    for (size_t n = pick(w, 12); n > 0; n--)
        put(w, pieces[pick(w, sizeof(pieces) / sizeof(*pieces))]);
    put(w, "\"");
}

static void put_name(writer *w)
{
    char name[24];
    snprintf(name, sizeof(name), "n%u_", w->names++);
    put_string(w, name);
    put_space(w);
    put(w, ":");
}

static void put_value(writer *w, int depth);

static void put_container(writer *w, int depth, int object)
{
    put(w, object ? "{" : "[");
    put_space(w);
    size_t count = pick(w, 5);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            put(w, ",");
        put_space(w);
        if (object)
            put_name(w);
        put_value(w, depth + 1);
    }
    put(w, object ? "}" : "]");
}

static void put_value(writer *w, int depth)
{
    static const char *const scalars[] = {"null",   "true",      "false", "0",    "-0",
                                          "1.5e-7", "123456789", "-9.25", "1E+2", "0.0"};
    put_space(w);
    size_t kind = pick(w, 8);
    if (kind < 2 && depth < 6)
        put_container(w, depth, kind == 0);
    else if (kind < 5)
        put_string(w, "");
    else
        put(w, scalars[pick(w, sizeof(scalars) / sizeof(*scalars))]);
    put_space(w);
}

static void put_article(writer *w)
{
    static const char *const own[] = {"\"enrichment\":", "\"provenance\":", "\"pr\\u006fvenance\":"};
    size_t members = pick(w, 6), text = pick(w, members + 1), replaced = pick(w, 8);
    put_space(w);
    put(w, "{");
    for (size_t i = 0; i <= members; i++) {
        if (i > 0)
            put(w, ",");
        put_space(w);
        if (i == text) {
            put(w, pick(w, 4) ? "\"text\":" : "\"\\u0074ext\" :");
            put_string(w, "x");
        } else if (replaced < 3) {
            put(w, own[replaced]);
            put_value(w, 1);
            replaced = replaced == 0 ? 1 + pick(w, 3) : 8;
        } else {
            put_name(w);
            put_value(w, 1);
        }
        put_space(w);
    }
    put(w, "}");
    put_space(w);
}

/* ---- The second opinion
 * ---------------------------------------------------------------------------------------------- */

#define STRICT (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY)

typedef struct bench {
    cd_decoder *decoder;
    cd_json_reader *reader;
    size_t accepted, refused;
} bench;

/* jansson refuses `bytes`, we do not: only because it can't hold a number or a name. */
static int may_be_too_much_for_jansson(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key;
}

/* We refuse, jansson does not: a rule of ours, or its leniency towards a NUL byte behind a number. */
static int is_a_rule_of_ours(const char *reason, cd_str bytes)
{
    static const char *const rules[] = {"the text",        "there is no text",
                                        "nested deeper",   "expected a JSON object",
                                        "byte order mark", "begins with a zero byte"};
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
        if (strstr(reason, rules[i]) != NULL)
            return 1;
    return memchr(bytes.ptr, '\0', bytes.len) != NULL;
}

static void check_output(bench *b, const cd_document *document, const json_t *in)
{
    size_t len;
    char *output = article_encode(document, &len);
    if (!cd_json_valid(b->reader, (cd_str){output, len}))
        fail_msg("no JSON: %s", output);
    json_t *out = json_loadb(output, len, STRICT, NULL);
    if (in != NULL) {
        assert_non_null(out);
        json_t *expected = json_deep_copy(in);
        json_object_set(expected, "enrichment", json_object_get(out, "enrichment"));
        json_object_set(expected, "provenance", json_object_get(out, "provenance"));
        if (!json_equal(expected, out))
            fail_msg("other members: %s", output);
        json_decref(expected);
    }
    json_decref(out);
    free(output);
}

/* Decodes from a block of exactly the size, compares with jansson, encodes what is good. 1 if it was accepted. */
static int judge(bench *b, cd_str bytes)
{
    char *exact = malloc(bytes.len ? bytes.len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes.ptr, bytes.len);
    cd_document document;
    cd_decode_error decode_error;
    json_error_t error;
    json_t *in = json_loadb(exact, bytes.len, STRICT, &error);
    int rc = cd_decode(b->decoder, (cd_str){exact, bytes.len}, NO_KEY, &standard_identity, &document, &decode_error);
    if (rc == 0) {
        if (in == NULL && !may_be_too_much_for_jansson(&error))
            fail_msg("taken, but %s: %.*s", error.text, (int)bytes.len, bytes.ptr);
        check_output(b, &document, in);
        b->accepted++;
    } else {
        assert_int_equal(rc, -EBADMSG);
        assert_true(decode_error.byte >= -1 && decode_error.byte <= (int64_t)bytes.len);
        assert_in_range(strlen(decode_error.reason), 1, 255);
        if (in != NULL && !is_a_rule_of_ours(decode_error.reason, bytes))
            fail_msg("refused, \"%s\": %.*s", decode_error.reason, (int)bytes.len, bytes.ptr);
        b->refused++;
    }
    json_decref(in);
    free(exact);
    return rc == 0;
}

static bench open_bench(void)
{
    cd_decode_rules rules = standard_rules();
    bench b = {.decoder = cd_decoder_create(&rules), .reader = cd_json_reader_create()};
    assert_non_null(b.decoder);
    assert_non_null(b.reader);
    return b;
}

static void close_bench(bench *b)
{
    cd_decoder_destroy(b->decoder);
    cd_json_reader_destroy(b->reader);
}

/* ---- Properties
 * ------------------------------------------------------------------------------------------------------ */

static void good_articles_are_taken(void **state)
{
    (void)state;
    bench b = open_bench();
    writer *w = calloc(1, sizeof(*w));
    w->seed = 20201021;
    for (int i = 0; i < 3000; i++) {
        w->len = 0;
        w->names = 0;
        put_article(w);
        if (!judge(&b, (cd_str){w->bytes, w->len}))
            fail_msg("refused: %.*s", (int)w->len, w->bytes);
    }
    free(w);
    close_bench(&b);
}

static void no_beginning_of_an_article_is_taken(void **state)
{
    (void)state;
    bench b = open_bench();
    writer *w = calloc(1, sizeof(*w));
    w->seed = 2;
    for (int i = 0; i < 40; i++) {
        w->len = 0;
        w->names = 0;
        put_article(w);
        while (w->bytes[w->len - 1] != '}') /* white space behind the end may go */
            w->len--;
        for (size_t len = 0; len < w->len; len++)
            if (judge(&b, (cd_str){w->bytes, len}))
                fail_msg("taken: %.*s", (int)len, w->bytes);
    }
    free(w);
    close_bench(&b);
}

static void damage(writer *w)
{
    static const char interesting[] = "\"\\{}[]:,0-+.eEtfnu \n\t\0\x1f\x7f\x80\xc2\xe2\xed\xf0\xff'/";
    size_t at = pick(w, w->len);
    switch (pick(w, 5)) {
    case 0: w->bytes[at] = (char)(w->bytes[at] ^ 1 << pick(w, 8)); break;
    case 1: w->bytes[at] = interesting[pick(w, sizeof(interesting) - 1)]; break;
    case 2:
        memmove(w->bytes + at, w->bytes + at + 1, w->len - at - 1);
        w->len--;
        break;
    case 3:
        memmove(w->bytes + at + 1, w->bytes + at, w->len - at);
        w->bytes[at] = interesting[pick(w, sizeof(interesting) - 1)];
        w->len++;
        break;
    default: { /* a piece of it once more elsewhere: members twice, strings that open anew */
        size_t from = pick(w, w->len), len = pick(w, 24) + 1;
        if (from + len > w->len)
            len = w->len - from;
        char piece[24];
        memcpy(piece, w->bytes + from, len);
        memmove(w->bytes + at + len, w->bytes + at, w->len - at);
        memcpy(w->bytes + at, piece, len);
        w->len += len;
    }
    }
}

static void damaged_articles_are_judged_as_jansson_does(void **state)
{
    (void)state;
    bench b = open_bench();
    writer *w = calloc(1, sizeof(*w));
    w->seed = 3;
    for (int i = 0; i < 30000; i++) {
        w->len = 0;
        w->names = 0;
        put_article(w);
        for (size_t n = pick(w, 3) + 1; n > 0 && w->len > 0; n--)
            damage(w);
        judge(&b, (cd_str){w->bytes, w->len});
    }
    assert_true(b.accepted > 2000); /* else the damage is too great to show anything */
    assert_true(b.refused > 10000);
    free(w);
    close_bench(&b);
}

static void noise_is_refused(void **state)
{
    (void)state;
    bench b = open_bench();
    uint64_t seed = 4;
    for (int i = 0; i < 5000; i++) {
        char noise[200];
        size_t len = (size_t)(next_random(&seed) % sizeof(noise));
        for (size_t at = 0; at < len; at++)
            noise[at] = i % 2 ? (char)next_random(&seed) : "{}[]\":,\\0e text"[next_random(&seed) % 15];
        judge(&b, (cd_str){noise, len});
    }
    assert_int_equal(b.accepted, 0);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_articles_are_taken),
        cmocka_unit_test(no_beginning_of_an_article_is_taken),
        cmocka_unit_test(damaged_articles_are_judged_as_jansson_does),
        cmocka_unit_test(noise_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
