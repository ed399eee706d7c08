/* SPDX-License-Identifier: Apache-2.0
 *
 * token.c: one pass over the text that makes the tokens.
 *
 * Knows about bytes and characters, nothing about sentences or speech. Encoding damage is read as what it was: UTF-8
 * that was taken for Windows-1252 and encoded again, C1 controls, HTML references, doubled ASCII marks.
 */
#include "token.h"

#include <errno.h>
#include <string.h>
#include <utf8proc.h>

enum sort { SPACE, NEWLINE, LETTER, DIGIT, SIGN, GLYPH, NOTHING };

/* One character or damaged sequence of the text. */
struct piece {
    enum sort sort;
    uint32_t length;
    uint32_t code; /* GLYPH: qe_glyph; SIGN: punctuation code; LETTER: the code point */
};

static uint32_t decode(const unsigned char *s, size_t left, uint32_t *length)
{
    utf8proc_int32_t cp = -1;
    utf8proc_ssize_t n = utf8proc_iterate(s, left > 4 ? 4 : (utf8proc_ssize_t)left, &cp);
    *length = n > 0 ? (uint32_t)n : 1;
    return n > 0 ? (uint32_t)cp : 0xFFFD;
}

/* Sequences of several characters that stand for one mark. The first byte is checked by the caller. */
static const struct {
    const char *bytes;
    uint8_t length, code;
} damaged[] = {
    {"\xC3\xA2\xE2\x82\xAC\xC5\x93", 7, QE_LEFT},
    {"\xC3\xA2\xE2\x82\xAC\xC2\x9D", 7, QE_RIGHT},
    {"\xC3\xA2\xE2\x82\xAC\xE2\x84\xA2", 8, QE_SINGLE_RIGHT},
    {"\xC3\xA2\xE2\x82\xAC\xCB\x9C", 7, QE_SINGLE_LEFT},
    {"\xC3\xA2\xE2\x82\xAC\xC5\xBE", 7, QE_LOW},
    {"&quot;", 6, QE_STRAIGHT},
    {"&ldquo;", 7, QE_LEFT},
    {"&rdquo;", 7, QE_RIGHT},
    {"&lsquo;", 7, QE_SINGLE_LEFT},
    {"&rsquo;", 7, QE_SINGLE_RIGHT},
    {"&laquo;", 7, QE_GUIL_LEFT},
    {"&raquo;", 7, QE_GUIL_RIGHT},
    {"&bdquo;", 7, QE_LOW},
    {"&sbquo;", 7, QE_SINGLE_LOW},
    {"&apos;", 6, QE_APOSTROPHE},
    {"''", 2, QE_STRAIGHT},
    {"``", 2, QE_STRAIGHT},
};

static int damaged_mark(const char *s, size_t left, struct piece *out)
{
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        if (left < damaged[i].length || memcmp(s, damaged[i].bytes, damaged[i].length))
            continue;
        *out = (struct piece){GLYPH, damaged[i].length, damaged[i].code};
        return 1;
    }
    if (left >= 5 && !memcmp(s, "\xC3\xA2\xE2\x82\xAC", 5)) { /* the last byte got lost: a closing mark nearly always */
        *out = (struct piece){GLYPH, 5, QE_RIGHT};
        return 1;
    }
    return 0;
}

static uint32_t glyph(uint32_t cp)
{
    switch (cp) {
    case 0x201C:
    case 0x93: return QE_LEFT;
    case 0x201D:
    case 0x94:
    case 0x201F: return QE_RIGHT;
    case 0x201E:
    case 0x84: return QE_LOW;
    case 0xAB:
    case 0x300A: return QE_GUIL_LEFT;
    case 0xBB:
    case 0x300B: return QE_GUIL_RIGHT;
    case 0x300C:
    case 0x300E:
    case 0xFF62: return QE_CORNER_OPEN;
    case 0x300D:
    case 0x300F:
    case 0xFF63: return QE_CORNER_CLOSE;
    case 0xFF02: return QE_STRAIGHT;
    case 0x2018:
    case 0x91: return QE_SINGLE_LEFT;
    case 0x2019:
    case 0x92:
    case 0x201B: return QE_SINGLE_RIGHT;
    case 0x201A:
    case 0x82: return QE_SINGLE_LOW;
    case 0x2039: return QE_ANGLE_LEFT;
    case 0x203A: return QE_ANGLE_RIGHT;
    default: return 0;
    }
}

