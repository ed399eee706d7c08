/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/words.c: see words.h. */
#include "cli/words.h"

#include <math.h>
#include <stdio.h>

const char *cd_words_duration(int64_t ms, char out[CD_WORDS])
{
    long long s = ms > 0 ? ms / 1000 : 0;
    if (s >= 86400)
        snprintf(out, CD_WORDS, "%lld d %lld h", s / 86400, s % 86400 / 3600);
    else if (s >= 3600)
        snprintf(out, CD_WORDS, "%lld h %lld min", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        snprintf(out, CD_WORDS, "%lld min %lld s", s / 60, s % 60);
    else
        snprintf(out, CD_WORDS, "%lld s", s);
    return out;
}

/* 99999.5 would be printed with six digits: what is too large for its unit once rounded is said in the next. */
static const char *scaled(double amount, const char *sign, char out[CD_WORDS])
{
    static const char units[] = "kMGTPE";
    int unit = -1;
    while (amount >= (unit < 0 ? 99999.5 : 999.5) && unit + 1 < (int)sizeof units - 1) {
        amount /= 1000;
        unit++;
    }
    if (unit < 0)
        snprintf(out, CD_WORDS, "%s%.*f", sign, amount < 99.95 ? 1 : 0, amount);
    else
        snprintf(out, CD_WORDS, "%s%.*f%c", sign, amount < 99.95 ? 1 : 0, amount, units[unit]);
    return out;
}

const char *cd_words_amount(double amount, char out[CD_WORDS])
{
    if (isnan(amount))
        snprintf(out, CD_WORDS, "-");
    else
        scaled(fabs(amount), amount < 0 ? "-" : "", out);
    return out;
}

const char *cd_words_count(int64_t count, char out[CD_WORDS])
{
    if (count < 0)
        snprintf(out, CD_WORDS, "-");
    else if (count < 100000)
        snprintf(out, CD_WORDS, "%lld", (long long)count);
    else
        scaled((double)count, "", out);
    return out;
}

const char *cd_words_change(double amount, char out[CD_WORDS])
{
    return amount >= 0.05 ? scaled(amount, "+", out) : amount <= -0.05 ? scaled(-amount, "-", out) : cd_words_amount(fabs(amount), out);
}
