/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/kind.h: the kinds of residue, as they stand in the output and in the evidence table.
 */
#ifndef CREDIT_STRIP_KIND_H
#define CREDIT_STRIP_KIND_H

#include <stddef.h>

/* The kinds of spans, once for the enum, the names and the options' choices: symbol, name. */
#define CS_SPAN_KINDS(X)                                                                                               \
    X(PROMO, "promo")                                                                                                  \
    X(CAPTION, "caption")                                                                                              \
    X(PHOTO_CREDIT, "photo_credit")                                                                                    \
    X(BYLINE, "byline")                                                                                                \
    X(DATELINE, "dateline")                                                                                            \
    X(AGENCY, "agency")                                                                                                \
    X(SYNDICATION_NOTICE, "syndication_notice")                                                                        \
    X(COPYRIGHT, "copyright")                                                                                          \
    X(EDITOR_NOTE, "editor_note")                                                                                      \
    X(CORRECTION, "correction")                                                                                        \
    X(AUTHOR_BIO, "author_bio")                                                                                        \
    X(CONTACT, "contact")                                                                                              \
    X(RELATED_LINK, "related_link")                                                                                    \
    X(SHARE, "share")                                                                                                  \
    X(AD, "ad")                                                                                                        \
    X(OTHER_BOILERPLATE, "other_boilerplate")

enum cs_kind {
    CS_STORY = 0,
#define X(symbol, name) CS_##symbol,
    CS_SPAN_KINDS(X)
#undef X
        CS_HEADLINE, /* not a span: the headline's line */
    CS_KINDS
};

/* The names of the kinds of spans, in the order of the enum, with a NULL behind the last. */
extern const char *const cs_kind_names[];

/* The name of a kind of span. */
const char *cs_kind_name(int kind);

/* The kind of that name, -1 if there is none. CS_STORY and CS_HEADLINE are none. */
int cs_kind_of(const char *name, size_t len);

#endif
