/* SPDX-License-Identifier: Apache-2.0
 *
 * service/notify.c: sd_notify behind a few verbs. See notify.h. Owns the last status, to not send it twice.
 */
#include "service/notify.h"

#include "base/clock.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

static cd_error last_status;

/* A failure to notify changes nothing that the desk could do, so it is not looked at. */
void cd_notify_ready(void) { (void)sd_notify(0, "READY=1"); }

void cd_notify_stopping(void) { (void)sd_notify(0, "STOPPING=1"); }

void cd_notify_extend(int seconds) { (void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%lld", seconds * 1000000LL); }

/* systemd orders RELOADING and READY by this clock (Type=notify-reload, from version 253; ignored before). */
void cd_notify_reloading(void)
{
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(cd_clock_monotonic_ns() / CD_NS_PER_US));
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
    (void)sd_notifyf(0, "STATUS=%s", text.text);
}

int64_t cd_notify_watchdog_interval_ns(void)
{
    uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0 || microseconds > INT64_MAX / 1000)
        return 0;
    return (int64_t)microseconds * CD_NS_PER_US / 2;
}

void cd_notify_watchdog(void) { (void)sd_notify(0, "WATCHDOG=1"); }
