/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/block.c: lines that are residue because of the lines around them: the links under "Most read", the
 * points of a menu, the paragraph under "Corrections", the address under "Contact us". See article.h.
 *
 * A block has a head that was judged already. It ends at the first line that has the form of prose, so that a story
 * which goes on below it stays whole.
 */
#include "article.h"

#include <string.h>

#define INNER_LINKS 12 /* most links of a list inside the story */
#define FOOTER_LINKS 400
#define TWICE_WORDS 8 /* least words that a link's two lines have in common */
#define TWICE_LABEL 5 /* most words of the label before them */
#define AUTHOR_LINES 5 /* most lines from "About the author" to the end */

static bool open_line(const cs_line *line)
{
    return line->kind == CS_STORY && line->from < line->to && !(line->flags & (CS_KEEP | CS_TWEET | CS_LONG | CS_CUT));
}

static bool last_mark(const cs_article *a, const cs_line *line, char letter)
{
    return cs_is_mark(a, line->to - 1, letter);
}

/* "Are We Going To Fill The Harbor?": nearly all its long words begin with a capital. */
static bool title_case(const cs_article *a, const cs_line *line)
{
    size_t words = 0, capitals = 0;
    for (size_t i = line->from; i < line->to; i++)
        if (a->tokens[i].kind == CS_WORD && a->tokens[i].letters >= 4) {
            words++;
            capitals += (a->tokens[i].flags & CS_CAPITAL) != 0;
        }
    return words >= 3 && capitals * 10 >= words * 8;
}

/* A headline's form: no full stop, not too long, begins like a title. */
static bool link_form(const cs_article *a, const cs_line *line)
{
    bool prose = line->flags & CS_PROSE && !title_case(a, line);
    if (prose || line->flags & CS_WRAPPED || line->words == 0 || line->words > 26 || last_mark(a, line, '.') ||
        last_mark(a, line, ':') || last_mark(a, line, ','))
        return false;
    /* Results and tables: "Hask - Velmora 2:1", "Turnout: 39.9 %". */
    size_t last = line->to - 1;
    while (last > line->from && a->tokens[last].kind == CS_MARK && !cs_is_mark(a, last, '%'))
        last--;
    if (cs_is_mark(a, last, '%') || (a->tokens[last].kind == CS_NUMBER && last > line->from &&
                                     !(a->tokens[last].value >= 1900 && a->tokens[last].value < 2100)))
        return false;
    const cs_token *t = &a->tokens[line->from];
    if (t->kind == CS_WORD)
        return (t->flags & (CS_CAPITAL | CS_CASELESS)) != 0;
    return t->kind == CS_NUMBER || t->kind == CS_MARK;
}

static bool head_of_links(const cs_article *a, const cs_line *line)
{
    if (line->kind != CS_RELATED_LINK)
        return false;
    size_t last = cs_phrase_at(a, line, line->token, a->known.related_head);
    if (last == SIZE_MAX)
        last = cs_phrase_at(a, line, line->token, a->known.related_label);
    if (cs_phrase_at(a, line, line->token, a->known.related_in) != SIZE_MAX && line->words <= 8 &&
        !cs_ends_stop(a, line->token, line->stop))
        return true;
    bool short_head = last != SIZE_MAX && line->words <= 8;
    return short_head && (line->words - (last + 1 - line->token) <= 4 || cs_is_mark(a, line->stop - 1, ':'));
}

/* The links below a head inside the story: nothing is taken unless prose or the end follows, and a last short line
 * before prose is a subhead. */
static size_t inner_links(cs_article *a, size_t head)
{
    size_t end = head + 1;
    while (end < a->line_count && end - head <= INNER_LINKS && open_line(&a->lines[end]) &&
           link_form(a, &a->lines[end]))
        end++;
    if (end - head > INNER_LINKS)
        return head;
    bool prose = end < a->line_count && a->lines[end].kind == CS_STORY;
    if (prose && end > head + 2 && a->lines[end - 1].words <= 4)
        end--;
    if (prose && end == head + 2 && a->lines[head + 1].words < 6)
        return head;
    return end - 1;
}

/* Nothing but a date, judged as such. */
static bool dated(const cs_article *a, const cs_line *line)
{
    return line->span < a->span_count && line->words >= 2 && line->words <= 6 && cs_has_class(line, a->known.month);
}

