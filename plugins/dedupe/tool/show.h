/* SPDX-License-Identifier: Apache-2.0
 *
 * show.h: records for people and as JSON. What comes from articles is printed without its control characters.
 */
#ifndef DEDUPE_TOOL_SHOW_H
#define DEDUPE_TOOL_SHOW_H

#include <copydesk/json.h>
#include <stdio.h>

#include "record.h"

/* "2026-11-20 10:11:12Z" of milliseconds since 1970; "never" for -1. In a static buffer, one of four. */
const char *show_time(int64_t clock);

/* "id (topic/partition/offset)" */
void show_who(FILE *out, cd_str id, const dd_owner *owner);

/* "near of … (…), jaccard .931, containment .978, cluster …": what was answered. */
void show_answer(FILE *out, const dd_record *record);

/* "id": …, "topic": …, "partition": …, "offset": … into an open object. */
void show_json_who(cd_json *w, cd_str id, const dd_owner *owner);

/* "relation" to "containment", as the annotation has them, into an open object. */
void show_json_answer(cd_json *w, const dd_record *record);

/* Writes the text and a new line to standard output; 0, or 1 without memory. The writer is reset. */
int show_json_line(cd_json *w);

#endif
