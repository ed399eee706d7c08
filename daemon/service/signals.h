/* SPDX-License-Identifier: Apache-2.0
 *
 * service/signals.h: signals as readable events. No handler runs anywhere in Copydesk.
 *
 * SIGTERM and SIGINT stop (the second one at once), SIGHUP reloads, SIGPIPE is ignored so that writing to a closed pipe
 * or socket is an error of that write. Deaths of children come by pidfd, not by SIGCHLD.
 */
#ifndef CD_SERVICE_SIGNALS_H
#define CD_SERVICE_SIGNALS_H

/* Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and all that it starts later: call it first, before any
 * library starts threads. A descriptor (non-blocking, closed on exec, the caller's to close) for poll and
 * cd_signals_read, or -errno. */
int cd_signals_open(void);

/* The next signal that came: SIGTERM, SIGINT or SIGHUP; 0 if none waits. Call until 0. */
int cd_signals_read(int fd);

/* In a child between fork and exec, or first in its main: nothing blocked, SIGPIPE as by default. */
void cd_signals_reset(void);

#endif
