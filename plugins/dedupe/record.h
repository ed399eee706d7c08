/* SPDX-License-Identifier: Apache-2.0
 *
 * record.h: what the store keeps of one article: its fingerprint, its identity, and what was answered (the memo).
 */
#ifndef DEDUPE_RECORD_H
#define DEDUPE_RECORD_H

#include "blob.h"

/* Where a record lies: segment number and place in it. Compare as a number: a smaller one is older. */
typedef uint64_t dd_ref;
#define DD_REF(segment, place) ((dd_ref)(segment) << 32 | (uint32_t)(place))
#define DD_REF_SEGMENT(ref) ((uint32_t)((ref) >> 32))
#define DD_REF_PLACE(ref) ((uint32_t)(ref))

/* Whose record of the input it is. */
typedef struct dd_owner {
    cd_str topic;
    int32_t partition;
    int64_t offset;
} dd_owner;

typedef struct dd_record {
    uint8_t relation;              /* enum dd_relation */
    uint8_t sure;                  /* fit for dropping by its likeness */
    uint8_t dropped;               /* was answered with a drop */
    uint8_t of_dropped;            /* the article it was compared to was */
    uint8_t indexed;               /* its shingles stand in the index */
    uint16_t jaccard, containment; /* thousandths */
    int64_t clock;                 /* the store's clock when it came, ms */
    dd_fingerprint fingerprint;
    cd_str id;
    dd_owner owner;
    /* The article it was compared to, if of_id is not absent. Relation and figures are between these two. */
    cd_str of_id;
    dd_owner of;
    /* If the relation joins: the id of the cluster's first article, the place of its record, and a hash of its owner.
     */
    cd_str cluster_id;
    dd_ref canonical;
    uint64_t canonical_owner;
} dd_record;

/* A record with memory of its own for its strings. */
typedef struct dd_slot {
    dd_record record;
    char *bytes;
    size_t capacity;
} dd_slot;

/* Bytes of the encoded record, at most DD_RECORD_MAX. */
#define DD_TOPIC_MAX 4096u
#define DD_RECORD_MAX (112u + DD_SKETCH * 4u + DD_INDEXED * 4u + DD_NUMBERS * 2u + 3 * DD_ID_MAX + 2 * DD_TOPIC_MAX)

/* Writes to `out` (DD_RECORD_MAX bytes) and gives the length. Topics are at most DD_TOPIC_MAX bytes. */
size_t dd_record_write(char *out, const dd_record *record);

/* Reads into the slot, copying. 0, -EBADMSG for a damaged record, -ENOMEM. */
int dd_slot_read(dd_slot *slot, cd_str bytes);

void dd_slot_fini(dd_slot *slot);

int dd_owner_equal(const dd_owner *a, const dd_owner *b);

/* The index goes by the lower half. */
uint64_t dd_owner_hash(const dd_owner *owner);

#endif
