/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/check.c: `copydesk check`: everything that can be known to be wrong before the daemon starts.
 *
 * Reads the configuration as the daemon does, shows it as it takes effect (secrets redacted), and starts one worker and, if
 * needed, the store on it, in a temporary folder, so that the plugins are loaded and their options checked by the code that
 * will run them. Does not speak to Kafka. */
#include "cli/command.h"
#include "cli/local.h"

#include "kafka/intake.h"

#include <argp.h>

typedef struct check {
    const char *file;
    bool quiet, keys;
} check;

static const struct argp_option option_table[] = {
    {"quiet", 'q', NULL, 0, "Don't print the effective configuration", 0},
    {"keys", 'k', NULL, 0, "Print the table of all keys and end", 0},
    {0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    check *c = state->input;
    switch (key) {
    case 'q': c->quiet = true; return 0;
    case 'k': c->keys = true; return 0;
    case ARGP_KEY_ARG:
        if (c->file)
            argp_error(state, "one FILE at a time");
        c->file = value;
        return 0;
    case ARGP_KEY_END:
        if (c->file == NULL && !c->keys)
            argp_error(state, "which FILE?");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int no_publish(void *self, cd_record *record)
{
    (void)self;
    (void)record;
    return 0;
}
static void no_release(void *self, cd_record *record)
{
    (void)self;
    (void)record;
}
static void no_settled(void *self, cd_lane *lane)
{
    (void)self;
    (void)lane;
}

static int check_plugins(const cd_config *config)
{
    cd_local local;
    cd_stats_view view = {0};
    cd_outlet outlet = {NULL, no_publish, no_release, no_settled, NULL};
    int error = cd_local_open(&local, config, NULL, &outlet);
    if (error == 0) {
        cd_desk_view(local.desk, &view);
        printf("\n# pipeline %s\n", view.pipeline);
        for (size_t i = 0; i < view.stage_count; i++)
            printf("# stage %zu: %s %s\n", i + 1, view.stages[i].name, view.stages[i].version);
    }
    cd_local_close(&local);
    return error ? CD_EXIT_USAGE : 0;
}

int cd_command_check(int argc, char **argv)
{
    static const struct argp parser = {option_table, parse_option, "FILE",
                                       "Checks a configuration and loads its plugins.\vExit status: 0 if all is well; 2 if not, "
                                       "with every error and its place on standard error.",
                                       NULL, NULL, NULL};
    check c = {0};
    cd_config *config = NULL;
    cd_problems problems = {0};
    cd_config_set one_worker = {"desk.workers=1"};
    argp_parse(&parser, argc, argv, 0, NULL, &c);
    if (c.keys) {
        cd_config_help(stdout);
        return 0;
    }
    if (cd_config_load(c.file, NULL, 0, CD_CONFIG_KAFKA, &config, &problems) != 0) {
        cd_problems_write(&problems, stderr);
        cd_problems_fini(&problems);
        return CD_EXIT_USAGE;
    }
    cd_error error = {0};
    if (cd_kafka_check(config, &error) != 0) {
        fprintf(stderr, "%s\n", error.text);
        cd_config_destroy(config);
        return CD_EXIT_USAGE;
    }
    if (!c.quiet)
        cd_config_print(config, stdout);
    cd_config_destroy(config);
    if (cd_config_load(c.file, &one_worker, 1, CD_CONFIG_LOCAL, &config, &problems) != 0)
        cd_problems_write(&problems, stderr);
    cd_problems_fini(&problems);
    int status = config ? check_plugins(config) : CD_EXIT_USAGE;
    cd_config_destroy(config);
    if (status == 0)
        fprintf(stderr, "%s: no errors\n", c.file);
    return status;
}
