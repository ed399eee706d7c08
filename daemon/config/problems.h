/* SPDX-License-Identifier: Apache-2.0
 *
 * config/problems.h: everything that is wrong with a configuration, in one list.
 *
 * Whoever checks goes on after an error and adds the next one, so that people mend a file once. Each problem says where
 * it stands, what was found, what was expected and what to do. Values of secrets never enter a problem. The list owns
 * its strings. Thread: the caller's.
 */
#ifndef CD_CONFIG_PROBLEMS_H
#define CD_CONFIG_PROBLEMS_H

#include <stddef.h>
#include <stdio.h>

typedef struct cd_config_problem {
    char *file;    /* the configuration file, "--set" or "--stages" for the command line; NULL if it has no place */
    unsigned line; /* from 1; 0 if it has none */
    char *text;
} cd_config_problem;

/* Starts as (cd_problems){0}. At most 1,000 problems are kept; `omitted` counts the rest. */
typedef struct cd_problems {
    cd_config_problem *list;
    size_t count, omitted;
} cd_problems;

void cd_problems_add(cd_problems *problems, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "FILE:LINE: TEXT", one line a problem. */
void cd_problems_write(const cd_problems *problems, FILE *out);

/* Puts the problems from `first` on into the order of their lines; what has no line comes last. */
void cd_problems_sort(cd_problems *problems, size_t first);

void cd_problems_fini(cd_problems *problems);

#endif
