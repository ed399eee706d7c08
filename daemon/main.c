/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c: copydeskd, the desk's process: Kafka on both ends of the desk, the service around it.
 *
 * One thread, one loop: signals, Kafka's queues, the children's eventfds and pidfds are all descriptors in it; librdkafka's own threads
 * never call into our code but for its log. Exit status: 0 after SIGTERM or SIGINT; 1 failure; 2 usage or configuration; 65
 * records are gone that have not been read (input.lost_offsets = "stop"); 75 a fatal Kafka error, after which a new start helps (systemd's
 * Restart= does that). */
#include "base/clock.h"
#include "base/log.h"
#include "base/program.h"
#include "config/config.h"
#include "control/control.h"
#include "control/status.h"
#include "desk/desk.h"
#include "desk/letter_json.h"
#include "kafka/intake.h"
#include "kafka/outlet.h"
#include "kafka/stats_topic.h"
#include "service/notify.h"
#include "service/signals.h"

#include <argp.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_LOST = 65, EXIT_KAFKA = 75 };

typedef struct daemon_state {
    const cd_config *config;
    cd_loop loop;
    cd_loop_source signal_source;
    int signal_fd;
    int stops; /* SIGTERMs and SIGINTs so far: the second one does not wait */
    cd_desk *desk;
    cd_kafka_outlet *outlet;
    cd_kafka_intake *intake;
    cd_kafka_stats *stats;
    cd_json stats_json, letter_json;
    char store_folder[4096];
    int64_t start_ns, commit_ns, stats_ns, watchdog_ns, watchdog_interval_ns, look_ns, extend_ns;
    bool ready, reload_asked;
    int wanted_log_level; /* of the configuration that is being loaded */
    cd_reload_memory reload;
    cd_condition condition;
    cd_control *control; /* NULL: there is none */
    bool no_answer;      /* the brokers have been asked in vain */
} daemon_state;

/* The service manager is asked for so much more time to start, three times as often. */
enum { EXTEND_S = 30 };

/* Asking the brokers at the start is broken off after so many seconds: long enough for ten answers that a topic is not there. And so
 * many rounds of the loop then: a connection, its request, its answer. */
enum { ASK_S = 10, SEE_ROUNDS = 8 };

/* ---- the two ends, tied to the desk ---- */

static int publish(void *self, cd_record *record) { return cd_kafka_outlet_publish(((daemon_state *)self)->outlet, record); }
static void release(void *self, cd_record *record) { cd_kafka_intake_release(((daemon_state *)self)->intake, record); }
static void settled(void *self, cd_lane *lane) { cd_kafka_intake_settled(((daemon_state *)self)->intake, lane); }

/* To whoever taps. */
static void delivered(void *self, const cd_record *record)
{
    daemon_state *d = self;
    if (cd_control_taps(d->control) == 0 || record->outcome.kind == CD_OUTCOME_TOMBSTONE)
        return;
    cd_tap_record shown = {CD_TAP_ARTICLES, record->lane->topic, record->identity.partition, record->outcome.output};
    if (record->outcome.kind == CD_OUTCOME_DEAD_LETTER) {
        cd_letter_json(record, &d->letter_json);
        shown.kind = CD_TAP_DEAD_LETTERS;
        shown.json = cd_json_text(&d->letter_json);
    }
    if (shown.json.ptr)
        cd_control_show(d->control, &shown);
}

/* ---- signals ---- */

static void on_signal(void *self)
{
    daemon_state *d = self;
    for (int number; (number = cd_signals_read(d->signal_fd)) != 0;) {
        if (number == SIGHUP) {
            d->reload_asked = true;
            continue;
        }
        cd_log_info("SIG%s: %s", sigabbrev_np(number), d->stops ? "ending at once" : "draining");
        d->stops++;
    }
}

/* ---- a round ---- */

/* What the desk and the clients say is not well; they say it as a whole status line. */
static const char *complaint(const char *status)
{
    static const char prefix[] = "degraded: ";
    if (status == NULL || strcmp(status, "ok") == 0)
        return NULL;
    return strncmp(status, prefix, sizeof prefix - 1) == 0 ? status + sizeof prefix - 1 : status;
}

static const char *start_step(const daemon_state *d)
{
    if (!cd_desk_ready(d->desk))
        return "the children are starting";
    return d->intake ? "joining the group" : d->no_answer ? "no broker answers, or not all topics are there" : "asking the brokers";
}

