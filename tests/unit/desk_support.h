/* SPDX-License-Identifier: Apache-2.0
 *
 * A desk with real worker processes and the plugins of tests/plugins, an outlet that writes down what comes out, and a
 * round of work after which the books must balance.
 */
#ifndef DESK_SUPPORT_H
#define DESK_SUPPORT_H

#include "desk/desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What came out, in the order in which it did. Strings are copies. */
typedef struct bench_seen {
    int kind;
    int32_t partition;
    int64_t offset;
    char *output, *route, *class, *stage, *version, *reason;
    int64_t byte;
    int signal, attempts;
} bench_seen;

enum bench_reports {
    BENCH_AT_ONCE, /* delivered within publish */
    BENCH_LATER,   /* kept until bench_deliver */
};

enum { BENCH_LANES = 4, BENCH_MOST = 20000 };

typedef struct bench {
    cd_loop loop;
    cd_config *config;
    cd_desk *desk;
    cd_lane *lanes[BENCH_LANES];
    char folder[64]; /* of the stores, and of configuration files */

    int reports;
    int not_now;        /* so many calls of publish are answered -EAGAIN */
    const char *kills;  /* an output that holds this text kills the process that publishes it */
    const char *refuse; /* outputs that hold this text are refused, class too-large */
    cd_record *published[BENCH_MOST];
    size_t published_count;
    bench_seen seen[BENCH_MOST];
    size_t seen_count;

    uint64_t taken, given_back;   /* records' bytes */
    int64_t settled[BENCH_LANES]; /* as the callback said */
} bench;

/* Where the desks that are started from now on have their state; NULL: each in its own folder. */
extern const char *bench_state;
/* What the first stage's group `retry` holds in the files that bench_configure makes; NULL: it has none. */
extern const char *bench_retry;

/* `stages`: names of test plugins; `sets`: NULL-terminated overrides, or NULL. Waits until the desk is ready. */
bench *bench_start(const char *stages, const char *const *sets);
/* The same, but the desk may refuse: returns with the refusal in sight. */
bench *bench_try(const char *stages, const char *const *sets);
/* All must have settled: the budget is empty, all bytes were given back, the children leave in good order. Then frees.
 */
void bench_end(bench *b);
/* For what was left unsettled on purpose: abandons first. */
void bench_break_off(bench *b);
/* Frees, and looks at nothing. */
void bench_drop(bench *b);

cd_config *bench_configure(bench *b, const char *stages, const char *const *sets);

/* A lane of its own epoch for this partition (0 … BENCH_LANES-1). */
cd_lane *bench_lane(bench *b, int32_t partition);
/* Abandons the lane and frees it, as a lost partition would. The ledger as it was at the end. */
cd_ledger bench_lose(bench *b, int32_t partition);

/* Takes a record; the payload is copied. `payload` NULL: a tombstone. */
void bench_take_bytes(bench *b, int32_t partition, int64_t offset, const char *key, size_t key_length,
                      const char *payload, size_t length);
/* An article: {"id": "<id>", "text": "<text>"}. */
void bench_take(bench *b, int32_t partition, int64_t offset, const char *text);
void bench_take_id(bench *b, int32_t partition, int64_t offset, const char *id, const char *text);

/* One round, then looks at the books. */
void bench_round(bench *b);
/* The same without the loop: what comes from the children waits, and nothing sleeps. */
void bench_serve(bench *b);
/* What came out so far is not looked at again. */
void bench_forget(bench *b);
/* Rounds until all lanes are empty. Fails after a minute. */
void bench_finish(bench *b);
/* Rounds until so many have come out. */
void bench_until_seen(bench *b, size_t count);
/* Rounds until so many reports are kept back (BENCH_LATER). */
void bench_until_published(bench *b, size_t count);
/* Rounds for this long. */
void bench_run_ms(bench *b, int ms);

/* Delivers the report of the record published as number `index` among those kept. */
void bench_deliver(bench *b, size_t index);
void bench_deliver_all(bench *b);

/* What came of this record; fails if it did not come out, or twice. */
const bench_seen *bench_find(const bench *b, int32_t partition, int64_t offset);
/* Offsets of each partition came out in ascending order, without repetition. */
void bench_in_order(const bench *b);
const cd_stage_stats *bench_stage(bench *b, const char *name);
/* Process of the child of this name ("worker 1", "store"). */
pid_t bench_pid(bench *b, const char *name);
uint64_t bench_budget_used(bench *b);

#endif
