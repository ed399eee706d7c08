/* SPDX-License-Identifier: Apache-2.0
 *
 * The optional second engine: naive Bayes over byte n-grams (Lui and Baldwin, "langid.py: An Off-the-shelf Language
 * Identification Tool", ACL 2012), with the model of py3langid, as model/install.py converts it.
 *
 * The file is mapped by the host and used where it lies; nothing of it is copied but 8 bytes a language. It is foreign
 * data: `open` refuses whatever is out of bounds, and scoring checks again, as the file might change under the mapping.
 *
 * Ownership: the bytes belong to the host and outlive the model; the model owns its scratch memory. Thread: one at a
 * time.
 *
 * THE FILE, version 1, little-endian, sections in this order, each starting at a multiple of 64 bytes:
 *
 *     header   8 bytes "CDLANGM1", then u32: 0x01020304, classes, features, states, edges, 0, then u64: length of the
 * file codes    classes × 8 bytes     language codes, padded with NUL prior    classes × f32         log-probability of
 * each class fail     states × u32          Aho-Corasick: where to go on when no edge fits; below the state's own
 * number first    (states + 1) × u32    the state's first edge; the last number is the number of edges output   states
 * × u32          the feature that is seen in this state, 0xFFFFFFFF for none target   edges × u32           where the
 * edge leads; above the state's own number byte     edges × u8            the edge's byte, growing within a state
 *     weight   features × classes × f16   log-probability of a feature in a class
 */
#ifndef LANGUAGE_DETECT_MODEL_H
#define LANGUAGE_DETECT_MODEL_H

#include "language.h"

#define LD_MODEL_CLASSES_MAX 512u
#define LD_MODEL_FEATURES_MAX 2000000u
#define LD_MODEL_STATES_MAX 4000000u
#define LD_MODEL_TEXT_MAX ((size_t)4096) /* as much of a text as is looked at */

typedef struct ld_model ld_model;

typedef struct ld_model_guess {
    uint8_t language;   /* a base; LD_UND: no language, or one that is not in the table */
    double probability; /* of this language among the model's; 0 if the text has none of its features */
} ld_model_guess;

/* Opens a model in memory that stays as it is until `close`. NULL and a static string in *error if the file is refused
 * or there is no memory. `close` takes NULL. */
ld_model *ld_model_open(cd_str file, const ld_languages *languages, const char **error);
void ld_model_close(ld_model *model);

/* Guesses the language of `text`, valid UTF-8, of which the first LD_MODEL_TEXT_MAX bytes count. */
void ld_model_guess_language(ld_model *model, cd_str text, ld_model_guess *out);

#endif
