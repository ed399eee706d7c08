/* SPDX-License-Identifier: Apache-2.0
 *
 * tokens.h: a text as a row of token hashes, with its exact key and its numbers.
 *
 * A token is a run of letters and digits after folding (fold.h). In scripts without spaces each code point makes one:
 * alone where there are thousands of them (Han, kana), with the two before it where there are a few dozen (Thai, Lao,
 * Burmese, Khmer), since any two texts share most of their pairs of such letters. The hashes have fixed seeds: the same
 * text gives the same numbers on every machine and in every release of one hash version.
 */
#ifndef DEDUPE_TOKENS_H
#define DEDUPE_TOKENS_H

#include <copydesk/plugin.h>

/* Raised when the same text no longer gives the same hashes; stores of different versions are not mixed. */
#define DD_HASH_VERSION 2

#define DD_NUMBERS 32

typedef struct dd_tokens {
    uint64_t *hash; /* `count` of them, in the order of the text; owned */
    size_t count, capacity;
    uint64_t exact[2];            /* 128 bits of the whole row and the salt */
    uint16_t numbers[DD_NUMBERS]; /* the smallest distinct hashes of the text's numbers, ascending */
    uint8_t number_count;
} dd_tokens;

/* Reads `text` (UTF-8; a broken byte is a separator) into `tokens`, whose memory is reused. `salt` sets articles apart
 * that must not meet (0: none). 0, or -ENOMEM. Time is linear in the text, memory 8 bytes a token. */
int dd_tokens_read(dd_tokens *tokens, cd_str text, uint64_t salt);

void dd_tokens_fini(dd_tokens *tokens);

/* A 64-bit hash of any bytes, with the seeds of this version. */
uint64_t dd_hash_bytes(cd_str bytes, uint64_t seed);

#endif
