/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/line_feature.c: computes the features of a line, or of a part of it. See feature.h for what each means.
 */
#include "article.h"

#include <string.h>

#define LABEL_DATE_TOKENS 24
#define BYLINE_SPANS 16 /* among so many first spans a byline is looked for */

struct counts {
    size_t words, capitals, long_words, long_capitals, numbers, addresses, letters_words, dates, clocks, days,
        phone_digits, quotes, tags;
};

static void count_token(cs_article *a, const cs_line *line, size_t i, size_t to, cs_features *f, struct counts *n)
{
    const cs_token *t = &a->tokens[i];
    (void)line;
    switch (t->kind) {
    case CS_WORD:
        n->words++;
        n->letters_words++;
        n->capitals += (t->flags & CS_CAPITALS) || (t->letters == 1 && t->flags & CS_CAPITAL);
        n->long_words += t->letters >= 4;
        n->long_capitals += t->letters >= 4 && t->flags & CS_CAPITAL;
        if (t->word == 0)
            break;
        cs_set_if(f, CS_F_has_house,
                  t->flags & CS_CAPITAL &&
                      (cs_is_word_of(a, i, a->known.org_word) || cs_is_word_of(a, i, a->known.house_word)));
        if (cs_is_word_of(a, i, a->known.month_day)) {
            n->dates++;
            n->days++;
            bool number = (i + 1 < to && t[1].kind == CS_NUMBER) || (i > line->token && t[-1].kind == CS_NUMBER) ||
                          (i + 2 < to && t[1].kind == CS_MARK && t[2].kind == CS_NUMBER);
            cs_set_if(f, CS_F_has_date, number || cs_is_word_of(a, i, a->known.weekday));
        } else if (cs_is_word_of(a, i, a->known.date_word)) {
            n->dates++;
        }
        break;
    case CS_NUMBER:
        n->words++;
        n->numbers++;
        cs_set_if(f, CS_F_long_number, t->end - t->start >= 8);
        n->clocks += (t->flags & (CS_CLOCK | CS_DATED)) != 0;
        cs_set_if(f, CS_F_has_date, t->flags & CS_DATED);
        cs_set_if(f, CS_F_has_year, t->value >= 1900 && t->value < 2100);
        if (t->end - t->start >= 3 && !(t->flags & (CS_CLOCK | CS_DATED)))
            n->phone_digits += t->end - t->start <= 4;
        break;
    case CS_MAIL:
        cs_set(f, CS_F_has_mail);
        n->addresses++;
        n->words++;
        break;
    case CS_URL:
        cs_set(f, CS_F_has_url);
        n->addresses++;
        n->words++;
        break;
    case CS_HANDLE:
        cs_set(f, CS_F_has_handle);
        n->addresses++;
        n->words++;
        break;
    case CS_HASHTAG:
        cs_set(f, CS_F_has_hashtag);
        n->tags++;
        n->words++;
        break;
    default:
        if (t->value == '(' && i + 2 < to && cs_is_mark(a, i + 2, ')') && t[1].kind == CS_WORD && t->flags & CS_SPACED)
            cs_set_if(f, CS_F_has_side,
                      t[1].end - t[1].start == 1 ? memchr("LRC", a->text[t[1].start], 3) != NULL
                                                 : cs_is_word_of(a, i + 1, a->known.side_word));
        if ((t->value == ':' || t->value == '?') && n->words > 0 && n->words <= 7) {
            cs_set_if(f, CS_F_colon_early, t->value == ':');
            cs_set_if(f, CS_F_glued,
                      i + 1 < to && t[1].kind == CS_WORD && (t[1].flags & (CS_SPACED | CS_CAPITAL)) == CS_CAPITAL);
        }
        cs_set_if(f, CS_F_has_pipe, t->value == '|' || t->value == '>' || (t->value == '/' && t->flags & CS_SPACED));
        n->quotes += t->value == '"';
    }
}

