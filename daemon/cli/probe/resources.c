/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/resources.c: the checks of what a plugin takes: time, memory, and what it leaves behind. See checks.h. */
#include "cli/probe/checks.h"

#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what a process holds ---- */

static long count_descriptors(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *folder = opendir(path);
    long count = 0;
    if (folder == NULL)
        return -1;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

cd_probe_usage cd_probe_usage_of(pid_t pid)
{
    cd_probe_usage usage = {-1, count_descriptors(pid), -1};
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "Threads:", 8) == 0)
            usage.threads = strtol(line + 8, NULL, 10);
        if (strncmp(line, "RssAnon:", 8) == 0)
            usage.memory_kb = strtol(line + 8, NULL, 10);
    }
    if (file)
        fclose(file);
    return usage;
}

/* The first child of this process; 0: none is known. */
static pid_t some_child(void)
{
    char path[64];
    int pid = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    FILE *file = fopen(path, "re");
    if (file && fscanf(file, "%d", &pid) != 1)
        pid = 0;
    if (file)
        fclose(file);
    return pid;
}

bool cd_probe_end_orphans(void)
{
    bool found = false;
    for (;;) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid > 0)
            continue; /* it ended by itself */
        if (pid < 0)
            return found;
        found = true;
        pid = some_child();
        if (pid == 0)
            return true; /* a kernel that does not say which */
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}

/* ---- left behind ---- */

void cd_probe_compare_usage(cd_probe *probe, const cd_probe_usage *before, const cd_probe_usage *after)
{
    if (before->threads > 1)
        cd_probe_fault(&probe->report, NULL, "%ld threads after open; expected 1: a plugin starts none", before->threads);
    else if (after->threads > 1)
        cd_probe_fault(&probe->report, NULL, "%ld threads after its work; expected 1", after->threads);
    if (after->descriptors > before->descriptors)
        cd_probe_fault(&probe->report, NULL, "%ld descriptors are open after its work, %ld were before; expected no more",
                       after->descriptors, before->descriptors);
}

void cd_probe_leftovers(cd_probe *probe)
{
    cd_probe_session session = {0};
    cd_probe_lineup alone = cd_probe_alone(probe);
    cd_result result;
    if (!cd_probe_gather(probe)) {
        cd_probe_done(&probe->report, "not seen");
        return;
    }
    cd_probe_end_orphans();
    if (cd_probe_start(&session, &probe->subject, &alone, NULL) != 0) {
        cd_probe_fault(&probe->report, NULL, "%s", session.why);
    } else {
        cd_probe_usage before = cd_probe_usage_of(session.child.pid);
        for (size_t i = 0; i < probe->corpus.count; i++) {
            cd_identity who = cd_probe_identity(i);
            const cd_buffer *payload = &probe->corpus.articles[i].payload;
            if (probe->found[i].sound && cd_probe_article(&session, &who, (cd_str){payload->data, payload->len}, &result) != 0)
                break;
        }
        if (cd_probe_alive(&session)) {
            cd_probe_usage after = cd_probe_usage_of(session.child.pid);
            cd_probe_compare_usage(probe, &before, &after);
        }
    }
    if (cd_probe_stop(&session) != 0)
        cd_probe_fault(&probe->report, NULL, "%s when it closed after the articles; expected status 0", session.why);
    cd_probe_kill(&session);
    if (cd_probe_end_orphans())
        cd_probe_fault(&probe->report, NULL, "a process that the plugin started outlived its worker; expected none");
    cd_probe_done(&probe->report, "no descriptor, thread or process; closes cleanly after the articles");
}

/* ---- memory ---- */

/* The same articles round after round: what is kept for an article as such is kept after the first rounds. Then each round is to
 * end with as much memory as it began with. A leak shows in every round; a heap that is not settled yet does not. */
enum { ROUNDS = 7, SETTLING = 3, LEAST = 100, MOST = 1000, WINDOW = 8, LEAK = 16, SMALL = 8 << 10 };

