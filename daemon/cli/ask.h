/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/ask.h: a question to the running daemon, through its control socket (docs/control.md). */
#ifndef COPYDESK_CLI_ASK_H
#define COPYDESK_CLI_ASK_H

#include "article/json_read.h"
#include "base/buffer.h"
#include "base/error.h"

#include <argp.h>
#include <sys/un.h>

/* What commands that ask exit with, besides command.h's: 0, 1 failure, 2 usage. */
enum { CD_EXIT_NOT_RUNNING = 3, CD_EXIT_NOT_WELL = 4 };

/* Which daemon: the socket that is named, or that of a configuration. */
typedef struct cd_ask_whom {
    const char *config, *socket; /* NULL: not given */
} cd_ask_whom;

/* The options that say so, --config and --socket, and that there are no arguments: the children of a command's parser, which sets
 * child_inputs[0] to a cd_ask_whom. */
extern const struct argp_child cd_ask_options[];

/* The answer, and a reader of it. Starts as {0}. */
typedef struct cd_answer {
    cd_buffer text;
    size_t length; /* of the answer in it, one line without its end */
    cd_json_reader *reader;
} cd_answer;

/* Where it answers. 0, or CD_EXIT_USAGE after the reason was written to standard error. */
int cd_ask_find(const cd_ask_whom *whom, struct sockaddr_un *out);

/* Asks, and waits for at most `seconds`. 0 if the daemon did what it was asked; else the exit status, after the reason was written to
 * standard error: CD_EXIT_USAGE, CD_EXIT_NOT_RUNNING, CD_EXIT_FAILURE. cd_answer_fini in either case. */
int cd_ask(const cd_ask_whom *whom, const char *command, int seconds, cd_answer *answer);
void cd_answer_fini(cd_answer *answer);

/* How long is waited for an answer, and what ends the wait: a descriptor that becomes readable; -1: none. */
typedef struct cd_ask_patience {
    int seconds, interrupt;
} cd_ask_patience;

enum { CD_ASK_INTERRUPTED = -1 };

/* The same for who knows the address. The reason goes to `why`, in one line without its end. CD_ASK_INTERRUPTED, without a
 * reason: the wait was ended. */
int cd_ask_at(const struct sockaddr_un *address, const char *command, const cd_ask_patience *patience, cd_answer *answer,
              FILE *why);

/* Asks with further members of the request (`,"name":value` …) for what does not end. 0: a connection in *fd, and in `text` what has come
 * behind the answer already; else as cd_ask_at, with the reason on standard error. The caller closes and frees both in either case. */
int cd_ask_begin(const cd_ask_whom *whom, const char *command, const char *members, const cd_ask_patience *patience, int *fd,
                 cd_buffer *text);

/* ---- reading JSON: a value and the reader that its pointers are looked up with ---- */

typedef struct cd_answer_part {
    cd_json_reader *reader;
    cd_str json;
} cd_answer_part;

cd_answer_part cd_answer_whole(const cd_answer *answer);
/* The value at the pointer, as a part of its own for `reader`. json.ptr NULL: there is none. */
cd_answer_part cd_answer_at(const cd_answer_part *part, const char *pointer, cd_json_reader *reader);
/* "" and 0 if there is none of that kind. The string is not terminated, and lives as long as the answer. */
cd_str cd_answer_string(const cd_answer_part *part, const char *pointer);
int64_t cd_answer_number(const cd_answer_part *part, const char *pointer);
int cd_answer_true(const cd_answer_part *part, const char *pointer);

#endif
