/* SPDX-License-Identifier: Apache-2.0
 *
 * match.h: which earlier article a new one repeats.
 */
#ifndef DEDUPE_MATCH_H
#define DEDUPE_MATCH_H

#include "store.h"

/* Scratch memory of the search, reused between articles; of fixed size but for the records' strings. */
typedef struct dd_matcher {
    dd_ref *refs;
    size_t count;
    dd_slot slots[2], *best, *candidate; /* the two point to the slots, and change places */
} dd_matcher;

int dd_matcher_init(dd_matcher *matcher); /* 0 or -ENOMEM */
void dd_matcher_fini(dd_matcher *matcher);

/* Completes `record`, whose fingerprint, id and owner are set: relation, figures, of, canonical, indexed. What it
 * borrows from the matcher is valid until the next call. Within a batch, after the tick. 0, or -errno of the store. */
int dd_match(dd_matcher *matcher, dd_store *store, dd_record *record, enum dd_level level);

/* The record that this owner claimed before, into matcher->best: 0, -ENOENT, or -errno. */
int dd_match_owner(dd_matcher *matcher, dd_store *store, const dd_owner *owner, dd_ref *ref);

#endif
