/* SPDX-License-Identifier: Apache-2.0
 *
 * compare.c: the merge of two sorted rows, once over shingles, once over numbers.
 */
#include "compare.h"

#include "sketch.h"
#include "tokens.h"

/* Both rows up to the value where both are complete. */
typedef struct overlap {
    unsigned first, second, common;
} overlap;

static overlap sketches(const dd_print *a, const dd_print *b)
{
    uint32_t limit = UINT32_MAX;
    if (a->sketch_count == DD_SKETCH)
        limit = a->sketch[DD_SKETCH - 1];
    if (b->sketch_count == DD_SKETCH && b->sketch[DD_SKETCH - 1] < limit)
        limit = b->sketch[DD_SKETCH - 1];
    unsigned i = 0, j = 0, common = 0;
    while (i < a->sketch_count && a->sketch[i] <= limit && j < b->sketch_count && b->sketch[j] <= limit) {
        uint32_t x = a->sketch[i], y = b->sketch[j];
        common += x == y;
        i += x <= y;
        j += y <= x;
    }
    while (i < a->sketch_count && a->sketch[i] <= limit)
        i++;
    while (j < b->sketch_count && b->sketch[j] <= limit)
        j++;
    return (overlap){i, j, common};
}

static overlap numbers(const dd_print *a, const dd_print *b)
{
    uint16_t limit = UINT16_MAX;
    if (a->number_count == DD_NUMBERS)
        limit = a->numbers[DD_NUMBERS - 1];
    if (b->number_count == DD_NUMBERS && b->numbers[DD_NUMBERS - 1] < limit)
        limit = b->numbers[DD_NUMBERS - 1];
    unsigned i = 0, j = 0, common = 0;
    while (i < a->number_count && a->numbers[i] <= limit && j < b->number_count && b->numbers[j] <= limit) {
        uint16_t x = a->numbers[i], y = b->numbers[j];
        common += x == y;
        i += x <= y;
        j += y <= x;
    }
    while (i < a->number_count && a->numbers[i] <= limit)
        i++;
    while (j < b->number_count && b->numbers[j] <= limit)
        j++;
    return (overlap){i, j, common};
}

dd_likeness dd_compare(const dd_print *first, const dd_print *second)
{
    dd_likeness likeness = {0};
    likeness.equal = first->exact[0] == second->exact[0] && first->exact[1] == second->exact[1];
    overlap shingles = sketches(first, second);
    unsigned smaller = shingles.first < shingles.second ? shingles.first : shingles.second;
    unsigned all = shingles.first + shingles.second - shingles.common;
    likeness.comparable = smaller;
    likeness.larger = (first->tokens > second->tokens) - (first->tokens < second->tokens);
    if (all > 0)
        likeness.jaccard = (double)shingles.common / all;
    if (smaller > 0)
        likeness.containment = (double)shingles.common / smaller;
    if (likeness.equal)
        likeness.jaccard = likeness.containment = 1;
    overlap figures = numbers(first, second);
    likeness.numbers = figures.first < figures.second ? figures.first : figures.second;
    likeness.numbers_agree = figures.common;
    return likeness;
}
