/* SPDX-License-Identifier: Apache-2.0
 *
 * config/compare.c: what a reload cannot change. See config.h. Secrets are compared, never shown. Owns nothing. */
#include "config/keys.h"

#include <string.h>

static const void *field(const cd_key *key, const cd_config *config) { return (const char *)config + key->offset; }

static bool same_strings(const char *a, const char *b) { return strcmp(a, b) == 0; }

static bool same_topics(const cd_config *a, const cd_config *b)
{
    if (a->input.topic_count != b->input.topic_count)
        return false;
    for (size_t i = 0; i < a->input.topic_count; i++)
        if (!same_strings(a->input.topics[i], b->input.topics[i]))
            return false;
    return true;
}

static bool same_routes(const cd_config *a, const cd_config *b)
{
    if (a->output.route_count != b->output.route_count)
        return false;
    for (size_t i = 0; i < a->output.route_count; i++)
        if (!same_strings(a->output.routes[i].name, b->output.routes[i].name) ||
            !same_strings(a->output.routes[i].topic, b->output.routes[i].topic))
            return false;
    return true;
}

static bool same_properties(const cd_kafka_properties *a, const cd_kafka_properties *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_strings(a->list[i].name, b->list[i].name) || !same_strings(a->list[i].value, b->list[i].value))
            return false;
    return true;
}

static bool same(const cd_key *key, const cd_config *a, const cd_config *b)
{
    const void *x = field(key, a), *y = field(key, b);
    switch (key->type) {
    case CD_KEY_BOOLEAN: return *(const bool *)x == *(const bool *)y;
    case CD_KEY_INTEGER: return *(const int64_t *)x == *(const int64_t *)y;
    case CD_KEY_CHOICE: return *(const int *)x == *(const int *)y;
    case CD_KEY_TOPICS: return same_topics(a, b);
    case CD_KEY_ROUTES: return same_routes(a, b);
    case CD_KEY_PROPERTIES: return same_properties(x, y);
    case CD_KEY_STAGES: return true;
    default: return same_strings(*(const char *const *)x, *(const char *const *)y);
    }
}

const char *cd_config_fixed_difference(const cd_config *running, const cd_config *wanted)
{
    for (size_t i = 0; i < cd_key_count; i++)
        if (!(cd_keys[i].flags & CD_KEY_LIVE) && !same(&cd_keys[i], running, wanted))
            return cd_keys[i].path;
    return NULL;
}
