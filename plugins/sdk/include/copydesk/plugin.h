/* SPDX-License-Identifier: Apache-2.0
 *
 * copydesk/plugin.h: the plugin ABI, version 1.0
 *
 * A plugin is a shared object that exports one function, `copydesk_plugin`. It returns a descriptor; the host
 * reads the descriptor, checks it, and calls the functions it names. Nothing else crosses the line. This header
 * needs only the C standard; conveniences live in <copydesk/sdk.h>, which is header-only.
 *
 * THE LIFE OF A STAGE
 *
 *   A plugin that is named in the configuration becomes a stage. Each worker process holds one instance of its
 *   worker half; the one store process holds one instance of its store half, if the plugin has one.
 *
 *     in a worker     copydesk_plugin → open → process* → close
 *     in the store    copydesk_plugin → store_open → (claim_batch | forget | watermark)* → store_close
 *
 *     call            when                                   may call of the host
 *     --------------  -------------------------------------  ---------------------------------------------
 *     copydesk_plugin any time, more than once               nothing
 *     open            once, before the first article         log, option_*, counter, service
 *     process         once an article                        all but option_* and answer
 *     close           once, only after an open that gave 0   log, count
 *     store_open      once, before the first claim           log, option_*, counter, service
 *     claim_batch     with 1 to 1024 claims, release order   log, count, answer
 *     forget          when an article that claimed was       log, count
 *                     dead-lettered or dropped afterwards
 *     watermark       when all owners below are settled      log, count
 *     store_close     once, only after a store_open that     log, count
 *                     gave 0
 *
 *   A process may be killed at any instant, between any two of these: durable state must survive that.
 *
 * THREADS      Every call of one instance comes from one and the same thread, one after the other. A plugin needs
 *              no locks. It must not start threads or processes: the sandbox refuses them.
 * MEMORY       Nothing is freed across the line. What the host hands over is borrowed: for `process` until it
 *              returns, for `claim_batch` until it returns, in `open` until `close`. What a plugin hands over is
 *              copied before the host function returns. The descriptor and all it points to live for ever.
 * STRINGS      UTF-8, pointer and length, without a terminator unless said otherwise, and may hold NUL bytes. An
 *              absent string has ptr == NULL; an empty one has ptr != NULL and len == 0.
 * POSITIONS    A plugin works in bytes of the article's text. The host converts to code points; no plugin counts.
 * TIME         An article has a budget of the worker's CPU time. A stage that exceeds it is killed, and the article
 *              goes to the dead letters after one more try; `budget_ns` says what is left.
 * FAILURE      A crash, a hang, exit() or a broken annotation costs the one article in hand, never another.
 * DETERMINISM  The same article, options and earlier annotations give the same bytes: no clock, no random value.
 * FILES        A worker may not open files after `open`. Options of type path are opened and mapped by the host
 *              before that; `option_file` hands out the bytes. Only the store has a folder to write to.
 *
 * HOW IT GROWS  Structs grow at their end, and each carries its size. A host loads a plugin if `abi_major` is equal
 *               and `abi_minor_needed` is not above its own minor. A plugin asks CD_HAS(host, field) before it uses
 *               a field younger than the minor it requires. Loosening a rule of this page raises the minor.
 *
 * CHANGES       1.0  first version
 */
#ifndef COPYDESK_PLUGIN_H
#define COPYDESK_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COPYDESK_ABI_MAJOR 1u
#define COPYDESK_ABI_MINOR 0u

/* True if the table behind `table` (it starts with `size`) is long enough to hold `field`. */
#define CD_HAS(table, field) \
    ((table)->size >= (uint32_t)(offsetof(__typeof__(*(table)), field) + sizeof((table)->field)))

/* Bytes with a length. Borrowed, never owned. */
typedef struct cd_str {
    const char *ptr;
    size_t len;
} cd_str;

/* Opaque: the article in hand (valid during `process`), the stage (from open to close), one claim's answer slot. */
typedef struct cd_article cd_article;
typedef struct cd_stage cd_stage;
typedef struct cd_answer cd_answer;

/* ---- Verdicts: what `process` returns, and what an answer to a claim carries -------------------------------- */

#define CD_OK 0     /* go on; the annotation, if one was made, is kept */
#define CD_DROP 1   /* the article is not published; counted, and settled. Give a reason with `reason` */
#define CD_ROUTE 2  /* the article goes to the output that `route` named, with all annotations so far; later stages
                       do not run */
#define CD_REJECT 3 /* the article goes to the dead letters, class "reject", with the reason given */
#define CD_RETRY 4  /* the same again later, after a back-off; after a set number of attempts as REJECT */
#define CD_FATAL 5  /* this instance can't go on: the worker is replaced, the article is handed to another */
/* On anything but OK the stage's own annotation is discarded (ROUTE keeps it). An unknown value counts as REJECT,
 * and the log blames the plugin. */

/* ---- Options: the plugin owns them, the host checks them ---------------------------------------------------- */

