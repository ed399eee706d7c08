/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/table.c: see table.h. Widths count code points, which is right for what we print. */
#include "cli/table.h"

static size_t width_of(const char *cell)
{
    size_t width = 0;
    for (; *cell; cell++)
        width += ((unsigned char)*cell & 0xc0) != 0x80;
    return width;
}

void cd_table_cell(cd_table *table, const char *format, ...)
{
    char cell[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(cell, sizeof cell, format, arguments);
    va_end(arguments);
    for (char *c = cell; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    cd_buffer_append(&table->text, cell, strlen(cell) + 1);
    table->cells++;
}

void cd_table_begin(cd_table *table, const char *const *heads, size_t columns)
{
    cd_buffer_reset(&table->text);
    table->columns = columns < CD_TABLE_COLUMNS ? columns : CD_TABLE_COLUMNS;
    table->cells = 0;
    table->right = 0;
    for (size_t i = 0; i < table->columns; i++) {
        bool right = heads[i][0] == '>';
        table->right |= (unsigned)right << i;
        cd_table_cell(table, "%s", heads[i] + right);
    }
}

void cd_table_print(cd_table *table, FILE *out)
{
    size_t widths[CD_TABLE_COLUMNS] = {0};
    const char *cell = cd_buffer_string(&table->text);
    size_t cells = table->text.failed ? 0 : table->cells;
    for (size_t i = 0; i < cells; i++, cell += strlen(cell) + 1)
        if (width_of(cell) > widths[i % table->columns])
            widths[i % table->columns] = width_of(cell);
    cell = cd_buffer_string(&table->text);
    for (size_t i = 0; i < cells; i++, cell += strlen(cell) + 1) {
        size_t column = i % table->columns;
        bool right = table->right >> column & 1u, last = column + 1 == table->columns;
        int space = (int)(widths[column] - width_of(cell));
        fprintf(out, "%*s%s%*s%s", right ? space : 0, "", cell, right || last ? 0 : space, "", last ? "\n" : "  ");
    }
    cd_buffer_fini(&table->text);
    table->cells = 0;
}
