/* SPDX-License-Identifier: Apache-2.0
 *
 * fold.c: the folding table.
 *
 * Code points below DD_TABLED come from a table that is computed once from utf8proc (a few milliseconds); the rest,
 * which is CJK in the main, are computed at each use with a short way for the large blocks. The table is written once
 * at start and only read later.
 *
 * Which marks go: those with a combining class (accents, Hebrew points, Arabic vowels, tone marks). Marks of class 0
 * stay: they are the vowels of the Indic scripts, and without them words collapse.
 */
#include "fold.h"

#include <string.h>
#include <utf8proc.h>

#define DD_TABLED 0x3000u

static dd_fold table[DD_TABLED];
static int table_ready;

/* What a letter is. Scripts that put no space between words are divided otherwise. */
static uint8_t class_of_letter(uint32_t c)
{
    static const struct {
        uint32_t first, last;
        enum dd_class class;
    } ranges[] = {
        {0x0E00, 0x0E4F, DD_LETTER}, /* Thai */
        {0x0E80, 0x0ECF, DD_LETTER}, /* Lao */
        {0x1000, 0x103F, DD_LETTER}, /* Burmese */
        {0x1780, 0x17DD, DD_LETTER}, /* Khmer */
        {0x2E80, 0x2FDF, DD_SINGLE}, /* radicals */
        {0x3005, 0x3007, DD_SINGLE}, /* iteration marks */
        {0x3021, 0x3029, DD_SINGLE}, /* numerals */
        {0x3040, 0x30FF, DD_SINGLE}, /* kana */
        {0x31F0, 0x31FF, DD_SINGLE},   {0xFF66, 0xFF9D, DD_SINGLE}, /* more kana, half width */
        {0x3400, 0x4DBF, DD_SINGLE},   {0x4E00, 0x9FFF, DD_SINGLE}, /* Han */
        {0xF900, 0xFAFF, DD_SINGLE},   {0x20000, 0x3FFFF, DD_SINGLE},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return (uint8_t)ranges[i].class;
    return DD_WORD;
}

static int is_ignored(uint32_t c)
{
    static const uint16_t ignored[] = {
        '\'',   '`',    0x00B4, 0x02BB, 0x02BC, 0x2018, 0x2019, 0x201B, 0x2032, 0xFF07, /* apostrophes, primes */
        0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF,                                 /* soft hyphen, zero width */
    };
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        if (c == ignored[i])
            return 1;
    return c >= 0xFE00 && c <= 0xFE0F; /* variation selectors */
}

/* A decimal digit of any script, as ASCII: Unicode keeps each script's ten digits in a row from zero. */
static uint32_t digit_of(uint32_t c)
{
    uint32_t zero = c;
    while (c - zero < 9 && utf8proc_category((utf8proc_int32_t)zero - 1) == UTF8PROC_CATEGORY_ND)
        zero--;
    return '0' + (c - zero);
}

static void append(dd_fold *fold, uint32_t c)
{
    utf8proc_uint8_t utf8[4];
    utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)c, utf8);
    if (n <= 0 || fold->length + (size_t)n > DD_FOLD_BYTES)
        return; /* the longest decompositions are Arabic phrases; their tail tells no article from another */
    memcpy(fold->bytes + fold->length, utf8, (size_t)n);
    fold->length = (uint8_t)(fold->length + n);
}

static void append_letter(dd_fold *fold, uint32_t c)
{
    append(fold, c);
    if (fold->class != DD_SINGLE && fold->class != DD_LETTER)
        fold->class = class_of_letter(c);
}

/* One code point of a decomposition: adds it to the fold, and says what it makes of the whole. What would divide (the
 * bar of one half) is left out. */
static void take(dd_fold *fold, uint32_t c)
{
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)c);
    int category = property->category;
    if (category == UTF8PROC_CATEGORY_ND) {
        append(fold, digit_of(c));
        if (fold->class == DD_SEPARATOR || fold->class == DD_IGNORED)
            fold->class = DD_DIGIT;
    } else if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) {
        append_letter(fold, c);
    } else if (category == UTF8PROC_CATEGORY_NL || category == UTF8PROC_CATEGORY_NO) {
        append_letter(fold, c);
    } else if (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) {
        if (property->combining_class == 0)
            append_letter(fold, c);
        else if (fold->class == DD_SEPARATOR)
            fold->class = DD_IGNORED;
    }
}

static void compute(uint32_t c, dd_fold *fold)
{
    *fold = (dd_fold){.class = DD_SEPARATOR};
    if (is_ignored(c)) {
        fold->class = DD_IGNORED;
        return;
    }
    if (!utf8proc_codepoint_valid((utf8proc_int32_t)c))
        return;
    int whole = (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x3040 && c <= 0x30FF); /* Hangul and kana stay composed */
    if (whole) {
        take(fold, c);
        return;
    }
    utf8proc_int32_t parts[32];
    int boundary = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, parts, 32,
                                                 UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, &boundary);
    if (n > 32)
        n = 32;
    for (utf8proc_ssize_t i = 0; i < n; i++)
        take(fold, (uint32_t)parts[i]);
}

void dd_fold_init(void)
{
    if (table_ready)
        return;
    for (uint32_t c = 0; c < DD_TABLED; c++)
        compute(c, &table[c]);
    table_ready = 1;
}

const dd_fold *dd_fold_of(uint32_t codepoint)
{
    static dd_fold other;
    if (codepoint < DD_TABLED)
        return &table[codepoint];
    if ((codepoint >= 0x4E00 && codepoint <= 0x9FFF) || (codepoint >= 0x3400 && codepoint <= 0x4DBF)) {
        other = (dd_fold){.class = DD_SINGLE};
        append(&other, codepoint);
        return &other;
    }
    compute(codepoint, &other);
    return &other;
}
