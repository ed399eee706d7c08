/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/feature.h: what can be said of a line, by name.
 *
 * A feature is true or false. Some are about a line's form and place and are listed here; the others say that a phrase
 * of a class of the tables is in the line: has:CLASS anywhere, start:CLASS as its first words, label:CLASS as its first
 * words with a colon or a dash behind them, end:CLASS as its last words, whole:CLASS as all of it.
 */
#ifndef CREDIT_STRIP_FEATURE_H
#define CREDIT_STRIP_FEATURE_H

#include "vocabulary.h"

/* name, meaning */
#define CS_FORM_FEATURES(X)                                                                                            \
    X(line, "always")                                                                                                  \
    X(words_1, "one word")                                                                                             \
    X(words_4, "at most 4 words")                                                                                      \
    X(words_8, "at most 8 words")                                                                                      \
    X(words_15, "at most 15 words")                                                                                    \
    X(words_25, "at most 25 words")                                                                                    \
    X(words_40, "at most 40 words")                                                                                    \
    X(over_60, "more than 60 words")                                                                                   \
    X(ends_stop, "ends like a sentence: . ? ! … perhaps with a quotation mark or bracket behind")                      \
    X(ends_period, "ends in a full stop")                                                                              \
    X(ends_question, "ends in a question mark")                                                                        \
    X(ends_exclamation, "ends in an exclamation mark")                                                                 \
    X(ends_colon, "ends in a colon")                                                                                   \
    X(title_case, "at least 3 words, and nearly all long ones begin with a capital")                                   \
    X(all_caps, "all its letters are capitals")                                                                        \
    X(caps_label, "begins with a word in capitals, and then like a sentence")                                         \
    X(caps_colon, "begins with a word in capitals and a colon or a bar, and then like a sentence")                     \
    X(ends_arrow, "ends in an arrow: >> → ▶")                                                                          \
    X(starts_capital, "begins with a capital letter, or a script without case")                                        \
    X(starts_lower, "begins with a small letter")                                                                      \
    X(bullet, "begins with a bullet, an asterisk or a dash")                                                           \
    X(arrow, "begins with an arrow or two: >> » → ▶")                                                                 \
    X(bracketed, "stands in brackets as a whole")                                                                      \
    X(square, "stands in square brackets as a whole")                                                                  \
    X(quote_start, "begins with a quotation mark")                                                                     \
    X(quote_then, "begins with quoted words and goes on behind a comma: who says so, or what")                         \
    X(has_quote, "holds quoted words")                                                                                 \
    X(has_mail, "holds a mail address")                                                                                \
    X(has_url, "holds a web address")                                                                                  \
    X(has_handle, "holds an @handle")                                                                                  \
    X(only_address, "consists of addresses and handles")                                                               \
    X(has_phone, "holds what looks like a telephone number")                                                           \
    X(has_number, "holds a number")                                                                                    \
    X(only_numbers, "consists of numbers and marks")                                                                   \
    X(only_marks, "consists of marks")                                                                                 \
    X(has_date, "holds a day or month with a number")                                                                  \
    X(has_year, "holds a year from 1900 to 2099")                                                                      \
    X(has_clock, "holds a time of day")                                                                                \
    X(only_date, "consists of a date or time")                                                                         \
    X(ends_clock, "ends in a time, as a player does")                                                                  \
    X(starts_name, "begins with a person's full name")                                                                 \
    X(name_is, "begins with full names and \"is a\", \"are\", \"writes for\"")                                         \
    X(name_dash, "a full name, a dash and a role")                                                                     \
    X(only_name, "consists of one person's full name")                                                                 \
    X(new_name, "begins with a full name whose surname the rest of the article does not use")                          \
    X(byline_name, "begins with a full name that a byline gave")                                                       \
    X(before_contact, "the next line is a contact line or an author's note")                                           \
    X(tweet, "part of an embedded post")                                                                               \
    X(wrapped, "a piece of a paragraph that is broken over lines")                                                     \
    X(repeated, "the same short line stands elsewhere in the article")                                                 \
    X(first, "the first line")                                                                                         \
    X(last, "the last line")                                                                                           \
    X(top, "no prose before it")                                                                                       \
    X(bottom, "no prose after it")                                                                                     \
    X(early, "among the first four lines that hold text")                                                              \
    X(late, "among the last five lines that hold text")                                                                \
    X(sentence, "one sentence of a longer line")                                                                       \
    X(sentence_first, "the first sentence of a longer line")                                                           \
    X(sentence_last, "the last sentence of a longer line")                                                             \
    X(rest, "what is left of a line from which something was taken")                                                   \
    X(before_residue, "the next line was judged residue")                                                              \
    X(after_residue, "the line before was judged residue")                                                             \
    X(after_promo, "the line before is a promo, share or contact line")                                                \
    X(after_related, "the line before is a related link")                                                              \
    X(after_contact, "the line before is a contact line or author's note")                                             \
    X(before_promo, "the next line is a promo")                                                                        \
    X(before_credit, "the next line is a photo credit")                                                                \
    X(after_caption, "the line before is a caption")                                                                   \
    X(after_credit, "the line before is a photo credit")                                                               \
    X(has_pipe, "holds a vertical bar, or a stroke behind a space")                                                    \
    X(colon_early, "a colon among its first seven words")                                                              \
    X(glued, "a colon or question mark among its first seven words, and a capital right behind it")                    \
    X(starts_title, "its first three words begin with capitals")                                                       \
    X(ends_year, "its last words are a date with a year")                                                              \
    X(ends_date, "its last words are a day, month and year")                                                           \
    X(long_number, "holds a number of eight digits or more")                                                           \
    X(markup, "is a tag")                                                                                              \
    X(after_headline, "the line before is the headline")                                                               \
    X(has_side, "holds (L), (R), (C), (left) or the like, as captions do")                                             \
    X(has_hashtag, "holds a #tag")                                                                                     \
    X(only_tags, "holds three #tags or more and fewer other words")                                                    \
    X(short_article, "the article has fewer than 4 lines of prose")                                                    \
    X(odd_quotes, "its quotation marks do not pair")                                                                   \
    X(after_quote, "the line before stays and ends in a quotation mark")                                               \
    X(before_prose, "the next line is prose that stays")                                                               \
    X(speaker, "begins with a speaker's name in capitals and a colon")                                                 \
    X(house_end, "its last word is one of a newspaper's or organisation's name")                                       \
    X(has_house, "holds a word of a newspaper's or organisation's name")                                               \
    X(after_byline, "the line before is a byline")                                                                     \
    X(ends_url, "its last word is a web address")                                                                      \
    X(below_contact, "one of three lines above asks to write to somebody and ends in a colon")                         \
    X(many_asks, "holds two or more requests of class ask")                                                            \
    X(name_role, "full names with a comma, and a role behind it")

