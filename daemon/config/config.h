/* SPDX-License-Identifier: Apache-2.0
 *
 * config/config.h: the configuration, from a file to one immutable struct.
 *
 * One table of keys (keys.c) drives parsing, checking, defaults, printing and the help text; this header is its typed
 * result. Every number is an int64_t that has been checked against its range, sizes are bytes, times milliseconds.
 * Strings are NUL-terminated valid UTF-8, never NULL unless said so; "" is "none". All of it belongs to the cd_config
 * and lives until cd_config_destroy. libconfig.h is included in this folder only.
 *
 * Stages' options are kept as they were written and checked later against the plugin's own table: options.h.
 *
 * Thread: any one; afterwards read-only, so all. Library code: it never logs, it fills the list of problems.
 */
#ifndef CD_CONFIG_CONFIG_H
#define CD_CONFIG_CONFIG_H

#include "config/problems.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CD_FORMAT_JSON 0
#define CD_FORMAT_TEXT 1
#define CD_FORMAT_AUTO 2 /* JSON if the first byte that is no white space is '{' */

#define CD_START_EARLIEST 0
#define CD_START_LATEST 1
#define CD_START_TIMESTAMP 2 /* input.start_ms */

#define CD_LOST_GO_ON 0
#define CD_LOST_STOP 1

#define CD_DELIVERY_AT_LEAST_ONCE 0

#define CD_RETRY_DEAD_LETTER 0
#define CD_RETRY_PASS 1
#define CD_DELIVERY_EXACTLY_ONCE 1

#define CD_BREAKER_PAUSE 0
#define CD_BREAKER_STAGE_OFF 1

/* One librdkafka property. Its name is librdkafka's business: kafka/ reports what it refuses with `file` and `line`. */
typedef struct cd_kafka_property {
    const char *name, *value; /* the value with ${ENV} and file: expanded */
    bool secret;              /* never print the value */
    const char *file;
    unsigned line;
} cd_kafka_property;

typedef struct cd_kafka_properties {
    const cd_kafka_property *list; /* in the order written; a later one of the same name replaced the earlier */
    size_t count;
} cd_kafka_properties;

typedef struct cd_route {
    const char *name, *topic;
} cd_route;

/* What becomes of an article whose stage asks for another try. */
typedef struct cd_retry {
    int64_t attempts, backoff, backoff_max;
    int64_t jitter; /* percent by which a wait may be shorter */
    int final;      /* CD_RETRY_DEAD_LETTER, or _PASS: without this stage */
} cd_retry;

struct cd_setting; /* a setting as written; opaque outside of this folder */

typedef struct cd_config_stage {
    const char *name;   /* unique; the plugin's name unless configured */
    const char *plugin; /* FILE of plugin_dir/FILE.so, or a path if it holds a '/' */
    const char *member; /* NULL: the plugin's own */
    const char *file;   /* where it stands, for problems; "--stages" if it came from the command line */
    unsigned line;
    const struct cd_setting *settings; /* the group with the plugin's own options */
    const struct cd_setting *own_retry; /* its group `retry` as written, or NULL */
    cd_retry retry;                     /* that, and for what it does not say the keys retry.* */
    const struct cd_setting *own_breaker; /* its group `breaker` as written, or NULL */
    int breaker_policy;                   /* that, or the key breaker.policy */
} cd_config_stage;

typedef struct cd_config {
    const char *file; /* the path given to cd_config_load; "" without one */
    const char *name; /* [A-Za-z0-9._-]{1,64}: names sockets, folders, the default group */
    int log_level;    /* CD_LEVEL_… of base/log.h */
    const char *group;
    int delivery; /* CD_DELIVERY_… */
    const char *transactional_id; /* "": made of group, name and host */

    struct {
        const char *const *topics; /* names, or patterns that start with '^' */
        size_t topic_count;
        int format;             /* CD_FORMAT_… */
        int start;              /* CD_START_… */
        const char *start_text; /* as written */
        int64_t start_ms;       /* since 1970, for CD_START_TIMESTAMP */
        int lost_offsets;       /* CD_LOST_… */
        const char *charset;    /* a name that iconv knows; "" = UTF-8 */
        bool confluent;
        int64_t max_bytes, max_depth;
        struct {
            const char *text, *id, *title, *url, *source, *lang,
                *published; /* JSON Pointers; "" = not read (not text) */
        } fields;
    } input;

    struct {
        const char *topic;
        const cd_route *routes;
        size_t route_count;
    } output;

    struct {
        const char *topic;
    } dead_letters;

    struct {
        const char *topic; /* "" = off */
        int64_t interval;
    } stats;

    struct {
        int64_t workers; /* 0: one a core */
        int64_t memory;
        int64_t in_flight; /* records a worker, at most */
        int64_t commit_interval;
        int64_t drain_timeout;
    } desk;

    struct {
        int64_t article_cpu; /* milliseconds of CPU time */
        int64_t memory;      /* RLIMIT_DATA; 0: none */
        bool sandbox;
    } worker;

    cd_retry retry;

    struct {
        int64_t dead_letters; /* 0: off */
        int64_t backoff, backoff_max;
        int policy; /* CD_BREAKER_PAUSE: articles wait; or _STAGE_OFF: they go on without the stage */
    } breaker;

    const char *state_dir;
    const char *run_dir;    /* of the control socket; "" = none */
    const char *plugin_dir; /* resolved, never "" */

    const cd_config_stage *stages;
    size_t stage_count;

    struct {
        cd_kafka_properties common, consumer, producer;
    } kafka;
} cd_config;

