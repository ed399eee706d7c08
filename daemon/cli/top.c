/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top.c: `copydesk top`: the running daemon as it works, asked anew every second (docs/control.md).
 *
 * One loop, one thread: a question, a page made of the answer and the one before it, and whatever comes until the next question is
 * due. A key or a signal ends the wait for an answer, too, so that a daemon that hangs does not take the terminal with it. */
#include "cli/command.h"
#include "cli/top/sample.h"
#include "cli/top/screen.h"
#include "cli/top/show.h"

#include "base/clock.h"

#include <argp.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <unistd.h>

enum { PATIENCE_S = 5, BATCH_WIDTH = 512 };

typedef struct top {
    cd_ask_whom whom;
    struct sockaddr_un address;
    int64_t interval_ns;
    long rounds; /* in batch mode; 0: without end */
    bool batch, paused, help;
    cd_top_order order;
    cd_top_sample samples[2], *last; /* last: of the last answer; NULL before the first */
    cd_top_rates rates;
    int status;        /* of the last question */
    char reason[4096]; /* why it was not answered; cd_ask_at says at most 500 characters and a path */
    cd_page page;
} top;

static const struct argp_option option_table[] = {
    {"interval", 'i', "SECONDS", 0, "From one question to the next (default: 1)", 0},
    {"sort", 's', "COLUMN", 0, "Sort the partitions by lag (the default), rate or name", 0},
    {"batch", 'b', NULL, 0, "Plain text, one round after the other; needs no terminal", 0},
    {"rounds", 'n', "N", 0, "With --batch: end after so many", 0},
    {0},
};

static void take_interval(top *t, const char *value, const struct argp_state *state)
{
    char *end;
    double seconds = strtod(value, &end);
    if (*end || end == value || !(seconds >= 0.1 && seconds <= 3600))
        argp_error(state, "--interval is a number of seconds from 0.1 to 3600");
    t->interval_ns = (int64_t)(seconds * (double)CD_NS_PER_S);
}

