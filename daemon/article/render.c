/* SPDX-License-Identifier: Apache-2.0
 *
 * article/render.c: one paragraph a stage. See render.h.
 */
#include "article/render.h"

#include "article/json_read.h"
#include "article/render_text.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum style { PLAIN, BOLD, DIM, LABEL, NAME };

typedef struct page {
    FILE *out;
    int colour;
} page;

static void style(const page *p, enum style wanted)
{
    static const char *const codes[] = {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[33m"};
    if (p->colour)
        fputs(codes[wanted], p->out);
}

static cd_str text_of(const json_t *string)
{
    return (cd_str){json_string_value(string), json_is_string(string) ? json_string_length(string) : 0};
}

static void say(const page *p, enum style how, const json_t *string, size_t limit)
{
    style(p, how);
    cd_render_text(p->out, text_of(string), limit);
    style(p, PLAIN);
}

static void label(const page *p, const char *name)
{
    style(p, LABEL);
    fprintf(p->out, "%-10s", name);
    style(p, PLAIN);
}

/* A member's name is configured, not ours: it is printed with the same care as text. */
static void label_any(const page *p, const char *name)
{
    style(p, LABEL);
    cd_render_text(p->out, (cd_str){name, strlen(name)}, 40);
    style(p, PLAIN);
    fputs("  ", p->out);
}

static int has_words(const json_t *string) { return json_is_string(string) && json_string_length(string) > 0; }

/* ---- What stands above: from the input's own members, which jansson may not be able to hold (1e999)
 * ------------------- */

static cd_str find_words(cd_json_reader *reader, cd_str article, const char *pointer)
{
    cd_value value;
    int rc = cd_json_lookup(reader, article, (cd_str){pointer, strlen(pointer)}, &value);
    return rc == 0 && value.type == CD_JSON_STRING ? value.string : (cd_str){NULL, 0};
}

static void render_head(const page *p, cd_json_reader *reader, cd_str article)
{
    static const char *const headlines[] = {"/enrichment/credits/headline/text", "/title", "/text"};
    static const char *const members[] = {"/source", "/published", "/url", "/id"};
    cd_str headline = {NULL, 0};
    for (size_t i = 0; headline.len == 0 && i < sizeof(headlines) / sizeof(*headlines); i++)
        headline = find_words(reader, article, headlines[i]);
    style(p, BOLD);
    cd_render_text(p->out, headline, 110);
    style(p, PLAIN);
    fputc('\n', p->out);
    int shown = 0;
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
        cd_str words = find_words(reader, article, members[i]);
        if (words.len == 0)
            continue;
        fputs(shown++ ? " · " : "", p->out);
        style(p, DIM);
        cd_render_text(p->out, words, 100);
        style(p, PLAIN);
    }
    fputs(shown ? "\n" : "", p->out);
}

/* ---- Stages --------------------------------------------------------------------------------------------------------
 */

static void render_language(const page *p, const json_t *language)
{
    label(p, "language");
    const json_t *tag = json_object_get(language, "tag");
    say(p, BOLD, has_words(tag) ? tag : json_object_get(language, "code"), 40);
    if (has_words(json_object_get(language, "script"))) {
        fputs(", ", p->out);
        say(p, PLAIN, json_object_get(language, "script"), 40);
    }
    fprintf(p->out, ", %.0f %%", 100 * json_number_value(json_object_get(language, "confidence")));
    if (json_is_false(json_object_get(language, "reliable")))
        fputs(", not reliable", p->out);
    size_t i;
    json_t *share;
    const json_t *shares = json_object_get(language, "shares");
    if (json_array_size(shares) > 1) {
        fputs(" (", p->out);
        json_array_foreach(shares, i, share)
        {
            fputs(i > 0 ? ", " : "", p->out);
            say(p, PLAIN, json_object_get(share, "code"), 20);
            fprintf(p->out, " %.0f %%", 100 * json_number_value(json_object_get(share, "share")));
        }
        fputc(')', p->out);
    }
    fputc('\n', p->out);
}

static void render_names(const page *p, const char *what, const json_t *names)
{
    size_t i;
    json_t *name;
    if (json_array_size(names) == 0)
        return;
    label(p, what);
    json_array_foreach(names, i, name)
    {
        fputs(i > 0 ? ", " : "", p->out);
        say(p, NAME, name, 60);
    }
    fputc('\n', p->out);
}

static void render_credits(const page *p, const json_t *credits)
{
    render_names(p, "by", json_object_get(credits, "authors"));
    const json_t *spans = json_object_get(credits, "spans");
    size_t i;
    json_t *span;
    label(p, "removed");
    if (json_array_size(spans) == 0)
        fputs("nothing", p->out);
    fputc('\n', p->out);
    json_array_foreach(spans, i, span)
    {
        fputs("  ", p->out);
        style(p, NAME);
        cd_str kind = text_of(json_object_get(span, "kind"));
        cd_render_text(p->out, kind, 24);
        style(p, PLAIN);
        fprintf(p->out, "%*s ", kind.len < 18 ? (int)(18 - kind.len) : 0, "");
        say(p, PLAIN, json_object_get(span, "text"), 88);
        fputc('\n', p->out);
        if (!has_words(json_object_get(span, "rule")))
            continue;
        fprintf(p->out, "%21s", "");
        say(p, DIM, json_object_get(span, "rule"), 200);
        fputc('\n', p->out);
    }
}

static void render_speaker(const page *p, const json_t *quote)
{
    const json_t *speaker = json_object_get(quote, "speaker");
    fputs("    — ", p->out);
    if (has_words(json_object_get(speaker, "name")))
        say(p, NAME, json_object_get(speaker, "name"), 60);
    else
        fputs("speaker unknown", p->out);
    if (has_words(json_object_get(speaker, "role"))) {
        fputs(", ", p->out);
        say(p, PLAIN, json_object_get(speaker, "role"), 60);
    }
    const json_t *cue = json_object_get(json_object_get(quote, "cue"), "text");
    if (has_words(cue)) {
        fputs(" (", p->out);
        say(p, DIM, cue, 30);
        fputc(')', p->out);
    }
    fputc('\n', p->out);
}

static void render_quotes(const page *p, const json_t *quotes)
{
    size_t i;
    json_t *quote;
    label(p, "quotes");
    if (json_array_size(quotes) == 0)
        fputs("none", p->out);
    fputc('\n', p->out);
    json_array_foreach(quotes, i, quote)
    {
        fputs("  ", p->out); /* the text has its own marks */
        say(p, PLAIN, json_object_get(quote, "text"), 220);
        fputc('\n', p->out);
        render_speaker(p, quote);
    }
}

static void render_duplicate(const page *p, const json_t *duplicate)
{
    const json_t *relation = json_object_get(duplicate, "relation");
    const json_t *of = json_object_get(json_object_get(duplicate, "of"), "id");
    label(p, "duplicate");
    say(p, BOLD, relation, 20);
    if (has_words(of)) {
        fputs(" of ", p->out);
        say(p, NAME, of, 80);
    }
    static const char *const measures[] = {"jaccard", "containment"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *measure = json_object_get(duplicate, measures[i]);
        if (json_is_number(measure))
            fprintf(p->out, ", %s %.2f", measures[i], json_number_value(measure));
    }
    fputc('\n', p->out);
}

/* A stage that this file does not know. 0 or -ENOMEM. */
static int render_other(const page *p, const char *member, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL)
        return -ENOMEM;
    label_any(p, member);
    cd_render_text(p->out, (cd_str){text, strlen(text)}, 400);
    fputc('\n', p->out);
    free(text);
    return 0;
}

