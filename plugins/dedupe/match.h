/* SPDX-License-Identifier: Apache-2.0
 *
 * match.h: which earlier article a new one repeats.
 */
#ifndef DEDUPE_MATCH_H
#define DEDUPE_MATCH_H

#include "store.h"

/* Called with each earlier article that the new one is compared with; all of it is borrowed. */
typedef void dd_match_watch(void *context, const dd_record *other, const dd_likeness *likeness, const dd_verdict *verdict);

/* Scratch memory of the search, reused between articles; of fixed size but for the records' strings. */
typedef struct dd_matcher {
    dd_ref *refs;
    size_t count;
    dd_slot slots[2], *best, *candidate; /* the two point to the slots, and change places */
    /* For who wants to know why, set after init. */
    dd_match_watch *watch; /* or NULL */
    void *watch_context;
    dd_ref before; /* only what is older than this is a match; 0: all */
} dd_matcher;

int dd_matcher_init(dd_matcher *matcher); /* 0 or -ENOMEM */
void dd_matcher_fini(dd_matcher *matcher);

/* Completes `record`, whose fingerprint, id and owner are set: relation, figures, of, canonical, indexed. What it
 * borrows from the matcher is valid until the next call. Within a batch, after the tick. 0, or -errno of the store. */
int dd_match(dd_matcher *matcher, dd_store *store, dd_record *record, enum dd_level level);

/* Makes `record` one of an article that is like nothing. */
void dd_match_nothing(dd_record *record);

/* The record that this owner claimed before, into matcher->best: 0, -ENOENT, or -errno. */
int dd_match_owner(dd_matcher *matcher, dd_store *store, const dd_owner *owner, dd_ref *ref);

#endif
