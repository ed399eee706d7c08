/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/kind.c: see kind.h.
 */
#include "kind.h"

#include <string.h>

static const char *const names[CS_KINDS] = {
    "story",
    "promo",
    "caption",
    "photo_credit",
    "byline",
    "dateline",
    "agency",
    "syndication_notice",
    "copyright",
    "editor_note",
    "correction",
    "author_bio",
    "contact",
    "related_link",
    "share",
    "ad",
    "other_boilerplate",
    "headline",
};

const char *cs_kind_name(int kind) { return names[kind]; }

int cs_kind_of(const char *name, size_t len)
{
    for (int k = CS_PROMO; k < CS_HEADLINE; k++)
        if (strlen(names[k]) == len && memcmp(names[k], name, len) == 0)
            return k;
    return -1;
}
