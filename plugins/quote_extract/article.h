/* SPDX-License-Identifier: Apache-2.0
 *
 * article.h: all that is known about the article in hand, and the stages that fill it in, in their order:
 *
 *   qe_tokenize → qe_marks_pair (+ qe_dialogue_find) → qe_quotes_measure → qe_flatten → qe_names_collect →
 *   qe_cues_find → qe_carry → qe_speech_decide → qe_speakers_resolve
 *
 * The "flat" text is the story's tokens outside quotations, each quotation standing as one token of kind QE_QUOTE:
 * clause structure is read there, so what is said inside quotes can never be taken for who says it. One instance owns
 * the vectors and keeps them between articles.
 */
#ifndef QE_ARTICLE_H
#define QE_ARTICLE_H

#include "quote.h"

typedef struct qe_sentence {
    uint32_t first, end; /* flat tokens; the break that ends a paragraph is in no sentence */
    uint32_t paragraph;
} qe_sentence;

/* Where a name stands outside quotations. */
typedef struct qe_mention {
    uint32_t first, end; /* flat tokens, the name alone */
    uint32_t entity;
    uint32_t sentence;
    uint8_t owner; /* ends in 's */
    uint8_t role;  /* 1: subject of its sentence, 2: the source of a quote or of reported speech */
} qe_mention;

/* A person, place or organisation of the article. */
typedef struct qe_entity {
    uint32_t start, end; /* bytes of the fullest form */
    uint64_t first_hash; /* of the first word; 0 if only a last name is known */
    uint64_t last_hash;
    uint32_t older; /* an earlier entity with the same last word, or QE_NONE */
    uint32_t words;
    uint32_t role_start, role_end;     /* bytes of a description met beside the name; empty if none */
    uint32_t family_start, family_end; /* bytes of the last name that a relative's name lends; empty mostly */
    int16_t male, female;              /* evidence */
    int16_t person;                    /* evidence for a person (positive) or against (negative) */
    uint32_t mentions;
    uint32_t last_mention; /* index */
} qe_entity;

/* A pronoun that is a subject, and whom it stands for. */
typedef struct qe_echo {
    uint32_t at;      /* flat token */
    uint32_t entity;  /* or QE_NONE */
    qe_source phrase; /* a description, where it stands for nobody with a name */
    uint8_t margin;   /* as in qe_quote */
} qe_echo;

typedef struct qe_name_slot {
    uint64_t hash;
    uint32_t entity;
    uint32_t stamp; /* the article that filled it */
} qe_name_slot;

typedef struct qe_article {
    cd_str text;
    const qe_lexicon *lexicon;
    int marks_only; /* the language has no table: no speakers */
    qe_tokens tokens;
    qe_quotes quotes;
    qe_tokens flat;
    QE_VECTOR(uint32_t) sentence_of; /* by flat token */
    QE_VECTOR(uint32_t) mention_of;  /* by flat token: 1 + index of the mention that covers it, 0 if none */
    QE_VECTOR(qe_sentence) sentences;
    QE_VECTOR(qe_mention) mentions;
    QE_VECTOR(qe_entity) entities;
    QE_VECTOR(qe_echo) echoes;
    qe_name_slot *slots; /* names by hash; a slot is valid if its stamp is this article's */
    uint32_t slot_mask, slots_used, stamp;
} qe_article;

/* Runs all of it over `text`. 0 or -ENOMEM. */
int qe_article_read(qe_article *article, cd_str text, const qe_lexicon *lexicon, int marks_only, const qe_range *masks,
                    size_t mask_count);
/* Gives back the memory of an article that was much larger than most. Call it when the article has been written. */
void qe_article_trim(qe_article *article);
void qe_article_free(qe_article *article);

/* sentence.c */
int qe_flatten(qe_article *article);
/* dialogue.c: speech without marks: dash dialogue, interviews, transcripts. Appends and keeps the order. */
int qe_dialogue_find(qe_article *article);
/* speech.c */
void qe_quotes_measure(qe_article *article);
void qe_speech_decide(qe_article *article);
/* names.c */
int qe_names_collect(qe_article *article);
/* The only bearer of a role by its noun's hash (the mayor), or QE_NONE. */
uint32_t qe_names_role(const qe_article *article, uint64_t noun);
/* cue.c: attribution by the clause a quote stands in. */
void qe_cues_find(qe_article *article);
/* carry.c: attribution from the neighbourhood, joins of split quotes. */
void qe_carry(qe_article *article);
/* pronoun.c: from source phrases to names. 0 or -ENOMEM. */
int qe_speakers_resolve(qe_article *article);

/* phrase.c: noun phrases of the flat text; subject.c: whose a verb is. */

/* Reads [first, end) as a noun phrase with its appositions. kind QE_SOURCE_NONE if it is none. */
qe_source qe_phrase_read(const qe_article *article, uint32_t first, uint32_t end);
/* The phrase that starts at `at`, going no farther than `limit`. */
qe_source qe_phrase_forward(const qe_article *article, uint32_t at, uint32_t limit);
/* The subject of the verb at `verb`, looking back no farther than `floor`. */
qe_source qe_subject_of(const qe_article *article, uint32_t verb, uint32_t floor);
/* In German, whom the relative pronoun stands for whose clause ends with the verb at `verb`; none if it ends no such.
 */
qe_source qe_relative_subject(const qe_article *article, uint32_t verb, uint32_t floor);
/* Who speaks where the source is a thing that cannot: the owner of it (her plan was simple), else the source itself. */
qe_source qe_speaking(const qe_article *article, qe_source source);
/* The first subject at or behind `first`, before `end`: that of the sentence, introductory phrases skipped. */
qe_source qe_subject_first(const qe_article *article, uint32_t first, uint32_t end);

/* The owner of the noun at `noun`: Lund's verdict, her answer. cue.c */
qe_source qe_owner_of(const qe_article *article, uint32_t noun, uint32_t first);

static inline const qe_token *qe_flat(const qe_article *article, uint32_t i) { return &article->flat.at[i]; }

/* The byte behind flat token i, without an owner's 's. */
static inline uint32_t qe_word_end(const qe_article *article, uint32_t i)
{
    const qe_token *t = &article->flat.at[i];
    const char *end = article->text.ptr + t->end;
    if (t->kind != QE_WORD || !(t->flags & QE_OWNER) || t->end - t->start < 3 || (end[-1] | 32) != 's')
        return t->end;
    if (end[-2] == '\'')
        return t->end - 2;
    if (article->lexicon->nouns_capital && ((unsigned char)end[-2] < 0x80 || (unsigned char)end[-3] != 0x80))
        return t->end - 1; /* Brandts */
    return t->end - t->start > 4 && (unsigned char)end[-4] == 0xE2 ? t->end - 4 : t->end;
}

/* Classes of the flat token at i, 0 beyond the end or for what is no word. */
static inline uint64_t qe_bits(const qe_article *article, uint32_t i)
{
    return i < article->flat.n ? article->flat.at[i].bits : 0;
}

static inline int qe_flat_punct(const qe_article *article, uint32_t i, uint32_t code)
{
    return i < article->flat.n && article->flat.at[i].kind == QE_PUNCT && article->flat.at[i].code == code;
}

static inline int qe_flat_kind(const qe_article *article, uint32_t i, uint8_t kind)
{
    return i < article->flat.n && article->flat.at[i].kind == kind;
}

#endif
