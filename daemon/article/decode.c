/* SPDX-License-Identifier: Apache-2.0
 *
 * article/decode.c: frame → charset → format → JSON or text → fields. Each step refuses with a reason of its own.
 * See decode.h; the table of reasons for users is docs/input.md.
 */
#include "article/decode.h"

#include "article/charset.h"
#include "article/index.h"
#include "base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_BYTES 5 /* Confluent: a zero byte, the schema's id in 4 bytes, big-endian */

struct cd_decoder {
    cd_decode_rules rules;
    char *pointers; /* the copies behind rules.pointers */
    cd_charset *charset;
    cd_index index;
    cd_arena strings; /* the id where it is made up */
};

/* ---- Creation ------------------------------------------------------------------------------------------------------
 */

static int is_pointer(const char *pointer)
{
    if (*pointer != '/')
        return 0;
    for (const char *at = pointer; (at = strchr(at, '~')) != NULL; at++)
        if (at[1] != '0' && at[1] != '1')
            return 0;
    return cd_utf8_first_invalid((cd_str){pointer, strlen(pointer)}) == strlen(pointer);
}

static int are_sound(const cd_decode_rules *rules)
{
    if (rules->format < CD_INPUT_JSON || rules->format > CD_INPUT_AUTO || rules->max_bytes == 0 ||
        rules->max_bytes > CD_DECODE_MAX_BYTES || rules->max_depth == 0 || rules->max_depth > CD_DECODE_MAX_DEPTH)
        return 0;
    for (int field = CD_FIELD_TEXT; field <= CD_FIELD_PUBLISHED; field++) {
        const char *pointer = rules->pointers[field];
        int given = pointer != NULL && *pointer != '\0';
        if (given ? !is_pointer(pointer) : field == CD_FIELD_TEXT && rules->format != CD_INPUT_TEXT)
            return 0;
    }
    return 1;
}

/* Copies the pointers into one block. 0 or -ENOMEM. */
static int copy_pointers(cd_decoder *decoder, const cd_decode_rules *rules)
{
    size_t size = 1;
    for (int field = CD_FIELD_TEXT; field <= CD_FIELD_PUBLISHED; field++)
        size += rules->pointers[field] != NULL ? strlen(rules->pointers[field]) + 1 : 0;
    char *at = decoder->pointers = malloc(size);
    if (at == NULL)
        return -ENOMEM;
    for (int field = CD_FIELD_TEXT; field <= CD_FIELD_PUBLISHED; field++) {
        const char *pointer = rules->pointers[field];
        decoder->rules.pointers[field] = NULL;
        if (pointer == NULL || *pointer == '\0')
            continue;
        size_t len = strlen(pointer) + 1;
        memcpy(at, pointer, len);
        decoder->rules.pointers[field] = at;
        at += len;
    }
    return 0;
}

cd_decoder *cd_decoder_create(const cd_decode_rules *rules)
{
    if (!are_sound(rules)) {
        errno = EINVAL;
        return NULL;
    }
    int error = ENOMEM;
    cd_decoder *decoder = calloc(1, sizeof(*decoder));
    if (decoder == NULL)
        goto out;
    decoder->rules = *rules;
    decoder->rules.charset = NULL;
    if (cd_index_init(&decoder->index, rules->max_depth) != 0 || copy_pointers(decoder, rules) != 0)
        goto out;
    if (!cd_charset_is_utf8(rules->charset)) {
        decoder->charset = cd_charset_create(rules->charset);
        if (decoder->charset == NULL) {
            error = errno;
            goto out;
        }
    }
    return decoder;
out:
    cd_decoder_destroy(decoder);
    errno = error;
    return NULL;
}

void cd_decoder_destroy(cd_decoder *decoder)
{
    if (decoder == NULL)
        return;
    cd_index_fini(&decoder->index);
    cd_arena_fini(&decoder->strings);
    cd_charset_destroy(decoder->charset);
    free(decoder->pointers);
    free(decoder);
}

/* ---- The id --------------------------------------------------------------------------------------------------------
 */

static int make_up_id(cd_decoder *decoder, const cd_identity *identity, cd_str *out)
{
    char tail[48];
    int tail_len = snprintf(tail, sizeof(tail), "/%" PRId32 "/%" PRId64, identity->partition, identity->offset);
    size_t topic_len = cd_utf8_repair(identity->topic, NULL); /* from `copydesk run` it is a file's name: any bytes */
    char *block = cd_arena_take(&decoder->strings, topic_len + (size_t)tail_len);
    if (block == NULL)
        return -ENOMEM;
    cd_utf8_repair(identity->topic, block);
    memcpy(block + topic_len, tail, (size_t)tail_len);
    *out = (cd_str){block, topic_len + (size_t)tail_len};
    return 0;
}

/* The key if it will do, else topic/partition/offset. */
static int substitute_id(cd_decoder *decoder, cd_str key, const cd_identity *identity, cd_str *out)
{
    if (key.ptr != NULL && key.len > 0 && cd_scanner_utf8_valid(key.ptr, key.len)) {
        *out = key;
        return 0;
    }
    return make_up_id(decoder, identity, out);
}

