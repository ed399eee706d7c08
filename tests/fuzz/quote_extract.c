/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text through quote_extract, in a language and with masks that the first bytes choose. Quotations must come out in
 * order, apart from each other, on character boundaries where the text has any; sources and cues must lie in the text.
 */
#include "confidence.h"

#include <copydesk/tables.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static qe_lexicon lexicons[16];
static size_t count;

static void load(void)
{
    unsigned line;
    for (const cd_table *table = cd_tables; table->name && count < 15; table++)
        if (qe_lexicon_named(table->name) &&
            qe_lexicon_load(&lexicons[count++], table->name, table->start, table->end, &line))
            abort();
    if (qe_lexicon_load(&lexicons[count++], "", "", "", &line))
        abort();
}

#define require(condition) ((condition) ? (void)0 : abort())

static int boundary(cd_str text, uint32_t at) { return at == text.len || ((unsigned char)text.ptr[at] & 0xC0) != 0x80; }

static int is_utf8(cd_str text)
{
    utf8proc_int32_t cp;
    for (size_t at = 0; at < text.len;) {
        utf8proc_ssize_t n =
            utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + at, (utf8proc_ssize_t)(text.len - at), &cp);
        if (n <= 0)
            return 0;
        at += (size_t)n;
    }
    return 1;
}

static void check(const qe_article *a, cd_str text)
{
    int valid = is_utf8(text);
    uint32_t last = 0;
    for (uint32_t n = 0; n < a->quotes.n; n++) {
        const qe_quote *q = &a->quotes.at[n];
        require(q->start >= last && q->end > q->start && q->end <= text.len);
        require(!valid || (boundary(text, q->start) && boundary(text, q->end)));
        require(q->next == QE_NONE || q->next == n + 1);
        last = q->end;
        if (q->source.kind == QE_SOURCE_NONE)
            continue;
        (void)qe_confidence_features(a, n);
        require(q->source.first < q->source.end && q->source.end <= a->flat.n);
        require(q->source.name_first <= q->source.name_end && q->source.name_end <= a->flat.n);
        require(q->source.role_first <= q->source.role_end && q->source.role_end <= a->flat.n);
        require(q->cue_first == QE_NONE || (q->cue_first < q->cue_end && q->cue_end <= a->flat.n));
        require(q->entity == QE_NONE || q->entity < a->entities.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static qe_article article;
    if (count == 0)
        load();
    if (size < 3)
        return 0;
    const qe_lexicon *lexicon = &lexicons[data[0] % count];
    cd_str text = {(const char *)data + 3, size - 3};
    qe_range mask = {data[1], (uint32_t)data[1] + data[2]};
    if (qe_article_read(&article, text, lexicon, lexicon->code[0] == 0, &mask, data[2] > 0) == 0)
        check(&article, text);
    return 0;
}
