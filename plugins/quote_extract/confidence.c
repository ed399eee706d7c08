/* SPDX-License-Identifier: Apache-2.0
 *
 * confidence.c: see confidence.h. Pure; a fixed number of steps a quotation.
 */
#include "confidence.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MARKS_ONLY 0.6 /* by eye: pairing alone, without a language */

enum feature {
    BIAS,
    METHOD, /* and the methods of quote.h behind it */
    TRUST_60 = METHOD + QE_BY_PREDICATE + 1,
    TRUST_70,
    TRUST_80,
    TRUST_86,
    TRUST_92,
    TRUST_96,
    RIVAL,
    RIVAL_STRONG,
    PRONOUN,
    PRONOUN_OPEN,
    PRONOUN_CLOSE_CALL,
    RELATIVE,
    DESCRIPTION,
    DESCRIPTION_PERSON,
    NAME_PERSON,
    NAME_DOUBTFUL,
    NAME_KNOWN,
    NO_CUE,
    CUE_BESIDE,
    CUE_FAR,
    SOURCE_LONG,
    DIRECT,
    DIRECT_CUT,
    WORD,
    FRAGMENT,
    LONG,
    CLOSED,
    TITLED,
    OPENS_SENTENCE,
    REPAIRED,
    SINGLE,
    UNMARKED,
    PIECES,
    OTHER_LANGUAGE,
    OTHER_LANGUAGE_MIXED,
    OTHER_LANGUAGE_CARRIED,
    FEATURES
};

_Static_assert(FEATURES <= QE_MOST_FEATURES, "features are bits of one word");

static const char *const names[] = {
    [BIAS] = "bias",
    [METHOD + QE_UNATTRIBUTED] = "unattributed",
    [METHOD + QE_BY_CUE_RIGHT] = "by_cue_right",
    [METHOD + QE_BY_CUE_LEFT] = "by_cue_left",
    [METHOD + QE_BY_COLON] = "by_colon",
    [METHOD + QE_BY_ACCORDING] = "by_according",
    [METHOD + QE_BY_CUE_FAR] = "by_cue_far",
    [METHOD + QE_BY_SPLIT] = "by_split",
    [METHOD + QE_BY_CHAIN] = "by_chain",
    [METHOD + QE_BY_SENTENCE] = "by_sentence",
    [METHOD + QE_BY_SUBJECT] = "by_subject",
    [METHOD + QE_BY_PARAGRAPH] = "by_paragraph",
    [METHOD + QE_BY_DIALOGUE] = "by_dialogue",
    [METHOD + QE_BY_LABEL] = "by_label",
    [METHOD + QE_BY_PREDICATE] = "by_predicate",
    [TRUST_60] = "trust_60",
    [TRUST_70] = "trust_70",
    [TRUST_80] = "trust_80",
    [TRUST_86] = "trust_86",
    [TRUST_92] = "trust_92",
    [TRUST_96] = "trust_96",
    [RIVAL] = "rival",
    [RIVAL_STRONG] = "rival_strong",
    [PRONOUN] = "pronoun",
    [PRONOUN_OPEN] = "pronoun_open",
    [PRONOUN_CLOSE_CALL] = "pronoun_close_call",
    [RELATIVE] = "relative",
    [DESCRIPTION] = "description",
    [DESCRIPTION_PERSON] = "description_person",
    [NAME_PERSON] = "name_person",
    [NAME_DOUBTFUL] = "name_doubtful",
    [NAME_KNOWN] = "name_known",
    [NO_CUE] = "no_cue",
    [CUE_BESIDE] = "cue_beside",
    [CUE_FAR] = "cue_far",
    [SOURCE_LONG] = "source_long",
    [DIRECT] = "direct",
    [DIRECT_CUT] = "direct_cut",
    [WORD] = "word",
    [FRAGMENT] = "fragment",
    [LONG] = "long",
    [CLOSED] = "closed",
    [TITLED] = "titled",
    [OPENS_SENTENCE] = "opens_sentence",
    [REPAIRED] = "repaired",
    [SINGLE] = "single",
    [UNMARKED] = "unmarked",
    [PIECES] = "pieces",
    [OTHER_LANGUAGE] = "other_language",
    [OTHER_LANGUAGE_MIXED] = "other_language_mixed",
    [OTHER_LANGUAGE_CARRIED] = "other_language_carried",
};

const char *qe_confidence_name(uint32_t feature) { return feature < FEATURES ? names[feature] : NULL; }

static int feature_called(const char *name, size_t length)
{
    for (int i = 0; i < FEATURES; i++)
        if (strlen(names[i]) == length && !memcmp(names[i], name, length))
            return i;
    return -1;
}

int qe_confidence_load(qe_confidence *confidence, const char *start, const char *end, unsigned *line)
{
    *confidence = (qe_confidence){{0}};
    *line = 1;
    for (const char *at = start; at < end; ++*line) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        const char *space = memchr(at, ' ', (size_t)(stop - at));
        if (at < stop && *at != '#') {
            int feature = space ? feature_called(at, (size_t)(space - at)) : -1;
            char *behind = NULL;
            double weight = feature < 0 ? 0 : strtod(space, &behind); /* a newline or the table's NUL stops it */
            if (behind != stop || !isfinite(weight))
                return -EINVAL;
            confidence->weights[feature] = weight;
        }
        at = stop + 1;
    }
    return 0;
}

