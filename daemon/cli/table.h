/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/table.h: columns for a terminal, as wide as what stands in them. */
#ifndef COPYDESK_CLI_TABLE_H
#define COPYDESK_CLI_TABLE_H

#include "base/buffer.h"

enum { CD_TABLE_COLUMNS = 16 };

/* Starts as {0}. */
typedef struct cd_table {
    size_t columns, cells;
    unsigned right; /* bit n: column n is aligned to the right */
    cd_buffer text; /* the cells, each with a NUL behind it, row after row */
} cd_table;

/* The first row. A head that begins with '>' stands over a column that is aligned to the right. */
void cd_table_begin(cd_table *table, const char *const *heads, size_t columns);
/* One cell after the other; control characters come out as '?'. */
void cd_table_cell(cd_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints and empties it. */
void cd_table_print(cd_table *table, FILE *out);

#endif
