/* SPDX-License-Identifier: Apache-2.0
 *
 * host.h: the host's table for the plugin's own code, as far as it is used here: options from the command line, and the
 * members of one article in hand.
 */
#ifndef DEDUPE_TOOL_HOST_H
#define DEDUPE_TOOL_HOST_H

#include <copydesk/plugin.h>
#include <jansson.h>

#include "blob.h"

#define TOOL_OPTIONS 64
enum { TOOL_TEXT, TOOL_ID, TOOL_SOURCE, TOOL_LANG, TOOL_FIELDS };

struct cd_stage {
    const char *set[TOOL_OPTIONS]; /* "name=value", borrowed */
    size_t count;
};

/* One article: as it came, with what earlier stages added under "enrichment". */
struct cd_article {
    const json_t *root;        /* an object, borrowed */
    const char *const *fields; /* TOOL_FIELDS JSON Pointers */
    char place[4200];          /* what its id is if it has none: topic/partition/offset */
    char blob[DD_BLOB_MAX];
    size_t blob_length;
    char reason[200];
};

extern const cd_host tool_host;

/* Adds "name=value". 0; -EINVAL if there is no such option, the value is not one of its type, or there are too many: then
 * `why` says so. */
int tool_stage_set(struct cd_stage *stage, const char *text, char *why, size_t why_size);

/* What a JSON Pointer (RFC 6901) names in `root`, or NULL. */
const json_t *tool_lookup(const json_t *root, const char *pointer);

#endif
