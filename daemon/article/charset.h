/* SPDX-License-Identifier: Apache-2.0
 *
 * article/charset.h: payloads that are not in UTF-8, converted as a whole before anything looks at them.
 *
 * Owns the converter (iconv's, opened once) and the converted bytes, kept between articles. Invalid input is refused,
 * never replaced: an article that silently lost characters would be worse than a dead letter.
 */
#ifndef CD_ARTICLE_CHARSET_H
#define CD_ARTICLE_CHARSET_H

#include "article/problem.h"

typedef struct cd_charset cd_charset;

/* 1 if the name means UTF-8 and there is nothing to convert: NULL, "", "UTF-8", "utf8". */
int cd_charset_is_utf8(const char *name);

/* NULL with errno: EINVAL for a charset that iconv doesn't know or a name with "//" modes, ENOMEM. The name is kept. */
cd_charset *cd_charset_create(const char *name);
void cd_charset_destroy(cd_charset *charset);

/* 0 with the UTF-8, borrowed until the next call; -EBADMSG with `problem` (bytes of `from`); -ENOMEM. The result is
 * never longer than `limit`. */
int cd_charset_convert(cd_charset *charset, cd_str from, size_t limit, cd_str *to, cd_problem *problem);

/* The offset in `from` of what became byte `at` of the result of converting it. For error reports: converts again. */
int64_t cd_charset_origin(cd_charset *charset, cd_str from, int64_t at);

#endif
