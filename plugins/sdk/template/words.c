/* SPDX-License-Identifier: Apache-2.0
 *
 * words.c: see words.h. Works on bytes: UTF-8 sequences have no byte below 0x80, so none of them looks like a space. */
#include "words.h"

static int is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

size_t rt_count_words(cd_str text)
{
    size_t words = 0;
    int inside = 0;
    for (size_t i = 0; i < text.len; i++) {
        int space = is_space(text.ptr[i]);
        words += !space && !inside;
        inside = !space;
    }
    return words;
}

int rt_first_line(cd_str text, size_t *start, size_t *end)
{
    size_t i = 0;
    while (i < text.len && is_space(text.ptr[i]))
        i++;
    *start = *end = i;
    for (; i < text.len && text.ptr[i] != '\n'; i++)
        if (!is_space(text.ptr[i]))
            *end = i + 1;
    return *start < *end;
}
