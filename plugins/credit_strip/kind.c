/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/kind.c: see kind.h.
 */
#include "kind.h"

#include <string.h>

const char *const cs_kind_names[] = {
#define X(symbol, name) name,
    CS_SPAN_KINDS(X)
#undef X
        NULL,
};

const char *cs_kind_name(int kind) { return cs_kind_names[kind - CS_PROMO]; }

int cs_kind_of(const char *name, size_t len)
{
    for (int k = CS_PROMO; k < CS_HEADLINE; k++)
        if (strlen(cs_kind_name(k)) == len && memcmp(cs_kind_name(k), name, len) == 0)
            return k;
    return -1;
}
