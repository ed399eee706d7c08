/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/line.c: splits the text into lines, and each line into tokens and hits. See article.h.
 */
#include "article.h"

#include <string.h>

#define REPEATED_BYTES 160 /* longer lines are not looked for a second time */

static uint32_t hash_bytes(const char *s, size_t len)
{
    uint64_t h = len * 0x9E3779B97F4A7C15u, part;
    for (; len >= 8; s += 8, len -= 8) {
        memcpy(&part, s, 8);
        h = (h ^ part) * 0xD6E8FEB86659FD93u;
        h ^= h >> 32;
    }
    part = 0;
    memcpy(&part, s, len);
    h = (h ^ part) * 0xD6E8FEB86659FD93u;
    return (uint32_t)(h >> 32);
}

static void survey(cs_article *a, cs_line *line)
{
    uint32_t words = 0, kinds = 0;
    for (size_t i = line->token; i < line->stop; i++) {
        words += a->tokens[i].kind != CS_MARK;
        kinds |= 1u << a->tokens[i].kind;
    }
    line->words = words;
    if (kinds & (1u << CS_HANDLE | 1u << CS_URL))
        line->flags |= CS_ADDRESS;
    if (words >= 12 && (cs_ends_stop(a, line->token, line->stop) || cs_is_mark(a, line->stop - 1, ':')))
        line->flags |= CS_PROSE;
}

/* A mark behind which something new may begin: no comma, no apostrophe. */
static bool breaks(const cs_token *t) { return t->kind == CS_MARK && t->value != ',' && t->value != '\''; }

bool cs_is_cue(const cs_article *a, const cs_line *line, const cs_hit *hit)
{
    if (cs_in(&a->cues, hit->class))
        return true;
    if (cs_in(&a->start_cues, hit->class) && (hit->first == line->token || breaks(&a->tokens[hit->first - 1])))
        return true;
    return cs_in(&a->end_cues, hit->class) && (hit->last + 1 == line->stop || a->tokens[hit->last + 1].kind == CS_MARK);
}

static void line_hits(cs_article *a, cs_line *line)
{
    size_t room = (line->stop - line->token) * 4 + 16;
    if (!cs_grow(a, (void **)&a->hits, &a->hit_room, a->hit_count, room, sizeof(*a->hits)))
        return;
    line->hit = (uint32_t)a->hit_count;
    line->hits = (uint32_t)cs_hits(a->vocabulary, a->settings.languages, a->tokens, line->token, line->stop,
                                   a->hits + a->hit_count, room);
    a->hit_count += line->hits;
    bool cue = false;
    for (size_t i = line->hit; i < a->hit_count; i++) {
        line->classes.bits[a->hits[i].class >> 6] |= 1ull << (a->hits[i].class & 63);
        cue = cue || cs_is_cue(a, line, &a->hits[i]);
    }
    line->flags |= cue ? CS_CUE : 0;
}

static void add_line(cs_article *a, size_t start, size_t end, bool blank_before)
{
    size_t max = end - start < CS_LINE_TOKENS ? end - start : CS_LINE_TOKENS;
    if (!cs_grow(a, (void **)&a->lines, &a->line_room, a->line_count, 1, sizeof(*a->lines)) ||
        !cs_grow(a, (void **)&a->tokens, &a->token_room, a->token_count, max + 1, sizeof(*a->tokens)))
        return;
    cs_line *line = &a->lines[a->line_count++];
    *line = (cs_line){.start = (uint32_t)start,
                      .end = (uint32_t)end,
                      .span = UINT32_MAX,
                      .flags = blank_before ? CS_BLANK_BEFORE : 0};
    line->token = line->from = (uint32_t)a->token_count;
    a->token_count += cs_tokens(a->vocabulary, a->text, start, end, a->tokens + a->token_count, max);
    line->stop = line->to = (uint32_t)a->token_count;
    if (line->stop > line->token && a->tokens[line->stop - 1].end < end && line->stop - line->token == CS_LINE_TOKENS)
        line->flags |= CS_LONG;
    if (end - start <= REPEATED_BYTES)
        line->hash = hash_bytes(a->text + start, end - start);
    survey(a, line);
}

/* Short lines that stand more than once, by their hashes in a table twice their number. */
static void mark_repeated(cs_article *a)
{
    size_t size = 64;
    while (size < a->line_count * 2)
        size *= 2;
    if (!cs_grow(a, (void **)&a->slots, &a->slot_room, 0, size, sizeof(*a->slots)))
        return;
    memset(a->slots, 0, size * sizeof(*a->slots));
    for (size_t i = 0; i < a->line_count; i++) {
        cs_line *line = &a->lines[i];
        if (line->end - line->start > REPEATED_BYTES)
            continue;
        size_t at = line->hash & (size - 1);
        while (a->slots[at] && a->lines[a->slots[at] - 1].hash != line->hash)
            at = (at + 1) & (size - 1);
        if (a->slots[at]) {
            line->flags |= CS_REPEATED;
            a->lines[a->slots[at] - 1].flags |= CS_REPEATED;
        } else {
            a->slots[at] = (uint32_t)i + 1;
        }
    }
}

