/* SPDX-License-Identifier: Apache-2.0
 *
 * base/log.h: the log. One line an event, to standard error.
 *
 * Under systemd (JOURNAL_STREAM is set) a line is "<N>message", N being syslog's level; else "TIME LEVEL NAME[PID]:
 * message" with the time in UTC. Control characters, line ends, bidirectional overrides and invalid UTF-8 are escaped,
 * so that nothing that comes from an article can forge a line or drive a terminal. A line is at most 4,096 bytes
 * (PIPE_BUF, so it is written whole or not at all); what is longer is cut and ends in "…".
 *
 * Never waits: if standard error is full, the line is dropped and counted, and the next line that gets through is
 * preceded by one that says how many were lost. Each place in the code, or each key, may write CD_LOG_BURST lines in
 * CD_LOG_WINDOW_MS; what goes beyond is counted and said with the next line from there.
 *
 * Thread: any, at any time, without a lock. Library code never logs; the edges do, once.
 */
#ifndef CD_BASE_LOG_H
#define CD_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* syslog's numbers; plugin.h's CD_LOG_… have the same ones. */
#define CD_LEVEL_ERROR 3
#define CD_LEVEL_WARNING 4
#define CD_LEVEL_NOTICE 5
#define CD_LEVEL_INFO 6
#define CD_LEVEL_DEBUG 7

#define CD_LOG_BURST 20
#define CD_LOG_WINDOW_MS 10000

/* What the rate limit knows of one place; zero-initialised, used through the macros below. */
typedef struct cd_log_site {
    _Atomic int64_t window;      /* start of the current window, monotonic ms; 0 = none yet */
    _Atomic uint32_t written;    /* lines in this window */
    _Atomic uint32_t suppressed; /* lines held back since the last one written */
} cd_log_site;

/* Optional, once, at the start, before other threads and before a sandbox; again after fd 2 was replaced. `name` stands
 * before each message ("copydeskd", "worker 3"); it is copied (31 bytes). Without it: the program's name. */
void cd_log_init(const char *name);
void cd_log_level_set(int level); /* CD_LEVEL_…; default CD_LEVEL_INFO */
int cd_log_level(void);
/* "error" "warning" "notice" "info" "debug" → CD_LEVEL_…, else -1; and back. */
int cd_log_level_parse(const char *name);
const char *cd_log_level_name(int level);

/* Totals since the start. */
uint64_t cd_log_dropped(void);    /* standard error was full or closed */
uint64_t cd_log_suppressed(void); /* the rate limit */

/* cd_log(CD_LEVEL_INFO, "format", …): limited by the place in the code. */
#define cd_log(level, ...)                                                                                             \
    do {                                                                                                               \
        static cd_log_site cd_log_here;                                                                                \
        if ((level) <= cd_log_level())                                                                                 \
            cd_log_write(&cd_log_here, (level), __VA_ARGS__);                                                          \
    } while (0)
#define cd_log_error(...) cd_log(CD_LEVEL_ERROR, __VA_ARGS__)
#define cd_log_warning(...) cd_log(CD_LEVEL_WARNING, __VA_ARGS__)
#define cd_log_notice(...) cd_log(CD_LEVEL_NOTICE, __VA_ARGS__)
#define cd_log_info(...) cd_log(CD_LEVEL_INFO, __VA_ARGS__)
#define cd_log_debug(...) cd_log(CD_LEVEL_DEBUG, __VA_ARGS__)

/* Limited by the place in the code and `key` (a stage's name, a topic …): one noisy stage does not silence another. Of
 * keys the last 512 or so are remembered. */
#define cd_log_keyed(level, key, ...)                                                                                  \
    do {                                                                                                               \
        if ((level) <= cd_log_level())                                                                                 \
            cd_log_write(cd_log_site_of(__FILE__, __LINE__, (key)), (level), __VA_ARGS__);                             \
    } while (0)

/* What the macros call. `site` NULL: no rate limit. */
void cd_log_write(cd_log_site *site, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
cd_log_site *cd_log_site_of(const char *file, int line, const char *key);

#endif
