/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the plugin's data files: lines, fields separated by tabs, '#' starts a comment line, empty lines count for
 * nothing. Nothing is copied: fields point into the file's bytes. Thread: any, one a reader.
 */
#ifndef LANGUAGE_DETECT_TABLE_H
#define LANGUAGE_DETECT_TABLE_H

#include <copydesk/plugin.h>
#include <stdbool.h>

#define LD_TABLE_FIELDS 8

typedef struct ld_table {
    const char *at, *end;
    int line; /* the number of the row in hand, from 1 */
    uint32_t fields;
    cd_str field[LD_TABLE_FIELDS];
} ld_table;

void ld_table_open(ld_table *table, const char *start, const char *end);

/* The next row that is neither empty nor a comment; fields beyond LD_TABLE_FIELDS are left out. False at the end. */
bool ld_table_next(ld_table *table);

/* The next item of a comma-separated list, taken off its front. False when the list is empty. */
bool ld_table_item(cd_str *list, cd_str *item);

/* A whole number without sign, to base 10 or 16, at most 12 digits. */
bool ld_table_integer(cd_str field, int base, int64_t *out);

/* A decimal number: -1.25. Independent of the locale. */
bool ld_table_number(cd_str field, double *out);

#endif
