/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/token.c: see token.h. The text is valid UTF-8 (the host's word); a broken sequence would only make odd
 * words.
 */
#include "token.h"

#include "vocabulary.h"

#include <endian.h>
#include <string.h>

#define HASH_SEED 0x9E3779B97F4A7C15u
#define HASH_STEP 0xD6E8FEB86659FD93u

/* The hash of a word's folded UTF-8, eight bytes a step; `part` holds the bytes of the step that is not full yet. */
struct hash {
    uint64_t sum, part;
    unsigned bytes;
};

static inline uint64_t hash_step(uint64_t sum, uint64_t part)
{
    sum = (sum ^ part) * HASH_STEP;
    return sum ^ (sum >> 32);
}

static inline void hash_byte(struct hash *h, uint32_t byte)
{
    h->part |= (uint64_t)byte << (8 * h->bytes++);
    if (h->bytes == 8)
        *h = (struct hash){hash_step(h->sum, h->part), 0, 0};
}

static void hash_letter(struct hash *h, uint32_t c)
{
    if (c < 0x80) {
        hash_byte(h, c);
        return;
    }
    for (int shift = c < 0x800 ? 6 : c < 0x10000 ? 12 : 18; shift > 0; shift -= 6)
        hash_byte(h, 0x80 | (c >> shift & 0xFF));
    hash_byte(h, 0x80 | (c & 63));
}

static inline uint64_t hash_end(const struct hash *h) { return h->bytes ? hash_step(h->sum, h->part) : h->sum; }

static inline int ascii_letter(unsigned char c) { return (unsigned)((c | 32) - 'a') < 26; }
static inline int ascii_digit(unsigned char c) { return (unsigned)(c - '0') < 10; }

/* The code point at s[at], and its length in bytes. */
static uint32_t decode(const char *s, size_t at, size_t end, size_t *len)
{
    const unsigned char *p = (const unsigned char *)s + at;
    size_t left = end - at;
    if (p[0] < 0x80 || left < 2)
        return *len = 1, p[0];
    if (p[0] < 0xE0)
        return *len = 2, (uint32_t)(p[0] & 31) << 6 | (p[1] & 63);
    if (p[0] < 0xF0 && left >= 3)
        return *len = 3, (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
    if (left >= 4)
        return *len = 4,
               (uint32_t)(p[0] & 7) << 18 | (uint32_t)(p[1] & 63) << 12 | (uint32_t)(p[2] & 63) << 6 | (p[3] & 63);
    return *len = left, 0xFFFD;
}

/* Lower case of Latin, Greek and Cyrillic letters: what the tables hold. Others come back as they are. */
static uint32_t fold(uint32_t c)
{
    if (c < 0x80)
        return c - 'A' < 26u ? c + 32 : c;
    if (c >= 0xC0 && c <= 0xDE && c != 0xD7)
        return c + 32;
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177) || (c >= 0x460 && c <= 0x4FF && c != 0x482) ||
        (c >= 0x1E00 && c <= 0x1EFF))
        return c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return c + (c & 1);
    if ((c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
        return c + 32;
    return c >= 0x400 && c <= 0x40F ? c + 80 : c;
}

static int caseless(uint32_t c) { return c >= 0x530 && !(c >= 0x1E00 && c <= 0x1FFF); }

static int space(uint32_t c)
{
    return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

static int invisible(uint32_t c)
{
    return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) ||
           c == 0xFE0F || c == 0xFEFF;
}

/* The letter of a mark beyond ASCII; 0 if c is part of a word. */
static char mark_of(uint32_t c)
{
    switch (c) {
    case 0xA9:
    case 0x2117: return 'c';
    case 0xAB:
    case 0xBB:
    case 0x2039:
    case 0x203A:
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x201F:
    case 0x300C:
    case 0x300D: return '"';
    case 0x2018:
    case 0x2019:
    case 0x201A:
    case 0x201B: return '\'';
    case 0x2026:
    case 0x3002:
    case 0x6D4:
    case 0x964: return '.';
    case 0xB7:
    case 0x2022:
    case 0x2023:
    case 0x25A0:
    case 0x25AA:
    case 0x25CF:
    case 0x25E6:
    case 0x25BA:
    case 0x25B6:
    case 0x2219: return '*';
    case 0x60C:
    case 0x3001:
    case 0xFF0C: return ',';
    case 0x61B:
    case 0xFF1B: return ';';
    case 0x61F:
    case 0xFF1F: return '?';
    case 0xFF01: return '!';
    case 0xFF1A: return ':';
    case 0xFF08:
    case 0x3010: return '(';
    case 0xFF09:
    case 0x3011: return ')';
    default: break;
    }
    if (c >= 0x2010 && c <= 0x2015)
        return '-';
    if (c < 0xC0 && c != 0xAA && c != 0xB5 && c != 0xBA)
        return '~';
    if (c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3003 && c <= 0x3004) ||
        (c >= 0x3008 && c <= 0x3020) || (c >= 0xFE10 && c <= 0xFE6F) || c == 0xFFFD || c == 0xFFFC ||
        (c >= 0x1F000 && c <= 0x1FAFF) || (c >= 0xE000 && c <= 0xF8FF))
        return '~';
    return 0;
}

size_t cs_space_at(const char *s, size_t at, size_t end)
{
    size_t len;
    if (at >= end)
        return 0;
    uint32_t c = decode(s, at, end, &len);
    return space(c) ? len : 0;
}

void cs_trim(const char *s, size_t *start, size_t *end)
{
    size_t n;
    while ((n = cs_space_at(s, *start, *end)) > 0)
        *start += n;
    while (*end > *start) {
        size_t back = *end - 1;
        while (back > *start && ((unsigned char)s[back] & 0xC0) == 0x80)
            back--;
        if (cs_space_at(s, back, *end) == 0)
            break;
        *end = back;
    }
}

static const char hard_marks[] = ".?!;:|()[]{}\"*~";

struct scan {
    const cs_vocabulary *vocabulary;
    const uint64_t *filter;
    const char *s;
    size_t at, end;
    cs_token *out;
    size_t count;
    unsigned spaced;
};

static int word_byte(const struct scan *k, size_t at)
{
    unsigned char c = at < k->end ? (unsigned char)k->s[at] : 0;
    return ascii_letter(c) || ascii_digit(c) || c == '_';
}

/* ASCII that can stand inside a word. */
static const unsigned char word_marks[128] = {['\''] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1};

/* An apostrophe at `at` between two letters: its length, else 0. */
static size_t inner_apostrophe(const struct scan *k, size_t at)
{
    size_t len = 0;
    if (k->s[at] == '\'')
        len = 1;
    else if (k->end - at > 3 && memcmp(k->s + at, "\xE2\x80\x99", 3) == 0)
        len = 3;
    if (len == 0 || at + len >= k->end)
        return 0;
    unsigned char next = (unsigned char)k->s[at + len];
    return ascii_letter(next) || (next >= 0xC3 && next < 0xE0) ? len : 0;
}

static cs_token *push(struct scan *k, size_t start, uint8_t kind)
{
    cs_token *t = &k->out[k->count++];
    *t = (cs_token){.start = (uint32_t)start, .end = (uint32_t)k->at, .kind = kind, .flags = (uint8_t)k->spaced};
    k->spaced = 0;
    return t;
}

static void run_to_space(struct scan *k)
{
    while (k->at < k->end && cs_space_at(k->s, k->at, k->end) == 0 && !strchr("\"<>()[]{}|", k->s[k->at]) &&
           memcmp(k->s + k->at, "\xE2\x80", k->end - k->at >= 2 ? 2 : k->end - k->at) != 0)
        k->at++;
    while (strchr(".,;:!?'", k->s[k->at - 1]))
        k->at--;
}

/* The tokens that touch the place where we are and belong to one address: dots, hyphens, words. Gives the first one's
 * start. */
static size_t address_start(struct scan *k)
{
    size_t first = k->count;
    uint32_t edge = (uint32_t)k->at;
    while (first > 0 && k->out[first - 1].end == edge) {
        const cs_token *t = &k->out[first - 1];
        if (t->kind == CS_MARK && !(t->end - t->start == 1 && strchr(".-_+", k->s[t->start])))
            break;
        edge = t->start;
        first--;
    }
    while (first < k->count && k->out[first].kind == CS_MARK)
        first++;
    if (first == k->count)
        return k->at;
    size_t start = k->out[first].start;
    k->spaced = k->out[first].flags & CS_SPACED;
    k->count = first;
    return start;
}

static void address(struct scan *k, uint8_t kind)
{
    size_t start = address_start(k);
    run_to_space(k);
    push(k, start, kind)->word = kind == CS_MAIL ? CS_WORD_MAIL : CS_WORD_URL;
}

static void number(struct scan *k)
{
    size_t start = k->at;
    unsigned value = 0, digits = 0, colons = 0, strokes = 0;
    for (; k->at < k->end; k->at++) {
        unsigned char c = (unsigned char)k->s[k->at];
        if (ascii_digit(c)) {
            value = digits < 4 ? value * 10 + (c - '0') : 0;
            digits++;
        } else if (strchr(".,:/", (char)c) && c != 0 && k->at + 1 < k->end &&
                   ascii_digit((unsigned char)k->s[k->at + 1])) {
            colons += c == ':';
            strokes += c == '/' || c == '.';
        } else if (!ascii_letter(c)) {
            break;
        }
    }
    cs_token *t = push(k, start, CS_NUMBER);
    t->word = CS_WORD_NUMBER;
    t->value = digits <= 4 && colons + strokes == 0 ? (uint16_t)value : 0;
    t->flags |= (uint8_t)((colons ? CS_CLOCK : 0) | (strokes == 2 && !colons ? CS_DATED : 0));
}

/* Takes the word that ends here as an address, whole, if what follows it makes it one. */
static void word_is_address(struct scan *k, const cs_token *t)
{
    const char *p = k->s + k->at;
    size_t left = k->end - k->at;
    if (left >= 2 && p[0] == '@' && word_byte(k, k->at + 1)) {
        address(k, CS_MAIL);
        return;
    }
    if (t->word == 0 || (t->flags & CS_SPACED && t->word != CS_WORD_HTTP && t->word != CS_WORD_WWW))
        return;
    int web = (t->word == CS_WORD_HTTP && left >= 3 && memcmp(p, "://", 3) == 0) ||
              (t->word == CS_WORD_WWW && left >= 2 && p[0] == '.' && word_byte(k, k->at + 1));
    int domain = k->count >= 3 && !(t->flags & (CS_SPACED | CS_CAPITAL)) && t[-1].value == '.' &&
                 t[-1].kind == CS_MARK && cs_word_is_tld(k->vocabulary, t->word) && t[-1].end == t->start &&
                 t[-2].end == t[-1].start && t[-2].kind != CS_MARK;
    if (web || domain)
        address(k, CS_URL);
}

#define EACH_BYTE 0x0101010101010101u
#define HIGH_BITS 0x8080808080808080u

static inline unsigned bytes_with_high_bit(uint64_t bytes) { return (unsigned)((bytes >> 7) * EACH_BYTE >> 56); }

/* Eight bytes at once: which of them are letters A to Z, in lower case, and how many begin the run. */
struct eight {
    uint64_t low, upper;
    unsigned count;
};

static inline struct eight read_eight(const char *s)
{
    uint64_t bytes;
    memcpy(&bytes, s, 8);
    bytes = le64toh(bytes);
    uint64_t low = (bytes | 0x20 * EACH_BYTE) & ~HIGH_BITS;
    /* In each byte the high bit says whether it is a letter. */
    uint64_t letter = ((low + (0x80 - 'a') * EACH_BYTE) ^ (low + (0x7F - 'z') * EACH_BYTE)) & ~bytes & HIGH_BITS;
    uint64_t other = ~letter & HIGH_BITS, upper = letter & ~(bytes << 2);
    if (other == 0)
        return (struct eight){low, upper, 8};
    unsigned count = (unsigned)__builtin_ctzll(other) / 8;
    uint64_t mask = (1ull << (8 * count)) - 1;
    return (struct eight){low & mask, upper & mask, count};
}

/* What is known of a word while it is read. */
struct reading {
    struct hash hash;
    unsigned letters, upper, first_upper, caseless;
    uint64_t stem;   /* the hash before the last apostrophe */
    size_t stem_end; /* 0: none */
};

static void read_ascii(struct scan *k, struct reading *r)
{
    while (k->end - k->at >= 8) {
        struct eight e = read_eight(k->s + k->at);
        r->upper += bytes_with_high_bit(e.upper);
        r->letters += e.count;
        k->at += e.count;
        if (e.count == 8) {
            r->hash.sum = hash_step(r->hash.sum, e.low);
        } else {
            r->hash.part = e.low;
            r->hash.bytes = e.count;
            return;
        }
    }
    for (unsigned char b; k->at < k->end && ascii_letter(b = (unsigned char)k->s[k->at]); k->at++) {
        hash_byte(&r->hash, b | 32u);
        r->upper += !(b & 32);
        r->letters++;
    }
}

/* The rest of the word: letters of all scripts, digits, apostrophes between letters. */
static void read_letters(struct scan *k, struct reading *r)
{
    while (k->at < k->end) {
        unsigned char b = (unsigned char)k->s[k->at];
        size_t len = 1;
        if (b < 0x80 && !word_marks[b])
            break;
        uint32_t c = b;
        if (b == '\'' && inner_apostrophe(k, k->at) == 0)
            break;
        if (b >= 0x80) {
            c = decode(k->s, k->at, k->end, &len);
            if (c == 0x2019 && inner_apostrophe(k, k->at))
                c = '\'';
            else if (invisible(c) || space(c) || mark_of(c))
                break;
        }
        if (c == '\'') {
            r->stem = hash_end(&r->hash);
            r->stem_end = k->at;
        }
        uint32_t low = fold(c);
        r->upper += (unsigned)(low != c);
        r->caseless += (unsigned)caseless(c);
        if (r->letters++ == 0)
            r->first_upper = low != c;
        hash_letter(&r->hash, low);
        k->at += len;
    }
}

static cs_token *push_word(struct scan *k, size_t start, uint64_t h, unsigned letters, unsigned upper, int first_upper)
{
    cs_token *t = push(k, start, CS_WORD);
    t->letters = letters > 255 ? 255 : (uint8_t)letters;
    t->flags |= (uint8_t)((first_upper ? CS_CAPITAL : 0) | (upper >= 2 && upper == letters ? CS_CAPITALS : 0));
    t->value = (uint16_t)(h >> 40);
    t->word = cs_vocabulary_word(k->vocabulary, k->filter, h);
    return t;
}

static int ends_word(const struct scan *k, size_t at)
{
    unsigned char c = (unsigned char)k->s[at];
    return c < 0x80 && !word_marks[c];
}

static void word(struct scan *k)
{
    size_t start = k->at;
    unsigned char first = (unsigned char)k->s[start];
    int first_upper = ascii_letter(first) && !(first & 32);
    if (k->end - start >= 8) { /* the usual word has fewer than eight letters, all ASCII */
        struct eight e = read_eight(k->s + start);
        if (e.count > 0 && e.count < 8 && ends_word(k, start + e.count)) {
            k->at += e.count;
            unsigned upper = bytes_with_high_bit(e.upper);
            word_is_address(k, push_word(k, start, hash_step(HASH_SEED, e.low), e.count, upper, first_upper));
            return;
        }
    }
    struct reading r = {.hash = {HASH_SEED, 0, 0}, .first_upper = (unsigned)first_upper};
    read_ascii(k, &r);
    if (k->at < k->end && !ends_word(k, k->at))
        read_letters(k, &r);
    cs_token *t = push_word(k, start, hash_end(&r.hash), r.letters, r.upper, r.first_upper != 0);
    t->flags |= r.caseless ? CS_CASELESS : 0;
    if (r.stem_end && r.upper >= 2 && r.upper + 1 == r.letters) /* "DON'T": the apostrophe has no case */
        t->flags |= CS_CAPITALS;
    if (r.stem_end && k->at - r.stem_end <= 4 && (k->s[k->at - 1] | 32) == 's') {
        if (r.upper >= 2 && r.upper + 2 == r.letters)
            t->flags |= CS_CAPITALS;
        if (t->word == 0) {
            t->word = cs_vocabulary_word(k->vocabulary, k->filter, r.stem);
            t->flags |= CS_POSSESSIVE;
        }
    }
    word_is_address(k, t);
}

static void mark(struct scan *k, char letter, size_t len)
{
    size_t start = k->at;
    k->at += len;
    cs_token *t = push(k, start, CS_MARK);
    t->value = (uint16_t)letter;
    t->word = letter == 'c' ? CS_WORD_COPYRIGHT : 0;
    int inner = letter == '.' && len == 1 && k->count > 1 && k->at < k->end && t[-1].kind == CS_WORD &&
                (t[-1].letters == 1 || word_byte(k, k->at));
    if (strchr(hard_marks, letter) && !inner)
        t->flags |= CS_HARD;
}

/* "(c) 2021" */
static int typed_copyright(const struct scan *k)
{
    const char *p = k->s + k->at;
    size_t left = k->end - k->at;
    return left >= 5 && (p[1] | 32) == 'c' && p[2] == ')' &&
           (ascii_digit((unsigned char)p[3]) || (p[3] == ' ' && ascii_digit((unsigned char)p[4])));
}

/* "[email protected]": a mail address that a page hid from robots, with a space of either kind. Its length, or 0. */
static size_t hidden_mail(const struct scan *k)
{
    static const char *const forms[] = {"[email protected]", "[email\xC2\xA0protected]"};
    for (int i = 0; i < 2; i++) {
        size_t len = strlen(forms[i]);
        if (k->end - k->at >= len && memcmp(k->s + k->at, forms[i], len) == 0)
            return len;
    }
    return 0;
}

static void ascii_mark(struct scan *k, unsigned char c)
{
    if (c == '(' && typed_copyright(k)) {
        mark(k, 'c', 3);
        return;
    }
    size_t start = k->at, hidden = c == '[' ? hidden_mail(k) : 0;
    if (hidden) {
        k->at += hidden;
        push(k, start, CS_MAIL)->word = CS_WORD_MAIL;
        return;
    }
    int opens = (c == '@' || c == '#') && word_byte(k, k->at + 1);
    if (!opens) {
        mark(k, (char)c, 1);
        return;
    }
    k->at++;
    while (word_byte(k, k->at))
        k->at++;
    cs_token *t = push(k, start, c == '@' ? CS_HANDLE : CS_HASHTAG);
    t->word = c == '@' ? CS_WORD_HANDLE : 0;
}

size_t cs_tokens(const cs_vocabulary *vocabulary, const char *text, size_t start, size_t end, cs_token *out, size_t max)
{
    struct scan k = {vocabulary, cs_word_filter(vocabulary), text, start, end, out, 0, CS_SPACED};
    while (k.at < end && k.count < max) {
        unsigned char c = (unsigned char)text[k.at];
        if (ascii_letter(c)) {
            word(&k);
        } else if (c == ' ' || (c >= 9 && c <= 13)) {
            k.at++;
            k.spaced = CS_SPACED;
        } else if (ascii_digit(c)) {
            number(&k);
        } else if (c < 0x80) {
            if (c < 0x20)
                k.at++;
            else
                ascii_mark(&k, c);
        } else {
            size_t len;
            uint32_t p = decode(text, k.at, end, &len);
            char letter = mark_of(p);
            if (space(p) || invisible(p)) {
                k.at += len;
                if (space(p))
                    k.spaced = CS_SPACED;
            } else if (letter) {
                mark(&k, letter, len);
            } else {
                word(&k);
            }
        }
    }
    return k.count;
}

uint64_t cs_word_hash(const char *w, size_t len)
{
    struct hash h = {HASH_SEED, 0, 0};
    for (size_t at = 0, n; at < len; at += n) {
        uint32_t c = decode(w, at, len, &n);
        hash_letter(&h, c == 0x2019 ? '\'' : fold(c));
    }
    return hash_end(&h);
}
