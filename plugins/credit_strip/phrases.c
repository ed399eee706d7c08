/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/phrases.c: a program of the build, no part of the plugin: reads the tables of phrases and writes the
 * image of their vocabulary, which is compiled in.
 *
 *     credit_strip_phrases IMAGE TABLE…
 *
 * A wrong table ends the build with its name and line. Reports on standard error; exit status 1 for any failure.
 */
#include "vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_MAX (4u << 20)

static int add_table(cs_vocabulary *v, const char *path, char *bytes)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return -1;
    }
    size_t len = fread(bytes, 1, TABLE_MAX, f);
    int whole = feof(f) && !ferror(f);
    fclose(f);
    const char *slash = strrchr(path, '/'), *stem = slash ? slash + 1 : path;
    char name[32], why[160] = "cannot be read, or is too large";
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(stem, "."), stem);
    if (whole && cs_vocabulary_add(v, name, (cd_str){bytes, len}, why, sizeof(why)) == 0)
        return 0;
    fprintf(stderr, "%s: %s\n", path, why);
    return -1;
}

static int write_image(const cs_vocabulary *v, const char *path)
{
    size_t size = 0;
    char *image = cs_vocabulary_image(v, &size);
    FILE *f = image ? fopen(path, "wb") : NULL;
    int failed = f == NULL || fwrite(image, 1, size, f) != size;
    failed |= f != NULL && fclose(f) != 0;
    free(image);
    if (failed)
        perror(path);
    return failed ? -1 : 0;
}

int main(int count, char **arguments)
{
    if (count < 3) {
        fprintf(stderr, "usage: credit_strip_phrases IMAGE TABLE…\n");
        return 1;
    }
    int rc = -1;
    cs_vocabulary *v = cs_vocabulary_create();
    char *bytes = malloc(TABLE_MAX);
    if (v == NULL || bytes == NULL) {
        fprintf(stderr, "out of memory\n");
        goto out;
    }
    rc = 0;
    for (int i = 2; i < count && rc == 0; i++)
        rc = add_table(v, arguments[i], bytes);
    if (rc == 0)
        rc = write_image(v, arguments[1]);
out:
    free(bytes);
    cs_vocabulary_destroy(v);
    return rc < 0;
}
