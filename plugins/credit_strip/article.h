/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/article.h: the article in hand, and the steps that judge it.
 *
 * The text is split into lines; each line has its tokens and the phrases found in it. A line's tokens [from, to) are
 * what is still story; the steps cut residue off its ends, or judge what is left as a whole. Each cut is a span. The
 * steps run in the order of this header, each over all lines once or twice, so that the work is linear in the text.
 *
 * What an article can make us do is bounded: CS_BYTES_MAX of text are judged, CS_LINES_MAX lines, CS_LINE_TOKENS tokens
 * of one line; what lies beyond is story. All arrays belong to the cs_article and are kept between articles.
 *
 * Pure: knows neither the host nor JSON. Thread: the owner's.
 */
#ifndef CREDIT_STRIP_ARTICLE_H
#define CREDIT_STRIP_ARTICLE_H

#include "evidence.h"

#include <stdbool.h>

#define CS_BYTES_MAX (2u << 20)
#define CS_LINES_MAX 40000u
#define CS_LINE_TOKENS 6000u

/* The classes that the code itself asks for; the tables hold them. */
/* clang-format off */
#define CS_KNOWN(X) \
    X(agency) X(image_agency) X(month) X(weekday) X(month_day) X(date_word) X(particle) X(place_particle) \
    X(not_name) X(by) X(by_role) X(joiner) X(contributed) X(signoff) X(signoff_staff) X(credit_label) \
    X(credit_word) X(credit_start) X(org_word) X(caption_label) X(caption_colon) X(network) X(player_notice) \
    X(dateline_stop) X(place) X(region) X(abbreviation) X(related_label) X(related_head) X(related_in) \
    X(published_by) X(place_city) X(note_block) X(correction_label) X(said) X(wire) X(furniture) X(title) \
    X(you) X(house_word) X(signoff_edit) X(byline_role) X(credit_tie) X(credit_alone) X(social) X(bio_is) X(be) \
    X(caption_tail) X(photo_of) X(reported_from) X(photo_word) X(contributed_bare) X(about) X(rights) \
    X(contact_label) X(ask) X(bio_role) X(tense_word) X(caption_verb) X(source_word) X(dateline_open) \
    X(stamp_label) X(caption_this) X(side_word) X(channel) X(contact_ask) X(contact_weak) X(action) X(signoff_with) \
    X(box_end) X(post_signature) X(courtesy) X(credit_via) X(bracket_label)
/* clang-format on */

typedef struct cs_known {
#define X(name) int name;
    CS_KNOWN(X)
#undef X
} cs_known;

/* Flags of a line. */
#define CS_PROSE 1u     /* a paragraph of the story by its form: a dozen words and a sentence's end */
#define CS_WRAPPED 2u   /* a piece of a paragraph that is broken over lines */
#define CS_TWEET 4u     /* belongs to an embedded post */
#define CS_KEEP 8u      /* nothing may be taken */
#define CS_REPEATED 16u /* its text stands elsewhere as a line of its own */
#define CS_CUT 32u      /* something was taken from it */
#define CS_PHOTO 64u    /* a photo credit was taken from it */
#define CS_LONG 128u    /* has more tokens than are looked at */
#define CS_BLANK_BEFORE 256u
#define CS_CUE 512u      /* one of its hits may speak for residue */
#define CS_ADDRESS 1024u /* has a web address or a handle */

typedef struct cs_line {
    uint32_t start, end;  /* bytes, without white space at the ends */
    uint32_t token, stop; /* its tokens */
    uint32_t hit, hits;   /* its hits: [hit, hit + hits) */
    uint32_t from, to;    /* the tokens that are left; from == to: none */
    uint32_t words;       /* words and numbers in [token, stop) */
    uint32_t hash;
    uint32_t span; /* the last span taken from it; UINT32_MAX if there is none */
    uint16_t flags;
    uint8_t kind;       /* what is left as a whole; CS_STORY if it stays */
    uint8_t taken;      /* the kind of what was taken last */
    cs_classes classes; /* of its hits */
    float sum;          /* of the evidence for the best kind, below the threshold if kind is CS_STORY */
} cs_line;

/* A name in a span: bytes of the text. */
typedef struct cs_name {
    uint32_t start, end;
} cs_name;

typedef struct cs_span {
    uint32_t start, end;
    uint32_t name; /* its names: people first, then agencies */
    uint16_t people, agencies;
    uint8_t kind;
    int16_t reasons[CS_REASONS]; /* arguments of the evidence, if rule is NULL */
    const char *rule;            /* which recogniser, a literal or a user rule's name */
} cs_span;

typedef struct cs_settings {
    float threshold;
    uint32_t kinds;     /* a bit a kind that is looked for */
    uint32_t languages; /* whose tables count, see cs_languages; 0: by the text's commonest words */
    bool find_headline;
} cs_settings;

typedef struct cs_article {
    /* Borrowed, for the plugin's life. */
    cs_vocabulary *vocabulary;
    const cs_evidence *evidence;
    const cs_word_entry *words; /* by word number */
    cs_classes quiet;           /* see cs_class_quiet */
    cs_known known;
    cs_classes cues, start_cues, end_cues; /* classes that may speak for residue: anywhere, at a start, at an end */

    /* Borrowed for one article. */
    const char *text;
    size_t len;
    cs_settings settings;

    /* Owned; kept between articles. */
    cs_line *lines;
    cs_token *tokens;
    cs_hit *hits;
    cs_span *spans;
    cs_name *names;
    uint32_t *slots;
    size_t line_count, token_count, hit_count, span_count, name_count;
    size_t line_room, token_room, hit_room, span_room, name_room, slot_room;

    /* Results besides the spans. */
    bool has_headline;
    uint32_t headline_start, headline_end;
    cs_name publisher;                           /* empty: none */
    size_t prose_count, first_prose, last_prose; /* story lines; first_prose == line_count: none */
    int name_searches;
    bool failed; /* memory was short */
} cs_article;

