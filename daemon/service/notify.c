/* SPDX-License-Identifier: Apache-2.0
 *
 * service/notify.c: see notify.h. Owns the connection to the service manager, and the last status, to not send it twice.
 *
 * sd_notify itself opens a socket for each message and may wait to send it. A process that has run out of descriptors would not get its
 * watchdog's ping through and be killed for it, so there is one socket that stays open, and only what must arrive is waited for.
 */
#include "service/notify.h"

#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static cd_error last_status;
static int manager = -1; /* connected to NOTIFY_SOCKET */

static void hang_up(void)
{
    if (manager >= 0)
        close(manager);
    manager = -1;
}

/* `path` begins with '/', or with '@' for a name without a file. */
static void call(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length < 2 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (manager >= 0 && connect(manager, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)))
        hang_up();
}

/* A failure to notify changes nothing that the desk could do, so it is not looked at. One that has come back (systemd that re-executed
 * itself) is called anew. */
static void tell(bool must_arrive, const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    bool sent = false;
    if (path == NULL)
        return;
    for (int i = 0; i < 2 && !sent; i++) {
        if (manager < 0)
            call(path);
        sent = manager >= 0 && send(manager, text, strlen(text), MSG_NOSIGNAL | (must_arrive ? 0 : MSG_DONTWAIT)) >= 0;
        if (!sent && errno != EAGAIN)
            hang_up();
    }
}

void cd_notify_ready(void) { tell(true, "READY=1"); }

void cd_notify_stopping(void) { tell(true, "STOPPING=1"); }

void cd_notify_extend(int seconds)
{
    char text[64];
    snprintf(text, sizeof text, "EXTEND_TIMEOUT_USEC=%lld", seconds * 1000000LL);
    tell(false, text);
}

/* systemd orders RELOADING and READY by this clock (Type=notify-reload, from version 253; ignored before). */
void cd_notify_reloading(void)
{
    char text[96];
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(cd_clock_monotonic_ns() / CD_NS_PER_US));
    tell(true, text);
}

void cd_notify_status(const char *format, ...)
{
    char whole[2048];
    cd_error text = {0};
    va_list arguments;
    va_start(arguments, format);
    int need = vsnprintf(whole, sizeof whole, format, arguments);
    va_end(arguments);
    if (need < 0)
        return;
    (void)cd_error_set(&text, 0, "%s", whole); /* cuts between characters: systemd refuses broken UTF-8 */
    /* A line end would begin the next field: STATUS must not be able to say READY=1. */
    for (char *s = text.text; *s != '\0'; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7F)
            *s = ' ';
    if (strcmp(text.text, last_status.text) == 0)
        return;
    last_status = text;
    snprintf(whole, sizeof whole, "STATUS=%s", text.text);
    tell(false, whole);
}

int64_t cd_notify_watchdog_interval_ns(void)
{
    uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0 || microseconds > INT64_MAX / 1000)
        return 0;
    return (int64_t)microseconds * CD_NS_PER_US / 2;
}

void cd_notify_watchdog(void) { tell(false, "WATCHDOG=1"); }
