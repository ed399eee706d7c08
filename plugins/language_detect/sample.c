/* SPDX-License-Identifier: Apache-2.0
 *
 * Sampling and cleaning, in one pass over the pieces; a second one only where the first found mojibake. Output is never
 * longer than input, so the buffer is sized once.
 */
#include "sample.h"

#include "html.h"
#include "mojibake.h"
#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 1024u /* pieces are about this long, but there are at most PIECES_MAX of them */
#define PIECES_MAX 16u
#define SNAP_BYTES 64u    /* how far a piece's end may move to fall between words */
#define MOJIBAKE_LEAST 2u /* fewer garbled characters are a coincidence */

/* What to do with a byte. The first two are the fast way, and LETTER is 1 so that it can be added up. */
enum { COPY, LETTER, BLANK, AMPERSAND, COLON, AT, DOUBLE_U, FOREIGN };

static const uint8_t classes[256] = {
    [0x00 ... 0x08] = BLANK, [0x0B ... 0x0C] = BLANK,
    [0x0E ... 0x1F] = BLANK, ['&'] = AMPERSAND,
    [':'] = COLON,           ['<'] = BLANK,
    ['>'] = BLANK,           ['@'] = AT,
    ['A' ... 'Z'] = LETTER,  ['a' ... 'v'] = LETTER,
    ['w'] = DOUBLE_U,        ['x' ... 'z'] = LETTER,
    [0x7F] = BLANK,          [0x80 ... 0xFF] = FOREIGN,
};

/* The pass over one piece. */
typedef struct cleaner {
    ld_sample *sample;
    const ld_scripts *scripts;
    const char *at, *end;
    size_t base;      /* where this piece starts in the output */
    uint32_t hint;    /* for ld_script_of */
    uint32_t garbled; /* characters of mojibake */
    uint32_t hits;    /* what they would be */
    uint32_t foreign; /* characters beyond ASCII */
    bool repair;
} cleaner;

static int reserve(ld_buffer *buffer, size_t bytes)
{
    buffer->len = 0;
    if (bytes <= buffer->cap)
        return 0;
    char *grown = malloc(bytes);
    if (grown == NULL)
        return -ENOMEM;
    free(buffer->bytes);
    buffer->bytes = grown;
    buffer->cap = bytes;
    return 0;
}

static bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static void put(cleaner *c, char byte) { c->sample->text.bytes[c->sample->text.len++] = byte; }

static void count_letter(cleaner *c, uint8_t script)
{
    if (script == LD_SCRIPT_NONE)
        return;
    c->sample->counts.of[script]++;
    c->sample->counts.letters++;
}

/* Takes back what was written of a word, as far as it consists of letters, digits and `also`. */
static void take_back(cleaner *c, const char *also)
{
    ld_buffer *text = &c->sample->text;
    while (text->len > c->base) {
        char last = text->bytes[text->len - 1];
        if (!is_alnum(last) && strchr(also, last) == NULL)
            break;
        if (!(last >= '0' && last <= '9') && is_alnum(last)) {
            c->sample->counts.of[c->scripts->latin]--;
            c->sample->counts.letters--;
        }
        text->len--;
    }
}

/* Leaves out the rest of a web or mail address. */
static void skip_address(cleaner *c)
{
    while (c->at < c->end && (unsigned char)*c->at > 0x20 && (unsigned char)*c->at < 0x7F &&
           !strchr("\"'<>()[]{}", *c->at))
        c->at++;
    put(c, ' ');
}

static bool starts_www(const cleaner *c)
{
    const ld_buffer *text = &c->sample->text;
    return c->end - c->at > 4 && memcmp(c->at, "www.", 4) == 0 && is_alnum(c->at[4]) &&
           (text->len == c->base || !is_alnum(text->bytes[text->len - 1]));
}

/* An ASCII byte that may start or end something. */
static void clean_ascii(cleaner *c, uint8_t class)
{
    const char *at = c->at;
    const ld_buffer *text = &c->sample->text;
    if (class == COLON && c->end - at > 3 && at[1] == '/' && at[2] == '/' && is_alnum(at[3])) {
        take_back(c, "+.-");
        skip_address(c);
        return;
    }
    if (class == AT && c->end - at > 1 && is_alnum(at[1]) && text->len > c->base &&
        is_alnum(text->bytes[text->len - 1])) {
        take_back(c, "._+-");
        skip_address(c);
        return;
    }
    if (class == DOUBLE_U && starts_www(c)) {
        skip_address(c);
        return;
    }
    if (class == AMPERSAND && c->end - at > 2 && (is_alnum(at[1]) || at[1] == '#'))
        c->sample->entities = true;
    if (class == DOUBLE_U)
        count_letter(c, c->scripts->latin);
    put(c, class == BLANK ? ' ' : *at);
    c->at++;
}

/* What is left out altogether: soft hyphen, zero-width joiners of words, marks of direction, byte-order mark. */
static bool is_invisible(uint32_t cp)
{
    return cp == 0xAD || cp == 0x2060 || cp == 0xFEFF || cp == 0x200E || cp == 0x200F ||
           (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);
}

/* What becomes a space: C1 controls, zero-width space, private use, noncharacters, the replacement character. */
static bool is_blank(uint32_t cp)
{
    return cp < 0xA0 || cp == 0x200B || (cp >= 0xE000 && cp <= 0xF8FF) || (cp >= 0xFDD0 && cp <= 0xFDEF) ||
           cp == 0xFFFD || (cp & 0xFFFE) == 0xFFFE || cp >= 0xF0000;
}