static uint32_t sign(uint32_t cp)
{
    switch (cp) {
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x2012: return QE_DASH;
    case 0x2026: return QE_ELLIPSIS;
    case 0x2022:
    case 0x25CF:
    case 0xB7:
    case 0x25AA: return QE_BULLET;
    case 0x3002:
    case 0xFF0E:
    case 0xFF61: return '.';
    case 0xFF0C:
    case 0x3001: return ',';
    case 0xFF01: return '!';
    case 0xFF1F: return '?';
    case 0xFF1A: return ':';
    case 0xFF1B: return ';';
    case 0xFF08: return '(';
    case 0xFF09: return ')';
    case 0xA1: return 0xA1; /* ¡ ¿ open a sentence */
    case 0xBF: return 0xBF;
    default: return QE_OTHER;
    }
}

static struct piece classify(uint32_t cp, uint32_t length)
{
    uint32_t mark = glyph(cp);
    if (mark)
        return (struct piece){GLYPH, length, mark};
    if (cp == 0x2028 || cp == 0x2029 || cp == 0x85)
        return (struct piece){NEWLINE, length, 0};
    if ((cp >= 0x200B && cp <= 0x200F) || cp == 0xFEFF || cp == 0x2060 || cp == 0xAD)
        return (struct piece){NOTHING, length, 0};
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_ZS: return (struct piece){SPACE, length, 0};
    case UTF8PROC_CATEGORY_CC: return (struct piece){SPACE, length, 0};
    case UTF8PROC_CATEGORY_ND: return (struct piece){DIGIT, length, cp};
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return (struct piece){LETTER, length, cp};
    default: return (struct piece){SIGN, length, sign(cp)};
    }
}

/* &#8216; and &#x2018;: the character that the reference names, if it is no letter and no figure. */
static int reference(const char *s, size_t left, struct piece *out)
{
    size_t at = 2, hex = left > 2 && (s[2] | 32) == 'x';
    uint32_t cp = 0;
    if (left < 4 || s[1] != '#')
        return 0;
    for (at += hex; at < left && at < 9; at++) {
        int c = s[at] | 32, digit = s[at] >= '0' && s[at] <= '9';
        if (!digit && !(hex && c >= 'a' && c <= 'f'))
            break;
        cp = cp * (hex ? 16 : 10) + (uint32_t)(digit ? s[at] - '0' : c - 'a' + 10);
    }
    if (at >= left || s[at] != ';' || cp < 32)
        return 0;
    *out = cp == '"'    ? (struct piece){GLYPH, 0, QE_STRAIGHT}
           : cp == '\'' ? (struct piece){GLYPH, 0, QE_APOSTROPHE}
                        : classify(cp, 0);
    out->length = (uint32_t)at + 1;
    return cp >= 0x80 ? out->sort != LETTER && out->sort != DIGIT && out->sort != NOTHING : out->sort == GLYPH;
}

