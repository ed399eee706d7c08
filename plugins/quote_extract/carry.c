/* SPDX-License-Identifier: Apache-2.0
 *
 * carry.c: sources from the neighbourhood, for quotations whose own sentence names none.
 *
 * In order of trust: another piece of the same quotation; the sentence before in the same paragraph, if it attributes
 * something or has a subject; the next attribution in the paragraph; the paragraph before, if it ends in speech or
 * announces some. Whole sentences only: a fragment without an attribution of its own stays unattributed. One pass
 * forward, one back.
 */
#include "attribution.h"

static int attributed(const qe_quote *q) { return q->source.kind != QE_SOURCE_NONE; }

static uint32_t paragraph_of(const qe_article *a, const qe_quote *q)
{
    return a->sentences.at[a->sentence_of.at[q->flat]].paragraph;
}

static void copy_source(qe_quote *to, const qe_quote *from, uint8_t method, uint8_t strength)
{
    to->source = from->source;
    to->cue_first = from->cue_first;
    to->cue_end = from->cue_end;
    to->method = method;
    to->strength = strength < from->strength ? strength : from->strength;
}

static void settle(qe_quote *q, qe_source source, uint32_t cue, uint8_t method, uint8_t strength)
{
    q->source = source;
    q->cue_first = cue;
    q->cue_end = cue == QE_NONE ? QE_NONE : cue + 1;
    q->method = method;
    q->strength = strength;
}

/* All pieces of one quotation share what one of them has. */
static void share_pieces(qe_article *a)
{
    for (uint32_t n = 0; n < a->quotes.n; n++) {
        qe_quote *q = &a->quotes.at[n];
        if (attributed(q) && q->next != QE_NONE && !attributed(&a->quotes.at[q->next]))
            copy_source(&a->quotes.at[q->next], q, q->method, q->strength);
    }
    for (uint32_t n = a->quotes.n; n-- > 0;) {
        qe_quote *q = &a->quotes.at[n];
        if (q->next != QE_NONE && attributed(&a->quotes.at[q->next]) &&
            (!attributed(q) || q->method == QE_BY_PARAGRAPH))
            copy_source(q, &a->quotes.at[q->next], a->quotes.at[q->next].method, a->quotes.at[q->next].strength);
    }
}

/* The source of reported speech in a sentence without quotes: "Kane said the vote was lost." */
static int reported_source(const qe_article *a, const qe_sentence *s, qe_source *source, uint32_t *verb)
{
    for (uint32_t i = s->first; i < s->end && i < s->first + 60; i++) {
        if (!(qe_bits(a, i) & QE_CUE) || a->mention_of.at[i] ||
            (qe_passive(a, i, s->first) && !(qe_bits(a, i) & QE_OBJECT)))
            continue;
        *source = qe_subject_of(a, i, s->first);
        *verb = i;
        if (source->kind != QE_SOURCE_NONE)
            return 1;
    }
    return 0;
}

/* Reads as speech by itself: a sentence, standing alone. */
static int whole(const qe_article *a, uint32_t n)
{
    const qe_quote *q = &a->quotes.at[n];
    const qe_sentence *s = &a->sentences.at[a->sentence_of.at[q->flat]];
    if (q->flags & (QE_CONTINUED | QE_CONTINUES))
        return 1;
    uint32_t start = s->first;
    while (start < q->flat && (a->flat.at[start].kind == QE_PUNCT || (qe_bits(a, start) & (QE_CONJ | QE_ADVERB))))
        start++; /* And: “…” */
    if (q->flat != start || !(q->flags & QE_INNER_UPPER))
        return 0;
    if (!q->closing && q->words <= 3 && qe_flat_kind(a, q->flat + 1, QE_WORD) &&
        !(qe_bits(a, q->flat + 1) & (QE_CUE | QE_CUE_SOFT | QE_AUX | QE_CONJ)))
        return 0; /* “Slonk” comes from the Norse */
    if (n > 0 && a->quotes.at[n - 1].flat != QE_NONE && attributed(&a->quotes.at[n - 1]) &&
        a->sentence_of.at[a->quotes.at[n - 1].flat] + 1 == a->sentence_of.at[q->flat] &&
        paragraph_of(a, &a->quotes.at[n - 1]) == paragraph_of(a, q))
        return 1;
    uint32_t next = q->flat + 1;
    while (next < s->end && (a->flat.at[next].kind == QE_PUNCT || (qe_bits(a, next) & QE_AUX)))
        next++;
    if (next < s->end && (qe_bits(a, next) & QE_CUE)) /* a verb whose subject is left out */
        return 1;
    return (q->flags & QE_CLOSED_BY_STOP) || q->closing == ',' || q->closing == QE_DASH || q->flat + 1 == s->end ||
           (q->flat + 2 == s->end && a->flat.at[q->flat + 1].kind == QE_PUNCT);
}

