/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/replay.c: `copydesk replay`: sends dead letters back to the topics that they came from (docs/dead-letters.md).
 *
 * Batch by batch: read and picked, prepared, sent, confirmed, told, and only then is the place remembered. Whatever kills it,
 * what was not confirmed is read again; at most one batch is sent a second time. SIGINT and SIGTERM end it between two batches. */
#include "cli/command.h"
#include "cli/letter.h"
#include "cli/pick.h"

#include "base/clock.h"
#include "kafka/replay.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 100, BATCH_BYTES = 8 << 20, DEFAULT_MAX = 1000, DEFAULT_REPLAYS = 3, EXIT_BROKERS = 75 };
enum { KEY_SINCE = 256, KEY_UNTIL, KEY_FROM, KEY_TO, KEY_AGAIN, KEY_REPLAYS };

typedef struct replay {
    const char *file;
    cd_pick pick;
    int64_t max, max_replays; /* max 0: no limit */
    int32_t partition;
    bool dry, list, json, again, terminal;
    cd_config *config;
    cd_letters *letters;
    cd_replay *sender;
    cd_letter batch[BATCH];
    size_t count;
    int64_t bytes;
    int64_t read, foreign, strange, picked, tried, sent, looped, refused;
    int64_t start_ns, shown_ns;
    cd_letter_kinds kinds;
    cd_json line;
} replay;

static volatile sig_atomic_t stop;

static const struct argp_option option_table[] = {
    {"config", 'c', "FILE", 0, "The daemon's configuration (default: " CD_CONFIG_FILE ")", 0},
    {NULL, 0, NULL, 0, "Which ones:", 1},
    {"class", 'C', "CLASS", 0, "Those of this class (crash, timeout, decode …); may be repeated", 1},
    {"stage", 's', "STAGE", 0, "Those of this stage; may be repeated", 1},
    {"reason", 'r', "TEXT", 0, "Those whose reason has TEXT in it", 1},
    {"topic", 't', "TOPIC", 0, "Those that came from this topic", 1},
    {"since", KEY_SINCE, "TIME", 0, "Records of this time (2026-01-31T08:00Z) and later", 1},
    {"until", KEY_UNTIL, "TIME", 0, "Records from before this time", 1},
    {"partition", 'p', "N", 0, "Those in this partition of the dead-letter topic", 1},
    {"from", KEY_FROM, "OFFSET", 0, "From this offset of the dead-letter topic on", 1},
    {"to", KEY_TO, "OFFSET", 0, "Up to this offset, which is included", 1},
    {NULL, 0, NULL, 0, "What to do:", 2},
    {"list", 'l', NULL, 0, "Count what is there, by class, stage and topic, from the beginning; send nothing", 2},
    {"dry-run", 'n', NULL, 0, "Show what would be sent, a line each; send nothing, remember nothing", 2},
    {"max", 'm', "N", 0, "Send at most N; the same command then goes on (default: 1000; 0: no limit)", 2},
    {"max-replays", KEY_REPLAYS, "N", 0, "Leave alone what was sent back N times before (default: 3)", 2},
    {"again", KEY_AGAIN, NULL, 0, "From the beginning: do not go on where the same choice stopped the last time", 2},
    {"json", 'j', NULL, 0, "A JSON object a letter, and one for the whole", 2},
    {0},
};

/* ---- options ---- */

static int64_t number(struct argp_state *state, const char *value, const char *option, int64_t most)
{
    char *end;
    errno = 0;
    long long result = strtoll(value, &end, 10);
    if (*end || end == value || errno || result < 0 || result > most)
        argp_error(state, "--%s is a number from 0 to %lld", option, (long long)most);
    return result;
}

static int64_t moment(struct argp_state *state, const char *value, const char *option)
{
    int64_t ms = -1;
    if (!cd_config_parse_time(value, &ms))
        argp_error(state, "--%s is a date, 2026-01-31, a time with its zone, 2026-01-31T08:00:00Z, or milliseconds since 1970",
                   option);
    return ms;
}

static void add_word(struct argp_state *state, const char **words, size_t *count, const char *value)
{
    if (*count == CD_PICK_WORDS)
        argp_error(state, "too many of --class or --stage");
    words[(*count)++] = value;
}