static void links(cs_article *a, size_t i)
{
    bool of_links = a->lines[i].kind == CS_RELATED_LINK || a->lines[i].kind == CS_AD;
    bool footer = i > a->last_prose || a->prose_count == 0;
    size_t end = footer ? a->line_count - 1 : inner_links(a, i);
    for (size_t k = i + 1; k <= end && k < a->line_count && k <= i + FOOTER_LINKS; k++) {
        cs_line *line = &a->lines[k];
        if (line->kind == CS_OTHER_BOILERPLATE && of_links && dated(a, line)) {
            a->spans[line->span].kind = line->kind = CS_RELATED_LINK; /* the date of a link */
            continue;
        }
        if (line->kind != CS_STORY)
            continue;
        if (!open_line(line) || !link_form(a, line))
            break;
        if (of_links || line->words >= 5)
            cs_take_rest(a, line, CS_RELATED_LINK, "related_link: below a heading");
        else
            cs_take_rest(a, line, CS_OTHER_BOILERPLATE, "other_boilerplate: below a heading");
    }
}

static bool point(const cs_article *a, const cs_line *line)
{
    return line->words <= 5 && line->stop > line->token && cs_is_mark(a, line->token, '*');
}

/* A menu: at least three short points in a row of which two were judged already. */
static size_t menu(cs_article *a, size_t i)
{
    size_t end = i, judged = 0, named = 0;
    for (; end < a->line_count && point(a, &a->lines[end]); end++) {
        judged += a->lines[end].kind != CS_STORY;
        named += a->lines[end].kind != CS_STORY && a->lines[end].words > 0;
    }
    bool above = i > 0 && a->lines[i - 1].kind == CS_OTHER_BOILERPLATE;
    bool edge = i == 0 || i > a->last_prose || end <= a->first_prose;
    if (end - i >= 3 && (named >= 2 || (edge && (named >= 1 || above))) && judged >= 1)
        for (size_t k = i; k < end; k++)
            if (open_line(&a->lines[k]))
                cs_take_rest(a, &a->lines[k], CS_OTHER_BOILERPLATE, "other_boilerplate: point of a menu");
    return end > i ? end - 1 : i;
}

/* The paragraph below a heading that announces a note, at the article's end. */
static void note(cs_article *a, size_t i)
{
    const cs_line *head = &a->lines[i];
    if (i + 1 >= a->line_count || i + 3 < a->last_prose || head->words > 8)
        return;
    bool contact = head->kind == CS_CONTACT, author = head->kind == CS_AUTHOR_BIO && i + AUTHOR_LINES >= a->line_count;
    size_t limit = contact ? i + 7 : author ? a->line_count : i + 2;
    for (size_t k = i + 1; k < a->line_count && k < limit; k++) {
        cs_line *line = &a->lines[k];
        if (line->kind == head->kind || (author && line->kind != CS_STORY))
            continue;
        if (!open_line(line))
            break;
        if (contact && (line->flags & CS_PROSE || line->words > 12 || last_mark(a, line, '.')))
            break;
        if (!contact && !author && k < a->last_prose)
            break;
        cs_take_rest(a, line, head->kind, "below its heading");
    }
}

static bool head_of_note(const cs_article *a, const cs_line *line)
{
    if (line->kind == CS_CONTACT)
        return line->words <= 8;
    int class = line->kind == CS_CORRECTION ? a->known.correction_label : a->known.note_block;
    if (line->kind != CS_CORRECTION && line->kind != CS_OTHER_BOILERPLATE && line->kind != CS_AUTHOR_BIO &&
        line->kind != CS_EDITOR_NOTE)
        return false;
    size_t last = cs_phrase_at(a, line, line->token, class);
    return last != SIZE_MAX && line->words <= 8;
}

/* Bullets without words take the kind of the block in which they stand. */
static void bare_marks(cs_article *a, size_t i)
{
    cs_line *line = &a->lines[i];
    if (line->words > 0 || line->kind != CS_OTHER_BOILERPLATE || i == 0 || a->lines[i - 1].kind != CS_SHARE ||
        line->span >= a->span_count)
        return;
    a->spans[line->span].kind = CS_SHARE;
    line->kind = CS_SHARE;
}

/* "About the Kessel Foundation" above "The Kessel Foundation is …": what a press release says of its sender. */
static void about(cs_article *a, size_t i)
{
    cs_line *line = &a->lines[i], *next = line + 1;
    if (i + 1 >= a->line_count || i + 4 < a->last_prose || !open_line(line) || next->kind != CS_STORY ||
        next->flags & (CS_KEEP | CS_TWEET | CS_LONG) || line->words > 9 || line->words < 2 || line->flags & CS_PROSE ||
        cs_phrase_at(a, line, line->token, a->known.about) == SIZE_MAX)
        return;
    size_t name = line->token + 1, first = next->token;
    while (name + 1 < line->stop && !(a->tokens[name].flags & CS_CAPITAL))
        name++;
    while (first + 1 < next->stop && first < next->token + 2 && a->tokens[first].end - a->tokens[first].start <= 3)
        first++;
    size_t len = a->tokens[name].end - a->tokens[name].start;
    if (len < 3 || a->tokens[first].end - a->tokens[first].start < len ||
        memcmp(a->text + a->tokens[name].start, a->text + a->tokens[first].start, len) != 0)
        return;
    cs_take_rest(a, line, CS_OTHER_BOILERPLATE, "other_boilerplate: about the sender");
    cs_take_rest(a, next, CS_OTHER_BOILERPLATE, "other_boilerplate: about the sender");
}

