/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/explain.c: `copydesk explain`: one article, stage by stage.
 *
 * Runs the real pipeline on one article; then shows, for each stage, its verdict, its time and the annotation that it
 * added, and the article as a person reads it. A FILE that starts with `{` is a JSON article, else plain text. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/local.h"

#include "article/render.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct explain {
    cd_command_options options;
    char *file;
    bool json;
    cd_local local;
    cd_input input;
    int status;
} explain;

static const struct argp_option option_table[] = {
    {"config", 'c', "FILE", 0, "Take stages and options from FILE", 0},
    {"stages", 's', "A,B,C", 0, "Run these stages, in this order", 0},
    {"set", 'S', "STAGE.OPTION=VALUE", 0, "Set an option of a stage, or any key of the configuration", 0},
    {0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    explain *e = state->input;
    switch (key) {
    case 'c': e->options.config = value; return 0;
    case 's': e->options.stages = value; return 0;
    case 'S':
        if (cd_command_set(&e->options, value) != 0)
            argp_error(state, "at most %d times --set", CD_SETS_MAX);
        return 0;
    case ARGP_KEY_ARG:
        if (e->file)
            argp_error(state, "one FILE at a time");
        e->file = value;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char *verdict_of(const cd_stage_stats *stats)
{
    return stats->dropped    ? "DROP"
           : stats->routed   ? "ROUTE"
           : stats->rejected ? "REJECT"
           : stats->retried  ? "RETRY"
           : stats->fatal    ? "FATAL"
           : stats->timeouts ? "timeout"
           : stats->crashes  ? "crash"
           : stats->ok       ? "OK"
                             : "did not run";
}

static void show_stages(explain *e)
{
    cd_stats_view view = {0};
    cd_desk_view(e->local.desk, &view);
    for (size_t i = 0; i < view.stage_count; i++) {
        const cd_stage_stats *s = &view.stages[i];
        printf("stage %zu  %-18s %-8s %-12s %8.1f µs", i + 1, s->name, s->version, verdict_of(s), (double)s->wall_ns / 1000);
        for (uint32_t j = 0; j < s->counter_count; j++)
            if (s->counters[j])
                printf("  %s %llu", s->counter_names[j], (unsigned long long)s->counters[j]);
        putchar('\n');
    }
    putchar('\n');
}

static int publish(void *self, cd_record *record)
{
    explain *e = self;
    const cd_outcome *outcome = &record->outcome;
    show_stages(e);
    if (outcome->kind == CD_OUTCOME_DEAD_LETTER) {
        printf("dead letter: %s in %s: %s\n", outcome->class, outcome->stage, outcome->reason ? outcome->reason : "no reason given");
        e->status = CD_EXIT_FAILURE;
    } else {
        if (outcome->route)
            printf("routed to %s\n", outcome->route);
        cd_article_render(stdout, outcome->output, isatty(STDOUT_FILENO));
    }
    cd_desk_delivered(e->local.desk, record, NULL, NULL);
    return 0;
}

static void release(void *self, cd_record *record)
{
    (void)self;
    cd_input_free(record->origin);
}

static void settled(void *self, cd_lane *lane)
{
    explain *e = self;
    if (lane->ledger.dropped == 0)
        return;
    show_stages(e);
    puts("dropped");
}

/* A JSON article or plain text: the first byte that is no white space tells. */
static int take_article(explain *e)
{
    cd_arrival arrival;
    int status;
    while ((status = cd_input_next(&e->input, &arrival)) == CD_INPUT_NOT_YET)
        cd_loop_round(&e->local.loop, 50);
    if (status != CD_INPUT_ARTICLE) {
        fprintf(stderr, "copydesk: %s\n", status == CD_INPUT_END ? "there is no article" : e->input.problem);
        return CD_EXIT_FAILURE;
    }
    return cd_desk_take(e->local.desk, e->local.lane, &arrival) ? CD_EXIT_FAILURE : 0;
}

int cd_command_explain(int argc, char **argv)
{
    static const struct argp parser = {option_table, parse_option, "[FILE]",
                                       "Shows what each stage saw and decided for one article, JSON or plain text, and how long it took.",
                                       NULL, NULL, NULL};
    static explain e;
    cd_config *config;
    cd_outlet outlet = {&e, publish, release, settled, NULL};
    argp_parse(&parser, argc, argv, 0, NULL, &e);
    if (cd_command_set(&e.options, "input.format=auto") || cd_command_set(&e.options, "desk.workers=1"))
        return CD_EXIT_USAGE;
    int status = cd_command_configure(&e.options, &config);
    if (status)
        return status;
    if (cd_local_open(&e.local, config, NULL, &outlet) != 0) {
        e.status = CD_EXIT_USAGE;
    } else {
        cd_input_init(&e.input, &e.file, e.file ? 1 : 0, true, (cd_input_limit){.bytes = (size_t)config->input.max_bytes});
        e.status = take_article(&e);
        while (e.local.lane->unsettled > 0)
            cd_local_round(&e.local, -1);
        cd_input_fini(&e.input);
    }
    cd_local_close(&e.local);
    cd_config_destroy(config);
    return e.status;
}