/* ---- article.c: the frame */
void cs_article_init(cs_article *a, cs_vocabulary *v, const cs_evidence *e);
void cs_article_fini(cs_article *a);

/* Judges text; the spans are then in a->spans, in order, without overlaps. Returns 0 or -ENOMEM. `title` may be absent.
 */
int cs_article_run(cs_article *a, cd_str text, cd_str title, const cs_settings *settings,
                   void (*rules)(void *context, cs_article *a), void *context);

/* Room for `more` elements behind `count`; false (and a->failed) if memory is short. */
bool cs_grow(cs_article *a, void **array, size_t *room, size_t count, size_t more, size_t size);

/* Records tokens [from, to) of the line as residue and cuts them off the story if they stand at an end of what is left.
 */
cs_span *cs_take(cs_article *a, cs_line *line, size_t from, size_t to, int kind, const char *rule);
/* The same for all that is left of the line. */
cs_span *cs_take_rest(cs_article *a, cs_line *line, int kind, const char *rule);
/* Adds a name to the span that was recorded last. People must come before agencies. */
void cs_add_name(cs_article *a, cs_span *span, size_t first_token, size_t last_token, bool agency);

/* ---- guess.c */
/* From the tokens that the article has so far. */
uint32_t cs_guess_languages(const cs_article *a);

/* ---- line.c: splitting, tokens, hits, flags */
void cs_split(cs_article *a);
/* Sets prose_count, first_prose, last_prose from what is story now. */
void cs_find_prose(cs_article *a);

/* ---- query.c: questions about tokens */
static inline bool cs_is_mark(const cs_article *a, size_t token, char letter)
{
    return a->tokens[token].kind == CS_MARK && a->tokens[token].value == (uint16_t)letter;
}

static inline bool cs_in(const cs_classes *classes, int class) { return classes->bits[class >> 6] >> (class & 63) & 1; }

static inline bool cs_is_word_of(const cs_article *a, size_t token, int class)
{
    return cs_in(&a->words[a->tokens[token].word].classes, class);
}

static inline bool cs_has_class(const cs_line *line, int class) { return cs_in(&line->classes, class); }
/* The last token of the longest phrase of the class that starts at `token`; SIZE_MAX if there is none. */
size_t cs_phrase_at(const cs_article *a, const cs_line *line, size_t token, int class);
/* The first token behind a person's full name that starts at `token`; `token` itself if none does. `least`: words it
 * must have. */
size_t cs_person_at(const cs_article *a, const cs_line *line, size_t token, size_t end, int least);
/* True if a sentence can end with the token before `token` and a new one begin there. */
bool cs_sentence_start(const cs_article *a, const cs_line *line, size_t token);
size_t cs_words_in(const cs_article *a, size_t from, size_t to);
bool cs_ends_stop(const cs_article *a, size_t from, size_t to);
/* Whether tokens [from, to) are names, roles, dates and the small words that join them, and no sentence. */
bool cs_only_names(const cs_article *a, const cs_line *line, size_t from, size_t to);
/* The line that holds a byte, which is no white space between lines. */
const cs_line *cs_line_of(const cs_article *a, size_t byte);
/* Whether the line before is story and ends with a quotation mark: what follows may say who is quoted. */
bool cs_after_quotation(const cs_article *a, const cs_line *line);
/* Whether the last word of a name at tokens [first, last] stands in the story's prose outside of the line `but`. */
bool cs_name_elsewhere(const cs_article *a, size_t first, size_t last, const cs_line *but);
/* Adds the people and agencies among tokens [from, to) to the span that was recorded last. */
void cs_add_names(cs_article *a, cs_line *line, cs_span *span, size_t from, size_t to);

/* ---- The steps, in order */
void cs_boxes(cs_article *a, cs_line *line);         /* box.c: headlines pasted behind a name */
void cs_photo_credits(cs_article *a, cs_line *line); /* photo.c */
void cs_signoffs(cs_article *a, cs_line *line);      /* signoff.c: wire sign-offs, contributors */
void cs_bylines(cs_article *a, cs_line *line);       /* byline.c */
void cs_title_line(cs_article *a, cd_str title);     /* headline.c: the line that repeats the title */
void cs_captions(cs_article *a);                     /* caption.c */
void cs_score_lines(cs_article *a);                  /* score.c: the evidence over lines and sentences */
void cs_headline(cs_article *a);                     /* headline.c: the line that must be it */
void cs_blocks(cs_article *a);                       /* block.c: lists of links, navigation */
void cs_datelines(cs_article *a);                    /* dateline.c */
void cs_publisher(cs_article *a);                    /* publisher.c */

/* Whether a hit may speak for residue where it stands. */
bool cs_is_cue(const cs_article *a, const cs_line *line, const cs_hit *hit);

/* Features of tokens [from, to) of the line. */
void cs_features_of(cs_article *a, const cs_line *line, size_t from, size_t to, cs_features *f); /* line_feature.c */

/* ---- body.c: the text without spans and headline, into `out` (room of a->len * 2 + 2 bytes). Returns its length. */
size_t cs_body(const cs_article *a, char *out);

#endif
