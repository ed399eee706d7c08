/* SPDX-License-Identifier: Apache-2.0
 *
 * control/socket.c: see socket.h. */
#include "control/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0660, BACKLOG = 16, OWN_NAME = 10 }; /* OWN_NAME: ".PID" behind the path while it has not got its own */

int cd_control_address(const char *folder, const char *name, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    int length = snprintf(out->sun_path, sizeof out->sun_path, "%s/%s.sock", folder, name);
    return length > 0 && (size_t)length < sizeof out->sun_path - OWN_NAME ? 0 : -ENAMETOOLONG;
}

/* Whether somebody listens at the address: 1 yes, 0 no longer, -ENOENT there is no such file, -ENOTSOCK it is no socket. */
static int answers(const struct sockaddr_un *address)
{
    struct stat info;
    if (lstat(address->sun_path, &info) != 0)
        return -errno;
    if (!S_ISSOCK(info.st_mode))
        return -ENOTSOCK;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int failed = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(fd);
    return failed == ECONNREFUSED ? 0 : failed == ENOENT ? -ENOENT : 1;
}

/* `own` (bound and listening) gets its name. Not by renaming at once: that would push a living one aside. */
static int give_name(const char *own, const struct sockaddr_un *address)
{
    if (link(own, address->sun_path) == 0)
        return unlink(own) == 0 ? 0 : -errno;
    if (errno != EEXIST)
        return -errno;
    int alive = answers(address);
    if (alive == 0 || alive == -ENOENT)
        return rename(own, address->sun_path) == 0 ? 0 : -errno;
    return alive < 0 ? alive : -EADDRINUSE;
}

static int listen_at(cd_control_socket *out)
{
    struct stat info;
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    snprintf(own.sun_path, sizeof own.sun_path, "%.*s.%d", (int)sizeof own.sun_path - OWN_NAME, out->address.sun_path, (int)getpid());
    out->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (out->fd < 0)
        return -errno;
    (void)unlink(own.sun_path);
    (void)fchmod(out->fd, MODE); /* never wider than that, whatever the umask is; chmod then makes it as wide */
    if (bind(out->fd, (const struct sockaddr *)&own, sizeof own) != 0)
        return -errno;
    int result = chmod(own.sun_path, MODE) == 0 && listen(out->fd, BACKLOG) == 0 && lstat(own.sun_path, &info) == 0 ? 0 : -errno;
    if (result == 0) {
        out->device = info.st_dev;
        out->inode = info.st_ino;
        out->group = info.st_gid;
        result = give_name(own.sun_path, &out->address);
    }
    if (result)
        (void)unlink(own.sun_path);
    return result;
}

int cd_control_socket_open(cd_control_socket *out, const char *folder, const char *name, cd_error *error)
{
    *out = (cd_control_socket){.fd = -1};
    int result = cd_control_address(folder, name, &out->address);
    if (result)
        return cd_error_set(error, result, "%s/%s.sock is too long for a socket's path (run_dir)", folder, name);
    result = listen_at(out);
    if (result == 0)
        return 0;
    if (out->fd >= 0)
        close(out->fd);
    out->fd = -1;
    return cd_error_set(error, result, "%s: %s (run_dir)", out->address.sun_path,
                        result == -EADDRINUSE ? "another copydeskd answers there" : strerror(-result));
}

void cd_control_socket_close(cd_control_socket *listening)
{
    struct stat info;
    if (listening->fd < 0)
        return;
    close(listening->fd);
    listening->fd = -1;
    if (lstat(listening->address.sun_path, &info) == 0 && info.st_dev == listening->device && info.st_ino == listening->inode)
        (void)unlink(listening->address.sun_path);
}

static int is_member(int fd, gid_t group)
{
    gid_t few[64], *groups = few;
    socklen_t size = sizeof few;
    int found = 0;
    int failed = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0 ? 0 : errno;
    if (failed == ERANGE) { /* `size` says how many bytes it takes; a user has at most 65,536 groups */
        groups = malloc(size);
        failed = groups && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0 ? 0 : ENOMEM;
    }
    for (size_t i = 0; failed == 0 && i < size / sizeof *groups; i++)
        found |= groups[i] == group;
    if (groups != few)
        free(groups);
    return found;
}

int cd_control_peer_allowed(int fd, gid_t group, pid_t *process, uid_t *user)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return 0;
    *process = peer.pid;
    *user = peer.uid;
    return peer.uid == 0 || peer.uid == geteuid() || peer.gid == group || is_member(fd, group);
}
