/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/local.c: see local.h. */
#include "cli/local.h"

#include "cli/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make_folder(cd_local *local, const char *state)
{
    if (state) {
        snprintf(local->folder, sizeof local->folder, "%s", state);
        return 0;
    }
    int result = cd_folder_make(local->folder, sizeof local->folder);
    local->temporary = result == 0;
    return result;
}

int cd_local_open(cd_local *local, const cd_config *config, const char *state, const cd_outlet *outlet)
{
    cd_error error = {0};
    *local = (cd_local){.loop.epoll_fd = -1};
    int result = make_folder(local, state);
    if (result) {
        fprintf(stderr, "copydesk: no temporary folder %s: %s (set TMPDIR, or give --state)\n", local->folder, strerror(-result));
        return result;
    }
    cd_desk_plan plan = {config, &local->loop, *outlet, local->folder, true};
    local->lane = cd_lane_create("run", 0, 1, NULL);
    result = local->lane ? cd_loop_init(&local->loop) : -ENOMEM;
    if (result == 0)
        result = cd_desk_create(&plan, &local->desk, &error);
    if (result) {
        fprintf(stderr, "copydesk: %s\n", error.text[0] ? error.text : strerror(-result));
        return result;
    }
    while (!cd_desk_ready(local->desk) && !cd_desk_refusal(local->desk))
        cd_local_round(local, -1);
    if (cd_desk_refusal(local->desk)) {
        fprintf(stderr, "copydesk: %s%s", cd_desk_refusal(local->desk),
                strchr(cd_desk_refusal(local->desk), '\n') ? "" : "\n");
        return cd_desk_refusal_error(local->desk);
    }
    return 0;
}

void cd_local_close(cd_local *local)
{
    if (local->desk) {
        cd_desk_abandon(local->desk, local->lane);
        cd_desk_stop(local->desk, 10000);
    }
    cd_desk_destroy(local->desk);
    cd_lane_destroy(local->lane);
    cd_loop_fini(&local->loop);
    if (local->temporary)
        cd_folder_remove(local->folder);
    *local = (cd_local){.loop.epoll_fd = -1};
}

void cd_local_round(cd_local *local, int most_ms)
{
    cd_desk_serve(local->desk);
    int sleep_ms = cd_desk_sleep_ms(local->desk);
    if (most_ms >= 0 && (sleep_ms < 0 || sleep_ms > most_ms))
        sleep_ms = most_ms;
    cd_loop_round(&local->loop, sleep_ms);
}