static struct piece piece_at(const char *s, size_t left)
{
    unsigned char c = (unsigned char)*s;
    struct piece piece;
    if (c >= 0x80) {
        if (c == 0xC3 && left >= 5 && damaged_mark(s, left, &piece))
            return piece;
        if (left >= 4 && !memcmp(s, "\xC3\x83\xC2", 3)) /* a letter encoded twice: PeÃ±a */
            return (struct piece){LETTER, 4, 0x40u + (unsigned char)s[3]};
        uint32_t length, cp = decode((const unsigned char *)s, left, &length);
        return classify(cp, length);
    }
    if ((c | 32) >= 'a' && (c | 32) <= 'z')
        return (struct piece){LETTER, 1, c};
    if (c >= '0' && c <= '9')
        return (struct piece){DIGIT, 1, c};
    if (c == '\n' || c == '\r')
        return (struct piece){NEWLINE, 1, 0};
    if (c <= ' ' || c == 0x7F)
        return (struct piece){SPACE, 1, 0};
    if (c == '"')
        return (struct piece){GLYPH, 1, QE_STRAIGHT};
    if (c == '\'' || c == '`' || c == '&') {
        if (damaged_mark(s, left, &piece) || (c == '&' && reference(s, left, &piece)))
            return piece;
        if (c != '&')
            return (struct piece){GLYPH, 1, c == '`' ? QE_SINGLE_LEFT : QE_APOSTROPHE};
    }
    return (struct piece){SIGN, 1, c};
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

struct scan {
    const char *text;
    size_t length;
    const qe_lexicon *lexicon;
};

static int is_apostrophe(struct piece piece)
{
    return piece.sort == GLYPH && (piece.code == QE_APOSTROPHE || piece.code == QE_SINGLE_RIGHT) && piece.length <= 8;
}

static int upper(uint32_t cp)
{
    return cp < 0x80 ? cp >= 'A' && cp <= 'Z' : utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_LU;
}

static struct piece next_piece(const struct scan *scan, size_t at)
{
    return at < scan->length ? piece_at(scan->text + at, scan->length - at) : (struct piece){SPACE, 0, 0};
}

static int inside_word(struct piece piece)
{
    return piece.sort == LETTER || piece.sort == DIGIT || piece.sort == NOTHING;
}

/* dit-il, assure-t-elle: the pronoun behind the hyphen is a word of its own. */
static int hangs_on_verb(const struct scan *scan, size_t at)
{
    static const char *const pronouns[] = {"il", "elle", "ils", "elles", "on", "t-il", "t-elle", "t-on"};
    for (size_t i = 0; i < sizeof pronouns / sizeof *pronouns; i++) {
        size_t n = strlen(pronouns[i]);
        if (at + n <= scan->length && !memcmp(scan->text + at, pronouns[i], n) &&
            !(at + n < scan->length && (scan->text[at + n] | 32) >= 'a' && (scan->text[at + n] | 32) <= 'z'))
            return 1;
    }
    return 0;
}

/* What joins two halves of one word: an apostrophe or a hyphen between letters. Its length, or 0. */
static uint32_t joint(const struct scan *scan, size_t at, struct piece piece)
{
    int joins = is_apostrophe(piece) || (piece.sort == SIGN && piece.length == 1 && piece.code == '-');
    if (!joins)
        return 0;
    struct piece behind = next_piece(scan, at + piece.length);
    if (piece.sort == SIGN && scan->lexicon->incise && hangs_on_verb(scan, at + 1))
        return 0;
    return behind.sort == LETTER || (behind.sort == DIGIT && piece.sort == SIGN) ? piece.length : 0;
}

/* "U.S.", "J.", "a.m.": single letters with dots. The end, or 0. */
static size_t dotted_letters(const struct scan *scan, size_t start)
{
    const char *s = scan->text;
    size_t at = start, pairs = 0;
    while (at + 1 < scan->length && ((s[at] | 32) >= 'a' && (s[at] | 32) <= 'z') && s[at + 1] == '.') {
        at += 2;
        pairs++;
    }
    if (pairs == 0 || (pairs == 1 && !(s[start] >= 'A' && s[start] <= 'Z')))
        return 0;
    if (at < scan->length && inside_word(next_piece(scan, at)) && pairs > 1 && next_piece(scan, at).sort == LETTER)
        return 0; /* "e.g.foo", addresses */
    return at;
}

/* A German compound is what its last part is: Finanzminister is a minister. Classes of nouns only. */
static uint64_t compound_bits(const struct scan *scan, size_t start, size_t end)
{
    const uint64_t nouns = QE_ROLE | QE_TITLE | QE_ORG | QE_NOUNCUE | QE_MEDIUM;
    for (size_t at = end - start > 20 ? end - 16 : start + 3; at + 4 <= end; at++) {
        if (((unsigned char)scan->text[at] & 0xC0) == 0x80)
            continue;
        uint64_t bits = qe_lexicon_bits(scan->lexicon, qe_hash_word(scan->text + at, end - at));
        if ((bits & nouns) && !((bits & QE_KIN) && end - at < 6)) /* but: Bergmann */
            return bits & (nouns | QE_MALE | QE_FEMALE | QE_PLURAL) & ~(bits & QE_GIVEN);
    }
    return 0;
}

/* The same for a form with an ending: den Architekten, des Finanzministers. */
static uint64_t inflected_bits(const struct scan *scan, size_t start, size_t end)
{
    static const char *const endings[] = {"en", "es", "n", "s"};
    const uint64_t nouns = QE_ROLE | QE_TITLE | QE_ORG;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]);
        if (end - start < 6 + n || memcmp(scan->text + end - n, endings[i], n) != 0)
            continue;
        uint64_t bits = qe_lexicon_bits(scan->lexicon, qe_hash_word(scan->text + start, end - n - start));
        bits = (bits & nouns) && !(bits & QE_KIN) ? bits & ~(bits & QE_GIVEN) : compound_bits(scan, start, end - n);
        if (bits & nouns)
            return bits & (nouns | QE_MALE | QE_FEMALE);
    }
    return 0;
}

