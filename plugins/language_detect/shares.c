/* SPDX-License-Identifier: Apache-2.0
 *
 * Shares: a short sorted list, and the walk over sentences.
 */
#include "shares.h"

#include <string.h>

#define SENTENCE_LEAST 24u /* shorter ones ("Mr.") are joined with the next */
#define SENTENCE_MOST 600u /* bytes; text without full stops is cut at a space after this many */
#define CERTAIN_LETTERS 60 /* so many bytes of letters and no doubt: a language that was not seen before */
#define UNNAMED_BYTES 100u /* runs without a name that make a second look worth while */
#define EDGE_BYTES 250u    /* how far from its ends a run of the main language is believed */
#define INSIDES_MAX 64u

void ld_shares_add(ld_shares *shares, uint8_t language, double share)
{
    uint32_t i = 0;
    if (language == LD_UND || share <= 0)
        return;
    while (i < shares->count && shares->of[i].language != language)
        i++;
    if (i == LD_SHARES_MAX)
        return;
    if (i == shares->count)
        shares->of[shares->count++] = (ld_share){language, 0};
    shares->of[i].share += share;
    for (; i > 0 && shares->of[i].share > shares->of[i - 1].share; i--) {
        ld_share smaller = shares->of[i - 1];
        shares->of[i - 1] = shares->of[i];
        shares->of[i] = smaller;
    }
}

double ld_shares_of(const ld_shares *shares, uint8_t language)
{
    for (uint32_t i = 0; i < shares->count; i++)
        if (shares->of[i].language == language)
            return shares->of[i].share;
    return 0;
}

bool ld_shares_mixed(const ld_shares *shares, const ld_cld2 *cld2, const uint8_t *of_cld2,
                     const ld_languages *languages)
{
    const ld_cld2_chunk *chunks;
    size_t count = ld_cld2_chunks(cld2, &chunks), unnamed = 0;
    if (shares->count > 1)
        return true;
    for (size_t i = 0; i < count; i++) {
        uint8_t base = languages->of[of_cld2[chunks[i].language]].base;
        if (base == LD_UND)
            unnamed += chunks[i].end - chunks[i].start;
        else if (shares->count > 0 && base != shares->of[0].language)
            return true;
    }
    return unnamed >= UNNAMED_BYTES;
}

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/* Length of a full stop, question or exclamation mark at `at`, of whatever script; 0 if there is none. */
static size_t stop_length(const char *at, size_t left)
{
    static const char *const stops[] = {".", "!", "?", "。", "！", "？", "।", "؟", "።", "…", "۔"};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        size_t len = strlen(stops[i]);
        if (len <= left && memcmp(at, stops[i], len) == 0)
            return len;
    }
    return 0;
}

/* Length of a quotation mark or bracket that closes, 0 if there is none. */
static size_t closing_length(const char *at, size_t left)
{
    static const char *const marks[] = {"\"", "'", ")", "”", "’", "»", "“", "」", "』"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t len = strlen(marks[i]);
        if (len <= left && memcmp(at, marks[i], len) == 0)
            return len;
    }
    return 0;
}

/* Where the sentence that starts at `start` ends: behind its stop, what closes behind that, and white space. */
static size_t sentence_end(const ld_buffer *text, size_t start)
{
    const char *bytes = text->bytes;
    size_t at = start;
    while (at < text->len) {
        bool long_enough = at - start >= SENTENCE_LEAST;
        if (bytes[at] == '\n' && long_enough)
            return at + 1;
        if (is_space(bytes[at]) && at - start >= SENTENCE_MOST)
            return at + 1;
        size_t stop = (unsigned char)bytes[at] < 0x80 || (unsigned char)bytes[at] >= 0xD8
                          ? stop_length(bytes + at, text->len - at)
                          : 0;
        at += stop ? stop : 1;
        if (stop == 0 || !long_enough)
            continue;
        for (size_t mark; (mark = closing_length(bytes + at, text->len - at)) > 0;)
            at += mark;
        if (stop > 1 || at == text->len || is_space(bytes[at]) || (bytes[at] >= 'A' && bytes[at] <= 'Z'))
            return at; /* a capital behind a stop: scraping lost the line's end */
    }
    return text->len;
}

/* The insides of long runs in the main language, in order. */
typedef struct insides {
    uint32_t start[INSIDES_MAX], end[INSIDES_MAX];
    uint32_t count, at;
} insides;

static void find_insides(insides *in, const ld_shares *shares, const ld_cld2 *cld2, const uint8_t *of_cld2,
                         const ld_languages *languages)
{
    const ld_cld2_chunk *chunks;
    size_t count = ld_cld2_chunks(cld2, &chunks);
    in->count = in->at = 0;
    for (size_t i = 0; i < count && in->count < INSIDES_MAX && shares->count > 0; i++) {
        if (languages->of[of_cld2[chunks[i].language]].base != shares->of[0].language)
            continue;
        uint32_t start = chunks[i].start + EDGE_BYTES;
        if (start >= chunks[i].end || chunks[i].end - start <= EDGE_BYTES)
            continue;
        in->start[in->count] = start;
        in->end[in->count++] = chunks[i].end - EDGE_BYTES;
    }
}

/* Where the inside ends that `start` lies in, at the end of a word; 0 if it lies in none. Asked with growing `start`.
 */
static size_t inside_end(insides *in, const ld_buffer *text, size_t start)
{
    while (in->at < in->count && in->end[in->at] <= start)
        in->at++;
    if (in->at == in->count || in->start[in->at] > start)
        return 0;
    size_t end = in->end[in->at];
    for (size_t i = 0; i < EDGE_BYTES && end < text->len && !is_space(text->bytes[end]); i++)
        end++;
    while (end < text->len && ((unsigned char)text->bytes[end] & 0xC0) == 0x80)
        end++;
    return end;
}

static uint8_t language_of_sentence(const ld_shares *allowed, const ld_cld2_guess *guess, const uint8_t *of_cld2,
                                    const ld_languages *languages, uint8_t before)
{
    uint8_t base = languages->of[of_cld2[guess->language[0]]].base;
    if (base == LD_UND)
        return before;
    if (ld_shares_of(allowed, base) > 0)
        return base;
    return guess->reliable && guess->letters >= CERTAIN_LETTERS ? base : before;
}

int ld_shares_by_sentence(ld_shares *shares, ld_cld2 *cld2, const uint8_t *of_cld2, const ld_languages *languages,
                          const ld_sample *sample)
{
    const ld_buffer *text = &sample->text;
    unsigned flags = sample->entities ? LD_CLD2_ENTITIES : 0;
    size_t bytes[LD_LANGUAGES_MAX] = {0};
    uint8_t main_language = shares->count ? shares->of[0].language : LD_UND, language = main_language;
    insides in;
    find_insides(&in, shares, cld2, of_cld2, languages);
    for (size_t start = 0, end; start < text->len; start = end) {
        end = inside_end(&in, text, start);
        if (end > 0) {
            language = main_language;
        } else {
            ld_cld2_guess guess;
            end = sentence_end(text, start);
            int rc = ld_cld2_detect(cld2, text->bytes + start, end - start, flags, &guess);
            if (rc != 0)
                return rc;
            language = language_of_sentence(shares, &guess, of_cld2, languages, language);
        }
        bytes[language] += end - start;
    }
    *shares = (ld_shares){.count = 0};
    for (uint32_t i = 1; i < languages->count; i++)
        if ((double)bytes[i] >= LD_SHARE_LEAST * (double)text->len)
            ld_shares_add(shares, (uint8_t)i, (double)bytes[i] / (double)text->len);
    return 0;
}
