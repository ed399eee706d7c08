/* SPDX-License-Identifier: Apache-2.0
 *
 * config/rules.c: what one key asks of another, and values that are worked out from what was written. See load.h.
 * Owns nothing.
 */
#include "config/load.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- input.start ------------------------------------------------------------------------------------------------- */

/* Behind the seconds: "", ".123", and the zone: "Z" or "+01:00". */
static bool parse_fraction_and_zone(const char *s, int64_t *ms)
{
    if (*s == '.') {
        int64_t unit = 100;
        for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
            *ms += (*s - '0') * unit;
    }
    if (strcmp(s, "Z") == 0)
        return true;
    unsigned hours, minutes;
    int used = 0;
    if ((*s != '+' && *s != '-') || sscanf(s + 1, "%2u:%2u%n", &hours, &minutes, &used) != 2 || used != 5 ||
        s[6] != '\0' || hours > 14 || minutes > 59)
        return false;
    int64_t offset = (int64_t)(hours * 60 + minutes) * 60000;
    *ms -= *s == '+' ? offset : -offset;
    return true;
}

static bool parse_iso_time(const char *s, int64_t *ms)
{
    struct tm date = {0}, check;
    int used = 0, more = 0;
    if (sscanf(s, "%4d-%2d-%2d%n", &date.tm_year, &date.tm_mon, &date.tm_mday, &used) != 3 || used != 10)
        return false;
    date.tm_year -= 1900;
    date.tm_mon -= 1;
    s += used;
    if (*s == 'T' && (sscanf(s, "T%2d:%2d%n", &date.tm_hour, &date.tm_min, &more) != 2 || more != 6))
        return false;
    bool timed = *s == 'T';
    s += more;
    if (timed && *s == ':') {
        if (sscanf(s, ":%2d%n", &date.tm_sec, &more) != 1 || more != 3)
            return false;
        s += more;
    }
    check = date;
    int64_t seconds = timegm(&check); /* puts 31 April on 1 May */
    if (check.tm_mon != date.tm_mon || check.tm_mday != date.tm_mday || check.tm_hour != date.tm_hour ||
        check.tm_min != date.tm_min || seconds < 0)
        return false;
    *ms = seconds * 1000;
    return timed ? parse_fraction_and_zone(s, ms) : *s == '\0';
}

bool cd_config_parse_time(const char *text, int64_t *ms)
{
    cd_setting number = cd_setting_text(NULL, text, NULL);
    return (cd_setting_integer(&number, ms) && *ms >= 0) || parse_iso_time(text, ms);
}

static bool parse_start(const char *text, int *start, int64_t *ms)
{
    *start = strcmp(text, "latest") == 0 ? CD_START_LATEST : CD_START_EARLIEST;
    if (*start == CD_START_LATEST || strcmp(text, "earliest") == 0)
        return true;
    if (strncmp(text, "timestamp:", 10) != 0)
        return false;
    *start = CD_START_TIMESTAMP;
    return cd_config_parse_time(text + 10, ms);
}

static void settle_start(cd_load *load)
{
    cd_config *config = load->config;
    if (!parse_start(config->input.start_text, &config->input.start, &config->input.start_ms))
        cd_load_problem(
            load, "input.start",
            "found \"%.60s\", expected earliest, latest, timestamp:MILLISECONDS or timestamp:DATE; write for "
            "example \"timestamp:2026-01-31T08:00:00Z\"",
            config->input.start_text);
}

/* ---- Topics ------------------------------------------------------------------------------------------------------ */

struct own_topic {
    const char *key, *topic;
};

/* What the desk writes must not be what it reads, or it would feed itself. */
static void check_loops(const cd_load *load, const char *input, const regex_t *pattern)
{
    const cd_config *config = load->config;
    const struct own_topic own[] = {{"output.topic", config->output.topic},
                                    {"dead_letters.topic", config->dead_letters.topic},
                                    {"stats.topic", config->stats.topic}};
    for (size_t i = 0; i < 3 + config->output.route_count; i++) {
        const char *key = i < 3 ? own[i].key : "output.routes";
        const char *topic = i < 3 ? own[i].topic : config->output.routes[i - 3].topic;
        bool same = pattern != NULL ? regexec(pattern, topic, 0, NULL, 0) == 0 : strcmp(input, topic) == 0;
        if (topic[0] != '\0' && same)
            cd_load_problem(load, "input.topics",
                            "found \"%.100s\", which reads '%s', the topic of %s: Copydesk would read what it writes; "
                            "expected other topics",
                            input, topic, key);
    }
}

