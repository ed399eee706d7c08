/* SPDX-License-Identifier: Apache-2.0
 *
 * cue.c: finds, for each quotation, the cue and the source in the sentence that it stands in.
 *
 * Both sides are asked (behind.c, before.c); where both offer an attribution, the stronger wins. Labels of transcripts,
 * the second halves of split quotations, and attributions inside the marks are settled here.
 */
#include "attribution.h"

/* ---- the decision
 * -------------------------------------------------------------------------------------------------------- */

static void settle(qe_quote *q, qe_found f)
{
    q->cue_first = f.cue_first;
    q->cue_end = f.cue_end;
    q->source = f.source;
    q->method = f.method;
    q->strength = f.strength;
}

/* “The bridge,” Kane said, “was never safe.”: the second half shares the attribution of the first. */
static int splits(const qe_article *a, uint32_t index, qe_found left, qe_found right)
{
    if (index == 0 || (right.strength >= 90 && right.method == QE_BY_CUE_RIGHT))
        return 0; /* “No,” said Kane; “Yes,” said Lund. */
    const qe_quote *q = &a->quotes.at[index], *before = &a->quotes.at[index - 1];
    if (before->method != QE_BY_CUE_RIGHT || before->flat == QE_NONE || before->cue_first < before->flat)
        return 0;
    if (a->sentence_of.at[before->flat] != a->sentence_of.at[q->flat])
        return 0;
    return left.strength == 0 || left.cue_first == before->cue_first;
}

/* The attribution stands inside the marks: « Nous sommes prêts, assure Mme Roche, et unis. » */
static qe_found incise(const qe_article *a, const qe_quote *q)
{
    if (q->incise == QE_NONE)
        return NOTHING_FOUND;
    uint32_t end = a->sentences.at[a->sentence_of.at[q->incise]].end;
    return qe_inverted(a, q->incise, end, 88);
}

/* The person an interview is with: the one named most before it starts. */
static uint32_t interviewee(const qe_article *a, uint32_t limit)
{
    uint32_t best = QE_NONE;
    for (uint32_t i = 0; i < a->mentions.n && a->mentions.at[i].first < limit; i++) {
        const qe_entity *e = &a->entities.at[a->mentions.at[i].entity];
        if (e->person <= 0 && !(e->person == 0 && e->words > 1))
            continue;
        if (best == QE_NONE || e->mentions > a->entities.at[best].mentions)
            best = a->mentions.at[i].entity;
    }
    return best;
}

/* KANE: …; Q: …; A: …. The label is the mention; A is whom the interview is with. */
static void settle_label(const qe_article *a, qe_quote *q, uint32_t interviewed)
{
    uint32_t end = qe_flat_punct(a, q->flat - 1, ':') ? q->flat - 1 : q->flat, first = end - q->label;
    int letter = q->label == 1 && a->flat.at[first].end - a->flat.at[first].start <= 2;
    q->method = QE_BY_LABEL;
    q->cue_first = q->cue_end = QE_NONE;
    q->strength = 90;
    if (letter && a->text.ptr[a->flat.at[first].start] != 'A')
        return;
    if (letter && interviewed == QE_NONE)
        return;
    q->source = (qe_source){first, end, 0, 0, 0, 0, 0, QE_SOURCE_THING};
    if (letter) {
        q->entity = interviewed;
    } else if (a->mention_of.at[end - 1]) {
        const qe_mention *m = &a->mentions.at[a->mention_of.at[end - 1] - 1];
        q->source.kind = QE_SOURCE_NAME;
        q->source.name_first = m->first;
        q->source.name_end = m->end;
    }
}

void qe_cues_find(qe_article *a)
{
    uint32_t interviewed = QE_NONE, asked = 0;
    for (uint32_t n = 0; n < a->quotes.n; n++) {
        qe_quote *q = &a->quotes.at[n];
        if (q->flat == QE_NONE || a->sentence_of.at[q->flat] == QE_NONE)
            continue;
        if (q->label && q->label < q->flat) {
            interviewed = asked++ ? interviewed : interviewee(a, q->flat);
            settle_label(a, q, interviewed);
            continue;
        }
        qe_found left = qe_look_before(a, q), right = qe_look_behind(a, q);
        if (splits(a, n, left, right)) {
            const qe_quote *before = &a->quotes.at[n - 1];
            settle(q, (qe_found){before->cue_first, before->cue_end, before->source, QE_BY_SPLIT, before->strength});
            continue;
        }
        if ((qe_bits(a, right.cue_first) & QE_REPORT) && left.strength >= 50 && qe_passive(a, left.cue_first, 0))
            right = NOTHING_FOUND; /* Lund was told by Kane that it was “safe,” the Echo reported */
        qe_found best = right.strength >= left.strength ? right : left;
        qe_found other = right.strength >= left.strength ? left : right;
        q->rival = other.source.first != best.source.first ? other.strength : 0;
        settle(q, best.strength ? best : incise(a, q));
    }
}
