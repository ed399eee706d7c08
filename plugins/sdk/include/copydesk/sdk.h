/* SPDX-License-Identifier: Apache-2.0
 *
 * copydesk/sdk.h: conveniences for plugin authors, header-only, over <copydesk/plugin.h> and <copydesk/json.h>.
 *
 * The bundled plugins use this and nothing else of the project. What is here can be copied, changed or left out: the
 * ABI is plugin.h alone.
 */
#ifndef COPYDESK_SDK_H
#define COPYDESK_SDK_H

#include <copydesk/json.h>
#include <copydesk/plugin.h>

/* A string literal, or a NUL-terminated string, as cd_str. */
#define CD_LIT(literal) CD_STR("" literal "", sizeof(literal) - 1)

static inline cd_str cd_str_of(const char *s) { return CD_STR(s, s ? strlen(s) : 0); }

static inline int cd_str_equal(cd_str a, cd_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The bytes [start, end) of s; start ≤ end ≤ s.len. */
static inline cd_str cd_str_slice(cd_str s, size_t start, size_t end) { return CD_STR(s.ptr + start, end - start); }

/* Writes "start": and "end": in code points for the byte range [start, end) of the article's text. The range must begin and
 * end on character boundaries. Call it inside an object. */
static inline void cd_json_range(cd_json *w, const cd_host *host, cd_article *article, size_t start, size_t end)
{
    cd_json_key(w, "start");
    cd_json_integer(w, (int64_t)host->codepoint_at(article, start));
    cd_json_key(w, "end");
    cd_json_integer(w, (int64_t)host->codepoint_at(article, end));
}

/* Writes "text":, the slice of the article's text under the byte range, then its start and end: a span that is right by
 * construction. Call it inside an object. `key` names the text member: "text" mostly, "mention" for speakers. */
static inline void cd_json_span_as(cd_json *w, const char *key, const cd_host *host, cd_article *article, size_t start,
                                   size_t end)
{
    cd_str text = host->field(article, CD_FIELD_TEXT);
    cd_json_key(w, key);
    cd_json_string(w, cd_str_slice(text, start, end));
    cd_json_range(w, host, article, start, end);
}

static inline void cd_json_span(cd_json *w, const cd_host *host, cd_article *article, size_t start, size_t end)
{
    cd_json_span_as(w, "text", host, article, start, end);
}

/* The usual end of `process`: hand over what the writer holds. */
static inline int32_t cd_annotate(const cd_host *host, cd_article *article, const cd_json *w)
{
    cd_str json = cd_json_text(w);
    if (json.ptr == NULL) {
        host->reason(article, CD_LIT("out of memory while writing the annotation"));
        return CD_RETRY;
    }
    return host->annotate(article, json) == 0 ? CD_OK : CD_REJECT;
}

#endif
