/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the mapped file is all bounds: sections are laid out from the header's counts, which must add up to the
 * file's length, and each number in them is checked once here and once more where it is used.
 */
#include "model.h"

#include "utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define HEADER_BYTES 40u
#define BYTE_ORDER_MARK 0x01020304u
#define NO_FEATURE 0xFFFFFFFFu
#define CODE_BYTES 8u

struct ld_model {
    uint32_t classes, features, states, edges;
    const char *codes, *prior, *fail, *first, *output, *target, *byte, *weight;
    uint8_t language[LD_MODEL_CLASSES_MAX];
    double score[LD_MODEL_CLASSES_MAX];
    uint16_t *seen;                      /* how often each feature was seen; all 0 between calls */
    uint32_t touched[LD_MODEL_TEXT_MAX]; /* the features with seen > 0 */
    uint32_t touched_count;
    char text[LD_MODEL_TEXT_MAX * 2];
};

/* Sections start at multiples of 64 in a mapping that starts on a page, so numbers are aligned; memcpy says so to
 * nobody and costs nothing. */
static uint32_t number_at(const char *section, size_t index)
{
    uint32_t value;
    memcpy(&value, section + index * sizeof value, sizeof value);
    return value;
}

static float real_at(const char *section, size_t index)
{
    float value;
    memcpy(&value, section + index * sizeof value, sizeof value);
    return value;
}

/* IEEE 754 half precision. Weights are log-probabilities: neither zero nor subnormal ones matter to the last bit. */
static float half_at(const char *section, size_t index)
{
    uint16_t half;
    memcpy(&half, section + index * sizeof half, sizeof half);
    uint32_t exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
    if (exponent == 0)
        return 0;
    uint32_t bits =
        (uint32_t)(half & 0x8000) << 16 | (exponent == 0x1F ? 0xFFu : exponent + 112) << 23 | fraction << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Takes a section off the front of what is left. False if it does not fit. */
static bool section(cd_str *rest, uint64_t bytes, const char **out)
{
    uint64_t padded = (bytes + 63) & ~(uint64_t)63;
    if (padded > rest->len)
        return false;
    *out = rest->ptr;
    *rest = (cd_str){rest->ptr + padded, rest->len - (size_t)padded};
    return true;
}

static bool lay_out(ld_model *m, cd_str file)
{
    const char *header;
    cd_str rest = file;
    if (file.len < 64 || memcmp(file.ptr, "CDLANGM1", 8) != 0 || number_at(file.ptr, 2) != BYTE_ORDER_MARK)
        return false;
    uint64_t length;
    memcpy(&length, file.ptr + 32, sizeof length);
    m->classes = number_at(file.ptr, 3);
    m->features = number_at(file.ptr, 4);
    m->states = number_at(file.ptr, 5);
    m->edges = number_at(file.ptr, 6);
    if (length != file.len || m->classes < 2 || m->classes > LD_MODEL_CLASSES_MAX || m->features == 0 ||
        m->features > LD_MODEL_FEATURES_MAX || m->states < 2 || m->states > LD_MODEL_STATES_MAX ||
        m->edges != m->states - 1)
        return false;
    uint64_t states = m->states, edges = m->edges;
    return section(&rest, HEADER_BYTES, &header) && section(&rest, (uint64_t)m->classes * CODE_BYTES, &m->codes) &&
           section(&rest, (uint64_t)m->classes * 4, &m->prior) && section(&rest, states * 4, &m->fail) &&
           section(&rest, (states + 1) * 4, &m->first) && section(&rest, states * 4, &m->output) &&
           section(&rest, edges * 4, &m->target) && section(&rest, edges, &m->byte) &&
           section(&rest, (uint64_t)m->features * m->classes * 2, &m->weight) && rest.len == 0;
}

/* One state: links lead where they may, edges are sorted. */
static bool state_is_sound(const ld_model *m, uint32_t state)
{
    uint32_t fail = number_at(m->fail, state), output = number_at(m->output, state);
    uint32_t edge = number_at(m->first, state), end = number_at(m->first, state + 1);
    if ((state > 0 && fail >= state) || (output != NO_FEATURE && output >= m->features) || edge > end || end > m->edges)
        return false;
    for (uint32_t e = edge; e < end; e++) {
        uint32_t target = number_at(m->target, e);
        if (target <= state || target >= m->states || (e > edge && (uint8_t)m->byte[e] <= (uint8_t)m->byte[e - 1]))
            return false;
    }
    return true;
}

static bool load_classes(ld_model *m, const ld_languages *languages)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < m->classes; i++) {
        const char *code = m->codes + (size_t)i * CODE_BYTES;
        size_t len = strnlen(code, CODE_BYTES);
        if (len == 0 || len == CODE_BYTES || !isfinite(real_at(m->prior, i)))
            return false;
        m->language[i] = ld_languages_by_code(languages, (cd_str){code, len});
        known += m->language[i] != LD_UND;
    }
    return known > 0;
}

static bool is_sound(ld_model *m, const ld_languages *languages)
{
    for (uint32_t state = 0; state < m->states; state++)
        if (!state_is_sound(m, state))
            return false;
    return load_classes(m, languages);
}

void ld_model_close(ld_model *model)
{
    if (model)
        free(model->seen);
    free(model);
}

ld_model *ld_model_open(cd_str file, const ld_languages *languages, const char **error)
{
    ld_model *m = calloc(1, sizeof *m);
    *error = "out of memory";
    if (m == NULL)
        return NULL;
    *error = "this is no model for language_detect, or not all of one; model/install.py makes one";
    if (!lay_out(m, file))
        goto out;
    *error = "the model for language_detect is damaged";
    if (!is_sound(m, languages))
        goto out;
    *error = "out of memory";
    m->seen = calloc(m->features, sizeof *m->seen);
    if (m->seen == NULL)
        goto out;
    *error = NULL;
    return m;
out:
    ld_model_close(m);
    return NULL;
}

