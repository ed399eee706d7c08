/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns each character back into the byte it stood for, and looks whether those bytes are a character of UTF-8.
 */
#include "mojibake.h"

#include "utf8.h"

/* What Windows-1252 makes of the bytes 0x80 to 0x9F; 0 where it has nothing. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* The byte that was read as this character; -1 if none was. */
static int byte_of(uint32_t codepoint)
{
    if (codepoint < 0x100)
        return (int)codepoint;
    if (codepoint > 0x2122)
        return -1;
    for (int i = 0; i < 32; i++)
        if (windows_1252[i] == codepoint)
            return 0x80 + i;
    return -1;
}

size_t ld_mojibake_at(const char *at, const char *end, uint32_t *codepoint)
{
    char bytes[4];
    uint32_t garbled;
    size_t used = ld_utf8_read(at, end, &garbled);
    /* Lead bytes of UTF-8 are C2 to F4, and as characters U+00C2 to U+00F4. */
    if (garbled < 0xC2 || garbled > 0xF4)
        return 0;
    size_t len = garbled >= 0xF0 ? 4 : garbled >= 0xE0 ? 3 : 2;
    bytes[0] = (char)garbled;
    for (size_t i = 1; i < len; i++) {
        if (at + used >= end)
            return 0;
        used += ld_utf8_read(at + used, end, &garbled);
        int byte = byte_of(garbled);
        if (byte < 0x80 || byte > 0xBF)
            return 0;
        bytes[i] = (char)byte;
    }
    static const uint32_t shortest[] = {0, 0, 0x80, 0x800, 0x10000};
    ld_utf8_read(bytes, bytes + len, codepoint);
    if (*codepoint < shortest[len] || *codepoint > 0x10FFFF || (*codepoint >= 0xD800 && *codepoint < 0xE000))
        return 0;
    return used;
}
