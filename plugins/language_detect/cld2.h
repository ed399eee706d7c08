/* SPDX-License-Identifier: Apache-2.0
 *
 * CLD2 behind a C interface.
 *
 * CLD2's API is C++ without extern "C", may throw, and numbers its languages in a way that it calls unstable. This
 * header hides all three: C functions, errno values, and codes as strings. The library's own header is included by
 * cld2.cc alone.
 *
 * The tables matter. Debian's libcld2_full holds nothing but tables that interpose those of libcld2, so it has to come
 * before it in the order of symbol look-up; `ld_cld2_has_full_tables` tells whether it did.
 *
 * Ownership: a detector owns its chunks; they are valid until its next call. Thread: one at a time per detector.
 */
#ifndef LANGUAGE_DETECT_CLD2_H
#define LANGUAGE_DETECT_CLD2_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LD_CLD2_TOP 3
#define LD_CLD2_MAX_BYTES ((size_t)64 << 20) /* the longest text taken in one call */

#define LD_CLD2_ENTITIES 1u    /* the text may hold HTML character references: &eacute; */
#define LD_CLD2_BEST_EFFORT 2u /* for short text: answer rather than say unknown */

typedef struct ld_cld2 ld_cld2;

typedef struct ld_cld2_guess {
    int32_t language[LD_CLD2_TOP]; /* CLD2's numbers; see ld_cld2_code. Not used: the number of "un" */
    int32_t percent[LD_CLD2_TOP];  /* of the letters, rounded down */
    double score[LD_CLD2_TOP];     /* 1000: as typical text of the language; far from it: odd text */
    int32_t letters;               /* bytes of letters that were looked at */
    int32_t reliable;              /* CLD2's own flag */
} ld_cld2_guess;

/* A run of text in one language; the runs follow each other without gaps. */
typedef struct ld_cld2_chunk {
    uint32_t start, end; /* bytes */
    int32_t language;
} ld_cld2_chunk;

/* NULL if there is no memory. `destroy` takes NULL. */
ld_cld2 *ld_cld2_create(void);
void ld_cld2_destroy(ld_cld2 *cld2);

/* Detects. `text` is valid UTF-8 without control characters but tab and line ends, and without noncharacters. 0,
 * -EMSGSIZE beyond LD_CLD2_MAX_BYTES, -ENOMEM. */
int ld_cld2_detect(ld_cld2 *cld2, const char *text, size_t len, unsigned flags, ld_cld2_guess *out);

/* The runs that the last ld_cld2_detect found. */
size_t ld_cld2_chunks(const ld_cld2 *cld2, const ld_cld2_chunk **out);

/* CLD2's code of a language ("iw", "zh-Hant", "un"), for numbers from 0 below ld_cld2_languages(); "" for unused ones.
 */
int32_t ld_cld2_languages(void);
const char *ld_cld2_code(int32_t language);

/* 1 if the full tables (some 170 languages) answer, 0 if the small ones do. */
int ld_cld2_has_full_tables(ld_cld2 *cld2);

#ifdef __cplusplus
}
#endif
#endif
