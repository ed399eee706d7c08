/* SPDX-License-Identifier: Apache-2.0
 *
 * Data files, a line at a time.
 */
#include "table.h"

#include <string.h>

void ld_table_open(ld_table *table, const char *start, const char *end)
{
    memset(table, 0, sizeof *table);
    table->at = start;
    table->end = end;
}

/* Takes what stands before `divider` off the front of *rest; all of it if there is none. */
static cd_str cut(cd_str *rest, char divider)
{
    const char *found = memchr(rest->ptr, divider, rest->len);
    size_t len = found ? (size_t)(found - rest->ptr) : rest->len;
    cd_str head = {rest->ptr, len};
    size_t skip = found ? len + 1 : len;
    *rest = (cd_str){rest->ptr + skip, rest->len - skip};
    return head;
}

bool ld_table_next(ld_table *table)
{
    while (table->at < table->end) {
        cd_str rest = {table->at, (size_t)(table->end - table->at)};
        cd_str line = cut(&rest, '\n');
        table->at = rest.ptr;
        table->line++;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        for (table->fields = 0; table->fields < LD_TABLE_FIELDS && line.len > 0; table->fields++)
            table->field[table->fields] = cut(&line, '\t');
        return true;
    }
    return false;
}

bool ld_table_item(cd_str *list, cd_str *item)
{
    if (list->len == 0)
        return false;
    *item = cut(list, ',');
    return true;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return 99;
}

bool ld_table_integer(cd_str field, int base, int64_t *out)
{
    int64_t value = 0;
    if (field.len == 0 || field.len > 12)
        return false;
    for (size_t i = 0; i < field.len; i++) {
        int digit = digit_of(field.ptr[i]);
        if (digit >= base)
            return false;
        value = value * base + digit;
    }
    *out = value;
    return true;
}

bool ld_table_number(cd_str field, double *out)
{
    bool negative = field.len > 0 && field.ptr[0] == '-';
    double value = 0, place = 0;
    size_t i = negative, digits = 0;
    for (; i < field.len; i++) {
        if (field.ptr[i] == '.' && place == 0) {
            place = 1;
            continue;
        }
        int digit = digit_of(field.ptr[i]);
        if (digit > 9 || ++digits > 15)
            return false;
        value = value * 10 + digit;
        place *= 10;
    }
    if (digits == 0)
        return false;
    *out = (negative ? -value : value) / (place > 0 ? place : 1);
    return true;
}