#define ROUND_NS (200 * CD_NS_PER_MS)

static size_t pick_small(const cd_probe *probe, size_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < probe->corpus.count; i++)
        if (probe->found[i].sound && probe->corpus.articles[i].payload.len <= SMALL)
            out[count++] = i;
    return count;
}

/* 0 or -EPIPE. */
static int run_round(cd_probe *probe, cd_probe_session *session, const size_t *articles, size_t kinds, size_t count)
{
    cd_result result;
    for (size_t sent = 0, received = 0; received < count;) {
        const cd_probe_article_text *article = &probe->corpus.articles[articles[sent % kinds]];
        cd_identity who = cd_probe_identity(articles[sent % kinds]);
        if (sent < count && sent - received < WINDOW) {
            if (cd_probe_send_article(session, &who, (cd_str){article->payload.data, article->payload.len}) != 0)
                return -EPIPE;
            sent++;
        } else if (cd_probe_receive_article(session, &result) != 0) {
            return -EPIPE;
        } else {
            received++;
        }
    }
    return 0;
}

/* Bytes an article, of the round that grew least; -1: the process died. */
static long measure(cd_probe *probe, cd_probe_session *session, size_t *count)
{
    size_t articles[CD_PROBE_ARTICLES_MAX], kinds = pick_small(probe, articles);
    long least = -1, memory_kb = 0;
    *count = LEAST;
    if (kinds == 0)
        cd_probe_fault(&probe->report, NULL, "not measured: the plugin has no sound answer to any short article");
    for (int round = 0; kinds > 0 && round < ROUNDS; round++) {
        int64_t start = cd_clock_monotonic_ns();
        if (run_round(probe, session, articles, kinds, *count) != 0)
            return -1;
        long now_kb = cd_probe_usage_of(session->child.pid).memory_kb, grown = now_kb > memory_kb ? now_kb - memory_kb : 0;
        if (round >= SETTLING && (least < 0 || grown < least))
            least = grown;
        memory_kb = now_kb;
        if (round == 0) {
            int64_t fit = LEAST * ROUND_NS / (cd_clock_monotonic_ns() - start);
            *count = fit < LEAST ? LEAST : fit > MOST ? MOST : (size_t)fit;
        }
    }
    return least < 0 ? 0 : least * 1024 / (long)*count;
}

#ifdef __SANITIZE_ADDRESS__
enum { FREED_IS_KEPT = 1 };
#else
enum { FREED_IS_KEPT = 0 };
#endif

void cd_probe_memory(cd_probe *probe)
{
    if (FREED_IS_KEPT) {
        cd_probe_done(&probe->report, "not measured: the sanitizer keeps what was freed");
        return;
    }
    cd_probe_session session = {0};
    cd_probe_lineup alone = cd_probe_alone(probe);
    size_t count = 0;
    if (cd_probe_gather(probe) && cd_probe_start(&session, &probe->subject, &alone, NULL) == 0) {
        long leak = measure(probe, &session, &count);
        if (leak >= LEAK)
            cd_probe_fault(&probe->report, NULL, "grows by about %ld bytes an article, in each of %d rounds of %zu; expected none",
                           leak, ROUNDS - SETTLING, count);
    }
    if (session.why[0])
        cd_probe_fault(&probe->report, NULL, "%s", session.why);
    cd_probe_stop(&session);
    cd_probe_kill(&session);
    cd_probe_done(&probe->report, "no growth in %d rounds of %zu articles, after %d to settle", ROUNDS - SETTLING, count, SETTLING);
}

/* ---- time ---- */

/* Four times the text takes four times as long; sixteen times as long is quadratic. In between, the line is drawn at eight. What
 * only looks so, because some buffer has outgrown a cache or an allocator's threshold, does so once: four times as much again then
 * takes four times as long. What is quadratic goes on. Below some milliseconds it is noise, and does not matter.
 * CPU time, and the least of some tries: others use the machine, too. */
