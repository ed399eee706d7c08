/* SPDX-License-Identifier: Apache-2.0
 *
 * base/utf8.c: one sequence at a time, by table 3-7 of the Unicode standard. See utf8.h.
 */
#include "base/utf8.h"

#include <string.h>

size_t cd_utf8_decode(const char *bytes, size_t len, uint32_t *codepoint)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (b[0] < 0x80) {
        *codepoint = b[0];
        return 1;
    }
    size_t need = b[0] < 0xC2 ? 0 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : b[0] < 0xF5 ? 4 : 0;
    if (need == 0 || need > len)
        return 0;
    uint32_t value = b[0] & (0xFFu >> (need + 1));
    for (size_t i = 1; i < need; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (b[i] & 0x3Fu);
    }
    int overlong = (need == 3 && value < 0x800) || (need == 4 && value < 0x10000);
    if (overlong || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    *codepoint = value;
    return need;
}

size_t cd_utf8_encode(uint32_t codepoint, char *out)
{
    if (codepoint < 0x80) {
        out[0] = (char)codepoint;
        return 1;
    }
    size_t len = codepoint < 0x800 ? 2 : codepoint < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (codepoint & 0x3F));
        codepoint >>= 6;
    }
    out[0] = (char)(lead[len] | codepoint);
    return len;
}

size_t cd_utf8_first_invalid(cd_str s)
{
    size_t at = 0;
    uint32_t codepoint;
    while (at < s.len) {
        size_t step = cd_utf8_decode(s.ptr + at, s.len - at, &codepoint);
        if (step == 0)
            break;
        at += step;
    }
    return at;
}

static int is_blank(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 ||
           c == 0xFEFF;
}

int cd_utf8_blank(cd_str s)
{
    uint32_t codepoint;
    for (size_t at = 0; at < s.len;) {
        size_t step = cd_utf8_decode(s.ptr + at, s.len - at, &codepoint);
        if (step == 0 || !is_blank(codepoint))
            return 0;
        at += step;
    }
    return 1;
}

size_t cd_utf8_repair(cd_str s, char *out)
{
    size_t len = 0;
    uint32_t codepoint;
    for (size_t at = 0; at < s.len;) {
        size_t step = cd_utf8_decode(s.ptr + at, s.len - at, &codepoint);
        size_t width = step ? step : 3;
        if (out != NULL)
            memcpy(out + len, step ? s.ptr + at : "\xEF\xBF\xBD", width);
        len += width;
        at += step ? step : 1;
    }
    return len;
}
