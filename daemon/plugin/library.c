/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin/library.c: see library.h. The only file that includes dlfcn.h. */
#include "plugin/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void cd_plugin_path(const char *folder, const char *name, char *out, size_t size)
{
    if (strchr(name, '/'))
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "%s/%s.so", folder, name);
}

static int owner_is_trusted(const struct stat *info) { return info->st_uid == 0 || info->st_uid == geteuid(); }

/* The folder may be sticky (then others cannot replace our file in it). */
static int check_folder(const char *path, cd_error *error)
{
    char copy[PATH_MAX];
    struct stat info;
    snprintf(copy, sizeof copy, "%s", path);
    const char *folder = dirname(copy);
    if (stat(folder, &info) != 0)
        return cd_error_set(error, -errno, "%s: %s", folder, strerror(errno));
    if (!owner_is_trusted(&info) || ((info.st_mode & S_IWOTH) && !(info.st_mode & S_ISVTX)))
        return cd_error_set(error, -EPERM, "%s: the folder of a plugin must belong to root or to user %u and not be writable by "
                                   "others (owner %u, mode %04o)",
                            folder, geteuid(), info.st_uid, info.st_mode & 07777u);
    return 0;
}

static int check_file(int fd, const char *path, cd_error *error)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return cd_error_set(error, -errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return cd_error_set(error, -EPERM, "%s: a plugin must be a regular file", path);
    if (!owner_is_trusted(&info))
        return cd_error_set(error, -EPERM, "%s: a plugin must belong to root or to user %u, this one belongs to user %u", path,
                            geteuid(), info.st_uid);
    if (info.st_mode & (S_IWGRP | S_IWOTH))
        return cd_error_set(error, -EPERM, "%s: a plugin must not be writable by group or others (mode %04o; chmod go-w it)", path,
                            info.st_mode & 07777u);
    return 0;
}

/* They become words of lines, keys of objects and names of folders. */
static int check_words(const cd_plugin *p, const char *path, cd_error *error)
{
    const char *const words[] = {p->name, p->version, p->member};
    static const char *const fields[] = {"name", "version", "member"};
    for (int i = 0; i < 3; i++) {
        size_t length = strspn(words[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-");
        if (length == 0 || length > 64 || words[i][length] != '\0')
            return cd_error_set(error, -ENOEXEC, "%s: the descriptor's field `%s` must be 1 to 64 letters, digits, '_', '.', '+' or '-'",
                                path, fields[i]);
    }
    return 0;
}

static int check_shape(const cd_plugin *p, const char *path, cd_error *error)
{
    const char *missing = !p->name ? "name" : !p->version ? "version" : !p->member ? "member" : !p->open ? "open"
                        : !p->process ? "process" : !p->close ? "close" : NULL;
    if (missing)
        return cd_error_set(error, -ENOEXEC, "%s: the descriptor's field `%s` is NULL; it is required", path, missing);
    int store = !!p->store_open + !!p->claim_batch + !!p->store_close;
    if (store != 0 && store != 3)
        return cd_error_set(error, -ENOEXEC, "%s: a store half needs store_open, claim_batch and store_close; %d of the 3 are there",
                            path, store);
    return check_words(p, path, error);
}

/* A shorter descriptor cannot be one of ours; one of a later minor may be longer than we know, one of an earlier one shorter. */
#define SIZE_OF_1_0 (offsetof(cd_plugin, store_close) + sizeof(((cd_plugin *)0)->store_close))

static int copy_descriptor(const cd_plugin *found, cd_plugin *out, const char *path, cd_error *error)
{
    if (found == NULL)
        return cd_error_set(error, -ENOEXEC, "%s: copydesk_plugin() returned NULL", path);
    if (found->abi_major != COPYDESK_ABI_MAJOR)
        return cd_error_set(error, -ENOEXEC, "%s: abi_major: wanted %u, found %u; build the plugin against this version's SDK", path,
                            COPYDESK_ABI_MAJOR, found->abi_major);
    if (found->abi_minor_needed > COPYDESK_ABI_MINOR)
        return cd_error_set(error, -ENOEXEC, "%s: abi_minor_needed: this copydesk has %u.%u, the plugin needs %u.%u; upgrade copydesk",
                            path, COPYDESK_ABI_MAJOR, COPYDESK_ABI_MINOR, found->abi_major, found->abi_minor_needed);
    if (found->size < SIZE_OF_1_0)
        return cd_error_set(error, -ENOEXEC, "%s: size: wanted at least %zu, found %u", path, SIZE_OF_1_0, found->size);
    *out = (cd_plugin){0};
    memcpy(out, found, found->size < sizeof *out ? found->size : sizeof *out);
    return check_shape(out, path, error);
}

int cd_plugin_load(const char *path, cd_plugin *out, cd_error *error)
{
    char by_descriptor[64];
    void *library = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not make us wait */
    if (fd < 0)
        return cd_error_set(error, -errno, "%s: %s", path, strerror(errno));
    int result = check_file(fd, path, error);
    if (result == 0)
        result = check_folder(path, error);
    if (result != 0)
        goto out;
    snprintf(by_descriptor, sizeof by_descriptor, "/proc/self/fd/%d", fd);
    library = dlopen(by_descriptor, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        result = cd_error_set(error, -ENOEXEC, "%s: cannot be loaded: %s", path, dlerror());
        goto out;
    }
    cd_plugin_entry entry = (cd_plugin_entry)dlsym(library, "copydesk_plugin");
    if (entry == NULL) {
        result = cd_error_set(error, -ENOEXEC, "%s: exports no function copydesk_plugin; it is no Copydesk plugin", path);
        goto out;
    }
    result = copy_descriptor(entry(), out, path, error);
out:
    /* A loaded library's descriptor stays open, also if we refuse the library: the loader knows libraries by name, and a number
     * that is used again would be taken for the library that had it before. */
    if (library == NULL)
        close(fd);
    return result;
}
