/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/corpus.c: see corpus.h. Mostly a table: what a text begins with, what is repeated in it how often, how it ends. */
#include "cli/probe/corpus.h"

#include <copydesk/json.h>
#include <errno.h>

#define S(literal) {literal, sizeof(literal) - 1}

static const char prose[] =
    "HALVERTON, March 2 (Larn Press) - The harbour bridge will close for ten weeks from May, the city said on Monday.\n\n"
    "“We wrote to the ministry twice, and nobody answered,” Mayor Dara Voss told reporters. Roy Kane, who sails the ferry, "
    "said the plan was “an insult” to night staff.\n\nLa mairie n’a pas répondu. « Nous attendons toujours », a déclaré Inès Roul. "
    "„Wir brauchen Zahlen“, sagte Greta Lohm am Dienstag. «Мы ждём», — сказала Вера Лунина.\n\n"
    "Read more: Ferry fares to rise again\n(Ilse Brandt/Larn Press)\n© 2026 North Coast Post. All rights reserved.\n\n";

static const struct text {
    const char *name;
    cd_str before, unit;
    unsigned times;
    cd_str after;
} texts[] = {
    {"prose", S(""), S(prose), 1, S("")},
    {"prose_64k", S(""), S(prose), 80, S("")},
    {"one_byte", S("a"), S(""), 0, S("")},
    {"one_wide_character", S("語"), S(""), 0, S("")},
    {"empty_text", S(""), S(""), 0, S("")},
    {"blank_text", S(""), S(" \n\t"), 100, S("")},
    {"no_break_spaces", S(""), S("\u00a0\u2003"), 100, S("")},
    {"nul_inside", S("Ferry sunk, s"), S("\0"), 1, S("aid Ana Lee. “Yes\0,” she said.")},
    {"nul_only", S(""), S("\0"), 40, S("")},
    {"controls", S("Ana "), S("\001\002\006\010\013\014\016\033[31m\037\177"), 50, S(" Lee")},
    {"one_letter", S(""), S("a"), 1 << 20, S("")},
    {"spaces", S("a"), S(" "), 1 << 20, S("b")},
    {"short_lines", S(""), S("a\n"), 100000, S("")},
    {"empty_lines", S("a"), S("\n"), 100000, S("b")},
    {"every_line_end", S(""), S("One line\r\nanother\ranother\u2028and\u2029and\xc2\x85" " and\013and\014"), 200, S("\r")},
    {"one_long_line", S(""), S("The mayor said on Monday that the bridge, which she called “old”, will close. "), 3000, S("")},
    {"long_word", S(""), S("é"), 40000, S("")},
    {"digits", S(""), S("1234567890"), 6000, S("")},
    {"opening_quotes", S("Ana said: "), S("“"), 30000, S("")},
    {"closing_quotes", S(""), S("”"), 30000, S(" said Ana Lee.")},
    {"straight_quotes", S(""), S("\""), 50000, S("")},
    {"apostrophes", S(""), S("'’"), 20000, S("")},
    {"every_quote_mark", S(""), S("“„«»‹›‚‘\"「『」』”’"), 2000, S("")},
    {"brackets", S(""), S("([{<"), 10000, S("")},
    {"brackets_closed_wrongly", S(""), S("(]{>)[}<"), 5000, S("")},
    {"combining_marks", S("e"), S("\u0301"), 30000, S("")},
    {"stacked_marks", S(""), S("a\u0300\u0323\u0489 “e\u0301\u0302” "), 3000, S("")},
    {"emoji", S(""), S("👩‍👩‍👧‍👦 🇩🇪 “👍🏽” 𝕿 𠀋 "), 2000, S("")},
    {"right_to_left", S(""), S("قالت مريم لوران: «لن نغلق الجسر». שלום \u202eevil\u202c \u200f"), 500, S("")},
    {"cjk", S(""), S("「橋は閉鎖される」と市長の田川花子は月曜日に述べた。（拉恩社）"), 500, S("")},
    {"many_scripts", S(""), S("Ωμέγα साइकिल ภาษาไทย 한국어 ქართული አማርኛ Ⴀ "), 500, S("")},
    {"invisible_characters", S("\ufeff"), S("a\u200b\u00ad\u2060\ufeffb\u200d "), 2000, S("\ufeff")},
    {"noncharacters", S(""), S("\uffff\U0010ffff\ufffd\ue000"), 500, S("")},
    {"letters_that_change_length", S(""), S("İSTANBUL ß ﬁ ŉ ǰ Straße ẞ ΐ "), 1000, S("")},
    {"literal_escapes", S(""), S("\\ud800 \\u0000 \\n \\\" %s%n ${HOME} `id` "), 200, S("\\")},
    {"html_remains", S("<!DOCTYPE html><p"), S("<p class=\"a\">&amp;&#x202e;&#0;&bogus;<br/><script>“x”</script><!-- "), 500,
     S("<a href=")},
    {"addresses", S(""), S("https://a.example/?q=%E2%80%9C&x=<y> ana@larn.example @ana #bridge "), 1000, S("https://")},
    {"quotes_and_speakers", S(""), S("“No,” said Ana Lee. “Why?” she asked; “so,” he said. "), 2000, S("")},
    {"names", S(""), S("Ana Lee, Bo Kim and Dr. Cy von Day "), 2000, S("")},
    {"credits", S(""), S("By Ana Lee and Bo Kim\n(Ana Lee/Larn Press via Hask)\nPhoto: Bo Kim © 2026\n"), 1000, S("")},
};

