/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.c: reading_time, a small plugin to start from: counts an article's words, says how long they take to read and
 * where the first line is; drops what is shorter than an option says. One instance a worker, one thread, no locks.
 *
 * It shows an option, a counter, a span, a verdict with a reason, and reading another stage's annotation. */
#include "words.h"

#include <errno.h>

typedef struct reading_time {
    const cd_host *host;
    cd_stage *stage;
    int64_t words_per_minute, min_words;
    int32_t short_ones; /* counter: stages[].counters.short_ones of the stats */
    cd_json out;        /* kept from article to article */
} reading_time;

static int32_t rt_open(const cd_host *host, cd_stage *stage, void **out)
{
    reading_time *self = calloc(1, sizeof *self);
    if (self == NULL)
        return -ENOMEM;
    self->host = host;
    self->stage = stage;
    self->words_per_minute = host->option_integer(stage, "words_per_minute");
    self->min_words = host->option_integer(stage, "min_words");
    self->short_ones = host->counter(stage, "short_ones");
    *out = self;
    return 0;
}

static void rt_close(void *instance)
{
    reading_time *self = instance;
    cd_json_free(&self->out);
    free(self);
}

/* The story alone if credit_strip ran before, else the whole text. */
static cd_str story(const cd_host *host, cd_article *article)
{
    cd_value body;
    if (host->annotation(article, "credits", CD_LIT("/body"), &body) == 0 && body.type == CD_JSON_STRING)
        return body.string;
    return host->field(article, CD_FIELD_TEXT);
}

static void write_opening(reading_time *self, cd_article *article)
{
    size_t start, end;
    cd_json_key(&self->out, "opening");
    if (rt_first_line(self->host->field(article, CD_FIELD_TEXT), &start, &end)) {
        cd_json_object(&self->out);
        cd_json_span(&self->out, self->host, article, start, end); /* text, start, end: right by construction */
        cd_json_object_end(&self->out);
    } else {
        cd_json_null(&self->out);
    }
}

static int32_t rt_process(void *instance, cd_article *article)
{
    reading_time *self = instance;
    int64_t words = (int64_t)rt_count_words(story(self->host, article));
    if (words < self->min_words) {
        self->host->count(self->stage, self->short_ones, 1);
        self->host->reason(article, CD_LIT("shorter than min_words"));
        return CD_DROP;
    }
    cd_json_reset(&self->out);
    cd_json_object(&self->out);
    cd_json_key(&self->out, "words");
    cd_json_integer(&self->out, words);
    cd_json_key(&self->out, "minutes");
    cd_json_number(&self->out, (double)words / (double)self->words_per_minute, 1);
    write_opening(self, article);
    cd_json_object_end(&self->out);
    return cd_annotate(self->host, article, &self->out);
}

static const cd_option options[] = {
    {.name = "words_per_minute", .type = CD_OPTION_INTEGER, .preset = "230", .min = 1, .max = 10000,
     .help = "How fast people read."},
    {.name = "min_words", .type = CD_OPTION_INTEGER, .preset = "0", .min = 0, .max = 1000000,
     .help = "Articles with fewer words are dropped."},
    {.name = NULL},
};

static const char *const reads[] = {"credits", NULL};

const cd_plugin *copydesk_plugin(void)
{
    static const cd_plugin plugin = {
        .abi_major = COPYDESK_ABI_MAJOR,
        .abi_minor_needed = 0,
        .size = sizeof(cd_plugin),
        .name = "reading_time",
        .version = "1.0.0",
        .summary = "Counts words and says how long they take to read",
        .member = "reading",
        .reads = reads,
        .options = options,
        .open = rt_open,
        .process = rt_process,
        .close = rt_close,
    };
    return &plugin;
}