/* ---- JSON ----------------------------------------------------------------------------------------------------------
 */

static const char *type_name(int32_t type)
{
    static const char *const names[] = {"nothing",  "an object", "an array", "a string",
                                        "a number", "a boolean", "null"};
    return names[type];
}

static int refuse_text(const cd_decoder *decoder, uint32_t value, cd_problem *problem)
{
    const char *pointer = decoder->rules.pointers[CD_FIELD_TEXT];
    cd_excerpt excerpt = cd_excerpt_of((cd_str){pointer, strlen(pointer)});
    if (value == 0)
        return cd_problem_set(problem, -1, "there is no text: no member %s", excerpt.text);
    return cd_problem_set(problem, decoder->index.at[value], "the text (%s) is %s: it must be a string", excerpt.text,
                          type_name(cd_index_type(&decoder->index, value)));
}

static int read_field(cd_decoder *decoder, int field, cd_document *out, cd_problem *problem)
{
    const char *pointer = decoder->rules.pointers[field];
    uint32_t value = 0;
    int rc = pointer != NULL ? cd_index_find(&decoder->index, (cd_str){pointer, strlen(pointer)}, &value) : -ENOENT;
    if (rc != 0 && rc != -ENOENT)
        return rc;
    int32_t type = value != 0 ? cd_index_type(&decoder->index, value) : 0;
    if (type == CD_JSON_STRING) {
        rc = cd_index_string(&decoder->index, value, &out->fields[field]);
        if (rc == 0 && field == CD_FIELD_TEXT && cd_utf8_blank(out->fields[field]))
            return cd_problem_set(problem, decoder->index.at[value], "the text is empty");
        return rc;
    }
    if (field == CD_FIELD_TEXT)
        return refuse_text(decoder, value, problem);
    if (field == CD_FIELD_ID && type == CD_JSON_NUMBER)
        out->fields[field] = cd_index_raw(&decoder->index, value);
    return 0;
}

static size_t value_end(const cd_index *index, uint32_t value)
{
    cd_str raw = cd_index_raw(index, value);
    return (size_t)(raw.ptr + raw.len - index->json.ptr);
}

/* The bytes to leave out for the member whose value begins at token `value`. `first`: no member that is kept stands
 * before it; then the comma behind goes with it, else the one before. */
static cd_cut cut_member(const cd_index *index, uint32_t value, int first)
{
    uint32_t name = value - 2, next = cd_index_skip(index, value);
    cd_cut cut = {index->at[name], value_end(index, value)};
    if (!first) {
        size_t comma = index->at[name - 1];
        while (memchr(" \t\r\n", index->json.ptr[comma - 1], 4) != NULL)
            comma--;
        cut.start = comma;
    } else if (index->json.ptr[index->at[next]] == ',') {
        cut.end = index->at[next + 1];
    }
    return cut;
}

static void find_cuts(const cd_index *index, cd_document *out)
{
    uint32_t one = cd_index_member_value(index, 0, (cd_str){"enrichment", 10});
    uint32_t two = cd_index_member_value(index, 0, (cd_str){"provenance", 10});
    out->bare = index->count == 2; /* {} */
    if (one == 0 && two == 0)
        return;
    if (one > two) {
        uint32_t swap = one;
        one = two;
        two = swap;
    }
    int first = 1; /* nothing that is kept came before */
    uint32_t values[2] = {one, two}, expected = 1, last = 0;
    for (int i = 0; i < 2; i++) {
        if (values[i] == 0)
            continue;
        first = first && values[i] - 2 == expected;
        out->cuts[out->cut_count++] = cut_member(index, values[i], first);
        last = cd_index_skip(index, values[i]);
        expected = last + 1; /* behind the comma */
    }
    out->bare = first && last == index->count - 1;
    size_t before_brace = index->at[0];
    for (uint32_t i = 0; i < out->cut_count; i++) { /* the document's JSON begins at its brace */
        out->cuts[i].start -= before_brace;
        out->cuts[i].end -= before_brace;
    }
}

static int decode_json(cd_decoder *decoder, cd_str bytes, cd_document *out, cd_problem *problem)
{
    cd_index *index = &decoder->index;
    int rc = cd_index_build(index, bytes, problem);
    if (rc != 0)
        return rc;
    if (cd_index_type(index, 0) != CD_JSON_OBJECT)
        return cd_problem_set(problem, index->at[0], "expected a JSON object, found %s",
                              type_name(cd_index_type(index, 0)));
    size_t start = index->at[0], end = (size_t)index->at[index->count - 1] + 1;
    out->json = (cd_str){bytes.ptr + start, end - start};
    find_cuts(index, out);
    for (int field = CD_FIELD_TEXT; field <= CD_FIELD_PUBLISHED && rc == 0; field++)
        rc = read_field(decoder, field, out, problem);
    return rc;
}

/* ---- Frame, charset, format ----------------------------------------------------------------------------------------
 */

