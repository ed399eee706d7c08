/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/body.c: the story alone.
 *
 * White space: what is left of a line keeps its own white space inside, loses it at both ends, and gets one space where
 * a span was taken out of its middle. Lines of which nothing is left vanish. If the text divides its paragraphs by
 * blank lines, a blank line stands wherever at least one stood (or lines vanished) between two lines that stay, and
 * lines without one between them stay neighbours; if it has no blank line at all, every line is a paragraph. See
 * article.h.
 */
#include "article.h"

#include <string.h>

struct writer {
    const char *text;
    char *out;
    size_t len;
    bool blank_lines; /* the text has some */
    bool paragraph;   /* a new paragraph begins with the next piece */
    bool line;        /* a new line does */
    bool seam;        /* a span stood before the next piece, in its line */
};

static void piece(struct writer *w, size_t start, size_t end)
{
    size_t from = start, to = end;
    cs_trim(w->text, &from, &to);
    if (from == to)
        return;
    if (w->len > 0) {
        if (w->paragraph) {
            memcpy(w->out + w->len, "\n\n", 2);
            w->len += 2;
        } else if (w->line) {
            w->out[w->len++] = '\n';
        } else if (w->seam) {
            w->out[w->len++] = ' ';
        }
    }
    memcpy(w->out + w->len, w->text + from, to - from);
    w->len += to - from;
    w->paragraph = w->line = w->seam = false;
}

/* One line of the text, without what the cuts (ordered, from *cut on) cover. */
static void write_line(struct writer *w, const cs_article *a, size_t start, size_t end, size_t *cut)
{
    size_t at = start;
    while (at < end) {
        while (*cut < a->span_count && a->spans[*cut].end <= at)
            ++*cut;
        size_t stop = end, next = end;
        if (*cut < a->span_count && a->spans[*cut].start < end) {
            stop = a->spans[*cut].start;
            next = a->spans[*cut].end;
        }
        if (a->has_headline && a->headline_start >= at && a->headline_start < stop) {
            stop = a->headline_start;
            next = a->headline_end;
        }
        piece(w, at, stop);
        w->seam = true;
        at = next;
    }
}

static bool has_blank_line(const char *text, size_t len)
{
    bool any = false;
    for (size_t at = 0; at < len;) {
        const char *newline = memchr(text + at, '\n', len - at);
        size_t end = newline ? (size_t)(newline - text) : len, start = at;
        at = end + 1;
        cs_trim(text, &start, &end);
        if (start == end && any && at < len)
            return true;
        any |= start < end;
    }
    return false;
}

size_t cs_body(const cs_article *a, char *out)
{
    struct writer w = {.text = a->text, .out = out};
    w.blank_lines = has_blank_line(a->text, a->len);
    size_t cut = 0;
    for (size_t at = 0; at < a->len;) {
        const char *newline = memchr(a->text + at, '\n', a->len - at);
        size_t end = newline ? (size_t)(newline - a->text) : a->len, start = at;
        at = end + 1;
        size_t before = w.len, from = start, to = end;
        cs_trim(a->text, &from, &to);
        w.line = true;
        w.seam = false;
        w.paragraph |= from == to || !w.blank_lines;
        write_line(&w, a, start, end, &cut);
        w.paragraph |= from < to && w.len == before; /* it vanished */
    }
    return w.len;
}