/* What the ending of an unknown word says, where the table lists endings: miró. */
static uint64_t ending_bits(const struct scan *scan, size_t start, size_t end)
{
    char form[12] = "-";
    for (size_t n = 2; n <= 10 && start + n + 2 <= end; n++) {
        memcpy(form + 1, scan->text + end - n, n);
        uint64_t bits = qe_lexicon_bits(scan->lexicon, qe_hash_word(form, n + 1));
        if (bits)
            return bits;
    }
    return 0;
}

/* What the parts of a joined word say: ex-minister and Director-General are what their last part is, al-Masri and
 * d'Estrées are names although they start small. `joints` are the first and the last joint. */
static void read_parts(const struct scan *scan, size_t start, size_t end, const size_t joints[2], qe_token *token)
{
    const char *s = scan->text;
    uint64_t first = qe_lexicon_bits(scan->lexicon, qe_hash_word(s + start, joints[0] - start));
    size_t behind = joints[0] + (s[joints[0]] == '-' || s[joints[0]] == '\'' ? 1 : 3);
    int small = !upper(next_piece(scan, start).code);
    if (small && joints[0] - start <= 3 && (first & QE_PARTICLE) && behind < end &&
        upper(next_piece(scan, behind).code))
        token->flags |= QE_CAPITAL;
    if (token->bits || s[joints[1]] != '-')
        return;
    if (s[start] >= '0' && s[start] <= '9') { /* 34-year-old */
        token->bits =
            qe_lexicon_bits(scan->lexicon, qe_hash_word(s + behind, end - behind)) & (QE_EPITHET | QE_MALE | QE_FEMALE);
        return;
    }
    uint64_t last = qe_lexicon_bits(scan->lexicon, qe_hash_word(s + joints[1] + 1, end - joints[1] - 1));
    if (small || (first & (QE_TITLE | QE_ROLE)) || joints[0] - start <= 2)
        token->bits =
            last & (QE_TITLE | QE_ROLE) ? last & (QE_TITLE | QE_ROLE | QE_KIN | QE_MALE | QE_FEMALE | QE_PLURAL) : 0;
}

/* Reads a word or number that starts at `start`; fills the token but for the mask flag. */
static void read_word(const struct scan *scan, size_t start, qe_token *token)
{
    size_t at = start, owner = 0, joints[2] = {0, 0};
    uint32_t letters = 0, capitals = 0, foreign = 0;
    struct piece piece = next_piece(scan, at), first = piece;
    size_t dots = first.sort == LETTER && first.length == 1 ? dotted_letters(scan, start) : 0;
    while (at < scan->length) {
        uint32_t joins = inside_word(piece) ? 0 : joint(scan, at, piece);
        if (!inside_word(piece) && !joins)
            break;
        owner = joins && is_apostrophe(piece) ? at : owner;
        joints[1] = joins ? at : joints[1];
        joints[0] = joints[0] ? joints[0] : joints[1];
        letters += piece.sort == LETTER;
        foreign |= piece.sort == LETTER && piece.length > 1;
        capitals += piece.sort == LETTER && upper(piece.code);
        at += joins ? joins : piece.length;
        size_t state = joins && scan->text[at - 1] == '-' && !dots ? dotted_letters(scan, at) : 0;
        if (state) { /* (D-N.M.) */
            dots = state;
            break;
        }
        piece = next_piece(scan, at);
    }
    size_t word_end = at;
    if (owner && (scan->text[at - 1] | 32) == 's' && scan->text[at - 2] != 's' &&
        (at - owner == 2 || at - owner == 4)) {
        word_end = owner;
        token->flags |= QE_OWNER;
    }
    if (dots) {
        at = word_end = dots;
        token->flags |= QE_INITIAL | QE_DOTTED;
    }
    token->kind = letters || dots ? QE_WORD : QE_NUMBER;
    token->hash = qe_hash_word(scan->text + start, word_end - start);
    token->bits = token->kind == QE_WORD ? qe_lexicon_bits(scan->lexicon, token->hash) : 0;
    if (token->bits == 0 && joints[0] && scan->text[joints[0]] != '-') {
        uint64_t hash = qe_hash_word(scan->text + start, joints[0] - start),
                 bits = qe_lexicon_bits(scan->lexicon, hash);
        if (bits & QE_ELIDED) { /* l'agence is two words */
            word_end = at = joints[0] + (scan->text[joints[0]] == '\'' ? 1 : 3);
            token->hash = hash;
            token->bits = bits;
            token->flags &= (uint16_t)~QE_OWNER;
            joints[0] = joints[1] = 0;
            capitals = letters; /* what follows is not looked at */
        }
    }
    if (token->bits == 0 && scan->lexicon->nouns_capital && first.sort == LETTER && upper(first.code)) {
        token->bits = compound_bits(scan, start, word_end);
        token->bits = token->bits ? token->bits : inflected_bits(scan, start, word_end);
    }
    if (token->bits == 0 && scan->lexicon->verb_endings && letters > 3 && !upper(first.code))
        token->bits = ending_bits(scan, start, word_end);
    if (token->bits == 0 && scan->lexicon->endings && letters > 4 && !upper(first.code) &&
        !memcmp(scan->text + word_end - 2, "ly", 2))
        token->bits = QE_ADVERB;
    if (!dots && at < scan->length && scan->text[at] == '.' && (token->bits & QE_ABBREV)) {
        at++;
        token->flags |= QE_DOTTED;
    }
    if (first.sort == LETTER && upper(first.code))
        token->flags |= QE_CAPITAL;
    if (letters > 1 && capitals == letters)
        token->flags |= QE_UPPER;
    if (joints[1] && joints[1] < word_end && token->kind == QE_WORD && joints[0] < word_end)
        read_parts(scan, start, word_end, joints, token);
    if (foreign && first.code > 0x7F && utf8proc_category((utf8proc_int32_t)first.code) == UTF8PROC_CATEGORY_LO)
        token->flags |= QE_FOREIGN;
    if ((scan->text[at - 1] | 32) == 's')
        token->flags |= QE_ENDS_S;
    token->end = (uint32_t)at;
}

