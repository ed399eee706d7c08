/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/credit.h: a credit's expression: people, agencies and the few words that tie them ("via", "for",
 * "courtesy of", "file"), divided by strokes, commas, bars.
 */
#ifndef CREDIT_STRIP_CREDIT_H
#define CREDIT_STRIP_CREDIT_H

#include "article.h"

#define CS_CREDIT_TOKENS 60 /* longer than that is none */

struct cs_credit {
    size_t people[8], people_end[8], agencies[8], agencies_end[8];
    int person_count, agency_count;
    int known; /* agencies that the tables name */
    int bars;
    bool image;  /* one of them supplies pictures and nothing else */
    bool stroke; /* names stand beside a stroke or "via" */
    bool label;
    bool word;   /* a credit word ("courtesy", "file") */
    bool wire;   /* one of the agencies is a wire, whose bare name is a credit */
    bool social; /* names a network */
    bool alone;  /* words that are a credit by themselves: "courtesy photo" */
    bool comma;
    bool number; /* a number that is no year */
};

/* Reads the longest prefix of tokens [from, to) that is a credit; gives the token behind it, `from` if there is none.
 */
size_t cs_credit_parse(cs_article *a, const cs_line *line, size_t from, size_t to, struct cs_credit *c);

/* Records the house at tokens [first, last]. */
void cs_credit_add_agency(struct cs_credit *c, size_t first, size_t last);

/* Whether it names an agency that the tables know, or somebody behind a label; labelled: a label stands before it. */
bool cs_credit_valid(const struct cs_credit *c, bool labelled);

/* "Ann Lee/The Courier": one full name that the story does not use, and a house that no table knows. */
bool cs_credit_of_unknown_house(cs_article *a, const cs_line *line, const struct cs_credit *c);

/* "Photo" alone is a word like others; "photo by", "Photo:", "©" at tokens [first, last] announce a name. */
bool cs_credit_label_counts(const cs_article *a, size_t first, size_t last, size_t to);

/* Records tokens [from, to) of the line as a span with the credit's names, or what stands beside it. */
void cs_take_credit(cs_article *a, cs_line *line, size_t from, size_t to, int kind, const struct cs_credit *c,
                    const char *rule);

/* credit_head.c: what opens a line: a picture's label with its credit; a credit without one, of a line that has none at
 * its end. */
void cs_label_at_head(cs_article *a, cs_line *line);
void cs_credit_at_head(cs_article *a, cs_line *line);

#endif