/* Can it speak? A name that is no place, a person's pronoun, a noun for people, bodies or papers. */
static int animate(const qe_article *a, const qe_source *s)
{
    if (s->kind == QE_SOURCE_NAME)
        return a->entities.at[a->mentions.at[a->mention_of.at[s->name_first] - 1].entity].person >= 0;
    if (s->kind == QE_SOURCE_PRONOUN)
        return !(qe_bits(a, s->first) & QE_NEUTER);
    for (uint32_t i = s->first; s->kind == QE_SOURCE_THING && i < s->end && i < s->first + 8; i++)
        if (qe_bits(a, i) & (QE_ROLE | QE_ORG | QE_MEDIUM | QE_PLURAL))
            return 1;
    return 0;
}

/* A sentence in the mood of reported speech goes on with what the one before reports. */
static int reports(const qe_article *a, const qe_quote *q)
{
    const qe_sentence *s = &a->sentences.at[a->sentence_of.at[q->flat]];
    for (uint32_t i = s->first; i < s->end && i < s->first + 50; i++)
        if ((qe_bits(a, i) & QE_MOOD) ||
            ((qe_bits(a, i) & QE_CUE) && i < q->flat && a->lexicon->inverts && !a->lexicon->nouns_capital))
            return 1; /* ha asegurado que …: the subject is left out */
    return 0;
}

/* “Is it you?” asked Amdal. “It is,” said Torkel. “Are you alone?” “No.”: bare quotations side by side, behind two that
 * different people said, take turns. */
static int takes_turn(const qe_article *a, uint32_t n)
{
    if (n < 2)
        return 0;
    const qe_quote *q = &a->quotes.at[n], *last = q - 1, *other = q - 2;
    int beside = qe_flat_kind(a, q->flat + 1, QE_QUOTE) || (q->flat > 0 && qe_flat_kind(a, q->flat - 1, QE_QUOTE));
    return beside && last->flat != QE_NONE && other->flat != QE_NONE && attributed(last) && attributed(other) &&
           paragraph_of(a, other) == paragraph_of(a, q) && last->source.first != other->source.first;
}

/* From the sentence before, in the same paragraph. */
static void from_before(qe_article *a, qe_quote *q, const qe_quote *last)
{
    uint32_t sentence = a->sentence_of.at[q->flat];
    if (sentence == 0 || a->sentences.at[sentence - 1].paragraph != a->sentences.at[sentence].paragraph)
        return;
    const qe_sentence *before = &a->sentences.at[sentence - 1];
    if (last && a->sentence_of.at[last->flat] == sentence - 1) {
        if (attributed(last))
            copy_source(q, last, QE_BY_SENTENCE, 88);
        return;
    }
    qe_source source;
    uint32_t verb;
    if (reported_source(a, before, &source, &verb)) {
        settle(q, source, verb, QE_BY_SENTENCE, 84);
        return;
    }
    source = qe_speaking(a, qe_subject_first(a, before->first, before->end));
    int near = last && attributed(last) && paragraph_of(a, last) + 1 >= paragraph_of(a, q);
    if (near && !animate(a, &source)) {
        copy_source(q, last, QE_BY_PARAGRAPH, 66);
        return;
    }
    if (source.kind == QE_SOURCE_NONE)
        return;
    settle(q, source, QE_NONE, QE_BY_SUBJECT, animate(a, &source) ? 70 : 50);
}

/* The paragraph before, for a quote that opens a paragraph. */
static void from_paragraph(const qe_article *a, qe_quote *q, const qe_quote *last)
{
    uint32_t sentence = a->sentence_of.at[q->flat];
    if (sentence == 0)
        return;
    const qe_sentence *before = &a->sentences.at[sentence - 1];
    int announces = qe_flat_punct(a, before->end - 1, ':');
    uint32_t paragraph = a->sentences.at[sentence].paragraph;
    if (!announces && last && attributed(last) && paragraph_of(a, last) + 1 == paragraph) {
        copy_source(q, last, QE_BY_PARAGRAPH, 74);
        return;
    }
    qe_source source;
    uint32_t verb = QE_NONE;
    if (before->paragraph + 1 != paragraph)
        return;
    if (!reported_source(a, before, &source, &verb)) {
        if (!announces && !(q->flags & QE_SENTENCE))
            return;
        source = qe_speaking(a, qe_subject_first(a, before->first, before->end));
    }
    if (source.kind == QE_SOURCE_NONE)
        return;
    settle(q, source, verb, announces ? QE_BY_COLON : QE_BY_PARAGRAPH, announces ? 85 : 62);
}

static int is_person(const qe_article *a, uint32_t i)
{
    const qe_entity *e = &a->entities.at[a->mentions.at[a->mention_of.at[i] - 1].entity];
    return e->person > 0 || (e->person == 0 && e->words > 1);
}

