/* SPDX-License-Identifier: Apache-2.0
 *
 * quote_features.c: what the confidence of quote_extract sees, for fit_confidence.py.
 *
 * Reads articles from stdin, each "LANGUAGE BYTES\n" and then so many bytes of text. Prints a line a piece of a
 * quotation that is speech, tab between the fields: 0 or 1 for whether it starts a quotation, its start and end, the
 * mention's start and end (0 0 without a speaker), the confidence, the features' names, and the speaker's name; all
 * positions are bytes. An empty line ends an article.
 */
#include "confidence.h"
#include "write.h"

#include <copydesk/tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int load(const char *code, qe_lexicon *lexicon)
{
    unsigned line;
    for (const cd_table *table = cd_tables; table->name; table++)
        if (!strcmp(table->name, code))
            return qe_lexicon_load(lexicon, code, table->start, table->end, &line);
    return -1;
}

static void print_name(const qe_article *a, const qe_quote *q)
{
    uint32_t start = 0, end = 0;
    if (q->entity != QE_NONE) {
        start = a->entities.at[q->entity].start;
        end = a->entities.at[q->entity].end;
    } else if (q->source.kind != QE_SOURCE_NONE) {
        const qe_source *s = q->referent.kind == QE_SOURCE_NONE ? &q->source : &q->referent;
        start = a->flat.at[s->first].start;
        end = a->flat.at[s->end - 1].end;
    }
    for (uint32_t i = start; i < end; i++)
        putchar((unsigned char)a->text.ptr[i] < ' ' ? ' ' : a->text.ptr[i]);
    putchar('\n');
}

static void print_piece(const qe_article *a, const qe_confidence *confidence, uint32_t head, uint32_t piece)
{
    const qe_quote *q = &a->quotes.at[head], *p = &a->quotes.at[piece];
    uint32_t start = 0, end = 0;
    if (q->source.kind != QE_SOURCE_NONE) {
        int named = q->source.name_end > q->source.name_first;
        uint32_t first = q->source.relative ? q->source.relative : named ? q->source.name_first : q->source.first;
        uint32_t last = q->source.relative ? first + 1 : named ? q->source.name_end : q->source.end;
        start = a->flat.at[first].start;
        end = a->flat.at[last - 1].end;
    }
    printf("%d\t%u\t%u\t%u\t%u\t%.6f\t", piece == head, p->start, p->end, start, end,
           qe_confidence_of(confidence, a, head));
    uint64_t features = qe_confidence_features(a, head);
    for (uint32_t i = 0; qe_confidence_name(i); i++)
        if (features >> i & 1)
            printf("%s ", qe_confidence_name(i));
    putchar('\t');
    print_name(a, q);
}

static void print_article(const qe_article *a, const qe_confidence *confidence)
{
    for (uint32_t n = 0, end; n < a->quotes.n; n = end) {
        end = qe_pieces_end(a, n);
        for (uint32_t piece = n; piece < end && a->quotes.at[n].flags & QE_SPEECH; piece++)
            print_piece(a, confidence, n, piece);
    }
    putchar('\n');
}

static int load_confidence(qe_confidence *confidence)
{
    unsigned line;
    for (const cd_table *table = cd_tables; table->name; table++)
        if (!qe_lexicon_named(table->name))
            return qe_confidence_load(confidence, table->start, table->end, &line);
    return -1;
}

int main(void)
{
    qe_lexicon lexicon = {0};
    qe_article article = {0};
    qe_confidence confidence;
    char code[8], loaded[8] = "";
    size_t size;
    if (load_confidence(&confidence))
        return 2;
    while (scanf("%7s %zu", code, &size) == 2 && getchar() == '\n') {
        char *text = malloc(size + 1);
        if (text == NULL || fread(text, 1, size, stdin) != size)
            return 2;
        if (strcmp(code, loaded)) {
            qe_lexicon_free(&lexicon);
            if (load(strcpy(loaded, code), &lexicon))
                return 2;
        }
        if (qe_article_read(&article, (cd_str){text, size}, &lexicon, 0, NULL, 0))
            return 2;
        print_article(&article, &confidence);
        free(text);
    }
    qe_article_free(&article);
    qe_lexicon_free(&lexicon);
    return 0;
}
