/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/plugins/breaks.c: a plugin that keeps the contract, but for the one point that the option `deed` names: what `copydesk probe`
 * has to find. Without a deed it is a model: it annotates the text's length and its first word, and its store half numbers the
 * articles, durably, a file each.
 *
 * One thread, as every instance; but two deeds share a variable among instances, or keep a thread.
 */
#include <copydesk/sdk.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

typedef struct breaks {
    const cd_host *host;
    char deed[32], folder[256];
    cd_json out;
    int64_t calls; /* of process; in the store: of claims */
    int64_t largest; /* offset of an article */
    bool watermark, forgotten;
    char answers[64][32]; /* the store's memory, for the deeds that forget the disk */
} breaks;

static int instances; /* of this process */

static bool does(const breaks *self, const char *deed) { return strcmp(self->deed, deed) == 0; }

/* ---- the worker half ---- */

static void *idle(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

static void misopen(breaks *self)
{
    pthread_t thread;
    if (does(self, "crash_in_open"))
        abort();
    if (does(self, "thread"))
        pthread_create(&thread, NULL, idle, NULL);
    if (does(self, "process") && fork() == 0) {
        for (int fd = 0; fd < 64; fd++)
            close(fd);
        idle(NULL);
    }
}

static int32_t open_half(const cd_host *host, cd_stage *stage, const char *folder, void **out)
{
    breaks *self = calloc(1, sizeof *self);
    if (self == NULL)
        return -ENOMEM;
    self->host = host;
    snprintf(self->deed, sizeof self->deed, "%s", host->option_string(stage, "deed").ptr);
    snprintf(self->folder, sizeof self->folder, "%s", folder);
    if (does(self, "crash_at_the_edge") && host->option_integer(stage, "limit") == 9)
        abort();
    instances++;
    misopen(self);
    *out = self;
    return 0;
}

static int32_t breaks_open(const cd_host *host, cd_stage *stage, void **out) { return open_half(host, stage, "", out); }

static void save(const breaks *self, int64_t owner, const char *answer);

static void breaks_close(void *instance)
{
    breaks *self = instance;
    if (does(self, "crash_in_close") || (does(self, "crash_in_late_close") && self->calls > 0))
        abort();
    for (int64_t owner = 0; does(self, "saves_at_the_end") && owner < 64; owner++)
        if (self->answers[owner][0])
            save(self, owner, self->answers[owner]);
    cd_json_free(&self->out);
    free(self);
}

static volatile size_t sink; /* what is done in vain */

/* Before the annotation; the verdict, CD_OK to go on. */
static int32_t misprocess(breaks *self, cd_article *article, cd_str text)
{
    cd_value value;
    if (does(self, "crash_on_nul") && memchr(text.ptr, '\0', text.len))
        abort();
    if (does(self, "hang_on_quotes") && text.len > 4096 && memcmp(text.ptr, "\"\"\"\"", 4) == 0)
        for (;;)
            sink++;
    if (does(self, "quadratic") && text.ptr[0] == 'e')
        for (size_t i = 0; i < text.len / 64; i++)
            for (size_t j = 0; j < i; j++)
                sink += j;
    if (does(self, "leak"))
        sink += (size_t)malloc(200);
    if (does(self, "descriptor"))
        (void)fcntl(2, F_DUPFD, 3);
    if (does(self, "trusts_annotations") && self->host->annotation(article, "language", CD_LIT("/code"), &value) == 0)
        abort();
    if (does(self, "fatal"))
        return CD_FATAL;
    return does(self, "unknown_verdict") ? 77 : CD_OK;
}

static int32_t misannotate(breaks *self, cd_article *article, cd_str text)
{
    cd_json *out = &self->out;
    cd_json_reset(out);
    cd_json_object(out);
    cd_json_key(out, "bytes");
    cd_json_integer(out, (int64_t)text.len);
    cd_json_key(out, "calls");
    cd_json_integer(out, does(self, "counts_calls") ? self->calls : 0);
    cd_json_key(out, "process");
    cd_json_integer(out, does(self, "names_process") ? getpid() : 0);
    cd_json_key(out, "largest");
    cd_json_integer(out, does(self, "keeps_the_largest") ? self->largest : 0);
    cd_json_key(out, "instances");
    cd_json_integer(out, does(self, "shares_state") ? instances : 0);
    if (does(self, "counts_bytes") && text.len > 8) { /* as spans; which are code points */
        cd_json_key(out, "text");
        cd_json_string(out, CD_STR(text.ptr + text.len - 1, 1));
        cd_json_key(out, "start");
        cd_json_integer(out, (int64_t)text.len - 1);
        cd_json_key(out, "end");
        cd_json_integer(out, (int64_t)text.len);
    } else if ((unsigned char)text.ptr[0] < 0x80) {
        cd_json_span(out, self->host, article, 0, 1);
    }
    cd_json_object_end(out);
    if (does(self, "broken_json"))
        out->len--;
    return cd_annotate(self->host, article, out);
}

static int32_t breaks_process(void *instance, cd_article *article)
{
    breaks *self = instance;
    cd_str text = self->host->field(article, CD_FIELD_TEXT);
    cd_identity who;
    self->host->identity(article, &who);
    self->calls++;
    self->largest = who.offset > self->largest ? who.offset : self->largest;
    int32_t verdict = misprocess(self, article, text);
    if (verdict != CD_OK)
        return verdict;
    if (text.len < 64)
        return self->host->claim(article, CD_LIT("a claim")) ? CD_REJECT : CD_OK;
    return misannotate(self, article, text);
}

/* ---- the store half ---- */

static int32_t breaks_store_open(const cd_host *host, cd_stage *stage, const char *folder, void **out)
{
    return open_half(host, stage, folder, out);
}

static void save(const breaks *self, int64_t owner, const char *answer)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%lld", self->folder, (long long)owner);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, answer, strlen(answer)) != (ssize_t)strlen(answer) || fdatasync(fd) != 0)
        abort();
    close(fd);
}

