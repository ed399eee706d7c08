/* SPDX-License-Identifier: Apache-2.0
 *
 * shared.h: the log that several machines share, in Redis or Valkey, and the one script that works on it (shared.lua).
 *
 * The log is a row of segments, and a segment a row of records, as a store has them; a machine keeps a copy of it in a
 * store of its own. Whoever adds says how far he knows the log, and the script adds only if that is all of it: so the
 * records of all machines are one row, and each was decided in the knowledge of all before it.
 *
 * Keys are {PREFIX}:head, {PREFIX}:records:N and {PREFIX}:forgotten:N. The braces put all of them into one slot of a
 * cluster.
 */
#ifndef DEDUPE_SHARED_H
#define DEDUPE_SHARED_H

#include <copydesk/plugin.h>

#include "link.h"
#include "options.h"
#include "record.h"

/* Records in one call. It bounds how long the server is kept from others. */
#define DD_SHARED_ROW 32u
/* Records that one call brings back. */
#define DD_SHARED_PAGE 512u

/* How far somebody knows the log. */
typedef struct dd_point {
    uint32_t segment, records; /* all before this segment, and so many of it */
    uint32_t forgotten;        /* so many of the refs that were forgotten while it was the newest */
    cd_str last;               /* the last record known, of this or the segment before; empty if there is none */
} dd_point;

enum dd_state {
    DD_LEVEL,  /* nothing was added since; the call did what it was to do */
    DD_BEHIND, /* there is more: the news brings it, or its beginning; nothing was done */
    DD_APART,  /* the log is another than the one of the point; nothing was done */
    DD_EMPTY   /* there is no log; nothing was done */
};

typedef struct dd_news {
    enum dd_state state;
    uint32_t oldest, newest; /* segments of the log; in state EMPTY unset */
    uint32_t records;        /* of the point's segment */
    redisReply *reply;       /* owned; see dd_news_end */
} dd_news;

size_t dd_news_records(const dd_news *news);
cd_str dd_news_record(const dd_news *news, size_t i); /* borrowed from the news */
size_t dd_news_forgotten(const dd_news *news);
dd_ref dd_news_forgotten_ref(const dd_news *news, size_t i);
void dd_news_end(dd_news *news);

typedef struct dd_shared dd_shared;

/* Looks the server's name up, connects to nobody. 0, or -errno with a sentence in `why`. */
int dd_shared_create(dd_shared **shared, const dd_settings *settings, char *why, size_t why_size);
void dd_shared_destroy(dd_shared *shared);

/* 0; -ENOTCONN: the server is away; -EACCES: it refuses us. */
int dd_shared_connect(dd_shared *shared);
/* What the last failure was; "" if there was none. */
const char *dd_shared_why(const dd_shared *shared);
/* As dd_link_number. */
uint64_t dd_shared_connection(const dd_shared *shared);
/* The server's policy when its memory is full, "" where it does not say; and whether it evicts keys then. */
int dd_shared_evicts(dd_shared *shared, char *policy, size_t size);

/* Gives the connection up: what came over it is no log. -ENOTCONN. */
int dd_shared_reject(dd_shared *shared);

/* Each: 0 with `news`, which is to be ended; -ENOTCONN; -EPROTO: the log is of another version, dd_shared_why says
 * which; -EBADMSG: the answer is none of the script's. Before it connect. */
int dd_shared_read(dd_shared *shared, const dd_point *point, unsigned page, dd_news *news);
int dd_shared_append(dd_shared *shared, const dd_point *point, const cd_str *records, size_t count, dd_news *news);
int dd_shared_forget(dd_shared *shared, const dd_point *point, dd_ref ref, dd_news *news);
/* Ends the point's segment; segments from `given_back` up to but not including `visible` go. */
int dd_shared_roll(dd_shared *shared, const dd_point *point, uint32_t given_back, uint32_t visible, dd_news *news);
/* Makes a log that begins with the point's segment, if there is none; else as read. */
int dd_shared_found(dd_shared *shared, const dd_point *point, dd_news *news);

#endif
