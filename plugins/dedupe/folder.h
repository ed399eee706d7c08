/* SPDX-License-Identifier: Apache-2.0
 *
 * folder.h: the store's folder on disk: its lock, and the names of the segments' files.
 */
#ifndef DEDUPE_FOLDER_H
#define DEDUPE_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#define DD_PATH_MAX 4096

typedef struct dd_folder {
    char path[3800];
    int lock;      /* a file in it, locked as long as the store is open; -1: opened without */
    int directory; /* the folder itself, for fsync */
} dd_folder;

/* 0; -EAGAIN if `alone` is asked for and another process has it; -errno. After an error nothing is open. */
int dd_folder_open(dd_folder *folder, const char *path, int alone);
void dd_folder_close(dd_folder *folder);

/* The numbers of the segments there, ascending; how many, -E2BIG if more than `max`, or -errno. */
int dd_folder_list(const dd_folder *folder, uint32_t *numbers, int max);

/* The file of a segment: ending "mdb", or "new" until it is whole. */
void dd_folder_file(const dd_folder *folder, uint32_t number, const char *ending, char path[DD_PATH_MAX]);

#endif
