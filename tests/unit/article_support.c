/* SPDX-License-Identifier: Apache-2.0 */
#include "article_support.h"

#include <errno.h>
#include <stdio.h>

const cd_identity standard_identity = {
    .topic = {"raw", 3}, .partition = 3, .offset = 17, .timestamp_ms = 1603324800000};

cd_decode_rules standard_rules(void)
{
    return (cd_decode_rules){
        .format = CD_INPUT_JSON,
        .max_bytes = (size_t)1 << 20,
        .max_depth = 64,
        .pointers = {NULL, "/text", "/id", "/title", "/url", "/source", "/lang", "/published"},
    };
}

article article_decode(const cd_decode_rules *rules, cd_str payload, cd_str key)
{
    article a = {.decoder = cd_decoder_create(rules), .payload = malloc(payload.len ? payload.len : 1)};
    assert_non_null(a.decoder);
    assert_non_null(a.payload);
    if (payload.len > 0)
        memcpy(a.payload, payload.ptr, payload.len);
    a.error = (cd_decode_error){"untouched", -7};
    a.rc = cd_decode(a.decoder, (cd_str){a.payload, payload.len}, key, &standard_identity, &a.document, &a.error);
    return a;
}

void article_free(article *a)
{
    cd_decoder_destroy(a->decoder);
    free(a->payload);
}

char *article_encode(const cd_document *document, size_t *len)
{
    const cd_annotation annotation = {"language", CD_LIT("{\"code\":\"en\"}")};
    const cd_stage_tag stage = {.name = "language_detect", .version = "1.0.0"};
    const cd_provenance provenance = {"fingerprint", standard_identity, NULL, &stage, 1};
    size_t bound = cd_encode_bound(document, &annotation, 1, &provenance);
    char *exact = malloc(bound);
    assert_non_null(exact);
    *len = cd_encode(document, &annotation, 1, &provenance, exact, NULL);
    assert_int_equal(*len, bound);
    char *copy = malloc(*len + 1);
    assert_non_null(copy);
    memcpy(copy, exact, *len);
    copy[*len] = '\0';
    free(exact);
    return copy;
}

void assert_refused(const cd_decode_rules *rules, cd_str payload, const char *fragment, int64_t byte)
{
    article a = article_decode(rules, payload, NO_KEY);
    if (a.rc != -EBADMSG || strstr(a.error.reason, fragment) == NULL || a.error.byte != byte)
        fail_msg("%.*s: expected \"%s\" at %lld, found %d \"%s\" at %lld", (int)(payload.len < 200 ? payload.len : 200),
                 payload.ptr, fragment, (long long)byte, a.rc, a.error.reason, (long long)a.error.byte);
    assert_null(a.document.json.ptr);
    assert_null(a.document.fields[CD_FIELD_TEXT].ptr);
    article_free(&a);
}

void assert_str(cd_str actual, const char *expected)
{
    if (expected == NULL) {
        assert_null(actual.ptr);
        return;
    }
    assert_non_null(actual.ptr);
    if (!cd_str_equal(actual, cd_str_of(expected)))
        fail_msg("expected \"%s\", found \"%.*s\"", expected, (int)actual.len, actual.ptr);
}

char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be opened", path);
    size_t capacity = 4096;
    char *bytes = malloc(capacity);
    *len = 0;
    for (size_t got; (got = fread(bytes + *len, 1, capacity - *len, file)) > 0;) {
        *len += got;
        if (*len == capacity)
            bytes = realloc(bytes, capacity *= 2);
        assert_non_null(bytes);
    }
    fclose(file);
    return bytes;
}

uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
