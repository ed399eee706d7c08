/* SPDX-License-Identifier: Apache-2.0
 *
 * config/problems.c: the list of problems. See problems.h. Owns its strings.
 */
#include "config/problems.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEMS_MAX 1000

void cd_problems_add(cd_problems *problems, const char *file, unsigned line, const char *format, ...)
{
    if (problems->count == PROBLEMS_MAX) {
        problems->omitted++;
        return;
    }
    if ((problems->count & (problems->count - 1)) == 0) { /* full at each power of two */
        size_t cap = problems->count == 0 ? 1 : 2 * problems->count;
        cd_config_problem *grown = realloc(problems->list, cap * sizeof *grown);
        CD_REQUIRE(grown != NULL, "out of memory for the list of problems");
        problems->list = grown;
    }
    cd_config_problem *problem = &problems->list[problems->count++];
    bool placed = file != NULL && file[0] != '\0';
    problem->file = placed ? strdup(file) : NULL;
    problem->line = line;
    va_list arguments;
    va_start(arguments, format);
    int len = vasprintf(&problem->text, format, arguments);
    va_end(arguments);
    CD_REQUIRE(len >= 0 && (problem->file != NULL || !placed), "out of memory for a problem");
}

void cd_problems_write(const cd_problems *problems, FILE *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        const cd_config_problem *problem = &problems->list[i];
        if (problem->file != NULL && problem->line > 0)
            fprintf(out, "%s:%u: %s\n", problem->file, problem->line, problem->text);
        else if (problem->file != NULL)
            fprintf(out, "%s: %s\n", problem->file, problem->text);
        else
            fprintf(out, "%s\n", problem->text);
    }
    if (problems->omitted > 0)
        fprintf(out, "… and %zu more\n", problems->omitted);
}

/* Insertion sort: stable, and the list is short. */
void cd_problems_sort(cd_problems *problems, size_t first)
{
    for (size_t i = first + 1; i < problems->count; i++) {
        cd_config_problem moving = problems->list[i];
        size_t at = i;
        /* line 0 wraps to the largest number */
        for (; at > first && problems->list[at - 1].line - 1 > moving.line - 1; at--)
            problems->list[at] = problems->list[at - 1];
        problems->list[at] = moving;
    }
}

void cd_problems_fini(cd_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        free(problems->list[i].file);
        free(problems->list[i].text);
    }
    free(problems->list);
    *problems = (cd_problems){0};
}