/* ---- features ---------------------------------------------------------------------------------------------------- */

#define HAS(feature) (UINT64_C(1) << (feature))
#define IF(condition, feature) ((condition) ? HAS(feature) : 0)

static uint64_t trust(const qe_quote *q)
{
    if (q->source.kind == QE_SOURCE_NONE)
        return 0;
    return IF(q->strength >= 60, TRUST_60) | IF(q->strength >= 70, TRUST_70) | IF(q->strength >= 80, TRUST_80) |
           IF(q->strength >= 86, TRUST_86) | IF(q->strength >= 92, TRUST_92) | IF(q->strength >= 96, TRUST_96) |
           IF(q->rival >= 40, RIVAL) | IF(q->rival >= 80, RIVAL_STRONG);
}

static uint64_t source(const qe_article *a, const qe_quote *q)
{
    const qe_source *s = &q->source;
    if (s->kind == QE_SOURCE_NONE)
        return 0;
    uint64_t found = IF(s->relative, RELATIVE) | IF(s->end - s->first > 12, SOURCE_LONG);
    if (s->kind == QE_SOURCE_PRONOUN)
        return found | HAS(PRONOUN) | IF(q->entity == QE_NONE, PRONOUN_OPEN) |
               IF(q->entity != QE_NONE && q->margin < 12, PRONOUN_CLOSE_CALL);
    if (s->kind == QE_SOURCE_THING) {
        int person = 0;
        for (uint32_t i = s->first; i < s->end && i < s->first + 8; i++)
            person |= (qe_bits(a, i) & (QE_ROLE | QE_ORG | QE_MEDIUM)) != 0;
        return found | HAS(DESCRIPTION) | IF(person, DESCRIPTION_PERSON);
    }
    if (q->entity == QE_NONE)
        return found | HAS(NAME_DOUBTFUL);
    const qe_entity *e = &a->entities.at[q->entity];
    return found | IF(e->person > 2, NAME_PERSON) | IF(e->person < 0, NAME_DOUBTFUL) | IF(e->words > 1, NAME_KNOWN);
}

static uint64_t cue(const qe_quote *q)
{
    if (q->source.kind == QE_SOURCE_NONE || q->flat == QE_NONE)
        return 0;
    if (q->cue_first == QE_NONE || q->cue_end <= q->cue_first)
        return HAS(NO_CUE);
    uint32_t gap = q->cue_first > q->flat ? q->cue_first - q->flat : q->flat - q->cue_first;
    return IF(gap <= 2, CUE_BESIDE) | IF(gap > 12, CUE_FAR);
}

static uint64_t shape(const qe_article *a, const qe_quote *q)
{
    int direct = (q->flags & QE_DIRECT) != 0;
    int opens = q->flat != QE_NONE && a->sentences.at[a->sentence_of.at[q->flat]].first == q->flat;
    return IF(direct, DIRECT) | IF(direct && !q->closing, DIRECT_CUT) | IF(q->words == 1, WORD) |
           IF(q->words > 1 && q->words <= 3, FRAGMENT) | IF(q->words >= 12, LONG) | IF(q->closing, CLOSED) |
           IF(q->flags & QE_TITLED, TITLED) | IF(opens, OPENS_SENTENCE) |
           IF((q->flags & (QE_UNOPENED | QE_UNCLOSED)) && !(q->flags & QE_CONTINUES), REPAIRED) |
           IF(q->flags & QE_SINGLE_STYLE, SINGLE) | IF(q->flags & QE_DIALOGUE_STYLE, UNMARKED) |
           IF(q->flags & QE_CONTINUES, PIECES);
}

uint64_t qe_confidence_features(const qe_article *a, uint32_t n)
{
    const qe_quote *q = &a->quotes.at[n];
    int other = !a->lexicon->endings; /* no English: its flag alone tells, and the weights know no more */
    int carried = q->method == QE_BY_SENTENCE || q->method == QE_BY_SUBJECT || q->method == QE_BY_PARAGRAPH;
    return HAS(BIAS) | HAS(METHOD + q->method) | trust(q) | source(a, q) | cue(q) | shape(a, q) |
           IF(other, OTHER_LANGUAGE) | IF(other && !(q->flags & QE_DIRECT), OTHER_LANGUAGE_MIXED) |
           IF(other && carried, OTHER_LANGUAGE_CARRIED);
}

double qe_confidence_of(const qe_confidence *confidence, const qe_article *a, uint32_t n)
{
    if (a->marks_only)
        return MARKS_ONLY;
    double sum = 0;
    uint64_t features = qe_confidence_features(a, n);
    for (uint32_t i = 0; i < FEATURES; i++)
        sum += features >> i & 1 ? confidence->weights[i] : 0;
    return 1 / (1 + exp(-sum));
}
