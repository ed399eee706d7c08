/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin.c: quote_extract as the host sees it: descriptor, options, one article in, one annotation out.
 *
 * Owns the instance: the languages' lexicons, read once, and the scratch memory. Reads what earlier stages said: the
 * language, and the stretches that are not story. Does no analysis of its own.
 */
#include "write.h"

#include <copydesk/sdk.h>
#include <copydesk/tables.h>
#include <errno.h>
#include <stdio.h>

#define MOST_TEXT (512u << 20)

struct instance {
    const cd_host *host;
    qe_lexicon lexicons[16];
    size_t lexicon_count;
    qe_lexicon empty; /* for languages without a table */
    const qe_lexicon *preset;
    qe_choice choice;
    qe_article article;
    QE_VECTOR(qe_range) masks;
    cd_json json;
    cd_stage *stage;
    int32_t quotes_counter, articles_counter;
};

static const cd_option options[] = {
    {.name = "language",
     .type = CD_OPTION_STRING,
     .preset = "en",
     .help = "Language assumed when no earlier stage says one, as an ISO 639-1 code; one without a table: marks only."},
    {.name = "mixed",
     .type = CD_OPTION_BOOLEAN,
     .preset = "true",
     .help = "Report quoted fragments inside a paraphrase too, not only whole sentences."},
    {.name = "unattributed",
     .type = CD_OPTION_BOOLEAN,
     .preset = "true",
     .help = "Report speech whose speaker is not known, with speaker null."},
    {.name = "max_quotes",
     .type = CD_OPTION_INTEGER,
     .preset = "5000",
     .min = 1,
     .max = 100000,
     .help = "Report at most so many quotations of one article."},
    {0},
};

/* ---- life
 * ---------------------------------------------------------------------------------------------------------------- */

static void stage_close(void *self)
{
    struct instance *in = self;
    if (in == NULL)
        return;
    for (size_t i = 0; i < in->lexicon_count; i++)
        qe_lexicon_free(&in->lexicons[i]);
    qe_lexicon_free(&in->empty);
    qe_article_free(&in->article);
    free(in->masks.at);
    cd_json_free(&in->json);
    free(in);
}

static const qe_lexicon *lexicon_for(const struct instance *in, cd_str code)
{
    for (size_t i = 0; i < in->lexicon_count; i++)
        if (cd_str_equal(cd_str_of(in->lexicons[i].code), code))
            return &in->lexicons[i];
    return NULL;
}

static int load_table(struct instance *in, const cd_table *table, unsigned *line)
{
    if (!qe_lexicon_named(table->name))
        return qe_confidence_load(&in->choice.confidence, table->start, table->end, line);
    if (in->lexicon_count == sizeof in->lexicons / sizeof *in->lexicons)
        return -E2BIG;
    qe_lexicon *lexicon = &in->lexicons[in->lexicon_count++];
    return qe_lexicon_load(lexicon, table->name, table->start, table->end, line);
}

static int load_tables(struct instance *in, const cd_host *host, cd_stage *stage)
{
    unsigned line = 0;
    for (const cd_table *table = cd_tables; table->name; table++) {
        int error = load_table(in, table, &line);
        if (error) {
            char message[96];
            int n = snprintf(message, sizeof message, "table %s, line %u: %s", table->name, line,
                             error == -ENOMEM ? "out of memory" : "not understood");
            host->log(stage, CD_LOG_ERROR, (cd_str){message, n > 0 ? (size_t)n : 0});
            return error;
        }
    }
    const qe_lexicon *longest = lexicon_for(in, CD_LIT("en")); /* whose list of names is by far the longest */
    for (size_t i = 0; longest && i < in->lexicon_count; i++)
        if (&in->lexicons[i] != longest && qe_lexicon_borrow_given(&in->lexicons[i], longest))
            return -ENOMEM;
    return qe_lexicon_load(&in->empty, "", "", "", &line);
}

