/* SPDX-License-Identifier: Apache-2.0
 *
 * Scripts: a sorted array of ranges, searched by halving, with a memory of the last hit: text rarely changes its script
 * from one character to the next.
 */
#include "script.h"

#include "table.h"

#include <string.h>

static uint8_t add_code(ld_scripts *scripts, cd_str code)
{
    uint8_t known = ld_scripts_find(scripts, code);
    if (known != LD_SCRIPT_NONE || code.len != 4 || scripts->count == LD_SCRIPTS_MAX)
        return known;
    memcpy(scripts->code[scripts->count], code.ptr, 4);
    return (uint8_t)scripts->count++;
}

static bool load_row(ld_scripts *scripts, ld_table *table)
{
    int64_t first, last;
    if (table->fields != 3 || scripts->ranges == LD_SCRIPT_RANGES_MAX)
        return false;
    if (!ld_table_integer(table->field[0], 16, &first) || !ld_table_integer(table->field[1], 16, &last))
        return false;
    uint8_t script = add_code(scripts, table->field[2]);
    int64_t before = scripts->ranges ? (int64_t)scripts->range[scripts->ranges - 1].last : -1;
    if (script == LD_SCRIPT_NONE || first <= before || last < first || last > 0x10FFFF)
        return false;
    scripts->range[scripts->ranges++] = (ld_script_range){(uint32_t)first, (uint32_t)last, script};
    return true;
}

int ld_scripts_load(ld_scripts *scripts, const char *start, const char *end)
{
    ld_table table;
    memset(scripts, 0, sizeof *scripts);
    ld_table_open(&table, start, end);
    while (ld_table_next(&table))
        if (!load_row(scripts, &table))
            return table.line;
    scripts->latin = ld_scripts_find(scripts, (cd_str){"Latn", 4});
    return scripts->latin == LD_SCRIPT_NONE ? table.line + 1 : 0;
}

uint8_t ld_scripts_find(const ld_scripts *scripts, cd_str code)
{
    for (uint32_t i = 0; i < scripts->count; i++)
        if (code.len == 4 && memcmp(scripts->code[i], code.ptr, 4) == 0)
            return (uint8_t)i;
    return LD_SCRIPT_NONE;
}

uint8_t ld_script_of(const ld_scripts *scripts, uint32_t codepoint, uint32_t *hint)
{
    const ld_script_range *near = &scripts->range[*hint];
    if (codepoint >= near->first && codepoint <= near->last)
        return near->script;
    uint32_t low = 0, high = scripts->ranges;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (scripts->range[middle].last < codepoint)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == scripts->ranges || codepoint < scripts->range[low].first)
        return LD_SCRIPT_NONE;
    *hint = low;
    return scripts->range[low].script;
}

static uint32_t letters_of(const ld_scripts *scripts, const ld_script_counts *counts, const char *code)
{
    uint8_t script = ld_scripts_find(scripts, (cd_str){code, strlen(code)});
    return script == LD_SCRIPT_NONE ? 0 : counts->of[script];
}

uint32_t ld_script_letters(const ld_scripts *scripts, const ld_script_counts *counts, const char *code)
{
    static const char *const parts[][4] = {{"Jpan", "Hira", "Kana", "Hani"},
                                           {"Kore", "Hang", "Hani", NULL},
                                           {"Hans", "Hani", NULL, NULL},
                                           {"Hant", "Hani", NULL, NULL},
                                           {"Hrkt", "Hira", "Kana", NULL}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strcmp(code, parts[i][0]) != 0)
            continue;
        uint32_t sum = 0;
        for (size_t part = 1; part < 4 && parts[i][part]; part++)
            sum += letters_of(scripts, counts, parts[i][part]);
        return sum;
    }
    return letters_of(scripts, counts, code);
}

const char *ld_script_commonest(const ld_scripts *scripts, const ld_script_counts *counts)
{
    uint32_t best = 0, most = 0;
    for (uint32_t i = 0; i < scripts->count; i++)
        if (counts->of[i] > most) {
            most = counts->of[i];
            best = i;
        }
    return most ? scripts->code[best] : "Zyyy";
}
