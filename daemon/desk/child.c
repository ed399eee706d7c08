/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/child.c: see child.h. */
#include "desk/child.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the child finds its descriptors: worker/main.c. */
enum { FD_CHANNEL = 3, FD_CHILD_WAKE = 4, FD_DESK_WAKE = 5, FD_PIPELINE = 6, FD_FREE = 10 };

extern char **environ;

static int make_pipeline_file(const cd_config *config, int *out, cd_error *error)
{
    *out = memfd_create("copydesk-pipeline", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int result = *out < 0 ? -errno : cd_config_write_pipeline(config, *out);
    if (result == 0 && fcntl(*out, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        result = -errno;
    return result ? cd_error_set(error, result, "the pipeline's configuration cannot be handed on: %s", strerror(-result)) : 0;
}

int cd_child_plan_init(cd_child_plan *plan, const char *program, const cd_config *config, cd_error *error)
{
    *plan = (cd_child_plan){.program = program,
                            .largest_request = (size_t)config->input.max_bytes + (1u << 20),
                            .largest_response = cd_result_limit(config->input.max_bytes)};
    return make_pipeline_file(config, &plan->pipeline_fd, error);
}

void cd_child_plan_fini(cd_child_plan *plan)
{
    if (plan->program && plan->pipeline_fd >= 0)
        close(plan->pipeline_fd);
    *plan = (cd_child_plan){0};
}

/* dup2 in the child onto 3 to 6. Sources among the low numbers are moved above them first, so that none is overwritten; the others stay:
 * a desk that is short of descriptors must still be able to replace a child. */
static int lay_out(posix_spawn_file_actions_t *actions, const cd_channel *channel, int pipeline_fd, int moved[4])
{
    const int from[4] = {channel->memory_fd, channel->child_wake_fd, channel->desk_wake_fd, pipeline_fd};
    for (int i = 0; i < 4; i++) {
        int source = from[i];
        if (source < FD_FREE) {
            source = moved[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FD_FREE);
            if (source < 0)
                return -errno;
        }
        int error = posix_spawn_file_actions_adddup2(actions, source, FD_CHANNEL + i);
        if (error)
            return -error;
    }
    return -posix_spawn_file_actions_addclosefrom_np(actions, FD_PIPELINE + 1);
}

/* The child starts with no signal blocked and every handler at its default. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    return -posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn(cd_child *child, const cd_child_plan *plan)
{
    char parent[24];
    snprintf(parent, sizeof parent, "%ld", (long)getpid());
    const char *arguments[11] = {"copydesk-worker", "--parent", parent, "--name", child->name};
    int count = 5;
    if (plan->store_folder) {
        arguments[count++] = "--store";
        arguments[count++] = plan->store_folder;
    }
    if (plan->from_files)
        arguments[count++] = "--files";
    if (plan->describe)
        arguments[count++] = "--describe";

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int moved[4] = {-1, -1, -1, -1};
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = lay_out(&actions, &child->channel, plan->pipeline_fd, moved);
    if (error == 0)
        error = set_attributes(&attributes);
    if (error == 0)
        error = -posix_spawn(&child->pid, plan->program, &actions, &attributes, (char *const *)(uintptr_t)arguments, environ);
    for (int i = 0; i < 4; i++)
        if (moved[i] >= 0)
            close(moved[i]);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

int cd_child_start(cd_child *child, const cd_child_plan *plan, cd_error *error)
{
    TAILQ_INIT(&child->records);
    child->pidfd = -1;
    child->death.fd = child->wake.fd = -1;
    int result = cd_channel_create(&child->channel, plan->largest_request, plan->largest_response);
    if (result)
        return cd_error_set(error, result, "%s: no shared memory: %s", child->name, strerror(-result));
    result = spawn(child, plan);
    if (result)
        return cd_error_set(error, result, "%s: %s cannot be started: %s", child->name, plan->program, strerror(-result));
    close(child->channel.memory_fd);
    child->channel.memory_fd = -1;
    child->state = CD_CHILD_STARTING;
    child->fresh = true;
    child->started_ns = cd_clock_monotonic_ns();
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    if (child->pidfd < 0) {
        result = -errno;
        cd_child_kill(child, CD_KILL_NONE);
        cd_child_reap(child);
        child->state = CD_CHILD_GONE;
        return cd_error_set(error, result, "%s: no pidfd: %s", child->name, strerror(-result));
    }
    return 0;
}

int cd_child_stop(cd_child *child)
{
    int error;
    if (cd_ring_reserve(&child->channel.requests, 0, &error) == NULL) {
        if (error)
            cd_child_kill(child, CD_KILL_PROTOCOL);
        return error ? error : -EAGAIN;
    }
    cd_ring_commit(&child->channel.requests, CD_MESSAGE_STOP, 0);
    cd_ring_publish(&child->channel.requests);
    child->state = CD_CHILD_LEAVING;
    child->watched_wall_ns = 0; /* its time to leave begins */
    return 0;
}

void cd_child_kill(cd_child *child, int reason)
{
    if (child->state == CD_CHILD_GONE)
        return;
    if (child->kill_reason == CD_KILL_NONE)
        child->kill_reason = reason;
    kill(child->pid, SIGKILL); /* not reaped yet, so the number is still its own */
}

cd_child_end cd_child_reap(cd_child *child)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        return (cd_child_end){-1, WTERMSIG(status)};
    return (cd_child_end){WEXITSTATUS(status), 0};
}

void cd_child_end_words(const cd_child *child, cd_child_end end, char *out, size_t size)
{
    if (child->kill_reason == CD_KILL_TIMEOUT)
        snprintf(out, size, "used up its time and was killed");
    else if (child->kill_reason == CD_KILL_PROTOCOL)
        snprintf(out, size, "wrote over the memory it shares with the desk and was killed");
    else if (end.signal)
        snprintf(out, size, "died of signal %d (SIG%s)", end.signal, sigabbrev_np(end.signal) ? sigabbrev_np(end.signal) : "?");
    else
        snprintf(out, size, "ended itself with exit status %d", end.code);
}

void cd_child_close(cd_child *child, cd_loop *loop)
{
    cd_loop_remove(loop, &child->death);
    cd_loop_remove(loop, &child->wake);
    if (child->state != CD_CHILD_GONE && child->pidfd >= 0)
        close(child->pidfd);
    cd_channel_close(&child->channel);
    cd_hello_fini(&child->hello);
    free(child->refusal);
    child->refusal = NULL;
    child->channel = (cd_channel){0};
    child->state = CD_CHILD_GONE;
    child->pidfd = -1;
    child->kill_reason = CD_KILL_NONE;
    child->watched = (cd_flight){0};
    child->alone = child->resigned = false;
}

bool cd_child_quiet(cd_child *child)
{
    return child->state == CD_CHILD_GONE || child->kill_reason == CD_KILL_PROTOCOL ||
           cd_ring_wait_frames(&child->channel.responses);
}

bool cd_child_overdue(cd_child *child, int64_t now_ns, int64_t cpu_budget_ns)
{
    int64_t cpu_ns = 0;
    if (child->record_count == 0 && child->state != CD_CHILD_LEAVING) {
        child->watched_wall_ns = 0; /* nothing asked of it: nothing to watch */
        return false;
    }
    if (cd_clock_child_cpu_ns(child->pid, &cpu_ns) != 0)
        return false;
    cd_flight flight = cd_channel_flight(&child->channel);
    if (child->watched_wall_ns == 0 || flight.sequence != child->watched.sequence) {
        child->watched = flight;
        child->watched_cpu_ns = cpu_ns;
        child->watched_wall_ns = now_ns;
        return false;
    }
    child->cpu_spent = cpu_ns - child->watched_cpu_ns > cpu_budget_ns;
    return child->cpu_spent || now_ns - child->watched_wall_ns > 10 * cpu_budget_ns;
}
