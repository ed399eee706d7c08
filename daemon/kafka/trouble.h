/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/trouble.h: what is not well with a client now, for the status.
 *
 * librdkafka tells of errors, not of their end: a record, a delivery or a commit ends a trouble, and one that nothing has
 * confirmed for half a minute (it tries to connect every ten seconds) is over, too. */
#ifndef COPYDESK_KAFKA_TROUBLE_H
#define COPYDESK_KAFKA_TROUBLE_H

#include "base/clock.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>

#define CD_TROUBLE_LASTS_NS (30 * CD_NS_PER_S)

typedef struct cd_trouble {
    char text[256]; /* "" if all is well */
    int64_t seen_ns;
    char fatal[512]; /* "" if the client still works; else it must be made anew */
} cd_trouble;

static inline void cd_trouble_set(cd_trouble *trouble, const char *what, const char *why)
{
    snprintf(trouble->text, sizeof trouble->text, "degraded: %s%s%.190s", what, *why ? ": " : "", why);
    trouble->seen_ns = cd_clock_monotonic_ns();
}

static inline void cd_trouble_clear(cd_trouble *trouble) { trouble->text[0] = '\0'; }

/* The body of an error callback: keeps a fatal error, notes the trouble, logs. `role`: "consumer" or "producer". In client.c. */
void cd_trouble_report(cd_trouble *trouble, rd_kafka_t *client, const char *role, int code, const char *reason);

static inline void cd_trouble_note(cd_trouble *trouble, int code)
{
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        cd_trouble_set(trouble, "no broker can be reached", "");
    else if (trouble->text[0] && (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE))
        trouble->seen_ns = cd_clock_monotonic_ns();
}

static inline const char *cd_trouble_fatal(const cd_trouble *trouble) { return trouble->fatal[0] ? trouble->fatal : NULL; }

/* NULL if all is well. */
static inline const char *cd_trouble_text(const cd_trouble *trouble)
{
    if (trouble->text[0] == '\0' || cd_clock_monotonic_ns() - trouble->seen_ns > CD_TROUBLE_LASTS_NS)
        return NULL;
    return trouble->text;
}

#endif