static void take_rounds(top *t, const char *value, const struct argp_state *state)
{
    char *end;
    t->rounds = strtol(value, &end, 10);
    if (*end || end == value || t->rounds < 1)
        argp_error(state, "--rounds is a number from 1 on");
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    top *t = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &t->whom; return 0;
    case 'i': take_interval(t, value, state); return 0;
    case 'n': take_rounds(t, value, state); return 0;
    case 'b': t->batch = true; return 0;
    case 's':
        t->order = cd_top_order_of(value);
        if (t->order == CD_TOP_ORDERS)
            argp_error(state, "--sort is lag, rate or name");
        return 0;
    case ARGP_KEY_END:
        if (t->rounds && !t->batch)
            argp_error(state, "--rounds goes with --batch");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- a question and its page ---- */

static int ask_into(top *t, cd_top_sample *sample, int interrupt)
{
    FILE *why = fmemopen(t->reason, sizeof t->reason, "w");
    if (why == NULL)
        return CD_EXIT_FAILURE;
    cd_ask_patience patience = {PATIENCE_S, interrupt};
    int status = cd_ask_at(&t->address, "status", &patience, &sample->answer, why);
    if (status == 0 && cd_top_sample_read(sample) != 0) {
        fputs(strerror(ENOMEM), why);
        status = CD_EXIT_FAILURE;
    }
    fclose(why);
    return status;
}

/* An answer that does not come leaves the last one as what the next is compared with. */
static int ask(top *t, int interrupt)
{
    cd_top_sample *next = t->last == &t->samples[0] ? &t->samples[1] : &t->samples[0];
    int status = ask_into(t, next, interrupt);
    if (status == 0) {
        cd_top_rates_fini(&t->rates);
        if (cd_top_rates_make(&t->rates, t->last, next) != 0) {
            snprintf(t->reason, sizeof t->reason, "%s", strerror(ENOMEM));
            status = CD_EXIT_FAILURE;
        }
    }
    if (status) {
        cd_top_sample_fini(next);
    } else {
        if (t->last)
            cd_top_sample_fini(t->last);
        t->last = next;
    }
    if (status != CD_ASK_INTERRUPTED)
        t->status = status;
    return status;
}

static void make_page(top *t, size_t width)
{
    cd_page_begin(&t->page, width);
    if (t->help) {
        cd_top_show_help(&t->page);
    } else if (t->status == 0) {
        cd_top_rates_sort(&t->rates, t->last->partition_count, t->order);
        cd_top_show(&t->page, t->last, &t->rates);
    } else {
        cd_page_line(&t->page, CD_PAGE_ALARM);
        cd_page_text(&t->page, (cd_str){t->reason, strlen(t->reason)});
        cd_page_end(&t->page);
    }
}

/* ---- in batch mode ---- */

static int print_page(const cd_page *page)
{
    for (const char *line = cd_page_next(page, NULL); line; line = cd_page_next(page, line))
        puts(line + 1);
    return fflush(stdout);
}

static int run_batch(top *t)
{
    int64_t next_ns = cd_clock_monotonic_ns();
    for (long round = 0; t->rounds == 0 || round < t->rounds; round++) {
        if (round) {
            next_ns += t->interval_ns;
            struct timespec due = {next_ns / CD_NS_PER_S, next_ns % CD_NS_PER_S};
            while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
                ;
            putchar('\n');
        }
        ask(t, -1);
        make_page(t, BATCH_WIDTH);
        if (print_page(&t->page) != 0)
            return CD_EXIT_FAILURE;
    }
    return t->status;
}

/* ---- on a terminal ---- */

static void draw(top *t)
{
    char footer[128];
    make_page(t, cd_screen_width());
    snprintf(footer, sizeof footer, "%s q quit  p pause  space ask now  s sort: %s  h help ",
             t->paused ? " PAUSED " : t->status ? " asking again " : "", cd_top_order_name(t->order));
    cd_screen_draw(&t->page, footer);
}

static void obey(top *t, int event)
{
    bool help = t->help;
    if (event == CD_SCREEN_PAUSE)
        t->paused = !t->paused;
    if (event == CD_SCREEN_SORT)
        t->order = (t->order + 1) % CD_TOP_ORDERS;
    t->help = event == CD_SCREEN_DRAW || event == CD_SCREEN_TIME ? help : event == CD_SCREEN_HELP && !help;
    if (t->help != help)
        cd_screen_rewind();
}

/* The exit status, or the signal that ends us, negated. */
static int run_screen(top *t)
{
    int64_t due_ns = cd_clock_monotonic_ns();
    for (int event = CD_SCREEN_TIME;;) {
        int64_t now_ns = cd_clock_monotonic_ns();
        if ((event == CD_SCREEN_ASK || (now_ns >= due_ns && !t->paused)) && ask(t, cd_screen_fd()) != CD_ASK_INTERRUPTED)
            due_ns = now_ns + t->interval_ns;
        draw(t);
        event = cd_screen_wait(t->paused ? t->interval_ns : due_ns - cd_clock_monotonic_ns());
        if (event < 0 || event == CD_SCREEN_QUIT)
            return event < 0 ? event : 0;
        obey(t, event);
    }
}

static int refuse_terminal(const char *why)
{
    fprintf(stderr, "copydesk: %s; `copydesk status` and `copydesk top --batch` need none\n", why);
    return CD_EXIT_USAGE;
}

static int take_terminal(top *t)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return refuse_terminal("top needs a terminal for input and output");
    int failed = cd_screen_open();
    if (failed == -ENOTTY)
        return refuse_terminal("the type of the terminal is not known (TERM)");
    if (failed) {
        fprintf(stderr, "copydesk: %s\n", strerror(-failed));
        return CD_EXIT_FAILURE;
    }
    int status = run_screen(t);
    cd_screen_close();
    return status;
}

/* ---- the command ---- */

/* In a locale of another encoding, or none, the widths of characters would not be known, and ncurses would spell out their bytes. */
static void speak_utf8(void)
{
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

int cd_command_top(int argc, char **argv)
{
    static const struct argp parser = {
        option_table, parse_option, NULL,
        "Shows the running daemon as it works: rates, lag, memory; stages, partitions, processes.\vKeys: q quit, p pause, space "
        "ask now, s sort, arrows and PgUp PgDn scroll, h help.\n\nExit status: 0; 2 usage, or no terminal; with --batch, where "
        "on a terminal the daemon is waited for, what the last round came to: 1 it could not be asked, 3 it does not run.",
        cd_ask_options, NULL, NULL};
    top t = {.interval_ns = CD_NS_PER_S};
    argp_parse(&parser, argc, argv, 0, NULL, &t);
    speak_utf8();
    int status = cd_ask_find(&t.whom, &t.address);
    if (status == 0)
        status = t.batch ? run_batch(&t) : take_terminal(&t);
    cd_top_rates_fini(&t.rates);
    for (int i = 0; i < 2; i++)
        cd_top_sample_fini(&t.samples[i]);
    cd_page_fini(&t.page);
    if (status < 0)
        cd_screen_die(-status);
    return status;
}
