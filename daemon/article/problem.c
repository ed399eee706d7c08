/* SPDX-License-Identifier: Apache-2.0
 *
 * article/problem.c: reasons, and the slow second look at a text that the scanner refused without saying where.
 */
#include "article/problem.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int cd_problem_set(cd_problem *problem, int64_t byte, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(problem->reason, sizeof(problem->reason), format, args);
    va_end(args);
    if (len >= (int)sizeof(problem->reason)) { /* the cut may have split a character */
        cd_str kept = {problem->reason, sizeof(problem->reason) - 1};
        problem->reason[cd_utf8_first_invalid(kept)] = '\0';
    }
    problem->byte = byte;
    return -EBADMSG;
}

cd_excerpt cd_excerpt_of(cd_str bytes)
{
    cd_excerpt excerpt;
    size_t len = 0, at = 0;
    while (at < bytes.len && len < 40) {
        uint32_t codepoint;
        size_t step = cd_utf8_decode(bytes.ptr + at, bytes.len - at, &codepoint);
        if (step == 0) {
            len += (size_t)snprintf(excerpt.text + len, 16, "<%02X>", (unsigned char)bytes.ptr[at++]);
        } else if (codepoint < 0x20 || (codepoint >= 0x7F && codepoint < 0xA0) || codepoint == 0x2028 ||
                   codepoint == 0x2029) {
            len += (size_t)snprintf(excerpt.text + len, 16, "<U+%04X>", codepoint);
            at += step;
        } else {
            memcpy(excerpt.text + len, bytes.ptr + at, step);
            len += step;
            at += step;
        }
    }
    if (at < bytes.len) {
        memcpy(excerpt.text + len, "…", strlen("…"));
        len += strlen("…");
    }
    excerpt.text[len] = '\0';
    return excerpt;
}

int cd_problem_of_utf8(cd_problem *problem, cd_str text)
{
    size_t at = cd_utf8_first_invalid(text);
    if (at == text.len)
        return 0;
    unsigned char first = (unsigned char)text.ptr[at];
    unsigned char second = at + 1 < text.len ? (unsigned char)text.ptr[at + 1] : 0;
    if (at == 0 && ((first == 0xFF && second == 0xFE) || (first == 0xFE && second == 0xFF)))
        return cd_problem_set(problem, 0,
                              "invalid UTF-8: begins with a UTF-16 byte order mark (input.charset names other "
                              "charsets)");
    return cd_problem_set(problem, (int64_t)at, "invalid UTF-8: byte 0x%02X", first);
}

/* Looks for what the scanner minds besides UTF-8: a control character in a string, a string without an end, a backslash
 * outside strings (which may hide a quote from it), nothing at all. */
int cd_problem_of_scan(cd_problem *problem, cd_str text)
{
    if (cd_problem_of_utf8(problem, text) != 0)
        return -EBADMSG;
    if (text.len >= 4 && text.ptr[1] == '\0' && text.ptr[3] == '\0')
        return cd_problem_set(problem, 1,
                              "looks like UTF-16: every second byte is zero (input.charset names other charsets)");
    size_t opened = 0;
    int inside = 0, anything = 0;
    for (size_t at = 0; at < text.len; at++) {
        unsigned char c = (unsigned char)text.ptr[at];
        anything |= memchr(" \t\r\n", c, 4) == NULL;
        if (inside && c < 0x20)
            return cd_problem_set(problem, (int64_t)at, "control character U+%04X in a string: it must be escaped", c);
        if (inside && c == '\\') {
            if (at + 1 < text.len && (unsigned char)text.ptr[at + 1] >= 0x20)
                at++;
        } else if (c == '\\') {
            return cd_problem_set(problem, (int64_t)at, "a backslash outside a string");
        } else if (c == '"') {
            inside = !inside;
            opened = at;
        }
    }
    if (!anything)
        return cd_problem_set(problem, -1, text.len == 0 ? "empty" : "nothing but white space");
    return cd_problem_set(problem, (int64_t)opened, "the string that begins here never ends");
}
