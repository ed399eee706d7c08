/* SPDX-License-Identifier: Apache-2.0
 *
 * article/encode.h: the enriched article: the input's own bytes, `enrichment` and `provenance` spliced in.
 *
 * A JSON input comes out byte for byte, white space kept, from its `{` up to its `}`; members `enrichment` and
 * `provenance` that it had itself are left out, with one comma each. Plain text becomes {"id":…,"text":…,…}. The key
 * order is fixed: id, text (plain text), enrichment with the annotations in the caller's order, provenance with
 * pipeline, source, stages. The same arguments give the same bytes.
 *
 * Thread: any; no state. Allocates nothing, so that it can write into a ring's slot.
 */
#ifndef CD_ARTICLE_ENCODE_H
#define CD_ARTICLE_ENCODE_H

#include "article/decode.h"

typedef struct cd_annotation {
    const char *member; /* of `enrichment`, NUL-terminated UTF-8 */
    cd_str json;        /* one valid JSON value. Absent: a hole, where the claim's answer will be put in */
} cd_annotation;

typedef struct cd_stage_tag {
    const char *name, *version; /* NUL-terminated UTF-8 */
    int skipped;                /* it was to be run, and was not */
    int off;                    /* because it is switched off */
} cd_stage_tag;

typedef struct cd_provenance {
    const char *pipeline; /* fingerprint of configuration and plugin versions, NUL-terminated UTF-8 */
    cd_identity source;
    const char *file; /* NULL: source is topic, partition, offset, timestamp (null if it is -1). Else from `copydesk
                         run`: source is file (bytes that are no UTF-8 come out as U+FFFD) and line = source.offset */
    const cd_stage_tag *stages;
    size_t stage_count;
} cd_provenance;

/* The number of bytes that cd_encode will write for the same arguments, holes counting nothing. */
size_t cd_encode_bound(const cd_document *document, const cd_annotation *annotations, size_t count,
                       const cd_provenance *provenance);

/* Writes the article to `out`, which has room for cd_encode_bound bytes, and returns the length; no NUL behind it.
 * `hole_offsets` has room for one entry a hole; they come in the annotations' order, ascending: the answer's bytes
 * belong before out[offset]. Every hole must be filled to make valid JSON. May be NULL if there is no hole. */
size_t cd_encode(const cd_document *document, const cd_annotation *annotations, size_t count,
                 const cd_provenance *provenance, char *out, size_t *hole_offsets);

#endif