static const char *ledger_complaint(const cd_stats_view *view)
{
    for (size_t i = 0; i < view->partition_count; i++)
        if (cd_ledger_gap(&view->partitions[i].ledger, view->partitions[i].in_flight))
            return "ALARM: a ledger does not balance";
    return NULL;
}

/* How it is, and why: into `view`, whose status is written into `line`. */
static void look(daemon_state *d, cd_stats_view *view, char *line, size_t size)
{
    int64_t now_ns = cd_clock_monotonic_ns();
    const char *phase = d->stops ? "stopping" : d->ready ? "ready" : "starting";
    *view = (cd_stats_view){.time_ms = cd_clock_wall_ms(), .uptime_ms = (now_ns - d->start_ns) / CD_NS_PER_MS};
    cd_desk_view(d->desk, view);
    if (d->intake)
        view->partitions = cd_kafka_intake_partitions(d->intake, &view->partition_count);
    const cd_complaint complaints[] = {
        {"start", d->ready || d->stops ? NULL : start_step(d)},
        {"desk", d->ready ? complaint(view->status) : NULL},
        {"producer", d->outlet ? complaint(cd_kafka_outlet_trouble(d->outlet)) : NULL},
        {"consumer", d->intake ? complaint(cd_kafka_intake_trouble(d->intake)) : NULL},
        {"ledger", ledger_complaint(view)},
    };
    cd_condition_note(&d->condition, phase, complaints, sizeof complaints / sizeof *complaints, now_ns);
    view->status = cd_condition_line(&d->condition, line, size);
}

static void check_ledgers(const cd_stats_view *view)
{
    for (size_t i = 0; i < view->partition_count; i++) {
        const cd_partition_stats *p = &view->partitions[i];
        int64_t gap = cd_ledger_gap(&p->ledger, p->in_flight);
        if (gap)
            cd_log_error("ALARM: the ledger of %s/%d does not balance: off by %lld", p->topic, p->partition, (long long)gap);
    }
}

static cd_str look_and_write(daemon_state *d)
{
    char line[1024];
    cd_stats_view view;
    look(d, &view, line, sizeof line);
    cd_stats_write(&view, &d->stats_json);
    return cd_json_text(&d->stats_json);
}

static void publish_stats(daemon_state *d)
{
    cd_str json = look_and_write(d);
    if (d->stats && json.ptr)
        cd_kafka_stats_publish(d->stats, json);
}

static void tell_service_manager(daemon_state *d)
{
    char line[1024];
    cd_stats_view view;
    look(d, &view, line, sizeof line);
    check_ledgers(&view);
    cd_notify_status("%s%s%s", line, d->reload.refusal[0] ? "; the last reload was refused: " : "", d->reload.refusal);
}

/* ---- the control socket ---- */

static void answer_status(void *self, cd_json *out)
{
    daemon_state *d = self;
    cd_status status = {.condition = &d->condition,
                        .reload = &d->reload,
                        .version = COPYDESK_VERSION,
                        .file = d->config->file,
                        .group = d->config->group,
                        .process = getpid(),
                        .taps = cd_control_taps(d->control),
                        .log_dropped = cd_log_dropped(),
                        .log_suppressed = cd_log_suppressed(),
                        .stats = look_and_write(d)};
    status.now_ns = cd_clock_monotonic_ns();
    status.now_ms = cd_clock_wall_ms();
    cd_status_write(&status, out);
}

static const char *ask_reload(void *self, const cd_control_peer *peer)
{
    daemon_state *d = self;
    if (d->stops)
        return "it is stopping";
    if (!d->ready)
        return "it is still starting";
    cd_log_notice("process %d of user %u asks for a reload", (int)peer->process, (unsigned)peer->user);
    d->reload_asked = true;
    return NULL;
}

/* The daemon does without it, if it must: it serves nothing but curiosity and convenience. */
static void open_control(daemon_state *d)
{
    cd_error error = {0};
    cd_control_plan plan = {&d->loop, d->config->run_dir, d->config->name, d, answer_status, ask_reload};
    if (d->config->run_dir[0] && cd_control_create(&plan, &d->control, &error) != 0)
        cd_log_warning("no control socket: %s", error.text);
}

static bool due(int64_t *next_ns, int64_t now_ns, int64_t interval_ns)
{
    if (now_ns < *next_ns)
        return false;
    *next_ns = now_ns + interval_ns;
    return true;
}

