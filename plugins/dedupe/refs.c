/* SPDX-License-Identifier: Apache-2.0
 *
 * refs.c: a sorted array. Dead letters are rare; a hash table would not be read more easily.
 */
#include "refs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t place_of(const dd_refs *refs, dd_ref ref)
{
    size_t low = 0, high = refs->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (refs->ref[middle] < ref)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int dd_refs_has(const dd_refs *refs, dd_ref ref)
{
    size_t at = place_of(refs, ref);
    return at < refs->count && refs->ref[at] == ref;
}

int dd_refs_add(dd_refs *refs, dd_ref ref)
{
    size_t at = place_of(refs, ref);
    if (at < refs->count && refs->ref[at] == ref)
        return 0;
    if (refs->count == refs->capacity) {
        size_t capacity = refs->capacity ? refs->capacity * 2 : 64;
        dd_ref *grown = realloc(refs->ref, capacity * sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        refs->ref = grown;
        refs->capacity = capacity;
    }
    memmove(refs->ref + at + 1, refs->ref + at, (refs->count - at) * sizeof *refs->ref);
    refs->ref[at] = ref;
    refs->count++;
    return 0;
}

void dd_refs_cut_below(dd_refs *refs, dd_ref least)
{
    size_t at = place_of(refs, least);
    refs->count -= at;
    if (at > 0 && refs->count > 0)
        memmove(refs->ref, refs->ref + at, refs->count * sizeof *refs->ref);
}

void dd_refs_fini(dd_refs *refs)
{
    free(refs->ref);
    *refs = (dd_refs){0};
}
