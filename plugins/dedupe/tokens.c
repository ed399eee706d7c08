/* SPDX-License-Identifier: Apache-2.0
 *
 * tokens.c: normalise and tokenise in one pass over the bytes.
 *
 * No token is stored: its folded bytes pass through a small buffer into XXH3 (Y. Collet), and only the hash stays.
 * ASCII takes a short way; everything else goes through the table in fold.c.
 *
 * Numbers are collected beside the tokens, because two articles that differ in nothing but their numbers are two
 * events: "1,234.5" and "1.234,5" are one number, of one digit are too common to tell anything. Of a long text the
 * numbers with the smallest hashes are kept, a sample that two texts draw alike (compare.c).
 */
#define XXH_INLINE_ALL
#include "tokens.h"

#include "fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define SEED_TOKEN 0x636f70796465736bULL
#define SEED_EXACT 0x6578616374206b79ULL
#define SEED_NUMBER 0x6e756d6265727321ULL
#define TOKEN_BYTES 256

/* The state of one pass. */
typedef struct reader {
    dd_tokens *tokens;
    char token[TOKEN_BYTES];
    size_t length;  /* of `token` */
    uint64_t chain; /* hash of what a long token had before `token`; SEED_TOKEN if nothing */
    uint64_t letters[3]; /* hashes of the last DD_LETTERs, the newest first; 0 where another token stands */
    char number[40];
    size_t digits; /* of `number` */
    int gap;       /* one '.' or ',' stands between the number so far and what comes */
    int in_number; /* the token so far has nothing but digits, or the number is waiting behind a point */
    int failed;
} reader;

uint64_t dd_hash_bytes(cd_str bytes, uint64_t seed) { return XXH3_64bits_withSeed(bytes.ptr, bytes.len, seed); }

static void number_keep(dd_tokens *tokens, uint16_t hash)
{
    uint16_t *row = tokens->numbers;
    size_t n = tokens->number_count, at = n;
    while (at > 0 && row[at - 1] > hash)
        at--;
    if (at > 0 && row[at - 1] == hash)
        return;
    if (at == DD_NUMBERS)
        return;
    if (n == DD_NUMBERS)
        n--;
    memmove(row + at + 1, row + at, (n - at) * sizeof *row);
    row[at] = hash;
    tokens->number_count = (uint8_t)(n + 1);
}

static void number_end(reader *r)
{
    if (r->digits >= 2)
        number_keep(r->tokens, (uint16_t)(XXH3_64bits_withSeed(r->number, r->digits, SEED_NUMBER) >> 48));
    r->digits = 0;
    r->gap = 0;
    r->in_number = 0;
}

static void number_digit(reader *r, char digit, int first)
{
    if (first && !(r->in_number && r->gap == 1))
        number_end(r);
    if (first)
        r->in_number = 1;
    r->gap = 0;
    if (r->in_number && r->digits < sizeof r->number)
        r->number[r->digits++] = digit;
}

static int push(dd_tokens *tokens, uint64_t hash)
{
    if (tokens->count == tokens->capacity) {
        size_t capacity = tokens->capacity ? tokens->capacity * 2 : 4096;
        uint64_t *grown = realloc(tokens->hash, capacity * sizeof *grown);
        if (grown == NULL)
            return -ENOMEM;
        tokens->hash = grown;
        tokens->capacity = capacity;
    }
    tokens->hash[tokens->count++] = hash;
    return 0;
}

static inline void token_end(reader *r)
{
    if (r->length == 0 && r->chain == SEED_TOKEN)
        return;
    if (push(r->tokens, XXH3_64bits_withSeed(r->token, r->length, r->chain)) != 0)
        r->failed = 1;
    r->length = 0;
    r->chain = SEED_TOKEN;
    r->letters[0] = r->letters[1] = 0;
}

static inline void token_byte(reader *r, char byte)
{
    if (r->length == TOKEN_BYTES) {
        r->chain = XXH3_64bits_withSeed(r->token, r->length, r->chain) | 1u;
        r->length = 0;
    }
    r->token[r->length++] = byte;
}