/* ---- marks and punctuation --------------------------------------------------------------------------------------- */

static int closes_before(struct piece piece)
{
    if (piece.sort == SPACE || piece.sort == NEWLINE || piece.length == 0)
        return 1;
    if (piece.sort == GLYPH)
        return 1;
    return piece.sort == SIGN && piece.code != '(' && piece.code != '[' && piece.code != '$' && piece.code != '#' &&
           piece.code != '@' && piece.code != 0xA1 && piece.code != 0xBF && piece.code != QE_OTHER;
}

static int opens_after(const qe_token *last, int spaced)
{
    if (spaced || last == NULL || last->kind == QE_BREAK)
        return 1;
    if (last->kind == QE_MARK)
        return (last->flags & QE_OPENISH) != 0;
    return last->kind == QE_PUNCT && (last->code == '(' || last->code == '[' || last->code == QE_DASH ||
                                      last->code == '/' || last->code == '-' || last->code == ':');
}

static void read_sign(const struct scan *scan, size_t at, struct piece piece, qe_token *token)
{
    const char *s = scan->text + at;
    size_t left = scan->length - at;
    token->kind = QE_PUNCT;
    token->code = piece.code;
    token->end = (uint32_t)(at + piece.length);
    if (piece.length != 1)
        return;
    if (*s == '-' && left > 1 && s[1] == '-') {
        token->code = QE_DASH;
        token->end += left > 2 && s[2] == '-' ? 2u : 1u;
    } else if (*s == '-' && (token->flags & QE_SPACED) && left > 1 && s[1] == ' ') {
        token->code = QE_DASH;
    } else if (*s == '*' && (token->flags & QE_SPACED) && left > 1 && s[1] == ' ') {
        token->code = QE_BULLET;
    } else if (*s == '.' && left > 2 && s[1] == '.' && s[2] == '.') {
        token->code = QE_ELLIPSIS;
        token->end += left > 3 && s[3] == '.' ? 3u : 2u;
    } else if (*s == '.' && left > 4 && !memcmp(s, ". . .", 5)) {
        token->code = QE_ELLIPSIS;
        token->end += 4;
    }
}

