/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/process.c: see process.h. All of it stands in one line of /proc, stat, which everybody may read (proc(5)). */
#include "cli/top/process.h"

#include "base/clock.h"

#include <inttypes.h>
#include <unistd.h>

static int read_line(int64_t pid, char *out, int size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    bool got = fgets(out, size, file) != NULL;
    fclose(file);
    return got ? 0 : -1;
}

void cd_top_process_look(cd_top_process *process)
{
    char line[1024];
    uint64_t user, system, begin;
    int64_t pages;
    process->cpu_ms = process->age_ms = process->memory = -1;
    if (process->pid <= 0 || read_line(process->pid, line, sizeof line) != 0)
        return;
    /* The name stands in parentheses and may have some itself; behind it comes field 3. */
    const char *name = strchr(line, '('), *rest = strrchr(line, ')');
    if (name == NULL || rest == NULL || strncmp(name, "(copydesk", 9) != 0)
        return;
    if (sscanf(rest + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %*d %*d %*d %*d %*d %*d %" SCNu64
               " %*u %" SCNd64, &user, &system, &begin, &pages) != 4)
        return;
    int64_t ticks_per_s = sysconf(_SC_CLK_TCK);
    process->cpu_ms = (int64_t)(user + system) * 1000 / ticks_per_s;
    process->age_ms = cd_clock_read_ns(CLOCK_BOOTTIME) / CD_NS_PER_MS - (int64_t)begin * 1000 / ticks_per_s;
    process->memory = pages * sysconf(_SC_PAGESIZE);
}