/* 555-010-1234, (555) 010 1234, +44 20 …: runs of numbers divided by single marks. */
static bool has_phone(const cs_article *a, size_t from, size_t to)
{
    size_t run = 0, digits = 0;
    for (size_t i = from; i < to; i++) {
        const cs_token *t = &a->tokens[i];
        if (t->kind == CS_NUMBER && !(t->flags & (CS_CLOCK | CS_DATED))) {
            run++;
            digits += t->end - t->start;
            if (run >= 2 && digits >= 7 && digits <= 15 && t->value != 0 && t->end - t->start >= 3 &&
                !(t->value >= 1900 && t->value < 2100))
                return true;
        } else if (t->kind != CS_MARK ||
                   !(t->value == '-' || t->value == '(' || t->value == ')' || t->value == '+' || t->value == '.')) {
            run = digits = 0;
        }
    }
    return false;
}

static void length_features(cs_features *f, const struct counts *n)
{
    cs_set_if(f, CS_F_words_1, n->words == 1);
    cs_set_if(f, CS_F_words_4, n->words <= 4);
    cs_set_if(f, CS_F_words_8, n->words <= 8);
    cs_set_if(f, CS_F_words_15, n->words <= 15);
    cs_set_if(f, CS_F_words_25, n->words <= 25);
    cs_set_if(f, CS_F_words_40, n->words <= 40);
    cs_set_if(f, CS_F_over_60, n->words > 60);
    cs_set_if(f, CS_F_has_quote, n->quotes > 0);
    cs_set_if(f, CS_F_odd_quotes, n->quotes & 1);
    cs_set_if(f, CS_F_only_tags, n->tags >= 3 && n->tags * 2 > n->words);
    cs_set_if(f, CS_F_has_number, n->numbers > 0);
    cs_set_if(f, CS_F_only_numbers, n->words > 0 && n->numbers == n->words);
    cs_set_if(f, CS_F_only_marks, n->words == 0);
    cs_set_if(f, CS_F_only_address, n->addresses > 0 && n->addresses == n->words);
    cs_set_if(f, CS_F_has_clock, n->clocks > 0);
    cs_set_if(f, CS_F_only_date, n->dates + n->numbers == n->words && n->numbers > 0 && n->days + n->clocks > 0);
    cs_set_if(f, CS_F_title_case, n->words >= 3 && n->long_words >= 2 && n->long_capitals * 10 >= n->long_words * 8);
    cs_set_if(f, CS_F_all_caps, n->letters_words > 0 && n->capitals == n->letters_words);
}

static bool begins_with_arrow(const char *text, size_t len)
{
    static const char *const arrows[] = {">>", "»", "›", "→", "▶", "►", "➤", "➡"};
    for (size_t i = 0; i < sizeof(arrows) / sizeof(*arrows); i++)
        if (len > strlen(arrows[i]) && memcmp(text, arrows[i], strlen(arrows[i])) == 0)
            return true;
    return false;
}

/* Not "»", which closes a quotation in some languages. */
static bool ends_with_arrow(const char *text, size_t len)
{
    static const char *const arrows[] = {">>", "→", "▶", "►", "➤", "➡"};
    for (size_t i = 0; i < sizeof(arrows) / sizeof(*arrows); i++)
        if (len > strlen(arrows[i]) && memcmp(text + len - strlen(arrows[i]), arrows[i], strlen(arrows[i])) == 0)
            return true;
    return false;
}

/* "<br>", "[gallery ids=7]", "[video https://…]": a tag, or a page's own code that was not filled in. */
static bool is_markup(const cs_article *a, size_t from, size_t to)
{
    if (cs_is_mark(a, from, '<'))
        return cs_is_mark(a, to - 1, '>') && !(a->tokens[from + 1].flags & CS_CAPITAL);
    if (!cs_is_mark(a, from, '[') || to - from < 3 || a->tokens[from + 1].kind != CS_WORD ||
        a->tokens[from + 1].flags & (CS_CAPITAL | CS_SPACED) || a->text[a->tokens[to - 1].end - 1] != ']')
        return false;
    size_t code = from + 2; /* the attribute's name, if it is not part of the first word */
    while (code < to && code < from + 6 && a->text[a->tokens[code].start] != '=')
        code++;
    bool address = a->tokens[from + 2].kind == CS_URL;
    return address || (code < to && a->text[a->tokens[code].start] == '=' && !(a->tokens[code].flags & CS_SPACED));
}

