/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/replay.h: sends dead letters back to where they came from, for `copydesk replay`.
 *
 * The idempotent producer; each letter to its own topic and partition, with the key, bytes, timestamp and headers it came with, and
 * copydesk-replayed one higher. A letter that was cut is sent as its original, which is fetched first. Calls block. Thread: the
 * caller's. */
#ifndef COPYDESK_KAFKA_REPLAY_H
#define COPYDESK_KAFKA_REPLAY_H

#include "kafka/letters.h"

typedef struct cd_replay cd_replay;

/* 0 or -EINVAL: configuration. */
int cd_replay_create(const cd_config *config, cd_replay **out, cd_error *error);
void cd_replay_destroy(cd_replay *replay); /* NULL is fine */

/* Makes sure that the letter can be sent: its topic and partition are there and, where it was cut, fetches the original and
 * compares size and digest. True, or false with the letter's state (REFUSED, UNSENT) and why. */
bool cd_replay_prepare(cd_replay *replay, cd_letter *letter);

/* Sends those of the letters that were prepared and are still READ, and waits for what the brokers say of each: its state is then
 * SENT, REFUSED or UNSENT. */
void cd_replay_send(cd_replay *replay, cd_letter *letters, size_t count);

#endif
