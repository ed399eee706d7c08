/* SPDX-License-Identifier: Apache-2.0
 *
 * words.h: words and paragraphs of a text. Pure: no host, no memory of its own, so that it can be tested by itself. */
#ifndef READING_TIME_WORDS_H
#define READING_TIME_WORDS_H

#include <copydesk/sdk.h>

/* How many runs of bytes there are between ASCII white space. */
size_t rt_count_words(cd_str text);

/* The first line with a word in it, without white space at its ends: bytes [*start, *end). 0 if there is none. */
int rt_first_line(cd_str text, size_t *start, size_t *end);

#endif
