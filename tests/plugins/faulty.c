/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/faulty.c: the fault suite's plugin: every article takes a nap, and on request one does a deed that ends
 * its worker in a way that misbehave.c does not know.
 *
 * An article whose text holds "fault:WORD" gets the deed of that name (the table at the end); every other one gets the
 * annotation true. Owns two pages of a file that is too short for them, and remembers where the memory lies that it
 * shares with the desk. One thread, as every instance.
 */
#include <copydesk/sdk.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef struct faulty {
    const cd_host *host;
    cd_stage *stage;
    int64_t nap_us, sleep_ms, leak_kb;
    int fuse;              /* articles until the corruption strikes; 0 is none */
    volatile char *beyond; /* a page that its file does not reach: SIGBUS */
    char *ring;            /* the memory shared with the desk */
    size_t ring_size;
} faulty;

static void sleep_us(int64_t us)
{
    struct timespec left = {us / 1000000, us % 1000000 * 1000};
    while (nanosleep(&left, &left) != 0)
        ;
}

static int32_t calm(faulty *self, cd_article *article)
{
    return self->host->annotate(article, CD_LIT("true")) ? CD_REJECT : CD_OK;
}

/* ---- ends of the process ---- */

static int32_t do_fpe(faulty *self, cd_article *article)
{
    (void)self, (void)article;
    volatile int none = 0;
    return 7 / none; /* not 1: that needs no division */
}

static int32_t do_bus(faulty *self, cd_article *article)
{
    (void)article;
    return self->beyond[4096];
}

static int32_t do_exit_now(faulty *self, cd_article *article)
{
    (void)self, (void)article;
    _exit(0);
}

/* The heap is broken now; it shows when the third article after this one is at work. */
static int32_t do_corrupt(faulty *self, cd_article *article)
{
    self->fuse = 4;
    return calm(self, article);
}

/* ---- taking too much ---- */

static bool many_words(const char *text, const char *end)
{
    if (text == end)
        return true;
    for (const char *stop = text + 1; stop <= end; stop++)
        if (stop[-1] != 'a')
            return false;
        else if (many_words(stop, end))
            return true;
    return false;
}

/* (a+)+$ by backtracking, on a text that does not match: 2^n steps. */
static int32_t do_backtrack(faulty *self, cd_article *article)
{
    static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
    return many_words(text, text + sizeof text - 1) ? CD_REJECT : calm(self, article);
}

static int32_t do_sleep(faulty *self, cd_article *article)
{
    sleep_us(self->sleep_ms * 1000);
    return calm(self, article);
}

static int32_t do_flood(faulty *self, cd_article *article)
{
    const size_t length = (size_t)1 << 30;
    char *json = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (json == MAP_FAILED)
        return CD_REJECT;
    memset(json, ' ', length);
    json[0] = json[length - 1] = '"';
    int32_t refused = self->host->annotate(article, (cd_str){json, length});
    munmap(json, length);
    return refused ? CD_REJECT : CD_OK;
}

/* ---- reaching out of the worker ---- */

static int32_t do_scribble(faulty *self, cd_article *article)
{
    const size_t most = (size_t)2 << 20;
    if (self->ring == NULL)
        return CD_REJECT;
    memset(self->ring, 0xa5, self->ring_size < most ? self->ring_size : most);
    return calm(self, article);
}

static int32_t do_environment(faulty *self, cd_article *article)
{
    static const char *const names[] = {"PATH", "HOME", "NOTIFY_SOCKET", "LD_PRELOAD", "TZ"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        setenv(names[i], "nonsense", 1);
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_NOFILE, &none);
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_IGN);
    return calm(self, article);
}

