/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/headline.c: the article's own headline inside its text. With a title, the line above the story that says
 * the same words; without one, the line above the story that has a headline's form. See article.h.
 */
#include "article.h"

#include <string.h>

#define HEADLINE_LINES 10
#define CONTEXT 500 /* tokens behind a headline in which its words must come again */

static void found(cs_article *a, cs_line *line)
{
    line->kind = CS_HEADLINE;
    a->has_headline = true;
    a->headline_start = line->start;
    a->headline_end = line->end;
}

/* The same words, whatever the case, marks and spaces. */
static bool same_as_title(cs_article *a, const cs_line *line, cd_str title)
{
    if (line->end - line->start > 2 * title.len + 16)
        return false;
    size_t room = title.len + 1, base = a->token_count;
    if (!cs_grow(a, (void **)&a->tokens, &a->token_room, base, room, sizeof(*a->tokens)))
        return false;
    cs_token *t = a->tokens + base;
    size_t n = cs_tokens(a->vocabulary, title.ptr, 0, title.len, t, room), k = line->token;
    for (size_t i = 0; i < n; i++) {
        if (t[i].kind == CS_MARK)
            continue;
        while (k < line->stop && a->tokens[k].kind == CS_MARK)
            k++;
        if (k == line->stop || cs_word_hash(title.ptr + t[i].start, t[i].end - t[i].start) !=
                                   cs_word_hash(a->text + a->tokens[k].start, a->tokens[k].end - a->tokens[k].start))
            return false;
        k++;
    }
    while (k < line->stop && a->tokens[k].kind == CS_MARK)
        k++;
    return k == line->stop;
}

/* Words that a headline has and a label, a byline, a subhead or a list has not. */
static bool headline_form(const cs_article *a, const cs_line *line)
{
    if (line->words < 4 || line->words > 24 || line->end - line->start > 180 ||
        line->flags & (CS_PROSE | CS_WRAPPED | CS_TWEET | CS_CUT))
        return false;
    const cs_token *first = &a->tokens[line->token], *last = &a->tokens[line->stop - 1];
    if (last->kind == CS_MARK &&
        (last->value == '.' || last->value == ':' || last->value == ',' || last->value == ';' || last->value == '-'))
        return false;
    if (first->kind == CS_MARK && first->value != '"' && first->value != '\'')
        return false;
    return first->kind == CS_MARK || first->kind == CS_NUMBER || first->flags & (CS_CAPITAL | CS_CASELESS);
}

void cs_title_line(cs_article *a, cd_str title)
{
    size_t limit = a->line_count < HEADLINE_LINES ? a->line_count : HEADLINE_LINES;
    if (title.ptr == NULL || title.len == 0)
        return;
    for (size_t i = 0; i < limit; i++)
        if (a->lines[i].kind == CS_STORY && !(a->lines[i].flags & CS_KEEP) && same_as_title(a, &a->lines[i], title)) {
            found(a, &a->lines[i]);
            return;
        }
}

/* How many of the line's long words come again in the next CONTEXT tokens. */
static int words_again(const cs_article *a, const cs_line *line)
{
    size_t words[24];
    int count = 0, again = 0;
    for (size_t i = line->token; i < line->stop && count < 24; i++)
        if (a->tokens[i].kind == CS_WORD && a->tokens[i].letters >= 4)
            words[count++] = i;
    size_t end = line->stop + CONTEXT < a->token_count ? line->stop + CONTEXT : a->token_count;
    for (size_t i = line->stop; i < end && count > 0 && again < 2; i++) {
        const cs_token *t = &a->tokens[i];
        if (t->kind != CS_WORD || t->letters < 4)
            continue;
        for (int k = 0; k < count; k++) {
            const cs_token *w = &a->tokens[words[k]];
            if (w->value != t->value || cs_word_hash(a->text + w->start, w->end - w->start) !=
                                            cs_word_hash(a->text + t->start, t->end - t->start))
                continue;
            words[k] = words[--count];
            again++;
            break;
        }
    }
    return again;
}

void cs_headline(cs_article *a)
{
    size_t limit = a->line_count < HEADLINE_LINES ? a->line_count : HEADLINE_LINES;
    cs_find_prose(a);
    if (a->prose_count == 0)
        return;
    for (size_t i = 0; i < limit && i < a->first_prose; i++) {
        cs_line *line = &a->lines[i];
        if (line->kind != CS_STORY || line->flags & CS_CUT)
            continue;
        if (a->prose_count < 2 && line[1].kind != CS_BYLINE) /* too short a story to tell a headline from a subhead */
            return;
        if (!(line->flags & CS_KEEP) && headline_form(a, line) && line->sum < 0.6f * a->settings.threshold &&
            words_again(a, line) >= 2)
            found(a, line);
        return; /* only the first line that stays can be it */
    }
}
