/* SPDX-License-Identifier: Apache-2.0
 *
 * dialogue.c: speech that stands in no marks: dash dialogue, interviews, transcripts.
 *
 * A label is one to four words in capitals before a colon, or Q and A; two labels at least make a transcript. What
 * follows a label, to the next one or the paragraph's end, is one quotation; marks inside it are nested. In languages
 * that open speech with a dash, a paragraph that starts with one is speech up to the dash before a verb of speech, and
 * again from the dash that ends that clause. The new quotations are merged into the list by position. Linear.
 */
#include "article.h"

#include <errno.h>
#include <string.h>

struct dialogue {
    qe_article *a;
    const qe_token *t;
    uint32_t n;
    qe_quotes *out;
    int failed;
    int named; /* labels may be names in small letters: Tribune: … Halmos: … */
};

static void add(struct dialogue *d, uint32_t first, uint32_t last, uint32_t label)
{
    while (last > first && d->t[last - 1].kind == QE_BREAK)
        last--;
    if (last <= first || d->out->n >= 2 * QE_MOST_QUOTES)
        return;
    if (!QE_ROOM(d->out)) {
        d->failed = 1;
        return;
    }
    d->out->at[d->out->n++] = (qe_quote){.start = d->t[first].start,
                                         .end = d->t[last - 1].end,
                                         .first = first,
                                         .last = last,
                                         .next = QE_NONE,
                                         .flat = QE_NONE,
                                         .incise = QE_NONE,
                                         .entity = QE_NONE,
                                         .flags = QE_DIALOGUE_STYLE,
                                         .label = label};
}

/* ---- labels
 * ----------------------------------------------------------------------------------------------------------- */

/* "Q." or "A." at the start of a paragraph. */
static int dotted_letter(const struct dialogue *d, uint32_t i)
{
    const qe_token *t = &d->t[i];
    char letter = d->a->text.ptr[t->start];
    return (t->flags & QE_INITIAL) && t->end - t->start == 2 && (letter == 'Q' || letter == 'A') &&
           (i == 0 || d->t[i - 1].kind == QE_BREAK) && i + 1 < d->n && d->t[i + 1].kind != QE_BREAK &&
           !(t->flags & QE_MASKED);
}

/* Words of the label that starts at token i and is a name or a paper's, alone at the start of its line; 0 if none. */
static uint32_t name_label(const struct dialogue *d, uint32_t i)
{
    uint32_t k = i;
    if (i > 0 && d->t[i - 1].kind != QE_BREAK)
        return 0;
    while (k < d->n && k < i + 3 && d->t[k].kind == QE_WORD && (d->t[k].flags & QE_CAPITAL) &&
           !(d->t[k].bits & (QE_COMMON | QE_TIME | QE_NOUNCUE | QE_DET | QE_PREP | QE_REL | QE_SUBORD)))
        k++;
    int label = k > i && k + 1 < d->n && qe_is_punct(&d->t[k], ':') && d->t[k + 1].kind != QE_BREAK;
    return label && !(d->t[i].flags & QE_MASKED) ? k - i : 0;
}

/* Words of the label that starts at token i, 0 if none. */
static uint32_t label_at(const struct dialogue *d, uint32_t i)
{
    if (i > 0 && d->t[i - 1].kind != QE_BREAK && !qe_stops(&d->t[i - 1]))
        return 0;
    if (dotted_letter(d, i))
        return 1;
    if (d->named)
        return name_label(d, i);
    uint32_t k = i;
    while (k < d->n && k < i + 4 && d->t[k].kind == QE_WORD) {
        const qe_token *t = &d->t[k];
        int letter = t->end - t->start == 1 && (t->flags & QE_CAPITAL) && k == i;
        if (!(t->flags & (QE_UPPER | QE_INITIAL)) && !letter && !((t->bits & QE_TITLE) && (t->flags & QE_CAPITAL)))
            break;
        k++;
    }
    int upper = 0;
    for (uint32_t w = i; w < k; w++)
        upper |= (d->t[w].flags & QE_UPPER) != 0 || (k == i + 1);
    return k > i && upper && k + 1 < d->n && qe_is_punct(&d->t[k], ':') && !(d->t[i].flags & QE_MASKED) &&
                   d->t[k + 1].kind != QE_BREAK
               ? k - i
               : 0;
}

