/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/reload.c: `copydesk reload`: asks the running daemon to read its configuration anew, and waits for what comes of it. */
#include "cli/ask.h"
#include "cli/command.h"

#include "article/render_text.h"

#include <argp.h>

enum { DEFAULT_S = 150 };

typedef struct reload {
    cd_ask_whom whom;
    int seconds;
} reload;

static const struct argp_option option_table[] = {
    {"timeout", 't', "SECONDS", 0, "Wait for at most so long (default: 150)", 0},
    {0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    reload *r = state->input;
    char *end;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &r->whom; return 0;
    case 't': {
        long seconds = strtol(value, &end, 10);
        if (*end || end == value || seconds < 1 || seconds > 86400)
            argp_error(state, "--timeout is a number of seconds from 1 to 86400");
        r->seconds = (int)seconds;
        return 0;
    }
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int tell(const cd_answer *answer)
{
    cd_answer_part whole = cd_answer_whole(answer);
    if (cd_answer_true(&whole, "/reload/accepted")) {
        cd_str pipeline = cd_answer_string(&whole, "/reload/pipeline");
        printf("accepted: pipeline %.*s\n", (int)pipeline.len, pipeline.ptr);
        return 0;
    }
    fputs("copydesk: refused, the running configuration goes on: ", stderr);
    cd_render_text(stderr, cd_answer_string(&whole, "/reload/reason"), 1000);
    fputc('\n', stderr);
    return CD_EXIT_FAILURE;
}

int cd_command_reload(int argc, char **argv)
{
    static const struct argp parser = {
        option_table, parse_option, NULL,
        "Asks the running daemon to read its configuration anew, and waits until it is taken over or refused.\vWhat only a restart can "
        "change (brokers, group, topics and others) is refused by name.\n\nExit status: 0 accepted; 1 refused, or no outcome in time; 2 "
        "usage; 3 the daemon does not run.",
        cd_ask_options, NULL, NULL};
    reload r = {.seconds = DEFAULT_S};
    cd_answer answer = {0};
    argp_parse(&parser, argc, argv, 0, NULL, &r);
    int status = cd_ask(&r.whom, "reload", r.seconds, &answer);
    if (status == 0)
        status = tell(&answer);
    cd_answer_fini(&answer);
    return status;
}
