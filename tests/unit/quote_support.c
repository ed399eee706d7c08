/* SPDX-License-Identifier: Apache-2.0
 *
 * quote_support.c: see quote_support.h. A test that cannot be set up ends the program.
 */
#include "quote_support.h"

#include <copydesk/tables.h>
#include <stdlib.h>
#include <string.h>

static qe_lexicon english;

qe_lexicon quote_lexicon(const char *code)
{
    qe_lexicon lexicon;
    unsigned line;
    if (*code == 0 && qe_lexicon_load(&lexicon, "", "", "", &line) == 0)
        return lexicon;
    for (const cd_table *table = cd_tables; table->name; table++)
        if (!strcmp(table->name, code) && qe_lexicon_load(&lexicon, code, table->start, table->end, &line) == 0)
            return lexicon;
    abort();
}

qe_article quote_read(const char *text)
{
    qe_article article = {0};
    if (english.slots == NULL)
        english = quote_lexicon("en");
    if (qe_article_read(&article, (cd_str){text, strlen(text)}, &english, 0, NULL, 0))
        abort();
    return article;
}

void quote_free(qe_article *article) { qe_article_free(article); }

const char *quote_bytes(const qe_article *article, uint32_t start, uint32_t end)
{
    static char buffers[4][1024];
    static unsigned next;
    char *out = buffers[next++ % 4];
    size_t length = end - start < sizeof buffers[0] ? end - start : sizeof buffers[0] - 1;
    memcpy(out, article->text.ptr + start, length);
    out[length] = 0;
    return out;
}

const char *quote_text(const qe_article *article, uint32_t n)
{
    return n < article->quotes.n ? quote_bytes(article, article->quotes.at[n].start, article->quotes.at[n].end)
                                 : "(none)";
}

const char *quote_source(const qe_article *article, uint32_t n)
{
    if (n >= article->quotes.n || article->quotes.at[n].source.kind == QE_SOURCE_NONE)
        return "";
    const qe_source *s = &article->quotes.at[n].source;
    return quote_bytes(article, article->flat.at[s->first].start, article->flat.at[s->end - 1].end);
}

const char *quote_name(const qe_article *article, uint32_t n)
{
    if (n >= article->quotes.n || article->quotes.at[n].entity == QE_NONE)
        return "";
    const qe_entity *e = &article->entities.at[article->quotes.at[n].entity];
    return quote_bytes(article, e->start, e->end);
}