/* An override from the command line: "STAGE.OPTION=VALUE" or "KEY=VALUE" ("desk.workers=4"). Lists take VALUE divided
 * by commas; kafka.common, .consumer and .producer take one "property=value", added to those of the file. */
typedef struct cd_config_set {
    const char *text; /* borrowed during the call */
} cd_config_set;

/* Where the programs look unless told. */
#define CD_CONFIG_FILE "/etc/copydesk/copydesk.conf"

/* What must be there. */
#define CD_CONFIG_KAFKA 1u /* the daemon: bootstrap.servers, input.topics, output.topic, dead_letters.topic */
#define CD_CONFIG_LOCAL                                                                                                \
    2u /* `copydesk run`: the kafka group is not read, so its ${ENV} and files need not be there                       \
        */

/* 0 and *out, or -EINVAL and at least one problem, *out then NULL. */
int cd_config_load(const char *path, const cd_config_set *sets, size_t set_count, uint32_t flags, cd_config **out,
                   cd_problems *problems);

/* As cd_config_load, but only the stages that `stages` ("a,b,c") names, in its order. An unconfigured name is a
 * problem. */
int cd_config_load_stages(const char *path, const char *stages, const cd_config_set *sets, size_t set_count,
                          uint32_t flags, cd_config **out, cd_problems *problems);

/* Without a file: all defaults, and the plugins that `stages` names as the stages. Flags are CD_CONFIG_LOCAL. */
int cd_config_from_stages(const char *stages, const cd_config_set *sets, size_t set_count, cd_config **out,
                          cd_problems *problems);

void cd_config_destroy(cd_config *config); /* NULL is fine */

/* The first key that differs and that only a new start can change (brokers, group, topics, state_dir …), or NULL: then a reload
 * from `running` to `wanted` can be done. */
const char *cd_config_fixed_difference(const cd_config *running, const cd_config *wanted);

/* The stage of this name, or NULL. */
const cd_config_stage *cd_config_stage_find(const cd_config *config, const char *name);

/* Where a key of the table ("input.charset") got its value, for problems that others find in it: the file or "--set",
 * and the line; of a default the innermost group that is there, else line 0. */
void cd_config_place(const cd_config *config, const char *path, const char **file, unsigned *line);

/* Milliseconds since 1970, or a date: 2026-01-31, 2026-01-31T08:30Z, 2026-01-31T08:30:00.5+01:00 (ISO 8601, RFC 3339); a time
 * needs a zone. */
bool cd_config_parse_time(const char *text, int64_t *ms);

/* The effective configuration in the syntax of the file, secrets as <redacted>. Stages' options as written. */
void cd_config_print(const cd_config *config, FILE *out);

/* The table of keys for people: path, type, range, default, what it does. */
void cd_config_help(FILE *out);

/* The part that workers and the store need (stages with their options and places, input, worker, retry, log, name,
 * plugin_dir, state_dir), as text that cd_config_read_pipeline understands; nothing of Kafka. `fd` is written from
 * where it stands, mostly an empty memfd; the caller seals it. 0 or -errno. */
int cd_config_write_pipeline(const cd_config *config, int fd);

/* Reads it from the start of `fd` without moving its position (all workers share one). What was not written has its
 * default. 0; -EINVAL with problems; -errno if reading fails. */
int cd_config_read_pipeline(int fd, cd_config **out, cd_problems *problems);

#endif
