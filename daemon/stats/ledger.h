/* SPDX-License-Identifier: Apache-2.0
 *
 * stats/ledger.h: where every record of one partition and epoch went. Pure.
 *
 * The invariant: read = published + dropped + dead_lettered + abandoned + in flight. `published` counts what was
 * delivered, routed and tombstones included; `abandoned` what was unsettled when the partition was lost or given away:
 * somebody reads it again. */
#ifndef COPYDESK_STATS_LEDGER_H
#define COPYDESK_STATS_LEDGER_H

#include <stdint.h>

typedef struct cd_ledger {
    uint64_t read, published, dropped, dead_lettered, abandoned;
} cd_ledger;

/* 0 if the books balance, else by how many records they don't (positive: lost sight of; negative: counted twice). */
static inline int64_t cd_ledger_gap(const cd_ledger *ledger, uint64_t in_flight)
{
    return (int64_t)(ledger->read - ledger->published - ledger->dropped - ledger->dead_lettered - ledger->abandoned -
                     in_flight);
}

static inline void cd_ledger_add(cd_ledger *sum, const cd_ledger *part)
{
    sum->read += part->read;
    sum->published += part->published;
    sum->dropped += part->dropped;
    sum->dead_lettered += part->dead_lettered;
    sum->abandoned += part->abandoned;
}

#endif
