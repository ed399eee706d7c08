/* SPDX-License-Identifier: Apache-2.0
 *
 * folder.c: see folder.h. The lock is fcntl's: it goes with the process, however that ends.
 */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int take_lock(dd_folder *folder)
{
    char path[DD_PATH_MAX];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    snprintf(path, sizeof path, "%s/lock", folder->path);
    folder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (folder->lock < 0)
        return -errno;
    if (fcntl(folder->lock, F_SETLK, &whole) != 0)
        return errno == EACCES ? -EAGAIN : -errno;
    return 0;
}

int dd_folder_open(dd_folder *folder, const char *path, int alone)
{
    *folder = (dd_folder){.lock = -1, .directory = -1};
    if (strlen(path) >= sizeof folder->path)
        return -ENAMETOOLONG;
    memcpy(folder->path, path, strlen(path) + 1);
    folder->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = folder->directory < 0 ? -errno : alone ? take_lock(folder) : 0;
    if (rc != 0)
        dd_folder_close(folder);
    return rc;
}

void dd_folder_close(dd_folder *folder)
{
    if (folder->directory >= 0)
        close(folder->directory);
    if (folder->lock >= 0)
        close(folder->lock);
    folder->lock = folder->directory = -1;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int dd_folder_list(const dd_folder *folder, uint32_t *numbers, int max)
{
    DIR *directory = opendir(folder->path);
    if (directory == NULL)
        return -errno;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        unsigned number;
        int end = 0;
        if (sscanf(entry->d_name, "segment-%8u.mdb%n", &number, &end) != 1 || end == 0 || entry->d_name[end] != '\0')
            continue;
        if (count == max) {
            count = -E2BIG;
            break;
        }
        numbers[count++] = number;
    }
    closedir(directory);
    if (count > 0)
        qsort(numbers, (size_t)count, sizeof *numbers, compare_numbers);
    return count;
}

void dd_folder_file(const dd_folder *folder, uint32_t number, const char *ending, char path[DD_PATH_MAX])
{
    snprintf(path, DD_PATH_MAX, "%s/segment-%08u.%s", folder->path, number, ending);
}
