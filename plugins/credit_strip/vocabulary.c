/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/vocabulary.c: see vocabulary.h. Two hash tables with open addressing: word hash → number, and (node,
 * word) → node of the trie; and for each node the classes that end there. All arrays lie in one block without pointers,
 * so that an image of it serves as it lies.
 */
#include "vocabulary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 32768u /* fewer than the slots, and word numbers fit in 16 bits */
#define WORD_SLOTS 65536u
#define NODES_MAX 262144u
#define EDGE_BITS 19 /* twice as many slots as nodes */
#define EDGE_SLOTS (1u << EDGE_BITS)
#define ENDS_MAX 262144u
#define PHRASE_WORDS 16
#define EXPANSIONS_MAX 16384

#define ALIGNMENT 16u /* of each array, and of an image */

/* `reserved`: no byte of an image is left to chance. */
struct word_slot {
    uint32_t tag;  /* the hash's upper half; the slot tells of the lower one */
    uint16_t word; /* 0: free */
    uint16_t reserved;
};

struct edge {
    uint32_t node, next; /* next 0: free */
    uint16_t word;
    uint16_t reserved;
};

struct end {
    uint32_t next; /* another class that ends at the same node, 0 for none */
    uint32_t languages;
    uint16_t class;
    uint16_t reserved;
};

struct node {
    uint64_t next; /* a bit for the last six bits of each word that may follow */
    uint32_t end;  /* the first class that ends here, 0 for none */
    uint32_t reserved;
};

enum array { SLOTS, FILTER, WORDS, COMMON, EDGES, NODES, ENDS, ARRAYS };

struct cs_vocabulary {
    void *owned; /* the arrays; NULL: they lie in an image, which is read-only */
    struct word_slot *slots;
    uint64_t *filter;
    cs_word_entry *words;
    uint32_t *common; /* by word: the languages that count it among their commonest */
    struct edge *edges;
    struct node *nodes;
    struct end *end;
    uint32_t word_count, node_count, end_count;
    char names[CS_CLASSES][32];
    int class_count, tld;
    cs_classes quiet; /* classes whose single words are not searched for */
    char languages[CS_LANGUAGES][12];
    int language_count;
};

static uint32_t edge_slot(uint32_t node, uint16_t word)
{
    uint64_t h = ((uint64_t)node << 16 | word) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(h >> (64 - EDGE_BITS));
}

static struct word_slot *word_slot(const cs_vocabulary *v, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (WORD_SLOTS - 1);
    while (v->slots[at].word && v->slots[at].tag != (uint32_t)(hash >> 32))
        at = (at + 1) & (WORD_SLOTS - 1);
    return &v->slots[at];
}

static void word_set(cs_vocabulary *v, uint64_t hash, uint16_t word)
{
    uint64_t bit = hash >> 12 & ((1u << CS_FILTER_BITS) - 1);
    *word_slot(v, hash) = (struct word_slot){(uint32_t)(hash >> 32), word, 0};
    v->filter[bit >> 6] |= 1ull << (bit & 63);
}

/* ---- The block of arrays ---------------------------------------------------------------------------------------- */

