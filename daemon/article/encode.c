/* SPDX-License-Identifier: Apache-2.0
 *
 * article/encode.c: one pass over the pieces, writing or only counting. See encode.h.
 */
#include "article/encode.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* With at == NULL the sink counts. */
typedef struct sink {
    char *at;
    size_t len;
    size_t *hole_offsets;
    size_t holes;
} sink;

static void put(sink *s, const char *bytes, size_t len)
{
    if (s->at != NULL && len > 0)
        memcpy(s->at + s->len, bytes, len);
    s->len += len;
}

static void put_literal(sink *s, const char *text) { put(s, text, strlen(text)); }

/* By hand: six of them an article would make printf a tenth of the worker's own time. */
static void put_integer(sink *s, int64_t value)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < 0)
        digits[--at] = '-';
    put(s, digits + at, sizeof(digits) - at);
}

/* What a byte of a string becomes: NULL for itself. */
static const char *escape_of(unsigned char c, char buffer[8])
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
    }
    if (c >= 0x20)
        return NULL;
    snprintf(buffer, 8, "\\u%04x", c);
    return buffer;
}

/* The first byte from `at` on that may need an escape; looks at eight at a time. */
static size_t skip_plain(cd_str string, size_t at)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    for (; string.len - at >= 8; at += 8) {
        uint64_t word, quote, backslash;
        memcpy(&word, string.ptr + at, 8);
        quote = word ^ ones * '"';
        backslash = word ^ ones * '\\';
        uint64_t found = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * 0x20) & ~word);
        if ((found & highs) != 0)
            break;
    }
    return at;
}

static void put_string(sink *s, cd_str string)
{
    put(s, "\"", 1);
    size_t from = 0;
    for (size_t i = 0;; i++) {
        if (i % 8 == 0)
            i = skip_plain(string, i);
        if (i == string.len)
            break;
        char buffer[8];
        unsigned char c = (unsigned char)string.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        put(s, string.ptr + from, i - from);
        put_literal(s, escape_of(c, buffer));
        from = i + 1;
    }
    put(s, string.ptr + from, string.len - from);
    put(s, "\"", 1);
}

static int is_ascii(cd_str string)
{
    unsigned char bits = 0;
    for (size_t i = 0; i < string.len; i++)
        bits |= (unsigned char)string.ptr[i];
    return bits < 0x80;
}

static void put_cstring(sink *s, const char *string) { put_string(s, (cd_str){string, strlen(string)}); }

/* A name from outside, which may be no UTF-8: what is none becomes U+FFFD. One character at a time, since there is no
 * memory to repair it in. */
static void put_name(sink *s, cd_str name)
{
    if (is_ascii(name)) {
        put_string(s, name);
        return;
    }
    put(s, "\"", 1);
    for (size_t at = 0; at < name.len;) {
        uint32_t codepoint;
        char buffer[8];
        size_t step = cd_utf8_decode(name.ptr + at, name.len - at, &codepoint);
        const char *escape = step == 1 ? escape_of((unsigned char)name.ptr[at], buffer) : NULL;
        if (step == 0)
            put_literal(s, "\xEF\xBF\xBD");
        else if (escape != NULL)
            put_literal(s, escape);
        else
            put(s, name.ptr + at, step);
        at += step ? step : 1;
    }
    put(s, "\"", 1);
}

static void put_input(sink *s, const cd_document *document)
{
    if (document->json.ptr == NULL) {
        put_literal(s, "{\"id\":");
        put_string(s, document->fields[CD_FIELD_ID]);
        put_literal(s, ",\"text\":");
        put_string(s, document->fields[CD_FIELD_TEXT]);
        put_literal(s, ",");
        return;
    }
    size_t from = 0, end = document->json.len - 1; /* without the brace */
    for (uint32_t i = 0; i < document->cut_count; i++) {
        put(s, document->json.ptr + from, document->cuts[i].start - from);
        from = document->cuts[i].end;
    }
    put(s, document->json.ptr + from, end - from);
    if (!document->bare)
        put_literal(s, ",");
}

static void put_enrichment(sink *s, const cd_annotation *annotations, size_t count)
{
    put_literal(s, "\"enrichment\":{");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            put_literal(s, ",");
        put_cstring(s, annotations[i].member);
        put_literal(s, ":");
        if (annotations[i].json.ptr != NULL) {
            put(s, annotations[i].json.ptr, annotations[i].json.len);
        } else {
            if (s->at != NULL)
                s->hole_offsets[s->holes] = s->len;
            s->holes++;
        }
    }
    put_literal(s, "}");
}

static void put_source(sink *s, const cd_provenance *provenance)
{
    const cd_identity *source = &provenance->source;
    if (provenance->file != NULL) {
        put_literal(s, ",\"source\":{\"file\":");
        put_name(s, (cd_str){provenance->file, strlen(provenance->file)});
        put_literal(s, ",\"line\":");
        put_integer(s, source->offset);
        put_literal(s, "}");
        return;
    }
    put_literal(s, ",\"source\":{\"topic\":");
    put_name(s, source->topic);
    put_literal(s, ",\"partition\":");
    put_integer(s, source->partition);
    put_literal(s, ",\"offset\":");
    put_integer(s, source->offset);
    put_literal(s, ",\"timestamp\":");
    if (source->timestamp_ms < 0)
        put_literal(s, "null");
    else
        put_integer(s, source->timestamp_ms);
    put_literal(s, "}");
}

static void put_provenance(sink *s, const cd_provenance *provenance)
{
    put_literal(s, ",\"provenance\":{\"pipeline\":");
    put_cstring(s, provenance->pipeline);
    put_source(s, provenance);
    put_literal(s, ",\"stages\":[");
    for (size_t i = 0; i < provenance->stage_count; i++) {
        put_literal(s, i > 0 ? ",{\"name\":" : "{\"name\":");
        put_cstring(s, provenance->stages[i].name);
        put_literal(s, ",\"version\":");
        put_cstring(s, provenance->stages[i].version);
        put_literal(s, provenance->stages[i].skipped ? ",\"skipped\":true" : "");
        put_literal(s, provenance->stages[i].off ? ",\"off\":true}" : "}");
    }
    put_literal(s, "]}}");
}

static size_t put_article(sink *s, const cd_document *document, const cd_annotation *annotations, size_t count,
                          const cd_provenance *provenance)
{
    put_input(s, document);
    put_enrichment(s, annotations, count);
    put_provenance(s, provenance);
    return s->len;
}

size_t cd_encode_bound(const cd_document *document, const cd_annotation *annotations, size_t count,
                       const cd_provenance *provenance)
{
    sink counting = {0};
    return put_article(&counting, document, annotations, count, provenance);
}

size_t cd_encode(const cd_document *document, const cd_annotation *annotations, size_t count,
                 const cd_provenance *provenance, char *out, size_t *hole_offsets)
{
    sink writing = {.at = out, .hole_offsets = hole_offsets};
    return put_article(&writing, document, annotations, count, provenance);
}
