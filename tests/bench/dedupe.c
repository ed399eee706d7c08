/* SPDX-License-Identifier: Apache-2.0
 *
 * bench/dedupe.c: what one article costs.
 *
 *   bench_dedupe [ARTICLES [FOLDER [full|data|none [BATCH]]]]
 *
 * First the worker's half, normalise and sketch, on made-up articles of 2 kB. Then the store's half: ARTICLES (default
 * 50,000) claims in batches of BATCH (500) into an LMDB store in FOLDER (default: a new folder under TMPDIR, removed
 * after), one line a hundred thousand. Three in a hundred are word-for-word copies, ten in a hundred near copies with
 * one word in thirty changed. Time in the store is the time in claim_batch, wall clock: on a busy machine that is an
 * upper bound.
 */
#include <copydesk/sdk.h>
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blob.h"
#include "claim.h"
#include "dedupe_articles.h"
#include "dedupe_host.h"
#include "options.h"
#include "tokens.h"

#define BATCH_MAX 1024u
#define SLICE 100000u

/* ---- the worker's half ---- */

static size_t write_article(char *out, size_t size, uint64_t seed)
{
    size_t length = 0;
    while (length + 40 < size) {
        uint64_t word = bench_next(&seed) % BENCH_VOCABULARY, letters = word * 2654435761u % 1000003;
        size_t syllables = 1 + (size_t)(word % 4);
        for (size_t i = 0; i < syllables; i++, letters /= 17)
            length += (size_t)snprintf(out + length, size - length, "%c%c", "bcdfghklmnprstvwz"[letters % 17],
                                       "aeiou"[letters % 5]);
        if (word % 37 == 0)
            length += (size_t)snprintf(out + length, size - length, " %u,%03u", (unsigned)(word % 90 + 1),
                                       (unsigned)(word % 1000));
        if (word % 53 == 0)
            length += (size_t)snprintf(out + length, size - length, "\xE2\x80\x99s");
        length += (size_t)snprintf(out + length, size - length, word % 12 == 0 ? ". " : " ");
    }
    return length;
}

static void bench_reading(void)
{
    enum { ARTICLES = 256, ROUNDS = 40, SIZE = 2048 };
    static char text[ARTICLES][SIZE];
    static char blob[DD_BLOB_MAX];
    size_t length[ARTICLES], tokens = 0, blobs = 0;
    dd_tokens row = {0};
    for (unsigned i = 0; i < ARTICLES; i++)
        length[i] = write_article(text[i], SIZE, i);
    double start = bench_now(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < ARTICLES; i++) {
            if (dd_tokens_read(&row, (cd_str){text[i], length[i]}, 0) != 0)
                exit(1);
            blobs += dd_blob_write(blob, &row, 0, CD_LIT("an-article"));
            tokens += row.count;
        }
    }
    double spent = bench_now(CLOCK_PROCESS_CPUTIME_ID) - start;
    printf("normalise + sketch: %.1f us CPU an article of %.0f tokens, blob %zu bytes\n",
           spent * 1e6 / (ARTICLES * ROUNDS), (double)tokens / (ARTICLES * ROUNDS), blobs / (ARTICLES * ROUNDS));
    dd_tokens_fini(&row);
}

/* ---- the store's half ---- */

static long memory_kib(const char *name)
{
    char line[200];
    long value = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name) + 1, NULL, 10);
    if (status != NULL)
        fclose(status);
    return value;
}

static double folder_bytes(const char *folder, int remove_too)
{
    double bytes = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        char path[4400];
        struct stat s;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] == '.' || stat(path, &s) != 0)
            continue;
        bytes += (double)s.st_blocks * 512;
        if (remove_too)
            unlink(path);
    }
    if (d != NULL)
        closedir(d);
    return bytes;
}

/* Seconds spent in the store. */
typedef struct tally {
    double wall, cpu, slice, worst;
    uint64_t copies;
} tally;

