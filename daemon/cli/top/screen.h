/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/screen.h: the terminal while `copydesk top` has it. ncurses is included behind this header only.
 *
 * No handler runs: signals are read from a descriptor between two drawings, so that the terminal is always left as it was found,
 * whether the end comes by a key, by SIGINT, SIGTERM or SIGHUP, or is none (SIGTSTP). One screen a process. */
#ifndef COPYDESK_CLI_TOP_SCREEN_H
#define COPYDESK_CLI_TOP_SCREEN_H

#include "cli/top/page.h"

/* What came. A signal that ends the program comes as its number, negated. */
typedef enum cd_screen_event {
    CD_SCREEN_TIME, /* nothing, for so long */
    CD_SCREEN_QUIT,
    CD_SCREEN_PAUSE,
    CD_SCREEN_ASK,
    CD_SCREEN_SORT,
    CD_SCREEN_HELP,
    CD_SCREEN_DRAW, /* the size is another one, or the terminal is ours again, or somebody scrolls */
    CD_SCREEN_OTHER, /* another key */
} cd_screen_event;

/* Takes the terminal of standard input and output. 0, or -errno; -ENOTTY: its type is not known (TERM). */
int cd_screen_open(void);
/* Gives it back. May be called without cd_screen_open, and again. */
void cd_screen_close(void);
/* Closes it and dies of the signal. */
void cd_screen_die(int number);

/* Becomes readable when cd_screen_wait has something to tell. */
int cd_screen_fd(void);
/* Waits for at most so long. */
int cd_screen_wait(int64_t patience_ns);

size_t cd_screen_width(void);
/* The page, and in the last line the footer. */
void cd_screen_draw(const cd_page *page, const char *footer);
/* The next page is another one: begins at its top. */
void cd_screen_rewind(void);

#endif
