/* SPDX-License-Identifier: Apache-2.0
 *
 * article/render.h: an enriched article as people read it in a terminal, for `copydesk demo` and `copydesk explain`.
 *
 * Headline, source and date; language; what was removed, by kind; the quotes with their speakers; whether it is a
 * duplicate. Members of stages that did not run are left out; members of stages that this file does not know come as
 * compact JSON. Control characters of the article never reach the terminal. Not for the hot path: parses with jansson.
 */
#ifndef CD_ARTICLE_RENDER_H
#define CD_ARTICLE_RENDER_H

#include <copydesk/plugin.h>
#include <stdio.h>

/* `colour`: 0 plain, else ANSI sequences. 0; -EINVAL if `enriched` is no JSON object; -EIO if writing failed; -ENOMEM.
 */
int cd_article_render(FILE *out, cd_str enriched, int colour);

#endif
