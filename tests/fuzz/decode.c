/* SPDX-License-Identifier: Apache-2.0
 *
 * A payload through decoder, positions and encoder. What is accepted must come out as valid JSON that is accepted again
 * with the same text. An input that ends in a byte from 1 to 7 has it taken off: it chooses the rules.
 */
#include "article/decode.h"
#include "article/encode.h"
#include "article/json_read.h"
#include "article/positions.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static const cd_identity identity = {.topic = {"raw", 3}, .offset = 17, .timestamp_ms = 1};

static cd_decoder *decoder_of(size_t number)
{
    static cd_decoder *decoders[8];
    static const struct {
        int32_t format, confluent;
        const char *charset, *text;
    } rules[8] = {
        {CD_INPUT_JSON, 0, NULL, "/text"},
        {CD_INPUT_AUTO, 0, NULL, "/text"},
        {CD_INPUT_TEXT, 0, NULL, NULL},
        {CD_INPUT_JSON, 1, NULL, "/text"},
        {CD_INPUT_AUTO, 1, "UTF-16", "/text"},
        {CD_INPUT_JSON, 0, "ISO-8859-15", "/text"},
        {CD_INPUT_JSON, 0, "SHIFT_JIS", "/a/0/b~1"},
        {CD_INPUT_JSON, 0, NULL, "/enrichment/text"},
    };
    if (decoders[number] == NULL) {
        cd_decode_rules chosen = {
            .format = rules[number].format,
            .max_bytes = 1 << 20,
            .max_depth = 32,
            .confluent = rules[number].confluent,
            .charset = rules[number].charset,
            .pointers = {NULL, rules[number].text, "/id", "/title", "/url", "/source", "/lang", "/published"}};
        decoders[number] = cd_decoder_create(&chosen);
        CHECK(decoders[number] != NULL);
    }
    return decoders[number];
}

static void check_positions(cd_str text)
{
    static cd_positions positions;
    cd_positions_reset(&positions, text);
    size_t total = cd_positions_codepoint(&positions, text.len);
    CHECK(cd_positions_byte(&positions, total) == text.len);
    for (size_t i = 0; i < 16 && total > 0; i++) {
        size_t codepoint = (total - 1) * i / 15;
        CHECK(cd_positions_codepoint(&positions, cd_positions_byte(&positions, codepoint)) == codepoint);
    }
}

static void check_members(cd_decoder *decoder, const cd_document *document)
{
    static const char *const pointers[] = {"",     "/",        "/text", "/id", "/a/0/b", "/enrichment",
                                           "/0/0", "/a~1b/~0", "/a~2",  "x"};
    cd_value value;
    for (size_t i = 0; i < sizeof(pointers) / sizeof(*pointers); i++) {
        int rc = cd_document_member(decoder, document, cd_str_of(pointers[i]), &value);
        CHECK(rc == 0 || rc == -ENOENT);
        CHECK(rc != 0 || (value.raw.ptr >= document->json.ptr &&
                          value.raw.ptr + value.raw.len <= document->json.ptr + document->json.len));
    }
}

/* The enriched article is an article too: it is accepted with the same text, and its own additions are all that is cut.
 */
static void check_encoded(const cd_document *document, int again)
{
    const cd_annotation annotation = {"language", CD_LIT("{\"code\":\"en\"}")};
    const cd_provenance provenance = {"p", identity, NULL, NULL, 0};
    size_t bound = cd_encode_bound(document, &annotation, 1, &provenance);
    char *out = malloc(bound);
    CHECK(out != NULL);
    CHECK(cd_encode(document, &annotation, 1, &provenance, out, NULL) == bound);
    static cd_json_reader *reader;
    if (reader == NULL)
        reader = cd_json_reader_create();
    CHECK(reader != NULL && cd_json_valid(reader, (cd_str){out, bound}));
    if (again && bound <= 1 << 20) {
        cd_document second;
        cd_decode_error error;
        CHECK(cd_decode(decoder_of(0), (cd_str){out, bound}, (cd_str){NULL, 0}, &identity, &second, &error) == 0);
        CHECK(second.cut_count == 2);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t number = 0;
    if (size > 0 && data[size - 1] >= 1 && data[size - 1] <= 7)
        number = data[--size];
    cd_str payload = {(const char *)data, size};
    cd_document document;
    cd_decode_error error = {"", -2};
    cd_decoder *decoder = decoder_of(number);
    int rc = cd_decode(decoder, payload, (cd_str){NULL, 0}, &identity, &document, &error);
    if (rc != 0) {
        CHECK(rc == -EBADMSG && error.reason[0] != '\0');
        CHECK(error.byte >= -1 && error.byte <= (int64_t)size);
        for (const char *c = error.reason; *c != '\0'; c++)
            CHECK((unsigned char)*c >= 0x20);
        return 0;
    }
    CHECK(document.fields[CD_FIELD_TEXT].len > 0 && document.fields[CD_FIELD_ID].len > 0);
    check_positions(document.fields[CD_FIELD_TEXT]);
    check_members(decoder, &document);
    check_encoded(&document,
                  number == 1 || number == 2 || number == 5); /* not its own decoder: that would be read anew */
    return 0;
}