static bool same_token(const cs_article *a, size_t i, size_t k)
{
    size_t len = a->tokens[i].end - a->tokens[i].start;
    return len == a->tokens[k].end - a->tokens[k].start &&
           memcmp(a->text + a->tokens[i].start, a->text + a->tokens[k].start, len) == 0;
}

/* "Two brothers reopen the cannery." above "Watch the talk Two brothers reopen the cannery.": a link's words, told twice
 * because the page shows them beside the picture and below it. */
static void told_twice(cs_article *a, size_t i)
{
    cs_line *line = &a->lines[i], *next = line + 1;
    if (i + 1 >= a->line_count || !open_line(line) || !open_line(next) || next->words > line->words + TWICE_LABEL ||
        cs_phrase_at(a, next, next->token, a->known.action) == SIZE_MAX)
        return;
    size_t k = line->stop, m = next->stop;
    while (k > line->token && m > next->token && same_token(a, k - 1, m - 1)) {
        k--;
        m--;
    }
    size_t common = cs_words_in(a, k, line->stop), label = cs_words_in(a, next->token, m);
    if (common < TWICE_WORDS || common * 3 < line->words * 2 || label < 2 || label > TWICE_LABEL)
        return;
    cs_take_rest(a, line, CS_RELATED_LINK, "related_link: told twice");
    cs_take_rest(a, next, CS_RELATED_LINK, "related_link: told twice");
}

/* Whether the line could be another story's headline, and no list's item: long, in title case, no name with a role. */
static bool headline_of_another(const cs_article *a, const cs_line *line)
{
    size_t person = cs_person_at(a, line, line->from, line->to, 2);
    return open_line(line) && line->words >= 5 && title_case(a, line) && link_form(a, line) &&
           !(person > line->from && person < line->to && cs_is_mark(a, person, ',')) && !last_mark(a, line, '!');
}

/* Two headlines or more below the story, with nothing else there that stays, are links though no heading says so. */
static void headlines_below(cs_article *a)
{
    size_t count = 0, from = a->last_prose + 1;
    if (a->prose_count < 3 || last_mark(a, &a->lines[a->last_prose], ':'))
        return;
    for (size_t i = from; i < a->line_count; i++) {
        const cs_line *line = &a->lines[i];
        if (line->kind == CS_STORY && line->from < line->to && !headline_of_another(a, line))
            return;
        count += line->kind == CS_STORY;
    }
    for (size_t i = from; i < a->line_count && count >= 2; i++)
        if (a->lines[i].kind == CS_STORY)
            cs_take_rest(a, &a->lines[i], CS_RELATED_LINK, "related_link: headlines below the story");
}

/* Two to four headlines between two paragraphs of the story are links; a subhead stands alone, a list is longer. */
static void headlines_between(cs_article *a)
{
    for (size_t i = a->first_prose + 1, end; i < a->last_prose && i < a->line_count; i = end + 1) {
        for (end = i; end < a->last_prose && headline_of_another(a, &a->lines[end]) && a->lines[end].words >= 6;)
            end++;
        const cs_line *before = &a->lines[i - 1], *behind = &a->lines[end];
        if (end - i < 2 || end - i > 4 || !(before->flags & behind->flags & CS_PROSE) || before->kind != CS_STORY ||
            behind->kind != CS_STORY || before->from == before->to || last_mark(a, before, ':'))
            continue;
        for (size_t k = i; k < end; k++)
            cs_take_rest(a, &a->lines[k], CS_RELATED_LINK, "related_link: headlines between paragraphs");
    }
}

void cs_blocks(cs_article *a)
{
    cs_find_prose(a);
    headlines_between(a);
    headlines_below(a);
    for (size_t i = 0; i < a->line_count; i++) {
        cs_line *line = &a->lines[i];
        bool furniture = line->kind == CS_OTHER_BOILERPLATE && cs_has_class(line, a->known.furniture);
        bool footer = i > a->last_prose && line->words <= 4 && (line->kind == CS_AD || furniture);
        if (head_of_links(a, line) || (footer && a->prose_count > 0 && line->words > 0))
            links(a, i);
        if (head_of_note(a, line))
            note(a, i);
        about(a, i);
        told_twice(a, i);
        if (point(a, line))
            i = menu(a, i);
    }
    for (size_t i = 0; i < a->line_count; i++)
        bare_marks(a, i);
}
