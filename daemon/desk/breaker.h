/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/breaker.h: keeps a stage that crashes at article after article from turning a topic into dead letters. Pure.
 *
 * Heat: each article that killed its process twice adds one, every CD_BREAKER_COOLING healthy ones take one away. So a share of
 * poison below one in CD_BREAKER_COOLING never trips it, however long it lasts, and no clock is asked: articles that hang are as slow
 * as they are bad. At `limit` it opens: from then on one record is tried at a time, alone, the next one after a bad one
 * only when a back-off is over, which doubles. After CD_BREAKER_PROBES good ones in a row it closes.
 *
 * It only counts and says when. Whose breaker hears of what, and what becomes of the other records meanwhile: breakers.c. */
#ifndef COPYDESK_DESK_BREAKER_H
#define COPYDESK_DESK_BREAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CD_BREAKER_COOLING = 20, CD_BREAKER_PROBES = 10 };

typedef struct cd_breaker {
    uint32_t limit; /* 0: never opens */
    int64_t shortest_ns, longest_ns; /* of the back-off */
    uint32_t heat, healthy;
    bool open;
    uint32_t passed;       /* probes that ended well, in a row */
    int64_t probe_at_ns;   /* no probe before this time */
    int64_t back_off_ns;   /* after the next bad probe */
    uint64_t dead_letters; /* since `first_ns`, when there was no heat */
    int64_t first_ns, last_ns;
    char stage[72]; /* of the last one */
} cd_breaker;

/* Closed and cold. */
void cd_breaker_init(cd_breaker *breaker, int64_t limit, int64_t shortest_ns, int64_t longest_ns);

/* An article is a dead letter because it killed its process, in `stage`. True: that opened the breaker. */
bool cd_breaker_dead_letter(cd_breaker *breaker, const char *stage, int64_t now_ns);
/* Open: a record that was tried ended badly, though it became no dead letter. */
void cd_breaker_bad_probe(cd_breaker *breaker, int64_t now_ns);
/* An article came through. True: that closed the breaker. */
bool cd_breaker_healthy(cd_breaker *breaker, int64_t now_ns);

/* Open: whether a record may be tried now, if no other is being tried. */
bool cd_breaker_may_probe(const cd_breaker *breaker, int64_t now_ns);

/* "breaker: stage x crashes again and again (20 dead letters in 3 s)". Returns `out`. */
const char *cd_breaker_words(const cd_breaker *breaker, char *out, size_t size);

#endif
