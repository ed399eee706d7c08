/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/main.c: copydesk-worker, the process in which plugins run: a worker, or with --store the store.
 *
 * Started by the desk alone, by exec, with four inherited descriptors (see desk/child.c). It says hello, or why it can't
 * start, and then serves its request ring until it is told to stop or the desk dies. One thread. */
#include "base/log.h"
#include "worker/article.h"
#include "worker/describe.h"
#include "worker/sandbox.h"
#include "worker/store.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptors, as desk/child.c lays them out. */
enum { FD_CHANNEL = 3, FD_CHILD_WAKE = 4, FD_DESK_WAKE = 5, FD_PIPELINE = 6 };

/* Exit codes: 0 stopped by the desk, 70 a stage answered FATAL, 78 could not start. */
enum { EXIT_FATAL_STAGE = 70, EXIT_REFUSED = 78 };

typedef struct options {
    const char *store; /* folder; NULL: a worker */
    const char *name;
    int from_files;
    int describe;
    long parent;
} options;

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case 's': o->store = value; return 0;
    case 'n': o->name = value; return 0;
    case 'f': o->from_files = 1; return 0;
    case 'd': o->describe = 1; return 0;
    case 'p': o->parent = strtol(value, NULL, 10); return 0;
    case ARGP_KEY_END:
        if (o->parent == 0)
            argp_error(state, "copydesk-worker is started by copydeskd, not by hand");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- starting ---- */

static void say(cd_pipeline *pipeline, uint32_t kind, const char *text, size_t length)
{
    memcpy(cd_pipeline_reserve(pipeline, length), text, length);
    cd_ring_commit(&pipeline->channel->responses, kind, length);
    cd_ring_publish(&pipeline->channel->responses);
}

static int refuse(cd_pipeline *pipeline, const cd_problems *problems)
{
    cd_buffer text = {0};
    for (size_t i = 0; i < problems->count; i++) {
        const cd_config_problem *p = &problems->list[i];
        if (p->file)
            cd_buffer_printf(&text, "%s:%u: ", p->file, p->line);
        cd_buffer_printf(&text, "%s\n", p->text);
    }
    say(pipeline, CD_MESSAGE_REFUSED, cd_buffer_string(&text), text.len > 60000 ? 60000 : text.len);
    cd_buffer_fini(&text);
    return EXIT_REFUSED;
}

