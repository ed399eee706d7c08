/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/plugin.c: the stage: options, one cs_article an instance, and the annotation "credits". Holds all that
 * touches the host; the judging is in the other files.
 */
#include "article.h"
#include "kind.h"
#include "load.h"
#include "rule.h"

#include <copydesk/sdk.h>

#include <errno.h>
#include <stdio.h>

struct strip {
    const cd_host *host;
    cd_stage *stage;
    cs_vocabulary *vocabulary;
    cs_evidence *evidence;
    cs_rules *rules;
    cs_article article;
    cs_settings settings;
    cd_json json;
    char *body;
    size_t body_room;
    int32_t touched, removed, limits;
    cd_str source;       /* of the article in hand */
    uint64_t limit_hits; /* in the article in hand */
};

static const char *const action_choices[] = {"strip", "keep", NULL};

static const cd_option rule_columns[] = {
    {.name = "source", .type = CD_OPTION_STRING, .preset = "", .help = "Only articles of this source; empty for all."},
    {.name = "match", .type = CD_OPTION_STRING, .help = "A Perl-compatible pattern, tried on each line."},
    {.name = "kind",
     .type = CD_OPTION_CHOICE,
     .preset = "other_boilerplate",
     .choices = cs_kind_names,
     .help = "The kind of the span."},
    {.name = "action",
     .type = CD_OPTION_CHOICE,
     .preset = "strip",
     .choices = action_choices,
     .help = "strip: the match is residue; keep: nothing is taken from a line that matches."},
    {.name = NULL},
};

static const cd_option options[] = {
    {.name = "threshold",
     .type = CD_OPTION_NUMBER,
     .preset = "1",
     .min = 0.5,
     .max = 4,
     .help = "How much evidence a line needs; higher removes less."},
    {.name = "headline",
     .type = CD_OPTION_BOOLEAN,
     .preset = "true",
     .help = "Look for the headline in the text when there is no title."},
    {.name = "language",
     .type = CD_OPTION_STRING,
     .preset = "",
     .help = "The language of all articles; empty: what an earlier stage found, else all tables."},
    {.name = "keep", .type = CD_OPTION_LIST, .help = "Kinds that are not looked for and stay in the body."},
    {.name = "table",
     .type = CD_OPTION_PATH,
     .preset = "",
     .help = "A table of further phrases, in the format of the bundled ones."},
    {.name = "rules", .type = CD_OPTION_TABLE, .columns = rule_columns, .help = "The user's own patterns."},
    {.name = NULL},
};

/* ---- open, close ---------------------------------------------------------------------------------------------- */

static int32_t fail(struct strip *s, int32_t rc, const char *why)
{
    s->host->log(s->stage, CD_LOG_ERROR, cd_str_of(why[0] ? why : "out of memory"));
    return rc;
}

static int32_t load_tables(struct strip *s)
{
    char why[160];
    int rc = cs_load(s->host->option_file(s->stage, "table"), &s->vocabulary, &s->evidence, why, sizeof(why));
    return rc < 0 ? fail(s, rc, why) : 0;
}

static int32_t load_rules(struct strip *s)
{
    char path[48], why[200] = "";
    size_t count = s->host->option_count(s->stage, "rules");
    for (size_t i = 0; i < count; i++) {
        cd_str cell[4];
        static const char *const columns[] = {"source", "match", "kind", "action"};
        for (int c = 0; c < 4; c++) {
            snprintf(path, sizeof(path), "rules.%zu.%s", i, columns[c]);
            cell[c] = s->host->option_string(s->stage, path);
        }
        int kind = cs_kind_of(cell[2].ptr, cell[2].len);
        int rc =
            cs_rules_add(s->rules, cell[0], cell[1], kind, cd_str_equal(cell[3], CD_LIT("keep")), why, sizeof(why));
        if (rc < 0)
            return fail(s, rc, why);
    }
    return 0;
}

