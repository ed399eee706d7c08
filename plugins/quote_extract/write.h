/* SPDX-License-Identifier: Apache-2.0
 *
 * write.h: the annotation, from what the article's stages found.
 */
#ifndef QE_WRITE_H
#define QE_WRITE_H

#include "article.h"

#include <copydesk/sdk.h>

typedef struct qe_choice {
    int mixed;        /* report fragments */
    int unattributed; /* report quotes whose speaker is not known */
    uint32_t most;    /* at most so many quotes */
} qe_choice;

/* Writes the array of quotes. The number of quotes written. */
uint32_t qe_write(cd_json *json, const cd_host *host, cd_article *handle, const qe_article *article,
                  const qe_choice *choice);

/* The confidence printed for a quote, 0 to 1. */
double qe_confidence(const qe_article *article, const qe_quote *quote);

#endif
