/* SPDX-License-Identifier: Apache-2.0
 *
 * base/log.c: formats, escapes, limits and writes log lines. See log.h.
 *
 * Owns one descriptor for standard error and the table of keyed sites; all state is atomic, there is no lock. A line is
 * built on the caller's stack and leaves in one system call that cannot wait. What it doesn't do: files, rotation,
 * syslog.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096 /* PIPE_BUF: a pipe takes such a write whole or not at all */
#define KEYED_SITES 512

enum sink { SINK_UNKNOWN, SINK_DIRECT, SINK_SOCKET, SINK_POLLED };

static struct {
    _Atomic int level, sink, fd;
    _Atomic bool sought;        /* somebody looks for the sink, or has found it */
    _Atomic bool journal, torn; /* torn: the last line was written in part, its end is missing */
    _Atomic uint64_t dropped, reported, suppressed;
    char name[32];
} log_state = {.level = CD_LEVEL_INFO, .fd = STDERR_FILENO};

static struct keyed_site {
    _Atomic uint64_t key;
    cd_log_site site;
} keyed_sites[KEYED_SITES];

/* ---- Where lines go ---------------------------------------------------------------------------------------------- */

/* O_NONBLOCK belongs to the open file, which standard error shares with the shell and with our children, so it is never
 * set on fd 2. A pipe or a terminal is opened once more for ourselves; a socket (the journal) is sent to without
 * waiting; where neither works, poll says whether a line fits. A plain file cannot make a writer wait. */
static void find_sink(void)
{
    struct stat info;
    int sink = SINK_DIRECT, fd = STDERR_FILENO;
    if (fstat(STDERR_FILENO, &info) == 0) {
        if (S_ISSOCK(info.st_mode))
            sink = SINK_SOCKET;
        else if (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode)) {
            int own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
            fd = own >= 0 ? own : STDERR_FILENO;
            sink = own >= 0 ? SINK_DIRECT : SINK_POLLED;
        }
    }
    int old = atomic_exchange(&log_state.fd, fd);
    if (old != STDERR_FILENO && old != fd)
        (void)close(old);
    atomic_store(&log_state.journal, getenv("JOURNAL_STREAM") != NULL);
    atomic_store(&log_state.torn, false);
    atomic_store(&log_state.sink, sink);
}

static bool send_line(const char *line, size_t len)
{
    int fd = atomic_load(&log_state.fd), sink = atomic_load(&log_state.sink);
    ssize_t sent = -1;
    if (sink == SINK_POLLED || sink == SINK_UNKNOWN) {
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        if (poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT))
            return false;
    }
    if (sink == SINK_SOCKET)
        sent = send(fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    else
        sent = write(fd, line, len);
    if (sent > 0 && (size_t)sent < len)
        atomic_store(&log_state.torn, true);
    return sent > 0;
}

void cd_log_init(const char *name)
{
    snprintf(log_state.name, sizeof log_state.name, "%s", name != NULL ? name : program_invocation_short_name);
    atomic_store(&log_state.sought, true);
    find_sink();
}

/* ---- Levels ------------------------------------------------------------------------------------------------------ */

static const char *const level_names[] = {[CD_LEVEL_ERROR] = "error",
                                          [CD_LEVEL_WARNING] = "warning",
                                          [CD_LEVEL_NOTICE] = "notice",
                                          [CD_LEVEL_INFO] = "info",
                                          [CD_LEVEL_DEBUG] = "debug"};

void cd_log_level_set(int level) { atomic_store(&log_state.level, level); }

int cd_log_level(void) { return atomic_load_explicit(&log_state.level, memory_order_relaxed); }

int cd_log_level_parse(const char *name)
{
    for (int level = CD_LEVEL_ERROR; level <= CD_LEVEL_DEBUG; level++)
        if (strcmp(name, level_names[level]) == 0)
            return level;
    return -1;
}

const char *cd_log_level_name(int level)
{
    return level >= CD_LEVEL_ERROR && level <= CD_LEVEL_DEBUG ? level_names[level] : "unknown";
}

uint64_t cd_log_dropped(void) { return atomic_load(&log_state.dropped); }
uint64_t cd_log_suppressed(void) { return atomic_load(&log_state.suppressed); }

/* ---- Escaping ---------------------------------------------------------------------------------------------------- */

/* What could forge a line or mislead a reader: C0 and C1 controls, line and paragraph separators, bidirectional
 * overrides. */
static bool must_escape(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069);
}