enum {
#define X(name, meaning) CS_F_##name,
    CS_FORM_FEATURES(X)
#undef X
        CS_F_COUNT
};

enum { CS_HAS, CS_START, CS_LABEL, CS_END, CS_WHOLE, CS_PLACES };

#define CS_FORMS 128 /* room for the features of form */
#define CS_FEATURES (CS_FORMS + CS_PLACES * CS_CLASSES)
#define CS_FEATURE_WORDS ((CS_FEATURES + 63) / 64)

typedef struct cs_features {
    uint64_t bits[CS_FEATURE_WORDS];
} cs_features;

static inline int cs_feature_of_class(int place, int class) { return CS_FORMS + place * CS_CLASSES + class; }
static inline void cs_set(cs_features *f, int feature) { f->bits[feature >> 6] |= 1ull << (feature & 63); }
static inline void cs_set_if(cs_features *f, int feature, int yes)
{
    f->bits[feature >> 6] |= (uint64_t)(yes != 0) << (feature & 63);
}
static inline int cs_test(const cs_features *f, int feature) { return f->bits[feature >> 6] >> (feature & 63) & 1; }

/* The feature of that name, -1 if there is none. A class that no table has is no error: its feature is never true. */
int cs_feature_named(cs_vocabulary *v, const char *name, size_t len);

/* The name, written into `out`. */
void cs_feature_name(const cs_vocabulary *v, int feature, char *out, size_t size);

#endif
