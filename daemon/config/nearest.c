/* SPDX-License-Identifier: Apache-2.0
 *
 * config/nearest.c: edit distance with swaps of neighbours (Damerau 1964, optimal string alignment). See nearest.h.
 */
#include "config/nearest.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 64 /* longer names are no typing errors of ours */

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NAME_MAX_BYTES + 1]; /* this row and the two above it */
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && two_above[j - 2] + 1 < row[j])
                row[j] = two_above[j - 2] + 1;
        }
    }
    return rows[a_len % 3][b_len];
}

void cd_nearest_offer(cd_nearest *nearest, const char *candidate)
{
    size_t wanted = strlen(nearest->wanted), len = strlen(candidate);
    if (wanted > NAME_MAX_BYTES || len > NAME_MAX_BYTES)
        return;
    size_t distance = edit_distance(nearest->wanted, wanted, candidate, len);
    size_t limit = wanted < 6 ? 1 + (wanted > 3) : wanted / 3;
    if (distance <= limit && (nearest->best == NULL || distance < nearest->distance)) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}

const char *cd_nearest_hint(const cd_nearest *nearest, char *out, size_t size)
{
    out[0] = '\0';
    if (nearest->best != NULL)
        (void)snprintf(out, size, "; did you mean '%s'?", nearest->best);
    return out;
}
