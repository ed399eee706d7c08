/* SPDX-License-Identifier: Apache-2.0
 *
 * article/json_read.h: validates and reads small JSON texts that are no articles: the stages' annotations.
 *
 * The same grammar as the decoder's: RFC 8259 to the letter, UTF-8, no member twice in one object, at most
 * CD_JSON_READER_DEPTH deep. A reader owns the index of the text read last and the strings it unescaped.
 *
 * Thread: one reader belongs to one thread.
 */
#ifndef CD_ARTICLE_JSON_READ_H
#define CD_ARTICLE_JSON_READ_H

#include <copydesk/plugin.h>

#define CD_JSON_READER_DEPTH 256u

typedef struct cd_json_reader cd_json_reader;

cd_json_reader *cd_json_reader_create(void); /* NULL: out of memory */
void cd_json_reader_destroy(cd_json_reader *reader);

/* Forgets the text read last and all strings handed out. Call it between articles. */
void cd_json_reader_reset(cd_json_reader *reader);

/* 1 if `json` is one JSON value, with white space around it or none; 0 if not (also if memory is out). Always looks
 * anew. */
int cd_json_valid(cd_json_reader *reader, cd_str json);

/* Why the last cd_json_valid or cd_json_lookup refused its text, one line, and at which byte (may be NULL). */
const char *cd_json_reason(const cd_json_reader *reader, int64_t *byte);

/* The value at a JSON Pointer (RFC 6901; "" is the whole). 0; -ENOENT: no such value; -EINVAL: `json` is not valid, or
 * `pointer` is none; -ENOMEM. out->raw points into `json`; out->string into `json` or into a buffer of the reader's
 * that lives until cd_json_reader_reset, so that several results can be held. The index of the last text is kept:
 * looking up again in the same bytes (same address, same length) costs little, so they must stay as they are until
 * cd_json_reader_reset or until cd_json_valid or cd_json_lookup saw another text. */
int cd_json_lookup(cd_json_reader *reader, cd_str json, cd_str pointer, cd_value *out);

#endif
