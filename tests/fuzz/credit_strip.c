/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text through credit_strip. The first byte chooses how: its low bit gives the text's first line as the title, the
 * next reads the text as a table of phrases first. Spans must come out in order, apart, inside one line, without white
 * space at their ends, on character boundaries if the text has any; names must lie in their span's text; the body must
 * hold what the spans leave.
 */
#include "article.h"
#include "load.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define require(condition) ((condition) ? (void)0 : abort())

static cs_vocabulary *vocabulary;
static cs_evidence *evidence;
static cs_article article;

static void load(void)
{
    char why[160];
    require(cs_load((cd_str){NULL, 0}, &vocabulary, &evidence, why, sizeof why) == 0);
    cs_article_init(&article, vocabulary, evidence);
}

/* Whether the text is UTF-8 by form, so that cuts must be on character boundaries. */
static int well_formed(const unsigned char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t more = s[i] < 0x80                   ? 0
                      : s[i] >= 0xC2 && s[i] < 0xE0 ? 1
                      : s[i] >= 0xE0 && s[i] < 0xF0 ? 2
                      : s[i] >= 0xF0 && s[i] < 0xF5 ? 3
                                                    : 9;
        if (more > 3 || i + more >= len)
            return 0;
        for (size_t k = 1; k <= more; k++)
            if ((s[i + k] & 0xC0) != 0x80)
                return 0;
        i += more + 1;
    }
    return 1;
}

static int boundary(cd_str text, size_t at) { return at >= text.len || ((unsigned char)text.ptr[at] & 0xC0) != 0x80; }

static void check(const cs_article *a, cd_str text)
{
    int valid = well_formed((const unsigned char *)text.ptr, text.len);
    size_t last = 0;
    for (size_t i = 0; i < a->span_count; i++) {
        const cs_span *span = &a->spans[i];
        require(span->start >= last && span->end > span->start && span->end <= text.len);
        require(memchr(text.ptr + span->start, '\n', span->end - span->start) == NULL);
        require(!valid || (boundary(text, span->start) && boundary(text, span->end)));
        size_t start = span->start, end = span->end;
        cs_trim(text.ptr, &start, &end);
        require(!valid || (start == span->start && end == span->end));
        for (size_t n = span->name; n < span->name + (size_t)span->people + span->agencies; n++)
            require(a->names[n].start < a->names[n].end && a->names[n].end <= text.len);
        last = span->end;
    }
    char *body = malloc(text.len * 2 + 2);
    require(body != NULL);
    size_t len = cs_body(a, body);
    require(len <= text.len * 2 + 2);
    free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (vocabulary == NULL)
        load();
    if (size < 2)
        return 0;
    cd_str text = {(const char *)data + 1, size - 1}, title = {NULL, 0};
    char why[160];
    if (data[0] & 2) {
        cs_vocabulary *own = cs_vocabulary_create();
        require(own != NULL);
        cs_vocabulary_add(own, "xx", text, why, sizeof why);
        cs_evidence_destroy(cs_evidence_create(own, text, why, sizeof why));
        cs_vocabulary_destroy(own);
        return 0;
    }
    if (data[0] & 1) {
        const char *end = memchr(text.ptr, '\n', text.len);
        title = (cd_str){text.ptr, end ? (size_t)(end - text.ptr) : text.len};
    }
    cs_settings settings = {
        .threshold = 1, .kinds = ~0u, .find_headline = true, .languages = data[0] & 4 ? CS_ALL_LANGUAGES : 0};
    if (cs_article_run(&article, text, title, &settings, NULL, NULL) == 0)
        check(&article, text);
    return 0;
}