/* “Nobody asked us.” That was Brandt's answer. Those were the words of Brandt. So said Brandt. */
static int answer_behind(const qe_article *a, qe_quote *q)
{
    uint32_t sentence = a->sentence_of.at[q->flat];
    const qe_sentence *behind = &a->sentences.at[sentence + 1];
    if (sentence + 1 >= a->sentences.n || behind->paragraph != a->sentences.at[sentence].paragraph)
        return 0;
    uint32_t first = behind->first;
    int inverted = !a->lexicon->inverts && (qe_bits(a, first) & (QE_SUBORD | QE_ADVERB | QE_AS));
    qe_found so = inverted ? qe_inverted(a, first + 1, behind->end, 78) : NOTHING_FOUND;
    if (so.strength)
        settle(q, so.source, so.cue_first, QE_BY_SENTENCE, so.strength);
    if (!(qe_bits(a, first) & (QE_DET | QE_THAT | QE_REL)) || !(qe_bits(a, first + 1) & QE_BE))
        return so.strength > 0;
    for (uint32_t i = first + 2; i < behind->end && i < first + 12; i++) {
        if (!(qe_bits(a, i) & QE_NOUNCUE))
            continue;
        qe_source source = qe_owner_of(a, i, first + 2);
        if (source.kind == QE_SOURCE_NONE && (qe_bits(a, i + 1) & QE_OF))
            source = qe_phrase_forward(a, i + 2, behind->end);
        if (source.kind != QE_SOURCE_NONE)
            settle(q, source, i, QE_BY_SUBJECT, 62);
        return source.kind != QE_SOURCE_NONE;
    }
    return 0;
}

/* “Nobody asked us.” Brandt was speaking to reporters. */
static void from_behind(const qe_article *a, qe_quote *q)
{
    uint32_t sentence = a->sentence_of.at[q->flat];
    if (sentence + 1 >= a->sentences.n ||
        a->sentences.at[sentence + 1].paragraph != a->sentences.at[sentence].paragraph)
        return;
    const qe_sentence *behind = &a->sentences.at[sentence + 1];
    if ((qe_bits(a, behind->first) & (QE_DET | QE_THAT | QE_REL)) && (qe_bits(a, behind->first + 1) & QE_BE))
        return;
    qe_source source = qe_subject_first(a, behind->first, behind->end);
    int person = source.kind == QE_SOURCE_PRONOUN || (source.kind == QE_SOURCE_NAME && is_person(a, source.name_first));
    if (person && a->sentence_of.at[source.first] == sentence + 1)
        settle(q, source, QE_NONE, QE_BY_SUBJECT, 62);
}

/* Does the sentence point at words that stand before it: says this with a smile, gives the same answer? Its verb of
 * speech is put into *cue, QE_NONE if there is none. */
static int points_back(const qe_article *a, const qe_sentence *s, uint32_t *cue)
{
    *cue = QE_NONE;
    for (uint32_t i = s->first + 1; i < s->end && i < s->first + 30; i++) {
        uint64_t bits = qe_bits(a, i), behind = qe_bits(a, i + 1);
        if ((bits & QE_CUE) && !a->mention_of.at[i])
            *cue = i;
        if (!(bits & QE_DEMONSTRATIVE))
            continue;
        int ends = i + 1 >= s->end || !qe_flat_kind(a, i + 1, QE_WORD);
        if (behind & QE_NOUNCUE)
            return 1;
        if (*cue + 1 == i && (ends || (!(bits & QE_THAT) && (behind & (QE_PREP | QE_ADVERB | QE_TIME)))))
            return 1;
    }
    return 0;
}

/* “I wanted to be a drummer.”¶ Quartey says this with a straight face. */
static void from_paragraph_behind(const qe_article *a, qe_quote *q)
{
    uint32_t sentence = a->sentence_of.at[q->flat];
    const qe_sentence *here = &a->sentences.at[sentence], *behind = here + 1;
    if (sentence + 1 >= a->sentences.n || behind->paragraph != here->paragraph + 1)
        return;
    uint32_t cue;
    if (!points_back(a, behind, &cue))
        return;
    qe_source source = qe_subject_first(a, behind->first, behind->end);
    if (animate(a, &source))
        settle(q, source, cue, QE_BY_SUBJECT, 64);
}

/* «…», añadió: the verb behind a quotation whose subject is left out, or QE_NONE. */
static uint32_t own_cue(const qe_article *a, const qe_quote *q)
{
    uint32_t i = q->flat + 1, end = a->sentences.at[a->sentence_of.at[q->flat]].end;
    while (i < end && (a->flat.at[i].kind == QE_PUNCT || (qe_bits(a, i) & (QE_AUX | QE_ELIDED))))
        i++;
    int bare =
        i + 1 >= end || !qe_flat_kind(a, i + 1, QE_WORD) || (qe_bits(a, i + 1) & (QE_PREP | QE_TIME | QE_ADVERB));
    return i < end && (qe_bits(a, i) & QE_CUE) && bare ? i : QE_NONE;
}

