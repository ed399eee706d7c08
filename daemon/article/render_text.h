/* SPDX-License-Identifier: Apache-2.0
 *
 * article/render_text.h: an article's words on somebody's terminal.
 *
 * Article text is hostile: an escape sequence in it could retitle the window or hide what follows. Control characters,
 * line breaks and the marks that change the direction of writing come out as spaces, runs of spaces as one.
 */
#ifndef CD_ARTICLE_RENDER_TEXT_H
#define CD_ARTICLE_RENDER_TEXT_H

#include <copydesk/plugin.h>
#include <stdio.h>

/* Prints at most `limit` characters of `text` on one line, with an ellipsis where it is cut. */
void cd_render_text(FILE *out, cd_str text, size_t limit);

/* Is it one of those that come out as a space? */
int cd_render_is_space(uint32_t codepoint);

#endif