static void end_features(const cs_article *a, size_t from, size_t to, cs_features *f)
{
    size_t last = to - 1;
    cs_set_if(f, CS_F_ends_stop, cs_ends_stop(a, from, to));
    while (last > from && (cs_is_mark(a, last, '"') || cs_is_mark(a, last, ')') || cs_is_mark(a, last, ']') ||
                           cs_is_mark(a, last, '\'')))
        last--;
    /* "Senators grill the mayor over the…" is cut off, and ends no sentence's full stop. */
    bool dots = a->tokens[last].end - a->tokens[last].start > 1 ||
                (last > from + 1 && cs_is_mark(a, last - 1, '.') && cs_is_mark(a, last - 2, '.'));
    cs_set_if(f, CS_F_ends_period, cs_is_mark(a, last, '.') && !dots);
    cs_set_if(f, CS_F_ends_question, cs_is_mark(a, last, '?'));
    cs_set_if(f, CS_F_ends_exclamation, cs_is_mark(a, last, '!'));
    cs_set_if(f, CS_F_ends_colon, cs_is_mark(a, to - 1, ':'));
    const cs_token *year = &a->tokens[last > from && cs_is_mark(a, last, '.') ? last - 1 : last];
    if (year->kind == CS_NUMBER && year->value >= 1900 && year->value < 2100)
        for (size_t i = (size_t)(year - a->tokens), k = 0; i > from && k < 4; i--, k++)
            if (cs_is_word_of(a, i - 1, a->known.month_day)) {
                cs_set(f, CS_F_ends_year);
                bool day_behind = a->tokens[i].kind == CS_NUMBER && &a->tokens[i] != year;
                bool day_before = i > from + 1 && a->tokens[i - 2].kind == CS_NUMBER;
                cs_set_if(f, CS_F_ends_date, day_behind || day_before);
            }
    cs_set_if(f, CS_F_markup, is_markup(a, from, to));
    cs_set_if(f, CS_F_ends_clock, a->tokens[to - 1].flags & CS_CLOCK);
    cs_set_if(f, CS_F_ends_url, a->tokens[to - 1].kind == CS_URL);
    cs_set_if(f, CS_F_bracketed,
              (cs_is_mark(a, from, '(') && cs_is_mark(a, last + (last + 1 < to), ')')) ||
                  (cs_is_mark(a, from, '[') && cs_is_mark(a, to - 1, ']')));
    cs_set_if(f, CS_F_starts_title,
              to - from > 3 && a->tokens[from].flags & a->tokens[from + 1].flags & a->tokens[from + 2].flags & CS_CAPITAL);
    cs_set_if(f, CS_F_square, cs_is_mark(a, from, '[') && cs_is_mark(a, to - 1, ']'));
    cs_set_if(f, CS_F_quote_start, cs_is_mark(a, from, '"') || cs_is_mark(a, from, '\''));
    size_t close = from + 1;
    while (cs_is_mark(a, from, '"') && close + 1 < to && !cs_is_mark(a, close, '"'))
        close++;
    cs_set_if(f, CS_F_quote_then,
              cs_is_mark(a, from, '"') && close + 1 < to &&
                  (cs_is_mark(a, close + 1, ',') || cs_is_mark(a, close - 1, ',') || cs_is_mark(a, close + 1, '-')));
    size_t start = a->tokens[from].start;
    cs_set_if(f, CS_F_arrow,
              a->tokens[from].kind == CS_MARK && begins_with_arrow(a->text + start, a->tokens[to - 1].end - start));
    cs_set_if(f, CS_F_ends_arrow,
              a->tokens[to - 1].kind == CS_MARK && ends_with_arrow(a->text + start, a->tokens[to - 1].end - start));
    cs_set_if(f, CS_F_bullet, cs_is_mark(a, from, '*') || cs_is_mark(a, from, '-'));
}

