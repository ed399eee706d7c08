/* SPDX-License-Identifier: Apache-2.0
 *
 * base/error.c: reasons and bugs. See error.h. Owns nothing.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The length without an incomplete UTF-8 sequence at the end, which a cut leaves behind. */
static size_t whole_characters(const char *text, size_t len)
{
    size_t start = len;
    while (start > 0 && len - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return len;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return len - (start - 1) < need ? start - 1 : len;
}

int cd_error_set(cd_error *error, int status, const char *format, ...)
{
    if (error == NULL)
        return status;
    char text[sizeof error->text]; /* an argument may be error->text itself */
    va_list arguments;
    va_start(arguments, format);
    int need = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t len = need < 0 ? 0 : (size_t)need;
    if (len >= sizeof text)
        len = whole_characters(text, sizeof text - 1);
    text[len] = '\0';
    memcpy(error->text, text, len + 1);
    return status;
}

void cd_bug(const char *file, int line, const char *function, const char *format, ...)
{
    /* Straight to stderr, not through the log: the log may be what is broken. */
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "copydesk: bug at %s:%d in %s: ", file, line, function);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}
