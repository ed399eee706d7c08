/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/status.c: `copydesk status`: how the running daemon is and why, for people or as JSON (docs/control.md). */
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/table.h"
#include "cli/words.h"

#include "article/render_text.h"

#include <argp.h>
#include <time.h>

enum { PATIENCE_S = 15 };

typedef struct status {
    cd_ask_whom whom;
    bool json;
    cd_json_reader *elements; /* for what stands in arrays */
    cd_answer_part all;
    int64_t now_ms;
} status;

static const struct argp_option option_table[] = {
    {"json", 'j', NULL, 0, "As JSON, in one line", 0},
    {0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    status *s = state->input;
    (void)value;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &s->whom; return 0;
    case 'j': s->json = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- words ---- */

static const char *moment(int64_t ms, char out[32])
{
    struct tm date;
    time_t seconds = (time_t)(ms / 1000);
    if (gmtime_r(&seconds, &date) == NULL || strftime(out, 32, "%Y-%m-%d %H:%M:%S UTC", &date) == 0)
        snprintf(out, 32, "?");
    return out;
}

static void say(const cd_answer_part *part, const char *pointer, size_t limit)
{
    cd_render_text(stdout, cd_answer_string(part, pointer), limit);
}

static long long number(const cd_answer_part *part, const char *pointer) { return (long long)cd_answer_number(part, pointer); }

/* Element `i` of the array, of the whole answer; json.ptr NULL: there is none. */
static cd_answer_part element(const status *s, const char *array, size_t i)
{
    char pointer[64];
    snprintf(pointer, sizeof pointer, "%s/%zu", array, i);
    return cd_answer_at(&s->all, pointer, s->elements);
}

static void cell(cd_table *table, const cd_answer_part *part, const char *pointer)
{
    cd_str text = cd_answer_string(part, pointer);
    cd_table_cell(table, "%.*s", (int)text.len, text.ptr);
}

static void number_cell(cd_table *table, const cd_answer_part *part, const char *pointer)
{
    cd_table_cell(table, "%lld", number(part, pointer));
}

static void known_cell(cd_table *table, const cd_answer_part *part, const char *pointer)
{
    long long value = number(part, pointer);
    if (value < 0 || cd_answer_at(part, pointer, part->reader).json.ptr == NULL)
        cd_table_cell(table, "-");
    else
        cd_table_cell(table, "%lld", value);
}

/* ---- what is said once ---- */

static void show_state(const status *s)
{
    char when[32], age[32];
    int64_t since_ms = cd_answer_number(&s->all, "/status/since_ms");
    say(&s->all, "/status/stats/name", 64);
    fputs(": ", stdout);
    say(&s->all, "/status/state", 20);
    printf(" since %s (%s)\n", moment(since_ms, when), cd_words_duration(s->now_ms - since_ms, age));
    for (size_t i = 0;; i++) {
        cd_answer_part reason = element(s, "/status/reasons", i);
        if (reason.json.ptr == NULL)
            return;
        fputs("  ", stdout);
        say(&reason, "/from", 20);
        fputs(": ", stdout);
        say(&reason, "/text", 400);
        printf(" (for %s)\n", cd_words_duration(s->now_ms - cd_answer_number(&reason, "/since_ms"), age));
    }
}

static void show_reload(const status *s)
{
    char when[32];
    cd_str last = cd_answer_string(&s->all, "/status/reload/last");
    printf("reload    %.*s", (int)last.len, last.ptr);
    int64_t time_ms = cd_answer_number(&s->all, "/status/reload/time_ms");
    if (time_ms)
        printf(" at %s", moment(time_ms, when));
    if (cd_answer_string(&s->all, "/status/reload/reason").len) {
        fputs(": ", stdout);
        say(&s->all, "/status/reload/reason", 500);
    }
    puts(cd_answer_true(&s->all, "/status/reload/running") ? "; another one is being tried" : "");
}

static void show_memory(const status *s)
{
    double used = (double)cd_answer_number(&s->all, "/status/stats/memory_used") / (1 << 20);
    double limit = (double)cd_answer_number(&s->all, "/status/stats/memory_limit") / (1 << 20);
    printf("memory    %.1f of %.1f MiB (%.0f %%)\n", used, limit, limit > 0 ? 100 * used / limit : 0.0);
}

static void show_ledger(const status *s)
{
    cd_answer_part total = cd_answer_at(&s->all, "/status/stats/total", s->elements);
    printf("ledger    read %lld = published %lld + dropped %lld + dead-lettered %lld + abandoned %lld + in flight %lld",
           number(&total, "/read"), number(&total, "/published"), number(&total, "/dropped"), number(&total, "/dead_lettered"),
           number(&total, "/abandoned"), number(&total, "/in_flight"));
    if (number(&total, "/gap"))
        printf("; ALARM: off by %lld", number(&total, "/gap"));
    putchar('\n');
}

static void show_process(const status *s)
{
    char age[32];
    fputs("program   copydeskd ", stdout);
    say(&s->all, "/status/program", 40);
    printf(", process %lld, up %s\nfile      ", number(&s->all, "/status/pid"),
           cd_words_duration(cd_answer_number(&s->all, "/status/stats/uptime_ms"), age));
    say(&s->all, "/status/file", 500);
    fputs(", group ", stdout);
    say(&s->all, "/status/group", 250);
    fputs("\npipeline  ", stdout);
    say(&s->all, "/status/stats/pipeline", 40);
    putchar('\n');
}

/* ---- tables ---- */

static void show_children(const status *s)
{
    static const char *const heads[] = {"CHILD", "STATE", ">PID", ">IN HAND", ">AGE", ">RESTARTS"};
    char age[32];
    cd_table table = {0};
    cd_table_begin(&table, heads, 6);
    for (size_t i = 0;; i++) {
        cd_answer_part child = element(s, "/status/stats/workers", i);
        if (child.json.ptr == NULL)
            break;
        cell(&table, &child, "/name");
        cell(&table, &child, "/state");
        number_cell(&table, &child, "/pid");
        number_cell(&table, &child, "/in_flight");
        int64_t age_ms = cd_answer_number(&child, "/age_ms");
        cd_table_cell(&table, "%s", age_ms ? cd_words_duration(age_ms, age) : "-");
        known_cell(&table, &child, "/restarts");
    }
    putchar('\n');
    cd_table_print(&table, stdout);
}

static void show_partitions(const status *s)
{
    static const char *const heads[] = {"TOPIC", ">PARTITION", ">EPOCH", ">READ", ">PUBLISHED", ">DROPPED", ">DEAD",
                                        ">IN FLIGHT", ">COMMITTED", ">END", ">LAG", ">SKIPPED", "STATE"};
    cd_table table = {0};
    cd_table_begin(&table, heads, 13);
    for (size_t i = 0;; i++) {
        cd_answer_part one = element(s, "/status/stats/partitions", i);
        if (one.json.ptr == NULL)
            break;
        cell(&table, &one, "/topic");
        number_cell(&table, &one, "/partition");
        number_cell(&table, &one, "/epoch");
        number_cell(&table, &one, "/read");
        number_cell(&table, &one, "/published");
        number_cell(&table, &one, "/dropped");
        number_cell(&table, &one, "/dead_lettered");
        number_cell(&table, &one, "/in_flight");
        known_cell(&table, &one, "/committed");
        known_cell(&table, &one, "/end");
        known_cell(&table, &one, "/lag");
        number_cell(&table, &one, "/skipped");
        cd_table_cell(&table, "%s", !cd_answer_true(&one, "/assigned") ? "given up" : cd_answer_true(&one, "/paused") ? "paused" : "");
    }
    putchar('\n');
    cd_table_print(&table, stdout);
}

static void show_stages(const status *s)
{
    static const char *const heads[] = {"STAGE", "VERSION", ">ARTICLES", ">OK", ">DROPPED", ">ROUTED", ">REJECTED", ">RETRIED",
                                        ">FATAL", ">SKIPPED", ">CRASHES", ">TIMEOUTS", ">CLAIMS", ">MEAN µs", "STATE"};
    static const char *const counts[] = {"/articles", "/ok", "/dropped", "/routed", "/rejected", "/retried", "/fatal", "/skipped",
                                         "/crashes", "/timeouts", "/claims"};
    cd_table table = {0};
    cd_table_begin(&table, heads, 15);
    for (size_t i = 0;; i++) {
        cd_answer_part stage = element(s, "/status/stats/stages", i);
        if (stage.json.ptr == NULL)
            break;
        long long articles = number(&stage, "/articles");
        cell(&table, &stage, "/name");
        cell(&table, &stage, "/version");
        for (size_t j = 0; j < sizeof counts / sizeof *counts; j++)
            number_cell(&table, &stage, counts[j]);
        cd_table_cell(&table, "%.1f", articles ? (double)number(&stage, "/wall_us") / (double)articles : 0.0);
        cd_table_cell(&table, "%s", cd_answer_true(&stage, "/off") ? "off" : "");
    }
    putchar('\n');
    cd_table_print(&table, stdout);
}

static void show(status *s)
{
    s->now_ms = cd_answer_number(&s->all, "/status/stats/time_ms");
    show_state(s);
    show_process(s);
    show_reload(s);
    show_memory(s);
    show_ledger(s);
    printf("log       %lld lines dropped, %lld held back\n", number(&s->all, "/status/log/dropped"),
           number(&s->all, "/status/log/suppressed"));
    show_children(s);
    show_partitions(s);
    show_stages(s);
}

/* ---- the command ---- */

static int tell(status *s, const cd_answer *answer)
{
    cd_str state = cd_answer_string(&s->all, "/status/state");
    bool well = state.len == 5 && memcmp(state.ptr, "ready", 5) == 0;
    cd_answer_part body = cd_answer_at(&s->all, "/status", s->elements);
    if (answer->text.failed || body.json.ptr == NULL)
        return CD_EXIT_FAILURE;
    if (s->json)
        printf("%.*s\n", (int)body.json.len, body.json.ptr);
    else
        show(s);
    return fflush(stdout) != 0 ? CD_EXIT_FAILURE : well ? 0 : CD_EXIT_NOT_WELL;
}

int cd_command_status(int argc, char **argv)
{
    static const struct argp parser = {
        option_table, parse_option, NULL,
        "Shows how the running daemon is, and why: children, partitions, stages, the ledger, memory, the last reload.\vExit status: 0 "
        "ready; 1 it could not be asked; 2 usage; 3 it does not run; 4 it is degraded, starting or stopping.",
        cd_ask_options, NULL, NULL};
    status s = {0};
    cd_answer answer = {0};
    argp_parse(&parser, argc, argv, 0, NULL, &s);
    int result = cd_ask(&s.whom, "status", PATIENCE_S, &answer);
    if (result == 0) {
        s.elements = cd_json_reader_create();
        s.all = cd_answer_whole(&answer);
        result = s.elements ? tell(&s, &answer) : CD_EXIT_FAILURE;
        cd_json_reader_destroy(s.elements);
    }
    cd_answer_fini(&answer);
    return result;
}
