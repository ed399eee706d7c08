/* SPDX-License-Identifier: Apache-2.0
 *
 * bench/dedupe_redis.c: what the shared store costs.
 *
 *   bench_dedupe_redis [ARTICLES [BATCH [MACHINES]]]
 *
 * Starts a redis-server on loopback, and MACHINES (default 1) processes, each with a copy of its own in a new folder.
 * Each claims ARTICLES (50,000) made-up articles of 336 words, 13 in a hundred copies of its own earlier ones, in
 * batches of BATCH (32). Time is that of claim_batch, wall clock: the server, the script, this machine's copy and the
 * decisions. Then a machine with an empty folder joins.
 */
#include <copydesk/sdk.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blob.h"
#include "claim.h"
#include "dedupe_articles.h"
#include "dedupe_host.h"
#include "dedupe_redis_server.h"
#include "options.h"

#define BATCH_MAX 256u

/* ---- a machine ---- */

typedef struct figures {
    double wall, cpu, p50, p99, worst, copies;
} figures;

static void *machine_open(struct cd_stage *stage, test_option *options, const char *url, const char *folder)
{
    void *half;
    options[0] = (test_option){"store", "redis"};
    options[1] = (test_option){"url", url};
    options[2] = (test_option){"timeout", "5000"};
    options[3] = (test_option){NULL, NULL};
    *stage = (struct cd_stage){.table = dd_options, .options = options};
    mkdir(folder, 0700);
    if (dd_claim_open(&test_host, stage, folder, &half) != 0) {
        fprintf(stderr, "%s\n", stage->log);
        _exit(1);
    }
    return half;
}

static double claim(void *half, unsigned machine, uint64_t first, unsigned count, figures *f)
{
    static cd_claim claims[BATCH_MAX];
    static cd_answer answers[BATCH_MAX];
    static char blobs[BATCH_MAX][DD_BLOB_MAX];
    for (unsigned i = 0; i < count; i++) {
        cd_identity owner = {.topic = CD_LIT("articles.raw"),
                             .partition = (int32_t)machine,
                             .offset = (int64_t)(first + i),
                             .timestamp_ms = 1700000000000 + (int64_t)(first + i) * 100};
        uint64_t number = (uint64_t)machine << 32 | (first + i);
        claims[i] = (cd_claim){owner, {blobs[i], bench_blob(blobs[i], number)}, &answers[i]};
    }
    double before = bench_now(CLOCK_MONOTONIC), cpu = bench_now(CLOCK_PROCESS_CPUTIME_ID);
    int rc;
    while ((rc = dd_claim_batch(half, claims, count)) == -EAGAIN)
        ;
    if (rc != 0)
        _exit(1);
    double took = bench_now(CLOCK_MONOTONIC) - before;
    f->cpu += bench_now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    f->wall += took;
    for (unsigned i = 0; i < count; i++)
        f->copies += strncmp(answers[i].json, "{\"relation\":\"none\"", 18) != 0;
    return took;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static figures run_machine(unsigned machine, const char *url, const char *folder, uint64_t articles, unsigned batch)
{
    struct cd_stage stage;
    test_option options[4];
    figures f = {0};
    void *half = machine_open(&stage, options, url, folder);
    size_t calls = 0;
    double *took = calloc(articles / batch + 1, sizeof *took);
    for (uint64_t done = 0; took != NULL && done + batch <= articles; done += batch)
        took[calls++] = claim(half, machine, done, batch, &f);
    dd_claim_close(half);
    qsort(took, calls, sizeof *took, compare);
    f.p50 = took[calls / 2];
    f.p99 = took[calls * 99 / 100];
    f.worst = took[calls - 1];
    free(took);
    return f;
}

static void print_machine(unsigned machine, const figures *f, uint64_t articles, unsigned batch)
{
    double done = (double)(articles / batch * batch);
    printf("machine %u: %6.0f articles/s, %.1f us CPU each; a call of %u: p50 %.2f ms, p99 %.2f ms, worst %.0f ms; "
           "%.1f%% copies\n",
           machine, done / f->wall, f->cpu * 1e6 / done, batch, f->p50 * 1e3, f->p99 * 1e3, f->worst * 1e3,
           100 * f->copies / done);
    fflush(stdout);
}

static void print_server(const test_redis *redis, double articles)
{
    char info[8000];
    test_redis_ask(redis, "INFO memory", info, sizeof info);
    const char *at = strstr(info, "used_memory:");
    printf("server: %.0f bytes an article\n", at ? strtod(at + 12, NULL) / articles : 0.0);
}

/* One more machine, which knows nothing yet. */
static void join(const char *url, const char *folder, double articles)
{
    struct cd_stage stage;
    test_option options[4];
    figures f = {0};
    double before = bench_now(CLOCK_MONOTONIC);
    void *half = machine_open(&stage, options, url, folder);
    claim(half, 99, 0, 1, &f);
    double took = bench_now(CLOCK_MONOTONIC) - before;
    printf("joining: %.2f s for %.0f articles, %.0f/s\n", took, articles, articles / took);
    dd_claim_close(half);
}

int main(int argc, char **argv)
{
    uint64_t articles = argc > 1 ? strtoull(argv[1], NULL, 10) : 50000;
    unsigned batch = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 32,
             machines = argc > 3 ? (unsigned)atoi(argv[3]) : 1;
    char base[200], folder[300], command[300];
    test_redis redis;
    if (batch == 0 || batch > BATCH_MAX || articles < batch || machines == 0)
        return 2;
    test_folder_make(base, sizeof base);
    test_redis_start(&redis, NULL);
    double start = bench_now(CLOCK_MONOTONIC);
    for (unsigned i = 0; i < machines; i++) {
        snprintf(folder, sizeof folder, "%s/m%u", base, i);
        if (fork() == 0) {
            figures f = run_machine(i, redis.url, folder, articles, batch);
            print_machine(i, &f, articles, batch);
            _exit(0);
        }
    }
    int status, failed = 0;
    for (unsigned i = 0; i < machines; i++)
        failed |= waitpid(-1, &status, 0) == redis.pid || status != 0;
    double all = (double)(articles / batch * batch * machines);
    if (machines > 1)
        printf("together: %.0f articles/s, what makes the articles included\n", all / (bench_now(CLOCK_MONOTONIC) - start));
    print_server(&redis, all);
    snprintf(folder, sizeof folder, "%s/new", base);
    join(redis.url, folder, all);
    test_redis_end(&redis);
    snprintf(command, sizeof command, "rm -rf -- '%s'", base);
    return system(command) != 0 || failed;
}