static bool load(const breaks *self, int64_t owner, char *out, size_t size)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%lld", self->folder, (long long)owner);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, out, size - 1) : -1;
    if (fd >= 0)
        close(fd);
    out[got > 0 ? got : 0] = '\0';
    return got > 0;
}

static bool recall(const breaks *self, int64_t owner, char *out, size_t size)
{
    if (does(self, "remembers_nothing") || (does(self, "drops_at_watermark") && self->watermark) ||
        (does(self, "forgets_all") && self->forgotten))
        return false;
    if (self->answers[owner][0])
        return snprintf(out, size, "%s", self->answers[owner]) > 0;
    return load(self, owner, out, size);
}

static void remember(breaks *self, int64_t owner, const char *answer)
{
    if (does(self, "keeps_in_memory") || does(self, "saves_at_the_end"))
        snprintf(self->answers[owner], sizeof *self->answers, "%s", answer);
    else
        save(self, owner, answer);
}

static int32_t breaks_claim_batch(void *instance, const cd_claim *claims, size_t count)
{
    breaks *self = instance;
    char answer[32];
    if (does(self, "crash_in_claim"))
        abort();
    for (size_t i = 0; i < count; i++) {
        int64_t owner = claims[i].owner.offset % 64;
        if (does(self, "store_descriptor"))
            (void)fcntl(2, F_DUPFD, 3);
        if (!recall(self, owner, answer, sizeof answer)) {
            snprintf(answer, sizeof answer, "%lld", (long long)(does(self, "answers_by_process") ? getpid() : self->calls++));
            remember(self, owner, answer);
        }
        if (does(self, "broken_answer"))
            snprintf(answer, sizeof answer, "{");
        self->host->answer(claims[i].answer, does(self, "unknown_answer") ? 77 : CD_OK, cd_str_of(answer), CD_STR(NULL, 0));
    }
    return 0;
}

static void breaks_forget(void *instance, const cd_identity *owner)
{
    breaks *self = instance;
    (void)owner;
    self->forgotten = true;
    if (does(self, "crash_in_forget"))
        abort();
}

static void breaks_watermark(void *instance, cd_str topic, int32_t partition, int64_t offset)
{
    (void)topic, (void)partition, (void)offset;
    ((breaks *)instance)->watermark = true;
}

/* ---- the descriptor ---- */

static const cd_option options[] = {
    {.name = "deed", .type = CD_OPTION_STRING, .preset = "", .help = "What to do wrong."},
    {.name = "limit", .type = CD_OPTION_INTEGER, .preset = "3", .min = 0, .max = 9, .help = "Nothing."},
    {.name = NULL},
};

const cd_plugin *copydesk_plugin(void)
{
    static const char *const reads[] = {"language", NULL};
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .size = sizeof(cd_plugin),
        .name = "breaks",
        .version = "1.0.0",
        .summary = "Breaks the contract at one point",
        .member = "breaks",
        .reads = reads,
        .options = options,
        .open = breaks_open,
        .process = breaks_process,
        .close = breaks_close,
        .store_open = breaks_store_open,
        .claim_batch = breaks_claim_batch,
        .forget = breaks_forget,
        .watermark = breaks_watermark,
        .store_close = breaks_close,
    };
    return &plugin;
}
