/* SPDX-License-Identifier: Apache-2.0
 *
 * control/socket.h: the file that the control socket is: FOLDER/NAME.sock, 0660, of the group that the daemon runs in.
 *
 * The file is never there without somebody who listens behind it: the socket is bound and listening under another name before it
 * gets its own. So a file whose connection is refused is a dead daemon's, and only such a one is replaced. Thread: the desk's, at
 * its start and end. */
#ifndef COPYDESK_CONTROL_SOCKET_H
#define COPYDESK_CONTROL_SOCKET_H

#include "base/error.h"

#include <sys/types.h>
#include <sys/un.h>

typedef struct cd_control_socket {
    int fd; /* -1: none */
    struct sockaddr_un address;
    dev_t device; /* the file that we made, to remove no other */
    ino_t inode;
    gid_t group; /* of the file: whose members may speak to us */
} cd_control_socket;

/* FOLDER/NAME.sock. 0, or -ENAMETOOLONG: the kernel takes paths of at most 107 bytes, and we need ten of them for ourselves. */
int cd_control_address(const char *folder, const char *name, struct sockaddr_un *out);

/* A socket that listens, without blocking. 0; -EADDRINUSE: a living process answers there; or -errno; with the reason. */
int cd_control_socket_open(cd_control_socket *out, const char *folder, const char *name, cd_error *error);
/* Closes it and removes the file, if it is still ours. Takes one with fd -1. */
void cd_control_socket_close(cd_control_socket *listening);

/* Whether the peer of an accepted connection may speak to us: root, our own user, or a member of the file's group. */
int cd_control_peer_allowed(int fd, gid_t group, pid_t *process, uid_t *user);

#endif
