/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/token.h: one line of text as words, numbers, addresses and marks.
 *
 * A token is a byte range of the article's text and what later stages ask of it: its vocabulary number (0 for words
 * that no table names), its case, whether white space stands before it. Marks are reduced to an ASCII letter each: all
 * dashes are
 * '-', all quotation marks '"', bullets '*', an ellipsis '.', the copyright sign 'c', what has no such letter '~'.
 *
 * The scan is one pass, never backs up by more than the address it is in, and writes at most one token a byte. It knows
 * no language; words are looked up in the vocabulary by the hash of their lower-case letters. Pure: no state but its
 * output.
 */
#ifndef CREDIT_STRIP_TOKEN_H
#define CREDIT_STRIP_TOKEN_H

#include <stddef.h>
#include <stdint.h>

enum cs_token_kind { CS_WORD = 1, CS_NUMBER, CS_MAIL, CS_URL, CS_HANDLE, CS_HASHTAG, CS_MARK };

#define CS_CAPITAL 1u     /* a word whose first letter is upper case */
#define CS_CAPITALS 2u    /* at least two letters, all upper case */
#define CS_CASELESS 4u    /* a word of a script without case */
#define CS_SPACED 8u      /* white space before it, or the line's start */
#define CS_POSSESSIVE 16u /* ends in 's, and `word` is the word without it */
#define CS_HARD 32u       /* a mark that no phrase runs across */
#define CS_CLOCK 64u      /* a number with a colon: 9:22, 02:39 */
#define CS_DATED 128u     /* a number with two strokes or points: 26/2/2014, 06.11.2025 */

typedef struct cs_token {
    uint32_t start, end; /* bytes of the text */
    uint16_t word;       /* vocabulary number of a word, 0 for none */
    uint16_t value;      /* a number of at most four digits; a mark's letter; 16 bits of a word's hash */
    uint8_t kind, flags;
    uint8_t letters; /* code points of a word, at most 255 */
    uint8_t reserved;
} cs_token;

struct cs_vocabulary;

/* Tokens of text[start, end) into out, at most max of them. Returns how many; the rest of the line is left out. */
size_t cs_tokens(const struct cs_vocabulary *vocabulary, const char *text, size_t start, size_t end, cs_token *out,
                 size_t max);

/* The hash under which a word stands in the vocabulary. */
uint64_t cs_word_hash(const char *word, size_t len);

/* Bytes of white space at s[at, end), as Python's str.isspace sees it; 0 if there is none. */
size_t cs_space_at(const char *s, size_t at, size_t end);

/* Cuts white space off both ends of [*start, *end). */
void cs_trim(const char *s, size_t *start, size_t *end);

#endif
