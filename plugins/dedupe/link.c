/* SPDX-License-Identifier: Apache-2.0
 *
 * link.c: see link.h. Owns the socket and the list of the server's addresses, which is made in the store's open, where
 * files and sockets are still free: in the sandbox nobody can look up a name.
 *
 * The socket is ours and blocking, with SO_RCVTIMEO and SO_SNDTIMEO, which hold for connect too (socket(7)); hiredis
 * gets it connected. So a server that accepts and says nothing (a stopped process: its kernel answers for it) costs one
 * timeout, and one whose answer comes byte by byte costs two.
 *
 * A node of a cluster may say that another has our keys (MOVED): that one is asked from then on, until it fails.
 */
#include "link.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_FIRST_MS 250
#define PAUSE_DOUBLINGS 5 /* 250 ms, 500 ms … 8 s */

struct dd_link {
    dd_address address;
    char password[DD_SECRET_MAX];
    struct timeval timeout;
    struct addrinfo *found; /* owned; the list is not empty */
    struct addrinfo *moved; /* owned; where a cluster sent us, NULL: nowhere */
    unsigned turn;          /* the address of `found` to begin with */
    int64_t timeout_ms;
    redisContext *context;
    uint64_t number, made; /* of this connection, 0: none; and of all */
    unsigned failures;     /* in a row */
    int64_t open_until_ms;
    char why[300];
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- life ---- */

/* hiredis writes with write(2): a server that hung up must be an error, not the end of the process. */
static void ignore_broken_pipes(void)
{
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

int dd_link_create(dd_link **out, const dd_address *address, const char *password, int64_t timeout_ms, char *why,
                   size_t why_size)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    dd_link *link = calloc(1, sizeof *link);
    snprintf(why, why_size, "out of memory");
    if (link == NULL)
        return -ENOMEM;
    link->address = *address;
    snprintf(link->password, sizeof link->password, "%s", password);
    link->timeout_ms = timeout_ms;
    link->timeout = (struct timeval){timeout_ms / 1000, timeout_ms % 1000 * 1000};
    int failed = getaddrinfo(address->host, address->port, &hints, &link->found);
    if (failed != 0) {
        snprintf(why, why_size, "the name %s cannot be looked up: %s", address->host, gai_strerror(failed));
        dd_link_destroy(link);
        return -EHOSTUNREACH;
    }
    ignore_broken_pipes();
    *out = link;
    return 0;
}

static void drop(dd_link *link)
{
    if (link->context != NULL)
        redisFree(link->context);
    link->context = NULL;
    link->number = 0;
}

void dd_link_destroy(dd_link *link)
{
    if (link == NULL)
        return;
    drop(link);
    if (link->found != NULL)
        freeaddrinfo(link->found);
    if (link->moved != NULL)
        freeaddrinfo(link->moved);
    explicit_bzero(link->password, sizeof link->password);
    free(link);
}

const char *dd_link_why(const dd_link *link) { return link->why; }
uint64_t dd_link_number(const dd_link *link) { return link->number; }

/* ---- the breaker ---- */

void dd_link_worked(dd_link *link) { link->failures = 0; }

static void fail(dd_link *link, const char *why, int at_once)
{
    snprintf(link->why, sizeof link->why, "%s", why);
    drop(link);
    unsigned doublings = link->failures < PAUSE_DOUBLINGS ? link->failures : PAUSE_DOUBLINGS;
    link->open_until_ms = at_once && link->failures == 0 ? 0 : now_ms() + (PAUSE_FIRST_MS << doublings);
    link->failures++;
    link->turn++; /* the name may stand for several servers, one of which takes what we write */
}

void dd_link_fail(dd_link *link, const char *why) { fail(link, why, 0); }

/* ---- connecting ---- */

static int connect_one(const dd_link *link, const struct addrinfo *to)
{
    int one = 1, fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &link->timeout, sizeof link->timeout) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &link->timeout, sizeof link->timeout) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
        int error = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
        close(fd);
        return error;
    }
    return fd;
}

/* The first of the name's addresses that answers, beginning with another one after each failure. */
static int connect_found(const dd_link *link)
{
    const struct addrinfo *to = link->found;
    unsigned count = 0;
    for (; to != NULL; to = to->ai_next)
        count++;
    int fd = -EHOSTUNREACH;
    for (unsigned i = 0; i < count && fd < 0; i++) {
        to = link->found;
        for (unsigned skip = (link->turn + i) % count; skip > 0; skip--)
            to = to->ai_next;
        fd = connect_one(link, to);
    }
    return fd;
}

