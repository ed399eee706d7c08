/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/ask.c: see ask.h. Blocks: it is a command's whole work. */
#include "cli/ask.h"

#include "article/render_text.h"
#include "base/clock.h"
#include "cli/command.h"
#include "control/request.h"
#include "control/socket.h"

#include <copydesk/json.h>
#include <errno.h>
#include <glob.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_SOCKETS "/run/copydesk/*.sock"
enum { ANSWER_MAX = 64 << 20 };

/* ---- which socket ---- */

enum { KEY_SOCKET = 256 };

static const struct argp_option option_table[] = {
    {"config", 'c', "FILE", 0, "The daemon that has this configuration (default: " CD_CONFIG_FILE ")", 0},
    {"socket", KEY_SOCKET, "PATH", 0, "The daemon that answers there", 0},
    {0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    cd_ask_whom *whom = state->input;
    switch (key) {
    case 'c': whom->config = value; return 0;
    case KEY_SOCKET: whom->socket = value; return 0;
    case ARGP_KEY_ARG: argp_error(state, "there are no arguments, only options"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {.options = option_table, .parser = parse_option};
const struct argp_child cd_ask_options[] = {{&parser, 0, NULL, 0}, {0}};

static int take_path(const char *path, struct sockaddr_un *out)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    int length = snprintf(out->sun_path, sizeof out->sun_path, "%s", path);
    if (length >= 0 && (size_t)length < sizeof out->sun_path)
        return 0;
    fprintf(stderr, "copydesk: %s is too long for a socket's path\n", path);
    return CD_EXIT_USAGE;
}

/* A file with errors is just when one wants to know what the daemon says of it. */
static int take_the_only_one(const char *config, struct sockaddr_un *out)
{
    glob_t found;
    int status = CD_EXIT_USAGE;
    bool one = glob(DEFAULT_SOCKETS, 0, NULL, &found) == 0 && found.gl_pathc == 1;
    if (one)
        status = take_path(found.gl_pathv[0], out);
    fprintf(stderr, "copydesk: %s cannot be used (`copydesk check` says why); %s%s\n", config,
            one ? "asking " : "name the daemon's socket with --socket", one ? found.gl_pathv[0] : "");
    globfree(&found);
    return status;
}

int cd_ask_find(const cd_ask_whom *whom, struct sockaddr_un *out)
{
    cd_config *config;
    cd_problems problems = {0};
    const char *file = whom->config ? whom->config : CD_CONFIG_FILE;
    if (whom->socket)
        return take_path(whom->socket, out);
    int failed = cd_config_load(file, NULL, 0, CD_CONFIG_LOCAL, &config, &problems);
    cd_problems_fini(&problems);
    if (failed)
        return take_the_only_one(file, out);
    int status = 0;
    if (config->run_dir[0] == '\0' || cd_control_address(config->run_dir, config->name, out) != 0) {
        fprintf(stderr, "copydesk: %s gives no control socket (run_dir)\n", file);
        status = CD_EXIT_USAGE;
    }
    cd_config_destroy(config);
    return status;
}

/* ---- the conversation ---- */

static int reach(const struct sockaddr_un *address, const char *command, const char *members, int seconds, int *out)
{
    char line[512];
    struct timeval patience = {.tv_sec = seconds};
    int length = snprintf(line, sizeof line, "{\"version\":%d,\"command\":\"%s\"%s}\n", CD_CONTROL_VERSION, command,
                          members);
    *out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*out < 0 || setsockopt(*out, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(*out, (const struct sockaddr *)address, sizeof *address) != 0)
        return -errno;
    ssize_t sent = send(*out, line, (size_t)length, MSG_NOSIGNAL);
    return sent == length || errno == EPIPE || errno == ECONNRESET ? 0 : -errno; /* it may have said why before it hung up */
}

/* Until a line has come to its end; what may have come behind it stays there. */
static int listen_to(int fd, const cd_ask_patience *patience, cd_buffer *text)
{
    int64_t end_ns = cd_clock_monotonic_ns() + patience->seconds * CD_NS_PER_S, left_ns;
    struct pollfd waiting[] = {{.fd = fd, .events = POLLIN}, {.fd = patience->interrupt, .events = POLLIN}};
    while ((left_ns = end_ns - cd_clock_monotonic_ns()) > 0 && text->len < ANSWER_MAX) {
        int ready = poll(waiting, 2, (int)(left_ns / CD_NS_PER_MS) + 1);
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready <= 0)
            continue;
        if (waiting[1].revents)
            return -ECANCELED;
        char *room = cd_buffer_reserve(text, 64 << 10);
        ssize_t got = room ? recv(fd, room, 64 << 10, 0) : -1;
        if (got <= 0)
            return room == NULL ? -ENOMEM : got == 0 ? -ECONNRESET : -errno;
        text->len += (size_t)got;
        if (memchr(room, '\n', (size_t)got))
            return 0;
    }
    return text->len < ANSWER_MAX ? -ETIMEDOUT : -EMSGSIZE;
}

static int explain(const struct sockaddr_un *address, int failed, int seconds, FILE *why)
{
    const char *path = address->sun_path;
    if (failed == -ENOENT || failed == -ECONNREFUSED) {
        fprintf(why, "nobody answers at %s: copydeskd does not run, or has another name or run_dir", path);
        return CD_EXIT_NOT_RUNNING;
    }
    if (failed == -ETIMEDOUT || failed == -EAGAIN)
        fprintf(why, "%s: no answer within %d s", path, seconds);
    else if (failed == -ECONNRESET)
        fprintf(why, "%s: it hung up without an answer", path);
    else
        fprintf(why, "%s: %s", path, strerror(-failed));
    return CD_EXIT_FAILURE;
}

/* What was asked for is a member of the command's name. */
static int judge(const cd_answer *answer, const struct sockaddr_un *address, const char *command, FILE *why)
{
    char pointer[64];
    cd_answer_part whole = cd_answer_whole(answer);
    snprintf(pointer, sizeof pointer, "/%s", command);
    if (answer->reader && cd_answer_true(&whole, "/ok") && cd_answer_at(&whole, pointer, NULL).json.ptr)
        return 0;
    cd_str message = answer->reader ? cd_answer_string(&whole, "/message") : CD_STR("", 0);
    if (message.len == 0)
        message = CD_STR("what it says is no answer", 25);
    fprintf(why, "%s: ", address->sun_path);
    cd_render_text(why, message, 500);
    return CD_EXIT_FAILURE;
}

/* `more` NULL: the connection is closed behind the answer; else it is there. */
static int converse(const struct sockaddr_un *address, const char *command, const char *members, const cd_ask_patience *patience,
                    cd_answer *answer, int *more, FILE *why)
{
    int fd = -1, failed = reach(address, command, members, patience->seconds, &fd);
    if (failed == 0)
        failed = listen_to(fd, patience, &answer->text);
    if (more)
        *more = fd;
    else if (fd >= 0)
        close(fd);
    if (failed == -ECANCELED)
        return CD_ASK_INTERRUPTED;
    if (failed)
        return explain(address, failed, patience->seconds, why);
    answer->length = (size_t)((char *)memchr(answer->text.data, '\n', answer->text.len) - answer->text.data);
    answer->reader = cd_json_reader_create();
    return judge(answer, address, command, why);
}

int cd_ask_at(const struct sockaddr_un *address, const char *command, const cd_ask_patience *patience, cd_answer *answer,
              FILE *why)
{
    return converse(address, command, "", patience, answer, NULL, why);
}

/* The same, with the reason on standard error. */
static int ask(const cd_ask_whom *whom, const char *command, const char *members, const cd_ask_patience *patience,
               cd_answer *answer, int *more)
{
    struct sockaddr_un address;
    char *reason = NULL;
    size_t length;
    int status = cd_ask_find(whom, &address);
    FILE *why = status ? NULL : open_memstream(&reason, &length);
    if (why == NULL)
        return status ? status : CD_EXIT_FAILURE;
    status = converse(&address, command, members, patience, answer, more, why);
    if (fclose(why) == 0 && status && status != CD_ASK_INTERRUPTED)
        fprintf(stderr, "copydesk: %s\n", reason);
    free(reason);
    return status;
}

int cd_ask(const cd_ask_whom *whom, const char *command, int seconds, cd_answer *answer)
{
    return ask(whom, command, "", &(cd_ask_patience){seconds, -1}, answer, NULL);
}

int cd_ask_begin(const cd_ask_whom *whom, const char *command, const char *members, const cd_ask_patience *patience, int *fd,
                 cd_buffer *text)
{
    cd_answer answer = {0};
    *fd = -1;
    int status = ask(whom, command, members, patience, &answer, fd);
    cd_json_reader_destroy(answer.reader);
    *text = answer.text;
    if (status == 0) {
        text->len -= answer.length + 1;
        memmove(text->data, text->data + answer.length + 1, text->len);
    }
    return status;
}

void cd_answer_fini(cd_answer *answer)
{
    cd_json_reader_destroy(answer->reader);
    cd_buffer_fini(&answer->text);
    answer->reader = NULL;
}

/* ---- reading ---- */

cd_answer_part cd_answer_whole(const cd_answer *answer)
{
    return (cd_answer_part){answer->reader, {answer->text.data, answer->length}};
}

static int look_up(const cd_answer_part *part, const char *pointer, cd_value *value)
{
    return part->json.ptr ? cd_json_lookup(part->reader, part->json, (cd_str){pointer, strlen(pointer)}, value) : -ENOENT;
}

cd_answer_part cd_answer_at(const cd_answer_part *part, const char *pointer, cd_json_reader *reader)
{
    cd_value value;
    return (cd_answer_part){reader, look_up(part, pointer, &value) == 0 ? value.raw : (cd_str){NULL, 0}};
}

cd_str cd_answer_string(const cd_answer_part *part, const char *pointer)
{
    cd_value value;
    return look_up(part, pointer, &value) == 0 && value.type == CD_JSON_STRING ? value.string : (cd_str){"", 0};
}

int64_t cd_answer_number(const cd_answer_part *part, const char *pointer)
{
    cd_value value;
    char digits[24];
    if (look_up(part, pointer, &value) != 0 || value.raw.len == 0 || value.raw.len >= sizeof digits)
        return 0;
    memcpy(digits, value.raw.ptr, value.raw.len);
    digits[value.raw.len] = '\0';
    return strtoll(digits, NULL, 10);
}

int cd_answer_true(const cd_answer_part *part, const char *pointer)
{
    cd_value value;
    return look_up(part, pointer, &value) == 0 && value.raw.len == 4 && memcmp(value.raw.ptr, "true", 4) == 0;
}
