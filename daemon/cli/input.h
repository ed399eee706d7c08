/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/input.h: articles out of files: a line each, or a file each.
 *
 * Standard input that is a pipe or a terminal is read only when something is there, so that what was read goes on its way
 * while we wait for more. */
#ifndef COPYDESK_CLI_INPUT_H
#define COPYDESK_CLI_INPUT_H

#include "desk/desk.h"

/* What is longer is not kept in memory: its bytes pass by, in pieces, on their way to a file for them or to nowhere. */
typedef struct cd_input_limit {
    size_t bytes; /* of an article; 0: as many as memory holds */
    FILE *excess; /* takes those that are longer, as they came, one a line; NULL: nobody does */
} cd_input_limit;

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
    cd_input_limit limit;
    bool passing; /* the article at hand is too long: its end is being looked for */
    bool excess_failed; /* limit.excess could not be written */
    uint64_t passed;    /* bytes of it that have gone */
    uint64_t bytes_read, bytes_total; /* for progress; total 0 if unknown */
    char problem[4608]; /* of a file that cannot be read, or of an article that is too long: with its place */
} cd_input;

/* One article's bytes; freed by cd_input_free. The arrival's strings point into it. */
typedef struct cd_input_article {
    char *bytes;
    const char *file;
    int64_t line;
} cd_input_article;

void cd_input_init(cd_input *input, char **files, size_t file_count, bool whole, cd_input_limit limit);
void cd_input_fini(cd_input *input);

enum cd_input_status { CD_INPUT_ARTICLE, CD_INPUT_NOT_YET, CD_INPUT_END, CD_INPUT_PROBLEM, CD_INPUT_TOO_LONG };

/* The next article: arrival->origin is a cd_input_article. Empty lines are passed over. After CD_INPUT_PROBLEM (see
 * input->problem) the next file is next; after CD_INPUT_TOO_LONG (there, too) the next article. */
int cd_input_next(cd_input *input, cd_arrival *arrival);
void cd_input_free(cd_input_article *article);

#endif
