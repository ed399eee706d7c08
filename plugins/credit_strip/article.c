/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/article.c: the frame: memory, spans, and the order of the steps. See article.h.
 */
#include "article.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void cs_article_init(cs_article *a, cs_vocabulary *v, const cs_evidence *e)
{
    *a = (cs_article){.vocabulary = v, .evidence = e, .words = cs_word_entries(v)};
#define X(name) a->known.name = cs_class(v, #name, strlen(#name));
    CS_KNOWN(X)
#undef X
    for (int k = 0; k < CS_CLASSES; k++)
        a->quiet.bits[k >> 6] |= (uint64_t)cs_class_quiet(v, k) << (k & 63);
    const cs_features *cues = cs_evidence_cues(e);
    cs_classes *sets[CS_PLACES] = {&a->cues, &a->start_cues, &a->start_cues, &a->end_cues, &a->start_cues};
    for (int k = 0; k < CS_CLASSES; k++)
        for (int place = 0; place < CS_PLACES; place++)
            if (cs_test(cues, cs_feature_of_class(place, k)))
                sets[place]->bits[k >> 6] |= 1ull << (k & 63);
}

void cs_article_fini(cs_article *a)
{
    free(a->lines);
    free(a->tokens);
    free(a->hits);
    free(a->spans);
    free(a->names);
    free(a->slots);
    *a = (cs_article){0};
}

bool cs_grow(cs_article *a, void **array, size_t *room, size_t count, size_t more, size_t size)
{
    if (*room - count >= more)
        return true;
    size_t wanted = *room ? *room : 256;
    while (wanted - count < more)
        wanted *= 2;
    void *grown = realloc(*array, wanted * size);
    if (grown == NULL) {
        a->failed = true;
        return false;
    }
    *array = grown;
    *room = wanted;
    return true;
}

/* A span that nobody reads: what the recognisers get when memory is short or the kind is not wanted. */
static cs_span nowhere;

cs_span *cs_take(cs_article *a, cs_line *line, size_t from, size_t to, int kind, const char *rule)
{
    nowhere = (cs_span){0};
    if (from >= to || !(a->settings.kinds >> kind & 1) ||
        !cs_grow(a, (void **)&a->spans, &a->span_room, a->span_count, 1, sizeof(*a->spans)))
        return &nowhere;
    line->span = (uint32_t)a->span_count;
    cs_span *span = &a->spans[a->span_count++];
    *span = (cs_span){.start = a->tokens[from].start,
                      .end = a->tokens[to - 1].end,
                      .name = (uint32_t)a->name_count,
                      .kind = (uint8_t)kind,
                      .reasons = {-1, -1, -1},
                      .rule = rule};
    if (line->to == to)
        line->to = (uint32_t)from;
    if (line->from == from)
        line->from = (uint32_t)(to < line->to ? to : line->to);
    if (line->from == line->to) /* nothing is left: the span covers what the tokens do not, invisible characters */
        span->end = line->stop == to && !(line->flags & CS_LONG) ? line->end : span->end;
    if (from == line->token && line->from == line->to)
        span->start = line->start;
    line->flags |= CS_CUT;
    line->taken = (uint8_t)kind;
    if (line->from == line->to)
        line->kind = (uint8_t)kind;
    return span;
}

cs_span *cs_take_rest(cs_article *a, cs_line *line, int kind, const char *rule)
{
    if (line->flags & CS_LONG)
        return &nowhere;
    return cs_take(a, line, line->from, line->to, kind, rule);
}

