/* SPDX-License-Identifier: Apache-2.0
 *
 * decide.h: from a likeness to a relation. Pure: the thresholds stand in decide.c and nowhere else.
 */
#ifndef DEDUPE_DECIDE_H
#define DEDUPE_DECIDE_H

#include "compare.h"

/* How an article stands to an earlier one. The numbers are stored. */
enum dd_relation {
    DD_NONE = 0,
    DD_EXACT = 1,     /* the same words in the same order */
    DD_NEAR = 2,      /* the same text with small edits */
    DD_CONTAINS = 3,  /* the earlier article's text is in this one, which has more */
    DD_CONTAINED = 4, /* this one's text is in the earlier one */
    DD_RELATED = 5,   /* passages in common, too few to call it a copy */
    DD_TEMPLATE = 6,  /* the same wording about other facts: the numbers differ */
    DD_UNKNOWN = 7,   /* nothing to compare */
    DD_RELATIONS = 8
};

typedef struct dd_verdict {
    int relation; /* enum dd_relation */
    int sure;     /* holds under the strict thresholds too: fit for dropping */
} dd_verdict;

/* Texts of fewer tokens are compared exactly and no other way: short notices are alike by their form. */
#define DD_TOKENS_MIN 40

/* Where both texts have fewer, much of what they share is their form, too. */
#define DD_TOKENS_SHORT 80

/* How much must agree. DD_STRICT: what is sure, and nothing else, counts as near, contains or contained. */
enum dd_level { DD_NORMAL, DD_OCR, DD_STRICT };

typedef struct dd_thresholds {
    double jaccard;          /* near, from here up */
    double jaccard_agreeing; /* near too, if the figures agree */
    double containment;      /* contains or contained */
    double numbers;          /* template, if a smaller share of the figures agrees */
} dd_thresholds;

const dd_thresholds *dd_thresholds_of(enum dd_level level);

/* What is asked of these two: more where both are short. */
dd_thresholds dd_thresholds_for(enum dd_level level, uint32_t first_tokens, uint32_t second_tokens);

/* `first` is the new article. */
dd_verdict dd_decide(const dd_print *first, const dd_print *second, const dd_likeness *likeness, enum dd_level level);

/* Does it make the new article a member of the other's cluster? */
int dd_relation_joins(int relation);

/* "none", "exact" …; "unknown" for a number that is none. */
const char *dd_relation_name(int relation);

#endif