enum { TEXT_COUNT = sizeof texts / sizeof *texts };

/* What no text can be: raw record values. */
static const struct raw {
    const char *name, *payload;
} raws[] = {
    {"half_a_surrogate", "{\"id\":\"half_a_surrogate\",\"text\":\"Ana \\ud800 Lee\"}"},
    {"escaped_pairs", "{\"id\":\"escaped_pairs\",\"text\":\"\\ud83d\\ude00 \\u201cYes,\\u201d said Ana \\ud83d\\ude00.\"}"},
    {"text_alone", "{\"text\":\"“The bridge stays open,” said Ana Lee.\"}"},
    {"members_of_other_types",
     "{\"id\":17,\"title\":null,\"url\":[],\"source\":{\"a\":1},\"published\":1e3,\"lang\":true,\"text\":\"Ana Lee stayed.\"}"},
    {"empty_members",
     "{\"id\":\"\",\"title\":\"\",\"url\":\"\",\"source\":\"\",\"published\":\"\",\"lang\":\"\",\"text\":\"Ana Lee stayed.\"}"},
    {"enriched_before",
     "{\"id\":\"enriched_before\",\"enrichment\":{\"credits\":7},\"provenance\":null,\"text\":\"By Ana Lee\\n\\nAll is well.\"}"},
    {"no_object", "[1, 2"},
};

enum { RAW_COUNT = sizeof raws / sizeof *raws };
_Static_assert(TEXT_COUNT + RAW_COUNT + 1 <= CD_PROBE_ARTICLES_MAX, "the corpus has room");

static void write_article(const char *name, cd_str title, cd_str text, cd_buffer *out)
{
    cd_json json = {0};
    cd_json_object(&json);
    cd_json_key(&json, "id");
    cd_json_cstring(&json, name);
    cd_json_key(&json, "source");
    cd_json_cstring(&json, "probe.example");
    cd_json_key(&json, "published");
    cd_json_cstring(&json, "2026-03-02");
    cd_json_key(&json, "title");
    cd_json_string(&json, title);
    cd_json_key(&json, "text");
    cd_json_string(&json, text);
    cd_json_object_end(&json);
    cd_buffer_reset(out);
    cd_buffer_append(out, json.buf, json.failed ? 0 : json.len);
    out->failed |= json.failed;
    cd_json_free(&json);
}

static void write_text(const struct text *from, cd_buffer *scratch, cd_buffer *out)
{
    static const cd_str title = S("Harbour bridge to close for ten weeks");
    cd_buffer_reset(scratch);
    cd_buffer_append(scratch, from->before.ptr, from->before.len);
    for (unsigned i = 0; i < from->times; i++)
        cd_buffer_append(scratch, from->unit.ptr, from->unit.len);
    cd_buffer_append(scratch, from->after.ptr, from->after.len);
    write_article(from->name, title, (cd_str){scratch->data, scratch->len}, out);
    out->failed |= scratch->failed;
}

/* A title as long as a story. */
static void write_long_title(cd_buffer *scratch, cd_buffer *out)
{
    cd_buffer_reset(scratch);
    for (unsigned i = 0; i < 80; i++)
        cd_buffer_append_string(scratch, prose);
    write_article("long_title", (cd_str){scratch->data, scratch->len}, (cd_str){prose, sizeof prose - 1}, out);
    out->failed |= scratch->failed;
}

int cd_probe_corpus_init(cd_probe_corpus *corpus)
{
    cd_buffer scratch = {0};
    int result = 0;
    *corpus = (cd_probe_corpus){.count = TEXT_COUNT + RAW_COUNT + 1};
    for (size_t i = 0; i < corpus->count; i++) {
        cd_probe_article_text *article = &corpus->articles[i];
        if (i < TEXT_COUNT) {
            article->name = texts[i].name;
            write_text(&texts[i], &scratch, &article->payload);
        } else if (i < TEXT_COUNT + RAW_COUNT) {
            article->name = raws[i - TEXT_COUNT].name;
            cd_buffer_append_string(&article->payload, raws[i - TEXT_COUNT].payload);
        } else {
            article->name = "long_title";
            write_long_title(&scratch, &article->payload);
        }
        result = article->payload.failed ? -ENOMEM : result;
    }
    cd_buffer_fini(&scratch);
    return result;
}

void cd_probe_corpus_fini(cd_probe_corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        cd_buffer_fini(&corpus->articles[i].payload);
    *corpus = (cd_probe_corpus){0};
}

const char *cd_probe_corpus_shape(size_t shape, size_t bytes, cd_buffer *out)
{
    static const char *const shapes[] = {"prose", "one_letter", "short_lines", "opening_quotes", "straight_quotes",
                                         "brackets",       "names",             "credits",     "combining_marks"};
    cd_buffer scratch = {0};
    if (shape >= sizeof shapes / sizeof *shapes)
        return NULL;
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        if (strcmp(texts[i].name, shapes[shape]) != 0)
            continue;
        struct text longer = texts[i];
        longer.times = (unsigned)(bytes / longer.unit.len);
        write_text(&longer, &scratch, out);
    }
    cd_buffer_fini(&scratch);
    return shapes[shape];
}

cd_identity cd_probe_identity(size_t index)
{
    return (cd_identity){.topic = S("probe"), .offset = (int64_t)index + 1, .timestamp_ms = INT64_C(1772409600000)};
}
