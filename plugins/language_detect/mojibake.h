/* SPDX-License-Identifier: Apache-2.0
 *
 * Mojibake: UTF-8 that was read as Windows-1252 or Latin-1 and written as UTF-8 again ("Ã¼" for "ü").
 * Pure functions on bytes. Thread: any.
 */
#ifndef LANGUAGE_DETECT_MOJIBAKE_H
#define LANGUAGE_DETECT_MOJIBAKE_H

#include <stddef.h>
#include <stdint.h>

/* If a character that was garbled in this way starts at `at`: the number of bytes it takes as it stands, and what it
 * was in *codepoint. 0 if not. Never reads at or beyond `end`. */
size_t ld_mojibake_at(const char *at, const char *end, uint32_t *codepoint);

#endif
