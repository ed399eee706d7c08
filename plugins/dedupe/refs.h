/* SPDX-License-Identifier: Apache-2.0
 *
 * refs.h: an ordered set of refs, for the few articles that were forgotten.
 */
#ifndef DEDUPE_REFS_H
#define DEDUPE_REFS_H

#include "record.h"

typedef struct dd_refs {
    dd_ref *ref; /* ascending, distinct; owned */
    size_t count, capacity;
} dd_refs;

int dd_refs_has(const dd_refs *refs, dd_ref ref);
int dd_refs_add(dd_refs *refs, dd_ref ref); /* 0 or -ENOMEM; once in is enough */
void dd_refs_cut_below(dd_refs *refs, dd_ref least);
void dd_refs_fini(dd_refs *refs);

#endif