#define CD_OPTION_BOOLEAN 1 /* default: "true" or "false" */
#define CD_OPTION_INTEGER 2 /* 64 bits, min ≤ value ≤ max */
#define CD_OPTION_NUMBER 3  /* a double, min ≤ value ≤ max */
#define CD_OPTION_STRING 4
#define CD_OPTION_CHOICE 5 /* one of `choices` */
#define CD_OPTION_PATH 6   /* a regular file, mapped by the host; "" means none. Part of the fingerprint by SHA-256 */
#define CD_OPTION_LIST 7   /* an array of strings; default: always empty */
#define CD_OPTION_TABLE 8  /* a list of groups whose members are `columns`; default: always empty */

typedef struct cd_option {
    const char *name; /* [a-z][a-z0-9_]*, NUL-terminated, unique in its table */
    int32_t type;     /* CD_OPTION_… */
    uint32_t flags;   /* 0 */
    const char *preset; /* the default, as one writes it in the configuration without quotes; NULL: required
                           (not for list and table) */
    double min, max;  /* for integer and number; min == max means unbounded */
    const char *const *choices;      /* for choice: NULL-terminated */
    const struct cd_option *columns; /* for table: ends with an entry whose name is NULL; no list or table inside */
    const char *help; /* one sentence */
} cd_option;

/* ---- The article's identity ---------------------------------------------------------------------------------- */

/* Where a record came from. The same record has the same identity at each delivery. */
typedef struct cd_identity {
    cd_str topic;         /* from `copydesk run`: the file's name, "-" for standard input */
    int32_t partition;    /* from `copydesk run`: 0 */
    int32_t reserved;     /* 0 */
    int64_t offset;       /* from `copydesk run`: the line's number, from 1 */
    int64_t timestamp_ms; /* the broker's timestamp, milliseconds since 1970; -1 if there is none */
} cd_identity;

/* Members of the input that the host knows by name (which JSON members hold them is configured). */
#define CD_FIELD_TEXT 1      /* always there, valid UTF-8 */
#define CD_FIELD_ID 2        /* always there: the input's, else the record's key, else topic/partition/offset */
#define CD_FIELD_TITLE 3     /* the rest may be absent */
#define CD_FIELD_URL 4
#define CD_FIELD_SOURCE 5
#define CD_FIELD_LANG 6
#define CD_FIELD_PUBLISHED 7

/* What `lookup` found. */
#define CD_JSON_OBJECT 1
#define CD_JSON_ARRAY 2
#define CD_JSON_STRING 3
#define CD_JSON_NUMBER 4
#define CD_JSON_BOOLEAN 5
#define CD_JSON_NULL 6

typedef struct cd_value {
    int32_t type;     /* CD_JSON_… */
    uint32_t reserved; /* 0 */
    cd_str raw;       /* the value as it stands in the JSON text */
    cd_str string;    /* its characters, unescaped, if type is CD_JSON_STRING; else absent */
} cd_value;

#define CD_LOG_ERROR 3 /* the numbers are syslog's */
#define CD_LOG_WARNING 4
#define CD_LOG_INFO 6
#define CD_LOG_DEBUG 7

/* ---- The host's table ------------------------------------------------------------------------------------------
 * Handed to `open` and `store_open`, valid until the process ends. Thread: the instance's own, always. */
