/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/article.h: the article in hand, and the running of all stages over it.
 *
 * One cd_article lives as long as its worker and is used for one request after the other; all its scratch memory is
 * kept, and given back after a large article. It implements the host functions that plugin.h lists under "Reading the
 * article" and "Results". */
#ifndef COPYDESK_WORKER_ARTICLE_H
#define COPYDESK_WORKER_ARTICLE_H

#include "worker/pipeline.h"

/* The ABI's opaque cd_article. */
struct cd_article {
    cd_pipeline *pipeline;
    cd_decoder *decoder;
    cd_json_reader *reader;
    cd_positions positions;
    int from_files; /* articles come from `copydesk run`: the identity's topic is a file's name */
    cd_buffer file; /* that name, NUL-terminated */

    cd_identity identity;
    cd_document document;
    int64_t start_ns;
    uint32_t skip, off; /* a bit a stage, as in the request */

    /* What the stage that runs now has said. */
    cd_stage *stage;
    cd_buffer reason, route;
    int32_t broken;  /* an annotation was refused: the CD_VERDICT_… or CD_REJECT to answer with */
    int32_t said;    /* it annotated */
    int32_t claimed; /* it claimed */

    /* What all stages have said. */
    cd_buffer annotations[CD_STAGES_MAX];
    size_t annotated_bytes;
    cd_buffer blobs;
    cd_result_claim claims[CD_STAGES_MAX];
    uint64_t stage_ns[CD_STAGES_MAX];
    cd_annotation list[CD_STAGES_MAX];
    cd_stage_tag tags[CD_STAGES_MAX];
    cd_buffer counters; /* of cd_result_counter */
    cd_result result;
};

/* Sets the host's functions that need an article. */
void cd_article_host_init(cd_host *host);

/* 0 or -errno. */
int cd_article_init(cd_article *article, cd_pipeline *pipeline, int from_files);
void cd_article_fini(cd_article *article);

/* Runs one request through the stages and commits its result to the response ring (not published). Returns the verdict
 * that it sent. The request's bytes are read in place: the desk does not change them before they are released. */
int32_t cd_article_run(cd_article *article, const cd_request *request);

#endif
