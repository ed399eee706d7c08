/* SPDX-License-Identifier: Apache-2.0
 *
 * blob.h: what the worker half sends the store half about one article: its fingerprint and its id.
 *
 * The store trusts nothing in it: a worker has read hostile text.
 */
#ifndef DEDUPE_BLOB_H
#define DEDUPE_BLOB_H

#include <copydesk/plugin.h>

#include "compare.h"
#include "sketch.h"
#include "tokens.h"

/* A longer id is replaced by its 128-bit hash, "xxh3-" and 32 hexadecimal digits. */
#define DD_ID_MAX 1024u

#define DD_BLOB_MAX (32u + DD_SKETCH * 4u + DD_NUMBERS * 2u + DD_ID_MAX)

/* A fingerprint with its rows inside. `print` points into the same struct: copy with dd_fingerprint_copy only. */
typedef struct dd_fingerprint {
    dd_print print;
    unsigned width; /* tokens a shingle */
    uint32_t sketch[DD_SKETCH];
    uint16_t numbers[DD_NUMBERS];
} dd_fingerprint;

/* Writes the blob to `out` (DD_BLOB_MAX bytes) and gives its length. `id` is cut to DD_ID_MAX as said above. */
size_t dd_blob_write(char *out, const dd_tokens *tokens, const dd_sketch *sketch, unsigned width, cd_str id);

/* Reads one. `id` is borrowed from the blob. 0, or -EBADMSG for whatever dd_blob_write could not have written. */
int dd_blob_read(cd_str blob, dd_fingerprint *fingerprint, cd_str *id);

/* Ascending and distinct, as sketches and numbers must be. */
int dd_rows_valid(const dd_fingerprint *fingerprint);

/* Is it UTF-8, shortest forms only, no surrogates? */
int dd_utf8_valid(cd_str s);

#endif
