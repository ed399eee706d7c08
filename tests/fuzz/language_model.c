/* SPDX-License-Identifier: Apache-2.0
 *
 * A model file that somebody prepared: refused, or usable without harm, also when it changes after it was opened.
 *
 * The input is the file; its last 16 bytes are text to be classified. The file's length, which a fuzzer would hardly
 * guess, is written into the header first.
 */
#include "model.h"

#include <copydesk/tables.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 16u
#define LENGTH_AT 32u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load(ld_languages *languages)
{
    const cd_table *table = cd_tables;
    while (strcmp(table->name, "languages") != 0)
        table++;
    if (ld_languages_load(languages, table->start, table->end) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ld_languages languages;
    const char *error;
    if (languages.count == 0)
        load(&languages);
    if (size < TEXT + 64)
        return 0;
    size_t len = size - TEXT;
    char *file = malloc(len), text[TEXT];
    if (file == NULL)
        abort();
    memcpy(file, data, len);
    memcpy(text, data + len, TEXT);
    uint64_t length = len;
    memcpy(file + LENGTH_AT, &length, sizeof length);
    for (size_t i = 0; i < TEXT; i++)
        text[i] = (char)(text[i] & 0x7F); /* valid UTF-8 */
    ld_model *model = ld_model_open((cd_str){file, len}, &languages, &error);
    for (int round = 0; model && round < 2; round++) {
        ld_model_guess guess;
        ld_model_guess_language(model, (cd_str){text, TEXT}, &guess);
        if (!(guess.probability >= 0 && guess.probability <= 1) || guess.language >= languages.count)
            abort();
        memset(file + len / 2, 0xEE, len / 4);
    }
    ld_model_close(model);
    free(file);
    return 0;
}
