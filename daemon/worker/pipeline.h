/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/pipeline.h: the configured stages in this process, and the running of one half of them.
 *
 * Both programs' halves start alike: read the pipeline's configuration, load and check every plugin, make the
 * fingerprint. Then a worker opens the worker halves and turns requests into results; the store opens the store halves and
 * turns claims into answers. One thread. */
#ifndef COPYDESK_WORKER_PIPELINE_H
#define COPYDESK_WORKER_PIPELINE_H

#include "article/decode.h"
#include "article/encode.h"
#include "article/json_read.h"
#include "article/positions.h"
#include "plugin/stage.h"
#include "ring/channel.h"
#include "ring/hello.h"

typedef struct cd_pipeline {
    cd_config *config;
    cd_stage stages[CD_STAGES_MAX];
    uint32_t stage_count;
    char fingerprint[33];
    size_t largest_output; /* of one article, all annotations included */
    cd_host host;
    cd_channel *channel;
} cd_pipeline;

/* Loads all stages. 0, or -EINVAL with problems. cd_pipeline_fini in either case. */
int cd_pipeline_init(cd_pipeline *pipeline, cd_channel *channel, int config_fd, cd_problems *problems);
void cd_pipeline_fini(cd_pipeline *pipeline);

/* Fills the hello; its strings are the pipeline's. */
void cd_pipeline_hello(const cd_pipeline *pipeline, cd_hello *hello);

/* What the stages counted since the last call: cd_result_counter after cd_result_counter, in place of what `out` holds. */
void cd_pipeline_collect_counts(cd_pipeline *pipeline, cd_buffer *out);

/* Until the desk wakes this child. */
void cd_pipeline_sleep(cd_channel *channel);

/* A frame of `length` bytes in the response ring, waiting for space if need be. Never NULL: a desk that breaks the ring's
 * rules ends the process, and so does its death. */
void *cd_pipeline_reserve(cd_pipeline *pipeline, size_t length);

#endif
