/* SPDX-License-Identifier: Apache-2.0
 *
 * control/request.h: one line from a client of the control socket: {"version":1,"command":"status"}. Pure.
 *
 * A flat JSON object whose members are plain words and numbers. Everything else is refused, with the reason: a member that we don't
 * know might have been meant to change what the command does. The line may hold any bytes. */
#ifndef COPYDESK_CONTROL_REQUEST_H
#define COPYDESK_CONTROL_REQUEST_H

#include "base/error.h"
#include "control/tap.h"

#include <stddef.h>
#include <stdint.h>

#define CD_CONTROL_VERSION 1
enum { CD_CONTROL_REQUEST_MAX = 4096 }; /* bytes of a line, its end included */

typedef struct cd_control_request {
    int64_t version;
    char command[32];  /* NUL-terminated */
    cd_tap_choice tap; /* of the command tap: "show", "topic" and "partition", "sample" */
} cd_control_request;

/* 0, or -EINVAL with the reason. `line` has no line end. Neither the version nor the command's name is judged. */
int cd_control_request_read(const char *line, size_t length, cd_control_request *out, cd_error *error);

#endif
