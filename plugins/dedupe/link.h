/* SPDX-License-Identifier: Apache-2.0
 *
 * link.h: a connection to Redis or Valkey that may be away: made when it is needed, given up when a call takes too
 * long, tried again after a pause that doubles. Only link.c and shared.c know hiredis.
 *
 * The circuit breaker: a failure opens it for 250 ms, then twice as long each time up to 8 s; while it is open nothing
 * waits for the server. A connection that broke while it was idle is made anew at once, once.
 */
#ifndef DEDUPE_LINK_H
#define DEDUPE_LINK_H

#include <hiredis/hiredis.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

typedef struct dd_link dd_link;

/* Looks the name up; connects to nobody. `timeout_ms` bounds a connect; a call takes at most twice that. 0, or -errno
 * with a sentence in `why`. The password is copied. */
int dd_link_create(dd_link **link, const dd_address *address, const char *password, int64_t timeout_ms, char *why,
                   size_t why_size);
void dd_link_destroy(dd_link *link);

/* Connects if it must and may. 0; -ENOTCONN: away, dd_link_why says why; -EACCES: it refuses our name or password. */
int dd_link_connect(dd_link *link);

/* Which connection it is, counted from 1; 0: none. What was known of the server holds for one connection. */
uint64_t dd_link_number(const dd_link *link);

/* One command. The reply is the caller's, to be freed by freeReplyObject, and no error; NULL: away. An error reply
 * whose text begins with `tolerated` (NULL: none) is given back as a reply. */
redisReply *dd_link_call(dd_link *link, int count, const char **words, const size_t *lengths, const char *tolerated);

/* A call worked that changed something: the breaker forgets earlier failures. */
void dd_link_worked(dd_link *link);
/* Gives the connection up, for a reason that the caller knows. */
void dd_link_fail(dd_link *link, const char *why);

/* The last failure in words; "" if there was none. */
const char *dd_link_why(const dd_link *link);

#endif
