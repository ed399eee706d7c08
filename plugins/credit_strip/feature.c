/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/feature.c: see feature.h.
 */
#include "feature.h"

#include <stdio.h>
#include <string.h>

_Static_assert(CS_F_COUNT <= CS_FORMS, "too many features of form");

static const char *const form_names[] = {
#define X(name, meaning) #name,
    CS_FORM_FEATURES(X)
#undef X
};

static const char *const places[CS_PLACES] = {"has", "start", "label", "end", "whole"};

int cs_feature_named(cs_vocabulary *v, const char *name, size_t len)
{
    for (int i = 0; i < CS_F_COUNT; i++)
        if (strlen(form_names[i]) == len && memcmp(form_names[i], name, len) == 0)
            return i;
    for (int p = 0; p < CS_PLACES; p++) {
        size_t n = strlen(places[p]);
        if (len <= n + 1 || memcmp(name, places[p], n) != 0 || name[n] != ':')
            continue;
        int class = cs_class(v, name + n + 1, len - n - 1);
        return class < 0 ? -1 : cs_feature_of_class(p, class);
    }
    return -1;
}

void cs_feature_name(const cs_vocabulary *v, int feature, char *out, size_t size)
{
    if (feature < CS_FORMS)
        snprintf(out, size, "%s", form_names[feature]);
    else
        snprintf(out, size, "%s:%s", places[(feature - CS_FORMS) / CS_CLASSES],
                 cs_class_name(v, (feature - CS_FORMS) % CS_CLASSES));
}
