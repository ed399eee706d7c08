/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/offsets.h: what one partition in one epoch has taken, settled and committed. Pure.
 *
 * Offsets of records have gaps (compaction, transaction markers), so the prefix is counted in the order received; what is
 * committed is the offset after the last settled record, or the end of the partition when nothing is in flight, so that the lag
 * reaches 0 over markers. */
#ifndef COPYDESK_KAFKA_OFFSETS_H
#define COPYDESK_KAFKA_OFFSETS_H

#include <stdbool.h>
#include <stdint.h>

#define CD_OFFSET_NONE (-1)

typedef struct cd_offsets {
    int64_t start;     /* what the group had committed before; NONE: nothing, or it is not known */
    int64_t next;      /* the next expected: behind the last taken, the end reached, else the start; NONE while unknown */
    int64_t first;     /* the first offset taken; NONE before it */
    int64_t taken;     /* the last offset taken; NONE before the first */
    int64_t settled;   /* the next to read, all before it settled; NONE while unknown */
    int64_t asked;     /* the highest that a commit was asked for */
    int64_t committed; /* the highest that a commit was confirmed for */
    int64_t end;       /* the partition's end as last reached; NONE before */
} cd_offsets;

static inline cd_offsets cd_offsets_start(void)
{
    return (cd_offsets){CD_OFFSET_NONE, CD_OFFSET_NONE, CD_OFFSET_NONE, CD_OFFSET_NONE,
                        CD_OFFSET_NONE, CD_OFFSET_NONE, CD_OFFSET_NONE, CD_OFFSET_NONE};
}

/* The epoch begins at the group's committed offset. */
static inline void cd_offsets_begin(cd_offsets *o, int64_t committed) { o->start = o->next = committed; }

/* How many offsets are gone before `offset`, the next that came, in a log that begins at `low`. What is missing behind the log's
 * beginning was compacted, or belongs to transactions. */
static inline uint64_t cd_offsets_lost(const cd_offsets *o, int64_t offset, int64_t low)
{
    int64_t there = offset < low ? offset : low;
    return o->next != CD_OFFSET_NONE && there > o->next ? (uint64_t)(there - o->next) : 0;
}

/* False: this epoch has seen it already (librdkafka 2.0.2 can repeat records after a pause); ignore it. */
static inline bool cd_offsets_take(cd_offsets *o, int64_t offset)
{
    if (offset <= o->taken)
        return false;
    if (o->first == CD_OFFSET_NONE)
        o->first = offset;
    o->taken = offset;
    o->next = offset + 1;
    return true;
}

/* Has the log begun anew (the topic was made again, or truncated)? The offset is below all that this epoch has seen; or it was seen, and
 * the log ends before the last that was (`end`; NONE: not known). */
static inline bool cd_offsets_begins_anew(const cd_offsets *o, int64_t offset, int64_t end)
{
    return o->first != CD_OFFSET_NONE && offset <= o->taken && (offset < o->first || (end != CD_OFFSET_NONE && end <= o->taken));
}

static inline void cd_offsets_settle(cd_offsets *o, int64_t next)
{
    if (next > o->settled)
        o->settled = next;
}

/* The consumer stands at the partition's end. */
static inline void cd_offsets_reach_end(cd_offsets *o, int64_t end)
{
    if (end > o->end)
        o->end = end;
    if (end > o->next)
        o->next = end;
}

/* What to commit now, or NONE if there is nothing new. `in_flight`: records taken and not settled. The end counts only behind
 * every record taken. */
static inline int64_t cd_offsets_to_commit(const cd_offsets *o, uint64_t in_flight)
{
    int64_t next = o->settled;
    if (in_flight == 0 && o->end > o->taken && o->end > next)
        next = o->end;
    return next > o->asked ? next : CD_OFFSET_NONE;
}

static inline void cd_offsets_ask(cd_offsets *o, int64_t next) { o->asked = next; }

/* The answer to a commit of `next`. After a failure it is asked for again. False: it is of an epoch that is over, and does not count,
 * for this one has not come so far. */
static inline bool cd_offsets_answer(cd_offsets *o, int64_t next, bool good)
{
    if (next > o->next)
        return false;
    if (good && next > o->committed)
        o->committed = next;
    if (!good && o->asked >= next)
        o->asked = o->committed;
    return true;
}

#endif
