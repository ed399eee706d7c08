/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/progress.c: see progress.h. */
#include "cli/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 30 };

void cd_progress_start(cd_progress *progress)
{
    progress->terminal = isatty(STDERR_FILENO);
    progress->start_ns = progress->shown_ns = cd_clock_monotonic_ns();
}

static double rate(const cd_progress *progress, int64_t now_ns)
{
    double seconds = (double)(now_ns - progress->start_ns) / 1e9;
    return seconds > 0 ? (double)(progress->published + progress->dropped + progress->dead_lettered) / seconds : 0;
}

void cd_progress_show(cd_progress *progress, uint64_t bytes, uint64_t total)
{
    char bar[WIDTH + 1];
    int64_t now_ns = cd_clock_monotonic_ns();
    if (!progress->terminal || now_ns - progress->shown_ns < CD_NS_PER_S / 10)
        return;
    progress->shown_ns = now_ns;
    progress->shown = true;
    uint64_t done = total ? (bytes < total ? bytes : total) * WIDTH / total : 0;
    memset(bar, '.', WIDTH);
    memset(bar, '#', done);
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r\033[K[%s] %llu articles, %.0f/s, %llu refused", bar,
            (unsigned long long)(progress->published + progress->dropped), rate(progress, now_ns),
            (unsigned long long)progress->dead_lettered);
    fflush(stderr);
}

void cd_progress_clear(cd_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}

void cd_progress_end(cd_progress *progress)
{
    int64_t now_ns = cd_clock_monotonic_ns();
    cd_progress_clear(progress);
    fprintf(stderr, "%llu articles in, %llu out, %llu dropped, %llu refused, %.1f s, %.0f articles/s\n",
            (unsigned long long)progress->read, (unsigned long long)progress->published,
            (unsigned long long)progress->dropped, (unsigned long long)progress->dead_lettered,
            (double)(now_ns - progress->start_ns) / 1e9, rate(progress, now_ns));
}
