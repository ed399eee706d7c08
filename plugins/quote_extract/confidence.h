/* SPDX-License-Identifier: Apache-2.0
 *
 * confidence.h: how sure a quotation and its speaker are.
 *
 * A logistic model over features that are there or not: the rule that attributed it, its trust, what the source is,
 * what the other side of the quotation offered, the shape, repairs. The weights are data, tables/confidence.table, and
 * come from tests/eval/fit_confidence.py. A text whose language has no table has no speakers and gets a fixed value.
 */
#ifndef QE_CONFIDENCE_H
#define QE_CONFIDENCE_H

#include "article.h"

#define QE_MOST_FEATURES 64

typedef struct qe_confidence {
    double weights[QE_MOST_FEATURES];
} qe_confidence;

/* Reads the table: a feature's name and its weight a line, `#` starts a comment; a feature that is not named weighs 0.
 * 0, or -EINVAL with the number of the bad line in *line. */
int qe_confidence_load(qe_confidence *confidence, const char *start, const char *end, unsigned *line);

/* Which features the quotation in piece n has, as bits; and a feature's name, NULL behind the last. */
uint64_t qe_confidence_features(const qe_article *article, uint32_t n);
const char *qe_confidence_name(uint32_t feature);

/* The chance, 0 to 1, that the quotation in piece n has the right span and the right speaker. */
double qe_confidence_of(const qe_confidence *confidence, const qe_article *article, uint32_t n);

#endif