static void check_input_topic(const cd_load *load, size_t number)
{
    const char *topic = load->config->input.topics[number];
    for (size_t i = 0; i < number; i++)
        if (strcmp(load->config->input.topics[i], topic) == 0)
            cd_load_problem(load, "input.topics", "found \"%.249s\" for the second time, expected each topic once",
                            topic);
    if (topic[0] != '^') {
        check_loops(load, topic, NULL);
        return;
    }
    regex_t pattern;
    char why[128];
    int status = regcomp(&pattern, topic, REG_EXTENDED | REG_NOSUB);
    if (status != 0) {
        (void)regerror(status, &pattern, why, sizeof why);
        cd_load_problem(load, "input.topics", "found \"%.100s\" (%s), expected a POSIX extended regular expression",
                        topic, why);
        return;
    }
    check_loops(load, topic, &pattern);
    regfree(&pattern);
}

static void check_output_topics(const cd_load *load)
{
    const cd_config *config = load->config;
    const char *dead = config->dead_letters.topic, *stats = config->stats.topic;
    if (dead[0] != '\0' && strcmp(dead, config->output.topic) == 0)
        cd_load_problem(load, "dead_letters.topic", "found \"%s\", the topic of output.topic, expected one of its own",
                        dead);
    if (stats[0] != '\0' && (strcmp(stats, config->output.topic) == 0 || strcmp(stats, dead) == 0))
        cd_load_problem(load, "stats.topic",
                        "found \"%s\", the topic of output.topic or dead_letters.topic, expected one of its own",
                        stats);
    for (size_t i = 0; i < config->output.route_count; i++)
        if (strcmp(config->output.routes[i].topic, dead) == 0 || strcmp(config->output.routes[i].topic, stats) == 0)
            cd_load_problem(load, "output.routes",
                            "found \"%s\", the topic of dead_letters.topic or stats.topic, expected another",
                            config->output.routes[i].topic);
}

/* ---- Kafka ------------------------------------------------------------------------------------------------------- */

static bool names_brokers(const cd_kafka_properties *properties)
{
    for (size_t i = 0; i < properties->count; i++)
        if (strcmp(properties->list[i].name, "bootstrap.servers") == 0 ||
            strcmp(properties->list[i].name, "metadata.broker.list") == 0)
            return properties->list[i].value[0] != '\0';
    return false;
}

static void check_brokers(const cd_load *load)
{
    const cd_config *config = load->config;
    bool both = names_brokers(&config->kafka.consumer) && names_brokers(&config->kafka.producer);
    if (!names_brokers(&config->kafka.common) && !both)
        cd_load_problem(load, "kafka.common",
                        "found no bootstrap.servers, expected the brokers' addresses; write "
                        "kafka = { common = [ \"bootstrap.servers=HOST:9092\" ]; };");
}

/* ---- The rest ---------------------------------------------------------------------------------------------------- */

/* Whether iconv knows it is said by article/, which owns the converter; here only that it is a name and no "//MODE". */
static void check_charset(cd_load *load)
{
    const char *charset = load->config->input.charset;
    bool fine = strlen(charset) <= 64;
    for (const char *s = charset; *s != '\0'; s++)
        fine &= isalnum((unsigned char)*s) || strchr("-_.:", *s) != NULL;
    if (!fine)
        cd_load_problem(
            load, "input.charset",
            "found \"%.60s\", expected the name of a character set, such as \"windows-1252\"; see `iconv -l`", charset);
}

static void check_sizes(const cd_load *load)
{
    const cd_config *config = load->config;
    if (config->desk.memory < 2 * config->input.max_bytes)
        cd_load_problem(load, "desk.memory",
                        "found %" PRId64 " bytes, expected at least twice input.max_bytes (%" PRId64 "), so that the "
                        "largest record fits; raise the one or lower the other",
                        config->desk.memory, config->input.max_bytes);
    if (config->worker.memory != 0 && config->worker.memory < 16 * config->input.max_bytes)
        cd_load_problem(load, "worker.memory",
                        "found %" PRId64 " bytes, expected 0 or at least 16 times input.max_bytes (%" PRId64 ")",
                        config->worker.memory, config->input.max_bytes);
    if (config->retry.backoff_max < config->retry.backoff)
        cd_load_problem(load, "retry.backoff_max",
                        "found %" PRId64 " ms, expected at least retry.backoff (%" PRId64 ")",
                        config->retry.backoff_max, config->retry.backoff);
    if (config->breaker.backoff_max < config->breaker.backoff)
        cd_load_problem(load, "breaker.backoff_max",
                        "found %" PRId64 " ms, expected at least breaker.backoff (%" PRId64 ")",
                        config->breaker.backoff_max, config->breaker.backoff);
}

