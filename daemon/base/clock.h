/* SPDX-License-Identifier: Apache-2.0
 *
 * base/clock.h: the clocks that the daemon goes by, header-only.
 *
 * Everything that waits or measures uses the monotonic clock; budgets of articles use CPU clocks, so that a frozen
 * machine kills no innocents; the wall clock is only for people (logs, stats) and never enters an article. All values
 * are nanoseconds in an int64_t unless the name says otherwise. Thread: any.
 */
#ifndef CD_BASE_CLOCK_H
#define CD_BASE_CLOCK_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define CD_NS_PER_US INT64_C(1000)
#define CD_NS_PER_MS INT64_C(1000000)
#define CD_NS_PER_S INT64_C(1000000000)

static inline int64_t cd_clock_read_ns(clockid_t clock)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * CD_NS_PER_S + (int64_t)now.tv_nsec;
}

static inline int64_t cd_clock_monotonic_ns(void) { return cd_clock_read_ns(CLOCK_MONOTONIC); }
static inline int64_t cd_clock_thread_cpu_ns(void) { return cd_clock_read_ns(CLOCK_THREAD_CPUTIME_ID); }
static inline int64_t cd_clock_process_cpu_ns(void) { return cd_clock_read_ns(CLOCK_PROCESS_CPUTIME_ID); }

/* Wall clock, milliseconds since 1970. */
static inline int64_t cd_clock_wall_ms(void) { return cd_clock_read_ns(CLOCK_REALTIME) / CD_NS_PER_MS; }

/* CPU time of another process, all its threads. 0, or -ESRCH if it is gone. */
static inline int cd_clock_child_cpu_ns(pid_t process, int64_t *out)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return -ESRCH;
    *out = (int64_t)used.tv_sec * CD_NS_PER_S + (int64_t)used.tv_nsec;
    return 0;
}

#endif
