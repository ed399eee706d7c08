/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/breaker.c: see breaker.h. */
#include "desk/breaker.h"

#include "base/clock.h"

#include <stdio.h>

void cd_breaker_init(cd_breaker *breaker, int64_t limit, int64_t shortest_ns, int64_t longest_ns)
{
    *breaker = (cd_breaker){.limit = (uint32_t)limit, .shortest_ns = shortest_ns, .longest_ns = longest_ns};
}

static void back_off(cd_breaker *breaker, int64_t now_ns)
{
    breaker->passed = 0;
    breaker->probe_at_ns = now_ns + breaker->back_off_ns;
    breaker->back_off_ns = breaker->back_off_ns < breaker->longest_ns / 2 ? 2 * breaker->back_off_ns : breaker->longest_ns;
}

void cd_breaker_bad_probe(cd_breaker *breaker, int64_t now_ns)
{
    if (cd_breaker_may_probe(breaker, now_ns)) /* not one that was under way when it opened */
        back_off(breaker, now_ns);
}

bool cd_breaker_dead_letter(cd_breaker *breaker, const char *stage, int64_t now_ns)
{
    if (breaker->limit == 0)
        return false;
    if (breaker->heat == 0) {
        breaker->dead_letters = 0;
        breaker->first_ns = now_ns;
    }
    breaker->dead_letters++;
    breaker->last_ns = now_ns;
    breaker->heat += breaker->heat < breaker->limit;
    snprintf(breaker->stage, sizeof breaker->stage, "%s", stage);
    cd_breaker_bad_probe(breaker, now_ns);
    if (breaker->open || breaker->heat < breaker->limit)
        return false;
    breaker->open = true;
    breaker->back_off_ns = breaker->shortest_ns;
    back_off(breaker, now_ns);
    return true;
}

bool cd_breaker_healthy(cd_breaker *breaker, int64_t now_ns)
{
    if (breaker->open) {
        if (!cd_breaker_may_probe(breaker, now_ns) || ++breaker->passed < CD_BREAKER_PROBES)
            return false;
        breaker->open = false;
        breaker->heat = breaker->healthy = 0;
        return true;
    }
    if (breaker->heat > 0 && ++breaker->healthy >= CD_BREAKER_COOLING) {
        breaker->heat--;
        breaker->healthy = 0;
    }
    return false;
}

bool cd_breaker_may_probe(const cd_breaker *breaker, int64_t now_ns) { return breaker->open && now_ns >= breaker->probe_at_ns; }

const char *cd_breaker_words(const cd_breaker *breaker, char *out, size_t size)
{
    snprintf(out, size, "breaker: stage %s crashes again and again (%llu dead letters in %lld s)", breaker->stage,
             (unsigned long long)breaker->dead_letters,
             (long long)((breaker->last_ns - breaker->first_ns + CD_NS_PER_S - 1) / CD_NS_PER_S));
    return out;
}