/* Two labels at least, of which one comes twice or they are Q and A: notices in capitals are no transcript. */
static int is_transcript(const struct dialogue *d)
{
    uint32_t labels = 0;
    uint64_t first = 0, other = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        uint32_t words = d->t[i].kind == QE_WORD ? label_at(d, i) : 0;
        if (!words)
            continue;
        labels++;
        uint64_t hash = d->t[i + words - 1].hash;
        first = first ? first : hash;
        other = hash != first ? hash : other;
    }
    return labels >= 2 && other != 0;
}

/* An interview whose labels are names: two different ones that are full names, or one of which ends a full name that
 * stands before. */
static int is_named_interview(struct dialogue *d)
{
    uint64_t labels[2] = {0, 0};
    uint32_t first = QE_NONE, count = 0, full = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        uint32_t words = d->t[i].kind == QE_WORD ? name_label(d, i) : 0;
        if (!words)
            continue;
        uint64_t hash = d->t[i + words - 1].hash;
        first = first == QE_NONE ? i : first;
        count++;
        full += words > 1;
        if (!labels[0] || labels[0] == hash)
            labels[0] = hash;
        else if (!labels[1] || labels[1] == hash)
            labels[1] = hash;
        else
            return 0; /* a box of facts has a label a line */
    }
    if (count < 2 || !labels[1])
        return 0;
    if (count > 2 && full == count)
        return d->named = 1;
    for (uint32_t i = 1; i < first; i++)
        if ((d->t[i].hash == labels[0] || d->t[i].hash == labels[1]) && d->t[i].kind == QE_WORD &&
            (d->t[i].flags & QE_CAPITAL) && d->t[i - 1].kind == QE_WORD && (d->t[i - 1].flags & QE_CAPITAL))
            return d->named = 1;
    return 0;
}

static void take_labels(struct dialogue *d)
{
    uint32_t start = QE_NONE, label = 0;
    for (uint32_t i = 0; i <= d->n; i++) {
        int stop = i == d->n || d->t[i].kind == QE_BREAK;
        uint32_t words = stop || d->t[i].kind != QE_WORD ? 0 : label_at(d, i);
        if (start != QE_NONE && (stop || words)) {
            add(d, start, i, label);
            start = QE_NONE;
        }
        if (words) {
            label = words;
            uint32_t colon = qe_is_punct(&d->t[i + words], ':') ? 1 : 0;
            start = i + words + colon;
            i += words + colon - 1;
        }
    }
}

/* ---- dashes
 * ----------------------------------------------------------------------------------------------------------- */

/* The attribution follows a pause without a second dash: — Tu viens ? demanda Claire. */
static int bare_clause(const struct dialogue *d, uint32_t i)
{
    const qe_token *t = &d->t[i];
    int pause = t->kind == QE_PUNCT && (t->code == ',' || t->code == '?' || t->code == '!' || t->code == QE_ELLIPSIS);
    return pause && d->a->lexicon->incise && i + 2 < d->n && (d->t[i + 1].bits & QE_CUE) &&
           !(d->t[i + 1].flags & QE_CAPITAL);
}

/* Such a clause to the paragraph's end at once, with nothing said behind it. */
static int bare_clause_last(const struct dialogue *d, uint32_t i)
{
    uint32_t k = i + 1;
    if (!bare_clause(d, i))
        return 0;
    while (k < d->n && k < i + 30 && d->t[k].kind == QE_WORD)
        k += k + 1 < d->n && qe_is_punct(&d->t[k + 1], '-') ? 2 : 1;
    return k + 1 >= d->n || (qe_stops(&d->t[k]) && d->t[k + 1].kind == QE_BREAK) || d->t[k].kind == QE_BREAK;
}

/* A clause with a verb of speech starts behind the dash at i. */
static int clause_behind(const struct dialogue *d, uint32_t i)
{
    for (uint32_t k = i + 1; k < d->n && k < i + 5 && d->t[k].kind == QE_WORD; k++)
        if (d->t[k].bits & (QE_CUE | QE_CUE_SOFT))
            return !(d->t[i + 1].flags & QE_CAPITAL) || k > i + 1;
    return 0;
}

