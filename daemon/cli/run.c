/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/run.c: `copydesk run`: files in, enriched JSON lines out, through the same workers, store and stages as the daemon. */
#include "cli/command.h"
#include "cli/input.h"
#include "cli/local.h"
#include "cli/progress.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct run {
    cd_command_options options;
    const char *state, *dead_letters;
    bool text;
    char **files;
    size_t file_count;

    cd_local local;
    cd_input input;
    cd_progress progress;
    FILE *dead_letter_file;
    bool write_failed;
    bool input_failed;
} run;

enum { KEY_STATE = 256, KEY_WORKERS, KEY_TEXT, KEY_DEAD_LETTERS };

static const struct argp_option option_table[] = {
    {"config", 'c', "FILE", 0, "Take stages and options from FILE; what concerns Kafka in it is not read", 0},
    {"stages", 's', "A,B,C", 0, "Run these stages, in this order (default: those of --config, else " CD_BUNDLED_STAGES ")", 0},
    {"set", 'S', "STAGE.OPTION=VALUE", 0, "Set an option of a stage, or any key of the configuration; may be repeated", 0},
    {"state", KEY_STATE, "DIR", 0, "Keep the stages' state in DIR (default: a temporary folder, removed at the end)", 0},
    {"workers", KEY_WORKERS, "N", 0, "Worker processes (default: one a core)", 0},
    {"text", KEY_TEXT, NULL, 0, "Each FILE is one article of plain text", 0},
    {"dead-letters", KEY_DEAD_LETTERS, "FILE", 0, "Keep the articles that were refused in FILE, as they came, one a line", 0},
    {0},
};

