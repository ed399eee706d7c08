/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of daemon/article share: a decoder with the shipped rules, an article's way through it, files.
 */
#ifndef ARTICLE_SUPPORT_H
#define ARTICLE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs the ones above it */

#include "article/decode.h"
#include "article/encode.h"

#include <copydesk/sdk.h>
#include <jansson.h>

#define NO_KEY ((cd_str){NULL, 0})

/* 1 MB, 64 levels, the standard members. */
cd_decode_rules standard_rules(void);

/* Topic "raw", partition 3, offset 17. */
extern const cd_identity standard_identity;

/* Decodes with these rules and a decoder of its own, from a heap block of exactly the payload's size, so that a
 * sanitizer sees each byte read beyond. */
typedef struct article {
    cd_decoder *decoder;
    char *payload;
    int rc;
    cd_document document;
    cd_decode_error error;
} article;
article article_decode(const cd_decode_rules *rules, cd_str payload, cd_str key);
void article_free(article *a);

/* Encodes with one annotation, "language": {"code":"en"}; into a block of exactly the promised size; NUL-terminated
 * copy. */
char *article_encode(const cd_document *document, size_t *len);

/* Fails the test unless the payload is refused with `fragment` in the reason, at `byte`. */
void assert_refused(const cd_decode_rules *rules, cd_str payload, const char *fragment, int64_t byte);

void assert_str(cd_str actual, const char *expected);

/* The whole file, to be freed. */
char *read_file(const char *path, size_t *len);

/* A small generator of pseudo-random numbers (SplitMix64): the same seed gives the same test everywhere. */
uint64_t next_random(uint64_t *state);

#endif
