/* SPDX-License-Identifier: Apache-2.0
 *
 * quote_support.h: what the tests of quote_extract share: the English lexicon, an article read, and its parts as text.
 */
#ifndef QUOTE_SUPPORT_H
#define QUOTE_SUPPORT_H

#include "article.h"

/* A language's table as compiled in; the empty lexicon for "". Freed by the caller. */
qe_lexicon quote_lexicon(const char *code);

/* Reads `text` in English into a fresh article. Freed by the caller with quote_free. */
qe_article quote_read(const char *text);
void quote_free(qe_article *article);

/* The bytes [start, end) of the article's text, in a buffer that lives until the next four calls. */
const char *quote_bytes(const qe_article *article, uint32_t start, uint32_t end);

/* The text of quote n; of its source's phrase; the name that it resolves to ("" if none). */
const char *quote_text(const qe_article *article, uint32_t n);
const char *quote_source(const qe_article *article, uint32_t n);
const char *quote_name(const qe_article *article, uint32_t n);

#endif