static void claim_batch(void *half, uint64_t first, unsigned batch, tally *t)
{
    static cd_claim claims[BATCH_MAX];
    static cd_answer answers[BATCH_MAX];
    static char blobs[BATCH_MAX][DD_BLOB_MAX];
    for (unsigned i = 0; i < batch; i++) {
        cd_identity owner = {.topic = CD_LIT("articles.raw"),
                             .partition = (int32_t)(i % 6),
                             .offset = (int64_t)(first + i),
                             .timestamp_ms = 1700000000000 + (int64_t)(first + i) * 100};
        claims[i] = (cd_claim){owner, {blobs[i], bench_blob(blobs[i], first + i)}, &answers[i]};
    }
    double before = bench_now(CLOCK_MONOTONIC), cpu_before = bench_now(CLOCK_PROCESS_CPUTIME_ID);
    if (dd_claim_batch(half, claims, batch) != 0)
        exit(1);
    double took = bench_now(CLOCK_MONOTONIC) - before;
    t->cpu += bench_now(CLOCK_PROCESS_CPUTIME_ID) - cpu_before;
    t->wall += took;
    t->slice += took;
    t->worst = took > t->worst ? took : t->worst;
    for (unsigned i = 0; i < batch; i++)
        t->copies += strncmp(answers[i].json, "{\"relation\":\"none\"", 18) != 0;
}

static void print_slice(uint64_t done, const char *folder, const tally *t)
{
    uint64_t n = done % SLICE ? done % SLICE : SLICE;
    printf("store: %8llu articles  %6.0f/s in this slice  %.0f bytes each  RssAnon %ld MiB  RSS %ld MiB  worst batch "
           "%.0f ms\n",
           (unsigned long long)done, (double)n / t->slice, folder_bytes(folder, 0) / (double)done,
           memory_kib("RssAnon:") >> 10, memory_kib("VmRSS:") >> 10, t->worst * 1e3);
    fflush(stdout);
}

static void bench_store(uint64_t articles, const char *folder, const char *sync, unsigned batch)
{
    const test_option options[] = {{"sync", sync}, {NULL, NULL}};
    struct cd_stage stage = {.table = dd_options, .options = options};
    void *half;
    tally t = {0};
    double start = bench_now(CLOCK_MONOTONIC);
    if (dd_claim_open(&test_host, &stage, folder, &half) != 0) {
        fprintf(stderr, "%s\n", stage.log);
        exit(1);
    }
    printf("store: open %.0f ms\n", (bench_now(CLOCK_MONOTONIC) - start) * 1e3);
    for (uint64_t done = 0; done < articles;) {
        claim_batch(half, done, batch, &t);
        done += batch;
        if (done % SLICE == 0 || done >= articles) {
            print_slice(done, folder, &t);
            t.slice = t.worst = 0;
        }
    }
    printf("store: %.0f articles/s over all, %.1f us CPU each, %.1f%% found to be copies, sync %s, batches of %u\n",
           (double)articles / t.wall, t.cpu * 1e6 / (double)articles, 100.0 * (double)t.copies / (double)articles, sync,
           batch);
    dd_claim_close(half);
}

int main(int argc, char **argv)
{
    char fresh[4096];
    const char *folder = argc > 2 ? argv[2] : NULL;
    unsigned batch = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 500;
    if (batch == 0 || batch > BATCH_MAX)
        return 2;
    bench_reading();
    if (folder == NULL) {
        const char *tmp = getenv("TMPDIR");
        snprintf(fresh, sizeof fresh, "%s/bench-dedupe-XXXXXX", tmp ? tmp : "/tmp");
        folder = mkdtemp(fresh);
        if (folder == NULL)
            return 1;
    }
    bench_store(argc > 1 ? strtoull(argv[1], NULL, 10) : 50000, folder, argc > 3 ? argv[3] : "full", batch);
    if (folder == fresh) {
        folder_bytes(folder, 1);
        rmdir(folder);
    }
    return 0;
}
