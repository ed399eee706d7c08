/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/main.c: `copydesk`: which sub-command, and what they share. */
#include "cli/command.h"

#include "base/log.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"run", cd_command_run, "enrich articles from files or standard input"},
    {"check", cd_command_check, "check a configuration and load its plugins"},
    {"explain", cd_command_explain, "show what each stage saw and decided, for one article"},
    {"probe", cd_command_probe, "check whether a plugin keeps the contract of plugin.h"},
    {"dedupe", cd_command_dedupe, "look into the memory of dedupe, and mend it"},
    {"demo", cd_command_demo, "show the whole job on sample articles, with a broker inside"},
    {"replay", cd_command_replay, "send dead letters back to where they came from"},
    {"status", cd_command_status, "show how the running daemon is, and why"},
    {"top", cd_command_top, "watch the running daemon: partitions, stages and processes, by the second"},
    {"tap", cd_command_tap, "show what the running daemon publishes, as it does"},
    {"reload", cd_command_reload, "have the running daemon read its configuration anew, and wait for the outcome"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void usage(FILE *out)
{
    fputs("usage: copydesk COMMAND [OPTION...] [FILE...]\n\n", out);
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].summary);
    fputs("\n`copydesk COMMAND --help` says more. The daemon itself is copydeskd.\n", out);
}

int cd_command_set(cd_command_options *options, const char *text)
{
    if (options->set_count == CD_SETS_MAX)
        return -ENOSPC;
    options->sets[options->set_count++].text = text;
    return 0;
}

/* What the workers have to say is for a log; on a terminal only what is wrong. */
static int configure_without_file(const cd_command_options *options, cd_config **config, cd_problems *problems)
{
    cd_config_set sets[CD_SETS_MAX + 1] = {{"log.level=warning"}};
    memcpy(sets + 1, options->sets, options->set_count * sizeof *sets);
    return cd_config_from_stages(options->stages ? options->stages : CD_BUNDLED_STAGES, sets, options->set_count + 1, config,
                                 problems);
}

int cd_command_configure(const cd_command_options *options, cd_config **config)
{
    cd_problems problems = {0};
    int result;
    if (options->config == NULL)
        result = configure_without_file(options, config, &problems);
    else if (options->stages)
        result = cd_config_load_stages(options->config, options->stages, options->sets, options->set_count,
                                       CD_CONFIG_LOCAL, config, &problems);
    else
        result = cd_config_load(options->config, options->sets, options->set_count, CD_CONFIG_LOCAL, config, &problems);
    if (result)
        cd_problems_write(&problems, stderr);
    cd_problems_fini(&problems);
    return result ? CD_EXIT_USAGE : 0;
}

int main(int argc, char **argv)
{
    char name[64];
    argp_err_exit_status = CD_EXIT_USAGE;
    cd_log_init("copydesk");
    cd_log_level_set(CD_LEVEL_WARNING); /* what a command has to say it prints */
    if (argc < 2) {
        usage(stderr);
        return CD_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("copydesk " COPYDESK_VERSION);
        return 0;
    }
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        snprintf(name, sizeof name, "copydesk %s", commands[i].name);
        argv[1] = name;
        return commands[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "copydesk: there is no command \"%s\"; `copydesk --help` lists them\n", argv[1]);
    return CD_EXIT_USAGE;
}
