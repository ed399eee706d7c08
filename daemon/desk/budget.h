/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/budget.h: the desk's byte budget. Pure.
 *
 * It covers every record from intake to settlement and every result that waits. Only intake asks it: what is in the desk
 * already always goes on (a result is never refused), so the head of a partition cannot be held up by it; the overshoot is
 * bounded by what the records taken can grow to. Hysteresis: once full, closed until half empty, because each pause of the
 * consumer throws prefetched data away. */
#ifndef COPYDESK_DESK_BUDGET_H
#define COPYDESK_DESK_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cd_budget {
    uint64_t limit, used;
    bool closed;
} cd_budget;

static inline void cd_budget_charge(cd_budget *budget, size_t bytes)
{
    budget->used += bytes;
    if (budget->used >= budget->limit)
        budget->closed = true;
}

static inline void cd_budget_return(cd_budget *budget, size_t bytes)
{
    budget->used -= bytes;
    if (budget->used <= budget->limit / 2)
        budget->closed = false;
}

static inline bool cd_budget_open(const cd_budget *budget) { return !budget->closed; }

#endif
