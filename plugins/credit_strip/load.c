/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/load.c: see load.h. The table "evidence" is the scorer's, "phrases" the image of all others.
 */
#include "load.h"

#include <copydesk/tables.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static cd_str bundled(const char *name)
{
    const cd_table *t = cd_tables;
    while (t->name && strcmp(t->name, name) != 0)
        t++;
    return t->name ? (cd_str){t->start, (size_t)(t->end - t->start)} : (cd_str){NULL, 0};
}

int cs_load(cd_str own, cs_vocabulary **vocabulary, cs_evidence **evidence, char *why, size_t size)
{
    snprintf(why, size, "out of memory");
    *evidence = NULL;
    *vocabulary = cs_vocabulary_open(bundled("phrases"));
    if (*vocabulary == NULL)
        return -ENOMEM;
    int rc = own.ptr ? cs_vocabulary_add(*vocabulary, "table option", own, why, size) : 0;
    if (rc == 0) {
        *evidence = cs_evidence_create(*vocabulary, bundled("evidence"), why, size);
        rc = *evidence ? 0 : -EINVAL;
    }
    if (rc < 0) {
        cs_vocabulary_destroy(*vocabulary);
        *vocabulary = NULL;
    }
    return rc;
}