/* ---- A stage's own retry and breaker ------------------------------------------------------------------------------ */

/* Reads the stage's group `name` over what `own` has; `members` says which it may have, for people. */
static void read_own_group(const cd_load *load, const cd_setting *group, const char *name, const char *members,
                           const char *example, cd_config *own)
{
    char path[96], found[128];
    if (group->type != CD_SETTING_GROUP)
        cd_problems_add(load->problems, group->file, group->line, "stages: %s: found %s, expected a group; write %s", name,
                        cd_setting_describe(group, false, found, sizeof found), example);
    for (size_t i = 0; group->type == CD_SETTING_GROUP && i < group->count; i++) {
        const cd_setting *child = &group->children[i];
        (void)snprintf(path, sizeof path, "%s.%.60s", name, child->name);
        const cd_key *key = cd_key_find(path);
        if (key != NULL && key->flags & CD_KEY_STAGE)
            cd_key_read(key, child, load->pool, own, load->problems);
        else
            cd_problems_add(load->problems, child->file, child->line, "stages: found %s'%s', expected %s",
                            key ? "" : "the unknown ", path, members);
    }
}

static void read_own_retry(const cd_load *load, cd_config_stage *stage)
{
    const cd_setting *group = stage->own_retry;
    cd_config own = {.retry = load->config->retry};
    read_own_group(load, group, "retry", "attempts, backoff, backoff_max, jitter or final", "retry = { attempts = 3; };", &own);
    if (own.retry.backoff_max < own.retry.backoff)
        cd_problems_add(load->problems, group->file, group->line,
                        "stages: retry: found backoff_max %" PRId64 " ms, expected at least backoff (%" PRId64 ")",
                        own.retry.backoff_max, own.retry.backoff);
    stage->retry = own.retry;
}

static void read_own_breaker(const cd_load *load, cd_config_stage *stage)
{
    cd_config own = {.breaker.policy = load->config->breaker.policy};
    read_own_group(load, stage->own_breaker, "breaker", "policy; the rest is the same for all stages",
                   "breaker = { policy = \"stage-off\"; };", &own);
    stage->breaker_policy = own.breaker.policy;
}

static void settle_own_groups(const cd_load *load)
{
    for (size_t i = 0; i < load->config->stage_count; i++) {
        /* The array is the loader's until the configuration is handed out. */
        cd_config_stage *stage = (cd_config_stage *)(uintptr_t)&load->config->stages[i];
        stage->retry = load->config->retry;
        stage->breaker_policy = load->config->breaker.policy;
        if (stage->own_retry != NULL)
            read_own_retry(load, stage);
        if (stage->own_breaker != NULL)
            read_own_breaker(load, stage);
    }
}

/* 'plugins' beside the program comes first, so that a build that was not installed finds its own. */
static const char *find_plugin_dir(cd_load *load)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len > 0) {
        program[len] = '\0';
        *strrchr(program, '/') = '\0';
        const char *beside = cd_pool_printf(load->pool, "%s/plugins", program);
        struct stat info;
        if (stat(beside, &info) == 0 && S_ISDIR(info.st_mode))
            return beside;
    }
    return COPYDESK_PLUGIN_DIR;
}

static void check_empty_strings(const cd_load *load)
{
    if (load->config->input.fields.text[0] == '\0')
        cd_load_problem(load, "input.fields.text", "found \"\", expected a JSON Pointer; the text must be somewhere");
    if (load->config->state_dir[0] == '\0')
        cd_load_problem(load, "state_dir", "found \"\", expected an absolute path");
    if (strlen(load->config->group) > 249)
        cd_load_problem(load, "group", "found %zu bytes, expected at most 249", strlen(load->config->group));
}

void cd_load_rules(cd_load *load)
{
    cd_config *config = load->config;
    if (config->group[0] == '\0')
        config->group = config->name;
    if (config->plugin_dir[0] == '\0')
        config->plugin_dir = find_plugin_dir(load);
    settle_start(load);
    check_charset(load);
    check_empty_strings(load);
    settle_own_groups(load);
    if (load->pipeline)
        return;
    check_sizes(load);
    for (size_t i = 0; i < config->input.topic_count; i++)
        check_input_topic(load, i);
    check_output_topics(load);
    if (load->flags & CD_CONFIG_KAFKA)
        check_brokers(load);
}
