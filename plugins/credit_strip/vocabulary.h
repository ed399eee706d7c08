/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/vocabulary.h: the phrases of all tables, ready for matching.
 *
 * A table file holds classes of phrases:
 *
 *     # a comment
 *     [class_name]
 *     sign up for (our|the|) newsletter
 *     <n> years ago
 *
 * A class whose name begins with a point, [.not_name], is one of words that are asked for one by one: its single words
 * are not searched for, so that the commonest words of a language cost nothing.
 *
 * One phrase a line. (a|b|) stands for alternatives, one of which may be empty; no nesting. <n>, <mail>, <url>,
 * <handle> stand for any number, address or handle. Case and punctuation don't count, apostrophes do. A table whose
 * name is a language code serves texts of that language; any other serves all.
 *
 * All phrases make one trie over word numbers, so that a text is matched in one pass whatever the number of phrases.
 * Words are kept by their 64-bit hash alone: two words with one hash would be one word, and cost their article one
 * wrong hit.
 *
 * Reading all tables takes some 50 ms, and a crashed worker's replacement would pay it before its first article. So the
 * bundled ones are read when the plugin is built (phrases.c), and what came of them is compiled in as an image, which
 * is used where it lies: read-only, and shared by all processes. It fits the machine and the build that it was made
 * for.
 *
 * Read-only after `open`. Owner: the plugin's instance.
 */
#ifndef CREDIT_STRIP_VOCABULARY_H
#define CREDIT_STRIP_VOCABULARY_H

#include "token.h"

#include <copydesk/plugin.h>

/* Word numbers that mean a kind of token. */
enum {
    CS_WORD_NUMBER = 1,
    CS_WORD_MAIL,
    CS_WORD_URL,
    CS_WORD_HANDLE,
    CS_WORD_COPYRIGHT,
    CS_WORD_HTTP,
    CS_WORD_WWW,
    CS_WORD_FIRST_FREE
};

#define CS_CLASSES 192  /* most classes over all tables */
#define CS_LANGUAGES 31 /* most languages; bit 31 is "all texts" */
#define CS_ALL_LANGUAGES 0xFFFFFFFFu

typedef struct cs_classes {
    uint64_t bits[CS_CLASSES / 64];
} cs_classes;

typedef struct cs_vocabulary cs_vocabulary;

/* A phrase that was found: tokens [first, last] of the array that was searched. */
typedef struct cs_hit {
    uint32_t first, last;
    uint16_t class;
    uint16_t reserved;
} cs_hit;

/* NULL if memory is short. Destroy takes NULL. */
cs_vocabulary *cs_vocabulary_create(void);
void cs_vocabulary_destroy(cs_vocabulary *v);

/* The vocabulary as bytes, the same for the same tables; the caller frees them. NULL if memory is short. */
char *cs_vocabulary_image(const cs_vocabulary *v, size_t *size);

/* A vocabulary that reads the image where it lies, aligned to 16 bytes; the image must outlive it. NULL if memory is
 * short or the image is not whole. More can be added: that makes a copy first. */
cs_vocabulary *cs_vocabulary_open(cd_str image);

/* Adds a table's phrases. 0, or -errno with a reason and the line's number in `why` (size bytes). */
int cs_vocabulary_add(cs_vocabulary *v, const char *language, cd_str table, char *why, size_t size);

/* The class of that name; a new one if there is none yet. -1 when there are too many. */
int cs_class(cs_vocabulary *v, const char *name, size_t len);
/* The same, -1 if there is none. */
int cs_class_find(const cs_vocabulary *v, const char *name, size_t len);
const char *cs_class_name(const cs_vocabulary *v, int class);

/* The languages that a code ("pt", "pt-BR") turns on: its own, English, and what serves all; every one if it is
 * unknown. */
uint32_t cs_languages(const cs_vocabulary *v, cd_str code);

/* The i-th language that has a table, NULL behind the last. */
const char *cs_language_code(const cs_vocabulary *v, int i);

/* A bit for each hash of a word; most words of a text have none set and need no look into the large table. */
#define CS_FILTER_BITS 17
const uint64_t *cs_word_filter(const cs_vocabulary *v);
uint16_t cs_word_find(const cs_vocabulary *v, uint64_t hash);

static inline uint16_t cs_vocabulary_word(const cs_vocabulary *v, const uint64_t *filter, uint64_t hash)
{
    uint64_t bit = hash >> 12 & ((1u << CS_FILTER_BITS) - 1);
    return filter[bit >> 6] >> (bit & 63) & 1 ? cs_word_find(v, hash) : 0;
}

/* By word number: what the matching of phrases asks for at each word of a text. */
typedef struct cs_word_entry {
    cs_classes classes; /* of which the word by itself is a phrase */
    uint64_t next;      /* a bit for the last six bits of each word that may follow it in a phrase */
    uint32_t node;      /* of the trie, 0 if no phrase starts with the word */
    uint32_t end;       /* whether the word alone is a phrase that is searched for */
} cs_word_entry;
/* Both stay where they are until a table is added. `common`: the languages that have the word in their class
 * common, a bit each as cs_language_code counts them. */
const cs_word_entry *cs_word_entries(const cs_vocabulary *v);
const uint32_t *cs_word_common(const cs_vocabulary *v);

/* Whether the class's single words are not searched for. */
int cs_class_quiet(const cs_vocabulary *v, int class);

/* Whether the word by itself is a phrase of the class. */
int cs_word_in(const cs_vocabulary *v, uint16_t word, int class);
int cs_word_is_tld(const cs_vocabulary *v, uint16_t word);

/* All phrases in tokens [first, end) into out, at most max, ordered by their first token; at one token shorter before
 * longer. */
size_t cs_hits(const cs_vocabulary *v, uint32_t languages, const cs_token *tokens, size_t first, size_t end,
               cs_hit *out, size_t max);

#endif
