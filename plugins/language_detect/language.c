/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of languages.
 */
#include "language.h"

#include "table.h"

#include <stdio.h>
#include <string.h>

static bool copy(char *out, size_t cap, cd_str s)
{
    if (s.len == 0 || s.len >= cap)
        return false;
    memcpy(out, s.ptr, s.len);
    out[s.len] = '\0';
    return true;
}

static bool load_scripts(ld_language *language, cd_str list)
{
    cd_str item;
    while (ld_table_item(&list, &item)) {
        uint8_t at = language->scripts;
        if (at == LD_LANGUAGE_SCRIPTS)
            return false;
        language->unnamed[at] = item.len == 5 && item.ptr[4] == '*';
        item.len -= language->unnamed[at];
        if (item.len != 4 || !copy(language->script[at], 5, item))
            return false;
        language->scripts++;
    }
    return language->scripts > 0;
}

static bool load_row(ld_languages *languages, const ld_table *table)
{
    if (table->fields != 4 || languages->count == LD_LANGUAGES_MAX)
        return false;
    ld_language *language = &languages->of[languages->count];
    if (!copy(language->cld2, sizeof language->cld2, table->field[0]) ||
        !copy(language->code, sizeof language->code, table->field[1]) || !load_scripts(language, table->field[2]))
        return false;
    uint8_t first = ld_languages_by_code(languages, table->field[1]);
    language->base = first == LD_UND ? (uint8_t)languages->count : first;
    languages->count++;
    return true;
}

int ld_languages_load(ld_languages *languages, const char *start, const char *end)
{
    ld_table table;
    memset(languages, 0, sizeof *languages);
    languages->of[LD_UND] = (ld_language){.cld2 = "un", .code = "und"};
    languages->count = 1;
    ld_table_open(&table, start, end);
    while (ld_table_next(&table))
        if (!load_row(languages, &table))
            return table.line;
    return 0;
}

uint8_t ld_languages_by_cld2(const ld_languages *languages, const char *code)
{
    for (uint32_t i = 1; i < languages->count; i++)
        if (strcmp(languages->of[i].cld2, code) == 0)
            return (uint8_t)i;
    return LD_UND;
}

uint8_t ld_languages_by_code(const ld_languages *languages, cd_str code)
{
    for (uint32_t i = 1; i < languages->count; i++)
        if (strlen(languages->of[i].code) == code.len && memcmp(languages->of[i].code, code.ptr, code.len) == 0)
            return (uint8_t)i;
    return LD_UND;
}

const char *ld_language_script(const ld_languages *languages, uint8_t language, const ld_scripts *scripts,
                               const ld_script_counts *counts)
{
    const ld_language *own = &languages->of[language];
    uint32_t most = 0;
    const char *best = NULL;
    for (uint8_t i = 0; i < own->scripts; i++) {
        uint32_t letters = ld_script_letters(scripts, counts, own->script[i]);
        if (letters > most) {
            most = letters;
            best = own->script[i];
        }
    }
    return best ? best : ld_script_commonest(scripts, counts);
}

static bool is_written_in(const ld_language *language, const char *script)
{
    for (uint8_t i = 0; i < language->scripts; i++)
        if (strcmp(language->script[i], script) == 0)
            return true;
    return false;
}

bool ld_language_is_alone(const ld_languages *languages, uint8_t language, const char *script)
{
    if (!is_written_in(&languages->of[language], script))
        return false;
    for (uint32_t i = 1; i < languages->count; i++)
        if (languages->of[i].base != languages->of[language].base && is_written_in(&languages->of[i], script))
            return false;
    return true;
}

void ld_language_tag(const ld_languages *languages, uint8_t language, const char *script, char out[16])
{
    const ld_language *own = &languages->of[language];
    bool named = language != LD_UND && strlen(script) == 4;
    for (uint8_t i = 0; i < own->scripts; i++)
        if (strcmp(own->script[i], script) == 0 && own->unnamed[i])
            named = false;
    snprintf(out, 16, "%s%s%s", own->code, named ? "-" : "", named ? script : "");
}

bool ld_language_is(const ld_languages *languages, uint8_t language, cd_str claim)
{
    char first[9];
    size_t len = 0;
    for (; len < claim.len && len < sizeof first - 1 && claim.ptr[len] != '-' && claim.ptr[len] != '_'; len++)
        first[len] = (char)(claim.ptr[len] >= 'A' && claim.ptr[len] <= 'Z' ? claim.ptr[len] | 0x20 : claim.ptr[len]);
    first[len] = '\0';
    const ld_language *own = &languages->of[language];
    return strcmp(first, own->code) == 0 || strcmp(first, own->cld2) == 0;
}
