/* SPDX-License-Identifier: Apache-2.0
 *
 * line.h: one record as one line of JSON: what `export` writes and `import` reads. Holds all that the store knows of an
 * article, whatever its layout on disk: a release that changes the layout reads the older one's lines. What it cannot
 * bridge is another hash version, since the text is not in it.
 */
#ifndef DEDUPE_TOOL_LINE_H
#define DEDUPE_TOOL_LINE_H

#include <copydesk/json.h>
#include <jansson.h>

#include "record.h"

#define LINE_FORMAT 1

/* Writes the object; the writer is empty before. */
void line_write(cd_json *w, const dd_record *record, int forgotten);

/* Is it such a line? */
int line_is(const json_t *root);

/* Reads one. Strings are borrowed from `root`. record->canonical is left 0: refs are the store's own. 0; -EPROTO for another
 * hash version or format; -EINVAL for what line_write could not have written. */
int line_read(const json_t *root, dd_record *record, int *forgotten);

/* The answer alone, as the annotation `duplicate` has it too: relation, of, cluster, jaccard, containment. 0 or -EINVAL. */
int line_read_answer(const json_t *root, dd_record *record);

#endif
