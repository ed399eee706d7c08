/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/load.c: see load.h. The table named "evidence" is the scorer's, every other one holds phrases.
 */
#include "load.h"

#include <copydesk/tables.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int load_phrases(cs_vocabulary *v, cd_str own, cd_str *evidence, char *why, size_t size)
{
    for (const cd_table *t = cd_tables; t->name; t++) {
        cd_str bytes = {t->start, (size_t)(t->end - t->start)};
        int rc = 0;
        if (strcmp(t->name, "evidence") == 0)
            *evidence = bytes;
        else
            rc = cs_vocabulary_add(v, t->name, bytes, why, size);
        if (rc < 0)
            return rc;
    }
    return own.ptr ? cs_vocabulary_add(v, "table option", own, why, size) : 0;
}

int cs_load(cd_str own, cs_vocabulary **vocabulary, cs_evidence **evidence, char *why, size_t size)
{
    cd_str table = {NULL, 0};
    snprintf(why, size, "out of memory");
    *evidence = NULL;
    *vocabulary = cs_vocabulary_create();
    if (*vocabulary == NULL)
        return -ENOMEM;
    int rc = load_phrases(*vocabulary, own, &table, why, size);
    if (rc == 0) {
        *evidence = cs_evidence_create(*vocabulary, table, why, size);
        rc = *evidence ? 0 : -EINVAL;
    }
    if (rc < 0) {
        cs_vocabulary_destroy(*vocabulary);
        *vocabulary = NULL;
    }
    return rc;
}