static int32_t load_settings(struct strip *s)
{
    s->settings = (cs_settings){.threshold = (float)s->host->option_number(s->stage, "threshold"),
                                .kinds = ~0u,
                                .find_headline = s->host->option_boolean(s->stage, "headline") != 0};
    char path[32];
    size_t count = s->host->option_count(s->stage, "keep");
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "keep.%zu", i);
        cd_str name = s->host->option_string(s->stage, path);
        int kind = cs_kind_of(name.ptr, name.len);
        if (kind < 0)
            return fail(s, -EINVAL, "option keep: unknown kind");
        s->settings.kinds &= ~(1u << kind);
    }
    return 0;
}

static void strip_close(void *self)
{
    struct strip *s = self;
    cs_article_fini(&s->article);
    cs_rules_destroy(s->rules);
    cs_evidence_destroy(s->evidence);
    cs_vocabulary_destroy(s->vocabulary);
    cd_json_free(&s->json);
    free(s->body);
    free(s);
}

static int32_t strip_open(const cd_host *host, cd_stage *stage, void **self)
{
    struct strip *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return -ENOMEM;
    s->host = host;
    s->stage = stage;
    s->rules = cs_rules_create();
    int32_t rc = s->rules ? load_tables(s) : fail(s, -ENOMEM, "");
    if (rc == 0)
        rc = load_rules(s);
    if (rc == 0)
        rc = load_settings(s);
    if (rc < 0) {
        strip_close(s);
        return rc;
    }
    cs_article_init(&s->article, s->vocabulary, s->evidence);
    s->touched = host->counter(stage, "articles_touched");
    s->removed = host->counter(stage, "spans_removed");
    s->limits = host->counter(stage, "rule_limits");
    *self = s;
    return 0;
}

/* ---- The annotation --------------------------------------------------------------------------------------------- */

static cd_str text_of(const cs_article *a, cs_name name)
{
    return (cd_str){a->text + name.start, name.end - name.start};
}

static void write_names(struct strip *s, const char *key, size_t first, size_t count)
{
    cd_json_key(&s->json, key);
    cd_json_array(&s->json);
    for (size_t i = first; i < first + count; i++)
        cd_json_string(&s->json, text_of(&s->article, s->article.names[i]));
    cd_json_array_end(&s->json);
}

static void write_rule(struct strip *s, const cs_span *span)
{
    char text[320];
    int n = snprintf(text, sizeof(text), "%s", span->rule ? span->rule : cs_kind_name(span->kind));
    for (int i = 0; span->rule == NULL && i < CS_REASONS && span->reasons[i] >= 0 && n < (int)sizeof(text); i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s %.2f", i ? ", " : ": ",
                      cs_argument_text(s->evidence, span->reasons[i]),
                      (double)cs_argument_weight(s->evidence, span->reasons[i]));
    cd_json_key(&s->json, "rule");
    cd_json_cstring(&s->json, text);
}

static void write_spans(struct strip *s, cd_article *article)
{
    const cs_article *a = &s->article;
    cd_json_key(&s->json, "spans");
    cd_json_array(&s->json);
    for (size_t i = 0; i < a->span_count; i++) {
        const cs_span *span = &a->spans[i];
        cd_json_object(&s->json);
        cd_json_key(&s->json, "kind");
        cd_json_cstring(&s->json, cs_kind_name(span->kind));
        cd_json_span(&s->json, s->host, article, span->start, span->end);
        if (span->kind == CS_PHOTO_CREDIT || span->kind == CS_BYLINE || span->kind == CS_AGENCY ||
            span->kind == CS_DATELINE) {
            write_names(s, "people", span->name, span->people);
            write_names(s, "agencies", span->name + span->people, span->agencies);
        }
        write_rule(s, span);
        cd_json_object_end(&s->json);
    }
    cd_json_array_end(&s->json);
}

static int same_name(const cs_article *a, cs_name l, cs_name r) { return cd_str_equal(text_of(a, l), text_of(a, r)); }