/* The stage's own folder below the store's. */
static int make_folder(const char *store, const cd_stage *stage, cd_buffer *path)
{
    cd_buffer_reset(path);
    cd_buffer_printf(path, "%s/%s", store, stage->name);
    return mkdir(cd_buffer_string(path), 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

static int open_stage(cd_pipeline *pipeline, cd_stage *stage, const char *store)
{
    if (store == NULL)
        return stage->plugin.open(&pipeline->host, stage, &stage->self);
    if (!cd_stage_has_store(stage))
        return 0;
    cd_buffer path = {0};
    int error = make_folder(store, stage, &path);
    if (error == 0)
        error = stage->plugin.store_open(&pipeline->host, stage, cd_buffer_string(&path), &stage->self);
    cd_buffer_fini(&path);
    return error;
}

static int open_stages(cd_pipeline *pipeline, const char *store, cd_problems *problems)
{
    for (uint32_t i = 0; i < pipeline->stage_count; i++) {
        cd_stage *stage = &pipeline->stages[i];
        int error = open_stage(pipeline, stage, store);
        if (error) {
            cd_problems_add(problems, pipeline->config->stages[i].file, pipeline->config->stages[i].line,
                            "stage %s: the plugin's %s failed: %s (its own words are in the log)", stage->name,
                            store ? "store_open" : "open", strerror(-error));
            return error;
        }
    }
    return 0;
}

static int confine(const cd_pipeline *pipeline, const char *store, cd_hello *hello, cd_problems *problems)
{
    cd_error error = {0};
    cd_sandbox_state state;
    cd_sandbox sandbox = {.folder = store,
                          .memory = store ? 0 : pipeline->config->worker.memory,
                          .confine = pipeline->config->worker.sandbox};
    for (uint32_t i = 0; i < pipeline->stage_count; i++)
        sandbox.network |= pipeline->stages[i].network;
    int result = cd_sandbox_enter(&sandbox, &state, &error);
    if (result)
        cd_problems_add(problems, NULL, 0, "the sandbox: %s", error.text);
    hello->landlock = state.landlock;
    hello->seccomp = state.seccomp;
    return result;
}

static int describe(cd_pipeline *pipeline, cd_problems *problems)
{
    cd_json out = {0};
    int error = cd_describe(pipeline, &out, problems);
    if (error == 0)
        say(pipeline, CD_MESSAGE_DESCRIPTION, out.buf, out.len);
    cd_json_free(&out);
    return error;
}

/* Everything that opens files comes before the sandbox closes. */
static int prepare(cd_pipeline *pipeline, cd_article *article, const options *o, cd_hello *hello, cd_problems *problems)
{
    int error = open_stages(pipeline, o->store, problems);
    if (error == 0 && o->store == NULL && (error = cd_article_init(article, pipeline, o->from_files)) != 0)
        cd_problems_add(problems, NULL, 0, "the decoder cannot be made: %s (input.charset = \"%s\")", strerror(-error),
                        pipeline->config->input.charset);
    return error ? error : confine(pipeline, o->store, hello, problems);
}

static int start(cd_pipeline *pipeline, cd_channel *channel, cd_article *article, const options *o)
{
    cd_problems problems = {0};
    cd_hello hello = {0};
    cd_buffer text = {0};
    int code = 0;
    int failed = cd_pipeline_init(pipeline, channel, FD_PIPELINE, &problems);
    close(FD_PIPELINE);
    cd_article_host_init(&pipeline->host);
    cd_store_host_init(&pipeline->host);
    if (!failed && o->describe) {
        failed = describe(pipeline, &problems);
    } else if (!failed) {
        cd_log_level_set(pipeline->config->log_level);
        failed = prepare(pipeline, article, o, &hello, &problems);
    }
    if (failed) {
        code = refuse(pipeline, &problems);
    } else if (!o->describe) {
        cd_pipeline_hello(pipeline, &hello);
        cd_hello_write(&hello, &text);
        say(pipeline, CD_MESSAGE_HELLO, cd_buffer_string(&text), text.len);
    }
    cd_buffer_fini(&text);
    cd_problems_fini(&problems);
    return code;
}

/* ---- serving ---- */

/* Results are shown one by one, so that they survive a crash, but the desk is woken only when there is nothing left to do
 * or a lot of them has gathered. */
enum { LOT = 32 };

static int work(cd_pipeline *pipeline, cd_article *article)
{
    cd_channel *channel = pipeline->channel;
    cd_frame frame;
    for (unsigned unsaid = 0;;) {
        int found = cd_ring_peek(&channel->requests, &frame);
        CD_REQUIRE(found >= 0, "the request ring is broken");
        if (!found || unsaid >= LOT) {
            cd_ring_publish(&channel->responses);
            unsaid = 0;
        }
        if (!found) {
            if (cd_ring_wait_frames(&channel->requests))
                cd_pipeline_sleep(channel);
            continue;
        }
        if (frame.kind == CD_MESSAGE_STOP)
            return 0;
        cd_request request;
        int error = frame.kind == CD_MESSAGE_ARTICLE ? cd_request_read(frame.payload, frame.length, &request) : -EPROTO;
        CD_REQUIRE(error == 0, "a frame of kind %u and %u bytes is no request", frame.kind, frame.length);
        int32_t verdict = cd_article_run(article, &request);
        cd_ring_show(&channel->responses);
        cd_channel_land(channel);
        cd_ring_consume(&channel->requests, &frame);
        cd_ring_release(&channel->requests);
        unsaid++;
        if (verdict == CD_FATAL) {
            cd_ring_publish(&channel->responses);
            return EXIT_FATAL_STAGE;
        }
    }
}

static int run_worker(cd_pipeline *pipeline, cd_article *article)
{
    int code = work(pipeline, article);
    for (uint32_t i = 0; i < pipeline->stage_count; i++)
        pipeline->stages[i].plugin.close(pipeline->stages[i].self);
    cd_article_fini(article);
    return code;
}

static int run_store(cd_pipeline *pipeline)
{
    cd_store store;
    int error = cd_store_init(&store, pipeline);
    CD_REQUIRE(error == 0, "no memory for the store's batch");
    while (!store.stop)
        if (cd_store_serve(&store) == 0 && !store.stop && cd_ring_wait_frames(&pipeline->channel->requests))
            cd_pipeline_sleep(pipeline->channel);
    for (uint32_t i = 0; i < pipeline->stage_count; i++)
        if (cd_stage_has_store(&pipeline->stages[i]))
            pipeline->stages[i].plugin.store_close(pipeline->stages[i].self);
    cd_store_fini(&store);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct argp_option table[] = {
        {"store", 's', "FOLDER", 0, "Be the store; keep state below FOLDER", 0},
        {"name", 'n', "NAME", 0, "Name in the log", 0},
        {"describe", 'd', NULL, 0, "Say what the first stage's plugin is, and end", 0},
        {"files", 'f', NULL, 0, "Articles come from files, not from Kafka", 0},
        {"parent", 'p', "PID", 0, "The desk's process id", 0},
        {0},
    };
    static const struct argp parser = {table, parse_option, NULL, "The process in which Copydesk's plugins run.", NULL, NULL, NULL};
    options o = {.name = "worker"};
    cd_channel channel;
    cd_pipeline pipeline;
    static cd_article article;

    argp_parse(&parser, argc, argv, 0, NULL, &o);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)o.parent)
        return EXIT_REFUSED; /* the desk died before we could ask to die with it */
    cd_log_init(o.name);
    int error = cd_channel_attach(&channel, FD_CHANNEL, FD_CHILD_WAKE, FD_DESK_WAKE);
    if (error) {
        cd_log_error("the desk's channel cannot be mapped: %s", strerror(-error));
        return EXIT_REFUSED;
    }
    int code = start(&pipeline, &channel, &article, &o);
    if (code == 0 && !o.describe)
        code = o.store ? run_store(&pipeline) : run_worker(&pipeline, &article);
    cd_pipeline_fini(&pipeline);
    cd_channel_close(&channel);
    return code;
}
