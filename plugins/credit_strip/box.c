/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/box.c: a box about somebody that was pasted behind the name in a sentence: "Mayor Tarrow Inez Maria
 * TarrowCouncil closes the fish market Harbor board resigns MORE said on Tuesday". See article.h.
 *
 * The page shows a person's full name and headlines when the name is pointed at; without markup they are words of the
 * sentence. What gives them away is the full name, which ends in the name before it and runs into the first headline
 * without a blank, and the button at the box's end. All three must be there.
 */
#include "article.h"

#include <string.h>

#define BOX_TOKENS 120
#define NAME_TOKENS 10

static bool small(char c) { return c >= 'a' && c <= 'z'; }
static bool large(char c) { return c >= 'A' && c <= 'Z'; }

/* The token before `glued` that is its head up to a capital inside: "Tarrow" of "TarrowCouncil". SIZE_MAX: none. What
 * lies between are words of a name. */
static size_t name_before(const cs_article *a, const cs_line *line, size_t glued)
{
    const cs_token *g = &a->tokens[glued];
    for (size_t i = glued; i > line->from && glued - i < NAME_TOKENS; i--) {
        const cs_token *t = &a->tokens[i - 1];
        size_t len = t->end - t->start - (t->flags & CS_POSSESSIVE ? 2 : 0);
        if (t->kind == CS_WORD && i < glued && len < g->end - g->start && small(a->text[g->start + len - 1]) &&
            large(a->text[g->start + len]) && memcmp(a->text + t->start, a->text + g->start, len) == 0)
            return i - 1;
        if (t->kind == CS_WORD ? !(t->flags & CS_CAPITAL) : t->kind != CS_MARK || strchr("().'\"-", t->value) == NULL)
            return SIZE_MAX;
    }
    return SIZE_MAX;
}

static void take_box(cs_article *a, cs_line *line, size_t from, size_t button)
{
    cs_span *span = cs_take(a, line, from, button + 1, CS_RELATED_LINK, "related_link: box behind a name");
    if (a->tokens[button].flags & CS_POSSESSIVE && span->end > 0) /* the sentence goes on with 's */
        span->end -= a->text[span->end - 2] == '\'' ? 2 : 4;
}

void cs_boxes(cs_article *a, cs_line *line)
{
    if (!cs_has_class(line, a->known.box_end) || line->flags & CS_LONG)
        return;
    for (size_t button = line->from, behind = line->from; button < line->to; button++) {
        if (!(a->tokens[button].flags & CS_CAPITALS) || !cs_is_word_of(a, button, a->known.box_end))
            continue;
        for (size_t glued = button; glued > behind && button - glued < BOX_TOKENS; glued--) {
            size_t name = a->tokens[glued - 1].kind == CS_WORD ? name_before(a, line, glued - 1) : SIZE_MAX;
            if (name == SIZE_MAX)
                continue;
            take_box(a, line, name + 1, button);
            break;
        }
        behind = button + 1;
    }
}
