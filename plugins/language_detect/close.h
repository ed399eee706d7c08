/* SPDX-License-Identifier: Apache-2.0
 *
 * Close languages: the last word on pairs that trigram-like statistics confuse (Croatian, Serbian, Bosnian; Kirundi and
 * Kinyarwanda; Norwegian's two forms and Danish …).
 *
 * People tell them apart by a few words and spellings, and so does this: tables/close.tsv lists such marks with
 * weights; all marks of a group are searched at once, with a trie, at each place of the normalised text. What CLD2 said
 * counts as a mark too. Ownership: all is copied at load. Thread: a decision uses the object's scratch memory, so one
 * at a time.
 */
#ifndef LANGUAGE_DETECT_CLOSE_H
#define LANGUAGE_DETECT_CLOSE_H

#include "language.h"
#include "sample.h"

#define LD_CLOSE_GROUPS 24
#define LD_CLOSE_MEMBERS 8

typedef struct ld_close ld_close;

/* What came out. `margin` is how far the best is ahead of the second, in weights; `marks` how many marks were found. */
typedef struct ld_close_verdict {
    uint8_t language;
    bool decided; /* false: no group applies, or nothing in it speaks for anyone, or a long text is in two of its
                     languages */
    double margin;
    uint32_t marks;
    uint8_t member[LD_CLOSE_MEMBERS]; /* the group, by base; none if it does not apply */
    uint32_t members;
    bool one; /* its languages share no text: all that was given to any of them belongs to `language` */
} ld_close_verdict;

/* Reads the table. NULL with errno ENOMEM, or EINVAL and the line's number in *line. `destroy` takes NULL. */
ld_close *ld_close_create(const ld_languages *languages, const char *start, const char *end, int *line);
void ld_close_destroy(ld_close *close);

/* Weighs the languages of the group that `language` belongs to, if it has one in the text's script. `prior[i]` is the
 * share that the engine gave to language i, 0 to 1 (by base). 0 or -ENOMEM. */
int ld_close_decide(ld_close *close, const ld_languages *languages, const ld_scripts *scripts, const ld_sample *sample,
                    uint8_t language, const float prior[LD_LANGUAGES_MAX], ld_close_verdict *out);

#endif
