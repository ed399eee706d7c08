/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/sandbox.c: see sandbox.h. The only file that includes seccomp.h and landlock.h. */
#include "worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* gcc says it one way, clang the other. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

static int limit(int resource, rlim_t value)
{
    struct rlimit both = {value, value};
    return setrlimit((__rlimit_resource_t)resource, &both) == 0 ? 0 : -errno;
}

static int set_limits(const cd_sandbox *sandbox)
{
    int error = limit(RLIMIT_CORE, 0);
#ifndef SANITIZED
    if (error == 0 && sandbox->memory > 0)
        error = limit(RLIMIT_DATA, (rlim_t)sandbox->memory);
#else
    (void)sandbox; /* a sanitizer's shadow memory does not fit any such limit */
#endif
    return error;
}

/* ---- Landlock: no path at all, or one folder ---- */

static int allow_folder(int ruleset, const char *folder, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};
    rule.parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return -errno;
    int result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ? 0 : -errno;
    close(rule.parent_fd);
    return result;
}

static int enter_landlock(const char *folder, int *in_force)
{
    /* What the first version of Landlock knows; later kernels know these, too. */
    struct landlock_ruleset_attr rules = {
        .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
                             LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                             LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                             LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                             LANDLOCK_ACCESS_FS_MAKE_SYM};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    *in_force = 0;
    if (ruleset < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
    int result = folder ? allow_folder(ruleset, folder, rules.handled_access_fs & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE) : 0;
    if (result == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        result = -errno;
    close(ruleset);
    *in_force = result == 0;
    return result;
}

/* ---- seccomp: a list of what is allowed; the rest fails with EPERM, so that a plugin can say so ---- */

#ifndef SANITIZED
/* Computing, memory, clocks, and reading and writing what is open. */
static const int worker_calls[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(mremap),
    SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getpid),
    SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
    SCMP_SYS(getrandom), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall), SCMP_SYS(rseq), SCMP_SYS(membarrier), SCMP_SYS(getrusage), SCMP_SYS(sysinfo),
    SCMP_SYS(uname), SCMP_SYS(set_robust_list), SCMP_SYS(getcpu),
};

/* Files below the store's folder; Landlock says which. */
static const int store_calls[] = {
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(pread64),
    SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(preadv2), SCMP_SYS(pwritev2), SCMP_SYS(fsync),
    SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range), SCMP_SYS(msync), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
    SCMP_SYS(fadvise64), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(getdents64), SCMP_SYS(flock),
    SCMP_SYS(dup), SCMP_SYS(mincore), SCMP_SYS(umask),
};

/* TCP to a server of names that were looked up before. */
static const int network_calls[] = {
    SCMP_SYS(connect), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(shutdown),
};

/* Not F_SETFL, F_SETOWN, F_SETSIG: an open file's flags are shared with the desk, and signals are not ours to direct. */
static const int fcntl_commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_SETLKW,
                                     F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW};

static int allow_fcntl(scmp_filter_ctx filter)
{
    int error = 0;
    for (size_t i = 0; i < sizeof fcntl_commands / sizeof *fcntl_commands && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                                 SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, (scmp_datum_t)fcntl_commands[i]));
    return error;
}

static int allow_calls(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return error;
}

static int allow_network(scmp_filter_ctx filter)
{
    static const int families[] = {AF_INET, AF_INET6};
    int error = allow_calls(filter, network_calls, sizeof network_calls / sizeof *network_calls);
    for (size_t i = 0; i < sizeof families / sizeof *families && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                                 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0),
                                 SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)(SOCK_STREAM | SOCK_CLOEXEC), 0));
    return error;
}

static int enter_seccomp(int store, int network, int *in_force)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL)
        return -ENOMEM;
    int error = allow_calls(filter, worker_calls, sizeof worker_calls / sizeof *worker_calls);
    if (error == 0 && store)
        error = allow_calls(filter, store_calls, sizeof store_calls / sizeof *store_calls);
    if (error == 0 && store && network)
        error = allow_network(filter);
    if (error == 0)
        error = allow_fcntl(filter);
    if (error == 0) /* abort() signals its own thread, and nobody else's */
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    *in_force = error == 0;
    return error;
}
#else
static int enter_seccomp(int store, int network, int *in_force)
{
    (void)store, (void)network;
    *in_force = 0; /* the sanitizers' own calls at the end are not ours to list */
    return 0;
}
#endif

int cd_sandbox_enter(const cd_sandbox *sandbox, cd_sandbox_state *state, cd_error *error)
{
    *state = (cd_sandbox_state){0};
    int result = set_limits(sandbox);
    if (result)
        return cd_error_set(error, result, "cannot set resource limits: %s", strerror(-result));
    if (!sandbox->confine)
        return 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return cd_error_set(error, -errno, "cannot set no_new_privs: %s", strerror(errno));
    result = enter_landlock(sandbox->folder, &state->landlock);
    if (result)
        return cd_error_set(error, result, "cannot enter Landlock: %s", strerror(-result));
    result = enter_seccomp(sandbox->folder != NULL, sandbox->network, &state->seccomp);
    if (result)
        return cd_error_set(error, result, "cannot load the seccomp filter: %s", strerror(-result));
    return 0;
}