static void *forever(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

/* REJECT with the reason "got through" if any of it succeeds. */
static int32_t do_multiply(faulty *self, cd_article *article)
{
    pthread_t thread;
    bool through = pthread_create(&thread, NULL, forever, NULL) == 0;
    pid_t child = fork();
    if (child == 0)
        forever(NULL);
    pid_t other = vfork();
    if (other == 0)
        _exit(0);
    if (!through && child < 0 && other < 0)
        return calm(self, article);
    self->host->reason(article, CD_LIT("got through"));
    return CD_REJECT;
}

/* ---- the table, and the plugin ---- */

static const struct {
    const char *word;
    int32_t (*deed)(faulty *self, cd_article *article);
} deeds[] = {
    {"fpe", do_fpe},
    {"bus", do_bus},
    {"exit_now", do_exit_now},
    {"corrupt", do_corrupt},
    {"backtrack", do_backtrack},
    {"sleep", do_sleep},
    {"flood", do_flood},
    {"scribble", do_scribble},
    {"environment", do_environment},
    {"multiply", do_multiply},
};

/* Where the shared memory lies: only now, before the sandbox, can that be read. */
static void find_ring(faulty *self)
{
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof line, maps)) {
        uint64_t begin = 0, end = 0;
        if (strstr(line, "copydesk-channel") == NULL || sscanf(line, "%" SCNx64 "-%" SCNx64, &begin, &end) != 2)
            continue;
        if (self->ring == NULL)
            self->ring = (char *)(uintptr_t)begin;
        if (self->ring + self->ring_size == (char *)(uintptr_t)begin) /* its parts have different rights */
            self->ring_size += (size_t)(end - begin);
    }
    if (maps)
        fclose(maps);
}

static int32_t faulty_open(const cd_host *host, cd_stage *stage, void **out)
{
    faulty *self = calloc(1, sizeof *self);
    if (self == NULL)
        return -ENOMEM;
    self->host = host;
    self->stage = stage;
    self->nap_us = host->option_integer(stage, "nap_us");
    self->sleep_ms = host->option_integer(stage, "sleep_ms");
    self->leak_kb = host->option_integer(stage, "leak_kb");
    int file = memfd_create("faulty", MFD_CLOEXEC);
    void *pages = ftruncate(file, 1) == 0 ? mmap(NULL, 8192, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    close(file);
    if (pages == MAP_FAILED) {
        free(self);
        return -ENOMEM;
    }
    self->beyond = pages;
    find_ring(self);
    *out = self;
    return 0;
}

static void leak(const faulty *self)
{
    size_t size = (size_t)self->leak_kb << 10;
    if (size == 0)
        return;
    char *block = malloc(size);
    if (block == NULL)
        abort();
    memset(block, 1, size);
}

static int32_t faulty_process(void *instance, cd_article *article)
{
    static const char trigger[] = "fault:";
    faulty *self = instance;
    cd_str text = self->host->field(article, CD_FIELD_TEXT);
    const char *at = memmem(text.ptr, text.len, trigger, sizeof trigger - 1);
    if (self->fuse > 0 && --self->fuse == 0)
        abort();
    leak(self);
    if (at != NULL) {
        const char *word = at + sizeof trigger - 1;
        size_t left = text.len - (size_t)(word - text.ptr), length = 0;
        while (length < left && ((word[length] >= 'a' && word[length] <= 'z') || word[length] == '_'))
            length++;
        for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
            if (cd_str_equal((cd_str){word, length}, cd_str_of(deeds[i].word)))
                return deeds[i].deed(self, article);
    }
    if (self->nap_us > 0)
        sleep_us(self->nap_us);
    return calm(self, article);
}

static void faulty_close(void *instance)
{
    faulty *self = instance;
    munmap((void *)(uintptr_t)self->beyond, 8192);
    free(self);
}

static const cd_option options[] = {
    {.name = "nap_us", .type = CD_OPTION_INTEGER, .preset = "0", .min = 0, .max = 1e9, .help = "Sleep an article."},
    {.name = "sleep_ms",
     .type = CD_OPTION_INTEGER,
     .preset = "1000",
     .min = 0,
     .max = 1e6,
     .help = "fault:sleep takes that."},
    {.name = "leak_kb",
     .type = CD_OPTION_INTEGER,
     .preset = "0",
     .min = 0,
     .max = 1e6,
     .help = "Leaked with each article."},
    {.name = NULL},
};

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .size = sizeof(cd_plugin),
        .name = "faulty",
        .version = "7.7.7",
        .summary = "Naps, and breaks in odd ways",
        .member = "faulty",
        .options = options,
        .open = faulty_open,
        .process = faulty_process,
        .close = faulty_close,
    };
    return &plugin;
}
