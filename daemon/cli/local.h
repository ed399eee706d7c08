/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/local.h: the real desk and its children without Kafka, for `run`, `check` and `explain`.
 *
 * One lane, one outlet that the command brings. The stages' state lies in the folder given, or in a temporary one that goes
 * with the session. */
#ifndef COPYDESK_CLI_LOCAL_H
#define COPYDESK_CLI_LOCAL_H

#include "desk/desk.h"

typedef struct cd_local {
    cd_loop loop;
    cd_desk *desk;
    cd_lane *lane;
    char folder[4096]; /* of the stores */
    bool temporary;
} cd_local;

/* Starts the children and waits until they are ready. `state` NULL: a temporary folder. 0; -EINVAL if a plugin or its options are at
 * fault, else -errno; the reason is written to stderr. cd_local_close in either case. */
int cd_local_open(cd_local *local, const cd_config *config, const char *state, const cd_outlet *outlet);
void cd_local_close(cd_local *local);

/* A round of work; sleeps for at most `most_ms` if there is nothing to do. */
void cd_local_round(cd_local *local, int most_ms);

#endif