enum { SIZES = 4, ORDINARY = 3, TRIES = 3, STEEP = 8 };

#define TOO_SHORT_NS (20 * CD_NS_PER_MS)
static const size_t sizes[SIZES] = {64 << 10, 256 << 10, 1 << 20, 4 << 20};

typedef struct shape {
    size_t number;
    const char *name;
    cd_buffer payload;
    int64_t ns[SIZES]; /* 0: not measured */
} shape;

/* The shortest of some tries; -EPIPE. */
static int time_size(cd_probe_session *session, shape *s, size_t size, int tries)
{
    cd_identity who = cd_probe_identity(0);
    cd_result result;
    cd_probe_corpus_shape(s->number, sizes[size], &s->payload);
    for (int i = 0; i < tries; i++) {
        int64_t before = 0, after = 0;
        (void)cd_clock_child_cpu_ns(session->child.pid, &before);
        if (cd_probe_article(session, &who, (cd_str){s->payload.data, s->payload.len}, &result) != 0)
            return -EPIPE;
        (void)cd_clock_child_cpu_ns(session->child.pid, &after);
        if (s->ns[size] == 0 || after - before < s->ns[size])
            s->ns[size] = after - before;
    }
    return 0;
}

static bool is_steep(const shape *s, size_t size)
{
    return s->ns[size] > TOO_SHORT_NS && s->ns[size] > STEEP * s->ns[size - 1];
}

static double ms(const shape *s, size_t size) { return (double)s->ns[size] / 1e6; }

static void blame(cd_probe *probe, const shape *s, const char *how)
{
    cd_probe_fault(&probe->report, s->name,
                   "64 KiB of it take %.1f ms, 256 KiB %.1f ms, 1 MiB %.1f ms, 4 MiB %s; expected time in proportion", ms(s, 0),
                   ms(s, 1), ms(s, 2), how);
}

static void judge_shape(cd_probe *probe, cd_probe_session *session, shape *s)
{
    char how[400];
    for (size_t size = 0; size < ORDINARY; size++)
        if (time_size(session, s, size, 1) != 0) {
            cd_probe_fault(&probe->report, s->name, "%zu KiB of it: %s", sizes[size] >> 10, session->why);
            return;
        }
    for (int i = 1; i < TRIES && is_steep(s, 2); i++)
        if (time_size(session, s, 1, TRIES) != 0 || time_size(session, s, 2, 1) != 0)
            return blame(probe, s, session->why);
    if (!is_steep(s, 2))
        return;
    int died = 0;
    for (int i = 0; i < TRIES && !died && (i == 0 || is_steep(s, 3)); i++)
        died = time_size(session, s, 3, 1);
    snprintf(how, sizeof how, "%.1f ms", ms(s, 3));
    if (died || is_steep(s, 3))
        blame(probe, s, died ? session->why : how);
}

void cd_probe_time(cd_probe *probe)
{
    cd_probe_session session = {0};
    cd_probe_lineup alone = cd_probe_alone(probe);
    double longest = 0;
    shape s = {0};
    for (; (s.name = cd_probe_corpus_shape(s.number, 1, &s.payload)) != NULL; s.number++) {
        memset(s.ns, 0, sizeof s.ns);
        if (cd_probe_alive(&session) || cd_probe_start(&session, &probe->subject, &alone, NULL) == 0)
            judge_shape(probe, &session, &s);
        else
            cd_probe_fault(&probe->report, s.name, "%s", session.why);
        longest = ms(&s, 2) > longest ? ms(&s, 2) : longest;
    }
    cd_buffer_fini(&s.payload);
    cd_probe_stop(&session);
    cd_probe_kill(&session);
    cd_probe_done(&probe->report, "in proportion to the text, in %zu shapes of 64 KiB to 1 MiB; 1 MiB in at most %.1f ms", s.number,
                  longest);
}
