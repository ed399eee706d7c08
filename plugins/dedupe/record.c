/* SPDX-License-Identifier: Apache-2.0
 *
 * record.c: the layout of a stored record, in the machine's byte order (the segment's head says which). Fixed part,
 * then sketch, indexed, numbers, id, topic, the other article's id and topic, and the cluster. Nothing in it is
 * aligned: LMDB aligns to 2 bytes.
 */
#include "record.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"

#define SEED_OWNER 0x6f776e6572212121ULL

/* The fixed part; no padding, which memcmp in the tests relies on. */
typedef struct head {
    uint8_t relation, flags, number_count, indexed_count;
    uint16_t sketch_count, jaccard, containment;
    uint16_t id_length, topic_length, of_id_length, of_topic_length; /* ids: NO_ID if absent, */
    uint16_t cluster_length;                                         /* SAME_ID if the cluster's is the other's */
    uint32_t tokens;
    int64_t clock, offset, of_offset;
    uint64_t exact[2], canonical, canonical_owner;
    int32_t partition, of_partition;
} head;

#define FLAG_SURE 1u
#define FLAG_INDEXED 2u
#define FLAG_DROPPED 4u
#define FLAG_OF_DROPPED 8u
#define NO_ID UINT16_MAX
#define SAME_ID (UINT16_MAX - 1u)

_Static_assert(sizeof(head) == 88, "the stored layout has no padding");

static char *put(char *at, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(at, bytes, length);
    return at + length;
}

static uint8_t flags_of(const dd_record *record)
{
    return (uint8_t)((record->sure ? FLAG_SURE : 0) | (record->indexed ? FLAG_INDEXED : 0) |
                     (record->dropped ? FLAG_DROPPED : 0) | (record->of_dropped ? FLAG_OF_DROPPED : 0));
}

static uint16_t cluster_length_of(const dd_record *record)
{
    if (record->cluster_id.ptr == NULL)
        return NO_ID;
    return cd_str_equal(record->cluster_id, record->of_id) ? SAME_ID : (uint16_t)record->cluster_id.len;
}

size_t dd_record_write(char *out, const dd_record *record)
{
    const dd_print *print = &record->fingerprint.print;
    head h = {
        .relation = record->relation,
        .flags = flags_of(record),
        .number_count = print->number_count,
        .indexed_count = print->indexed_count,
        .sketch_count = print->sketch_count,
        .jaccard = record->jaccard,
        .containment = record->containment,
        .id_length = (uint16_t)record->id.len,
        .topic_length = (uint16_t)record->owner.topic.len,
        .of_id_length = record->of_id.ptr ? (uint16_t)record->of_id.len : NO_ID,
        .of_topic_length = record->of_id.ptr ? (uint16_t)record->of.topic.len : 0,
        .cluster_length = cluster_length_of(record),
        .tokens = print->tokens,
        .clock = record->clock,
        .offset = record->owner.offset,
        .of_offset = record->of.offset,
        .exact = {print->exact[0], print->exact[1]},
        .canonical = record->canonical,
        .canonical_owner = record->canonical_owner,
        .partition = record->owner.partition,
        .of_partition = record->of.partition,
    };
    char *at = put(out, &h, sizeof h);
    at = put(at, print->sketch, print->sketch_count * 4u);
    at = put(at, print->indexed, print->indexed_count * 4u);
    at = put(at, print->numbers, print->number_count * 2u);
    at = put(at, record->id.ptr, record->id.len);
    at = put(at, record->owner.topic.ptr, record->owner.topic.len);
    if (record->of_id.ptr != NULL) {
        at = put(at, record->of_id.ptr, record->of_id.len);
        at = put(at, record->of.topic.ptr, record->of.topic.len);
    }
    if (h.cluster_length < SAME_ID)
        at = put(at, record->cluster_id.ptr, record->cluster_id.len);
    return (size_t)(at - out);
}

/* Do the lengths fit the record, and are they ones that we write? */
static int head_valid(const head *h, size_t length)
{
    size_t of_id = h->of_id_length == NO_ID ? 0 : h->of_id_length;
    size_t cluster = h->cluster_length >= SAME_ID ? 0 : h->cluster_length;
    size_t whole = sizeof *h + h->sketch_count * 4u + h->indexed_count * 4u + h->number_count * 2u + h->id_length +
                   h->topic_length + of_id + h->of_topic_length + cluster;
    if (h->cluster_length == SAME_ID && h->of_id_length == NO_ID)
        return 0;
    return h->sketch_count <= DD_SKETCH && h->number_count <= DD_NUMBERS && h->indexed_count <= DD_INDEXED &&
           h->relation < DD_RELATIONS && whole == length;
}

