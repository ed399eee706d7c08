/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of an article that detection looks at, cleaned.
 *
 * Long text is represented by pieces spread evenly over it, so that a foreign second half is seen. Cleaning takes away
 * what is no language and misleads CLD2 (measured: a single U+0092 made a whole document unknown): mark-up, control
 * characters, noncharacters, private use, web and mail addresses; and it undoes mojibake, UTF-8 that was once read as
 * Windows-1252 or Latin-1. On the way the letters of each script are counted.
 *
 * Ownership: the sample owns its buffers and keeps them between articles. Thread: the caller's.
 */
#ifndef LANGUAGE_DETECT_SAMPLE_H
#define LANGUAGE_DETECT_SAMPLE_H

#include "script.h"

/* What to do about HTML. */
#define LD_HTML_AUTO 0 /* strip tags if there are any of HTML's */
#define LD_HTML_NO 1
#define LD_HTML_YES 2

#define LD_SAMPLE_MAX_BYTES ((size_t)16 << 20) /* never more than this */

typedef struct ld_buffer {
    char *bytes;
    size_t len, cap;
} ld_buffer;

typedef struct ld_sample {
    ld_buffer text;     /* the result: UTF-8, words divided by single white space or more */
    ld_buffer stripped; /* the article without mark-up, if it had some */
    ld_script_counts counts;
    bool html;      /* mark-up was stripped */
    bool repaired;  /* mojibake was undone */
    bool entities;  /* there may be character references */
    bool whole;     /* nothing was left out for length */
    cd_str claimed; /* the language that the html element claims; borrowed from the article; absent if none */
} ld_sample;

/* Takes a sample of at most `max_bytes` (0: all, up to LD_SAMPLE_MAX_BYTES) of `text`, which is valid UTF-8. 0 or
 * -ENOMEM. */
int ld_sample_take(ld_sample *sample, const ld_scripts *scripts, cd_str text, size_t max_bytes, int html);
void ld_sample_fini(ld_sample *sample);

#endif
