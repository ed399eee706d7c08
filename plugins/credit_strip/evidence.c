/* SPDX-License-Identifier: Apache-2.0
 *
 * credit_strip/evidence.c: see evidence.h. Arguments are filed under their first positive feature, so that a line pays
 * only for the features it has.
 */
#include "evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX 4096
#define FEATURES_MAX 8
#define TEXT_MAX 120

struct argument {
    float weight;
    uint8_t kind; /* CS_STORY: all kinds */
    uint8_t count;
    int16_t next;                   /* the next one filed under the same feature, -1 */
    int16_t features[FEATURES_MAX]; /* ~f: must not hold */
    char text[TEXT_MAX];
};

struct cs_evidence {
    int16_t filed[CS_FEATURES]; /* the first argument under a feature, -1 */
    cs_features cues, keys;
    int count;
    struct argument all[ARGUMENTS_MAX];
};

static const char *next_word(const char *s, const char *end, size_t *len)
{
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    const char *from = s;
    while (s < end && *s != ' ' && *s != '\t' && *s != '\r')
        s++;
    *len = (size_t)(s - from);
    return from;
}

/* One line: weight and features. NULL, or what is wrong with it. */
static const char *argument_add(cs_evidence *e, cs_vocabulary *v, int kind, const char *s, const char *end)
{
    size_t len;
    char number[16], *rest;
    s = next_word(s, end, &len);
    if (len >= sizeof(number) || e->count == ARGUMENTS_MAX)
        return "no weight, or too many lines";
    memcpy(number, s, len);
    number[len] = 0;
    struct argument a = {.weight = strtof(number, &rest), .kind = (uint8_t)kind};
    if (*rest)
        return "the weight is no number";
    size_t written = 0;
    for (;;) {
        s = next_word(s + len, end, &len);
        if (len == 0 || *s == '#')
            break;
        int negated = *s == '!';
        int f = cs_feature_named(v, s + negated, len - (size_t)negated);
        if (f < 0 || a.count == FEATURES_MAX)
            return "unknown feature, or too many";
        int n = snprintf(a.text + written, TEXT_MAX - written, "%s%.*s", written ? " + " : "", (int)len, s);
        written = written + (size_t)n < TEXT_MAX ? written + (size_t)n : TEXT_MAX - 1;
        a.features[a.count++] = (int16_t)(negated ? ~f : f);
    }
    if (a.count == 0 || a.features[0] < 0)
        return "the first feature must be one that holds";
    a.next = e->filed[a.features[0]];
    e->filed[a.features[0]] = (int16_t)e->count;
    cs_set(&e->keys, a.features[0]);
    if (a.weight > 0)
        cs_set(&e->cues, a.features[0]);
    e->all[e->count++] = a;
    return NULL;
}

cs_evidence *cs_evidence_create(cs_vocabulary *v, cd_str table, char *why, size_t size)
{
    cs_evidence *e = calloc(1, sizeof(*e));
    if (e == NULL)
        return NULL;
    memset(e->filed, -1, sizeof(e->filed));
    int kind = -1, line = 0;
    const char *wrong = NULL;
    for (const char *s = table.ptr, *stop = s + table.len, *end; s < stop && wrong == NULL; s = end + 1) {
        end = memchr(s, '\n', (size_t)(stop - s));
        if (end == NULL)
            end = stop;
        line++;
        size_t len;
        const char *first = next_word(s, end, &len);
        if (len == 0 || *first == '#')
            continue;
        if (*first == '[' && first[len - 1] == ']') {
            kind = len == 5 && memcmp(first, "[any]", 5) == 0 ? CS_STORY : cs_kind_of(first + 1, len - 2);
            wrong = kind < 0 ? "unknown kind" : NULL;
        } else {
            wrong = kind < 0 ? "no kind above" : argument_add(e, v, kind, first, end);
        }
    }
    if (wrong) {
        snprintf(why, size, "evidence table, line %d: %s", line, wrong);
        free(e);
        return NULL;
    }
    return e;
}

void cs_evidence_destroy(cs_evidence *e) { free(e); }

const cs_features *cs_evidence_cues(const cs_evidence *e) { return &e->cues; }

const char *cs_argument_text(const cs_evidence *e, int argument) { return e->all[argument].text; }

float cs_argument_weight(const cs_evidence *e, int argument) { return e->all[argument].weight; }

static int holds(const struct argument *a, const cs_features *f)
{
    for (int i = 1; i < a->count; i++) {
        int feature = a->features[i];
        if (feature < 0 ? cs_test(f, ~feature) : !cs_test(f, feature))
            return 0;
    }
    return 1;
}

/* Keeps the largest weights, in order. */
static void reason_add(const cs_evidence *e, int16_t *reasons, int argument)
{
    for (int i = 0; i < CS_REASONS; i++) {
        if (reasons[i] >= 0 && e->all[reasons[i]].weight >= e->all[argument].weight)
            continue;
        memmove(reasons + i + 1, reasons + i, (size_t)(CS_REASONS - 1 - i) * sizeof(*reasons));
        reasons[i] = (int16_t)argument;
        return;
    }
}

cs_verdict cs_judge(const cs_evidence *e, const cs_features *f, float threshold, uint32_t kinds)
{
    float sums[CS_KINDS] = {0};
    int16_t counted[256];
    int n = 0;
    for (int w = 0; w < CS_FEATURE_WORDS; w++)
        for (uint64_t bits = f->bits[w] & e->keys.bits[w]; bits; bits &= bits - 1)
            for (int i = e->filed[w * 64 + __builtin_ctzll(bits)]; i >= 0; i = e->all[i].next) {
                const struct argument *a = &e->all[i];
                if (!holds(a, f))
                    continue;
                sums[a->kind] += a->weight;
                if (n < 256)
                    counted[n++] = (int16_t)i;
            }
    cs_verdict out = {CS_STORY, CS_STORY, -1e9f, {-1, -1, -1}};
    for (int k = CS_PROMO; k < CS_HEADLINE; k++)
        if ((kinds >> k & 1) && sums[k] > 0 && sums[k] + sums[CS_STORY] > out.sum) {
            out.best = k;
            out.sum = sums[k] + sums[CS_STORY];
        }
    if (out.best == CS_STORY || out.sum < threshold - 0.0005f)
        return out;
    out.kind = out.best;
    for (int i = 0; i < n; i++)
        if (e->all[counted[i]].kind == out.kind && e->all[counted[i]].weight > 0)
            reason_add(e, out.reasons, counted[i]);
    return out;
}
