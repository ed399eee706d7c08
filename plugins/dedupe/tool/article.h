/* SPDX-License-Identifier: Apache-2.0
 *
 * article.h: an article as JSON becomes what the pipeline makes of it: a fingerprint, by the plugin's own worker half.
 */
#ifndef DEDUPE_TOOL_ARTICLE_H
#define DEDUPE_TOOL_ARTICLE_H

#include "tool.h"

typedef struct reader {
    const tool *t;
    void *worker; /* the plugin's worker half */
    struct cd_article article;
    dd_fingerprint fingerprint; /* of the last one read */
    cd_str id;                  /* its id, bounded; borrowed from article.blob */
} reader;

int reader_init(reader *r, tool *t); /* 0 or -errno */
void reader_fini(reader *r);

/* Whose record it was and when, from provenance.source: topic, partition, offset, timestamp, or file and line of `copydesk
 * run`. 0, or -EINVAL if that is not there. The topic is borrowed from `root`. */
int reader_owner(const json_t *root, dd_owner *owner, int64_t *timestamp);

/* Reads the article's text (credits.body where that is) and id. `owner` may be NULL. 0, or -EINVAL with the reason in `why`.
 */
int reader_read(reader *r, const json_t *root, const dd_owner *owner, char *why, size_t why_size);

#endif
