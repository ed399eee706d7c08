/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/misbehave.c: a plugin that does, on request, what plugins must not.
 *
 * An article whose text holds "misbehave:WORD" gets the deed of that name (the table at the end); every other one gets
 * the annotation {"calm": true}. Owns nothing but two counters; one thread, as every instance.
 */
#include <copydesk/sdk.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct misbehave {
    const cd_host *host;
    cd_stage *stage;
    int32_t calm_articles; /* counter */
    int64_t retried_offset;
    int retries; /* how often retry_twice was asked about that offset */
    int told;    /* how often tell was done */
    bool stays;  /* its process does not end by itself */
} misbehave;

static const char trigger[] = "misbehave:";

/* ---- Ends of the process ----------------------------------------------------------------------------------------- */

static int32_t do_segv(misbehave *self, cd_article *article)
{
    (void)self, (void)article;
    volatile uintptr_t nowhere = 64; /* a sanitizer would report a plain NULL itself */
    *(volatile int *)nowhere = 1;
    return CD_OK;
}

static int32_t do_abort(misbehave *self, cd_article *article)
{
    (void)self, (void)article;
    abort();
}

static int32_t do_exit(misbehave *self, cd_article *article)
{
    (void)self, (void)article;
    exit(0);
}

static int32_t do_overflow_stack(misbehave *self, cd_article *article)
{
    volatile char frame[65536];
    frame[0] = 1;
    int32_t below = self->host != NULL ? do_overflow_stack(self, article) : CD_OK;
    return below + frame[0];
}

/* ---- Taking too much ---------------------------------------------------------------------------------------------- */

static int32_t do_hang(misbehave *self, cd_article *article)
{
    (void)self, (void)article;
    for (volatile int forever = 1; forever;)
        ;
    return CD_OK;
}

/* Hangs without using CPU time. */
static int32_t do_stop(misbehave *self, cd_article *article)
{
    (void)self, (void)article;
    while (raise(SIGSTOP) == 0)
        pause();
    return CD_OK;
}

static int32_t do_flood(misbehave *self, cd_article *article)
{
    const size_t length = (size_t)256 << 20;
    char *json = malloc(length);
    if (json == NULL)
        return CD_REJECT;
    memset(json, 'x', length);
    json[0] = json[length - 1] = '"';
    int32_t refused = self->host->annotate(article, (cd_str){json, length});
    free(json);
    return refused ? CD_REJECT : CD_OK;
}

static int32_t do_eat_memory(misbehave *self, cd_article *article)
{
    (void)self, (void)article;
    for (;;) {
        char *block = malloc((size_t)1 << 20);
        if (block == NULL)
            abort();
        memset(block, 1, (size_t)1 << 20);
    }
}

static int32_t do_flood_log(misbehave *self, cd_article *article)
{
    (void)article;
    for (int i = 0; i < 20000; i++)
        self->host->log(self->stage, CD_LOG_WARNING, CD_LIT("the same thing again and again"));
    return self->host->annotate(article, CD_LIT("{\"calm\":false}")) ? CD_REJECT : CD_OK;
}

/* ---- Saying what nobody can use ------------------------------------------------------------------------------------ */

static int32_t do_broken_json(misbehave *self, cd_article *article)
{
    self->host->annotate(article, CD_LIT("{\"calm\": tru"));
    return CD_OK;
}

static int32_t do_two_values(misbehave *self, cd_article *article)
{
    self->host->annotate(article, CD_LIT("{}, \"provenance\": {}"));
    return CD_OK;
}

static int32_t do_broken_text(misbehave *self, cd_article *article)
{
    self->host->annotate(article, CD_LIT("\"\xff\xfe\""));
    return CD_OK;
}

static int32_t do_unknown_verdict(misbehave *self, cd_article *article)
{
    (void)self, (void)article;
    return 77;
}

static int32_t do_inject_log(misbehave *self, cd_article *article)
{
    self->host->log(self->stage, CD_LOG_ERROR, CD_LIT("a line\nERROR forged\r\x1b[31m and \xff more"));
    return self->host->annotate(article, CD_LIT("{\"calm\":false}")) ? CD_REJECT : CD_OK;
}

/* ---- Verdicts ------------------------------------------------------------------------------------------------------ */

static int32_t do_drop(misbehave *self, cd_article *article)
{
    self->host->reason(article, CD_LIT("not for us"));
    return CD_DROP;
}

static int32_t do_reject(misbehave *self, cd_article *article)
{
    self->host->reason(article, CD_LIT("the plugin does not like it"));
    return CD_REJECT;
}

static int32_t do_route(misbehave *self, cd_article *article)
{
    self->host->annotate(article, CD_LIT("{\"calm\":false}"));
    self->host->route(article, CD_LIT("sports"));
    return CD_ROUTE;
}

static int32_t do_route_nowhere(misbehave *self, cd_article *article)
{
    self->host->route(article, CD_LIT("nobody configured this"));
    return CD_ROUTE;
}

static int32_t do_retry(misbehave *self, cd_article *article)
{
    self->host->reason(article, CD_LIT("come again"));
    return CD_RETRY;
}

/* OK at the third attempt in one and the same instance. */
static int32_t do_retry_twice(misbehave *self, cd_article *article)
{
    cd_identity identity;
    self->host->identity(article, &identity);
    if (self->retried_offset != identity.offset)
        self->retries = 0;
    self->retried_offset = identity.offset;
    if (self->retries++ < 2)
        return do_retry(self, article);
    return self->host->annotate(article, CD_LIT("{\"calm\":true}")) ? CD_REJECT : CD_OK;
}

/* ---- Taking time without using it ---------------------------------------------------------------------------------- */

static void nap_ms(int64_t ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0)
        ;
}

