/* SPDX-License-Identifier: Apache-2.0
 *
 * dedupe_redis_server.c: see dedupe_redis_server.h. The server ends with the test, however that ends.
 */
#include "dedupe_redis_server.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dedupe_host.h"

static void require(int holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

/* A port that nobody had a moment ago. */
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0, "bind");
    require(getsockname(fd, (struct sockaddr *)&address, &length) == 0, "getsockname");
    close(fd);
    return ntohs(address.sin_port);
}

static void run(const test_redis *redis, const char *const *words)
{
    const char *program = getenv("REDIS_SERVER"), *argv[40];
    char port[8];
    int count = 0;
    snprintf(port, sizeof port, "%d", redis->port);
    const char *always[] = {program ? program : "redis-server",
                            "--port",
                            port,
                            "--bind",
                            "127.0.0.1",
                            "--dir",
                            redis->folder,
                            "--save",
                            "",
                            "--daemonize",
                            "no",
                            "--logfile",
                            "log"};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        argv[count++] = always[i];
    for (; words != NULL && *words != NULL; words++)
        argv[count++] = *words;
    argv[count] = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    perror(argv[0]);
    _exit(127);
}

static redisReply *ask(const test_redis *redis, const char *line)
{
    redisContext *context = redisConnectWithTimeout("127.0.0.1", redis->port, (struct timeval){5, 0});
    char copy[400];
    const char *words[20];
    int count = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *rest = copy, *word; (word = strsep(&rest, " ")) != NULL;)
        words[count++] = word;
    redisReply *reply = context && !context->err ? redisCommandArgv(context, count, words, NULL) : NULL;
    if (context)
        redisFree(context);
    return reply;
}

/* 1: it answers; 0: it ended, as it does where another process has the port. */
static int try_start(test_redis *redis, const char *const *words)
{
    redis->pid = fork();
    require(redis->pid >= 0, "fork");
    if (redis->pid == 0)
        run(redis, words);
    for (int i = 0; i < 3000; i++) {
        redisReply *reply = ask(redis, "PING"); /* before it listens: refused; then LOADING, NOAUTH or PONG */
        int ready = reply != NULL && (reply->type != REDIS_REPLY_ERROR || strncmp(reply->str, "LOADING", 7) != 0);
        if (reply != NULL)
            freeReplyObject(reply);
        if (waitpid(redis->pid, NULL, WNOHANG) != 0)
            return 0;
        if (ready)
            return 1;
        usleep(10000);
    }
    return 0;
}

void test_redis_again(test_redis *redis, const char *const *words)
{
    require(try_start(redis, words), "the server does not start again");
}

void test_redis_start(test_redis *redis, const char *const *words)
{
    int started = 0;
    *redis = (test_redis){0};
    test_folder_make(redis->folder, sizeof redis->folder);
    for (int i = 0; i < 5 && !started; i++) {
        redis->port = free_port();
        started = try_start(redis, words);
    }
    require(started, "the server does not start");
    snprintf(redis->url, sizeof redis->url, "redis://127.0.0.1:%d", redis->port);
}

void test_redis_signal(test_redis *redis, int number)
{
    int status;
    if (redis->pid == 0)
        return;
    kill(redis->pid, number);
    if (number == SIGSTOP) {
        require(waitpid(redis->pid, &status, WUNTRACED) == redis->pid, "waitpid");
    } else if (number != SIGCONT) {
        kill(redis->pid, SIGCONT);
        require(waitpid(redis->pid, &status, 0) == redis->pid, "waitpid");
        redis->pid = 0;
    }
}

void test_redis_end(test_redis *redis)
{
    char command[300];
    test_redis_signal(redis, SIGKILL);
    snprintf(command, sizeof command, "rm -rf -- '%s'", redis->folder);
    require(system(command) == 0, "rm");
}

long long test_redis_ask(const test_redis *redis, const char *line, char *text, size_t size)
{
    redisReply *reply = ask(redis, line);
    require(reply != NULL, line);
    long long result = reply->integer;
    if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS)
        result = (long long)reply->len;
    else if (reply->type == REDIS_REPLY_ARRAY)
        result = (long long)reply->elements;
    else if (reply->type == REDIS_REPLY_NIL)
        result = -1;
    else if (reply->type == REDIS_REPLY_ERROR)
        result = -2;
    if (text != NULL)
        snprintf(text, size, "%s", reply->str ? reply->str : "");
    freeReplyObject(reply);
    return result;
}
