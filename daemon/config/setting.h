/* SPDX-License-Identifier: Apache-2.0
 *
 * config/setting.h: a configuration as it was written: a tree of typed settings with their places. Private to config/.
 *
 * The tree is made from the file (setting_read.c, the only user of libconfig), from values on the command line (type
 * CD_SETTING_TEXT, whose real type the table of keys decides), and back from a pipeline. All memory is an pool's. The
 * depth of a tree is bounded by CD_SETTING_DEPTH, so recursion over it is. Thread: the owner's; read-only afterwards.
 */
#ifndef CD_CONFIG_SETTING_H
#define CD_CONFIG_SETTING_H

#include "config/pool.h"
#include "config/problems.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CD_SETTING_DEPTH 8

typedef enum cd_setting_type {
    CD_SETTING_BOOLEAN = 1,
    CD_SETTING_INTEGER,
    CD_SETTING_NUMBER,
    CD_SETTING_STRING,
    CD_SETTING_LIST, /* [ ] or ( ) */
    CD_SETTING_GROUP,
    CD_SETTING_TEXT /* from --set, or a default */
} cd_setting_type;

typedef struct cd_setting {
    const char *name; /* NULL for an element of a list */
    cd_setting_type type;
    unsigned line; /* 0 if it has none */
    const char *file;
    bool boolean;
    int64_t integer;
    double number;
    const char *string; /* of string and text */
    struct cd_setting *children;
    size_t count;
} cd_setting;

/* Parses a whole file's text. NULL, with problems, if it cannot be read as a tree at all. */
cd_setting *cd_setting_read(cd_pool *pool, const char *file, const char *text, size_t len, cd_problems *problems);

/* A value from the command line or a default; both strings are borrowed. */
cd_setting cd_setting_text(const char *name, const char *value, const char *file);

/* The member of a group, or NULL. `group` may be NULL. */
const cd_setting *cd_setting_member(const cd_setting *group, const char *name);

/* The group with one member replaced or added: a new group in the pool, sharing the other members. */
const cd_setting *cd_setting_with(cd_pool *pool, const cd_setting *group, const cd_setting *member);

/* The value as the type asked for; false if it isn't one. Text is read as the type; integers are numbers too. */
bool cd_setting_boolean(const cd_setting *setting, bool *out);
bool cd_setting_integer(const cd_setting *setting, int64_t *out);
bool cd_setting_number(const cd_setting *setting, double *out);
bool cd_setting_string(const cd_setting *setting, const char **out);
/* As a list; text is divided at commas, spaces around the parts removed, empty text is the empty list. NULL if it isn't
 * one. */
const cd_setting *cd_setting_list(cd_pool *pool, const cd_setting *setting);

/* "the string \"x\"", "a group" …: for problems. `secret`: only the type. At most `size` bytes; returns `out`. */
const char *cd_setting_describe(const cd_setting *setting, bool secret, char *out, size_t size);

/* Does a name look as if its value were nobody's business: password, passphrase, secret, key, token, credential? */
bool cd_name_is_secret(const char *name);

/* Writing in the file's syntax. */
void cd_setting_write_string(FILE *out, const char *string);
void cd_setting_write_number(FILE *out, double number); /* reads back as the same number, and as a number */
void cd_setting_write_integer(FILE *out, int64_t integer);
/* "name = value;" with members one a line, `indent` spaces in front. Values of secret names are written as <redacted>.
 */
void cd_setting_write(FILE *out, const cd_setting *setting, int indent);

#endif
