/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/input.c: see input.h. */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 20 };

static const char standard_input[] = "-";

static uint64_t size_of(const char *name)
{
    struct stat info;
    return strcmp(name, standard_input) != 0 && stat(name, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
}

void cd_input_init(cd_input *input, char **files, size_t file_count, bool whole, cd_input_limit limit)
{
    static char *only_standard_input[] = {(char *)(uintptr_t)standard_input};
    *input = (cd_input){.files = file_count ? files : only_standard_input,
                        .file_count = file_count ? file_count : 1,
                        .whole = whole,
                        .limit = limit,
                        .fd = -1};
    for (size_t i = 0; i < input->file_count; i++)
        input->bytes_total += size_of(input->files[i]);
}

static void close_file(cd_input *input)
{
    if (input->fd > STDIN_FILENO)
        close(input->fd);
    input->fd = -1;
    input->start = input->length = input->scanned = 0;
    input->passing = false;
    input->passed = 0;
}

void cd_input_fini(cd_input *input)
{
    close_file(input);
    free(input->buffer);
    *input = (cd_input){.fd = -1};
}

static int fail(cd_input *input)
{
    snprintf(input->problem, sizeof input->problem, "%s: %s", input->name, strerror(errno));
    close_file(input);
    return CD_INPUT_PROBLEM;
}

static int open_next(cd_input *input)
{
    struct stat info;
    if (input->next_file == input->file_count)
        return CD_INPUT_END;
    input->name = input->files[input->next_file++];
    input->line = 0;
    input->fd = strcmp(input->name, standard_input) == 0 ? STDIN_FILENO : open(input->name, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0 || fstat(input->fd, &info) != 0)
        return fail(input);
    if (S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        return fail(input);
    }
    input->waits = !S_ISREG(info.st_mode);
    return CD_INPUT_ARTICLE;
}

static bool would_block(const cd_input *input)
{
    struct pollfd fd = {.fd = input->fd, .events = POLLIN};
    return input->waits && poll(&fd, 1, 0) == 0;
}

/* Reads some more behind what the buffer holds: the number of bytes, 0 at the end, -1 with errno. */
static ssize_t fill(cd_input *input)
{
    ssize_t got;
    if (input->start > 0) {
        memmove(input->buffer, input->buffer + input->start, input->length - input->start);
        input->length -= input->start;
        input->scanned -= input->start;
        input->start = 0;
    }
    if (input->capacity - input->length < CHUNK) {
        size_t capacity = input->capacity ? input->capacity * 2 : 2 * CHUNK;
        char *grown = realloc(input->buffer, capacity);
        if (grown == NULL)
            return -1;
        input->buffer = grown;
        input->capacity = capacity;
    }
    do
        got = read(input->fd, input->buffer + input->length, CHUNK);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        input->length += (size_t)got;
        input->bytes_read += (uint64_t)got;
    }
    return got;
}

static bool is_blank(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r')
            return false;
    return true;
}

/* The article leaves the buffer: `length` bytes, and `skip` in all. */
static int give(cd_input *input, size_t length, size_t skip, cd_arrival *arrival)
{
    cd_input_article *article = malloc(sizeof *article);
    char *bytes = malloc(length ? length : 1);
    if (article == NULL || bytes == NULL) {
        free(article);
        free(bytes);
        return fail(input);
    }
    memcpy(bytes, input->buffer + input->start, length);
    input->start += skip;
    input->scanned = input->start;
    *article = (cd_input_article){bytes, input->name, input->line};
    *arrival = (cd_arrival){.identity = {.topic = {input->name, strlen(input->name)}, .offset = input->line, .timestamp_ms = -1},
                            .payload = {bytes, length},
                            .origin = article};
    return CD_INPUT_ARTICLE;
}

/* ---- what is too long ---- */

/* The first `length` bytes leave the buffer. */
static void pass(cd_input *input, size_t length)
{
    const char *start = input->buffer + input->start;
    if (input->limit.excess && fwrite(start, 1, length, input->limit.excess) != length)
        input->excess_failed = true;
    input->passed += length;
    input->start += length;
    input->scanned = input->start;
}

/* What is unread now is longer than an article may be. */
static bool too_long(cd_input *input, size_t length)
{
    if (input->limit.bytes && length > input->limit.bytes)
        input->passing = true;
    return input->passing;
}

static int end_passing(cd_input *input)
{
    if (input->limit.excess && fputc('\n', input->limit.excess) == EOF)
        input->excess_failed = true;
    snprintf(input->problem, sizeof input->problem, "%s:%lld: too-large in desk: it has %llu bytes; the limit is %zu (input.max_bytes)",
             input->name, (long long)input->line, (unsigned long long)input->passed, input->limit.bytes);
    input->passing = false;
    input->passed = 0;
    return CD_INPUT_TOO_LONG;
}

/* ---- an article ---- */

static int next_whole(cd_input *input, cd_arrival *arrival)
{
    ssize_t got;
    do {
        if (too_long(input, input->length - input->start))
            pass(input, input->length - input->start);
        if (would_block(input))
            return CD_INPUT_NOT_YET;
        got = fill(input);
    } while (got > 0);
    if (got < 0)
        return fail(input);
    input->line = 1;
    if (input->passing) {
        int too = end_passing(input);
        close_file(input);
        return too;
    }
    int status = give(input, input->length, input->length, arrival);
    close_file(input);
    return status;
}

static int next_line(cd_input *input, cd_arrival *arrival)
{
    for (;;) {
        size_t unseen = input->length - input->scanned;
        char *end = unseen ? memchr(input->buffer + input->scanned, '\n', unseen) : NULL;
        if (end == NULL) {
            input->scanned = input->length;
            if (too_long(input, input->length - input->start))
                pass(input, input->length - input->start);
            if (would_block(input))
                return CD_INPUT_NOT_YET;
            ssize_t got = fill(input);
            if (got < 0)
                return fail(input);
            if (got > 0)
                continue;
            if (input->length == input->start && !input->passing) {
                close_file(input);
                return CD_INPUT_NOT_YET;
            }
        }
        char *start = input->buffer + input->start;
        size_t length = end ? (size_t)(end - start) : input->length - input->start;
        size_t skip = end ? length + 1 : length;
        input->line++;
        if (too_long(input, length)) {
            pass(input, length);
            input->start += skip - length; /* the line's end */
            input->scanned = input->start;
            return end_passing(input);
        }
        if (!is_blank(start, length))
            return give(input, length, skip, arrival);
        input->start += skip;
        input->scanned = input->start;
    }
}

int cd_input_next(cd_input *input, cd_arrival *arrival)
{
    for (;;) {
        int status = input->fd < 0 ? open_next(input) : CD_INPUT_ARTICLE;
        if (status != CD_INPUT_ARTICLE)
            return status;
        status = input->whole ? next_whole(input, arrival) : next_line(input, arrival);
        if (status != CD_INPUT_NOT_YET || input->fd >= 0)
            return status;
    }
}

void cd_input_free(cd_input_article *article)
{
    free(article->bytes);
    free(article);
}
