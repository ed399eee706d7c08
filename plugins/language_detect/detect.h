/* SPDX-License-Identifier: Apache-2.0
 *
 * Detection: text in, language out. Everything but the plugin's dealings with the host.
 *
 * Ownership: the detector owns its buffers and tables; a result borrows nothing. Thread: one detector, one thread.
 */
#ifndef LANGUAGE_DETECT_DETECT_H
#define LANGUAGE_DETECT_DETECT_H

#include "cld2.h"
#include "close.h"
#include "confidence.h"
#include "language.h"
#include "model.h"
#include "sample.h"
#include "shares.h"

#define LD_RELIABLE 0.9 /* from this confidence on an answer is called reliable */

typedef struct ld_settings {
    size_t sample_bytes;   /* 0: all of the text */
    double min_confidence; /* below it the answer is und */
    int html;              /* LD_HTML_… */
    cd_str model;          /* the second engine's file, mapped; absent: CLD2 alone */
} ld_settings;

typedef struct ld_result {
    uint8_t language; /* LD_UND if undetermined */
    char script[5];
    char tag[16];
    double confidence; /* the estimated chance that `language` is right; 0 for und */
    bool reliable;
    ld_evidence evidence;
    ld_shares shares; /* their sum is below 1 where a part could not be named; empty for und */
} ld_result;

typedef struct ld_detector {
    ld_languages languages;
    ld_scripts scripts;
    uint8_t of_cld2[LD_ENGINE_NUMBERS]; /* CLD2's number → language */
    ld_cld2 *cld2;
    ld_close *close;
    ld_model *model; /* NULL without the second engine */
    ld_confidence confidence;
    ld_sample sample;
    ld_settings settings;
} ld_detector;

/* Makes a detector from the tables that are compiled in. 0; -ENOMEM; -EINVAL if a table is wrong (a bug of the build)
 * or the model; -ENODATA if CLD2 runs with its small tables. `*error` says more, a static string. `fini` takes what a
 * failed init left. */
int ld_detector_init(ld_detector *detector, const ld_settings *settings, const char **error);
void ld_detector_fini(ld_detector *detector);

/* Detects. `text` is valid UTF-8. 0, -ENOMEM, or -EMSGSIZE if CLD2 threw. The sample stays readable in detector->sample
 * until the next call. */
int ld_detect(ld_detector *detector, cd_str text, ld_result *out);

#endif