static void keep_time(daemon_state *d)
{
    int64_t now_ns = cd_clock_monotonic_ns();
    if (d->intake && due(&d->commit_ns, now_ns, d->config->desk.commit_interval * CD_NS_PER_MS))
        cd_kafka_intake_commit(d->intake);
    if (due(&d->stats_ns, now_ns, d->config->stats.interval * CD_NS_PER_MS))
        publish_stats(d);
    if (due(&d->look_ns, now_ns, CD_NS_PER_S))
        tell_service_manager(d);
    if (!d->ready && !d->stops && due(&d->extend_ns, now_ns, EXTEND_S * CD_NS_PER_S / 3))
        cd_notify_extend(EXTEND_S);
    if (d->watchdog_interval_ns && due(&d->watchdog_ns, now_ns, d->watchdog_interval_ns))
        cd_notify_watchdog();
}

/* Everything but the intake. */
static void pump(void *self, int most_ms)
{
    daemon_state *d = self;
    if (d->outlet)
        cd_kafka_outlet_poll(d->outlet);
    cd_kafka_stats_poll(d->stats);
    cd_desk_serve(d->desk);
    keep_time(d);
    cd_control_tend(d->control, cd_clock_monotonic_ns());
    int sleep_ms = cd_desk_sleep_ms(d->desk);
    cd_loop_round(&d->loop, sleep_ms < most_ms ? sleep_ms : most_ms);
}

/* ---- reloading ---- */

/* `refusal` NULL: accepted. Whoever asked hears of it after the service manager has. */
static void decide_reload(daemon_state *d, const char *refusal)
{
    cd_stats_view view = {0};
    snprintf(d->reload.refusal, sizeof d->reload.refusal, "%s", refusal ? refusal : "");
    d->reload.decided_ns = cd_clock_monotonic_ns();
    d->reload.running = false;
    if (refusal)
        cd_log_error("reload refused, the running configuration goes on: %s", d->reload.refusal);
    else
        cd_log_level_set(d->wanted_log_level);
    cd_notify_ready();
    d->look_ns = 0;
    cd_desk_view(d->desk, &view);
    cd_control_reload_decided(d->control, refusal ? d->reload.refusal : NULL, view.pipeline);
}

static void tell_problems(const cd_problems *problems, cd_error *summary)
{
    const cd_config_problem *first = problems->list;
    if (problems->count > 0)
        cd_error_set(summary, 0, "%s:%u: %s%s", first->file ? first->file : "", first->line, first->text,
                     problems->count > 1 ? " (and more: `copydesk check` tells all)" : "");
    for (size_t i = 0; i < problems->count; i++)
        cd_log_write(NULL, CD_LEVEL_ERROR, "%s:%u: %s", problems->list[i].file ? problems->list[i].file : "", problems->list[i].line,
                     problems->list[i].text);
}

static void begin_reload(daemon_state *d)
{
    cd_problems problems = {0};
    cd_config *wanted;
    cd_error error = {0};
    d->reload_asked = false;
    d->reload.running = true;
    cd_notify_reloading();
    cd_control_reload_begun(d->control);
    int failed = cd_config_load(d->config->file, NULL, 0, CD_CONFIG_KAFKA, &wanted, &problems);
    tell_problems(&problems, &error);
    cd_problems_fini(&problems);
    const char *fixed = failed ? NULL : cd_config_fixed_difference(d->config, wanted);
    if (fixed) {
        failed = cd_error_set(&error, -EINVAL, "%s is not what it was, and only a restart can change it", fixed);
        cd_config_destroy(wanted);
    }
    if (failed == 0) {
        d->wanted_log_level = wanted->log_level;
        failed = cd_desk_reload(d->desk, wanted, &error);
    }
    if (failed)
        decide_reload(d, error.text[0] ? error.text : strerror(-failed));
}

/* The new workers prove themselves while the old ones work; here only the outcome is told. */
static void tend_reload(daemon_state *d)
{
    if (d->reload.running && !cd_desk_reloading(d->desk))
        decide_reload(d, cd_desk_reload_refusal(d->desk));
    if (d->reload_asked && d->ready)
        begin_reload(d);
}

/* The second SIGTERM does not wait. */
static bool hurry(void *self) { return ((const daemon_state *)self)->stops > 1; }

/* ---- the phases ---- */

static const char *fatal_of(const daemon_state *d)
{
    const char *fatal = cd_kafka_outlet_fatal(d->outlet);
    return fatal || d->intake == NULL ? fatal : cd_kafka_intake_fatal(d->intake);
}

