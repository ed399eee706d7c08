/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/score.c: judges lines, then sentences at their ends, by the evidence. See article.h.
 *
 * Upwards, so that residue below the story makes the lines above it the bottom; then downwards over the lines that came
 * near the threshold, which now know what stands before and behind them; and upwards again over those below the story.
 */
#include "article.h"

#define NEAR 0.35f
#define SENTENCE_CUTS 6
#define INNER_MORE 0.3f

static bool open_line(const cs_line *line)
{
    return line->kind == CS_STORY && line->from < line->to && !(line->flags & (CS_KEEP | CS_TWEET | CS_LONG));
}

/* A line that could be residue: it says something that speaks for it, or has no sentence's form. */
static bool worth_judging(const cs_article *a, const cs_line *line)
{
    size_t i = (size_t)(line - a->lines);
    bool edge = i <= a->first_prose || i >= a->last_prose || (i + 1 < a->line_count && line[1].kind != CS_STORY);
    return open_line(line) &&
           (!(line->flags & CS_PROSE) || line->words < 15 || edge || line->flags & (CS_CUE | CS_REPEATED));
}

static void take_verdict(cs_article *a, cs_line *line, size_t from, size_t to, const cs_verdict *verdict)
{
    cs_span *span = cs_take(a, line, from, to, verdict->kind, NULL);
    for (int i = 0; i < CS_REASONS; i++)
        span->reasons[i] = verdict->reasons[i];
    if (verdict->kind == CS_AGENCY)
        cs_add_names(a, line, span, from, to);
}

static bool range_has_cue(const cs_article *a, const cs_line *line, size_t from, size_t to)
{
    for (size_t h = line->hit; h < line->hit + line->hits; h++)
        if (a->hits[h].first >= from && a->hits[h].last < to && cs_is_cue(a, line, &a->hits[h]))
            return true;
    return false;
}

/* Whether a quotation is open before or behind tokens [from, to): then they are somebody's words. */
static bool inside_quotation(const cs_article *a, const cs_line *line, size_t from, size_t to)
{
    size_t before = 0, inner = 0;
    for (size_t i = line->token; i < to; i++)
        *(i < from ? &before : &inner) += cs_is_mark(a, i, '"');
    return before & 1 || inner & 1;
}

static bool judge_sentence(cs_article *a, cs_line *line, size_t from, size_t to, float more)
{
    if (!range_has_cue(a, line, from, to) || inside_quotation(a, line, from, to) || cs_is_mark(a, from, ':'))
        return false;
    cs_features f;
    cs_features_of(a, line, from, to, &f);
    cs_set(&f, CS_F_sentence);
    cs_set_if(&f, CS_F_sentence_first, from == line->from);
    cs_set_if(&f, CS_F_sentence_last, to == line->to);
    cs_verdict verdict = cs_judge(a->evidence, &f, a->settings.threshold + more, a->settings.kinds);
    if (verdict.kind == CS_STORY)
        return false;
    take_verdict(a, line, from, to, &verdict);
    return true;
}

/* "Lee will sail on Monday. Follow us for more.": a first sentence in another tense, which says nothing of us, you or
 * what a promo is about; then the request is judged by itself. */
static bool opens_with_story(const cs_article *a, const cs_line *line)
{
    size_t end = line->from + 1;
    while (end < line->to && !cs_sentence_start(a, line, end))
        end++;
    if (end == line->to || !cs_is_mark(a, end - 1, '.') || cs_words_in(a, line->from, end) < 8)
        return false;
    bool tense = false;
    for (size_t h = line->hit; h < line->hit + line->hits && a->hits[h].first < end; h++) {
        tense |= a->hits[h].class == a->known.tense_word;
        if (a->hits[h].class == a->known.you || a->hits[h].class == a->known.channel ||
            a->hits[h].class == a->known.ask || a->hits[h].class == a->known.contact_ask ||
            a->hits[h].class == a->known.contact_weak)
            return false;
    }
    for (size_t i = line->from; i < end; i++)
        if (a->tokens[i].kind != CS_WORD && a->tokens[i].kind != CS_NUMBER && a->tokens[i].kind != CS_MARK)
            return false;
    return tense;
}

/* Judges all that is left of the line. A piece of a broken paragraph needs much more. */
static bool judge_line(cs_article *a, cs_line *line)
{
    cs_features f;
    cs_features_of(a, line, line->from, line->to, &f);
    float threshold = a->settings.threshold + (line->flags & CS_WRAPPED ? 0.8f : 0);
    cs_verdict verdict = cs_judge(a->evidence, &f, threshold, a->settings.kinds);
    line->sum = verdict.sum;
    if (verdict.kind == CS_STORY ||
        ((verdict.kind == CS_PROMO || verdict.kind == CS_CONTACT) && opens_with_story(a, line)))
        return false;
    /* "Ann Lee is a professor of law. The views expressed are her own." has two kinds. */
    size_t last = line->to - 1;
    while (verdict.kind == CS_OTHER_BOILERPLATE && cs_test(&f, CS_F_name_is) && last > line->from &&
           !cs_sentence_start(a, line, last))
        last--;
    if (verdict.kind == CS_OTHER_BOILERPLATE && cs_test(&f, CS_F_name_is) && last > line->from &&
        judge_sentence(a, line, last, line->to, 0)) {
        cs_take_rest(a, line, CS_AUTHOR_BIO, "author_bio: beside a disclaimer");
        return true;
    }
    take_verdict(a, line, line->from, line->to, &verdict);
    return true;
}

