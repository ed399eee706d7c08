/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/caution.h: after an abnormal exit of the desk the first records are taken one at a time, so that a record that kills the desk
 * itself gets a name.
 *
 * A marker file says that the desk runs, and which record it is careful about. Made when the first record is taken, removed at a clean
 * end: a start that finds it comes after a crash, kill -9 or abort. Then the next record is taken only when the one before is settled, or
 * after CD_CAUTION_PATIENCE_MS, which the desk has then survived; for CD_CAUTION_RECORDS records, twice as many after each further such
 * exit, up to eight times; so a crash loop comes to its record even if that lies far behind the last commit. Not synced to disk: it is to
 * outlive this process, not the machine.
 *
 * A marker that cannot be read or written costs the name, never the service. Owns the file; the desk's thread. */
#ifndef COPYDESK_DESK_CAUTION_H
#define COPYDESK_DESK_CAUTION_H

#include <copydesk/plugin.h>

#include <stdbool.h>

enum { CD_CAUTION_RECORDS = 20, CD_CAUTION_MOST = 8 * CD_CAUTION_RECORDS, CD_CAUTION_PATIENCE_MS = 500 };

typedef struct cd_caution {
    char *path;      /* NULL: off */
    int fd;          /* -1 before the first record */
    uint32_t exits;  /* abnormal ones in a row, before this run */
    uint32_t left;   /* records still to be taken alone */
    bool noted;      /* one is in hand, and in the marker */
    int64_t noted_ns;
    int64_t calm_ns; /* when normal service began; 0 not yet, or long ago */
    char suspect[320]; /* "TOPIC/PARTITION/OFFSET" of the last run, until it has come through; "" none */
    uint32_t times;  /* how often in a row it was that */
    char note[320];  /* the one in hand */
} cd_caution;

/* `folder` NULL: never careful. 0 or -ENOMEM. */
int cd_caution_init(cd_caution *caution, const char *folder);
/* A clean end, if any record was taken: the marker goes. */
void cd_caution_fini(cd_caution *caution);

/* Whether one more record may be taken; `idle`: all that were taken are settled. */
bool cd_caution_allows(cd_caution *caution, bool idle, int64_t now_ns);
/* This one is being taken: before anything is done with it. */
void cd_caution_take(cd_caution *caution, const cd_identity *record, int64_t now_ns);

#endif
