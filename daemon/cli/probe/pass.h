/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/pass.h: the corpus through one worker, article by article. A worker that dies is replaced, a few times; then the rest
 * is not tried. */
#ifndef COPYDESK_CLI_PROBE_PASS_H
#define COPYDESK_CLI_PROBE_PASS_H

#include "cli/probe/checks.h"

typedef struct cd_probe_pass {
    cd_probe_lineup lineup;
    bool backwards;
    bool sound_only; /* those that the plugin has said something sound about: cd_probe_gather */
    bool short_only; /* those of at most 128 KiB */
    unsigned times; /* each article, one after the other */
    /* `result` NULL: the process is dead, and `why` says of what. */
    void (*look)(cd_probe *probe, size_t article, const cd_result *result, const char *why, void *self);
    void *self;
} cd_probe_pass;

/* False, and a fault: a worker could not be started. */
bool cd_probe_pass_run(cd_probe *probe, const cd_probe_pass *pass);

#endif