/* From 0 to 12 ms, by the record's offset: neighbours finish in another order than they came. */
static int32_t do_nap(misbehave *self, cd_article *article)
{
    cd_identity identity;
    self->host->identity(article, &identity);
    nap_ms(identity.offset * 7919 % 13);
    return self->host->annotate(article, CD_LIT("{\"calm\":true}")) ? CD_REJECT : CD_OK;
}

/* The how manieth one of this process it is: {"nth": N}. */
static int32_t do_tell(misbehave *self, cd_article *article)
{
    char text[32];
    nap_ms(50);
    int length = snprintf(text, sizeof text, "{\"nth\":%d}", ++self->told);
    return self->host->annotate(article, (cd_str){text, (size_t)length}) ? CD_REJECT : CD_OK;
}

static int32_t do_stay(misbehave *self, cd_article *article)
{
    self->stays = true;
    return self->host->annotate(article, CD_LIT("{\"calm\":true}")) ? CD_REJECT : CD_OK;
}

static int32_t do_late_reject(misbehave *self, cd_article *article)
{
    nap_ms(700);
    return do_reject(self, article);
}

static int32_t do_fatal(misbehave *self, cd_article *article)
{
    self->host->reason(article, CD_LIT("this instance is broken"));
    return CD_FATAL;
}

/* ---- Reaching out of the worker -------------------------------------------------------------------------------------- */

static void *idle(void *nothing) { return nothing; }

/* Tries what the sandbox refuses. Says in the annotation what got through; 1 is got through, 0 is refused. */
static int32_t do_escape(misbehave *self, cd_article *article)
{
    char json[160];
    int written = open("/tmp/copydesk-escaped", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int secret = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    int network = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_t thread;
    int threads = pthread_create(&thread, NULL, idle, NULL) == 0;
    if (threads)
        pthread_join(thread, NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    if (child > 0)
        waitpid(child, NULL, 0);
    int length = snprintf(json, sizeof json, "{\"write\":%d,\"read\":%d,\"socket\":%d,\"thread\":%d,\"fork\":%d}",
                          written >= 0, secret >= 0, network >= 0, threads, child >= 0);
    return self->host->annotate(article, (cd_str){json, (size_t)length}) ? CD_REJECT : CD_OK;
}

/* Kills whoever started it. */
static int32_t do_kill_parent(misbehave *self, cd_article *article)
{
    int killed = kill(getppid(), SIGKILL) == 0;
    self->host->reason(article, killed ? CD_LIT("killed the desk") : CD_LIT("was not let"));
    return CD_REJECT;
}

/* Changes everything of its process that the daemon might lean on. */
static int32_t do_vandalise(misbehave *self, cd_article *article)
{
    (void)article;
    for (int number = 1; number < 32; number++)
        signal(number, SIG_IGN);
    for (int fd = 0; fd < 256; fd++)
        close(fd);
    return chdir("/") == 0 && self->host != NULL ? CD_OK : CD_REJECT;
}

/* ---- The table, and the plugin ---------------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    int32_t (*deed)(misbehave *self, cd_article *article);
} deeds[] = {
    {"segv", do_segv},
    {"abort", do_abort},
    {"exit", do_exit},
    {"overflow_stack", do_overflow_stack},
    {"hang", do_hang},
    {"stop", do_stop},
    {"flood", do_flood},
    {"eat_memory", do_eat_memory},
    {"flood_log", do_flood_log},
    {"broken_json", do_broken_json},
    {"two_values", do_two_values},
    {"broken_text", do_broken_text},
    {"unknown_verdict", do_unknown_verdict},
    {"inject_log", do_inject_log},
    {"drop", do_drop},
    {"reject", do_reject},
    {"route", do_route},
    {"route_nowhere", do_route_nowhere},
    {"retry", do_retry},
    {"retry_twice", do_retry_twice},
    {"nap", do_nap},
    {"tell", do_tell},
    {"stay", do_stay},
    {"late_reject", do_late_reject},
    {"fatal", do_fatal},
    {"escape", do_escape},
    {"kill_parent", do_kill_parent},
    {"vandalise", do_vandalise},
};

static int32_t misbehave_open(const cd_host *host, cd_stage *stage, void **out)
{
    misbehave *self = calloc(1, sizeof *self);
    if (self == NULL)
        return -ENOMEM;
    self->host = host;
    self->stage = stage;
    self->retried_offset = -1;
    self->calm_articles = host->counter(stage, "calm_articles");
    *out = self;
    return 0;
}

static int32_t misbehave_process(void *instance, cd_article *article)
{
    misbehave *self = instance;
    cd_str text = self->host->field(article, CD_FIELD_TEXT);
    const char *at = memmem(text.ptr, text.len, trigger, sizeof trigger - 1);
    if (at != NULL) {
        const char *word = at + sizeof trigger - 1;
        size_t left = text.len - (size_t)(word - text.ptr), length = 0;
        while (length < left && ((word[length] >= 'a' && word[length] <= 'z') || word[length] == '_'))
            length++;
        for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
            if (cd_str_equal((cd_str){word, length}, cd_str_of(deeds[i].word)))
                return deeds[i].deed(self, article);
    }
    self->host->count(self->stage, self->calm_articles, 1);
    return self->host->annotate(article, CD_LIT("{\"calm\":true}")) ? CD_REJECT : CD_OK;
}

static void misbehave_close(void *instance)
{
    const volatile misbehave *self = instance;
    while (self->stays)
        ;
    free(instance);
}

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .abi_minor_needed = 0,
        .size = sizeof(cd_plugin),
        .name = "misbehave",
        .version = "6.6.6",
        .summary = "Does what plugins must not",
        .member = "misbehave",
        .open = misbehave_open,
        .process = misbehave_process,
        .close = misbehave_close,
    };
    return &plugin;
}
