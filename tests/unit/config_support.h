/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of config/ share: load a text as if it were a file, and look for problems.
 */
#ifndef CONFIG_SUPPORT_H
#define CONFIG_SUPPORT_H

#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Six lines that make a daemon's configuration complete; a test's own text begins on line CONFIG_BASE_LINES + 1. */
#define CONFIG_BASE                                                                                                    \
    "kafka = { common = [ \"bootstrap.servers=broker:9092\" ]; };\n"                                                   \
    "output = { topic = \"clean\"; };\n"                                                                               \
    "dead_letters = { topic = \"dead\"; };\n"
#define CONFIG_BASE_LINES 3

typedef struct config_try {
    int status;
    cd_config *config;
    cd_problems problems;
    char file[64]; /* the name that problems must carry */
} config_try;

/* `sets`: NULL-terminated texts, or NULL. `stages`: a selection, or NULL. */
config_try config_load_text(const char *text, uint32_t flags, const char *const *sets, const char *stages);
config_try config_from_plugins(const char *stages, const char *const *sets);
void config_done(config_try *result);

/* A text that must load. */
config_try config_good(const char *text, uint32_t flags);

/* Fails unless a problem with this place (line 0: none) holds all of the texts, which end with NULL. `file` NULL: the
 * configuration's own. */
void config_expect(const config_try *result, const char *file, unsigned line, ...) __attribute__((sentinel));

/* Loads, and expects exactly one problem, there, with that text; then frees. */
void config_refused(const char *text, uint32_t flags, unsigned line, const char *part);

/* What cd_config_print writes; to be freed. */
char *config_printed(const cd_config *config);
char *config_problems_text(const cd_problems *problems);

#endif