static int slot_reserve(dd_slot *slot, size_t length)
{
    if (slot->capacity >= length)
        return 0;
    char *grown = realloc(slot->bytes, length + 512);
    if (grown == NULL)
        return -ENOMEM;
    slot->bytes = grown;
    slot->capacity = length + 512;
    return 0;
}

static cd_str cut(const char **at, size_t length)
{
    cd_str s = {*at, length};
    *at += length;
    return s;
}

static void record_head(dd_record *record, const head *h)
{
    dd_fingerprint *fingerprint = &record->fingerprint;
    record->relation = h->relation;
    record->sure = (h->flags & FLAG_SURE) != 0;
    record->indexed = (h->flags & FLAG_INDEXED) != 0;
    record->dropped = (h->flags & FLAG_DROPPED) != 0;
    record->of_dropped = (h->flags & FLAG_OF_DROPPED) != 0;
    record->jaccard = h->jaccard;
    record->containment = h->containment;
    record->clock = h->clock;
    record->canonical = h->canonical;
    record->canonical_owner = h->canonical_owner;
    fingerprint->print = (dd_print){.exact = {h->exact[0], h->exact[1]},
                                    .tokens = h->tokens,
                                    .sketch_count = h->sketch_count,
                                    .number_count = h->number_count,
                                    .indexed_count = h->indexed_count,
                                    .sketch = fingerprint->sketch,
                                    .indexed = fingerprint->indexed,
                                    .numbers = fingerprint->numbers};
}

/* The strings behind the rows; the lengths were checked. */
static void record_strings(dd_record *record, const head *h, const char *at)
{
    record->id = cut(&at, h->id_length);
    record->owner = (dd_owner){cut(&at, h->topic_length), h->partition, h->offset};
    record->of_id = record->cluster_id = (cd_str){NULL, 0};
    record->of = (dd_owner){{NULL, 0}, 0, 0};
    if (h->of_id_length != NO_ID) {
        record->of_id = cut(&at, h->of_id_length);
        record->of = (dd_owner){cut(&at, h->of_topic_length), h->of_partition, h->of_offset};
    }
    if (h->cluster_length == SAME_ID)
        record->cluster_id = record->of_id;
    else if (h->cluster_length != NO_ID)
        record->cluster_id = cut(&at, h->cluster_length);
}

int dd_slot_read(dd_slot *slot, cd_str bytes)
{
    head h;
    if (bytes.len < sizeof h)
        return -EBADMSG;
    memcpy(&h, bytes.ptr, sizeof h);
    if (!head_valid(&h, bytes.len))
        return -EBADMSG;
    if (slot_reserve(slot, bytes.len) != 0)
        return -ENOMEM;
    memcpy(slot->bytes, bytes.ptr, bytes.len);
    dd_record *record = &slot->record;
    record_head(record, &h);
    const char *at = slot->bytes + sizeof h;
    memcpy(record->fingerprint.sketch, at, h.sketch_count * 4u);
    at += h.sketch_count * 4u;
    memcpy(record->fingerprint.indexed, at, h.indexed_count * 4u);
    at += h.indexed_count * 4u;
    memcpy(record->fingerprint.numbers, at, h.number_count * 2u);
    record_strings(record, &h, at + h.number_count * 2u);
    return dd_rows_valid(&record->fingerprint) ? 0 : -EBADMSG;
}

void dd_slot_fini(dd_slot *slot)
{
    free(slot->bytes);
    slot->bytes = NULL;
    slot->capacity = 0;
}

int dd_owner_equal(const dd_owner *a, const dd_owner *b)
{
    return a->offset == b->offset && a->partition == b->partition && cd_str_equal(a->topic, b->topic);
}

uint64_t dd_owner_hash(const dd_owner *owner)
{
    uint64_t hash = dd_hash_bytes(owner->topic, SEED_OWNER);
    hash = (hash ^ (uint32_t)owner->partition) * 0x9e3779b97f4a7c15ULL;
    hash = (hash ^ hash >> 32 ^ (uint64_t)owner->offset) * 0xff51afd7ed558ccdULL;
    return hash ^ hash >> 32;
}
