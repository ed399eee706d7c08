/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/letter.h: dead letters as `copydesk replay` shows them: a line each, or counted by what went wrong. */
#ifndef COPYDESK_CLI_LETTER_H
#define COPYDESK_CLI_LETTER_H

#include "kafka/letters.h"

#include <copydesk/json.h>

/* One line on standard output: where it lies and came from, class, stage, size, reason. `action`: what became of it. */
void cd_letter_print(const cd_letter *letter, const char *dead_topic);
void cd_letter_print_json(const cd_letter *letter, const char *dead_topic, const char *action, cd_json *json);

/* How many of a kind. */
typedef struct cd_letter_kind {
    char class[128], stage[256], topic[1000]; /* as a terminal may see them */
    char reason[244]; /* of the last one */
    int32_t partition;
    int64_t count, offset; /* of the last one */
} cd_letter_kind;

/* Starts as {0}; what comes after the last kind that there is room for is counted in `others`. */
typedef struct cd_letter_kinds {
    cd_letter_kind list[256];
    size_t count;
    int64_t others;
} cd_letter_kinds;

void cd_letter_kinds_add(cd_letter_kinds *kinds, const cd_letter *letter);
void cd_letter_kinds_print(const cd_letter_kinds *kinds);
void cd_letter_kinds_print_json(const cd_letter_kinds *kinds, cd_json *json);

#endif
