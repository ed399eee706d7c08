/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/demo.c: `copydesk demo`: the whole job in front of one's eyes.
 *
 * Starts librdkafka's mock cluster in this process and the real copydeskd, with its workers and store, on it; sends the sample
 * articles (samples.jsonl, written for the project, compiled in), and shows what comes out: readable on a terminal, JSON lines
 * into a pipe. Everything it made lies in a temporary folder and goes with it. */
#include "cli/command.h"
#include "cli/folder.h"
#include "cli/local.h"

#include "article/render.h"
#include "base/program.h"
#include "kafka/demo_cluster.h"

#include <copydesk/tables.h>

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { WAIT_MS = 30000 };

typedef struct demo {
    bool json, colour, keep;
    char folder[256], config[300], log[300];
    cd_demo_cluster *cluster;
    pid_t daemon;
    unsigned sent, shown;
} demo;

static const struct argp_option option_table[] = {
    {"json", 'j', NULL, 0, "JSON lines, as into a pipe", 0},
    {"keep", 'k', NULL, 0, "Keep the temporary folder (configuration, log, the stages' state) and say where it is", 0},
    {0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    demo *d = state->input;
    (void)value;
    switch (key) {
    case 'j': d->json = true; return 0;
    case 'k': d->keep = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- setting up ---- */

static int write_config(demo *d, cd_error *error)
{
    int result = cd_folder_make(d->folder, sizeof d->folder);
    if (result)
        return cd_error_set(error, result, "%s: %s", d->folder, strerror(-result));
    snprintf(d->config, sizeof d->config, "%s/demo.conf", d->folder);
    snprintf(d->log, sizeof d->log, "%s/log", d->folder);
    FILE *file = fopen(d->config, "we");
    if (file == NULL)
        return cd_error_set(error, -errno, "%s: %s", d->config, strerror(errno));
    fprintf(file,
            "name = \"demo\";\n"
            "input: { topics = [\"raw\"]; };\n"
            "output: { topic = \"enriched\"; };\n"
            "dead_letters: { topic = \"dead-letters\"; };\n"
            "state_dir = \"%s\";\n"
            "run_dir = \"%s\";\n"
            "stages = ( { plugin = \"language_detect\"; }, { plugin = \"credit_strip\"; },\n"
            "           { plugin = \"dedupe\"; }, { plugin = \"quote_extract\"; } );\n"
            "kafka: { common = [\"bootstrap.servers=%s\"]; };\n",
            d->folder, d->folder, cd_demo_cluster_bootstrap(d->cluster));
    return fclose(file) == 0 ? 0 : cd_error_set(error, -errno, "%s: %s", d->config, strerror(errno));
}

static int start_daemon(demo *d, cd_error *error)
{
    posix_spawn_file_actions_t actions;
    char *program = cd_program_find("copydeskd", COPYDESK_SBINDIR);
    if (program == NULL)
        return -ENOMEM;
    char *arguments[] = {program, "--config", d->config, NULL};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, d->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int failed = posix_spawn(&d->daemon, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        cd_error_set(error, -failed, "%s cannot be started: %s", program, strerror(failed));
    free(program);
    return -failed;
}

static int start(demo *d, cd_error *error)
{
    int result = cd_demo_cluster_create(&d->cluster, error);
    if (result == 0 && (cd_demo_cluster_add_topic(d->cluster, "raw", 1) || cd_demo_cluster_add_topic(d->cluster, "enriched", 1) ||
                        cd_demo_cluster_add_topic(d->cluster, "dead-letters", 1)))
        result = cd_error_set(error, -EIO, "the demo's topics cannot be made");
    if (result == 0)
        result = write_config(d, error);
    return result ? result : start_daemon(d, error);
}

/* A line of samples.jsonl is one record. */
static int send_samples(demo *d, cd_error *error)
{
    char key[16];
    for (const char *line = cd_tables[0].start, *end; line < cd_tables[0].end; line = end + 1) {
        end = memchr(line, '\n', (size_t)(cd_tables[0].end - line));
        if (end == NULL)
            end = cd_tables[0].end;
        if (end == line)
            continue;
        int length = snprintf(key, sizeof key, "sample-%u", ++d->sent);
        int result = cd_demo_cluster_send(d->cluster, "raw", (cd_str){key, (size_t)length}, (cd_str){line, (size_t)(end - line)}, error);
        if (result)
            return result;
    }
    return 0;
}

/* ---- showing ---- */

static void show_dead_letter(const cd_demo_record *record)
{
    printf("dead letter  %.*s\n  %.*s: %.*s\n  %.60s…\n\n", (int)record->key.len, record->key.ptr, (int)record->class.len,
           record->class.ptr, (int)record->reason.len, record->reason.ptr, record->payload.len ? record->payload.ptr : "");
}

static void show(demo *d, const cd_demo_record *record)
{
    bool dead = strcmp(record->topic, "dead-letters") == 0;
    d->shown++;
    if (d->json && dead)
        fprintf(stderr, "dead letter %.*s: %.*s\n", (int)record->key.len, record->key.ptr, (int)record->reason.len, record->reason.ptr);
    else if (d->json)
        printf("%.*s\n", (int)record->payload.len, record->payload.ptr);
    else if (dead)
        show_dead_letter(record);
    else if (cd_article_render(stdout, record->payload, d->colour) == 0)
        putchar('\n');
    fflush(stdout);
}

static bool daemon_died(demo *d)
{
    int status;
    if (waitpid(d->daemon, &status, WNOHANG) != d->daemon)
        return false;
    d->daemon = 0;
    return true;
}

static int show_all(demo *d, cd_error *error)
{
    cd_demo_record record;
    int result = cd_demo_cluster_read(d->cluster, "enriched", "dead-letters", error);
    for (int waited = 0; result == 0 && d->shown < d->sent && waited < WAIT_MS;) {
        if (cd_demo_cluster_next(d->cluster, 100, &record) == 1) {
            show(d, &record);
            waited = 0;
        } else {
            waited += 100;
        }
        if (daemon_died(d))
            result = cd_error_set(error, -EIO, "copydeskd ended early; its log is %s", d->log);
    }
    if (result == 0 && d->shown < d->sent)
        result = cd_error_set(error, -EIO, "%u of %u samples did not come out; the log is %s", d->sent - d->shown, d->sent, d->log);
    return result;
}

/* ---- ending ---- */

static void end(demo *d, bool keep)
{
    if (d->daemon > 0) {
        kill(d->daemon, SIGTERM);
        waitpid(d->daemon, NULL, 0);
    }
    cd_demo_cluster_destroy(d->cluster);
    if (d->folder[0] && !keep)
        cd_folder_remove(d->folder);
    else if (d->folder[0])
        fprintf(stderr, "kept: %s\n", d->folder);
}

int cd_command_demo(int argc, char **argv)
{
    static const struct argp parser = {option_table, parse_option, NULL,
                                       "Shows the whole job on sample articles: an in-process Kafka, the real daemon with its workers "
                                       "and store, and what comes out.",
                                       NULL, NULL, NULL};
    demo d = {0};
    cd_error error = {0};
    argp_parse(&parser, argc, argv, 0, NULL, &d);
    d.json |= !isatty(STDOUT_FILENO);
    d.colour = !d.json && getenv("NO_COLOR") == NULL;
    if (!d.json)
        puts("An in-process Kafka, the real daemon, and some sample articles:\n");
    int result = start(&d, &error);
    if (result == 0)
        result = send_samples(&d, &error);
    if (result == 0)
        result = show_all(&d, &error);
    if (result)
        fprintf(stderr, "copydesk demo: %s\n", error.text);
    else
        fprintf(stderr, "%u articles in, %u out. `copydesk run --help` takes yours.\n", d.sent, d.shown);
    end(&d, d.keep || result);
    return result ? CD_EXIT_FAILURE : 0;
}