static const char doc[] =
    "Enriches articles: reads JSON lines from FILEs or standard input, writes enriched JSON lines to standard output, in "
    "input order.\vExit status: 0; 1 if any article was refused (each is reported on standard error); 2 for usage or "
    "configuration.";

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    run *r = state->input;
    static char workers[64];
    switch (key) {
    case 'c': r->options.config = value; return 0;
    case 's': r->options.stages = value; return 0;
    case 'S':
        if (cd_command_set(&r->options, value) != 0)
            argp_error(state, "at most %d times --set", CD_SETS_MAX);
        return 0;
    case KEY_STATE: r->state = value; return 0;
    case KEY_WORKERS:
        snprintf(workers, sizeof workers, "desk.workers=%s", value);
        return cd_command_set(&r->options, workers) ? E2BIG : 0;
    case KEY_TEXT: r->text = true; return cd_command_set(&r->options, "input.format=text") ? E2BIG : 0;
    case KEY_DEAD_LETTERS: r->dead_letters = value; return 0;
    case ARGP_KEY_ARGS:
        r->files = state->argv + state->next;
        r->file_count = (size_t)(state->argc - state->next);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the outlet ---- */

static void write_article(run *r, cd_record *record)
{
    const cd_outcome *outcome = &record->outcome;
    if (fwrite(outcome->output.ptr, 1, outcome->output.len, stdout) != outcome->output.len || putchar('\n') == EOF)
        r->write_failed = true;
    r->progress.published++;
}

static void report_dead_letter(run *r, const cd_record *record)
{
    const cd_outcome *outcome = &record->outcome;
    const cd_input_article *article = record->origin;
    char byte[48] = "";
    if (outcome->byte >= 0)
        snprintf(byte, sizeof byte, " (byte %lld)", (long long)outcome->byte);
    cd_progress_clear(&r->progress);
    fprintf(stderr, "%s:%lld: %s in %s: %s%s\n", article->file, (long long)article->line, outcome->class, outcome->stage,
            outcome->reason ? outcome->reason : "no reason given", byte);
    if (r->dead_letter_file && (fwrite(record->payload.ptr, 1, record->payload.len, r->dead_letter_file) != record->payload.len ||
                                fputc('\n', r->dead_letter_file) == EOF))
        r->write_failed = true;
    r->progress.dead_lettered++;
}

static int publish(void *self, cd_record *record)
{
    run *r = self;
    if (record->outcome.kind == CD_OUTCOME_DEAD_LETTER)
        report_dead_letter(r, record);
    else
        write_article(r, record);
    cd_desk_delivered(r->local.desk, record, NULL, NULL);
    return 0;
}

static void release(void *self, cd_record *record)
{
    (void)self;
    cd_input_free(record->origin);
}

static void settled(void *self, cd_lane *lane)
{
    run *r = self;
    r->progress.dropped = lane->ledger.dropped;
}

/* ---- the job ---- */

static volatile sig_atomic_t interrupted;

static void on_signal(int number) { interrupted = number; }

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Takes articles while the desk has room. False at the end of all input. */
static bool take_articles(run *r, bool *starved)
{
    cd_arrival arrival;
    *starved = false;
    for (int i = 0; i < 256 && cd_desk_has_room(r->local.desk); i++) {
        int status = cd_input_next(&r->input, &arrival);
        if (status == CD_INPUT_END)
            return false;
        if (status == CD_INPUT_PROBLEM) {
            cd_progress_clear(&r->progress);
            fprintf(stderr, "copydesk: %s\n", r->input.problem);
            r->input_failed = true;
        } else if (status == CD_INPUT_TOO_LONG) {
            cd_progress_clear(&r->progress);
            fprintf(stderr, "%s\n", r->input.problem);
            r->progress.read++;
            r->progress.dead_lettered++;
            r->write_failed |= r->input.excess_failed;
        } else if (status == CD_INPUT_NOT_YET) {
            *starved = true;
            return true;
        } else if (cd_desk_take(r->local.desk, r->local.lane, &arrival) != 0) {
            cd_input_free(arrival.origin);
            r->write_failed = true;
        } else {
            r->progress.read++;
        }
    }
    return true;
}

static void ignore(void *self) { (void)self; }

static void work(run *r)
{
    bool more = true, starved = false;
    cd_loop_source waiting = {.fd = -1};
    while ((more || r->local.lane->unsettled > 0) && !interrupted && !r->write_failed) {
        if (more)
            more = take_articles(r, &starved);
        bool full = more && !starved && cd_desk_has_room(r->local.desk);
        if (starved && r->local.lane->unsettled == 0)
            fflush(stdout); /* whoever waits at the other end of the pipe gets what there is */
        if (starved && waiting.fd < 0)
            cd_loop_add(&r->local.loop, &waiting, r->input.fd, ignore, NULL);
        cd_local_round(&r->local, full ? 0 : -1);
        if (waiting.fd >= 0)
            cd_loop_remove(&r->local.loop, &waiting);
        cd_progress_show(&r->progress, r->input.bytes_read, r->input.bytes_total);
    }
}

static int do_run(run *r, const cd_config *config)
{
    cd_outlet outlet = {r, publish, release, settled, NULL};
    int error = cd_local_open(&r->local, config, r->state, &outlet);
    if (error) {
        cd_local_close(&r->local);
        return error == -EINVAL ? CD_EXIT_USAGE : CD_EXIT_FAILURE;
    }
    cd_input_limit limit = {(size_t)config->input.max_bytes, r->dead_letter_file};
    cd_input_init(&r->input, r->files, r->file_count, r->text, limit);
    cd_progress_start(&r->progress);
    work(r);
    if (fflush(stdout) != 0 || (r->dead_letter_file && fclose(r->dead_letter_file) != 0))
        r->write_failed = true;
    if (r->write_failed)
        fprintf(stderr, "copydesk: the output cannot be written: %s\n", strerror(errno));
    cd_progress_end(&r->progress);
    cd_local_close(&r->local);
    cd_input_fini(&r->input);
    return r->write_failed || r->input_failed || r->progress.dead_lettered || interrupted ? CD_EXIT_FAILURE : 0;
}

int cd_command_run(int argc, char **argv)
{
    static const struct argp parser = {option_table, parse_option, "[FILE...]", doc, NULL, NULL, NULL};
    static run r;
    cd_config *config;
    argp_parse(&parser, argc, argv, 0, NULL, &r);
    int status = cd_command_configure(&r.options, &config);
    if (status)
        return status;
    if (r.dead_letters && (r.dead_letter_file = fopen(r.dead_letters, "we")) == NULL) {
        fprintf(stderr, "copydesk: %s: %s\n", r.dead_letters, strerror(errno));
        cd_config_destroy(config);
        return CD_EXIT_USAGE;
    }
    catch_signals();
    status = do_run(&r, config);
    cd_config_destroy(config);
    return status;
}
