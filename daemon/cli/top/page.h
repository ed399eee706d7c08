/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/page.h: lines of text of a certain width, as they will stand on a terminal.
 *
 * Widths are columns: a Chinese character has two, an accent none. Nothing that comes from outside can move the cursor: control
 * characters, broken UTF-8 and marks that change the direction of writing come out as '?'. What is too long ends in '…'. */
#ifndef COPYDESK_CLI_TOP_PAGE_H
#define COPYDESK_CLI_TOP_PAGE_H

#include "base/buffer.h"

#include <copydesk/plugin.h>

typedef enum cd_page_style { CD_PAGE_PLAIN = ' ', CD_PAGE_BOLD = 'b', CD_PAGE_HEADS = 'h', CD_PAGE_ALARM = '!' } cd_page_style;

/* Starts as {0}. */
typedef struct cd_page {
    size_t width, lines, fixed; /* the first `fixed` lines stay where they are when the others scroll */
    size_t start, column;       /* of the line under way: where its text begins, how far it has come */
    cd_buffer text;             /* each line: its style as one byte, the text, a NUL */
} cd_page;

void cd_page_begin(cd_page *page, size_t width);
void cd_page_fini(cd_page *page);

/* A line: its parts come from left to right, then the end. What goes beyond the width is cut off, and so are spaces at the end. */
void cd_page_line(cd_page *page, cd_page_style style);
void cd_page_end(cd_page *page);
void cd_page_text(cd_page *page, cd_str text);
void cd_page_printf(cd_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same in a column of exactly `width`: text to the left, quantities to the right. */
void cd_page_left(cd_page *page, size_t width, cd_str text);
void cd_page_right(cd_page *page, size_t width, const char *text);

/* How many columns the text takes. */
size_t cd_page_width_of(cd_str text);

/* The first line, or the one behind `line`; NULL at the end. line[0] is the style, the text stands behind it. */
const char *cd_page_next(const cd_page *page, const char *line);

#endif
