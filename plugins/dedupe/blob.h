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

#define DD_BLOB_MAX (32u + DD_SKETCH * 4u + DD_INDEXED * 4u + DD_NUMBERS * 2u + DD_ID_MAX)

/* A fingerprint with its rows inside. `print` points into the same struct: not to be copied. */
typedef struct dd_fingerprint {
    dd_print print;
    uint32_t sketch[DD_SKETCH];
    uint32_t indexed[DD_INDEXED];
    uint16_t numbers[DD_NUMBERS];
} dd_fingerprint;

/* Makes the fingerprint of what was read, writes the blob to `out` (DD_BLOB_MAX bytes) and gives its length. `salt` as
 * for dd_tokens_read; `id` is bounded as said above. */
size_t dd_blob_write(char *out, const dd_tokens *tokens, uint64_t salt, cd_str id);

/* Reads one. `id` is borrowed from the blob. 0, or -EBADMSG for whatever dd_blob_write could not have written. */
int dd_blob_read(cd_str blob, dd_fingerprint *fingerprint, cd_str *id);

/* Ascending and distinct, as sketches and numbers must be. */
int dd_rows_valid(const dd_fingerprint *fingerprint);

/* Is it UTF-8, shortest forms only, no surrogates? */
int dd_utf8_valid(cd_str s);

#endif
