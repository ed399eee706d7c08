/* SPDX-License-Identifier: Apache-2.0
 *
 * pick.h: which records an ARTICLE of the command line means.
 */
#ifndef DEDUPE_TOOL_PICK_H
#define DEDUPE_TOOL_PICK_H

#include "refs.h"
#include "store.h"

/* The records whose id is `article`, or whose place it is as TOPIC/PARTITION/OFFSET; forgotten ones too. By place it is a
 * lookup, by id a walk through all records, with progress. 0 or -errno; finding nothing is no error. Of a store for reading,
 * or within a batch. */
int pick_articles(dd_store *store, const char *article, dd_refs *out);

/* The members of the clusters that these records belong to, themselves included: a walk. */
int pick_clusters(dd_store *store, const dd_refs *records, dd_refs *out);

/* "topic/1/23" → owner, whose topic is borrowed from `text`; 0 if it is no place. */
int pick_place(const char *text, dd_owner *owner);

/* Stands for the cluster: the hash of its first article's owner. */
uint64_t pick_root(const dd_record *record);

#endif