static int32_t stage_open(const cd_host *host, cd_stage *stage, void **self)
{
    struct instance *in = calloc(1, sizeof *in);
    if (in == NULL)
        return -ENOMEM;
    int error = load_tables(in, host, stage);
    if (error)
        goto out;
    in->host = host;
    in->preset = lexicon_for(in, host->option_string(stage, "language"));
    if (in->preset == NULL)
        in->preset = &in->empty;
    in->choice.mixed = host->option_boolean(stage, "mixed");
    in->choice.unattributed = host->option_boolean(stage, "unattributed");
    in->choice.most = (uint32_t)host->option_integer(stage, "max_quotes");
    in->stage = stage;
    in->quotes_counter = host->counter(stage, "quotes");
    in->articles_counter = host->counter(stage, "articles_with_quotes");
    *self = in;
out:
    if (error)
        stage_close(in);
    return error;
}

/* ---- an article
 * ------------------------------------------------------------------------------------------------------------ */

/* How many of the first words of `text` the lexicon knows as small words or verbs of speech; *words is how many it
 * looked at. */
static uint32_t known_words(const qe_lexicon *lexicon, cd_str text, uint32_t *words)
{
    const uint64_t telling = QE_DET | QE_PREP | QE_OF | QE_PRON | QE_AUX | QE_CONJ | QE_SUBORD | QE_REL | QE_POSS;
    uint32_t known = 0;
    size_t start = 0, limit = text.len < 2000 ? text.len : 2000;
    *words = 0;
    for (size_t i = 0; i <= limit; i++) {
        unsigned char c = i < limit ? (unsigned char)text.ptr[i] : ' ';
        if (((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= 0xC3 && c <= 0xD1) || (c >= 0x80 && c < 0xC0 && i > start))
            continue;
        if (i > start + 1 && c != '\'') {
            uint64_t bits = qe_lexicon_bits(lexicon, qe_hash_word(text.ptr + start, i - start));
            known += (bits & QE_CUE ? 2u : 0) + ((bits & telling) != 0);
            ++*words;
        }
        start = i + 1;
    }
    return known;
}

/* The earlier stage was not sure, mostly of a short text: the table that knows most of its words, if that is clear;
 * else the stage's guess, and for a guess without a table the usual language. */
static const qe_lexicon *unsure_language(const struct instance *in, cd_str text, const qe_lexicon *guess)
{
    uint32_t words, most = guess ? known_words(guess, text, &words) : 0;
    const qe_lexicon *best = guess;
    for (size_t i = 0; i < in->lexicon_count; i++) {
        uint32_t known = known_words(&in->lexicons[i], text, &words);
        if (known > most && known * 4 >= words) {
            most = known;
            best = &in->lexicons[i];
        }
    }
    return best ? best : in->preset;
}

static const qe_lexicon *language(const struct instance *in, cd_article *article, int *marks_only)
{
    cd_value value;
    const qe_lexicon *lexicon = in->preset;
    if (in->host->annotation(article, "language", CD_LIT("/code"), &value) == 0 && value.type == CD_JSON_STRING) {
        int undetermined = cd_str_equal(value.string, CD_LIT("und"));
        lexicon = undetermined ? in->preset : lexicon_for(in, value.string);
        int unsure = in->host->annotation(article, "language", CD_LIT("/reliable"), &value) == 0 &&
                     value.type == CD_JSON_BOOLEAN && *value.raw.ptr == 'f';
        if (unsure && in->preset != &in->empty)
            lexicon = unsure_language(in, in->host->field(article, CD_FIELD_TEXT), lexicon);
    }
    if (lexicon == NULL)
        lexicon = &in->empty;
    *marks_only = lexicon == &in->empty;
    return lexicon;
}

/* Reads the unsigned integer at `at`; the byte behind it. */
static const char *integer(const char *at, const char *end, size_t *out)
{
    while (at < end && (*at == ' ' || *at == ':' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    *out = 0;
    while (at < end && *at >= '0' && *at <= '9' && *out < SIZE_MAX / 16)
        *out = *out * 10 + (size_t)(*at++ - '0');
    return at;
}

static int add_mask(struct instance *in, cd_article *article, size_t start, size_t end)
{
    if (end <= start)
        return 0;
    if (!QE_ROOM(&in->masks))
        return -ENOMEM;
    in->masks.at[in->masks.n++] =
        (qe_range){(uint32_t)in->host->byte_at(article, start), (uint32_t)in->host->byte_at(article, end)};
    return 0;
}

/* Does a verb of speech stand among the first words of `text`? */
static int speech_verb_near(const qe_lexicon *lexicon, cd_str text)
{
    size_t start = 0, limit = text.len < 60 ? text.len : 60;
    for (size_t i = 0, words = 0; i <= limit && words < 4; i++) {
        unsigned char c = i < limit ? (unsigned char)text.ptr[i] : ' ';
        if (((c | 32) >= 'a' && (c | 32) <= 'z') || c >= 0x80)
            continue;
        words += i > start;
        if (i > start && (qe_lexicon_bits(lexicon, qe_hash_word(text.ptr + start, i - start)) & QE_CUE))
            return 1;
        start = i + 1;
    }
    return 0;
}

/* “We are ready,” said Roy. Photo: Ann Bell: what stands beside a credit may be story all the same. Is somebody quoted
 * in the span of code points? */
static int quotes_somebody(const struct instance *in, cd_article *article, const qe_lexicon *lexicon, size_t start,
                           size_t end)
{
    cd_str text = in->host->field(article, CD_FIELD_TEXT);
    size_t from = in->host->byte_at(article, start), to = in->host->byte_at(article, end);
    for (size_t i = from; i < to; i++) {
        int straight = text.ptr[i] == '"', curly = i + 2 < to && !memcmp(text.ptr + i, "\xE2\x80\x9D", 3);
        size_t behind = i + (curly ? 3 : 1);
        if ((straight || curly) && speech_verb_near(lexicon, (cd_str){text.ptr + behind, to - behind}))
            return 1;
    }
    return 0;
}

/* A line that a dash opens right behind a quotation is its signature, whatever it looks like. */
static int signs_quotation(const struct instance *in, cd_article *article, size_t start)
{
    cd_str text = in->host->field(article, CD_FIELD_TEXT);
    size_t at = in->host->byte_at(article, start), back = at;
    int dash = at + 3 <= text.len && (text.ptr[at] == '-' || !memcmp(text.ptr + at, "\xE2\x80\x94", 3) ||
                                      !memcmp(text.ptr + at, "\xE2\x80\x93", 3));
    while (back > 0 && at - back < 8 && (text.ptr[back - 1] == ' ' || text.ptr[back - 1] == '\n'))
        back--;
    return dash && back > 2 && (text.ptr[back - 1] == '"' || !memcmp(text.ptr + back - 3, "\xE2\x80\x9D", 3));
}

/* The start and end members of the objects that lie directly in the array `json`, which is valid JSON. A caption that
 * quotes somebody and a quotation's signature count as story. */
static int read_spans(struct instance *in, cd_article *article, const qe_lexicon *lexicon, cd_str json)
{
    const char *end = json.ptr + json.len;
    size_t depth = 0, start = 0, value;
    int caption = 0, byline = 0;
    for (const char *at = json.ptr; at < end; at++) {
        if (*at == '{' || *at == '[')
            depth++;
        else if (*at == '}' || *at == ']')
            depth--;
        if (*at != '"')
            continue;
        const char *key = ++at;
        while (at < end && *at != '"')
            at += *at == '\\' ? 2 : 1;
        size_t length = (size_t)(at - key);
        if (depth != 2 || at + 1 >= end || at[1] != ':')
            continue;
        if (length == 4 && !memcmp(key, "kind", 4)) {
            caption = end - at > 11 && !memcmp(at + 1, ":\"caption\"", 10);
            byline = end - at > 11 && !memcmp(at + 1, ":\"byline\"", 9);
        } else if (length == 5 && !memcmp(key, "start", 5)) {
            at = integer(at + 1, end, &start) - 1;
        } else if (length == 3 && !memcmp(key, "end", 3)) {
            at = integer(at + 1, end, &value) - 1;
            int story = (caption && quotes_somebody(in, article, lexicon, start, value)) ||
                        (byline && signs_quotation(in, article, start));
            if (!story && add_mask(in, article, start, value))
                return -ENOMEM;
        }
    }
    return 0;
}

static int by_start(const void *left, const void *right)
{
    const qe_range *l = left, *r = right;
    return l->start < r->start ? -1 : l->start > r->start;
}

/* What an earlier stage found to be no story: sorted, overlaps joined. */
static int read_masks(struct instance *in, cd_article *article, const qe_lexicon *lexicon)
{
    cd_value spans, start, end;
    in->masks.n = 0;
    if (in->host->annotation(article, "credits", CD_LIT("/spans"), &spans) == 0 && spans.type == CD_JSON_ARRAY &&
        read_spans(in, article, lexicon, spans.raw))
        return -ENOMEM;
    if (in->host->annotation(article, "credits", CD_LIT("/headline/start"), &start) == 0 &&
        start.type == CD_JSON_NUMBER && in->host->annotation(article, "credits", CD_LIT("/headline/end"), &end) == 0 &&
        end.type == CD_JSON_NUMBER) {
        size_t from, to;
        integer(start.raw.ptr, start.raw.ptr + start.raw.len, &from);
        integer(end.raw.ptr, end.raw.ptr + end.raw.len, &to);
        if (add_mask(in, article, from, to))
            return -ENOMEM;
    }
    if (in->masks.n == 0)
        return 0;
    qsort(in->masks.at, in->masks.n, sizeof *in->masks.at, by_start);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < in->masks.n; i++) {
        qe_range *last = &in->masks.at[kept - 1], next = in->masks.at[i];
        if (next.start <= last->end)
            last->end = next.end > last->end ? next.end : last->end;
        else
            in->masks.at[kept++] = next;
    }
    in->masks.n = kept;
    return 0;
}

static int32_t stage_process(void *self, cd_article *article)
{
    struct instance *in = self;
    const cd_host *host = in->host;
    cd_str text = host->field(article, CD_FIELD_TEXT);
    if (text.len > MOST_TEXT) {
        host->reason(article, CD_LIT("the text is longer than 512 MiB"));
        return CD_REJECT;
    }
    int marks_only;
    const qe_lexicon *lexicon = language(in, article, &marks_only);
    if (read_masks(in, article, lexicon) ||
        qe_article_read(&in->article, text, lexicon, marks_only, in->masks.at, in->masks.n)) {
        host->reason(article, CD_LIT("out of memory while reading the article"));
        return CD_RETRY;
    }
    cd_json_reset(&in->json);
    uint32_t written = qe_write(&in->json, host, article, &in->article, &in->choice);
    qe_article_trim(&in->article);
    host->count(in->stage, in->quotes_counter, written);
    host->count(in->stage, in->articles_counter, written > 0);
    return cd_annotate(host, article, &in->json);
}

static const char *const reads[] = {"language", "credits", NULL};

static const cd_plugin plugin = {
    .abi_major = COPYDESK_ABI_MAJOR,
    .abi_minor_needed = 0,
    .size = sizeof(cd_plugin),
    .name = "quote_extract",
    .version = "1.0.0",
    .summary = "Finds what people are quoted as saying, and who said it.",
    .member = "quotes",
    .reads = reads,
    .options = options,
    .open = stage_open,
    .process = stage_process,
    .close = stage_close,
};

const cd_plugin *copydesk_plugin(void) { return &plugin; }