static int decode_text(cd_str bytes, cd_document *out, cd_problem *problem)
{
    if (!cd_scanner_utf8_valid(bytes.ptr, bytes.len))
        return cd_problem_of_utf8(problem, bytes);
    if (cd_utf8_blank(bytes))
        return cd_problem_set(problem, 0, "the text is empty");
    out->fields[CD_FIELD_TEXT] = bytes;
    return 0;
}

/* 1 if CD_INPUT_AUTO takes the bytes for JSON. */
static int looks_like_json(cd_str bytes)
{
    size_t at = bytes.len >= 3 && memcmp(bytes.ptr, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < bytes.len && memchr(" \t\r\n", bytes.ptr[at], 4) != NULL)
        at++;
    return at < bytes.len && bytes.ptr[at] == '{';
}

static int refuse_frame(cd_str bytes, cd_problem *problem)
{
    const unsigned char *b = (const unsigned char *)bytes.ptr;
    if (bytes.len < FRAME_BYTES)
        return cd_problem_set(problem, 0, "begins with a zero byte, but is too short for Confluent framing");
    if (memchr("{ \t\r\n", b[1], 5) != NULL &&
        b[2] == '\0') /* as a schema's number it would be above a hundred million */
        return cd_problem_set(problem, 0,
                              "begins with a zero byte and looks like UTF-16: input.charset names other charsets");
    uint32_t schema = (uint32_t)b[1] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 8 | b[4];
    return cd_problem_set(problem, 0,
                          "begins with a zero byte, as Confluent framing does (schema id %u): set input.confluent "
                          "to take it off",
                          schema);
}

/* Takes the frame off. 0 with its length, or -EBADMSG. */
static int unframe(const cd_decoder *decoder, cd_str *bytes, size_t *frame, cd_problem *problem)
{
    *frame = 0;
    if (!decoder->rules.confluent || decoder->rules.format == CD_INPUT_TEXT || bytes->ptr[0] != '\0')
        return 0;
    if (bytes->len < FRAME_BYTES)
        return refuse_frame(*bytes, problem);
    if (bytes->len == FRAME_BYTES)
        return cd_problem_set(problem, -1, "the payload is empty behind its Confluent framing");
    *frame = FRAME_BYTES;
    *bytes = (cd_str){bytes->ptr + FRAME_BYTES, bytes->len - FRAME_BYTES};
    return 0;
}

static int decode_utf8(cd_decoder *decoder, cd_str bytes, cd_document *out, cd_problem *problem)
{
    int32_t format = decoder->rules.format;
    if (format != CD_INPUT_TEXT && bytes.len > 0 && bytes.ptr[0] == '\0')
        return refuse_frame(bytes, problem);
    if (format == CD_INPUT_TEXT || (format == CD_INPUT_AUTO && !looks_like_json(bytes)))
        return decode_text(bytes, out, problem);
    return decode_json(decoder, bytes, out, problem);
}

static int decode_payload(cd_decoder *decoder, cd_str payload, cd_document *out, cd_problem *problem)
{
    if (payload.len == 0)
        return cd_problem_set(problem, -1, "the payload is empty");
    if (payload.len > decoder->rules.max_bytes)
        return cd_problem_set(problem, -1, "too large: %zu bytes, the limit is %zu", payload.len,
                              decoder->rules.max_bytes);
    cd_str bytes = payload, framed;
    size_t frame;
    int rc = unframe(decoder, &bytes, &frame, problem);
    if (rc != 0)
        return rc;
    framed = bytes;
    if (decoder->charset != NULL)
        rc = cd_charset_convert(decoder->charset, framed, decoder->rules.max_bytes, &bytes, problem);
    if (rc == 0) {
        rc = decode_utf8(decoder, bytes, out, problem);
        if (rc == -EBADMSG && decoder->charset != NULL)
            problem->byte = cd_charset_origin(decoder->charset, framed, problem->byte);
    }
    if (rc == -EBADMSG && problem->byte >= 0)
        problem->byte += (int64_t)frame;
    return rc;
}

int cd_decode(cd_decoder *decoder, cd_str payload, cd_str key, const cd_identity *identity, cd_document *out,
              cd_decode_error *error)
{
    cd_problem problem;
    *out = (cd_document){0};
    cd_index_reset(&decoder->index);
    cd_arena_reset(&decoder->strings);
    int rc = decode_payload(decoder, payload, out, &problem);
    if (rc == -EBADMSG) {
        memcpy(error->reason, problem.reason, sizeof(error->reason));
        error->byte = problem.byte;
    } else if (rc == 0 && out->fields[CD_FIELD_ID].len == 0) {
        rc = substitute_id(decoder, key, identity, &out->fields[CD_FIELD_ID]);
    }
    if (rc != 0)
        *out = (cd_document){0};
    return rc;
}

int cd_document_member(cd_decoder *decoder, const cd_document *document, cd_str pointer, cd_value *out)
{
    if (document->json.ptr == NULL)
        return -ENOENT;
    uint32_t value;
    int rc = cd_index_find(&decoder->index, pointer, &value);
    if (rc != 0)
        return rc == -EINVAL ? -ENOENT : rc;
    return cd_index_value(&decoder->index, value, out);
}
