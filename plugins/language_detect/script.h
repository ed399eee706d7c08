/* SPDX-License-Identifier: Apache-2.0
 *
 * Which script a character belongs to, and how many letters of each a text has.
 *
 * The ranges come from tables/scripts.tsv. A script is an index into the set's codes (ISO 15924); LD_SCRIPT_NONE stands
 * for digits, punctuation, symbols. Ownership: the set copies what it needs of the table. Thread: read-only once
 * loaded.
 */
#ifndef LANGUAGE_DETECT_SCRIPT_H
#define LANGUAGE_DETECT_SCRIPT_H

#include <copydesk/plugin.h>
#include <stdbool.h>

#define LD_SCRIPTS_MAX 192
#define LD_SCRIPT_RANGES_MAX 512
#define LD_SCRIPT_NONE 0xFFu

typedef struct ld_script_range {
    uint32_t first, last;
    uint8_t script;
} ld_script_range;

typedef struct ld_scripts {
    char code[LD_SCRIPTS_MAX][5];
    ld_script_range range[LD_SCRIPT_RANGES_MAX];
    uint32_t count, ranges;
    uint8_t latin; /* the index of Latn */
} ld_scripts;

/* Letters a script, by index. */
typedef struct ld_script_counts {
    uint32_t of[LD_SCRIPTS_MAX];
    uint32_t letters;
} ld_script_counts;

/* Reads the table. 0, or the number of the line that is wrong. */
int ld_scripts_load(ld_scripts *scripts, const char *start, const char *end);

/* The index of a code, or LD_SCRIPT_NONE. */
uint8_t ld_scripts_find(const ld_scripts *scripts, cd_str code);

/* The script of a character. `hint` is a range that is tried first and becomes the one found; start with 0. */
uint8_t ld_script_of(const ld_scripts *scripts, uint32_t codepoint, uint32_t *hint);

/* How many letters count for `code`: as counted, and for Jpan, Kore, Hans, Hant and Hrkt those of their parts together.
 */
uint32_t ld_script_letters(const ld_scripts *scripts, const ld_script_counts *counts, const char *code);

/* The code with the most letters; "Zyyy" if there are none. */
const char *ld_script_commonest(const ld_scripts *scripts, const ld_script_counts *counts);

#endif