/* The people of the bylines, each once; contributors are none. */
static void write_authors(struct strip *s)
{
    const cs_article *a = &s->article;
    cs_name authors[16];
    size_t count = 0;
    for (size_t i = 0; i < a->span_count; i++) {
        const cs_span *span = &a->spans[i];
        if (span->kind != CS_BYLINE || span->rule == NULL || strncmp(span->rule, "byline: by", 10) != 0)
            continue;
        for (size_t p = span->name; p < span->name + span->people && count < 16; p++) {
            size_t k = 0;
            while (k < count && !same_name(a, authors[k], a->names[p]))
                k++;
            if (k == count)
                authors[count++] = a->names[p];
        }
    }
    cd_json_key(&s->json, "authors");
    cd_json_array(&s->json);
    for (size_t i = 0; i < count; i++)
        cd_json_string(&s->json, text_of(a, authors[i]));
    cd_json_array_end(&s->json);
}

static void write_annotation(struct strip *s, cd_article *article, size_t body_len)
{
    const cs_article *a = &s->article;
    cd_json_reset(&s->json);
    cd_json_object(&s->json);
    cd_json_key(&s->json, "headline");
    if (a->has_headline) {
        cd_json_object(&s->json);
        cd_json_span(&s->json, s->host, article, a->headline_start, a->headline_end);
        cd_json_object_end(&s->json);
    } else {
        cd_json_null(&s->json);
    }
    cd_json_key(&s->json, "body");
    cd_json_string(&s->json, (cd_str){s->body, body_len});
    write_spans(s, article);
    write_authors(s);
    cd_json_key(&s->json, "published_by");
    if (a->publisher.end > a->publisher.start)
        cd_json_string(&s->json, text_of(a, a->publisher));
    else
        cd_json_null(&s->json);
    cd_json_object_end(&s->json);
}

/* ---- process ------------------------------------------------------------------------------------------------------
 */

static uint32_t languages_of(struct strip *s, cd_article *article)
{
    cd_str code = s->host->option_string(s->stage, "language");
    cd_value value;
    if (code.len == 0 && s->host->annotation(article, "language", CD_LIT("/code"), &value) == 0 &&
        value.type == CD_JSON_STRING)
        code = value.string;
    return code.len ? cs_languages(s->vocabulary, code) : 0;
}

static void apply_rules(void *context, cs_article *a)
{
    struct strip *s = context;
    cs_rules_apply(s->rules, a, s->source, &s->limit_hits);
}

static int32_t strip_process(void *self, cd_article *article)
{
    struct strip *s = self;
    const cd_host *host = s->host;
    cd_str text = host->field(article, CD_FIELD_TEXT), title = host->field(article, CD_FIELD_TITLE);
    cs_settings settings = s->settings;
    settings.languages = languages_of(s, article);
    s->source = host->field(article, CD_FIELD_SOURCE);
    s->limit_hits = 0;
    size_t room = text.len * 2 + 2;
    if (s->body_room < room) {
        char *grown = realloc(s->body, room);
        if (grown == NULL) {
            host->reason(article, CD_LIT("out of memory for the body"));
            return CD_RETRY;
        }
        s->body = grown;
        s->body_room = room;
    }
    int rc = cs_article_run(&s->article, text, title, &settings, cs_rules_count(s->rules) ? apply_rules : NULL, s);
    if (rc < 0) {
        host->reason(article, CD_LIT("out of memory while judging the text"));
        return CD_RETRY;
    }
    host->count(s->stage, s->touched, s->article.span_count > 0);
    host->count(s->stage, s->removed, s->article.span_count);
    host->count(s->stage, s->limits, s->limit_hits);
    write_annotation(s, article, cs_body(&s->article, s->body));
    return cd_annotate(host, article, &s->json);
}

static const char *const reads[] = {"language", NULL};

static const cd_plugin descriptor = {
    .abi_major = COPYDESK_ABI_MAJOR,
    .abi_minor_needed = 0,
    .size = sizeof(cd_plugin),
    .name = "credit_strip",
    .version = "1.0.0",
    .summary =
        "Finds what is not the story: captions, credits, bylines, promos, links, notices; gives the body without them.",
    .member = "credits",
    .reads = reads,
    .options = options,
    .open = strip_open,
    .process = strip_process,
    .close = strip_close,
};

const cd_plugin *copydesk_plugin(void) { return &descriptor; }
