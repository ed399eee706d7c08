/* SPDX-License-Identifier: Apache-2.0
 *
 * dedupe_host.h: a host of a few lines for dedupe's tests, benchmark and fuzz target: options from a list, one article
 * by hand, answers kept.
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

/* ---- a stage with both halves, and made-up articles ---- */

typedef struct test_stage {
    struct cd_stage stage;
    void *worker, *store;
} test_stage;

/* Opens both halves with these options (kept, not copied). 0, or what the first failing open gave; the line is in
 * stage.log. */
int test_stage_open(test_stage *s, const test_option *options, const char *folder);
void test_stage_close(test_stage *s);

/* `words` made-up words; the row goes by `seed`, and every word whose place is a multiple of `change` (0: none) is
 * another. */
size_t test_words(char *out, size_t size, unsigned seed, unsigned words, unsigned change);

/* Reads the text in the worker's half and claims it in the store's, as offset `offset` of partition 0; id "a-OFFSET".
 * The timestamp is in ms, -1 for none. What claim_batch gave. */
int test_claim(test_stage *s, cd_str text, int64_t offset, int64_t timestamp, struct cd_answer *answer);

/* The string or word that stands behind "NAME": in the answer, into a static buffer; "null" if it is null. */
const char *test_member(const struct cd_answer *answer, const char *name);

/* A new folder, and its end with all that is in it. */
void test_folder_make(char *path, size_t size);
void test_folder_remove(const char *path);
/* Files in it whose names end so. */
unsigned test_folder_count(const char *path, const char *ending);

#endif
