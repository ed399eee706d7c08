/* SPDX-License-Identifier: Apache-2.0
 *
 * service/notify.c: sd_notify behind a few verbs. See notify.h. Owns the last status, to not send it twice.
 */
#include "service/notify.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

static char last_status[512];

/* A failure to notify changes nothing that the desk could do, so it is not looked at. */
void cd_notify_ready(void) { (void)sd_notify(0, "READY=1"); }

void cd_notify_stopping(void) { (void)sd_notify(0, "STOPPING=1"); }

/* systemd orders RELOADING and READY by this clock (Type=notify-reload, from version 253; ignored before). */
void cd_notify_reloading(void)
{
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(cd_clock_monotonic_ns() / CD_NS_PER_US));
}

void cd_notify_status(const char *format, ...)
{
    char text[sizeof last_status];
    va_list arguments;
    va_start(arguments, format);
    int need = vsnprintf(text, sizeof text - 8, format, arguments);
    va_end(arguments);
    if (need < 0)
        return;
    /* A line end would begin the next field: STATUS must not be able to say READY=1. */
    for (char *s = text; *s != '\0'; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7F)
            *s = ' ';
    if (strcmp(text, last_status) == 0)
        return;
    memcpy(last_status, text, strlen(text) + 1);
    (void)sd_notifyf(0, "STATUS=%s", text);
}

int64_t cd_notify_watchdog_interval_ns(void)
{
    uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0 || microseconds > INT64_MAX / 1000)
        return 0;
    return (int64_t)microseconds * CD_NS_PER_US / 2;
}

void cd_notify_watchdog(void) { (void)sd_notify(0, "WATCHDOG=1"); }
