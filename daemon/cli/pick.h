/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/pick.h: which dead letters `copydesk replay` takes, and the consumer group in which it remembers how far it came with
 * just these. */
#ifndef COPYDESK_CLI_PICK_H
#define COPYDESK_CLI_PICK_H

#include "kafka/letters.h"

enum { CD_PICK_WORDS = 32, CD_PICK_GROUP = 320 };

/* Borrowed strings. No class, no stage, NULL and -1 each mean: all. */
typedef struct cd_pick {
    const char *classes[CD_PICK_WORDS], *stages[CD_PICK_WORDS];
    size_t class_count, stage_count;
    const char *reason, *topic; /* a part of the reason; the topic it came from */
    int64_t since_ms, until_ms; /* the record's time: from, and before */
    int64_t from, last;         /* offsets in the dead-letter topic, both included */
} cd_pick;

/* Does the configuration read this topic, by name or by pattern? Nothing else is written to, whatever a header says. */
bool cd_pick_reads(const cd_config *config, const char *topic);

bool cd_pick_takes(const cd_pick *pick, const cd_letter *letter);

/* "GROUP-replay" where all are taken, else that and a digest of the choice, in whatever order it was given: the same choice finds
 * its place again, another one has another place. Sorts `pick`. 0 or -ENOMEM. */
int cd_pick_group(cd_pick *pick, const char *group, char out[CD_PICK_GROUP]);

#endif