static int pure(const qe_article *a, const qe_quote *q)
{
    const qe_sentence *s = &a->sentences.at[a->sentence_of.at[q->flat]];
    return s->first == q->flat && s->end == q->flat + 1 &&
           (q->flat == 0 || qe_flat_kind(a, q->flat - 1, QE_BREAK) || qe_flat_kind(a, q->flat - 1, QE_QUOTE));
}

/* A line that is nothing but a quotation without a closing sign, no other beside it: a crosshead. */
static int crosshead(const qe_article *a, const qe_quote *q)
{
    return q->closing == 0 && pure(a, q) && q->words <= 10 && q->method == QE_UNATTRIBUTED &&
           !(q->flags & QE_DIALOGUE_STYLE) &&
           (q->flat + 1 >= a->flat.n || qe_flat_kind(a, q->flat + 1, QE_BREAK));
}

/* Turns without a cue: in a run of paragraphs that are nothing but one quote each, two speakers take turns. */
static int dialogue(const qe_article *a, uint32_t n, qe_quote *q)
{
    if (n < 2 || !pure(a, q))
        return 0;
    const qe_quote *last = &a->quotes.at[n - 1], *other = last;
    if (last->flat == QE_NONE || paragraph_of(a, last) + 1 != paragraph_of(a, q))
        return 0;
    for (uint32_t back = 2; back < 6 && back <= n && a->quotes.at[n - back].flat != QE_NONE; back++)
        if (paragraph_of(a, other = &a->quotes.at[n - back]) + 2 <= paragraph_of(a, q))
            break;
    if (paragraph_of(a, other) + 2 != paragraph_of(a, q))
        return 0;
    if (!attributed(last) || !attributed(other) || last->source.first == other->source.first)
        return 0;
    if (q->words > 30 || last->words > 40)
        return 0;
    copy_source(q, other, QE_BY_DIALOGUE, 60);
    return 1;
}

void qe_carry(qe_article *a)
{
    share_pieces(a);
    /* forward within the paragraph: what a later sentence attributes */
    for (uint32_t n = 0; n < a->quotes.n; n++) {
        qe_quote *q = &a->quotes.at[n];
        if (q->flat == QE_NONE || attributed(q) || q->method == QE_BY_LABEL || (!whole(a, n) && !reports(a, q)) ||
            crosshead(a, q))
            continue;
        const qe_quote *last = n ? &a->quotes.at[n - 1] : NULL;
        if (last && last->flat == QE_NONE)
            last = NULL;
        if (takes_turn(a, n))
            copy_source(q, q - 2, QE_BY_DIALOGUE, 60);
        else
            from_before(a, q, last);
        if (attributed(q))
            continue;
        const qe_quote *next = n + 1 < a->quotes.n ? &a->quotes.at[n + 1] : NULL;
        uint32_t sentence = a->sentence_of.at[q->flat];
        int starts = sentence == 0 || a->sentences.at[sentence - 1].paragraph != a->sentences.at[sentence].paragraph;
        if (next && next->flat != QE_NONE && attributed(next) && paragraph_of(a, next) == paragraph_of(a, q)) {
            copy_source(q, next, QE_BY_SENTENCE, 80);
            continue;
        }
        if (starts && answer_behind(a, q))
            continue;
        qe_source source;
        uint32_t verb;
        if (starts && sentence + 1 < a->sentences.n &&
            a->sentences.at[sentence + 1].paragraph == a->sentences.at[sentence].paragraph &&
            reported_source(a, &a->sentences.at[sentence + 1], &source, &verb)) {
            settle(q, source, verb, QE_BY_SENTENCE, 70);
            continue;
        }
        if (starts && !dialogue(a, n, q))
            from_paragraph(a, q, last);
        if (starts && (!attributed(q) || q->strength < 70))
            from_behind(a, q);
        if (starts && !attributed(q))
            from_paragraph_behind(a, q);
    }
    for (uint32_t n = 0; n < a->quotes.n && a->lexicon->inverts; n++) {
        qe_quote *q = &a->quotes.at[n];
        uint32_t cue = q->flat == QE_NONE || !attributed(q) || (q->cue_first != QE_NONE && q->cue_first > q->flat)
                           ? QE_NONE : own_cue(a, q);
        if (cue != QE_NONE && q->method >= QE_BY_SENTENCE && q->method <= QE_BY_PARAGRAPH)
            q->cue_end = (q->cue_first = cue) + 1;
    }
    share_pieces(a);
}
