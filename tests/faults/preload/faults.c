/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/faults/preload/faults.c: for LD_PRELOAD: what the C library gives fails or lies on request, and a call of librdkafka hangs.
 *
 * COPYDESK_FAULTS names a file of one page that the test writes and this maps: an array of 64-bit words, the enum
 * below. Only the program copydeskd is harmed, not its children. Memory is refused to callers in the program itself
 * only: librdkafka aborts by itself when it gets none, and that is not what is tested.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <netdb.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum word {
    CLOCK_SECONDS,  /* added to CLOCK_REALTIME */
    RESOLVER_FAILS, /* not 0: names are not found */
    THREADS_FAIL,   /* not 0: pthread_create and thrd_create fail */
    SPAWN_FAILS,    /* not 0: posix_spawn gives EAGAIN */
    MALLOC_LEFT,    /* n > 0: the n-th allocation of the program from now on fails, once */
    MALLOC_FAILED,  /* how many have failed: written here */
    SENDING_HANGS,  /* 1: the next call that sends offsets to a transaction makes it 2, and waits until it is not; 3: all wait */
    WORDS
};

static _Atomic int64_t none[WORDS], *words = none;
static uintptr_t program_begin, program_end;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* The first object is the program. */
static int note_program(struct dl_phdr_info *info, size_t size, void *nothing)
{
    (void)size, (void)nothing;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X)) {
            program_begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            program_end = program_begin + info->dlpi_phdr[i].p_memsz;
        }
    return 1;
}

__attribute__((constructor)) static void map_words(void)
{
    const char *name = getenv("COPYDESK_FAULTS");
    int file = name && strcmp(program_invocation_short_name, "copydeskd") == 0 ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (page == MAP_FAILED)
        abort();
    dl_iterate_phdr(note_program, NULL);
    words = page;
}

static bool refuse(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    if (atomic_load(&words[MALLOC_LEFT]) <= 0 || at < program_begin || at >= program_end)
        return false;
    if (atomic_fetch_sub(&words[MALLOC_LEFT], 1) != 1)
        return false;
    atomic_fetch_add(&words[MALLOC_FAILED], 1);
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) { return refuse(__builtin_return_address(0)) ? NULL : __libc_malloc(size); }

void *calloc(size_t count, size_t size)
{
    return refuse(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) { return refuse(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size); }

int clock_gettime(clockid_t clock, struct timespec *out)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, out);
    if (clock == CLOCK_REALTIME)
        out->tv_sec += atomic_load(&words[CLOCK_SECONDS]);
    return result;
}

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict out)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return atomic_load(&words[RESOLVER_FAILS]) ? EAI_AGAIN : real(name, service, hints, out);
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*run)(void *),
                   void *restrict argument)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return atomic_load(&words[THREADS_FAIL]) ? EAGAIN : real(thread, attributes, run, argument);
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *argument)
{
    static int (*real)(thrd_t *, thrd_start_t, void *);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "thrd_create");
    return atomic_load(&words[THREADS_FAIL]) ? thrd_nomem : real(thread, run, argument);
}

int posix_spawn(pid_t *restrict pid, const char *restrict path, const posix_spawn_file_actions_t *restrict actions,
                const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                char *const environment[restrict])
{
    static int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                       char *const[], char *const[]);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "posix_spawn");
    return atomic_load(&words[SPAWN_FAILS]) ? EAGAIN : real(pid, path, actions, attributes, arguments, environment);
}

void *rd_kafka_send_offsets_to_transaction(void *client, const void *offsets, const void *group, int timeout_ms)
{
    static void *(*real)(void *, const void *, const void *, int);
    const struct timespec moment = {.tv_nsec = 10000000};
    int64_t asked = 1;
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "rd_kafka_send_offsets_to_transaction");
    int64_t held = atomic_compare_exchange_strong(&words[SENDING_HANGS], &asked, 2) ? 2 : 3;
    while (atomic_load(&words[SENDING_HANGS]) == held)
        nanosleep(&moment, NULL);
    return real(client, offsets, group, timeout_ms);
}