static bool prose_left(const cs_line *line) { return line->flags & CS_PROSE && line->kind == CS_STORY; }

/* The first and the last prose move inwards when they were judged residue; each line is passed once. */
static void prose_gone(cs_article *a, const cs_line *line)
{
    size_t i = (size_t)(line - a->lines);
    if (!(line->flags & CS_PROSE))
        return;
    a->prose_count--;
    if (a->last_prose == i)
        while (a->last_prose > 0 && !prose_left(&a->lines[a->last_prose]))
            a->last_prose--;
    if (a->first_prose == i)
        while (a->first_prose + 1 < a->line_count && !prose_left(&a->lines[a->first_prose]))
            a->first_prose++;
}

/* ---- Sentences at the ends of a line that stays ---------------------------------------------------------------- */

/* The paragraphs of the story that speak of "you" and "us": a letter, a column. */
static bool personal_article(const cs_article *a)
{
    size_t personal = 0, prose = 0;
    for (size_t i = 0; i < a->line_count; i++)
        if (a->lines[i].flags & CS_PROSE && a->lines[i].kind == CS_STORY) {
            prose++;
            personal += cs_has_class(&a->lines[i], a->known.you);
        }
    return personal * 4 > prose;
}

/* "Should the pier go? Vote here": one question and nothing else, in front of a request. */
static bool one_question(const cs_article *a, const cs_line *line)
{
    if (!cs_is_mark(a, line->to - 1, '?') || cs_words_in(a, line->from, line->to) > 20 ||
        cs_phrase_at(a, line, line->to, a->known.action) == SIZE_MAX)
        return false;
    for (size_t i = line->from + 1; i < line->to; i++)
        if (cs_sentence_start(a, line, i) || cs_is_mark(a, i, '"'))
            return false;
    return true;
}

/* "The Pier is our podcast. Subscribe wherever you listen.": what is left beside a promo and speaks of us and you is
 * one too, at either end of an article that does not speak so itself. */
static void beside_promo(cs_article *a, cs_line *line)
{
    size_t i = (size_t)(line - a->lines);
    bool edge = i < 2 || i + 4 >= a->line_count;
    if (line->taken != CS_PROMO || line->from == line->to)
        return;
    if (one_question(a, line)) {
        cs_take_rest(a, line, CS_PROMO, "promo: a question before a promo");
        return;
    }
    if (!edge || cs_words_in(a, line->from, line->to) > 35)
        return;
    bool you = false;
    for (size_t h = line->hit; h < line->hit + line->hits; h++) {
        const cs_hit *hit = &a->hits[h];
        if (hit->first < line->from || hit->last >= line->to)
            continue;
        if (hit->class == a->known.said)
            return;
        you |= hit->class == a->known.you;
    }
    for (size_t t = line->from; t < line->to; t++)
        if (cs_is_mark(a, t, '"'))
            return;
    if (you && !personal_article(a))
        cs_take_rest(a, line, CS_PROMO, "promo: beside a promo");
}

static void judge_sentences(cs_article *a, cs_line *line)
{
    if (line->words < 6 || !(line->flags & CS_CUE))
        return;
    for (int cut = 0; cut < SENTENCE_CUTS && line->from < line->to; cut++) {
        size_t i = line->to - 1;
        while (i > line->from && !cs_sentence_start(a, line, i))
            i--;
        if (i == line->from || !judge_sentence(a, line, i, line->to, 0))
            break;
    }
    for (int cut = 0; cut < SENTENCE_CUTS && line->from < line->to; cut++) {
        size_t i = line->from + 1;
        while (i < line->to && !cs_sentence_start(a, line, i))
            i++;
        if (i == line->to || !judge_sentence(a, line, line->from, i, 0))
            break;
    }
    beside_promo(a, line);
    /* Sentences in the middle need more, and count only where the whole article stands in a line or two. */
    for (size_t start = line->from, i = start + 1; i < line->to && a->line_count <= 3; i++) {
        if (!cs_sentence_start(a, line, i))
            continue;
        if (start > line->from)
            judge_sentence(a, line, start, i, INNER_MORE);
        start = i;
    }
}

/* What came near the threshold, now that the neighbours are judged. */
static void judge_again(cs_article *a, cs_line *line, bool below)
{
    bool beside = line > a->lines && line->words <= 8 && line[-1].kind != CS_STORY;
    if (open_line(line) && (line->sum >= NEAR || ((beside || below) && worth_judging(a, line))) && judge_line(a, line))
        prose_gone(a, line);
}

void cs_score_lines(cs_article *a)
{
    for (size_t i = a->line_count; i-- > 0;) {
        cs_line *line = &a->lines[i];
        line->sum = 0;
        if (worth_judging(a, line) && judge_line(a, line))
            prose_gone(a, line);
    }
    for (size_t i = 0; i < a->line_count; i++)
        judge_again(a, &a->lines[i], false);
    for (size_t i = a->line_count; i-- > 0 && i > a->last_prose;)
        judge_again(a, &a->lines[i], true);
    for (size_t i = 0; i < a->line_count; i++)
        if (open_line(&a->lines[i]))
            judge_sentences(a, &a->lines[i]);
}