static error_t parse_pick(int key, char *value, struct argp_state *state, cd_pick *pick)
{
    switch (key) {
    case 'C': add_word(state, pick->classes, &pick->class_count, value); return 0;
    case 's': add_word(state, pick->stages, &pick->stage_count, value); return 0;
    case 'r': pick->reason = value; return 0;
    case 't': pick->topic = value; return 0;
    case KEY_SINCE: pick->since_ms = moment(state, value, "since"); return 0;
    case KEY_UNTIL: pick->until_ms = moment(state, value, "until"); return 0;
    case KEY_FROM: pick->from = number(state, value, "from", INT64_MAX - 1); return 0;
    case KEY_TO: pick->last = number(state, value, "to", INT64_MAX - 1); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    replay *r = state->input;
    switch (key) {
    case 'c': r->file = value; return 0;
    case 'p': r->partition = (int32_t)number(state, value, "partition", INT32_MAX); return 0;
    case 'l': r->list = true; return 0;
    case 'n': r->dry = true; return 0;
    case 'm': r->max = number(state, value, "max", INT64_MAX); return 0;
    case 'j': r->json = true; return 0;
    case KEY_AGAIN: r->again = true; return 0;
    case KEY_REPLAYS: r->max_replays = number(state, value, "max-replays", INT32_MAX); return 0;
    case ARGP_KEY_ARG: argp_error(state, "there are no arguments, only options"); return 0;
    default: return parse_pick(key, value, state, &r->pick);
    }
}

/* ---- telling ---- */

static void show_progress(replay *r)
{
    int64_t now_ns = cd_clock_monotonic_ns();
    if (!r->terminal || now_ns - r->shown_ns < CD_NS_PER_S / 10)
        return;
    r->shown_ns = now_ns;
    fprintf(stderr, "\r\033[K%lld of %lld read, %lld sent back", (long long)r->read, (long long)cd_letters_total(r->letters),
            (long long)r->sent);
    fflush(stderr);
}

static void clear_progress(const replay *r)
{
    if (r->terminal && r->shown_ns)
        fputs("\r\033[K", stderr);
}

static const char *dead_topic(const replay *r) { return r->config->dead_letters.topic; }

static void tell(replay *r, const cd_letter *letter)
{
    static const char *const actions[] = {"would-send", "sent", "refused"};
    clear_progress(r);
    if (r->json)
        cd_letter_print_json(letter, dead_topic(r), actions[letter->state], &r->line);
    else if (letter->state == CD_LETTER_READ)
        cd_letter_print(letter, dead_topic(r));
    if (letter->state == CD_LETTER_REFUSED && !r->json)
        fprintf(stderr, "copydesk: %s/%d@%lld cannot be sent back: %s\n", dead_topic(r), (int)letter->partition,
                (long long)letter->offset, letter->why);
}

static void tell_places(const replay *r)
{
    int32_t partition;
    int64_t offset;
    for (size_t i = 0; i < 8 && cd_letters_place(r->letters, i, &partition, &offset); i++)
        fprintf(stderr, "%s %s/%d@%lld", i ? "," : "; now at", dead_topic(r), (int)partition, (long long)offset);
}

static bool capped(const replay *r) { return r->max > 0 && r->tried >= r->max; }

static void tell_summary(const replay *r)
{
    fprintf(stderr, "%lld read, %lld picked, %lld %s", (long long)r->read, (long long)r->picked,
            (long long)(r->dry ? r->tried - r->refused : r->sent), r->dry ? "would be sent back" : "sent back");
    if (r->refused)
        fprintf(stderr, ", %lld cannot be", (long long)r->refused);
    if (r->looped)
        fprintf(stderr, ", %lld sent back %lld times before", (long long)r->looped, (long long)r->max_replays);
    if (r->strange)
        fprintf(stderr, ", %lld came from topics that %s does not read", (long long)r->strange, r->file);
    if (r->foreign)
        fprintf(stderr, ", %lld are no dead letters", (long long)r->foreign);
    fprintf(stderr, ", %.1f s", (double)(cd_clock_monotonic_ns() - r->start_ns) / 1e9);
    if (!r->dry)
        tell_places(r);
    fputc('\n', stderr);
    if (capped(r) && !cd_letters_at_end(r->letters))
        fprintf(stderr, "copydesk: stopped at --max=%lld%s\n", (long long)r->max,
                r->dry ? "" : "; the same command goes on from here");
}

static void write_number(cd_json *json, const char *key, int64_t value)
{
    cd_json_key(json, key);
    cd_json_integer(json, value);
}

static void tell_summary_json(replay *r)
{
    cd_json *json = &r->line;
    int32_t partition;
    int64_t offset;
    cd_json_reset(json);
    cd_json_object(json);
    write_number(json, "read", r->read);
    write_number(json, "picked", r->picked);
    write_number(json, "sent", r->sent);
    write_number(json, "refused", r->refused);
    write_number(json, "replayed_before", r->looped);
    write_number(json, "other_inputs", r->strange);
    write_number(json, "no_dead_letters", r->foreign);
    cd_json_key(json, "places"), cd_json_array(json);
    for (size_t i = 0; cd_letters_place(r->letters, i, &partition, &offset); i++) {
        cd_json_object(json);
        write_number(json, "partition", partition);
        write_number(json, "offset", offset);
        cd_json_object_end(json);
    }
    cd_json_array_end(json);
    cd_json_object_end(json);
    cd_str text = cd_json_text(json);
    printf("%.*s\n", (int)text.len, text.ptr ? text.ptr : "");
}

/* ---- one batch ---- */

/* The guard against loops: an article that kills its stage each time is not sent round for ever. */
static void consider(replay *r, cd_letter *letter)
{
    bool is_letter = letter->topic[0] != '\0', ours = is_letter && cd_pick_reads(r->config, letter->topic);
    bool picked = ours && cd_pick_takes(&r->pick, letter);
    r->read++;
    r->foreign += !is_letter;
    r->strange += is_letter && !ours;
    r->picked += picked;
    if (picked && r->list) {
        cd_letter_kinds_add(&r->kinds, letter);
    } else if (picked && letter->replays >= r->max_replays) {
        r->looped++;
        letter->state = CD_LETTER_REFUSED;
        snprintf(letter->why, sizeof letter->why, "it was sent back %lld times before", (long long)letter->replays);
        tell(r, letter);
    } else if (picked) {
        r->tried++;
        r->bytes += letter->size;
        r->count++;
        return;
    }
    cd_letter_fini(letter);
}

/* 1 while there may be more. */
static int fill(replay *r, cd_error *error)
{
    int got = 1;
    while (r->count < BATCH && r->bytes < BATCH_BYTES && !capped(r)) {
        got = cd_letters_next(r->letters, &r->batch[r->count], error);
        if (got <= 0)
            break;
        consider(r, &r->batch[r->count]);
        show_progress(r);
    }
    return got == 1 && capped(r) ? 0 : got;
}

/* How many can be sent or refused for good, from the first on: one that has to wait ends the run. */
static size_t prepare(replay *r)
{
    size_t n = 0;
    while (n < r->count && !stop && (cd_replay_prepare(r->sender, &r->batch[n]) || r->batch[n].state == CD_LETTER_REFUSED))
        n++;
    return n;
}

static int settle(replay *r, cd_error *error)
{
    int result = 0;
    size_t ready = prepare(r);
    if (!r->dry)
        cd_replay_send(r->sender, r->batch, ready);
    for (size_t i = 0; i < r->count; i++) {
        cd_letter *letter = &r->batch[i];
        bool waits = letter->state == CD_LETTER_UNSENT || i >= ready;
        if (waits)
            cd_letters_put_back(r->letters, letter);
        else
            tell(r, letter);
        if (letter->state == CD_LETTER_UNSENT && result == 0)
            result = cd_error_set(error, -EAGAIN, "%s/%d@%lld was not sent back: %s", dead_topic(r), (int)letter->partition,
                                  (long long)letter->offset, letter->why);
        r->sent += letter->state == CD_LETTER_SENT;
        r->refused += letter->state == CD_LETTER_REFUSED;
        cd_letter_fini(letter);
    }
    r->count = 0;
    r->bytes = 0;
    cd_error not_remembered = {0};
    int remembered = r->dry ? 0 : cd_letters_remember(r->letters, &not_remembered);
    if (result || remembered == 0)
        return result;
    return cd_error_set(error, remembered, "%s; up to %d may be sent a second time", not_remembered.text, BATCH);
}

/* A batch that was not full when something went wrong is not sent. */
static void put_all_back(replay *r)
{
    for (size_t i = 0; i < r->count; i++) {
        cd_letters_put_back(r->letters, &r->batch[i]);
        cd_letter_fini(&r->batch[i]);
    }
    r->count = 0;
}

static int work(replay *r, cd_error *error)
{
    int more = 1, result = 0;
    while (more == 1 && result == 0) {
        more = fill(r, error);
        if (more >= 0 && !stop && !r->list)
            result = settle(r, error);
        else
            put_all_back(r);
        if (stop)
            more = -EINTR;
    }
    clear_progress(r);
    return more < 0 ? more : result;
}

/* ---- the command ---- */

static void tell_where_it_begins(const replay *r)
{
    if (r->json)
        return;
    if (!r->again && cd_letters_remembered(r->letters))
        fputs("copydesk: goes on where this choice stopped the last time\n", stderr);
    else
        fprintf(stderr, "copydesk: from the beginning%s\n", r->again ? "" : ": no earlier replay of this choice is remembered");
}

static int open_all(replay *r, cd_error *error)
{
    char group[CD_PICK_GROUP];
    int result = cd_pick_group(&r->pick, r->config->group, group);
    cd_letters_plan plan = {.config = r->config,
                            .group = r->list ? NULL : group,
                            .again = r->again,
                            .partition = r->partition,
                            .from = r->pick.from,
                            .last = r->pick.last,
                            .stop = &stop};
    if (result == 0)
        result = cd_letters_open(&plan, &r->letters, error);
    if (result == 0 && !r->list)
        result = cd_replay_create(r->config, &r->sender, error);
    return result;
}

static void finish(replay *r)
{
    if (r->list && r->json)
        cd_letter_kinds_print_json(&r->kinds, &r->line);
    else if (r->list)
        cd_letter_kinds_print(&r->kinds);
    else if (r->json)
        tell_summary_json(r);
    else
        tell_summary(r);
}

static int status_of(const replay *r, int result, const cd_error *error)
{
    if (result == -EINTR)
        fputs("copydesk: stopped; the same command goes on from here\n", stderr);
    else if (result)
        fprintf(stderr, "copydesk: %s\n", error->text[0] ? error->text : strerror(-result));
    switch (result) {
    case 0: return r->refused + r->looped > 0 ? CD_EXIT_FAILURE : 0;
    case -EINVAL:
    case -ENOENT: return CD_EXIT_USAGE;
    case -EAGAIN: return EXIT_BROKERS;
    default: return CD_EXIT_FAILURE;
    }
}

static int run(replay *r)
{
    cd_error error = {0};
    r->terminal = isatty(STDERR_FILENO) && !r->json && !r->dry && !r->list;
    r->start_ns = cd_clock_monotonic_ns();
    int result = open_all(r, &error);
    if (result == 0) {
        if (!r->list)
            tell_where_it_begins(r);
        result = work(r, &error);
        finish(r);
    }
    int status = status_of(r, result, &error);
    cd_replay_destroy(r->sender);
    cd_letters_close(r->letters);
    cd_json_free(&r->line);
    return fflush(stdout) != 0 ? CD_EXIT_FAILURE : status;
}

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}; /* the second one does not wait */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int cd_command_replay(int argc, char **argv)
{
    static const struct argp parser = {
        option_table, parse_option, NULL,
        "Sends dead letters back to the topics that they came from, as they came, when what they died of has been mended.\vIt "
        "ends where the dead-letter topic ends at the start, and remembers how far it came, for each choice of letters: the same "
        "command again sends the new ones only.\n\nExit status: 0; 1 some could not be sent back, or it was stopped; 2 usage, "
        "configuration, or no such topic; 75 the brokers are away or confirm nothing.",
        NULL, NULL, NULL};
    static replay r = {.file = CD_CONFIG_FILE,
                       .pick = {.since_ms = -1, .until_ms = -1, .from = -1, .last = -1},
                       .max = DEFAULT_MAX,
                       .max_replays = DEFAULT_REPLAYS,
                       .partition = -1};
    cd_problems problems = {0};
    argp_parse(&parser, argc, argv, 0, NULL, &r);
    if (cd_config_load(r.file, NULL, 0, CD_CONFIG_KAFKA, &r.config, &problems) != 0) {
        cd_problems_write(&problems, stderr);
        cd_problems_fini(&problems);
        return CD_EXIT_USAGE;
    }
    cd_problems_fini(&problems);
    catch_signals();
    int status = run(&r);
    cd_config_destroy(r.config);
    return status;
}