/* A separator ends the token. A single point or comma may go on as the same number: "3.5", "10,000". */
static inline void separator(reader *r, uint32_t c)
{
    token_end(r);
    if (r->in_number) {
        if ((c == '.' || c == ',') && r->gap == 0)
            r->gap = 1;
        else
            number_end(r);
    }
}

static inline void word_byte(reader *r, char byte)
{
    if (r->in_number) /* "18bn": the number ends where letters begin */
        number_end(r);
    token_byte(r, byte);
}

static inline void digit_byte(reader *r, char byte)
{
    int first = r->length == 0 && r->chain == SEED_TOKEN;
    if (first || r->in_number)
        number_digit(r, byte, first);
    token_byte(r, byte);
}

static void letter(reader *r, const dd_fold *fold)
{
    r->letters[2] = r->letters[1];
    r->letters[1] = r->letters[0];
    r->letters[0] = XXH3_64bits_withSeed(fold->bytes, fold->length, SEED_TOKEN);
    if (push(r->tokens, XXH3_64bits_withSeed(r->letters, sizeof r->letters, SEED_TOKEN)) != 0)
        r->failed = 1;
}

static void folded(reader *r, uint32_t c)
{
    const dd_fold *fold = dd_fold_of(c);
    switch (fold->class) {
    case DD_SEPARATOR: separator(r, c); break;
    case DD_IGNORED: break;
    case DD_DIGIT:
        for (size_t i = 0; i < fold->length; i++)
            digit_byte(r, fold->bytes[i]);
        break;
    case DD_SINGLE:
        separator(r, ' ');
        for (size_t i = 0; i < fold->length; i++)
            token_byte(r, fold->bytes[i]);
        token_end(r);
        break;
    case DD_LETTER:
        separator(r, ' ');
        letter(r, fold);
        break;
    default:
        for (size_t i = 0; i < fold->length; i++)
            word_byte(r, fold->bytes[i]);
    }
}

/* Decodes one sequence that begins with a byte ≥ 0x80. Gives its length; `*c` is 0xFFFF if it is broken. */
static size_t decode(const unsigned char *p, size_t left, uint32_t *c)
{
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC2 ? 2 : 1;
    *c = 0xFFFF;
    if (n == 1 || n > left)
        return 1;
    uint32_t value = p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (p[i] & 0x3Fu);
    }
    *c = value;
    return n;
}

static void read_bytes(reader *r, const unsigned char *p, size_t length)
{
    for (size_t i = 0; i < length;) {
        unsigned char b = p[i];
        if (b >= 0x80) {
            uint32_t c;
            i += decode(p + i, length - i, &c);
            folded(r, c);
            continue;
        }
        i++;
        unsigned char lower = b | 0x20;
        if (lower >= 'a' && lower <= 'z')
            word_byte(r, (char)lower);
        else if (b >= '0' && b <= '9')
            digit_byte(r, (char)b);
        else if (b != '\'' && b != '`')
            separator(r, b);
    }
    separator(r, ' ');
    number_end(r);
}

int dd_tokens_read(dd_tokens *tokens, cd_str text, uint64_t salt)
{
    reader r = {.tokens = tokens, .chain = SEED_TOKEN};
    dd_fold_init();
    tokens->count = 0;
    tokens->number_count = 0;
    read_bytes(&r, (const unsigned char *)text.ptr, text.len);
    if (r.failed)
        return -ENOMEM;
    XXH128_hash_t key = XXH3_128bits_withSeed(tokens->hash, tokens->count * sizeof *tokens->hash, SEED_EXACT ^ salt);
    tokens->exact[0] = key.low64;
    tokens->exact[1] = key.high64;
    return 0;
}

void dd_tokens_fini(dd_tokens *tokens)
{
    free(tokens->hash);
    *tokens = (dd_tokens){0};
}
