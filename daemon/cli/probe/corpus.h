/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/corpus.h: the articles that a plugin is probed with. All are invented; each is named after what is hostile in it. */
#ifndef COPYDESK_CLI_PROBE_CORPUS_H
#define COPYDESK_CLI_PROBE_CORPUS_H

#include "base/buffer.h"

#include <copydesk/plugin.h>

enum { CD_PROBE_ARTICLES_MAX = 64 };

typedef struct cd_probe_article_text {
    const char *name;
    cd_buffer payload; /* as a record's value: JSON */
} cd_probe_article_text;

typedef struct cd_probe_corpus {
    cd_probe_article_text articles[CD_PROBE_ARTICLES_MAX];
    size_t count;
} cd_probe_corpus;

/* 0 or -ENOMEM; cd_probe_corpus_fini in either case. */
int cd_probe_corpus_init(cd_probe_corpus *corpus);
void cd_probe_corpus_fini(cd_probe_corpus *corpus);

/* The shapes that are made long for measuring time: `out` holds the article whose text has about `bytes` bytes of shape `shape`,
 * counted from 0. Gives the shape's name; NULL behind the last. */
const char *cd_probe_corpus_shape(size_t shape, size_t bytes, cd_buffer *out);

/* Where article `index` came from, always the same; the topic is "probe". */
cd_identity cd_probe_identity(size_t index);

#endif
