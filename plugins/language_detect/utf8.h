/* SPDX-License-Identifier: Apache-2.0
 *
 * One character of UTF-8, read and written. Header-only: it is the inner loop. Reading checks bounds and shape, not
 * overlong forms and surrogates: the host hands over valid UTF-8. Thread: any.
 */
#ifndef LANGUAGE_DETECT_UTF8_H
#define LANGUAGE_DETECT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the character at `at` (at < end), its code point in *out. A broken one counts as one byte and U+FFFD. */
static inline size_t ld_utf8_read(const char *at, const char *end, uint32_t *out)
{
    const unsigned char *b = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    if (b[0] < 0x80) {
        *out = b[0];
        return 1;
    }
    size_t len = b[0] >= 0xF0 ? 4 : b[0] >= 0xE0 ? 3 : 2;
    *out = 0xFFFD;
    if (b[0] < 0xC2 || b[0] > 0xF4 || len > left)
        return 1;
    uint32_t value = b[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (b[i] & 0x3Fu);
    }
    *out = value;
    return len;
}

/* Writes `codepoint` (up to U+10FFFF), returns its length, 1 to 4. */
static inline size_t ld_utf8_write(char *out, uint32_t codepoint)
{
    if (codepoint < 0x80) {
        out[0] = (char)codepoint;
        return 1;
    }
    size_t len = codepoint < 0x800 ? 2 : codepoint < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (codepoint & 0x3F));
        codepoint >>= 6;
    }
    out[0] = (char)((0xF00u >> len & 0xF0u) | codepoint);
    return len;
}

#endif