/* "Contact the reporter:", at most three lines above. */
static bool below_contact(const cs_article *a, const cs_line *line)
{
    for (const cs_line *l = line; l > a->lines && line - l < 3;) {
        l--;
        if (l->words > 8)
            return false;
        if (l->stop > l->token && cs_is_mark(a, l->stop - 1, ':') &&
            cs_phrase_at(a, l, l->token, a->known.contact_label) != SIZE_MAX)
            return true;
    }
    return false;
}

static void place_features(const cs_article *a, const cs_line *line, cs_features *f)
{
    size_t i = (size_t)(line - a->lines);
    cs_set_if(f, CS_F_first, i == 0);
    cs_set_if(f, CS_F_last, i + 1 == a->line_count);
    cs_set_if(f, CS_F_top, i <= a->first_prose);
    cs_set_if(f, CS_F_bottom, i >= a->last_prose || a->prose_count == 0);
    cs_set_if(f, CS_F_early, i < 4);
    cs_set_if(f, CS_F_late, i + 5 >= a->line_count);
    cs_set_if(f, CS_F_short_article, a->prose_count < 4);
    cs_set_if(f, CS_F_tweet, line->flags & CS_TWEET);
    cs_set_if(f, CS_F_wrapped, line->flags & CS_WRAPPED);
    cs_set_if(f, CS_F_repeated, line->flags & CS_REPEATED);
    cs_set_if(f, CS_F_rest, line->flags & CS_CUT);
    if (i > 0) {
        int k = line[-1].kind;
        cs_set_if(f, CS_F_after_residue, k != CS_STORY && k != CS_HEADLINE);
        cs_set_if(f, CS_F_after_caption, k == CS_CAPTION);
        cs_set_if(f, CS_F_after_headline, k == CS_HEADLINE);
        cs_set_if(f, CS_F_after_promo, k == CS_PROMO || k == CS_SHARE || k == CS_CONTACT);
        cs_set_if(f, CS_F_after_related, k == CS_RELATED_LINK);
        cs_set_if(f, CS_F_after_contact, k == CS_CONTACT || k == CS_AUTHOR_BIO);
        cs_set_if(f, CS_F_after_credit, k == CS_PHOTO_CREDIT);
        cs_set_if(f, CS_F_after_byline, k == CS_BYLINE);
        cs_set_if(f, CS_F_below_contact, below_contact(a, line));
        cs_set_if(f, CS_F_after_quote, cs_after_quotation(a, line));
    }
    if (i + 1 < a->line_count) {
        int k = line[1].kind;
        cs_set_if(f, CS_F_before_residue, k != CS_STORY && k != CS_HEADLINE);
        cs_set_if(f, CS_F_before_contact, k == CS_CONTACT || k == CS_AUTHOR_BIO);
        cs_set_if(f, CS_F_before_promo, k == CS_PROMO);
        cs_set_if(f, CS_F_before_credit, k == CS_PHOTO_CREDIT);
        cs_set_if(f, CS_F_before_prose,
                  k == CS_STORY && (line[1].flags & CS_PROSE ||
                                    (line[1].words >= 5 && cs_ends_stop(a, line[1].token, line[1].stop))));
    }
}

/* A mark behind a phrase that makes it a label; a date may stand between: "Correction (June 8, 2020): …". */
static bool label_mark(const cs_article *a, const cs_line *line, size_t next)
{
    if (next >= line->stop || a->tokens[next].kind != CS_MARK)
        return false;
    if (a->tokens[next].value == ',' || a->tokens[next].value == '(') {
        size_t i = next, dates = 0, end = next + LABEL_DATE_TOKENS < line->stop ? next + LABEL_DATE_TOKENS : line->stop;
        for (; i < end && !cs_is_mark(a, i, ':'); i++) {
            bool date = a->tokens[i].kind == CS_NUMBER || cs_is_word_of(a, i, a->known.month_day) ||
                        cs_is_word_of(a, i, a->known.date_word);
            if (!date && a->tokens[i].kind != CS_MARK)
                return false;
            dates += a->tokens[i].kind == CS_NUMBER;
        }
        return i < end && dates > 0;
    }
    int m = a->tokens[next].value;
    return m == ':' || m == '|' || (m == '-' && a->tokens[next].flags & CS_SPACED) || m == '~' || m == '"';
}

