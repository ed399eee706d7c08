/* SPDX-License-Identifier: Apache-2.0
 *
 * article/spans.h: are an annotation's spans what a reader of the output finds there?
 *
 * A span is an object, at any depth of an annotation, whose `start` and `end` are integers: code points of the article's text, the end
 * exclusive. If it has a string `text`, that must be the slice; unless it has several `parts`, which its text then joins.
 * For `copydesk probe`, not for the hot path: parses with jansson. */
#ifndef CD_ARTICLE_SPANS_H
#define CD_ARTICLE_SPANS_H

#include <copydesk/plugin.h>

/* `enriched` is an enriched article, `member` one of its `enrichment`. Adds the number of spans to *count. 0; -EINVAL, and what is
 * wrong with the first wrong one, or with the JSON, in `why`; -ENOENT: the article has no such member. */
int cd_spans_check(cd_str enriched, const char *member, size_t *count, char *why, size_t size);

#endif
