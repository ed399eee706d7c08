/* SPDX-License-Identifier: Apache-2.0
 *
 * dedupe_redis_server.h: a real redis-server on loopback for one test: started, frozen, killed, started again on the
 * same port and folder. REDIS_SERVER in the environment names another program; tests/integration/test_dedupe_redis.py
 * has them run with Valkey.
 */
#ifndef TEST_DEDUPE_REDIS_SERVER_H
#define TEST_DEDUPE_REDIS_SERVER_H

#include <sys/types.h>

typedef struct test_redis {
    char folder[200], url[64];
    int port;
    pid_t pid; /* 0: not running */
} test_redis;

/* With these further words of its command line (NULL-terminated; NULL: none). Returns when it answers. */
void test_redis_start(test_redis *redis, const char *const *words);
/* Once more, where it was before, with what it kept. */
void test_redis_again(test_redis *redis, const char *const *words);
/* SIGSTOP, SIGCONT, SIGTERM, SIGKILL; after the latter two it is waited for. */
void test_redis_signal(test_redis *redis, int number);
/* Kills it, and removes its folder. */
void test_redis_end(test_redis *redis);

/* One command by hand, its words divided by spaces: an integer, the length of a string or list, -1 for nothing, -2 for
 * an error. The last string is in `text` (NULL: not wanted). */
long long test_redis_ask(const test_redis *redis, const char *line, char *text, size_t size);

#endif