static int render_enrichment(const page *p, json_t *enrichment)
{
    static const struct {
        const char *member;
        void (*render)(const page *, const json_t *);
    } known[] = {{"language", render_language},
                 {"credits", render_credits},
                 {"duplicate", render_duplicate},
                 {"quotes", render_quotes}};
    size_t known_count = sizeof(known) / sizeof(*known);
    const char *member;
    json_t *value;
    json_object_foreach(enrichment, member, value)
    {
        size_t i = 0;
        while (i < known_count && strcmp(member, known[i].member) != 0)
            i++;
        int rc = 0;
        if (i < known_count)
            known[i].render(p, value);
        else
            rc = render_other(p, member, value);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int render_article(const page *p, cd_json_reader *reader, cd_str article)
{
    cd_value value;
    if (cd_json_lookup(reader, article, (cd_str){"", 0}, &value) != 0 || value.type != CD_JSON_OBJECT)
        return -EINVAL;
    render_head(p, reader, article);
    if (cd_json_lookup(reader, article, (cd_str){"/enrichment", 11}, &value) != 0)
        return 0;
    json_t *enrichment = json_loadb(value.raw.ptr, value.raw.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    int rc = 0;
    if (json_is_object(enrichment)) {
        rc = render_enrichment(p, enrichment);
    } else { /* valid, but beyond what jansson holds: as it stands */
        label_any(p, "enrichment");
        cd_render_text(p->out, value.raw, 2000);
        fputc('\n', p->out);
    }
    json_decref(enrichment);
    return rc;
}

int cd_article_render(FILE *out, cd_str enriched, int colour)
{
    page p = {out, colour};
    cd_json_reader *reader = cd_json_reader_create();
    if (reader == NULL)
        return -ENOMEM;
    int rc = render_article(&p, reader, enriched);
    cd_json_reader_destroy(reader);
    if (rc == 0 && (fflush(out) != 0 || ferror(out)))
        rc = -EIO;
    return rc;
}
