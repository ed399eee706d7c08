/* SPDX-License-Identifier: Apache-2.0
 *
 * fold.h: what a code point becomes before it is compared.
 *
 * Case, accents, width, ligatures and typographic variants of one word fold to the same bytes, so that two newspapers'
 * spellings of one wire story meet. Compatibility decomposition and simple case folding are Unicode's (UAX #15, via
 * utf8proc); what is added here is which marks are dropped and which scripts are split into single code points or letters.
 */
#ifndef DEDUPE_FOLD_H
#define DEDUPE_FOLD_H

#include <stddef.h>
#include <stdint.h>

enum dd_class {
    DD_SEPARATOR, /* ends a token */
    DD_IGNORED,   /* leaves no trace: marks, apostrophes, soft hyphens, zero-width characters */
    DD_WORD,      /* part of a token */
    DD_DIGIT,     /* part of a token, and of a number */
    DD_SINGLE,    /* a token of its own: Han and kana, written without spaces */
    DD_LETTER     /* a token with the two before it: scripts without spaces, and of a few dozen letters */
};

#define DD_FOLD_BYTES 14

typedef struct dd_fold {
    uint8_t class;  /* enum dd_class */
    uint8_t length; /* bytes of UTF-8 in `bytes`; 0 for separators and what is ignored */
    char bytes[DD_FOLD_BYTES];
} dd_fold;

/* Fills the table of the first code points; every later call is free. Call it before the first dd_fold_of. */
void dd_fold_init(void);

/* What `codepoint` folds to. Any value is allowed; what is no character is a separator. The pointer is valid until the
 * next call. Thread: one at a time. */
const dd_fold *dd_fold_of(uint32_t codepoint);

#endif