/* Where each array begins in a block for so many entries, and behind them all the block's length. */
static void offsets(size_t words, size_t nodes, size_t ends, size_t at[ARRAYS + 1])
{
    const size_t bytes[ARRAYS] = {
        [SLOTS] = WORD_SLOTS * sizeof(struct word_slot),
        [FILTER] = (1u << CS_FILTER_BITS) / 8,
        [WORDS] = words * sizeof(cs_word_entry),
        [COMMON] = words * sizeof(uint32_t),
        [EDGES] = EDGE_SLOTS * sizeof(struct edge),
        [NODES] = nodes * sizeof(struct node),
        [ENDS] = ends * sizeof(struct end),
    };
    at[0] = 0;
    for (int i = 0; i < ARRAYS; i++)
        at[i + 1] = (at[i] + bytes[i] + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void used_offsets(const cs_vocabulary *v, size_t at[ARRAYS + 1])
{
    offsets(v->word_count, v->node_count, v->end_count, at);
}

static void attach(cs_vocabulary *v, char *block, const size_t at[ARRAYS + 1])
{
    v->slots = (void *)(block + at[SLOTS]);
    v->filter = (void *)(block + at[FILTER]);
    v->words = (void *)(block + at[WORDS]);
    v->common = (void *)(block + at[COMMON]);
    v->edges = (void *)(block + at[EDGES]);
    v->nodes = (void *)(block + at[NODES]);
    v->end = (void *)(block + at[ENDS]);
}

/* Gives the vocabulary arrays of its own, with room for all that may be added; they keep what they held. */
static int own_arrays(cs_vocabulary *v)
{
    size_t used[ARRAYS + 1], room[ARRAYS + 1];
    used_offsets(v, used);
    offsets(WORDS_MAX, NODES_MAX, ENDS_MAX, room);
    char *block = calloc(1, room[ARRAYS]);
    if (block == NULL)
        return -ENOMEM;
    const char *image = (const char *)v->slots; /* the first array: where the block begins */
    for (int i = 0; image && i < ARRAYS; i++)
        memcpy(block + room[i], image + used[i], used[i + 1] - used[i]);
    attach(v, block, room);
    v->owned = block;
    return 0;
}

cs_vocabulary *cs_vocabulary_create(void)
{
    cs_vocabulary *v = calloc(1, sizeof(*v));
    if (v == NULL || own_arrays(v) < 0) {
        free(v);
        return NULL;
    }
    v->word_count = CS_WORD_FIRST_FREE;
    v->node_count = 1;
    v->end_count = 1;
    v->tld = cs_class(v, "tld", 3);
    static const struct {
        const char *word;
        uint16_t number;
    } fixed[] = {{"http", CS_WORD_HTTP}, {"https", CS_WORD_HTTP}, {"www", CS_WORD_WWW}};
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        word_set(v, cs_word_hash(fixed[i].word, strlen(fixed[i].word)), fixed[i].number);
    return v;
}

void cs_vocabulary_destroy(cs_vocabulary *v)
{
    if (v == NULL)
        return;
    free(v->owned);
    free(v);
}

/* An image: the struct without its pointers, padded, and the block with the room that is used. */
#define IMAGE_HEAD ((sizeof(cs_vocabulary) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

char *cs_vocabulary_image(const cs_vocabulary *v, size_t *size)
{
    size_t used[ARRAYS + 1];
    used_offsets(v, used);
    char *image = calloc(1, IMAGE_HEAD + used[ARRAYS]);
    if (image == NULL)
        return NULL;
    const void *arrays[ARRAYS] = {[SLOTS] = v->slots, [FILTER] = v->filter, [WORDS] = v->words, [COMMON] = v->common,
                                  [EDGES] = v->edges, [NODES] = v->nodes,   [ENDS] = v->end};
    for (int i = 0; i < ARRAYS; i++)
        memcpy(image + IMAGE_HEAD + used[i], arrays[i], used[i + 1] - used[i]);
    cs_vocabulary *head = (void *)image;
    *head = *v;
    head->owned = head->slots = NULL, head->filter = NULL, head->words = NULL, head->common = NULL;
    head->edges = NULL, head->nodes = NULL, head->end = NULL;
    *size = IMAGE_HEAD + used[ARRAYS];
    return image;
}

cs_vocabulary *cs_vocabulary_open(cd_str image)
{
    size_t used[ARRAYS + 1];
    cs_vocabulary *v = malloc(sizeof(*v));
    if (v == NULL || image.len < IMAGE_HEAD) {
        free(v);
        return NULL;
    }
    memcpy(v, image.ptr, sizeof(*v));
    used_offsets(v, used);
    if (image.len != IMAGE_HEAD + used[ARRAYS]) {
        free(v);
        return NULL;
    }
    attach(v, (char *)(uintptr_t)image.ptr + IMAGE_HEAD, used);
    return v;
}

uint16_t cs_word_find(const cs_vocabulary *v, uint64_t hash) { return word_slot(v, hash)->word; }

static uint16_t word_add(cs_vocabulary *v, uint64_t hash)
{
    if (cs_word_find(v, hash) == 0 && v->word_count < WORDS_MAX)
        word_set(v, hash, (uint16_t)v->word_count++);
    return cs_word_find(v, hash);
}

static struct edge *edge_at(const cs_vocabulary *v, uint32_t node, uint16_t word)
{
    uint32_t at = edge_slot(node, word);
    while (v->edges[at].next && (v->edges[at].node != node || v->edges[at].word != word))
        at = (at + 1) & (EDGE_SLOTS - 1);
    return &v->edges[at];
}

/* The node behind (node, word), made if it is not there; 0 when the trie is full. */
static uint32_t node_add(cs_vocabulary *v, uint32_t node, uint16_t word)
{
    if (node == 0) {
        if (v->words[word].node == 0 && v->node_count < NODES_MAX)
            v->words[word].node = v->node_count++;
        return v->words[word].node;
    }
    struct edge *e = edge_at(v, node, word);
    if (e->next == 0 && v->node_count < NODES_MAX) {
        *e = (struct edge){node, v->node_count++, word, 0};
        v->nodes[node].next |= 1ull << (word & 63);
    }
    return e->next;
}

int cs_class_find(const cs_vocabulary *v, const char *name, size_t len)
{
    for (int i = 0; i < v->class_count; i++)
        if (strlen(v->names[i]) == len && memcmp(v->names[i], name, len) == 0)
            return i;
    return -1;
}

int cs_class(cs_vocabulary *v, const char *name, size_t len)
{
    int found = cs_class_find(v, name, len);
    if (found >= 0)
        return found;
    if (v->class_count == CS_CLASSES || len >= sizeof(v->names[0]) || len == 0)
        return -1;
    memcpy(v->names[v->class_count], name, len);
    return v->class_count++;
}

const char *cs_class_name(const cs_vocabulary *v, int class) { return v->names[class]; }

int cs_word_in(const cs_vocabulary *v, uint16_t word, int class)
{
    return (v->words[word].classes.bits[class >> 6] >> (class & 63) & 1) != 0;
}

const uint64_t *cs_word_filter(const cs_vocabulary *v) { return v->filter; }

const cs_word_entry *cs_word_entries(const cs_vocabulary *v) { return v->words; }

const uint32_t *cs_word_common(const cs_vocabulary *v) { return v->common; }

int cs_class_quiet(const cs_vocabulary *v, int class) { return (v->quiet.bits[class >> 6] >> (class & 63) & 1) != 0; }

int cs_word_is_tld(const cs_vocabulary *v, uint16_t word) { return word != 0 && cs_word_in(v, word, v->tld); }

/* ---- Reading a table ---------------------------------------------------------------------------------------- */

static int letter_code(const char *name)
{
    size_t n = strlen(name);
    return n == 2 || n == 3;
}

static uint32_t language_bit(cs_vocabulary *v, const char *name)
{
    if (!letter_code(name))
        return CS_ALL_LANGUAGES;
    for (int i = 0; i < v->language_count; i++)
        if (strcmp(v->languages[i], name) == 0)
            return 1u << i;
    if (v->language_count == CS_LANGUAGES)
        return CS_ALL_LANGUAGES;
    snprintf(v->languages[v->language_count], sizeof(v->languages[0]), "%s", name);
    return 1u << v->language_count++;
}

uint32_t cs_languages(const cs_vocabulary *v, cd_str code)
{
    uint32_t bits = 1u << 31, own = 0;
    size_t len = 0;
    while (len < code.len && code.ptr[len] != '-' && code.ptr[len] != '_')
        len++;
    for (int i = 0; i < v->language_count; i++) {
        size_t n = strlen(v->languages[i]);
        if (n == len && memcmp(v->languages[i], code.ptr, len) == 0)
            own |= 1u << i;
        if (strcmp(v->languages[i], "en") == 0)
            bits |= 1u << i;
    }
    return own ? bits | own : CS_ALL_LANGUAGES;
}

const char *cs_language_code(const cs_vocabulary *v, int i) { return i < v->language_count ? v->languages[i] : NULL; }

/* The word number of <n>, <mail>, <url>, <handle>, <c>; 0 for anything else. */
static uint16_t placeholder(const char *s, size_t len)
{
    static const struct {
        const char *name;
        uint16_t word;
    } all[] = {{"<n>", CS_WORD_NUMBER},
               {"<mail>", CS_WORD_MAIL},
               {"<url>", CS_WORD_URL},
               {"<handle>", CS_WORD_HANDLE},
               {"<c>", CS_WORD_COPYRIGHT}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (strlen(all[i].name) == len && memcmp(all[i].name, s, len) == 0)
            return all[i].word;
    return 0;
}

static int word_of_class(cs_vocabulary *v, uint32_t languages, int class, uint16_t word)
{
    v->words[word].classes.bits[class >> 6] |= 1ull << (class & 63);
    if (strcmp(v->names[class], "common") == 0)
        v->common[word] |= languages;
    return 0;
}

/* Puts one phrase without alternatives into the trie. */
static int phrase_add(cs_vocabulary *v, uint32_t languages, int class, const char *s, size_t len)
{
    uint16_t words[PHRASE_WORDS];
    size_t count = 0;
    for (size_t at = 0; at < len;) {
        size_t from = at;
        if (s[at] == '<') {
            while (at < len && s[at] != '>')
                at++;
            at += at < len;
            uint16_t w = placeholder(s + from, at - from);
            if (w == 0 || count == PHRASE_WORDS)
                return -EINVAL;
            words[count++] = w;
            continue;
        }
        while (at < len && s[at] != '<')
            at++;
        cs_token part[64];
        size_t n = cs_tokens(v, s, from, at, part, 64);
        for (size_t i = 0; i < n; i++) {
            if (part[i].kind == CS_MARK)
                continue;
            if (count == PHRASE_WORDS)
                return -E2BIG;
            uint64_t h = cs_word_hash(s + part[i].start, part[i].end - part[i].start);
            words[count] = part[i].kind == CS_NUMBER ? (uint16_t)CS_WORD_NUMBER : word_add(v, h);
            if (words[count++] == 0)
                return -ENOSPC;
        }
    }
    if (count == 0)
        return 0;
    if (count == 1 && cs_class_quiet(v, class))
        return word_of_class(v, languages, class, words[0]);
    uint32_t node = 0;
    for (size_t i = 0; i < count; i++)
        if ((node = node_add(v, node, words[i])) == 0)
            return -ENOSPC;
    if (count == 1)
        word_of_class(v, languages, class, words[0]);
    for (uint32_t e = v->nodes[node].end; e; e = v->end[e].next)
        if (v->end[e].class == class) {
            v->end[e].languages |= languages;
            return 0;
        }
    if (v->end_count == ENDS_MAX)
        return -ENOSPC;
    v->end[v->end_count] = (struct end){v->nodes[node].end, languages, (uint16_t) class, 0};
    v->nodes[node].end = v->end_count++;
    return 0;
}

/* Writes out (a|b|) from left to right; `room` counts the phrases that may still come of this line. */
static int expand(cs_vocabulary *v, uint32_t languages, int class, const char *s, size_t len, int *room)
{
    const char *open = memchr(s, '(', len);
    if (open == NULL)
        return --*room < 0 ? -E2BIG : phrase_add(v, languages, class, s, len);
    const char *close = memchr(open, ')', len - (size_t)(open - s));
    if (close == NULL || memchr(open + 1, '(', (size_t)(close - open - 1)) != NULL)
        return -EINVAL;
    size_t before = (size_t)(open - s), after = len - (size_t)(close + 1 - s);
    for (const char *a = open + 1, *b; a <= close; a = b + 1) {
        b = a;
        while (b < close && *b != '|')
            b++;
        char line[512];
        size_t n = (size_t)(b - a);
        if (before + n + after > sizeof(line))
            return -E2BIG;
        memcpy(line, s, before);
        memcpy(line + before, a, n);
        memcpy(line + before + n, close + 1, after);
        int rc = expand(v, languages, class, line, before + n + after, room);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The class of a heading; a point before its name makes it quiet. */
static int section(cs_vocabulary *v, const char *name, size_t len)
{
    int quiet = len > 0 && name[0] == '.', class = cs_class(v, name + quiet, len - (size_t)quiet);
    if (class >= 0 && quiet)
        v->quiet.bits[class >> 6] |= 1ull << (class & 63);
    return class;
}

/* What stands at the nodes of single words, beside the words. */
static void index_words(cs_vocabulary *v)
{
    for (uint32_t w = 0; w < v->word_count; w++) {
        const struct node *node = &v->nodes[v->words[w].node];
        v->words[w].next = node->next;
        v->words[w].end = node->end != 0;
    }
}

int cs_vocabulary_add(cs_vocabulary *v, const char *language, cd_str table, char *why, size_t size)
{
    if (v->owned == NULL && own_arrays(v) < 0) {
        snprintf(why, size, "out of memory");
        return -ENOMEM;
    }
    uint32_t languages = language_bit(v, language);
    int class = -1, line = 0;
    for (size_t at = 0; at < table.len;) {
        const char *s = table.ptr + at;
        const char *newline = memchr(s, '\n', table.len - at);
        size_t start = 0, len = newline ? (size_t)(newline - s) : table.len - at;
        at += len + 1;
        line++;
        cs_trim(s, &start, &len);
        s += start;
        len -= start;
        if (len == 0 || (s[0] == '#' && (len == 1 || s[1] == ' ')))
            continue;
        int rc = 0, room = EXPANSIONS_MAX;
        if (s[0] == '[' && s[len - 1] == ']')
            class = section(v, s + 1, len - 2);
        else if (class >= 0)
            rc = expand(v, languages, class, s, len, &room);
        if (class < 0 || rc < 0) {
            snprintf(why, size, "table %s, line %d: %s", language, line,
                     class < 0       ? "no class, or too many classes"
                     : rc == -EINVAL ? "unbalanced (…) or unknown <…>"
                                     : "too large");
            return class < 0 ? -EINVAL : rc;
        }
    }
    index_words(v);
    return 0;
}

/* ---- Matching -------------------------------------------------------------------------------------------------- */

static size_t node_hits(const cs_vocabulary *v, uint32_t languages, uint32_t node, size_t first, size_t last,
                        cs_hit *out, size_t max)
{
    size_t n = 0;
    for (uint32_t e = v->nodes[node].end; e && n < max; e = v->end[e].next)
        if (v->end[e].languages & languages)
            out[n++] = (cs_hit){(uint32_t)first, (uint32_t)last, v->end[e].class, 0};
    return n;
}

/* The next word that a phrase may go on with; `end` if a mark divides. */
static inline size_t next_word(const cs_token *tokens, size_t i, size_t end)
{
    while (i < end && tokens[i].kind == CS_MARK && !(tokens[i].flags & CS_HARD) && tokens[i].word == 0)
        i++;
    return i < end && tokens[i].word ? i : end;
}

size_t cs_hits(const cs_vocabulary *v, uint32_t languages, const cs_token *tokens, size_t first, size_t end,
               cs_hit *out, size_t max)
{
    size_t n = 0;
    for (size_t i = first; i < end; i++) {
        const cs_word_entry *e = &v->words[tokens[i].word];
        if (e->end)
            n += node_hits(v, languages, e->node, i, i, out + n, max - n);
        uint64_t next = e->next;
        uint32_t node = e->node;
        for (size_t j = i; next;) {
            j = next_word(tokens, j + 1, end);
            if (j == end || !(next >> (tokens[j].word & 63) & 1))
                break;
            node = edge_at(v, node, tokens[j].word)->next;
            if (v->nodes[node].end)
                n += node_hits(v, languages, node, i, j, out + n, max - n);
            next = v->nodes[node].next;
        }
    }
    return n;
}
