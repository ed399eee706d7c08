/* SPDX-License-Identifier: Apache-2.0
 *
 * article/scalar.c: RFC 8259, sections 3, 6 and 7, token by token. See scalar.h.
 */
#include "article/scalar.h"

#include "base/utf8.h"

#include <errno.h>
#include <string.h>

static int is_token(cd_str token, const char *word)
{
    return token.len == strlen(word) && memcmp(token.ptr, word, token.len) == 0;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* number = [ "-" ] ( "0" / digit1-9 *digit ) [ "." 1*digit ] [ ( "e" / "E" ) [ "-" / "+" ] 1*digit ] */
static int is_number(cd_str token)
{
    const char *at = token.ptr, *end = at + token.len;
    if (at < end && *at == '-')
        at++;
    const char *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1))
        return 0;
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits)
            return 0;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = at;
        at = skip_digits(at, end);
        if (at == digits)
            return 0;
    }
    return at == end;
}

static int refuse_scalar(cd_str token, size_t at, cd_problem *problem)
{
    int64_t byte = (int64_t)at;
    unsigned char c = (unsigned char)token.ptr[0];
    if (c < 0x20)
        return cd_problem_set(problem, byte, "control character U+%04X outside a string", c);
    if (c == '\'')
        return cd_problem_set(problem, byte, "a single quote: strings stand in double quotes");
    if (c == '/' || c == '#')
        return cd_problem_set(problem, byte, "unexpected \"%s\": JSON has no comments", cd_excerpt_of(token).text);
    if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.')
        return cd_problem_set(problem, byte, "\"%s\" is no JSON number", cd_excerpt_of(token).text);
    return cd_problem_set(problem, byte, "\"%s\" is no JSON value", cd_excerpt_of(token).text);
}

int cd_scalar_check(cd_str token, size_t at, cd_problem *problem)
{
    switch (token.ptr[0]) {
    case 't':
        if (is_token(token, "true"))
            return 0;
        break;
    case 'f':
        if (is_token(token, "false"))
            return 0;
        break;
    case 'n':
        if (is_token(token, "null"))
            return 0;
        break;
    default:
        if (is_number(token))
            return 0;
    }
    return refuse_scalar(token, at, problem);
}

/* The value of the four hexadecimal digits at `at`, or -1. */
static int32_t read_hex(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* What a backslash and this letter stand for; 0: nothing. */
static char short_escape(char letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/': return letter;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
    }
}

/* Reads the escape whose backslash is at `at`: its length with the code point, or 0 with the complaint. */
static size_t read_escape(const char *at, const char *end, uint32_t *codepoint, const char **complaint)
{
    *complaint = "an escape that JSON does not have";
    if (end - at < 2)
        return 0;
    if (at[1] != 'u') {
        *codepoint = (unsigned char)short_escape(at[1]);
        return *codepoint ? 2 : 0;
    }
    int32_t unit = read_hex(at + 2, end);
    *complaint = "\\u without four hexadecimal digits";
    if (unit < 0)
        return 0;
    *codepoint = (uint32_t)unit;
    if (unit < 0xD800 || unit > 0xDFFF)
        return 6;
    *complaint = "half of a surrogate pair";
    if (unit > 0xDBFF || end - at < 12 || at[6] != '\\' || at[7] != 'u')
        return 0;
    int32_t low = read_hex(at + 8, end);
    if (low < 0xDC00 || low > 0xDFFF)
        return 0;
    *codepoint = 0x10000u + (((uint32_t)unit - 0xD800u) << 10) + ((uint32_t)low - 0xDC00u);
    return 12;
}

int cd_scalar_check_escapes(cd_str inside, size_t at, cd_problem *problem)
{
    const char *end = inside.ptr + inside.len, *next = inside.ptr;
    while ((next = memchr(next, '\\', (size_t)(end - next))) != NULL) {
        uint32_t codepoint;
        const char *complaint;
        size_t len = read_escape(next, end, &codepoint, &complaint);
        if (len == 0) {
            cd_str excerpt = {next, (size_t)(end - next) < 6 ? (size_t)(end - next) : 6};
            return cd_problem_set(problem, (int64_t)(at + (size_t)(next - inside.ptr)), "%s: %s", complaint,
                                  cd_excerpt_of(excerpt).text);
        }
        next += len;
    }
    return 0;
}

int cd_scalar_unescape(cd_str inside, cd_arena *arena, cd_str *out)
{
    const char *from = inside.ptr, *end = from + inside.len;
    const char *next = memchr(from, '\\', inside.len);
    if (next == NULL) {
        *out = inside;
        return 0;
    }
    char *block = cd_arena_take(arena, inside.len); /* an escape is never shorter than what it stands for */
    if (block == NULL)
        return -ENOMEM;
    char *to = block;
    while (next != NULL) {
        size_t plain = (size_t)(next - from);
        memcpy(to, from, plain);
        to += plain;
        uint32_t codepoint = 0;
        const char *complaint;
        from = next + read_escape(next, end, &codepoint, &complaint);
        to += cd_utf8_encode(codepoint, to);
        next = memchr(from, '\\', (size_t)(end - from));
    }
    memcpy(to, from, (size_t)(end - from));
    to += end - from;
    cd_arena_shrink(arena, inside.len, (size_t)(to - block));
    *out = (cd_str){block, (size_t)(to - block)};
    return 0;
}
