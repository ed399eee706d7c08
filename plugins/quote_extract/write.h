/* SPDX-License-Identifier: Apache-2.0
 *
 * write.h: the annotation, from what the article's stages found.
 */
#ifndef QE_WRITE_H
#define QE_WRITE_H

#include "confidence.h"

#include <copydesk/sdk.h>

typedef struct qe_choice {
    int mixed;        /* report fragments */
    int unattributed; /* report quotes whose speaker is not known */
    uint32_t most;    /* at most so many quotes */
    qe_confidence confidence;
} qe_choice;

/* Writes the array of quotes. The number of quotes written. */
uint32_t qe_write(cd_json *json, const cd_host *host, cd_article *handle, const qe_article *article,
                  const qe_choice *choice);

/* One behind the last piece of the quotation that starts with piece n. */
uint32_t qe_pieces_end(const qe_article *article, uint32_t n);

#endif
