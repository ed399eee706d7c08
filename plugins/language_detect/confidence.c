/* SPDX-License-Identifier: Apache-2.0
 *
 * The score card. What the buckets are is decided here, what they weigh in the table.
 */
#include "confidence.h"

#include "table.h"

#include <math.h>
#include <string.h>

enum { BIAS, LETTERS, SCORE, ENGLISH, SHARE, ALONE, MARGIN, SECOND, PROBABILITY };

static const char *const cards[LD_CONFIDENCE_CARDS] = {"cld2", "model"};
static const char *const features[] = {"bias",  "letters", "score",  "english",     "share",
                                       "alone", "margin",  "second", "probability", NULL};

/* How many of the limits, which grow, the value reaches. */
static uint8_t bucket_of(double value, const double *limits, size_t count)
{
    uint8_t bucket = 0;
    while (bucket < count && value >= limits[bucket])
        bucket++;
    return bucket;
}
#define BUCKET(value, limits) bucket_of(value, limits, sizeof(limits) / sizeof *(limits))

const char *ld_confidence_feature(int feature) { return features[feature]; }

int ld_confidence_buckets(const ld_evidence *e, uint8_t bucket[LD_CONFIDENCE_FEATURES])
{
    static const double letters[] = {12, 18, 26, 40, 70, 120, 250, 600, 1500};
    static const double scores[] = {200, 300, 400, 500, 600, 800, 1400};
    static const double shares[] = {0.6, 0.8, 0.95};
    static const double margins[] = {1, 2.5, 4};
    static const double probabilities[] = {0.2, 0.3, 0.45, 0.6, 0.75, 0.9};
    memset(bucket, 0, LD_CONFIDENCE_FEATURES);
    bucket[BIAS] = e->sure;
    bucket[LETTERS] = BUCKET(e->letters, letters);
    bucket[SCORE] = BUCKET(e->score, scores);
    bucket[SHARE] = BUCKET(e->share, shares);
    bucket[ENGLISH] = e->english ? (uint8_t)(1 + bucket[SCORE]) : 0;
    bucket[ALONE] = e->alone;
    bucket[MARGIN] = e->close ? (uint8_t)(1 + BUCKET(e->margin, margins)) : 0;
    bucket[SECOND] = (uint8_t)e->second;
    bucket[PROBABILITY] = BUCKET(e->probability, probabilities);
    /* Odd scores say more of long text than of short, where they are common. */
    bucket[SCORE] = (uint8_t)(bucket[SCORE] + (e->letters >= letters[4] ? 8 : 0));
    return e->second != LD_SECOND_NONE;
}

static int index_of(const char *const *names, size_t count, cd_str name)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == name.len && memcmp(names[i], name.ptr, name.len) == 0)
            return (int)i;
    return -1;
}

/* A language's own weight; the row for "*" comes first and sets that of all. */
static bool load_language(double weight[LD_LANGUAGES_MAX], const ld_languages *languages, cd_str code, double value)
{
    uint8_t language = ld_languages_by_code(languages, code);
    if (code.len == 1 && code.ptr[0] == '*') {
        for (size_t i = 0; i < LD_LANGUAGES_MAX; i++)
            weight[i] = value;
        return true;
    }
    weight[language] = value;
    return language != LD_UND;
}

static bool load_row(ld_confidence *confidence, const ld_languages *languages, const ld_table *table)
{
    double value;
    int64_t bucket;
    if (table->fields != 4 || !ld_table_number(table->field[3], &value))
        return false;
    int card = index_of(cards, LD_CONFIDENCE_CARDS, table->field[0]);
    if (card < 0)
        return false;
    if (table->field[1].len == 8 && memcmp(table->field[1].ptr, "language", 8) == 0)
        return load_language(confidence->language[card], languages, table->field[2], value);
    int feature = index_of(features, sizeof features / sizeof *features - 1, table->field[1]);
    if (feature < 0 || !ld_table_integer(table->field[2], 10, &bucket) || bucket >= LD_CONFIDENCE_BUCKETS)
        return false;
    confidence->weight[card][feature][bucket] = value;
    return true;
}

int ld_confidence_load(ld_confidence *confidence, const ld_languages *languages, const char *start, const char *end)
{
    ld_table table;
    memset(confidence, 0, sizeof *confidence);
    ld_table_open(&table, start, end);
    while (ld_table_next(&table))
        if (!load_row(confidence, languages, &table))
            return table.line;
    return 0;
}

double ld_confidence_estimate(const ld_confidence *confidence, const ld_evidence *evidence)
{
    uint8_t bucket[LD_CONFIDENCE_FEATURES];
    if (evidence->language == LD_UND)
        return 0;
    int card = ld_confidence_buckets(evidence, bucket);
    double odds = evidence->alone ? 0 : confidence->language[card][evidence->language];
    for (int i = 0; features[i]; i++)
        odds += confidence->weight[card][i][bucket[i]];
    return 1 / (1 + exp(-odds));
}
