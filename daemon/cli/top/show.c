/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/show.c: see show.h. The columns of figures have fixed widths, so that they stand still from one second to the next; the
 * names get what is left, and all fits into 80 columns with names of 19 characters. */
#include "cli/top/show.h"

#include "cli/words.h"

#include <copydesk/sdk.h>
#include <inttypes.h>
#include <math.h>
#include <time.h>

enum { NAME_MIN = 12 };

/* ---- orders ---- */

static const char *const order_names[CD_TOP_ORDERS] = {"lag", "rate", "name"};

const char *cd_top_order_name(cd_top_order order) { return order_names[order]; }

cd_top_order cd_top_order_of(const char *name)
{
    cd_top_order order = CD_TOP_BY_LAG;
    while (order < CD_TOP_ORDERS && strcmp(order_names[order], name) != 0)
        order++;
    return order;
}

/* ---- the head ---- */

static void show_state(cd_page *page, const cd_top_sample *s)
{
    char age[CD_WORDS], up[CD_WORDS], clock[16] = "";
    time_t seconds = (time_t)(s->time_ms / 1000);
    struct tm date;
    bool well = cd_str_equal(s->state, CD_LIT("ready"));
    if (gmtime_r(&seconds, &date))
        strftime(clock, sizeof clock, "%H:%M:%S UTC", &date);
    cd_page_line(page, well ? CD_PAGE_BOLD : CD_PAGE_ALARM);
    cd_page_text(page, s->name);
    cd_page_text(page, CD_LIT(": "));
    cd_page_text(page, s->state);
    cd_page_printf(page, " for %s, up %s, %s", cd_words_duration(s->state_age_ms, age), cd_words_duration(s->uptime_ms, up), clock);
    cd_page_end(page);
    for (size_t i = 0; i < s->reason_count; i++) {
        cd_page_line(page, CD_PAGE_ALARM);
        cd_page_text(page, CD_LIT("  "));
        cd_page_text(page, s->reasons[i].from);
        cd_page_printf(page, " (for %s): ", cd_words_duration(s->reasons[i].age_ms, age));
        cd_page_text(page, s->reasons[i].text);
        cd_page_end(page);
    }
}

static void show_flow(cd_page *page, const cd_top_sample *s, const cd_top_rates *r)
{
    char in[CD_WORDS], out[CD_WORDS], dropped[CD_WORDS], dead[CD_WORDS], lag[CD_WORDS], change[CD_WORDS], held[CD_WORDS];
    cd_page_line(page, CD_PAGE_PLAIN);
    cd_page_printf(page, "in %s/s   out %s/s   dropped %s/s   dead %s/s   lag %s (%s/s)", cd_words_amount(r->flow.in, in),
                   cd_words_amount(r->flow.out, out), cd_words_amount(r->flow.dropped, dropped),
                   cd_words_amount(r->flow.dead, dead), cd_words_count(r->lag, lag), cd_words_change(r->lag_change, change));
    cd_page_end(page);
    double used = (double)s->memory_used / (1 << 20), limit = (double)s->memory_limit / (1 << 20);
    cd_page_line(page, CD_PAGE_PLAIN);
    cd_page_printf(page, "in flight %s   memory %.1f of %.1f MiB (%.0f %%)   children restarted %" PRId64,
                   cd_words_count(s->total.in_flight, held), used, limit, limit > 0 ? 100 * used / limit : 0.0, s->restarts);
    cd_page_end(page);
    if (s->total.gap) {
        cd_page_line(page, CD_PAGE_ALARM);
        cd_page_printf(page, "ALARM: the ledger is off by %" PRId64, s->total.gap);
        cd_page_end(page);
    }
}

/* ---- tables ---- */

typedef struct column {
    const char *head; /* begins with '>': to the right, as figures are (cli/table.h) */
    size_t width;     /* with the space in front */
} column;