/* @starry_dee: the line that a word cannot hold is part of a handle. */
static void read_handle(const struct scan *scan, size_t start, qe_token *token)
{
    read_word(scan, start, token);
    token->flags |= QE_HANDLE;
    size_t end = token->end;
    for (; end < scan->length; end++) {
        char c = scan->text[end];
        if (c != '_' && !((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9'))
            break;
    }
    if (end == token->end)
        return;
    token->end = (uint32_t)end;
    token->hash = qe_hash_word(scan->text + start, end - start);
    token->bits = 0;
    token->flags &= (uint16_t)~QE_OWNER;
}

static void read_token(const struct scan *scan, size_t at, struct piece piece, const qe_token *last, qe_token *token)
{
    if (piece.sort == LETTER || piece.sort == DIGIT) {
        read_word(scan, at, token);
    } else if (piece.sort == GLYPH) {
        token->kind = QE_MARK;
        token->code = piece.code;
        token->end = (uint32_t)(at + piece.length);
        if (opens_after(last, token->flags & QE_SPACED))
            token->flags |= QE_OPENISH;
        if (closes_before(next_piece(scan, token->end)))
            token->flags |= QE_CLOSISH;
    } else if (piece.sort == SIGN && piece.code == '@' && next_piece(scan, at + 1).sort == LETTER) {
        read_handle(scan, at + 1, token);
    } else {
        read_sign(scan, at, piece, token);
    }
}

/* An apostrophe that starts a clipped word or a decade is no mark: 'em, 'n', '90s. */
static int is_elision(const struct scan *scan, const qe_token *token)
{
    if (token->code != QE_APOSTROPHE && token->code != QE_SINGLE_RIGHT && token->code != QE_SINGLE_LEFT)
        return 0;
    struct piece behind = next_piece(scan, token->end);
    if (behind.sort == DIGIT)
        return token->end + 2 <= scan->length && scan->text[token->end + 1] >= '0' && scan->text[token->end + 1] <= '9';
    if (behind.sort != LETTER || behind.length != 1 || !(token->flags & QE_OPENISH))
        return 0;
    size_t end = token->end;
    while (end < scan->length && end < token->end + 8 && (scan->text[end] | 32) >= 'a' && (scan->text[end] | 32) <= 'z')
        end++;
    return (qe_lexicon_bits(scan->lexicon, qe_hash_word(scan->text + token->end, end - token->end)) & QE_ELISION) != 0;
}

/* The second apostrophe of 'n'. */
static int ends_elision(const qe_tokens *out, const qe_token *token)
{
    if (out->n < 2)
        return 0;
    const qe_token *word = &out->at[out->n - 1], *first = word - 1;
    return word->kind == QE_WORD && (word->bits & QE_ELISION) && word->end - word->start == 1 &&
           word->end == token->start && qe_is_punct(first, QE_OTHER) && first->end == word->start;
}

/* A mark that is an apostrophe becomes a sign that no rule looks at. */
static void settle_apostrophe(const struct scan *scan, const qe_tokens *out, qe_token *token)
{
    if (token->kind == QE_MARK && token->code >= QE_SINGLES && (is_elision(scan, token) || ends_elision(out, token))) {
        token->kind = QE_PUNCT;
        token->code = QE_OTHER;
    }
}

int qe_tokenize(cd_str text, const qe_lexicon *lexicon, const qe_range *masks, size_t mask_count, qe_tokens *out)
{
    struct scan scan = {text.ptr, text.len, lexicon};
    size_t mask = 0;
    int spaced = 1;
    out->n = 0;
    for (size_t at = 0; at < text.len && out->n < QE_MOST_TOKENS;) {
        if (text.ptr[at] == ' ') {
            spaced = 1;
            at++;
            continue;
        }
        struct piece piece = piece_at(text.ptr + at, text.len - at);
        if (piece.sort == SPACE || piece.sort == NOTHING) {
            spaced |= piece.sort == SPACE;
            at += piece.length;
            continue;
        }
        if (!QE_ROOM(out))
            return -ENOMEM;
        qe_token *last = out->n ? &out->at[out->n - 1] : NULL, *token = &out->at[out->n];
        *token =
            (qe_token){.start = (uint32_t)at, .end = (uint32_t)(at + piece.length), .flags = spaced ? QE_SPACED : 0};
        while (mask < mask_count && masks[mask].end <= at)
            mask++;
        if (mask < mask_count && masks[mask].start <= at)
            token->flags |= QE_MASKED;
        if (piece.sort == NEWLINE) {
            spaced = 1;
            at += piece.length;
            if (last == NULL || last->kind != QE_BREAK)
                out->n++;
            continue;
        }
        read_token(&scan, at, piece, last, token);
        settle_apostrophe(&scan, out, token);
        out->n++;
        at = token->end;
        spaced = 0;
    }
    return 0;
}
