/* SPDX-License-Identifier: Apache-2.0
 *
 * config/options_private.h: the inside of cd_stage_options, shared by options.c (makes) and options_read.c (reads).
 * Private to config/.
 */
#ifndef CD_CONFIG_OPTIONS_PRIVATE_H
#define CD_CONFIG_OPTIONS_PRIVATE_H

#include "config/options.h"
#include "config/pool.h"
#include "config/setting.h"

/* One value; the field that counts is the one of the option's type. */
typedef struct cd_option_value {
    bool boolean;
    int64_t integer;
    double number;
    cd_str string;                 /* NUL-terminated */
    struct cd_option_value *items; /* a list's elements; a table's cells, row by row */
    size_t count;                  /* elements or rows */
} cd_option_value;

typedef struct cd_option_file {
    const char *path, *file; /* the option's path, the file's name */
} cd_option_file;

struct cd_stage_options {
    cd_pool pool;
    const char *stage;
    const cd_option *table;  /* the plugin's; ends with a NULL name */
    cd_option_value *values; /* one an entry of the table */
    cd_option_file *files;
    size_t file_count;
};

size_t cd_option_count(const cd_option *table);
void cd_stage_options_gather_files(cd_stage_options *options);

#endif