static void forget_moved(dd_link *link)
{
    if (link->moved != NULL)
        freeaddrinfo(link->moved);
    link->moved = NULL;
}

static int connect_any(dd_link *link)
{
    int fd = link->moved != NULL ? connect_one(link, link->moved) : -EHOSTUNREACH;
    if (fd < 0) {
        forget_moved(link);
        fd = connect_found(link);
    }
    if (fd < 0)
        return fd;
    link->context = redisConnectFd(fd);
    if (link->context == NULL) {
        close(fd);
        return -ENOMEM;
    }
    return 0;
}

/* The server's last word was no, for what we are and not for what it is. */
static int is_refusal(const char *text)
{
    static const char *const words[] = {
        "NOAUTH", "WRONGPASS", "NOPERM", "ERR invalid password", "ERR Client sent AUTH", "ERR AUTH"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(text, words[i], strlen(words[i])) == 0)
            return 1;
    return 0;
}

static int command(dd_link *link, int count, const char **words)
{
    redisReply *reply = dd_link_call(link, count, words, NULL, NULL);
    freeReplyObject(reply);
    return reply != NULL ? 0 : is_refusal(link->why) ? -EACCES : -ENOTCONN;
}

/* PING too: the first that a server without a password says to us should be heard here. */
static int introduce(dd_link *link)
{
    const char *user = link->address.user, *password = link->password;
    int rc = 0;
    if (user[0] != '\0')
        rc = command(link, 3, (const char *[]){"AUTH", user, password});
    else if (password[0] != '\0')
        rc = command(link, 2, (const char *[]){"AUTH", password});
    if (rc == 0 && strcmp(link->address.database, "0") != 0)
        rc = command(link, 2, (const char *[]){"SELECT", link->address.database});
    if (rc == 0)
        rc = command(link, 1, (const char *[]){"PING"});
    return rc;
}

int dd_link_connect(dd_link *link)
{
    if (link->context != NULL)
        return 0;
    if (now_ms() < link->open_until_ms)
        return -ENOTCONN;
    int rc = connect_any(link);
    if (rc != 0) {
        fail(link, strerror(-rc), 0);
        return -ENOTCONN;
    }
    if ((rc = introduce(link)) == 0)
        link->number = ++link->made;
    return rc;
}

/* ---- calling ---- */

/* "MOVED SLOT HOST:PORT", with a numeric host: nobody can look up a name any more. 1 if we go there. */
static int follow(dd_link *link, const char *text)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    char place[100];
    char *colon = sscanf(text, "MOVED %*u %99s", place) == 1 ? strrchr(place, ':') : NULL;
    if (colon == NULL)
        return 0;
    *colon = '\0';
    forget_moved(link);
    return getaddrinfo(place, colon + 1, &hints, &link->moved) == 0;
}

/* As redisGetReply, but all of it is to be there by `until_ms`; each read and write has the socket's own limit. */
static redisReply *get_reply(dd_link *link, int64_t until_ms)
{
    void *reply = NULL;
    int written = 0;
    while (!written)
        if (redisBufferWrite(link->context, &written) != REDIS_OK)
            return NULL;
    while (redisGetReplyFromReader(link->context, &reply) == REDIS_OK && reply == NULL) {
        if (now_ms() > until_ms) {
            errno = ETIMEDOUT;
            return NULL;
        }
        if (redisBufferRead(link->context) != REDIS_OK)
            return NULL;
    }
    return reply;
}

static void fail_call(dd_link *link)
{
    int slow = errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT;
    int broken = link->context->err == REDIS_ERR_EOF || errno == EPIPE || errno == ECONNRESET;
    char text[sizeof link->why];
    snprintf(text, sizeof text, "%s", slow ? "it did not answer in time" : link->context->errstr);
    fail(link, text, broken && link->number != 0);
}

redisReply *dd_link_call(dd_link *link, int count, const char **words, const size_t *lengths, const char *tolerated)
{
    if (link->context == NULL)
        return NULL;
    errno = 0;
    redisReply *reply = NULL;
    if (redisAppendCommandArgv(link->context, count, words, lengths) == REDIS_OK)
        reply = get_reply(link, now_ms() + link->timeout_ms);
    if (reply == NULL) {
        fail_call(link);
        return NULL;
    }
    if (reply->type != REDIS_REPLY_ERROR || (tolerated && strncmp(reply->str, tolerated, strlen(tolerated)) == 0))
        return reply;
    char text[sizeof link->why];
    snprintf(text, sizeof text, "%s", reply->str);
    freeReplyObject(reply);
    fail(link, text, follow(link, text));
    return NULL;
}
