/* SPDX-License-Identifier: Apache-2.0
 *
 * The languages that can be reported: how the engines call them, the codes that come out, the scripts they are written
 * in.
 *
 * A language is an index; LD_UND is the first, and stands for everything that is not in tables/languages.tsv. Two rows
 * may have one code (simplified and traditional Chinese): `base` is then the first of them, and shares are summed over
 * it. Ownership: all is copied. Thread: read-only once loaded.
 */
#ifndef LANGUAGE_DETECT_LANGUAGE_H
#define LANGUAGE_DETECT_LANGUAGE_H

#include "script.h"

#define LD_LANGUAGES_MAX 256
#define LD_LANGUAGE_SCRIPTS 3
#define LD_ENGINE_NUMBERS 1024
#define LD_UND 0
#define LD_CLAIM_MAX 35u /* the longest tag that RFC 5646 asks software to take */

typedef struct ld_language {
    char cld2[9]; /* CLD2's code; "-" if it lacks the language */
    char code[9]; /* ISO 639-1, else ISO 639-3 */
    uint8_t base;
    uint8_t scripts;
    char script[LD_LANGUAGE_SCRIPTS][5];
    bool unnamed[LD_LANGUAGE_SCRIPTS]; /* goes without saying: not part of the tag */
} ld_language;

typedef struct ld_languages {
    ld_language of[LD_LANGUAGES_MAX];
    uint32_t count;
} ld_languages;

/* Reads the table. 0, or the number of the line that is wrong. */
int ld_languages_load(ld_languages *languages, const char *start, const char *end);

/* The language that CLD2 calls `code`, or that is reported as `code`; LD_UND if there is none. */
uint8_t ld_languages_by_cld2(const ld_languages *languages, const char *code);
uint8_t ld_languages_by_code(const ld_languages *languages, cd_str code);

/* The script in which a text of this language with these letters is written: of the language's own scripts the one with
 * the most letters; if the text has none of them, the text's commonest. */
const char *ld_language_script(const ld_languages *languages, uint8_t language, const ld_scripts *scripts,
                               const ld_script_counts *counts);

/* True if no other language of the table is written in this script. */
bool ld_language_is_alone(const ld_languages *languages, uint8_t language, const char *script);

/* The BCP 47 tag, at most 15 bytes with its NUL: "en", "sr-Latn", "zh-Hant". */
void ld_language_tag(const ld_languages *languages, uint8_t language, const char *script, char out[16]);

/* Whether a claim (a tag: "de", "de-AT", "zh_TW", "iw") means this language. Only its first part counts, in any case.
 */
bool ld_language_is(const ld_languages *languages, uint8_t language, cd_str claim);

#endif