/* "ANN LEE: Tell us what you found.": who speaks in a transcript. No label of the tables is a name. */
static bool speaker(const cs_article *a, const cs_line *line, size_t first, size_t last)
{
    size_t i = first;
    while (i < last && i < first + 6 &&
           (a->tokens[i].flags & CS_CAPITALS || cs_is_mark(a, i, '.') || a->tokens[i].letters == 1))
        i++;
    if (i == first || i + 1 >= last || !cs_is_mark(a, i, ':'))
        return false;
    for (size_t h = line->hit; h < line->hit + line->hits && a->hits[h].first <= first; h++)
        if (a->hits[h].first == first && cs_is_cue(a, line, &a->hits[h]))
            return false;
    return true;
}

/* Where in tokens [first, last) the line's phrases stand; marks at the ends don't count. */
static void phrase_features(const cs_article *a, const cs_line *line, size_t first, size_t last, cs_features *f)
{
    size_t asks = 0, behind_ask = first;
    for (size_t h = line->hit; h < line->hit + line->hits; h++) {
        const cs_hit *hit = &a->hits[h];
        if (hit->first < first || hit->last >= last)
            continue;
        int class = hit->class;
        if (class == a->known.ask && hit->first >= behind_ask) {
            asks++;
            behind_ask = hit->last + 1;
        }
        cs_set(f, cs_feature_of_class(CS_HAS, class));
        bool starts = hit->first == first, ends = hit->last + 1 == last;
        cs_set_if(f, cs_feature_of_class(CS_START, class), starts);
        cs_set_if(f, cs_feature_of_class(CS_END, class), ends);
        cs_set_if(f, cs_feature_of_class(CS_WHOLE, class), starts && ends);
        cs_set_if(f, cs_feature_of_class(CS_LABEL, class), starts && label_mark(a, line, hit->last + 1));
    }
    cs_set_if(f, CS_F_many_asks, asks >= 2);
}

/* "Ann Lee and Bo Ek are …": behind the first name at `i`. */
static bool names_then_is(const cs_article *a, const cs_line *line, size_t i, size_t last)
{
    if (i < last && cs_is_mark(a, i, '(')) /* "Ann Lee (@ann) is" */
        while (i < last && !cs_is_mark(a, i - 1, ')'))
            i++;
    /* "Ann Lee, a professor at Hask, is" */
    for (size_t k = i + 1; i < last && cs_is_mark(a, i, ',') && k + 1 < last && k < i + 18; k++)
        if (cs_is_mark(a, k, ',') &&
            (cs_phrase_at(a, line, k + 1, a->known.bio_is) != SIZE_MAX || cs_is_word_of(a, k + 1, a->known.be)))
            return true;
    for (int names = 0; names < 4 && i < last; names++) {
        if (cs_phrase_at(a, line, i, a->known.bio_is) != SIZE_MAX || cs_is_word_of(a, i, a->known.be))
            return true;
        size_t next = i;
        while (next < last && (cs_is_mark(a, next, ',') || cs_is_word_of(a, next, a->known.joiner)))
            next++;
        size_t behind = cs_person_at(a, line, next, last, 2);
        if (next == i || behind == next)
            return false;
        i = behind;
    }
    return false;
}

/* Whether tokens [first, behind) are a name that a byline of the article gave. */
static bool byline_name(const cs_article *a, size_t first, size_t behind)
{
    size_t start = a->tokens[first].start, len = a->tokens[behind - 1].end - start;
    for (size_t s = 0; s < a->span_count && s < BYLINE_SPANS; s++) {
        const cs_span *span = &a->spans[s];
        for (size_t n = span->name; span->kind == CS_BYLINE && n < span->name + span->people; n++)
            if (a->names[n].end - a->names[n].start == len && start >= span->end &&
                memcmp(a->text + a->names[n].start, a->text + start, len) == 0)
                return true;
    }
    return false;
}

