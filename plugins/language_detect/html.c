/* SPDX-License-Identifier: Apache-2.0
 *
 * HTML remains. The text is scanned once, from '<' to '<'. Whatever is looked for ahead (the end of a tag, of a
 * comment, of a script) is remembered with its place, or as missing up to the end of the text, so nothing is searched
 * twice.
 */
#include "html.h"

#include <string.h>
#include <strings.h>

#define NAME_MAX_BYTES 10
#define CLAIM_BYTES 8192

/* What ends the parts that are skipped: where it stands next, and whether there is none in what is left of the text. */
enum { END_TAG, END_COMMENT, END_SCRIPT, END_STYLE, ENDS };
typedef struct scan {
    const char *at, *end;
    const char *found[ENDS];
    bool missing[ENDS];
} scan;

static const char *const ends[ENDS] = {">", "-->", "</script", "</style"};

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* Length of the element name at `at`, 0 if there is none or it is too long for one of HTML's. */
static size_t name_length(const char *at, const char *end)
{
    size_t len = 0;
    if (at == end || !is_letter(*at))
        return 0;
    while (at + len < end && (is_letter(at[len]) || (at[len] >= '1' && at[len] <= '6')))
        if (++len > NAME_MAX_BYTES)
            return 0;
    return len;
}

static bool is_element(const char *name, size_t len)
{
    static const char *const names[] = {
        "a",      "abbr",   "article", "aside",    "b",      "blockquote", "body",   "br",     "button",  "center",
        "cite",   "code",   "dd",      "div",      "dl",     "dt",         "em",     "embed",  "figure",  "figcaption",
        "font",   "footer", "form",    "h1",       "h2",     "h3",         "h4",     "h5",     "h6",      "head",
        "header", "hr",     "html",    "i",        "iframe", "img",        "input",  "label",  "li",      "link",
        "main",   "meta",   "nav",     "noscript", "object", "ol",         "option", "p",      "picture", "pre",
        "q",      "script", "section", "select",   "small",  "source",     "span",   "strong", "style",   "sub",
        "sup",    "svg",    "table",   "tbody",    "td",     "th",         "thead",  "time",   "title",   "tr",
        "u",      "ul",     "video"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
            return true;
    return false;
}

/* A tag starts at '<': a name of HTML's behind it, then what may follow a name. */
static bool starts_element(const char *at, const char *end)
{
    const char *name = at + 1;
    if (name < end && *name == '/')
        name++;
    size_t len = name_length(name, end);
    if (len == 0 || !is_element(name, len) || name + len == end)
        return false;
    return memchr(" \t\r\n>/", name[len], 6) != NULL;
}

bool ld_html_found(cd_str text)
{
    const char *end = text.ptr + text.len;
    const char *at = memchr(text.ptr, '<', text.len);
    for (; at; at = memchr(at + 1, '<', (size_t)(end - at - 1)))
        if (starts_element(at, end) || (end - at >= 4 && memcmp(at, "<!--", 4) == 0))
            return true;
    return false;
}

/* The next place of ends[which] from `from` on, without regard to case; NULL if there is none. */
static const char *find_end(scan *s, const char *from, int which)
{
    size_t len = strlen(ends[which]);
    if (s->found[which] && s->found[which] >= from)
        return s->found[which];
    while (!s->missing[which] && from < s->end) {
        from = memchr(from, ends[which][0], (size_t)(s->end - from));
        if (from == NULL || (size_t)(s->end - from) < len)
            break;
        if (strncasecmp(from, ends[which], len) == 0)
            return s->found[which] = from;
        from++;
    }
    s->missing[which] = true;
    return NULL;
}

/* Behind the tag that starts at '<': its '>', or the next '<' if that comes first. */
static const char *skip_tag(scan *s, const char *at)
{
    const char *close = find_end(s, at, END_TAG);
    if (close == NULL)
        return at + 1;
    const char *open = memchr(at + 1, '<', (size_t)(close - at - 1));
    return open ? open : close + 1;
}

static bool named(const scan *s, const char *at, const char *name)
{
    size_t len = strlen(name);
    return (size_t)(s->end - at) > len && strncasecmp(at, name, len) == 0 && !is_letter(at[len]);
}

/* Behind the mark-up that starts at s->at, a '<'; s->at itself if it starts none. */
static const char *skip_markup(scan *s)
{
    const char *at = s->at, *next = at + 1;
    if (next == s->end || !(is_letter(*next) || *next == '/' || *next == '!' || *next == '?'))
        return at;
    const char *close = NULL;
    if (s->end - at >= 4 && memcmp(at, "<!--", 4) == 0)
        close = find_end(s, at + 4, END_COMMENT);
    if (close)
        return close + 3;
    if (named(s, next, "script"))
        close = find_end(s, next, END_SCRIPT);
    else if (named(s, next, "style"))
        close = find_end(s, next, END_STYLE);
    return skip_tag(s, close ? close : at);
}

size_t ld_html_strip(cd_str text, char *out)
{
    scan s = {.at = text.ptr, .end = text.ptr + text.len};
    size_t len = 0;
    while (s.at < s.end) {
        const char *open = memchr(s.at, '<', (size_t)(s.end - s.at));
        size_t plain = (size_t)((open ? open : s.end) - s.at);
        memcpy(out + len, s.at, plain);
        len += plain;
        s.at += plain;
        if (open == NULL)
            break;
        const char *behind = skip_markup(&s);
        out[len++] = ' '; /* at least '<' is left out for it */
        s.at = behind == open ? open + 1 : behind;
    }
    return len;
}

/* The value at `at`, behind "lang=": letters, digits and hyphens, in quotes or without. */
static cd_str claim_value(const char *at, const char *end)
{
    if (at < end && (*at == '"' || *at == '\''))
        at++;
    const char *start = at;
    while (at < end && at - start < 35 && (is_letter(*at) || (*at >= '0' && *at <= '9') || *at == '-'))
        at++;
    return at > start ? (cd_str){start, (size_t)(at - start)} : (cd_str){NULL, 0};
}

cd_str ld_html_lang(cd_str text)
{
    const char *end = text.ptr + (text.len < CLAIM_BYTES ? text.len : CLAIM_BYTES);
    scan s = {.at = text.ptr, .end = end};
    while (s.at < end && (s.at = memchr(s.at, '<', (size_t)(end - s.at))) != NULL) {
        if (!named(&s, s.at + 1, "html")) {
            s.at++;
            continue;
        }
        const char *close = memchr(s.at, '>', (size_t)(end - s.at));
        for (const char *at = s.at; close && at + 5 < close; at++)
            if (strncasecmp(at, "lang=", 5) == 0 && memchr(" \t\r\n:", at[-1], 5))
                return claim_value(at + 5, close);
        break;
    }
    return (cd_str){NULL, 0};
}
