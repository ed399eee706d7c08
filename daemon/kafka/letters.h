/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka/letters.h: the dead-letter topic, read from a remembered place to the end that it has now, for `copydesk replay`.
 *
 * The place is remembered as the committed offsets of a consumer group that has no members: each partition is assigned by hand.
 * Only committed records are read. Calls block. Thread: the caller's. */
#ifndef COPYDESK_KAFKA_LETTERS_H
#define COPYDESK_KAFKA_LETTERS_H

#include "base/error.h"
#include "config/config.h"

#include <copydesk/plugin.h>
#include <signal.h>

enum cd_letter_state {
    CD_LETTER_READ,
    CD_LETTER_SENT,    /* and confirmed */
    CD_LETTER_REFUSED, /* it cannot be sent back, now or later: `why` */
    CD_LETTER_UNSENT,  /* it can be tried again: `why` */
};

/* A dead letter. The strings are its headers' bytes, which anybody may have written: not terminated, perhaps no UTF-8; ptr NULL
 * where there is no such header. */
typedef struct cd_letter {
    int32_t partition; /* where it lies in the dead-letter topic */
    int64_t offset;
    cd_str class, stage, reason;
    char topic[250]; /* where it came from; "": the record is no dead letter */
    int32_t source_partition;
    int64_t source_offset;
    int64_t replays;      /* how often it was sent back before */
    int64_t size;         /* of the whole article, in bytes */
    int64_t timestamp_ms; /* -1: not known */
    bool cut;             /* the original must be fetched to send it back */
    int state;            /* cd_letter_state */
    char why[256];
    void *message, *original; /* librdkafka's: the record, and the article where it had to be fetched; freed by cd_letter_fini */
    int error;                /* librdkafka's number for `why` */
} cd_letter;

void cd_letter_fini(cd_letter *letter);
/* The last header of this name; ptr NULL: there is none. */
cd_str cd_letter_header(const cd_letter *letter, const char *name);

typedef struct cd_letters_plan {
    const cd_config *config;
    const char *group;  /* where the place is remembered; NULL: from the beginning, and nothing is remembered */
    bool again;         /* from the beginning, whatever is remembered */
    int32_t partition;  /* -1: all */
    int64_t from, last; /* offsets, both included; -1: no such limit */
    const volatile sig_atomic_t *stop;
} cd_letters_plan;

typedef struct cd_letters cd_letters;

/* Asks the brokers where the topic ends and what is remembered. 0; -EINVAL: configuration; -ENOENT: no such topic or partition;
 * -EAGAIN: no answer; -EINTR: stopped; -EIO: the brokers refuse. */
int cd_letters_open(const cd_letters_plan *plan, cd_letters **out, cd_error *error);
void cd_letters_close(cd_letters *letters); /* NULL is fine */

/* 1 and the next record, to be ended with cd_letter_fini; 0 at the end; -EINTR: stopped; -EAGAIN: the brokers say nothing; -EIO. */
int cd_letters_next(cd_letters *letters, cd_letter *out, cd_error *error);
/* Something went wrong with this one: it and what follows in its partition is not to be remembered as read. */
void cd_letters_put_back(cd_letters *letters, const cd_letter *letter);
/* Remembers how far was read: 0, -EAGAIN or -EIO. */
int cd_letters_remember(cd_letters *letters, cd_error *error);

/* How many offsets lie between where it began and the end; and partition `i`, which goes on at *offset; false: there is none. */
int64_t cd_letters_total(const cd_letters *letters);
bool cd_letters_place(const cd_letters *letters, size_t i, int32_t *partition, int64_t *offset);
/* Was a place remembered, for any partition? */
bool cd_letters_remembered(const cd_letters *letters);
bool cd_letters_at_end(const cd_letters *letters);

#endif
