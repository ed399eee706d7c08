/* SPDX-License-Identifier: Apache-2.0
 *
 * service/notify.h: what the desk tells systemd. sd-daemon.h is included in this folder only.
 *
 * Nothing but ready, reloading and stopping waits for a service manager that does not listen. Everything is a no-op where nobody
 * listens (NOTIFY_SOCKET is not set), so callers don't ask. Not for children: the desk starts them without NOTIFY_SOCKET and
 * WATCHDOG_… in their environment. Thread: the desk's main thread, always.
 */
#ifndef CD_SERVICE_NOTIFY_H
#define CD_SERVICE_NOTIFY_H

#include <stdint.h>

/* Started, or finished reloading. */
void cd_notify_ready(void);

/* A reload begins; cd_notify_ready ends it, whether it was accepted or refused. */
void cd_notify_reloading(void);

/* Starting takes longer than the unit's TimeoutStartSec, and that is no fault: another so many seconds. Call it again before they
 * are over, until cd_notify_ready. */
void cd_notify_extend(int seconds);

/* Draining has begun. */
void cd_notify_stopping(void);

/* The line in `systemctl status`. Control characters become spaces; cut at 500 bytes; sent only if it changed. */
void cd_notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often to call cd_notify_watchdog, in ns: half of WatchdogSec. 0: no watchdog. */
int64_t cd_notify_watchdog_interval_ns(void);

/* "Still alive": called by the loop that must not hang, never by a thread of its own. */
void cd_notify_watchdog(void);

#endif
