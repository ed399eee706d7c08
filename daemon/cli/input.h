/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/input.h: articles out of files: a line each, or a file each.
 *
 * Standard input that is a pipe or a terminal is read only when something is there, so that what was read goes on its way
 * while we wait for more. */
#ifndef COPYDESK_CLI_INPUT_H
#define COPYDESK_CLI_INPUT_H

#include "desk/desk.h"

typedef struct cd_input {
    char **files; /* names; "-" is standard input */
    size_t file_count, next_file;
    bool whole;   /* a file is one article */
    int fd;       /* -1: none is open */
    bool waits;   /* reading may block: look first */
    const char *name;
    int64_t line;
    char *buffer;
    size_t start, length, capacity; /* unread: buffer[start … length) */
    size_t scanned;                 /* no line end before here */
    uint64_t bytes_read, bytes_total; /* for progress; total 0 if unknown */
    char problem[512]; /* of a file that cannot be read */
} cd_input;

/* One article's bytes; freed by cd_input_free. The arrival's strings point into it. */
typedef struct cd_input_article {
    char *bytes;
    const char *file;
    int64_t line;
} cd_input_article;

void cd_input_init(cd_input *input, char **files, size_t file_count, bool whole);
void cd_input_fini(cd_input *input);

enum cd_input_status { CD_INPUT_ARTICLE, CD_INPUT_NOT_YET, CD_INPUT_END, CD_INPUT_PROBLEM };

/* The next article: arrival->origin is a cd_input_article. Empty lines are passed over. After CD_INPUT_PROBLEM (see
 * input->problem) the next file is next. */
int cd_input_next(cd_input *input, cd_arrival *arrival);
void cd_input_free(cd_input_article *article);

#endif
