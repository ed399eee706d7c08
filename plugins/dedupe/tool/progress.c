/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.c: see progress.h. The clock is asked once in 256 steps.
 */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_start(progress *p, const char *what, uint64_t total)
{
    *p = (progress){.what = what, .total = total, .terminal = isatty(STDERR_FILENO), .shown_ms = now_ms()};
}

void progress_step(progress *p)
{
    p->done++;
    if (!p->terminal || p->done % 256 != 0)
        return;
    int64_t now = now_ms();
    if (now - p->shown_ms < 200)
        return;
    p->shown_ms = now;
    p->shown = 1;
    fprintf(stderr, "\r\033[K%llu", (unsigned long long)p->done);
    if (p->total > 0)
        fprintf(stderr, " of %llu", (unsigned long long)p->total);
    fprintf(stderr, " %s", p->what);
    fflush(stderr);
}

void progress_clear(progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = 0;
}
