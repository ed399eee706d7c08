/* SPDX-License-Identifier: Apache-2.0
 *
 * base/utf8.h: UTF-8 by the byte, for error reports and for names that come from outside.
 */
#ifndef CD_BASE_UTF8_H
#define CD_BASE_UTF8_H

#include <copydesk/plugin.h>

/* Reads one code point of the `len` > 0 bytes. Its length (1 to 4) with the number in *codepoint, or 0 if the bytes do
 * not begin with a valid sequence. */
size_t cd_utf8_decode(const char *bytes, size_t len, uint32_t *codepoint);

/* Writes a code point (no surrogate, at most U+10FFFF): 1 to 4 bytes. */
size_t cd_utf8_encode(uint32_t codepoint, char *out);

/* The offset of the first byte that belongs to no valid sequence; s.len if all is valid. */
size_t cd_utf8_first_invalid(cd_str s);

/* 1 if s (valid UTF-8) holds nothing but white space: Unicode's White_Space, zero width space and U+FEFF. */
int cd_utf8_blank(cd_str s);

/* Copies s with every byte that belongs to no valid sequence replaced by U+FFFD; `out` has room for 3 bytes a byte.
 * With out == NULL only counts. Returns the length. */
size_t cd_utf8_repair(cd_str s, char *out);

#endif
