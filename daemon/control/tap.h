/* SPDX-License-Identifier: Apache-2.0
 *
 * control/tap.h: what one client sees of that which goes out: a choice, and a ring of bounded size. Pure.
 *
 * Who fills it never waits for who empties it: a line for which there is no room is left out as a whole and counted, and the number
 * stands in the stream, {"left_out":N}, before the next line that is not. So whatever is taken out, in whatever pieces, is whole
 * lines, and what is missing is told where it is missing. Thread: the desk's. */
#ifndef COPYDESK_CONTROL_TAP_H
#define COPYDESK_CONTROL_TAP_H

#include "base/error.h"

#include <copydesk/plugin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { CD_TAP_BYTES = 2 << 20 };

/* What goes out, and of which. */
enum cd_tap_kind { CD_TAP_ARTICLES = 1, CD_TAP_DEAD_LETTERS = 2 };

typedef struct cd_tap_choice {
    unsigned kinds;    /* enum cd_tap_kind, or-ed */
    char topic[250];   /* of the input; "": any */
    int32_t partition; /* with a topic */
    uint64_t every;    /* of what fits: one in so many, from the first on; at least 1 */
} cd_tap_choice;

typedef struct cd_tap_record {
    unsigned kind;      /* one of enum cd_tap_kind */
    const char *topic;  /* where it came from */
    int32_t partition;
    cd_str json;        /* the article as it went out, or what a dead letter says */
} cd_tap_record;

typedef struct cd_tap {
    cd_tap_choice choice;
    char *ring; /* NULL: closed */
    size_t size, first, length; /* of the ring; where what was not taken yet begins, and how much that is */
    uint64_t seen;     /* records of the choice */
    uint64_t left_out; /* since that was last told */
} cd_tap;

/* Takes `size` bytes of memory until it is closed. 0 or -ENOMEM. */
int cd_tap_open(cd_tap *tap, const cd_tap_choice *choice, size_t size);
void cd_tap_close(cd_tap *tap); /* one that is closed is fine */

/* Adds the record, if the choice has it, as a line: {"article":JSON} or {"dead_letter":JSON}. Line ends in it, which in JSON can stand only
 * between tokens, become spaces. */
void cd_tap_offer(cd_tap *tap, const cd_tap_record *record);

/* What was not taken yet, in two parts at most; tells first what was left out, if all else was taken. How many parts. */
int cd_tap_pending(cd_tap *tap, struct iovec parts[2]);
void cd_tap_taken(cd_tap *tap, size_t bytes);

#endif
