/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/pipeline.c: see pipeline.h. */
#include "worker/pipeline.h"

#include "base/digest.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* All that the output's bytes depend on, besides the input and the store's answers. */
static void make_fingerprint(cd_pipeline *pipeline)
{
    const cd_config *config = pipeline->config;
    cd_buffer text = {0};
    char digest[CD_SHA256_HEX];
    cd_buffer_printf(&text, "copydesk %s\ninput %d %s %d\n", COPYDESK_VERSION, config->input.format,
                     config->input.charset, config->input.confluent);
    cd_buffer_printf(&text, "fields %s %s %s %s %s %s %s\n", config->input.fields.text, config->input.fields.id,
                     config->input.fields.title, config->input.fields.url, config->input.fields.source,
                     config->input.fields.lang, config->input.fields.published);
    for (uint32_t i = 0; i < pipeline->stage_count; i++)
        cd_stage_fingerprint(&pipeline->stages[i], &text);
    cd_sha256_hex(text.data, text.len, digest);
    memcpy(pipeline->fingerprint, digest, 32);
    pipeline->fingerprint[32] = '\0';
    cd_buffer_fini(&text);
}

/* Two stages cannot own one member. */
static int check_members(const cd_pipeline *pipeline, cd_problems *problems)
{
    const cd_config_stage *configured = pipeline->config->stages;
    for (uint32_t i = 1; i < pipeline->stage_count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(pipeline->stages[i].member, pipeline->stages[j].member) == 0) {
                cd_problems_add(problems, configured[i].file, configured[i].line,
                                "stage %s writes the member \"%s\", and so does stage %s; give one of them another `member`",
                                pipeline->stages[i].name, pipeline->stages[i].member, pipeline->stages[j].name);
                return -EINVAL;
            }
    return 0;
}

/* A stage that reads what a later one writes finds nothing there: it works, but hardly as somebody meant it. */
static void check_order(const cd_pipeline *pipeline)
{
    for (uint32_t i = 0; i < pipeline->stage_count; i++)
        for (const char *const *reads = pipeline->stages[i].plugin.reads; reads && *reads; reads++)
            for (uint32_t j = i + 1; j < pipeline->stage_count; j++)
                if (strcmp(pipeline->stages[j].member, *reads) == 0)
                    cd_log_warning("stage %s reads \"%s\", which stage %s writes only after it; put %s first",
                                   pipeline->stages[i].name, *reads, pipeline->stages[j].name, pipeline->stages[j].name);
}

int cd_pipeline_init(cd_pipeline *pipeline, cd_channel *channel, int config_fd, cd_problems *problems)
{
    *pipeline = (cd_pipeline){.channel = channel};
    int result = cd_config_read_pipeline(config_fd, &pipeline->config, problems);
    if (result != 0)
        return result;
    if (pipeline->config->stage_count > CD_STAGES_MAX) {
        cd_problems_add(problems, pipeline->config->file, 0, "%zu stages are configured; at most %d can be",
                        pipeline->config->stage_count, CD_STAGES_MAX);
        return -EINVAL;
    }
    pipeline->largest_output = cd_output_limit(pipeline->config->input.max_bytes);
    for (uint32_t i = 0; i < pipeline->config->stage_count; i++) {
        int error = cd_stage_init(&pipeline->stages[i], i, &pipeline->config->stages[i], pipeline->config->plugin_dir, problems);
        pipeline->stage_count = i + 1;
        if (error)
            result = error; /* go on: all faults at once */
    }
    if (result == 0)
        result = check_members(pipeline, problems);
    if (result == 0) {
        check_order(pipeline);
        make_fingerprint(pipeline);
    }
    cd_stage_host_init(&pipeline->host);
    return result;
}

void cd_pipeline_fini(cd_pipeline *pipeline)
{
    for (uint32_t i = 0; i < pipeline->stage_count; i++)
        cd_stage_fini(&pipeline->stages[i]);
    cd_config_destroy(pipeline->config);
    *pipeline = (cd_pipeline){0};
}

void cd_pipeline_hello(const cd_pipeline *pipeline, cd_hello *hello)
{
    memcpy(hello->fingerprint, pipeline->fingerprint, sizeof hello->fingerprint);
    hello->stage_count = pipeline->stage_count;
    for (uint32_t i = 0; i < pipeline->stage_count; i++) {
        const cd_stage *stage = &pipeline->stages[i];
        hello->stages[i] = (cd_hello_stage){stage->name, (char *)(uintptr_t)stage->plugin.version, stage->member,
                                            cd_stage_has_store(stage), {0}, (uint32_t)stage->counter_count};
        memcpy(hello->stages[i].counters, stage->counters, (size_t)stage->counter_count * sizeof(char *));
    }
}

void cd_pipeline_collect_counts(cd_pipeline *pipeline, cd_buffer *out)
{
    cd_buffer_reset(out);
    for (uint32_t i = 0; i < pipeline->stage_count; i++) {
        cd_stage *stage = &pipeline->stages[i];
        if (!stage->counted)
            continue;
        stage->counted = 0;
        for (int32_t j = 0; j < stage->counter_count; j++) {
            if (stage->counts[j] == 0)
                continue;
            cd_result_counter entry = {i, (uint32_t)j, stage->counts[j]};
            cd_buffer_append(out, &entry, sizeof entry);
            stage->counts[j] = 0;
        }
    }
}

void cd_pipeline_sleep(cd_channel *channel)
{
    uint64_t drained;
    struct pollfd fd = {.fd = channel->child_wake_fd, .events = POLLIN};
    (void)poll(&fd, 1, -1);
    ssize_t got = read(channel->child_wake_fd, &drained, sizeof drained);
    (void)got;
}

void *cd_pipeline_reserve(cd_pipeline *pipeline, size_t length)
{
    cd_channel *channel = pipeline->channel;
    for (;;) {
        int error;
        void *slot = cd_ring_reserve(&channel->responses, length, &error);
        if (slot)
            return slot;
        CD_REQUIRE(error == 0, "the response ring refused %zu bytes: %s", length, strerror(-error));
        cd_ring_publish(&channel->responses);
        if (cd_ring_wait_space(&channel->responses, length))
            cd_pipeline_sleep(channel);
    }
}