static int opens_with_dash(const struct dialogue *d, uint32_t i)
{
    return qe_is_punct(&d->t[i], QE_DASH) && !(d->t[i].flags & QE_MASKED) && (i == 0 || d->t[i - 1].kind == QE_BREAK) &&
           i + 1 < d->n && d->t[i + 1].kind != QE_BREAK;
}

static int is_dash_dialogue(const struct dialogue *d)
{
    int opened = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        if (d->t[i].kind == QE_BREAK)
            opened = 0;
        if (opens_with_dash(d, i))
            opened = 1;
        else if (opened && ((qe_is_punct(&d->t[i], QE_DASH) && clause_behind(d, i)) || bare_clause(d, i)))
            return 1;
    }
    return 0;
}

static void take_dashes(struct dialogue *d)
{
    for (uint32_t i = 0; i < d->n; i++) {
        if (!opens_with_dash(d, i))
            continue;
        uint32_t start = i++;
        int speech = 1;
        for (; i < d->n && d->t[i].kind != QE_BREAK; i++) {
            if (speech && bare_clause_last(d, i)) {
                add(d, start, i + 1, 0);
                speech = 0;
            }
            if (!qe_is_punct(&d->t[i], QE_DASH))
                continue;
            if (speech && clause_behind(d, i)) {
                add(d, start, i, 0);
                speech = 0;
            } else if (!speech) {
                start = i + 1 +
                        (i + 1 < d->n && d->t[i + 1].kind == QE_PUNCT && d->t[i + 1].code != 0xBF &&
                         d->t[i + 1].code != 0xA1);
                speech = 1;
            }
        }
        if (speech)
            add(d, start, i, 0);
    }
}

/* ---- the merge
 * -------------------------------------------------------------------------------------------------------- */

/* Puts quotes[from..] among those before, by position. What lies inside a new one goes; a quote over all of it stays.
 */
static int merge(qe_article *a, uint32_t from)
{
    uint32_t added = a->quotes.n - from, kept = 0, next = 0;
    qe_quote *fresh = malloc(added * sizeof *fresh), *old = malloc((from + 1) * sizeof *old);
    if (fresh == NULL || old == NULL) {
        free(fresh);
        free(old);
        return -ENOMEM;
    }
    memcpy(fresh, a->quotes.at + from, added * sizeof *fresh);
    memcpy(old, a->quotes.at, from * sizeof *old);
    for (uint32_t i = 0; i < added; i++) {
        while (next < from && old[next].end <= fresh[i].start)
            a->quotes.at[kept++] = old[next++];
        while (next < from && old[next].start < fresh[i].end)
            next++; /* nested */
        a->quotes.at[kept++] = fresh[i];
    }
    while (next < from)
        a->quotes.at[kept++] = old[next++];
    a->quotes.n = kept;
    for (uint32_t i = 0; i < kept; i++) { /* chains were links by index: join them anew by what they were */
        int goes_on =
            i + 1 < kept && (a->quotes.at[i].flags & QE_CONTINUES) && (a->quotes.at[i + 1].flags & QE_CONTINUED);
        a->quotes.at[i].next = goes_on ? i + 1 : QE_NONE;
        if (!goes_on)
            a->quotes.at[i].flags &= ~QE_CONTINUES;
        if (i == 0 || a->quotes.at[i - 1].next != i)
            a->quotes.at[i].flags &= ~QE_CONTINUED;
    }
    free(fresh);
    free(old);
    return 0;
}

int qe_dialogue_find(qe_article *a)
{
    struct dialogue d = {a, a->tokens.at, a->tokens.n, &a->quotes, 0, 0};
    uint32_t before = a->quotes.n;
    if (before == 0 && (is_transcript(&d) || is_named_interview(&d)))
        take_labels(&d);
    else if (a->lexicon->dash_dialogue && is_dash_dialogue(&d))
        take_dashes(&d);
    if (d.failed)
        return -ENOMEM;
    return a->quotes.n > before ? merge(a, before) : 0;
}