static void clean_foreign(cleaner *c)
{
    uint32_t cp, repaired;
    size_t len = ld_utf8_read(c->at, c->end, &cp);
    c->foreign++;
    size_t garbled = cp >= 0xC2 && cp <= 0xF4 ? ld_mojibake_at(c->at, c->end, &repaired) : 0;
    if (garbled) {
        c->hits++;
        c->garbled += repaired < 0x800 ? 2 : repaired < 0x10000 ? 3 : 4;
        if (c->repair) {
            len = garbled;
            cp = repaired;
        }
    }
    ld_buffer *text = &c->sample->text;
    c->at += len;
    if (is_invisible(cp))
        return;
    if (is_blank(cp)) {
        put(c, ' ');
        return;
    }
    count_letter(c, ld_script_of(c->scripts, cp, &c->hint));
    text->len += ld_utf8_write(text->bytes + text->len, cp);
}

/* Copies what needs no thought, and counts its letters. */
static void clean_run(cleaner *c)
{
    const char *at = c->at;
    char *out = c->sample->text.bytes + c->sample->text.len;
    uint32_t letters = 0;
    for (uint8_t class; at < c->end && (class = classes[(uint8_t)*at]) <= LETTER; at++) {
        *out++ = *at;
        letters += class;
    }
    c->sample->text.len += (size_t)(at - c->at);
    c->sample->counts.of[c->scripts->latin] += letters;
    c->sample->counts.letters += letters;
    c->at = at;
}

static void clean_piece(cleaner *c, const char *start, const char *end)
{
    c->at = start;
    c->end = end;
    c->base = c->sample->text.len;
    for (clean_run(c); c->at < end; clean_run(c)) {
        uint8_t class = classes[(uint8_t)*c->at];
        if (class == FOREIGN)
            clean_foreign(c);
        else
            clean_ascii(c, class);
    }
    put(c, '\n');
}

/* Moves a cut forward to the next white space, if it is near, else to the start of a character. */
static size_t snap(cd_str text, size_t at)
{
    for (size_t i = at; i < text.len && i < at + SNAP_BYTES; i++)
        if (is_space(text.ptr[i]))
            return i;
    while (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80)
        at++;
    return at;
}

static void clean(cleaner *c, cd_str text, size_t max_bytes)
{
    size_t pieces = max_bytes / PIECE_BYTES;
    pieces = pieces < 1 ? 1 : pieces > PIECES_MAX ? PIECES_MAX : pieces;
    c->sample->whole = text.len <= max_bytes;
    if (c->sample->whole)
        pieces = 1;
    size_t length = c->sample->whole ? text.len : max_bytes / pieces - SNAP_BYTES;
    /* The first piece starts where the text does, the last one ends where it ends. */
    size_t step = pieces > 1 ? (text.len - length) / (pieces - 1) : 0;
    size_t behind = 0;
    for (size_t i = 0; i < pieces; i++) {
        size_t start = i == 0 ? 0 : snap(text, i * step);
        size_t end = snap(text, start + length < text.len ? start + length : text.len);
        start = start > behind ? start : behind;
        if (start < end)
            clean_piece(c, text.ptr + start, text.ptr + end);
        behind = end;
    }
}

static void start_over(ld_sample *sample)
{
    sample->text.len = 0;
    sample->entities = false;
    memset(&sample->counts, 0, sizeof sample->counts);
}

static int strip_html(ld_sample *sample, cd_str *text, int html)
{
    sample->html = html == LD_HTML_YES || (html == LD_HTML_AUTO && ld_html_found(*text));
    sample->claimed = sample->html ? ld_html_lang(*text) : (cd_str){NULL, 0};
    if (!sample->html)
        return 0;
    if (reserve(&sample->stripped, text->len + 1) != 0)
        return -ENOMEM;
    sample->stripped.len = ld_html_strip(*text, sample->stripped.bytes);
    *text = (cd_str){sample->stripped.bytes, sample->stripped.len};
    return 0;
}

int ld_sample_take(ld_sample *sample, const ld_scripts *scripts, cd_str text, size_t max_bytes, int html)
{
    if (max_bytes == 0 || max_bytes > LD_SAMPLE_MAX_BYTES)
        max_bytes = LD_SAMPLE_MAX_BYTES;
    if (strip_html(sample, &text, html) != 0)
        return -ENOMEM;
    size_t most = text.len < max_bytes ? text.len : max_bytes;
    if (reserve(&sample->text, most + PIECES_MAX * (SNAP_BYTES + 1)) != 0)
        return -ENOMEM;
    start_over(sample);
    cleaner c = {.sample = sample, .scripts = scripts};
    clean(&c, text, max_bytes);
    sample->repaired = c.hits >= MOJIBAKE_LEAST && c.garbled * 2 > c.foreign;
    if (sample->repaired) {
        start_over(sample);
        c = (cleaner){.sample = sample, .scripts = scripts, .repair = true};
        clean(&c, text, max_bytes);
    }
    return 0;
}

void ld_sample_fini(ld_sample *sample)
{
    free(sample->text.bytes);
    free(sample->stripped.bytes);
    memset(sample, 0, sizeof *sample);
}
