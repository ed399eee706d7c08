/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/session.h: one worker or store process with the plugin under probe in it, asked one thing at a time.
 *
 * The real worker program, started and spoken to as the desk does it (desk/child.h, ring/), without the desk: what it answers is
 * seen as it is, not what the desk would make of it. A process that dies or takes too long costs its session alone. Blocks;
 * owns the process, its rings, and the configuration it was started with. Thread: the command's. */
#ifndef COPYDESK_CLI_PROBE_SESSION_H
#define COPYDESK_CLI_PROBE_SESSION_H

#include "base/buffer.h"
#include "desk/child.h"

/* What is probed. */
typedef struct cd_probe_subject {
    char program[4096];  /* copydesk-worker */
    char plugin[4096];   /* the shared object, by absolute path */
    char folder[4096];   /* temporary: configurations and stores */
    const char *name;    /* the stage's: the file's without ".so" */
    const cd_config_set *sets; /* from the command line */
    size_t set_count;
} cd_probe_subject;

/* One stage of a line-up; the stages run in its order. */
typedef struct cd_probe_stage {
    const char *plugin; /* a path or a bundled one's name; NULL: the subject's */
    const char *name, *member; /* member NULL: the plugin's own */
} cd_probe_stage;

typedef struct cd_probe_lineup {
    const cd_probe_stage *stages;
    size_t count;
    const char *set; /* one more --set, or NULL */
} cd_probe_lineup;

/* What is set on the command line holds for the subject under each name that it has. 0, or -errno and why. */
int cd_probe_configure(const cd_probe_subject *subject, const cd_probe_lineup *lineup, cd_config **config, char *why,
                       size_t size);

typedef struct cd_probe_session {
    cd_child child;
    cd_config *config;
    uint64_t sequence; /* of the last question */
    char *frame;       /* of the last answer */
    bool refused;      /* it said itself that it cannot start, or its configuration did */
    char why[560];     /* what became of the process, or why it could not start; "" while all is well */
} cd_probe_session;

/* Starts it and waits for its hello. 0; -EINVAL: it was refused, or died before; the session is ended then, and `why` says it. */
int cd_probe_start(cd_probe_session *session, const cd_probe_subject *subject, const cd_probe_lineup *lineup,
                   const char *store_folder);
/* What the plugin is: worker/describe.h. Opens nothing. The same errors. */
int cd_probe_describe(const cd_probe_subject *subject, cd_buffer *out, char *why, size_t size);

/* The answer lies in the session until the next question. 0; -EPIPE: it died, was killed for taking longer than
 * worker.article_cpu, or answered what nobody asked; the session is ended then, and `why` says how. */
int cd_probe_article(cd_probe_session *session, const cd_identity *who, cd_str payload, cd_result *out);
int cd_probe_claim(cd_probe_session *session, const cd_identity *who, cd_str blob, cd_answers *out);

/* The same without waiting: at most a few hundred KiB under way, then as many answers as there were questions, in order. */
int cd_probe_send_article(cd_probe_session *session, const cd_identity *who, cd_str payload);
int cd_probe_send_claim(cd_probe_session *session, const cd_identity *who, cd_str blob);
int cd_probe_receive_article(cd_probe_session *session, cd_result *out);
int cd_probe_receive_claim(cd_probe_session *session, cd_answers *out);
/* CD_MESSAGE_FORGET or _WATERMARK: nobody answers that, but the store takes it before the next claim. */
int cd_probe_tell(cd_probe_session *session, uint32_t kind, const cd_identity *who);

bool cd_probe_alive(const cd_probe_session *session);
/* Asks it to close and end, and waits. 0, or -EPIPE with `why` if it did not end by itself with status 0. Takes an ended session. */
int cd_probe_stop(cd_probe_session *session);
/* SIGKILL. Takes an ended session and a zeroed one. */
void cd_probe_kill(cd_probe_session *session);

#endif