static int start_children(daemon_state *d, cd_error *error)
{
    cd_outlet outlet = {d, publish, release, settled, delivered};
    cd_desk_plan plan = {d->config, &d->loop, outlet, d->store_folder, false};
    snprintf(d->store_folder, sizeof d->store_folder, "%s/%s", d->config->state_dir, d->config->name);
    int result = cd_desk_create(&plan, &d->desk, error);
    if (result)
        return result;
    open_control(d);
    while (!cd_desk_ready(d->desk) && !cd_desk_refusal(d->desk) && !d->stops)
        pump(d, 1000);
    if (cd_desk_refusal(d->desk))
        return cd_error_set(error, cd_desk_refusal_error(d->desk), "%s", cd_desk_refusal(d->desk));
    return d->stops ? -EINTR : 0;
}

/* Readable when a signal comes, and after so many seconds. */
static int open_alarm(const daemon_state *d, int seconds, int *timer)
{
    struct itimerspec after = {.it_value.tv_sec = seconds};
    struct epoll_event event = {.events = EPOLLIN};
    int alarm = epoll_create1(EPOLL_CLOEXEC);
    *timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (alarm >= 0 && *timer >= 0 && timerfd_settime(*timer, 0, &after, NULL) == 0 &&
        epoll_ctl(alarm, EPOLL_CTL_ADD, d->signal_fd, &event) == 0 && epoll_ctl(alarm, EPOLL_CTL_ADD, *timer, &event) == 0)
        return alarm;
    int failed = -errno;
    if (alarm >= 0)
        close(alarm);
    return failed;
}

/* Asking the brokers blocks: it is broken off now and then, to see to everything else, and begun anew, for as long as it takes. */
static int create_outlet(daemon_state *d, cd_error *error)
{
    int result, timer;
    do {
        int alarm = open_alarm(d, ASK_S, &timer);
        result = alarm < 0 ? alarm : cd_kafka_outlet_create(d->config, d->desk, &d->loop, alarm, &d->outlet, error);
        if (alarm >= 0)
            close(alarm);
        if (timer >= 0)
            close(timer);
        d->no_answer = result == -EINTR;
        for (int i = 0; i < SEE_ROUNDS && result == -EINTR; i++)
            pump(d, 0);
    } while (result == -EINTR && !d->stops);
    return result;
}

static int start(daemon_state *d, cd_error *error)
{
    cd_kafka_intake_plan plan = {.config = d->config, .loop = &d->loop, .pump = pump, .hurry = hurry, .self = d};
    /* First what needs no broker: a plugin that cannot be loaded is told at once, whether Kafka is there or not. */
    int result = start_children(d, error);
    if (result == 0)
        result = cd_kafka_stats_create(d->config, &d->stats, error);
    if (result == 0)
        result = create_outlet(d, error);
    plan.desk = d->desk;
    plan.outlet = d->outlet;
    if (result == 0)
        result = cd_kafka_intake_create(&plan, &d->intake, error);
    return result;
}

static void become_ready(daemon_state *d)
{
    if (d->ready || !cd_kafka_intake_joined(d->intake) || !cd_desk_ready(d->desk))
        return;
    d->ready = true;
    cd_notify_ready();
    cd_log_info("ready: group %s joined, children up", d->config->group);
    d->stats_ns = d->look_ns = 0;
}

/* 0, or the exit status for a fatal error. */
static int work(daemon_state *d)
{
    while (!d->stops) {
        bool more = cd_kafka_intake_poll(d->intake);
        pump(d, more ? 0 : 100);
        become_ready(d);
        tend_reload(d);
        if (fatal_of(d)) {
            cd_log_error("fatal: %s", fatal_of(d));
            return EXIT_KAFKA;
        }
        if (cd_kafka_intake_lost(d->intake)) {
            cd_log_error("stopping: %s", cd_kafka_intake_lost(d->intake));
            return EXIT_LOST;
        }
    }
    return 0;
}

static void stop(daemon_state *d, bool drain)
{
    cd_notify_stopping();
    cd_kafka_intake_close(d->intake, drain);
    d->intake = NULL;
    cd_control_destroy(d->control);
    d->control = NULL;
    if (d->desk)
        cd_desk_stop(d->desk, hurry(d) ? 0 : 5000);
    if (d->outlet)
        cd_kafka_outlet_purge(d->outlet);
    cd_desk_destroy(d->desk);
    cd_kafka_stats_destroy(d->stats);
    cd_kafka_outlet_destroy(d->outlet);
    cd_json_free(&d->stats_json);
    cd_json_free(&d->letter_json);
}

