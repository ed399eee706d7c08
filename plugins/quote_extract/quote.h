/* SPDX-License-Identifier: Apache-2.0
 *
 * quote.h: one quotation as the modules hand it on.
 *
 * `marks` makes it (where it is), `cue` and `carry` add who and how, `speech` says whether it is speech at all,
 * `pronoun` names the speaker, `write` prints it. A quotation over several paragraphs is a chain of pieces, one a
 * paragraph.
 */
#ifndef QE_QUOTE_H
#define QE_QUOTE_H

#include "token.h"

#define QE_NONE UINT32_MAX

/* What a source phrase is. */
enum qe_source_kind { QE_SOURCE_NONE, QE_SOURCE_NAME, QE_SOURCE_PRONOUN, QE_SOURCE_THING };

/* A source as found in the clause: indexes of flat tokens, end exclusive. */
typedef struct qe_source {
    uint32_t first, end;           /* the whole phrase */
    uint32_t name_first, name_end; /* the name in it; empty if there is none */
    uint32_t role_first, role_end; /* the description beside the name; empty if there is none */
    uint32_t relative;             /* the relative pronoun that stands for it (who), or 0 */
    uint8_t kind;                  /* qe_source_kind */
} qe_source;

/* How the source was found; the order is that of trust, used for confidence. */
enum qe_method {
    QE_UNATTRIBUTED,
    QE_BY_CUE_RIGHT, /* “…,” said Kane / Kane said */
    QE_BY_CUE_LEFT,  /* Kane said, “…” */
    QE_BY_COLON,     /* Kane was blunt: “…” */
    QE_BY_ACCORDING, /* according to Kane */
    QE_BY_CUE_FAR,   /* Kane said the offer was “an insult” */
    QE_BY_SPLIT,     /* second half of a quote that its attribution divides */
    QE_BY_CHAIN,     /* “cheap”, “late” and “badly built” */
    QE_BY_SENTENCE,  /* carried from the sentence before or behind */
    QE_BY_SUBJECT,   /* the subject of the sentence before */
    QE_BY_PARAGRAPH, /* carried over paragraphs */
    QE_BY_DIALOGUE,  /* a turn in a dialogue */
    QE_BY_LABEL,     /* KANE: … */
    QE_BY_PREDICATE, /* “…” was Kane's answer */
};

/* Flags of a quote. */
#define QE_SINGLE_STYLE 1u     /* in single marks */
#define QE_UNCLOSED 2u         /* its end was inferred */
#define QE_UNOPENED 4u         /* its start was inferred */
#define QE_CONTINUES 8u        /* the next paragraph goes on with it */
#define QE_CONTINUED 16u       /* goes on from the paragraph before */
#define QE_SPEECH 32u          /* is speech; else it is not reported */
#define QE_DIALOGUE_STYLE 64u  /* dash dialogue, interview or transcript: no marks */
#define QE_SENTENCE 128u       /* reads as a sentence: starts with a capital, ends with a stop, or is long */
#define QE_DIRECT 256u         /* kind direct, else mixed */
#define QE_CLOSED_BY_STOP 512u /* the last sign inside or right behind is . ! ? … */
#define QE_INNER_UPPER 1024u   /* starts with a capital or a figure */
#define QE_TITLED 2048u        /* Every Longer Word Has a Capital */
#define QE_JOINED 4096u        /* is the second half of the quote before */

typedef struct qe_quote {
    uint32_t start, end;  /* bytes, marks included */
    uint32_t first, last; /* tokens, `last` exclusive, marks included */
    uint32_t next;        /* the quote's next piece, or QE_NONE */
    uint32_t flat;        /* its index among the flat tokens, or QE_NONE */
    uint32_t flags;
    uint32_t words;              /* words inside */
    uint32_t closing;            /* the last sign inside: '.', ',', '?', … or 0 */
    uint32_t cue_first, cue_end; /* flat tokens; empty if none */
    qe_source source;
    qe_source referent; /* the description a pronoun stands for, where it stands for nobody with a name */
    uint32_t incise;    /* flat token of a cue that stands inside the marks, or QE_NONE */
    uint32_t label;     /* tokens of the speaker's label before it, 0 if none */
    uint32_t entity;    /* who it resolves to, or QE_NONE */
    uint8_t method;
    uint8_t resolved; /* index into the names of `resolved_by` */
    uint8_t strength; /* 0 to 100: how much the rule that attributed it is to be trusted */
    uint8_t rival;    /* the same of what the other side offered, another source; 0: nothing */
    uint8_t margin;   /* how far a pronoun's bearer scores above the next; 255: there is no other */
} qe_quote;

typedef QE_VECTOR(qe_quote) qe_quotes;

#define QE_MOST_QUOTES 200000u /* pieces of one article; further marks pair with nothing */

#endif