static size_t name_width(const cd_page *page, size_t longest, const column *columns, size_t count)
{
    size_t others = 0;
    for (size_t i = 0; i < count; i++)
        others += columns[i].width;
    size_t left = page->width > others + NAME_MIN ? page->width - others : NAME_MIN;
    return longest < NAME_MIN ? NAME_MIN : longest < left ? longest : left;
}

static void cell(cd_page *page, const column *where, const char *text)
{
    if (where->head[0] == '>') {
        cd_page_right(page, where->width, text);
        return;
    }
    cd_page_text(page, CD_LIT(" "));
    cd_page_left(page, where->width - 1, cd_str_of(text));
}

static void show_heads(cd_page *page, const char *name, size_t width, const column *columns, size_t count)
{
    cd_page_line(page, CD_PAGE_PLAIN);
    cd_page_end(page);
    cd_page_line(page, CD_PAGE_HEADS);
    cd_page_left(page, width, cd_str_of(name));
    for (size_t i = 0; i < count; i++)
        cell(page, &columns[i], columns[i].head + (columns[i].head[0] == '>'));
    cd_page_end(page);
}

static void amount(cd_page *page, const column *where, double value)
{
    char text[CD_WORDS];
    cell(page, where, cd_words_amount(value, text));
}

static void count(cd_page *page, const column *where, int64_t value)
{
    char text[CD_WORDS];
    cell(page, where, cd_words_count(value, text));
}

static const column stage_columns[] = {{">ART/s", 7},  {">MEAN µs", 8}, {">BUSY %", 7}, {">DROP/s", 7}, {">REJ/s", 7},
                                       {">SKIP/s", 7}, {">CRASH", 6},   {">HUNG", 6},   {"", 4}};

static void show_stages(cd_page *page, const cd_top_sample *s, const cd_top_rates *r)
{
    enum { COLUMNS = sizeof stage_columns / sizeof *stage_columns };
    const column *c = stage_columns;
    size_t longest = 0;
    for (size_t i = 0; i < s->stage_count; i++)
        longest = cd_page_width_of(s->stages[i].name) > longest ? cd_page_width_of(s->stages[i].name) : longest;
    size_t width = name_width(page, longest, c, COLUMNS);
    show_heads(page, "STAGE", width, c, COLUMNS);
    for (size_t i = 0; i < s->stage_count; i++) {
        const cd_top_stage_rates *one = &r->stages[i];
        cd_page_line(page, one->now->off || one->dying ? CD_PAGE_ALARM : CD_PAGE_PLAIN);
        cd_page_left(page, width, one->now->name);
        amount(page, &c[0], one->articles);
        amount(page, &c[1], one->mean_us);
        amount(page, &c[2], 100 * one->busy);
        amount(page, &c[3], one->dropped);
        amount(page, &c[4], one->rejected);
        amount(page, &c[5], one->skipped);
        count(page, &c[6], one->now->crashes);
        count(page, &c[7], one->now->timeouts);
        cell(page, &c[8], one->now->off ? "off" : "");
        cd_page_end(page);
    }
}

static const column partition_columns[] = {{">IN/s", 7},       {">OUT/s", 7}, {">DROP/s", 7}, {">DEAD/s", 7},
                                           {">IN FLIGHT", 10}, {">LAG", 7},   {">LAG/s", 7},  {"", 9}};

static size_t number_of(const cd_top_partition *one, char out[CD_WORDS])
{
    return (size_t)snprintf(out, CD_WORDS, "/%" PRId64, one->partition);
}

/* TOPIC/PARTITION, where only the topic is cut. */
static void show_partition_name(cd_page *page, size_t width, const cd_top_partition *one)
{
    char number[CD_WORDS];
    size_t digits = number_of(one, number), topic = cd_page_width_of(one->topic);
    if (topic + digits > width)
        topic = width > digits ? width - digits : 0;
    cd_page_left(page, topic, one->topic);
    cd_page_left(page, width - topic, cd_str_of(number));
}