static int run(const cd_config *config)
{
    daemon_state d = {.config = config, .start_ns = cd_clock_monotonic_ns(), .watchdog_interval_ns = cd_notify_watchdog_interval_ns()};
    cd_error error = {0};
    d.signal_fd = cd_signals_open();
    int result = d.signal_fd < 0 ? d.signal_fd : cd_loop_init(&d.loop);
    if (result == 0)
        result = cd_loop_add(&d.loop, &d.signal_source, d.signal_fd, on_signal, &d);
    if (result == 0)
        result = start(&d, &error);
    if (result && result != -EINTR)
        cd_log_write(NULL, CD_LEVEL_ERROR, "%s", error.text[0] ? error.text : strerror(-result));
    int status = result == -EINTR ? 0 : result == -EINVAL ? EXIT_USAGE : result ? EXIT_FAILURE : work(&d);
    stop(&d, result == 0 && (status == 0 || status == EXIT_LOST));
    cd_loop_fini(&d.loop);
    if (d.signal_fd >= 0)
        close(d.signal_fd);
    return status;
}

/* ---- the command line ---- */

typedef struct options {
    const char *file;
    bool check;
} options;

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case 'c': o->file = value; return 0;
    case 'k': o->check = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, "there are no arguments, only options"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* What the desk needs is taken from the system at the start, and kept: desk.memory (no more than so much of it: who allows himself
 * gigabytes means a limit), and librdkafka's fetches and batches beside it. So the first burst costs no more than the others, a
 * machine that is too small shows at once, and not in the worst hour, and memory is the same after the first record and after a
 * hundred million (docs/adr/0004). One arena, because each of many would grow to a peak of its own; a high threshold for mmap,
 * because of the page faults of each batch. */
enum { TAKEN_MOST = 256 << 20, BESIDE = 14 << 20, PIECE = 1 << 20, PAGE = 4096, SLACK = 32 << 20 };

static void take_memory(int64_t budget)
{
    int bytes = (int)(budget < TAKEN_MOST ? budget : TAKEN_MOST) + BESIDE;
    void **pieces = NULL;
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 8 << 20);
    mallopt(M_TRIM_THRESHOLD, bytes + SLACK);
    for (int taken = 0; taken < bytes; taken += PIECE) {
        void **piece = malloc(PIECE);
        if (piece == NULL)
            break;
        for (size_t at = 0; at < PIECE; at += PAGE)
            ((volatile char *)piece)[at] = 0;
        *piece = pieces;
        pieces = piece;
    }
    while (pieces) {
        void **next = *pieces;
        free(pieces);
        pieces = next;
    }
}

/* The command line has the whole check: one place for it. */
static int check(const char *file)
{
    char *program = cd_program_find("copydesk", COPYDESK_BINDIR);
    if (program)
        execl(program, "copydesk", "check", "--quiet", file, (char *)NULL);
    fprintf(stderr, "copydeskd: %s cannot be started: %s\n", program ? program : "copydesk", strerror(errno));
    free(program);
    return EXIT_FAILURE;
}

static void print_version(FILE *out, struct argp_state *state)
{
    (void)state;
    fprintf(out, "copydeskd " COPYDESK_VERSION ", librdkafka %s\n", cd_kafka_version());
}

int main(int argc, char **argv)
{
    static const struct argp_option table[] = {
        {"config", 'c', "FILE", 0, "The configuration (default: " CD_CONFIG_FILE ")", 0},
        {"check", 'k', NULL, 0, "Check the configuration and its plugins, as `copydesk check` does, and end", 0},
        {0},
    };
    static const struct argp parser = {table, parse_option, NULL,
                                       "Reads news articles from Kafka, passes them through plugins, publishes enriched JSON.\v"
                                       "Exit status: 0; 1 failure; 2 usage or configuration; 65 records are gone that were not read "
                                       "(input.lost_offsets); 75 fatal Kafka error.",
                                       NULL, NULL, NULL};
    options o = {.file = CD_CONFIG_FILE};
    cd_config *config;
    cd_problems problems = {0};
    argp_program_version_hook = print_version;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&parser, argc, argv, 0, NULL, &o);
    if (o.check)
        return check(o.file);
    if (cd_config_load(o.file, NULL, 0, CD_CONFIG_KAFKA, &config, &problems) != 0) {
        cd_problems_write(&problems, stderr);
        cd_problems_fini(&problems);
        return EXIT_USAGE;
    }
    cd_problems_fini(&problems);
    cd_log_init("copydeskd");
    take_memory(config->desk.memory);
    cd_log_level_set(config->log_level);
    cd_log_info("copydeskd " COPYDESK_VERSION ", librdkafka %s", cd_kafka_version());
    int status = run(config);
    cd_config_destroy(config);
    return status;
}