/* A paragraph broken over lines: no blank line between, the first does not end a sentence, the second begins small. */
static void mark_wrapped(cs_article *a)
{
    for (size_t i = 1; i < a->line_count; i++) {
        cs_line *line = &a->lines[i], *before = line - 1;
        if (line->flags & CS_BLANK_BEFORE || line->token == line->stop || before->token == before->stop ||
            before->words < 4)
            continue;
        const cs_token *t = &a->tokens[line->token];
        if (t->kind == CS_WORD && !(t->flags & (CS_CAPITAL | CS_CASELESS)) &&
            !cs_ends_stop(a, before->token, before->stop)) {
            line->flags |= CS_WRAPPED;
            before->flags |= CS_WRAPPED;
        }
    }
}

/* "Posted by Ann Lee on Friday, May 29, 2020", the last line of an embedded post. */
static bool is_post_signature(const cs_article *a, const cs_line *line)
{
    if (!cs_has_class(line, a->known.post_signature) || line->words > 15 || line->words < 7)
        return false;
    const cs_token *year = &a->tokens[line->stop - 1];
    size_t last = cs_phrase_at(a, line, line->token, a->known.post_signature);
    bool dated = year->kind == CS_NUMBER && year->value >= 1900 && year->value < 2100;
    return last != SIZE_MAX && dated && line->stop - line->token >= 8 &&
           cs_is_word_of(a, line->stop - 6, a->known.weekday);
}

/* An embedded post: "— Name (@handle) June 3, 2020", and the line above it; or a line with the post service's own
 * links. */
static void mark_tweets(cs_article *a)
{
    for (size_t i = 0; i < a->line_count; i++) {
        cs_line *line = &a->lines[i];
        if (i > 1 && i + 1 < a->line_count && is_post_signature(a, line))
            line->flags |= CS_TWEET;
        if (!(line->flags & CS_ADDRESS))
            continue;
        bool handle = false, link = false;
        for (size_t t = line->token; t < line->stop; t++) {
            const cs_token *k = &a->tokens[t];
            handle |= k->kind == CS_HANDLE && t > line->token && cs_is_mark(a, t - 1, '(');
            link |= k->kind == CS_URL && k->end - k->start > 8 &&
                    (memmem(a->text + k->start, k->end - k->start, "t.co/", 5) ||
                     memmem(a->text + k->start, k->end - k->start, "pic.twitter", 11));
        }
        bool dash = line->token < line->stop && cs_is_mark(a, line->token, '-');
        /* "— Follow Ann Lee (@annlee) on …" is a request. */
        bool signature =
            handle && (cs_has_class(line, a->known.month) || (dash && !cs_has_class(line, a->known.action)));
        if (signature || link)
            line->flags |= CS_TWEET;
        if (signature && dash && i > 0 && line->words <= 15)
            a->lines[i - 1].flags |= CS_TWEET;
    }
}

void cs_split(cs_article *a)
{
    size_t len = a->len < CS_BYTES_MAX ? a->len : CS_BYTES_MAX;
    bool blank = true;
    for (size_t at = 0; at < len && a->line_count < CS_LINES_MAX && !a->failed;) {
        const char *newline = memchr(a->text + at, '\n', a->len - at);
        size_t end = newline ? (size_t)(newline - a->text) : a->len, start = at;
        at = end + 1;
        cs_trim(a->text, &start, &end);
        if (start == end) {
            blank = true;
            continue;
        }
        add_line(a, start, end, blank);
        blank = false;
    }
    if (a->settings.languages == 0)
        a->settings.languages = cs_guess_languages(a);
    for (size_t i = 0; i < a->line_count && !a->failed; i++)
        line_hits(a, &a->lines[i]);
    if (a->failed)
        return;
    mark_repeated(a);
    mark_wrapped(a);
    mark_tweets(a);
}

void cs_find_prose(cs_article *a)
{
    a->prose_count = 0;
    a->first_prose = a->last_prose = a->line_count;
    for (size_t i = 0; i < a->line_count; i++) {
        const cs_line *line = &a->lines[i];
        if (!(line->flags & CS_PROSE) || line->kind != CS_STORY || line->from == line->to)
            continue;
        if (a->prose_count++ == 0)
            a->first_prose = i;
        a->last_prose = i;
    }
}
