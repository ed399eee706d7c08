/* SPDX-License-Identifier: Apache-2.0
 *
 * config/keys.h: the one table of keys, and reading one key's value into the struct. Private to config/.
 *
 * A key's path names its place in the file ("input.fields.text" is input = { fields = { text = …; }; };), its offset
 * the place in cd_config. What is not a single value (routes, stages, Kafka properties) has a reader of its own, but
 * stands in the table too, so that names, help and printing come from one place. Thread: the loader's.
 */
#ifndef CD_CONFIG_KEYS_H
#define CD_CONFIG_KEYS_H

#include "config/config.h"
#include "config/pool.h"
#include "config/setting.h"

typedef enum cd_key_type {
    CD_KEY_BOOLEAN = 1,
    CD_KEY_INTEGER,
    CD_KEY_CHOICE,
    CD_KEY_STRING,
    CD_KEY_NAME,    /* [A-Za-z0-9._-]{1,64} */
    CD_KEY_TOPIC,   /* as Kafka allows, or "" */
    CD_KEY_POINTER, /* a JSON Pointer, or "" */
    CD_KEY_FOLDER,  /* an absolute path */
    CD_KEY_TOPICS,  /* a list of topics and patterns */
    CD_KEY_ROUTES,
    CD_KEY_STAGES,
    CD_KEY_PROPERTIES
} cd_key_type;

#define CD_KEY_PIPELINE 1u /* workers need it */
#define CD_KEY_NEEDED 2u   /* must be there for CD_CONFIG_KAFKA */
#define CD_KEY_OR_ZERO 4u  /* 0 is allowed below the range */
#define CD_KEY_BYTES 8u    /* what the integer counts */
#define CD_KEY_MS 16u
#define CD_KEY_LIVE 32u /* may change in a reload */
#define CD_KEY_STAGE 64u /* a stage may have it for itself, in a group of the same name */

typedef struct cd_key_choice {
    const char *name; /* NULL ends the list */
    int value;
} cd_key_choice;

typedef struct cd_key {
    const char *path;
    cd_key_type type;
    uint32_t flags;
    int64_t min, max;
    const char *preset;  /* the default as text; NULL: nothing, or worked out (help says how) */
    const char *example; /* how one writes it, for problems; NULL: the preset */
    const cd_key_choice *choices;
    size_t offset;
    const char *help;
} cd_key;

extern const cd_key cd_keys[];
extern const size_t cd_key_count;

const cd_key *cd_key_find(const char *path); /* NULL if there is none */

/* "an integer from 1 to 5, in bytes" … into `out`; returns `out`. */
const char *cd_key_expected(const cd_key *key, char *out, size_t size);
/* "desk = { workers = 0; };" */
const char *cd_key_example(const cd_key *key, char *out, size_t size);

/* Reads one value into `config`, or adds a problem; composite types are not for it. Strings come from the pool. */
void cd_key_read(const cd_key *key, const cd_setting *setting, cd_pool *pool, cd_config *config, cd_problems *problems);

/* Writes the keys with all of `flags` set as a file that reads back; composite types but topics are not for it:
 * `composite` writes them, after the key's indentation. */
typedef void cd_key_writer(const cd_key *key, const cd_config *config, int indent, FILE *out);
void cd_keys_write(const cd_config *config, uint32_t flags, cd_key_writer *composite, FILE *out);

/* output.routes as a list; a cd_key_writer's work. */
void cd_routes_write(const cd_config *config, int indent, FILE *out);

/* Kafka's rule for names of topics. */
bool cd_topic_valid(const char *name);

#endif