/* Appends the message, escaped, to `line`; stops with "…" before `cap`. The length. */
static size_t append_escaped(char *line, size_t len, size_t cap, const char *message, size_t size)
{
    for (size_t i = 0; i < size;) {
        uint32_t point = 0;
        char piece[12];
        size_t used = cd_utf8_decode(message + i, size - i, &point);
        if (used == 0)
            (void)snprintf(piece, sizeof piece, "\\x%02x", (unsigned char)message[i]);
        else if (point == '\n' || point == '\r' || point == '\t')
            (void)snprintf(piece, sizeof piece, "\\%c", point == '\n' ? 'n' : point == '\r' ? 'r' : 't');
        else if (must_escape(point))
            (void)snprintf(piece, sizeof piece, point < 0x80 ? "\\x%02x" : "\\u%04x", point);
        else
            (void)snprintf(piece, sizeof piece, "%.*s", (int)used, message + i);
        size_t wide = strlen(piece);
        if (len + wide + sizeof "…" > cap) {
            memcpy(line + len, "…", sizeof "…" - 1);
            return len + sizeof "…" - 1;
        }
        memcpy(line + len, piece, wide);
        len += wide;
        i += used == 0 ? 1 : used;
    }
    return len;
}

/* ---- The rate limit ---------------------------------------------------------------------------------------------- */

cd_log_site *cd_log_site_of(const char *file, int line, const char *key)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)line; /* FNV-1a */
    for (const char *s = file; *s != '\0'; s++)
        hash = (hash ^ (unsigned char)*s) * UINT64_C(1099511628211);
    for (const char *s = key; *s != '\0'; s++)
        hash = (hash ^ (unsigned char)*s) * UINT64_C(1099511628211);
    struct keyed_site *slot = &keyed_sites[(hash >> 32 ^ hash) % KEYED_SITES];
    if (atomic_exchange(&slot->key, hash) != hash) {
        atomic_store(&slot->site.window, 0);
        atomic_store(&slot->site.suppressed, 0);
    }
    return &slot->site;
}

/* May this line go out? Two threads at the border of a window may let one line more through: harmless. */
static bool pass_limit(cd_log_site *site)
{
    int64_t now = cd_clock_monotonic_ns() / CD_NS_PER_MS + 1;
    int64_t window = atomic_load(&site->window);
    if ((window == 0 || now - window >= CD_LOG_WINDOW_MS) &&
        atomic_compare_exchange_strong(&site->window, &window, now))
        atomic_store(&site->written, 0);
    if (atomic_fetch_add(&site->written, 1) < CD_LOG_BURST)
        return true;
    atomic_fetch_add(&site->suppressed, 1);
    atomic_fetch_add(&log_state.suppressed, 1);
    return false;
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

static size_t write_head(char *line, size_t cap, int level)
{
    const char *torn = atomic_exchange(&log_state.torn, false) ? "\n" : "";
    const char *name = log_state.name[0] != '\0' ? log_state.name : program_invocation_short_name;
    if (atomic_load(&log_state.journal))
        return (size_t)snprintf(line, cap, "%s<%d>%.31s: ", torn, level, name);
    struct timespec now;
    struct tm date;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &date);
    char day[32];
    (void)strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &date);
    return (size_t)snprintf(line, cap, "%s%s.%03ldZ %s %.31s[%d]: ", torn, day, now.tv_nsec / 1000000,
                            cd_log_level_name(level), name, (int)getpid());
}

static void write_message(int level, const char *message, size_t size)
{
    char line[LINE_MAX_BYTES];
    size_t len = write_head(line, sizeof line, level);
    len = append_escaped(line, len, sizeof line - 1, message, size);
    line[len++] = '\n';
    if (!send_line(line, len))
        atomic_fetch_add(&log_state.dropped, 1);
}

/* Says that lines were lost, once they can be said at all. */
static void report_dropped(void)
{
    uint64_t dropped = atomic_load(&log_state.dropped), reported = atomic_load(&log_state.reported);
    if (dropped <= reported || !atomic_compare_exchange_strong(&log_state.reported, &reported, dropped))
        return;
    char line[256];
    size_t len = write_head(line, sizeof line, CD_LEVEL_WARNING);
    len += (size_t)snprintf(line + len, sizeof line - len, "%llu log lines were dropped: standard error was full\n",
                            (unsigned long long)(dropped - reported));
    if (!send_line(line, len))
        atomic_store(&log_state.reported, reported);
}

void cd_log_write(cd_log_site *site, int level, const char *format, ...)
{
    if (site != NULL && !pass_limit(site))
        return;
    int saved = errno;
    char message[LINE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int need = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    size_t size = need < 0 ? 0 : (size_t)need < sizeof message ? (size_t)need : sizeof message - 1;
    uint32_t held = site != NULL ? atomic_exchange(&site->suppressed, 0) : 0;
    if (held > 0 && size + 64 < sizeof message)
        size += (size_t)snprintf(message + size, sizeof message - size, " (%u more like this were held back)", held);
    if (!atomic_exchange(&log_state.sought, true))
        find_sink();
    report_dropped();
    write_message(level, message, size);
    errno = saved;
}