static void name_features(cs_article *a, const cs_line *line, size_t first, size_t last, cs_features *f)
{
    while (first + 2 < last && cs_is_word_of(a, first, a->known.title)) /* "Dr. Ann Lee" */
        first += 1 + cs_is_mark(a, first + 1, '.');
    size_t behind = cs_person_at(a, line, first, last, 2);
    if (behind == first && cs_test(f, CS_F_bottom)) { /* "Lee is a professor": of nobody that the story knows */
        behind = cs_word_common(a->vocabulary)[a->tokens[first].word] ? first : cs_person_at(a, line, first, last, 1);
        if (behind == first || behind >= last || !cs_test(f, CS_F_last) ||
            cs_phrase_at(a, line, behind, a->known.bio_is) == SIZE_MAX)
            return;
    } else if (behind == first) {
        return;
    }
    cs_set(f, CS_F_starts_name);
    /* "Лев Ханин — профессор", where the language has no "is" */
    bool dash = behind + 1 < last && cs_is_mark(a, behind, '-') && a->tokens[behind].flags & CS_SPACED &&
                cs_phrase_at(a, line, behind + 1, a->known.bio_role) != SIZE_MAX;
    cs_set_if(f, CS_F_name_dash, dash);
    cs_set_if(f, CS_F_name_is, dash || names_then_is(a, line, behind, last));
    cs_set_if(f, CS_F_only_name,
              behind == last && cs_words_in(a, first, last) <= 4 && a->tokens[first].flags & CS_CAPITAL);
    cs_set_if(f, CS_F_byline_name, byline_name(a, first, behind));
    cs_set_if(f, CS_F_name_role, behind < last && cs_is_mark(a, behind, ','));
    if (a->name_searches < 16 && (cs_test(f, CS_F_late) || cs_test(f, CS_F_bottom) || cs_test(f, CS_F_top))) {
        a->name_searches++;
        cs_set_if(f, CS_F_new_name, !cs_name_elsewhere(a, first, behind - 1, line));
    }
}

void cs_features_of(cs_article *a, const cs_line *line, size_t from, size_t to, cs_features *f)
{
    *f = (cs_features){0};
    if (from >= to)
        return;
    cs_set(f, CS_F_line);
    struct counts n = {0};
    for (size_t i = from; i < to; i++)
        count_token(a, line, i, to, f, &n);
    length_features(f, &n);
    end_features(a, from, to, f);
    place_features(a, line, f);
    cs_set_if(f, CS_F_has_phone, n.numbers >= 2 && n.phone_digits && has_phone(a, from, to));
    size_t first = from, last = to;
    while (first < last && a->tokens[first].kind == CS_MARK && a->tokens[first].word == 0)
        first++;
    while (last > first && a->tokens[last - 1].kind == CS_MARK)
        last--;
    if (first == last)
        return;
    const cs_token *t = &a->tokens[first];
    cs_set_if(f, CS_F_starts_capital, t->kind == CS_WORD && t->flags & (CS_CAPITAL | CS_CASELESS));
    cs_set_if(f, CS_F_starts_lower, t->kind == CS_WORD && !(t->flags & (CS_CAPITAL | CS_CASELESS)));
    cs_set_if(f, CS_F_caps_label,
              t->letters > 3 && t->flags & CS_CAPITALS && first + 2 < last && t[1].kind == CS_WORD &&
                  t[1].flags & CS_CAPITAL && (!(t[1].flags & CS_CAPITALS) || t[1].letters == 1));
    cs_set_if(f, CS_F_caps_colon,
              t->letters > 2 && t->flags & CS_CAPITALS && first + 2 < last &&
                  (cs_is_mark(a, first + 1, ':') || cs_is_mark(a, first + 1, '|')) && t[2].flags & CS_CAPITAL &&
                  (!(t[2].flags & CS_CAPITALS) || t[2].letters == 1));
    cs_set_if(f, CS_F_speaker, speaker(a, line, first, last));
    cs_set_if(f, CS_F_house_end,
              cs_is_word_of(a, last - 1, a->known.org_word) || cs_is_word_of(a, last - 1, a->known.house_word));
    phrase_features(a, line, first, last, f);
    name_features(a, line, first, last, f);
}
