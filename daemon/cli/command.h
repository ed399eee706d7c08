/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/command.h: the sub-commands of `copydesk`, one file each. Each gets its own argv (argv[0] is "copydesk NAME") and
 * returns the exit status: 0, 1 (some article was dead-lettered, or it failed), 2 (usage or configuration), or its own. */
#ifndef COPYDESK_CLI_COMMAND_H
#define COPYDESK_CLI_COMMAND_H

#include "config/config.h"

int cd_command_run(int argc, char **argv);
int cd_command_check(int argc, char **argv);
int cd_command_explain(int argc, char **argv);
int cd_command_demo(int argc, char **argv);
int cd_command_dedupe(int argc, char **argv);
int cd_command_probe(int argc, char **argv);
int cd_command_replay(int argc, char **argv);
int cd_command_status(int argc, char **argv);
int cd_command_tap(int argc, char **argv);
int cd_command_top(int argc, char **argv);
int cd_command_reload(int argc, char **argv);

enum { CD_EXIT_FAILURE = 1, CD_EXIT_USAGE = 2, CD_SETS_MAX = 256 };

/* What `run` and `explain` share: --config, --stages, --set. */
typedef struct cd_command_options {
    const char *config, *stages;
    cd_config_set sets[CD_SETS_MAX];
    size_t set_count;
} cd_command_options;

/* All four bundled stages, in the order that serves their reading of each other. */
#define CD_BUNDLED_STAGES "language_detect,credit_strip,dedupe,quote_extract"

/* 0, or 2 after writing all problems to stderr. */
int cd_command_configure(const cd_command_options *options, cd_config **config);
/* Adds one --set; 0 or -ENOSPC. */
int cd_command_set(cd_command_options *options, const char *text);

#endif
