/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/caption.c: captions that the evidence of a single line cannot see: the same caption twice, once with its
 * credit and once without. The others are judged by the evidence table, which knows a line's neighbours. See article.h.
 */
#include "article.h"

#include <string.h>

static bool same_words(const cs_article *a, const cs_line *line, const cs_span *caption)
{
    size_t len = caption->end - caption->start, own = line->end - line->start;
    return len == own && len >= 15 && memcmp(a->text + caption->start, a->text + line->start, len) == 0;
}

void cs_captions(cs_article *a)
{
    size_t spans = a->span_count;
    for (size_t s = 0, i = 0; s < spans; s++) {
        if (a->spans[s].kind != CS_CAPTION)
            continue;
        while (i + 1 < a->line_count && a->lines[i].end < a->spans[s].start)
            i++;
        for (size_t k = i > 1 ? i - 2 : 0; k < i + 3 && k < a->line_count; k++) {
            cs_line *line = &a->lines[k];
            if (line->kind == CS_STORY && !(line->flags & (CS_KEEP | CS_CUT)) && same_words(a, line, &a->spans[s]))
                cs_take_rest(a, line, CS_CAPTION, "caption: said again with its credit");
        }
    }
}
