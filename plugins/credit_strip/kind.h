/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/kind.h: the kinds of residue, as they stand in the output and in the evidence table.
 */
#ifndef CREDIT_STRIP_KIND_H
#define CREDIT_STRIP_KIND_H

#include <stddef.h>

enum cs_kind {
    CS_STORY = 0,
    CS_PROMO,
    CS_CAPTION,
    CS_PHOTO_CREDIT,
    CS_BYLINE,
    CS_DATELINE,
    CS_AGENCY,
    CS_SYNDICATION_NOTICE,
    CS_COPYRIGHT,
    CS_EDITOR_NOTE,
    CS_CORRECTION,
    CS_AUTHOR_BIO,
    CS_CONTACT,
    CS_RELATED_LINK,
    CS_SHARE,
    CS_AD,
    CS_OTHER_BOILERPLATE,
    CS_HEADLINE, /* not a span: the headline's line */
    CS_KINDS
};

const char *cs_kind_name(int kind);

/* The kind of that name, -1 if there is none. CS_STORY and CS_HEADLINE are none. */
int cs_kind_of(const char *name, size_t len);

#endif