static void show_partition(cd_page *page, size_t width, const cd_top_partition_rates *one)
{
    char change[CD_WORDS];
    const column *c = partition_columns;
    cd_page_line(page, one->now->ledger.gap ? CD_PAGE_ALARM : CD_PAGE_PLAIN);
    show_partition_name(page, width, one->now);
    amount(page, &c[0], one->flow.in);
    amount(page, &c[1], one->flow.out);
    amount(page, &c[2], one->flow.dropped);
    amount(page, &c[3], one->flow.dead);
    count(page, &c[4], one->now->ledger.in_flight);
    count(page, &c[5], one->now->lag);
    cell(page, &c[6], cd_words_change(one->lag_change, change));
    cell(page, &c[7], !one->now->assigned ? "given up" : one->now->paused ? "paused" : "");
    cd_page_end(page);
}

static void show_partitions(cd_page *page, const cd_top_sample *s, const cd_top_rates *r)
{
    enum { COLUMNS = sizeof partition_columns / sizeof *partition_columns };
    char number[CD_WORDS];
    size_t longest = 0;
    for (size_t i = 0; i < s->partition_count; i++) {
        size_t needed = cd_page_width_of(s->partitions[i].topic) + number_of(&s->partitions[i], number);
        longest = needed > longest ? needed : longest;
    }
    size_t width = name_width(page, longest, partition_columns, COLUMNS);
    show_heads(page, "PARTITION", width, partition_columns, COLUMNS);
    for (size_t i = 0; i < s->partition_count; i++)
        show_partition(page, width, &r->partitions[i]);
}

static const column process_columns[] = {{"STATE", 10}, {">PID", 9}, {">IN HAND", 9}, {">CPU %", 7}, {">MiB", 9}};

static void show_processes(cd_page *page, const cd_top_sample *s, const cd_top_rates *r)
{
    enum { COLUMNS = sizeof process_columns / sizeof *process_columns };
    const column *c = process_columns;
    char text[CD_WORDS];
    show_heads(page, "PROCESS", NAME_MIN, c, COLUMNS);
    for (size_t i = 0; i < s->process_count; i++) {
        const cd_top_process *one = &s->processes[i];
        cd_page_line(page, CD_PAGE_PLAIN);
        cd_page_left(page, NAME_MIN, one->name);
        cd_page_text(page, CD_LIT(" "));
        cd_page_left(page, c[0].width - 1, one->state);
        snprintf(text, sizeof text, "%" PRId64, one->pid);
        cell(page, &c[1], text);
        count(page, &c[2], one->in_flight);
        amount(page, &c[3], 100 * r->processes[i].cpu);
        amount(page, &c[4], one->memory < 0 ? NAN : (double)one->memory / (1 << 20));
        cd_page_end(page);
    }
}

void cd_top_show(cd_page *page, const cd_top_sample *sample, const cd_top_rates *rates)
{
    show_state(page, sample);
    show_flow(page, sample, rates);
    page->fixed = page->lines;
    show_stages(page, sample, rates);
    show_partitions(page, sample, rates);
    show_processes(page, sample, rates);
}

void cd_top_show_help(cd_page *page)
{
    static const char *const lines[] = {
        "q           quit",
        "p           pause: go on showing the same answer",
        "space       ask now",
        "s           sort the partitions by lag, by rate (IN/s), by name",
        "arrows      scroll; so do k j, PgUp PgDn, Home End",
        "h ?         this help; any key leaves it",
        "",
        "/s          a second, between the last two answers; at first, and after a",
        "            restart or a reload, since that",
        "MEAN µs     in the stage, an article",
        "BUSY %      of one worker's time, spent in the stage: 200 is all of two workers'",
        "REJ SKIP    articles that the stage rejected; that passed without it",
        "CRASH HUNG  workers that died in the stage, that were killed for time: so far",
        "LAG         what is in Kafka and not committed; LAG/s: + it grows, - it shrinks",
        "IN HAND     records in the process's hands",
        "CPU % MiB   of one core; memory in RAM, part of which the processes share",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cd_page_line(page, CD_PAGE_PLAIN);
        cd_page_text(page, cd_str_of(lines[i]));
        cd_page_end(page);
    }
}
