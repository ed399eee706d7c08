/* SPDX-License-Identifier: Apache-2.0
 *
 * article/scanner.h: the one door to simdjson.
 *
 * Of that library only the first stage is used: it finds, at some GB/s, where every token of a JSON text begins (the
 * brackets, colons and commas outside strings, the first byte of each scalar and the opening quote of each string), and
 * makes sure that the text is valid UTF-8, that every string is closed and that none holds a raw control character. Its
 * on-demand interface is not used, since it takes broken JSON in members that it skips; its DOM is not, since it
 * refuses integers beyond 64 bits and forgets where values stood. The grammar is checked by index.c, token by token.
 */
#ifndef CD_ARTICLE_SCANNER_H
#define CD_ARTICLE_SCANNER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cd_scanner cd_scanner;

/* The longest text: token positions have 32 bits. */
#define CD_SCANNER_MAX_BYTES ((size_t)1 << 30)

cd_scanner *cd_scanner_create(void); /* NULL: out of memory */
void cd_scanner_destroy(cd_scanner *scanner);

/* 0 with the positions of the *count > 0 tokens, ascending; positions[*count] == len. Borrowed until the next call.
 * -EBADMSG: no tokens, invalid UTF-8, an open string or a control character in one. -ENOMEM. -EMSGSIZE beyond
 * CD_SCANNER_MAX_BYTES. */
int cd_scanner_run(cd_scanner *scanner, const char *bytes, size_t len, const uint32_t **positions, size_t *count);

/* 1 if the bytes are valid UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF). */
int cd_scanner_utf8_valid(const char *bytes, size_t len);

#ifdef __cplusplus
}
#endif

#endif
