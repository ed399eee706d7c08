/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin/stage.h: a plugin with a name, options, counters and files: what the configuration calls a stage.
 *
 * Life: load → open (one half) → close. A stage lives in one process on one thread. The host functions that need no
 * article (options, counters, log) are implemented here; the worker adds those that do. */
#ifndef COPYDESK_PLUGIN_STAGE_H
#define COPYDESK_PLUGIN_STAGE_H

#include "base/log.h"
#include "config/options.h"
#include "plugin/library.h"

#define CD_STAGE_COUNTERS 64

typedef struct cd_stage_file {
    const char *option; /* its path */
    cd_str bytes;       /* mapped read-only */
    char sha256[65];
} cd_stage_file;

/* The ABI's opaque cd_stage. */
struct cd_stage {
    unsigned index; /* in the pipeline */
    char *name, *member;
    cd_plugin plugin;
    cd_stage_options *options;
    cd_stage_file *files;
    size_t file_count;
    cd_log_site log_site;
    char *counters[CD_STAGE_COUNTERS];
    uint64_t counts[CD_STAGE_COUNTERS]; /* since they were last handed over */
    int32_t counter_count;
    int counted; /* some count is not 0 */
    int network; /* its store half asked for sockets */
    void *self;  /* the open half */
};

/* Loads the plugin, checks the options against its table, maps the files. Every fault becomes a problem with its place.
 * 0 or -EINVAL; cd_stage_fini in either case. */
int cd_stage_init(cd_stage *stage, unsigned index, const cd_config_stage *config, const char *plugin_dir,
                  cd_problems *problems);
void cd_stage_fini(cd_stage *stage);

/* What a stage contributes to the pipeline's fingerprint: names, version, options, files by SHA-256. */
void cd_stage_fingerprint(const cd_stage *stage, cd_buffer *out);

int cd_stage_has_store(const cd_stage *stage);

/* Sets the host's functions that need no article. */
void cd_stage_host_init(cd_host *host);

#endif
