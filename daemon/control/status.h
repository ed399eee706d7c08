/* SPDX-License-Identifier: Apache-2.0
 *
 * control/status.h: how the daemon is, why, and since when; and the JSON that tells it.
 *
 * Times are kept on the monotonic clock and told on the wall's, so that a clock that jumps changes no age. Thread: the desk's. */
#ifndef COPYDESK_CONTROL_STATUS_H
#define COPYDESK_CONTROL_STATUS_H

#include "stats/stats.h"

enum { CD_REASONS_MAX = 8 };

/* What is not well, by who says so. */
typedef struct cd_complaint {
    const char *from; /* static: "desk", "producer" … */
    const char *text; /* NULL or "": all is well there */
} cd_complaint;

typedef struct cd_reason {
    const char *from;
    char text[256];
    int64_t since_ns; /* since `from` has something to say; its words may have changed */
} cd_reason;

typedef struct cd_condition {
    const char *state; /* starting, ready, degraded, stopping; NULL before the first note */
    int64_t since_ns;
    cd_reason reasons[CD_REASONS_MAX];
    size_t reason_count;
} cd_condition;

/* `phase` (static): starting, ready or stopping; ready with a complaint is degraded. At most CD_REASONS_MAX complaints. */
void cd_condition_note(cd_condition *condition, const char *phase, const cd_complaint *complaints, size_t count, int64_t now_ns);
/* "ok", "degraded: WHY; WHY", "starting: WHY": one line for people. Returns `out`. */
const char *cd_condition_line(const cd_condition *condition, char *out, size_t size);

/* The last reload that was decided. */
typedef struct cd_reload_memory {
    bool running;       /* another one is being tried */
    int64_t decided_ns; /* 0: there was none */
    char refusal[512];  /* "": it was accepted */
} cd_reload_memory;

typedef struct cd_status {
    const cd_condition *condition;
    const cd_reload_memory *reload;
    const char *version, *file, *group;
    int64_t process, now_ns, now_ms; /* both clocks, at the same moment */
    int taps; /* clients that watch what goes out */
    uint64_t log_dropped, log_suppressed;
    cd_str stats; /* the stats record (stats/stats.h) as JSON */
} cd_status;

/* One JSON object as the next value of `out`. */
void cd_status_write(const cd_status *status, cd_json *out);

#endif