/* The edge of `state` for `byte`; NO_FEATURE if there is none. */
static uint32_t follow(const ld_model *m, uint32_t state, uint8_t byte)
{
    uint32_t low = number_at(m->first, state), high = number_at(m->first, state + 1);
    if (high > m->edges)
        return NO_FEATURE;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint8_t here = (uint8_t)m->byte[middle];
        if (here == byte) {
            uint32_t target = number_at(m->target, middle);
            return target < m->states ? target : NO_FEATURE;
        }
        if (here < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return NO_FEATURE;
}

/* Aho and Corasick's step (CACM 18:6, 1975). `fail` falls with each turn, so the loop ends. */
static uint32_t step(const ld_model *m, uint32_t state, uint8_t byte)
{
    for (;;) {
        uint32_t next = follow(m, state, byte);
        if (next != NO_FEATURE)
            return next;
        uint32_t fail = state > 0 ? number_at(m->fail, state) : 0;
        if (state == 0 || fail >= state)
            return 0;
        state = fail;
    }
}

static void count_features(ld_model *m, cd_str text)
{
    uint32_t state = 0;
    m->touched_count = 0;
    for (size_t i = 0; i < text.len; i++) {
        state = step(m, state, (uint8_t)text.ptr[i]);
        uint32_t feature = number_at(m->output, state);
        if (feature >= m->features)
            continue;
        if (m->seen[feature]++ == 0)
            m->touched[m->touched_count++] = feature;
    }
}

/* Log-posteriors of all classes; clears the counts. */
static void score_classes(ld_model *m)
{
    for (uint32_t c = 0; c < m->classes; c++)
        m->score[c] = (double)real_at(m->prior, c);
    for (uint32_t i = 0; i < m->touched_count; i++) {
        uint32_t feature = m->touched[i];
        double weight = log1p(m->seen[feature]);
        size_t row = (size_t)feature * m->classes;
        m->seen[feature] = 0;
        for (uint32_t c = 0; c < m->classes; c++)
            m->score[c] += weight * (double)half_at(m->weight, row + c);
    }
}

/* Softmax at the temperature sqrt(bytes), as py3langid has it; classes of one language (scripts) are added up. */
static void choose(ld_model *m, size_t bytes, ld_model_guess *out)
{
    double best = -INFINITY, sum = 0, of[LD_LANGUAGES_MAX] = {0};
    double scale = 1 / sqrt((double)bytes);
    for (uint32_t c = 0; c < m->classes; c++)
        best = m->score[c] > best ? m->score[c] : best;
    for (uint32_t c = 0; c < m->classes && isfinite(best); c++) {
        double p = exp((m->score[c] - best) * scale);
        if (isfinite(p)) {
            sum += p;
            of[m->language[c]] += p;
        }
    }
    for (uint32_t i = 0; i < LD_LANGUAGES_MAX; i++)
        if (sum > 0 && of[i] / sum > out->probability)
            *out = (ld_model_guess){(uint8_t)i, of[i] / sum};
}

/* True if the text has capitals and no small letters. */
static bool is_shouted(cd_str text)
{
    bool capital = false;
    uint32_t cp;
    for (const char *at = text.ptr, *end = at + text.len; at < end;) {
        at += ld_utf8_read(at, end, &cp);
        if (utf8proc_toupper((utf8proc_int32_t)cp) != (utf8proc_int32_t)cp)
            return false;
        capital |= utf8proc_tolower((utf8proc_int32_t)cp) != (utf8proc_int32_t)cp;
    }
    return capital;
}

static utf8proc_int32_t lower(utf8proc_int32_t codepoint, void *unused)
{
    (void)unused;
    return utf8proc_tolower(codepoint);
}

/* The text as the model was trained on it: composed (NFC), and in small letters if it shouts. The result lies in
 * m->text, or is the input. */
static cd_str prepare(ld_model *m, cd_str text)
{
    bool shouted = is_shouted(text), plain = !shouted;
    for (size_t i = 0; i < text.len && plain; i++)
        plain = (uint8_t)text.ptr[i] < 0xCC; /* nothing from U+0300 on: composed already */
    if (plain)
        return text;
    utf8proc_uint8_t *mapped;
    utf8proc_ssize_t len = utf8proc_map_custom((const utf8proc_uint8_t *)text.ptr, (utf8proc_ssize_t)text.len, &mapped,
                                               UTF8PROC_STABLE | UTF8PROC_COMPOSE, shouted ? lower : NULL, NULL);
    if (len < 0)
        return text;
    size_t copied = (size_t)len < sizeof m->text ? (size_t)len : sizeof m->text;
    memcpy(m->text, mapped, copied);
    free(mapped);
    return (cd_str){m->text, copied};
}

void ld_model_guess_language(ld_model *m, cd_str text, ld_model_guess *out)
{
    *out = (ld_model_guess){.language = LD_UND};
    if (text.len > LD_MODEL_TEXT_MAX) {
        text.len = LD_MODEL_TEXT_MAX;
        while (text.len > 0 && ((uint8_t)text.ptr[text.len] & 0xC0) == 0x80)
            text.len--;
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\n'))
        text.len--;
    if (text.len == 0)
        return;
    text = prepare(m, text);
    text.len = text.len < LD_MODEL_TEXT_MAX ? text.len : LD_MODEL_TEXT_MAX;
    count_features(m, text);
    if (m->touched_count == 0)
        return;
    score_classes(m);
    choose(m, text.len, out);
}
