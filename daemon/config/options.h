/* SPDX-License-Identifier: Apache-2.0
 *
 * config/options.h: a stage's options, checked against the table in its plugin's descriptor.
 *
 * Made once when a stage is opened, then read-only. Holds copies: neither the configuration nor, except for the table,
 * the plugin need outlive it. Thread: any.
 */
#ifndef CD_CONFIG_OPTIONS_H
#define CD_CONFIG_OPTIONS_H

#include "base/buffer.h"
#include "config/config.h"

#include <copydesk/plugin.h>

typedef struct cd_stage_options cd_stage_options;

/* Checks every setting of the stage (type, range, choice, unknown names with the nearest known one, missing required
 * ones; files of type path must be regular and readable) and fills in the defaults. `table` may be NULL (no options)
 * and must live as long as the result. 0 and *out; or -EINVAL, problems with file and line, *out NULL. */
int cd_stage_options_create(const cd_config_stage *stage, const cd_option *table, cd_stage_options **out,
                            cd_problems *problems);
void cd_stage_options_destroy(cd_stage_options *options); /* NULL is fine */

/* By the paths of plugin.h: "name", "names.0", "rules.2.match". A path or type that the table does not have is a bug of
 * the plugin and ends the process with a message. Strings are NUL-terminated behind their len, and live as long as
 * `options`. */
bool cd_stage_options_boolean(const cd_stage_options *options, const char *path);
int64_t cd_stage_options_integer(const cd_stage_options *options, const char *path);
double cd_stage_options_number(const cd_stage_options *options, const char *path);
cd_str cd_stage_options_string(const cd_stage_options *options,
                               const char *path);                                 /* string, choice, path; an element */
size_t cd_stage_options_count(const cd_stage_options *options, const char *path); /* of a list or table */

/* The files that options of type path name, without the empty ones: for mapping them before the sandbox closes. */
size_t cd_stage_options_file_count(const cd_stage_options *options);
const char *cd_stage_options_file(const cd_stage_options *options, size_t index,
                                  const char **path); /* the file's name;
                                                       *path: the option's */

/* All options in the table's order, defaults filled in, one "path = value" a line: the same text for the same meaning,
 * however it was written. For the fingerprint. Of a path option only whether there is a file: add its SHA-256. May hold
 * secrets: hash it, do not show it. */
void cd_stage_options_write(const cd_stage_options *options, cd_buffer *out);

/* The options that the configuration sets, unchecked, as `--set` would take them: the one at `index`, from 0, into `name` and
 * `value`. False behind the last. Lists, groups, what is too long, and what has the name of a secret come out as "". */
bool cd_stage_option_written(const cd_config_stage *stage, size_t index, const char **name, char *value, size_t size);

/* In words, what a value of the option may be: "an integer from 0 to 40". Gives `out`. */
const char *cd_option_expected(const cd_option *option, char *out, size_t size);

/* The plugin's table for people, as `copydesk check` and `probe` print it. */
void cd_stage_options_help(const cd_option *table, FILE *out);

#endif