typedef struct cd_host {
    uint32_t size; /* sizeof(cd_host) as the host was compiled */
    uint32_t abi_major, abi_minor;
    uint32_t reserved; /* 0 */

    /* A bigger feature by id and revision ("copydesk.something/1"), or NULL if this host lacks it. There is
     * "copydesk.network/1" (<copydesk/network.h>). */
    const void *(*service)(cd_stage *stage, const char *id);

    /* One line in the daemon's log, rate-limited; control characters are escaped. */
    void (*log)(cd_stage *stage, int32_t level, cd_str message);

    /* Options. `path` is NUL-terminated: the option's name, "names.0" for an element of a list, "rules.2.match" for
     * a cell of a table. The value is the configured one or the default; a path that the plugin's table does not
     * have is a bug of the plugin and ends the process with a message. */
    int32_t (*option_boolean)(cd_stage *stage, const char *path);   /* 0 or 1 */
    int64_t (*option_integer)(cd_stage *stage, const char *path);
    double (*option_number)(cd_stage *stage, const char *path);
    cd_str (*option_string)(cd_stage *stage, const char *path);     /* string, choice, path; borrowed until close */
    size_t (*option_count)(cd_stage *stage, const char *path);      /* elements of a list, rows of a table */
    cd_str (*option_file)(cd_stage *stage, const char *path);       /* the mapped bytes, read-only, shared by all
                                                                       workers; absent if the option is "" */

    /* Counters of the stage's own, published with the stats as stages.NAME.counters.COUNTER. `counter` (in open)
     * gives a number ≥ 0, or -ENOSPC after 64; the name is [a-z][a-z0-9_]*. A negative number counts nowhere. */
    int32_t (*counter)(cd_stage *stage, const char *name);
    void (*count)(cd_stage *stage, int32_t counter, uint64_t delta);

    /* Reading the article. */
    cd_str (*field)(cd_article *article, int32_t field);            /* CD_FIELD_…, unescaped; absent if not there */
    void (*identity)(cd_article *article, cd_identity *out);
    /* Any member of the input by JSON Pointer (RFC 6901). 0, or -ENOENT. Plain-text input has none. */
    int32_t (*member)(cd_article *article, cd_str pointer, cd_value *out);
    /* An earlier stage's annotation: the member's name ("credits") and a JSON Pointer into it ("" for the whole).
     * 0, or -ENOENT if that stage did not run or made none, or has no such value. */
    int32_t (*annotation)(cd_article *article, const char *member, cd_str pointer, cd_value *out);

    /* Positions in the text: byte → code point and back. Amortised constant time. A byte inside a sequence counts as
     * its first; a position beyond the end as the end. */
    size_t (*codepoint_at)(cd_article *article, size_t byte);
    size_t (*byte_at)(cd_article *article, size_t codepoint);

    /* CPU time left for this article, in nanoseconds; may be negative just before the end. */
    int64_t (*budget_ns)(cd_article *article);

    /* Results. Each replaces what the same stage said before.
     * annotate: one JSON value in UTF-8. 0; -EINVAL if it is not valid JSON; -EMSGSIZE if it is too large. On
     * an error the article is rejected with that reason, whatever `process` returns. */
    int32_t (*annotate)(cd_article *article, cd_str json);
    /* Why the verdict is not OK, for people. Cut at 1,000 bytes. */
    void (*reason)(cd_article *article, cd_str text);
    /* The configured output that CD_ROUTE sends to. An unknown name is REJECT. */
    void (*route)(cd_article *article, cd_str name);
    /* Stages with a store half: the bytes for `claim_batch`, at most 64 KiB. The answer becomes the annotation. If
     * a later stage drops or rejects the article, nothing is claimed. 0 or -EMSGSIZE. */
    int32_t (*claim)(cd_article *article, cd_str blob);

    /* In claim_batch: the answer to one claim, `json` as for annotate, `detail` the reason or the route's name
     * (absent if not needed). Each claim is answered once, in order, before claim_batch returns; one that is not is
     * answered null. */
    int32_t (*answer)(cd_answer *answer, int32_t verdict, cd_str json, cd_str detail);
} cd_host;

/* ---- The store half --------------------------------------------------------------------------------------------
 * Sees records one after the other in the order in which they are released; within one partition that is the order
 * of their offsets. Redelivery is normal: the same owner may claim again, and must get the same answer. What it decides is
 * durable when claim_batch returns. */
typedef struct cd_claim {
    cd_identity owner;
    cd_str blob;       /* what `process` handed to host->claim */
    cd_answer *answer; /* for host->answer */
} cd_claim;

/* ---- The descriptor ---------------------------------------------------------------------------------------------- */

typedef struct cd_plugin {
    uint32_t abi_major;        /* COPYDESK_ABI_MAJOR */
    uint32_t abi_minor_needed; /* the lowest minor it works with */
    uint32_t size;             /* sizeof(cd_plugin) as the plugin was compiled */
    uint32_t flags;            /* 0 */
    const char *name;    /* [a-z][a-z0-9_]*, the stage's name unless the configuration gives another */
    const char *version; /* semantic version; part of the fingerprint */
    const char *summary; /* one sentence */
    const char *member;  /* the member of `enrichment` that it owns */
    const char *const *reads; /* members of other stages it reads if they are there, NULL-terminated; NULL for none */
    const cd_option *options; /* ends with an entry whose name is NULL; NULL for none */

    /* Worker half; required. Return 0, or -errno with a reason in the log; then the worker does not start. */
    int32_t (*open)(const cd_host *host, cd_stage *stage, void **self);
    int32_t (*process)(void *self, cd_article *article); /* a verdict */
    void (*close)(void *self);

    /* Store half; all NULL for a plugin without state. `folder` is the stage's own, NUL-terminated, writable; it
     * exists. 0 or -errno. claim_batch returns 0, or -errno if it decided nothing: the host comes again later. */
    int32_t (*store_open)(const cd_host *host, cd_stage *stage, const char *folder, void **self);
    int32_t (*claim_batch)(void *self, const cd_claim *claims, size_t count);
    void (*forget)(void *self, const cd_identity *owner);
    /* All records of this partition below `offset` are settled and will not be delivered again, unless somebody rewinds. */
    void (*watermark)(void *self, cd_str topic, int32_t partition, int64_t offset);
    void (*store_close)(void *self);
} cd_plugin;

/* The one symbol. Mark it with default visibility and hide the rest. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const cd_plugin *copydesk_plugin(void);

typedef const cd_plugin *(*cd_plugin_entry)(void);

#ifdef __cplusplus
}
#endif
#endif
