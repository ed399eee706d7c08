/* SPDX-License-Identifier: Apache-2.0
 *
 * article/positions.h: byte offsets of a text ↔ its code points.
 *
 * Everything inside counts bytes; everything published counts code points. The index is built at the first question, in
 * one pass over the text: the number of code points before each block of bytes, and the block of each so many code
 * points, so that either direction costs a look-up and a count within one block. ASCII texts need no index.
 *
 * Thread: one at a time. Owns the index, kept between texts; borrows the text.
 */
#ifndef CD_ARTICLE_POSITIONS_H
#define CD_ARTICLE_POSITIONS_H

#include <copydesk/plugin.h>

typedef struct cd_positions {
    cd_str text;
    size_t total;     /* code points, once built */
    uint32_t *before; /* by block: code points that begin before it */
    uint32_t *block;  /* by group of code points: the block where the group's first begins */
    size_t capacity;  /* of `before` and of `block` each, in entries */
    int32_t state;    /* private */
    int32_t reserved;
} cd_positions;

void cd_positions_init(cd_positions *positions); /* allocates nothing */
void cd_positions_fini(cd_positions *positions);

/* The text to answer for: valid UTF-8, below 4 GiB, unchanged until the next reset. */
void cd_positions_reset(cd_positions *positions, cd_str text);

/* The number of the code point at `byte`. A byte inside a sequence counts as its first; beyond the end as the end. */
size_t cd_positions_codepoint(cd_positions *positions, size_t byte);

/* The byte where code point `codepoint` begins; beyond the end: the text's length. */
size_t cd_positions_byte(cd_positions *positions, size_t codepoint);

#endif
