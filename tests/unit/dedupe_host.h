/* SPDX-License-Identifier: Apache-2.0
 *
 * dedupe_host.h: a host of a few lines for dedupe's tests, benchmark and fuzz target: options from a list, one article by
 * hand, answers kept.
 */
#ifndef TEST_DEDUPE_HOST_H
#define TEST_DEDUPE_HOST_H

#include <copydesk/plugin.h>

typedef struct test_option {
    const char *name, *value;
} test_option;

struct cd_stage {
    const cd_option *table;     /* presets */
    const test_option *options; /* over the presets; ends with a NULL name */
    char log[4500];             /* the last line */
};

struct cd_article {
    cd_str text, id, source, lang;
    cd_str body, code; /* credits /body and language /code; absent if the stage did not run */
    char blob[1 << 16];
    size_t blob_length;
    char reason[200];
};

struct cd_answer {
    int answered;
    int32_t verdict;
    char json[4096];
    size_t json_length; /* the true length; `json` holds what fits */
    char detail[4096];
    size_t detail_length;
};

extern const cd_host test_host;

#endif
