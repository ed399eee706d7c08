/* SPDX-License-Identifier: Apache-2.0
 *
 * article/problem.h: why a text was refused, worded for whoever wrote it. Used on the error path only.
 */
#ifndef CD_ARTICLE_PROBLEM_H
#define CD_ARTICLE_PROBLEM_H

#include <copydesk/plugin.h>

typedef struct cd_problem {
    char reason[256];
    int64_t byte; /* offset in the text; -1: no such place */
} cd_problem;

/* Fills `problem` and returns -EBADMSG. What is too long is cut between characters. */
__attribute__((format(printf, 3, 4))) int cd_problem_set(cd_problem *problem, int64_t byte, const char *format, ...);

/* An excerpt that is fit for a reason: at most some 40 bytes, control characters and bytes that are no UTF-8 spelt out.
 */
typedef struct cd_excerpt {
    char text[64];
} cd_excerpt;
cd_excerpt cd_excerpt_of(cd_str bytes);

/* The scanner refused `text`: finds out where and why. Returns -EBADMSG. */
int cd_problem_of_scan(cd_problem *problem, cd_str text);

/* The first byte that is no UTF-8, if there is one: 0 if there is none, else -EBADMSG. */
int cd_problem_of_utf8(cd_problem *problem, cd_str text);

#endif
