/* SPDX-License-Identifier: Apache-2.0
 *
 * token.h: the text as words, punctuation, quotation marks and line breaks.
 *
 * Positions are bytes of the article's text. Tokens come in text order and never overlap; white space makes none, a run
 * of line breaks makes one.
 */
#ifndef QE_TOKEN_H
#define QE_TOKEN_H

#include "lexicon.h"
#include "vector.h"

#include <copydesk/plugin.h>

enum qe_kind { QE_BREAK, QE_WORD, QE_NUMBER, QE_PUNCT, QE_MARK, QE_QUOTE };

/* The glyph of a mark, whatever it does where it stands. Damaged and escaped forms are told by what they were. */
enum qe_glyph {
    QE_STRAIGHT = 1, /* " and '' and `` and &quot; */
    QE_LEFT,         /* “ */
    QE_RIGHT,        /* ” */
    QE_LOW,          /* „ */
    QE_GUIL_LEFT,    /* « */
    QE_GUIL_RIGHT,   /* » */
    QE_CORNER_OPEN,  /* 「 『 */
    QE_CORNER_CLOSE,
    QE_SINGLES,                 /* from here on: single marks */
    QE_APOSTROPHE = QE_SINGLES, /* ' */
    QE_SINGLE_LEFT,             /* ‘ and ` */
    QE_SINGLE_RIGHT,            /* ’ */
    QE_SINGLE_LOW,              /* ‚ */
    QE_ANGLE_LEFT,              /* ‹ */
    QE_ANGLE_RIGHT,             /* › */
};

/* Punctuation by code: ASCII stands for itself; these for what has many forms. */
#define QE_DASH 1u     /* – — -- and a spaced hyphen */
#define QE_ELLIPSIS 2u /* … and ... */
#define QE_BULLET 3u
#define QE_OTHER 4u

/* Flags. */
#define QE_CAPITAL 1u    /* starts with a capital */
#define QE_UPPER 2u      /* capitals only, two letters or more */
#define QE_OWNER 4u      /* ends in 's; hash and bits are those of the word without it */
#define QE_INITIAL 8u    /* a single capital with a dot, or several (J. D., U.S.) */
#define QE_OPENISH 16u   /* mark: what stands before lets a quote open here */
#define QE_CLOSISH 32u   /* mark: what stands behind lets a quote close here */
#define QE_SPACED 64u    /* white space, a break or nothing before */
#define QE_MASKED 128u   /* in a stretch that is no story text */
#define QE_HANDLE 256u   /* @name */
#define QE_DOTTED 512u   /* an abbreviation with its dot */
#define QE_FOREIGN 1024u /* starts with a letter of a script without capitals */
#define QE_ENDS_S 2048u  /* its last letter is an s: an apostrophe behind may be a plural owner's */

typedef struct qe_token {
    uint32_t start, end;
    uint64_t hash; /* of the lower-cased word */
    uint64_t bits; /* QE_CUE …; 0 for what is no word */
    uint32_t code; /* mark: qe_glyph; punctuation: its code; quote: the quote's index; a flat word that is the pronoun
                    * of a quote's source: that index and 1 */
    uint16_t flags;
    uint8_t kind;
    uint8_t reserved;
} qe_token;

typedef QE_VECTOR(qe_token) qe_tokens;

/* Byte range. */
typedef struct qe_range {
    uint32_t start, end;
} qe_range;

/* An article of 10 MB of prose has some 2 million tokens; what is behind the last is not read. */
#define QE_MOST_TOKENS 2000000u

/* Cuts `text` into tokens. Words are looked up in `lexicon`. `masks` are sorted and disjoint: what lies in them is
 * flagged QE_MASKED. 0, or -ENOMEM. Linear in the text. */
int qe_tokenize(cd_str text, const qe_lexicon *lexicon, const qe_range *masks, size_t mask_count, qe_tokens *out);

/* Ends a sentence, by itself. */
static inline int qe_stops(const qe_token *token)
{
    return token->kind == QE_PUNCT &&
           (token->code == '.' || token->code == '!' || token->code == '?' || token->code == QE_ELLIPSIS);
}

static inline int qe_is_punct(const qe_token *token, uint32_t code)
{
    return token->kind == QE_PUNCT && token->code == code;
}

#endif
