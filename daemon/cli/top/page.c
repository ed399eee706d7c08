/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/page.c: see page.h. wcwidth(3) knows the widths of the locale's characters, and the command sees to it that they are
 * UTF-8's; of what it does not know it takes one column. */
#include "cli/top/page.h"

#include "article/render_text.h"
#include "base/utf8.h"

#include <wchar.h>

typedef struct glyph {
    const char *bytes;
    size_t length, taken, columns; /* bytes to print, and of the text */
} glyph;

/* The character at text[at]. */
static glyph glyph_at(cd_str text, size_t at)
{
    uint32_t c;
    size_t step = cd_utf8_decode(text.ptr + at, text.len - at, &c);
    if (step == 0 || (c != ' ' && cd_render_is_space(c)))
        return (glyph){"?", 1, step ? step : 1, 1};
    int columns = wcwidth((wchar_t)c);
    return (glyph){text.ptr + at, step, step, columns < 0 ? 1 : (size_t)columns};
}

size_t cd_page_width_of(cd_str text)
{
    size_t columns = 0;
    for (size_t at = 0; at < text.len;) {
        glyph one = glyph_at(text, at);
        at += one.taken;
        columns += one.columns;
    }
    return columns;
}

/* Appends what fits into `width` columns, the last of them a '…' if not all of it does. Gives the columns. */
static size_t append(cd_page *page, size_t width, cd_str text)
{
    size_t columns = 0;
    bool fits = cd_page_width_of(text) <= width;
    for (size_t at = 0; at < text.len;) {
        glyph one = glyph_at(text, at);
        if (columns + one.columns + !fits > width)
            break;
        cd_buffer_append(&page->text, one.bytes, one.length);
        at += one.taken;
        columns += one.columns;
    }
    if (!fits && width > 0) {
        cd_buffer_append_string(&page->text, "…");
        columns++;
    }
    page->column += columns;
    return columns;
}

static size_t room(const cd_page *page) { return page->width - page->column; }

static void spaces(cd_page *page, size_t count)
{
    for (; count > 0 && page->column < page->width; count--, page->column++)
        cd_buffer_append_byte(&page->text, ' ');
}

void cd_page_begin(cd_page *page, size_t width)
{
    cd_buffer_reset(&page->text);
    page->width = width;
    page->lines = page->fixed = 0;
}

void cd_page_fini(cd_page *page) { cd_buffer_fini(&page->text); }

void cd_page_line(cd_page *page, cd_page_style style)
{
    page->column = 0;
    page->lines++;
    cd_buffer_append_byte(&page->text, (char)style);
    page->start = page->text.len;
}

void cd_page_end(cd_page *page)
{
    while (page->text.len > page->start && page->text.data[page->text.len - 1] == ' ')
        page->text.len--;
    cd_buffer_append_byte(&page->text, '\0');
}

void cd_page_text(cd_page *page, cd_str text) { append(page, room(page), text); }

void cd_page_printf(cd_page *page, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cd_page_text(page, (cd_str){text, strlen(text)});
}

void cd_page_left(cd_page *page, size_t width, cd_str text)
{
    width = width < room(page) ? width : room(page);
    spaces(page, width - append(page, width, text));
}

/* A quantity that is cut would be another quantity: where there is no room for it, there is none. */
void cd_page_right(cd_page *page, size_t width, const char *text)
{
    cd_str all = {text, strlen(text)};
    size_t columns = cd_page_width_of(all);
    if (width > room(page)) {
        spaces(page, room(page));
        return;
    }
    spaces(page, width > columns ? width - columns : 0);
    append(page, width, all);
}

const char *cd_page_next(const cd_page *page, const char *line)
{
    const char *next = line ? line + strlen(line) + 1 : page->text.data;
    return !page->text.failed && page->text.len > 0 && next < page->text.data + page->text.len ? next : NULL;
}