void cs_add_name(cs_article *a, cs_span *span, size_t first, size_t last, bool agency)
{
    if (span == &nowhere || span->people + span->agencies >= 64 ||
        !cs_grow(a, (void **)&a->names, &a->name_room, a->name_count, 1, sizeof(*a->names)))
        return;
    cs_name name = {a->tokens[first].start, a->tokens[last].end};
    if (a->tokens[last].flags & CS_POSSESSIVE) /* 's, with a straight or a curly apostrophe */
        name.end -= a->text[name.end - 2] == '\'' ? 2 : 4;
    for (size_t i = span->name; i < a->name_count; i++) /* a credit may say its name twice */
        if (a->names[i].end - a->names[i].start == name.end - name.start &&
            memcmp(a->text + a->names[i].start, a->text + name.start, name.end - name.start) == 0)
            return;
    if (!agency) {
        memmove(a->names + span->name + span->people + 1, a->names + span->name + span->people,
                span->agencies * sizeof(*a->names));
        a->names[span->name + span->people++] = name;
    } else {
        a->names[span->name + span->people + span->agencies++] = name;
    }
    a->name_count++;
}

static int by_start(const void *left, const void *right)
{
    const cs_span *l = left, *r = right;
    return l->start != r->start ? (l->start < r->start ? -1 : 1) : (l->end > r->end ? -1 : l->end < r->end);
}

/* "Like it? Tell a friend.": sentences that were judged one by one are one span if they are of one kind and only blanks
 * lie between. What a user's rule found stays by itself, and so do two that name somebody. */
static bool joins(const cs_article *a, const cs_span *before, const cs_span *next)
{
    bool named = before->people + before->agencies > 0 && next->people + next->agencies > 0;
    bool ruled = (before->rule && strncmp(before->rule, "rules.", 6) == 0) ||
                 (next->rule && strncmp(next->rule, "rules.", 6) == 0);
    uint32_t i = before->end;
    while (i < next->start && (a->text[i] == ' ' || a->text[i] == '\t'))
        i++;
    return before->kind == next->kind && !named && !ruled && i == next->start;
}

static void join(cs_span *before, const cs_span *next)
{
    before->end = next->end;
    if (before->people + before->agencies == 0) {
        before->name = next->name;
        before->people = next->people;
        before->agencies = next->agencies;
    }
}

/* Spans in order; of two that overlap the earlier and longer stays. */
static void order_spans(cs_article *a)
{
    if (a->span_count > 1)
        qsort(a->spans, a->span_count, sizeof(*a->spans), by_start);
    size_t kept = 0;
    for (size_t i = 0; i < a->span_count; i++) {
        bool headline = a->has_headline && a->spans[i].start < a->headline_end && a->spans[i].end > a->headline_start;
        if (headline || (kept > 0 && a->spans[i].start < a->spans[kept - 1].end))
            continue;
        if (kept > 0 && joins(a, &a->spans[kept - 1], &a->spans[i]))
            join(&a->spans[kept - 1], &a->spans[i]);
        else
            a->spans[kept++] = a->spans[i];
    }
    a->span_count = kept;
}

static bool open_line(const cs_line *line) { return line->kind == CS_STORY && !(line->flags & (CS_KEEP | CS_TWEET)); }

int cs_article_run(cs_article *a, cd_str text, cd_str title, const cs_settings *settings,
                   void (*rules)(void *context, cs_article *a), void *context)
{
    a->text = text.ptr;
    a->len = text.len;
    a->settings = *settings;
    a->line_count = a->token_count = a->hit_count = a->span_count = a->name_count = 0;
    a->has_headline = a->failed = false;
    a->publisher = (cs_name){0, 0};
    a->name_searches = 0;
    cs_split(a);
    if (a->failed)
        return -ENOMEM;
    if (rules)
        rules(context, a);
    for (size_t i = 0; i < a->line_count; i++) {
        cs_line *line = &a->lines[i];
        if (open_line(line))
            cs_boxes(a, line);
        if (open_line(line))
            cs_signoffs(a, line);
        if (open_line(line) && line->from < line->to)
            cs_bylines(a, line);
        if (open_line(line) && line->from < line->to)
            cs_photo_credits(a, line);
    }
    cs_find_prose(a);
    cs_title_line(a, title);
    cs_captions(a);
    cs_score_lines(a);
    if (settings->find_headline && title.len == 0)
        cs_headline(a);
    cs_blocks(a);
    cs_datelines(a);
    cs_publisher(a);
    order_spans(a);
    return a->failed ? -ENOMEM : 0;
}
