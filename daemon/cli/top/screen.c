/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/screen.c: see screen.h. */
#include "cli/top/screen.h"

#include "base/clock.h"

#include <errno.h>
#include <ncurses.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { ESCAPE_MS = 25 }; /* how long after an escape the rest of a key's sequence is waited for */

static struct {
    SCREEN *terminal; /* NULL: not open */
    int events, signals;
    size_t first;       /* the line that stands at the top of what scrolls */
    size_t rows, lines; /* of what scrolls: seen, and all, as last drawn */
} screen = {.events = -1, .signals = -1};

static sigset_t handled(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&set, numbers[i]);
    return set;
}

/* ---- taking and giving back ---- */

static int watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(screen.events, EPOLL_CTL_ADD, fd, &event);
}

static int open_events(void)
{
    sigset_t set = handled();
    sigprocmask(SIG_BLOCK, &set, NULL);
    screen.events = epoll_create1(EPOLL_CLOEXEC);
    screen.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return screen.events < 0 || screen.signals < 0 || watch(screen.signals) != 0 || watch(STDIN_FILENO) != 0 ? -errno : 0;
}

int cd_screen_open(void)
{
    int failed = open_events();
    if (failed == 0 && (screen.terminal = newterm(NULL, stdout, stdin)) == NULL)
        failed = -ENOTTY;
    if (failed) {
        cd_screen_close();
        return failed;
    }
    signal(SIGTSTP, SIG_DFL); /* newterm gave it a handler */
    cbreak();
    noecho();
    nonl();
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    set_escdelay(ESCAPE_MS);
    curs_set(0);
    if (getenv("NO_COLOR") == NULL && has_colors() && start_color() == OK && use_default_colors() == OK)
        init_pair(1, COLOR_RED, -1);
    return 0;
}

void cd_screen_close(void)
{
    if (screen.terminal) {
        endwin();
        delscreen(screen.terminal);
    }
    if (screen.signals >= 0)
        close(screen.signals);
    if (screen.events >= 0)
        close(screen.events);
    screen.terminal = NULL;
    screen.signals = screen.events = -1;
}

static void deliver(int number)
{
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, &old);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

void cd_screen_die(int number)
{
    cd_screen_close();
    deliver(number);
}

/* ---- drawing ---- */

size_t cd_screen_width(void) { return (size_t)COLS; }

void cd_screen_rewind(void) { screen.first = 0; }

static void draw_line(int row, const char *line)
{
    static const struct {
        char style;
        attr_t attributes;
    } styles[] = {{CD_PAGE_BOLD, A_BOLD}, {CD_PAGE_HEADS, A_REVERSE}, {CD_PAGE_ALARM, A_BOLD}};
    attr_t attributes = A_NORMAL;
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        if (styles[i].style == line[0])
            attributes = styles[i].attributes;
    if (line[0] == CD_PAGE_ALARM)
        attributes |= COLOR_PAIR(1);
    attrset((int)attributes);
    if (line[0] == CD_PAGE_HEADS)
        mvhline(row, 0, ' ' | A_REVERSE, COLS);
    mvaddstr(row, 0, line + 1);
}

static size_t least(size_t one, size_t other) { return one < other ? one : other; }

void cd_screen_draw(const cd_page *page, const char *footer)
{
    size_t height = LINES > 1 ? (size_t)LINES - 1 : 0, number = 0, fixed = least(page->fixed, height);
    screen.rows = height - fixed;
    screen.lines = page->lines - fixed;
    screen.first = least(screen.first, screen.lines > screen.rows ? screen.lines - screen.rows : 0);
    erase();
    for (const char *line = cd_page_next(page, NULL); line; line = cd_page_next(page, line), number++) {
        if (number < fixed)
            draw_line((int)number, line);
        else if (number - fixed >= screen.first && number - fixed - screen.first < screen.rows)
            draw_line((int)(number - screen.first), line);
    }
    attrset(A_REVERSE);
    mvaddnstr(LINES - 1, 0, footer, COLS);
    if (screen.lines > screen.rows)
        printw("  lines %zu-%zu of %zu ", screen.first + 1, screen.first + screen.rows, screen.lines);
    attrset(A_NORMAL);
    refresh();
}

/* ---- what comes ---- */

static int scroll_to(size_t first)
{
    screen.first = first; /* drawing finds the end */
    return CD_SCREEN_DRAW;
}

static size_t back(size_t lines) { return screen.first > lines ? screen.first - lines : 0; }

static int take_key(int key)
{
    size_t page = screen.rows > 1 ? screen.rows - 1 : 1;
    switch (key) {
    case 'q': case 'Q': return CD_SCREEN_QUIT;
    case 'p': return CD_SCREEN_PAUSE;
    case 's': return CD_SCREEN_SORT;
    case ' ': return CD_SCREEN_ASK;
    case 'h': case '?': return CD_SCREEN_HELP;
    case KEY_UP: case 'k': return scroll_to(back(1));
    case KEY_DOWN: case 'j': return scroll_to(screen.first + 1);
    case KEY_PPAGE: return scroll_to(back(page));
    case KEY_NPAGE: return scroll_to(screen.first + page);
    case KEY_HOME: return scroll_to(0);
    case KEY_END: return scroll_to(screen.lines);
    case KEY_RESIZE: return CD_SCREEN_DRAW;
    default: return CD_SCREEN_OTHER;
    }
}

/* Terminals differ in what they make of their text then: all of it is drawn anew. */
static int resize(void)
{
    struct winsize size;
    clearok(stdscr, TRUE);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    return CD_SCREEN_DRAW;
}

/* Whoever had the terminal meanwhile left something on it. */
static int take_back(void)
{
    endwin();
    return resize();
}

static int take_signal(int number)
{
    switch (number) {
    case SIGWINCH: return resize();
    case SIGCONT: return take_back();
    case SIGTSTP:
        endwin();
        deliver(SIGTSTP); /* stands here until SIGCONT */
        return take_back();
    default: return -number;
    }
}

int cd_screen_fd(void) { return screen.events; }

int cd_screen_wait(int64_t patience_ns)
{
    struct epoll_event event;
    struct signalfd_siginfo got;
    int ms = patience_ns > 0 ? (int)((patience_ns + CD_NS_PER_MS - 1) / CD_NS_PER_MS) : 0;
    int key = getch(); /* what ncurses has read already is not to be waited for */
    if (key != ERR)
        return take_key(key);
    if (epoll_wait(screen.events, &event, 1, ms) <= 0)
        return CD_SCREEN_TIME;
    if (event.data.fd == screen.signals)
        return read(screen.signals, &got, sizeof got) == sizeof got ? take_signal((int)got.ssi_signo) : CD_SCREEN_TIME;
    if (event.events & (EPOLLHUP | EPOLLERR))
        return -SIGHUP;
    key = getch();
    return key == ERR ? CD_SCREEN_TIME : take_key(key);
}
