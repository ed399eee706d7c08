/* SPDX-License-Identifier: Apache-2.0
 *
 * decide.c: the thresholds.
 *
 * U. Manber ("Finding similar files in a large file system", 1994) and A. Broder (1997) ask for one number; news needs
 * three. Wire copies are cut from below, so containment must count where resemblance fails; earnings and weather
 * notices differ in nothing but their figures, so that agreeing words aren't enough. The values were chosen on one half
 * of labelled syndication and checked on the other; README.md has the figures.
 */
#include "decide.h"

static const dd_thresholds levels[] = {
    [DD_NORMAL] = {.42, .36, .65, .60},
    [DD_OCR] = {.30, .26, .60, .60},
    [DD_STRICT] = {.44, .44, .68, .65},
};

#define SHORT_JACCARD .65
#define SHORT_CONTAINMENT .80
#define COMPARABLE_MIN 6u /* below, containment is a guess */
#define NUMBERS_MIN 3u
#define NUMBERS_AGREE .80
#define RELATED_JACCARD .10
#define RELATED_CONTAINMENT .25

const dd_thresholds *dd_thresholds_of(enum dd_level level) { return &levels[level]; }

static void raise_to(double *threshold, double least) { *threshold = *threshold > least ? *threshold : least; }

dd_thresholds dd_thresholds_for(enum dd_level level, uint32_t first_tokens, uint32_t second_tokens)
{
    dd_thresholds asked = levels[level];
    if (first_tokens < DD_TOKENS_SHORT && second_tokens < DD_TOKENS_SHORT) {
        raise_to(&asked.jaccard, SHORT_JACCARD);
        raise_to(&asked.jaccard_agreeing, SHORT_JACCARD);
        raise_to(&asked.containment, SHORT_CONTAINMENT);
    }
    return asked;
}

/* The number guard: both sides have figures and they disagree. Of two, one must agree: a single figure may be a typing
 * error. */
static int facts_differ(const dd_likeness *likeness, double share)
{
    if (likeness->numbers < NUMBERS_MIN)
        return likeness->numbers == 2 && likeness->numbers_agree == 0;
    return likeness->numbers_agree < share * likeness->numbers;
}

static int facts_agree(const dd_likeness *likeness)
{
    return likeness->numbers >= NUMBERS_MIN && likeness->numbers_agree >= NUMBERS_AGREE * likeness->numbers;
}

/* A text that was reworded or badly scanned all through loses most shingles and keeps its figures. */
static int is_near(const dd_likeness *likeness, const dd_thresholds *t)
{
    return likeness->jaccard >= t->jaccard || (likeness->jaccard >= t->jaccard_agreeing && facts_agree(likeness));
}

static int alike(const dd_likeness *likeness, const dd_thresholds *t)
{
    return is_near(likeness, t) || (likeness->containment >= t->containment && likeness->comparable >= COMPARABLE_MIN);
}

static int copy_kind(const dd_likeness *likeness, const dd_thresholds *t)
{
    if (is_near(likeness, t))
        return DD_NEAR;
    return likeness->larger > 0 ? DD_CONTAINS : DD_CONTAINED;
}

dd_verdict dd_decide(const dd_print *first, const dd_print *second, const dd_likeness *likeness, enum dd_level level)
{
    if (likeness->equal)
        return (dd_verdict){DD_EXACT, 1};
    if (first->tokens < DD_TOKENS_MIN || second->tokens < DD_TOKENS_MIN)
        return (dd_verdict){DD_NONE, 0};
    dd_thresholds t = dd_thresholds_for(level, first->tokens, second->tokens);
    dd_thresholds sure_ones = dd_thresholds_for(DD_STRICT, first->tokens, second->tokens);
    if (alike(likeness, &t)) {
        int sure = alike(likeness, &sure_ones) && !facts_differ(likeness, sure_ones.numbers);
        if (facts_differ(likeness, t.numbers))
            return (dd_verdict){DD_TEMPLATE, 0};
        return (dd_verdict){copy_kind(likeness, &t), sure};
    }
    if (likeness->jaccard >= RELATED_JACCARD ||
        (likeness->containment >= RELATED_CONTAINMENT && likeness->comparable >= COMPARABLE_MIN))
        return (dd_verdict){DD_RELATED, 0};
    return (dd_verdict){DD_NONE, 0};
}

int dd_relation_joins(int relation) { return relation >= DD_EXACT && relation <= DD_CONTAINED; }

const char *dd_relation_name(int relation)
{
    static const char *const names[DD_RELATIONS] = {"none",      "exact",   "near",     "contains",
                                                    "contained", "related", "template", "unknown"};
    return relation >= 0 && relation < DD_RELATIONS ? names[relation] : "unknown";
}
