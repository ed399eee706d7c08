/* SPDX-License-Identifier: Apache-2.0
 *
 * control/control.h on a real socket: clients that ask, and clients that never read, never write, write for ever, or come in
 * crowds. The loop is turned by hand; time that must pass is given to cd_control_tend.
 */
#include "control/control.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define STATUS "{\"version\":1,\"command\":\"status\"}\n"
#define RELOAD "{\"version\":1,\"command\":\"reload\"}\n"
#define PATIENT_NS (11 * CD_NS_PER_S)

static char folder[64];
static cd_loop loop;
static cd_control *control;
static size_t status_bytes;       /* how large a status is */
static int64_t status_ns;         /* and how long it takes */
static int statuses, reloads;     /* asked for */
static const char *reload_answer; /* at once; NULL: later */
static cd_control_peer last_peer;

static void write_status(void *self, cd_json *out)
{
    (void)self;
    statuses++;
    for (int64_t end_ns = cd_clock_monotonic_ns() + status_ns; cd_clock_monotonic_ns() < end_ns;)
        ;
    char *filling = malloc(status_bytes + 1);
    memset(filling, 'x', status_bytes);
    cd_json_string(out, CD_STR(filling, status_bytes));
    free(filling);
}

static const char *ask_reload(void *self, const cd_control_peer *peer)
{
    (void)self;
    reloads++;
    last_peer = *peer;
    return reload_answer;
}

static int open_server(void **state)
{
    cd_error error = {0};
    (void)state;
    status_bytes = 3;
    status_ns = 0;
    statuses = reloads = 0;
    reload_answer = NULL;
    snprintf(folder, sizeof folder, "/tmp/copydesk-control-XXXXXX");
    if (mkdtemp(folder) == NULL || cd_loop_init(&loop) != 0)
        return -1;
    cd_control_plan plan = {&loop, folder, "desk", NULL, write_status, ask_reload};
    return cd_control_create(&plan, &control, &error);
}

static int close_server(void **state)
{
    (void)state;
    cd_control_destroy(control);
    cd_loop_fini(&loop);
    return rmdir(folder); /* fails if anything was left in it */
}

/* ---- clients ---- */

static int client(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/desk.sock", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text) { assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text)); }

static void turn(void)
{
    cd_loop_round(&loop, 1);
    cd_control_tend(control, cd_clock_monotonic_ns());
}

static void turn_for(int64_t ns)
{
    for (int64_t end_ns = cd_clock_monotonic_ns() + ns; cd_clock_monotonic_ns() < end_ns;)
        turn();
}

/* What one call of recv gives, waiting for it for at most five seconds of turns. -1: nothing came. */
static ssize_t hear_some(int fd, char *out, size_t size)
{
    for (int64_t end_ns = cd_clock_monotonic_ns() + 5 * CD_NS_PER_S; cd_clock_monotonic_ns() < end_ns; turn()) {
        ssize_t got = recv(fd, out, size, 0);
        if (got >= 0 || errno != EAGAIN)
            return got < 0 ? 0 : got;
    }
    return -1;
}

/* The next line; "" if it hung up instead. */
static const char *hear(int fd)
{
    static char line[4096];
    size_t length = 0;
    for (;;) {
        ssize_t got = hear_some(fd, line + length, 1);
        assert_true(got >= 0);
        if (got == 0 || line[length] == '\n')
            break;
        assert_true(++length < sizeof line);
    }
    line[length] = '\0';
    return line;
}

static bool hung_up(int fd)
{
    char byte;
    return hear_some(fd, &byte, 1) == 0;
}

static bool says_nothing(int fd)
{
    char byte;
    turn_for(30 * CD_NS_PER_MS);
    return recv(fd, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

#define ANSWER "{\"version\":1,\"ok\":true,\"status\":\"xxx\"}"

/* ---- asking ---- */

static void a_status_is_answered(void **state)
{
    (void)state;
    int fd = client();
    say(fd, STATUS);
    assert_string_equal(hear(fd), ANSWER);
    say(fd, "{\"version\":1,");
    assert_true(says_nothing(fd));
    say(fd, "\"command\":\"status\"}\r\n");
    assert_string_equal(hear(fd), ANSWER);
    close(fd);
}

static void several_in_one_write_are_answered_in_turn(void **state)
{
    (void)state;
    int fd = client();
    say(fd, STATUS STATUS STATUS "{\"version\":1,\"command\":\"nonsense\"}\n" STATUS);
    for (int i = 0; i < 3; i++)
        assert_string_equal(hear(fd), ANSWER);
    assert_non_null(strstr(hear(fd), "\"error\":\"unknown-command\""));
    assert_true(hung_up(fd));
    assert_int_equal(statuses, 3);
    close(fd);
}

static void what_is_wrong_is_said(void **state)
{
    static const char *const wrong[][2] = {
        {"hello\n", "\"error\":\"bad-request\""},
        {"\n", "\"error\":\"bad-request\""},
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\"error\":\"bad-request\""},
        {"{\"version\":2,\"command\":\"status\"}\n", "\"error\":\"version\""},
        {"{\"version\":1,\"command\":\"stop\"}\n", "\"error\":\"unknown-command\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int fd = client();
        say(fd, wrong[i][0]);
        const char *said = hear(fd);
        assert_non_null(strstr(said, "\"ok\":false"));
        assert_non_null(strstr(said, wrong[i][1]));
        assert_true(hung_up(fd));
        close(fd);
    }
    assert_int_equal(statuses + reloads, 0);
}

static void a_large_answer_arrives_whole(void **state)
{
    static char some[65536];
    size_t length = 0;
    (void)state;
    status_bytes = 3 << 20; /* many times what a socket holds */
    int fd = client();
    say(fd, STATUS);
    do {
        ssize_t got = hear_some(fd, some, sizeof some);
        assert_true(got > 0);
        length += (size_t)got;
        if (some[got - 1] == '\n')
            break;
    } while (true);
    assert_int_equal(length, status_bytes + strlen(ANSWER) - 3 + 1);
    status_bytes = 3;
    say(fd, STATUS);
    assert_string_equal(hear(fd), ANSWER);
    close(fd);
}

/* ---- reloads ---- */

static void a_reload_is_answered_when_it_is_decided(void **state)
{
    (void)state;
    int fd = client();
    say(fd, RELOAD);
    assert_true(says_nothing(fd));
    assert_int_equal(reloads, 1);
    assert_int_equal(last_peer.process, getpid());
    assert_int_equal(last_peer.user, geteuid());
    cd_control_reload_begun(control);
    assert_true(says_nothing(fd));
    cd_control_reload_decided(control, NULL, "0123abcd");
    assert_string_equal(hear(fd), "{\"version\":1,\"ok\":true,\"reload\":{\"accepted\":true,\"pipeline\":\"0123abcd\"}}");
    say(fd, RELOAD);
    assert_true(says_nothing(fd));
    cd_control_reload_begun(control);
    cd_control_reload_decided(control, "line 1:\n\"nmae\"", "0123abcd");
    assert_string_equal(hear(fd),
                        "{\"version\":1,\"ok\":true,\"reload\":{\"accepted\":false,\"reason\":\"line 1:\\n\\\"nmae\\\"\"}}");
    reload_answer = "it is stopping";
    say(fd, RELOAD);
    assert_string_equal(hear(fd), "{\"version\":1,\"ok\":true,\"reload\":{\"accepted\":false,\"reason\":\"it is stopping\"}}");
    close(fd);
}

/* The file may have been changed after the one that runs has read it. */
static void who_asks_during_a_reload_gets_the_next_ones_outcome(void **state)
{
    (void)state;
    int early = client(), late = client();
    say(early, RELOAD);
    assert_true(says_nothing(early));
    cd_control_reload_begun(control);
    say(late, RELOAD);
    assert_true(says_nothing(late));
    assert_int_equal(reloads, 2);
    cd_control_reload_decided(control, "the first", NULL);
    assert_non_null(strstr(hear(early), "the first"));
    assert_true(says_nothing(late));
    cd_control_reload_begun(control);
    cd_control_reload_decided(control, NULL, "the second");
    assert_non_null(strstr(hear(late), "the second"));
    close(early);
    close(late);
}

static void who_asked_and_left_is_forgotten(void **state)
{
    (void)state;
    int fd = client();
    say(fd, RELOAD);
    turn_for(20 * CD_NS_PER_MS);
    close(fd);
    turn_for(20 * CD_NS_PER_MS);
    cd_control_reload_begun(control);
    cd_control_reload_decided(control, NULL, "x");
    fd = client();
    say(fd, STATUS);
    assert_string_equal(hear(fd), ANSWER);
    close(fd);
}

/* ---- taps ---- */

#define TAP "{\"version\":1,\"command\":\"tap\"}\n"
#define TAPPED "{\"version\":1,\"ok\":true,\"tap\":{}}"

static int tap(const char *request)
{
    int fd = client();
    say(fd, request);
    assert_string_equal(hear(fd), TAPPED);
    return fd;
}

static void show(unsigned kind, const char *json)
{
    cd_control_show(control, &(cd_tap_record){kind, "raw", 0, {json, strlen(json)}});
}

static void taps_hear_what_goes_out(void **state)
{
    (void)state;
    assert_int_equal(cd_control_taps(control), 0);
    int all = tap("{\"version\":1,\"command\":\"tap\",\"show\":\"all\"}\n"), articles = tap(TAP);
    assert_int_equal(cd_control_taps(control), 2);
    assert_true(says_nothing(all));
    show(CD_TAP_DEAD_LETTERS, "{\"class\":\"crash\"}");
    show(CD_TAP_ARTICLES, "{\"text\":\"one\"}");
    assert_string_equal(hear(all), "{\"dead_letter\":{\"class\":\"crash\"}}");
    assert_string_equal(hear(all), "{\"article\":{\"text\":\"one\"}}");
    assert_string_equal(hear(articles), "{\"article\":{\"text\":\"one\"}}");
    close(all);
    turn_for(20 * CD_NS_PER_MS);
    assert_int_equal(cd_control_taps(control), 1);
    show(CD_TAP_ARTICLES, "2");
    assert_string_equal(hear(articles), "{\"article\":2}");
    cd_control_tend(control, cd_clock_monotonic_ns() + PATIENT_NS); /* silence is no fault in a tap */
    assert_int_equal(cd_control_taps(control), 1);
    close(articles);
}

static void there_are_so_many_taps_at_once(void **state)
{
    int taps[CD_CONTROL_TAPS];
    (void)state;
    for (int i = 0; i < CD_CONTROL_TAPS; i++)
        taps[i] = tap(TAP);
    int late = client(), other = client();
    say(late, TAP);
    assert_non_null(strstr(hear(late), "\"error\":\"busy\",\"message\":\"too many taps\""));
    assert_true(hung_up(late));
    say(other, STATUS);
    assert_string_equal(hear(other), ANSWER);
    close(taps[0]);
    turn_for(20 * CD_NS_PER_MS);
    taps[0] = tap(TAP);
    for (int i = 0; i < CD_CONTROL_TAPS; i++)
        close(taps[i]);
    close(late);
    close(other);
}

/* Six times the buffer, while it does not read; then it does. */
static void a_tap_that_does_not_read_is_told_what_it_missed(void **state)
{
    static char article[4096], some[65536];
    enum { COUNT = 3000 };
    int fd = tap(TAP), whole = 0;
    size_t left = 0;
    (void)state;
    memset(article, '1', sizeof article - 1);
    for (int i = 0; i < COUNT; i++) {
        show(CD_TAP_ARTICLES, article);
        turn();
    }
    show(CD_TAP_ARTICLES, article);
    while (left < 1) {
        const char *line = hear_some(fd, some, 1) == 1 ? some : "";
        assert_int_equal(*line, '{');
        size_t length = 1;
        do {
            assert_int_equal(hear_some(fd, some + length, 1), 1);
        } while (some[length++] != '\n');
        some[length] = '\0';
        if (sscanf(some, "{\"left_out\":%zu}", &left) != 1) {
            assert_int_equal(length, sizeof article - 1 + strlen("{\"article\":}\n"));
            whole++;
        }
    }
    assert_true((size_t)whole * sizeof article > CD_TAP_BYTES - 2 * sizeof article);
    assert_int_equal(whole + (int)left, COUNT + 1);
    show(CD_TAP_ARTICLES, "2");
    assert_string_equal(hear(fd), "{\"article\":2}");
    close(fd);
}

static void a_tap_has_nothing_more_to_say(void **state)
{
    (void)state;
    int fd = tap(TAP), hasty = client();
    say(fd, STATUS);
    assert_true(hung_up(fd));
    say(hasty, TAP STATUS);
    assert_non_null(strstr(hear(hasty), "\"error\":\"bad-request\""));
    assert_true(hung_up(hasty));
    assert_int_equal(cd_control_taps(control), 0);
    close(fd);
    close(hasty);
}

static void what_went_out_last_is_sent_at_the_end(void **state)
{
    char some[64] = "";
    (void)state;
    int fd = tap(TAP);
    show(CD_TAP_ARTICLES, "1");
    cd_control_destroy(control);
    control = NULL;
    assert_int_equal(recv(fd, some, sizeof some - 1, 0), 14);
    assert_string_equal(some, "{\"article\":1}\n");
    assert_int_equal(recv(fd, some, sizeof some, 0), 0);
    close(fd);
}

/* ---- clients of ill will ---- */

static void a_line_without_end_is_cut_off(void **state)
{
    static char flood[1 << 16];
    bool broken = false;
    (void)state;
    memset(flood, 'x', sizeof flood);
    int fd = client();
    for (int i = 0; i < 64 && !broken; i++) { /* four megabytes, of which the server reads four kilobytes */
        broken = send(fd, flood, sizeof flood, MSG_NOSIGNAL) < 0 && errno != EAGAIN;
        turn();
    }
    assert_true(broken);
    assert_non_null(strstr(hear(fd), "\"error\":\"too-long\""));
    assert_true(hung_up(fd));
    close(fd);
}

static void one_that_never_reads_holds_nobody_up_and_is_hung_up_on(void **state)
{
    (void)state;
    status_bytes = 3 << 20;
    int deaf = client(), other = client();
    say(deaf, STATUS);
    turn_for(20 * CD_NS_PER_MS);
    assert_int_equal(statuses, 1);
    status_bytes = 3;
    say(other, STATUS);
    assert_string_equal(hear(other), ANSWER);
    cd_control_tend(control, cd_clock_monotonic_ns() + PATIENT_NS);
    assert_true(hung_up(other));
    static char some[65536];
    size_t length = 0;
    ssize_t got;
    while ((got = recv(deaf, some, sizeof some, 0)) > 0)
        length += (size_t)got;
    assert_int_equal(got, 0); /* the end, and no more to come */
    assert_true(length > 0 && length < 3 << 20);
    close(deaf);
    close(other);
}

static void one_that_never_writes_is_hung_up_on(void **state)
{
    (void)state;
    int silent = client(), slow = client();
    say(slow, "{\"version\"");
    assert_true(says_nothing(silent));
    cd_control_tend(control, cd_clock_monotonic_ns() + PATIENT_NS);
    assert_true(hung_up(silent));
    assert_true(hung_up(slow));
    close(silent);
    close(slow);
}

static void a_crowd_is_turned_away_and_served_when_there_is_room(void **state)
{
    int crowd[CD_CONTROL_CLIENTS];
    (void)state;
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++) {
        crowd[i] = client();
        turn();
    }
    int late = client();
    assert_non_null(strstr(hear(late), "\"error\":\"busy\""));
    assert_true(hung_up(late));
    close(late);
    close(crowd[5]);
    turn();
    late = client();
    say(late, STATUS);
    assert_string_equal(hear(late), ANSWER);
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++)
        if (i != 5)
            close(crowd[i]);
    close(late);
}

/* All clients ask again as soon as they have an answer, and each answer costs five milliseconds: the loop is free all the same. */
static void a_flood_of_requests_takes_a_twentieth_of_the_time(void **state)
{
    int crowd[CD_CONTROL_CLIENTS];
    char some[4096];
    (void)state;
    status_ns = 5 * CD_NS_PER_MS;
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++) {
        crowd[i] = client();
        turn();
    }
    int64_t begin_ns = cd_clock_monotonic_ns();
    while (cd_clock_monotonic_ns() - begin_ns < CD_NS_PER_S) {
        for (int i = 0; i < CD_CONTROL_CLIENTS; i++) {
            (void)send(crowd[i], STATUS STATUS, strlen(STATUS STATUS), MSG_NOSIGNAL);
            (void)recv(crowd[i], some, sizeof some, 0);
        }
        turn();
    }
    assert_in_range(statuses, 1, 11); /* a second has 200 of them */
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++)
        close(crowd[i]);
}

/* Everybody in a crowd that keeps asking gets answers. */
static void nobody_is_left_out(void **state)
{
    int crowd[CD_CONTROL_CLIENTS], answers[CD_CONTROL_CLIENTS] = {0}, least = 0;
    (void)state;
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++) {
        crowd[i] = client();
        turn();
    }
    int64_t end_ns = cd_clock_monotonic_ns() + 10 * CD_NS_PER_S;
    while (least < 3 && cd_clock_monotonic_ns() < end_ns) {
        char some[4096];
        least = INT32_MAX;
        for (int i = 0; i < CD_CONTROL_CLIENTS; i++) {
            (void)send(crowd[i], STATUS, strlen(STATUS), MSG_NOSIGNAL);
            answers[i] += recv(crowd[i], some, sizeof some, 0) > 0;
            least = answers[i] < least ? answers[i] : least;
        }
        turn();
    }
    assert_true(least >= 3);
    for (int i = 0; i < CD_CONTROL_CLIENTS; i++)
        close(crowd[i]);
}

/* Those who only come and go: so many in a time, and no more, however often the loop turns. */
static void a_crowd_that_comes_and_goes_is_let_in_by_and_by(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int came = 0;
    (void)state;
    snprintf(address.sun_path, sizeof address.sun_path, "%s/desk.sock", folder);
    for (int64_t end_ns = cd_clock_monotonic_ns() + 100 * CD_NS_PER_MS; cd_clock_monotonic_ns() < end_ns; turn()) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        came += connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
        close(fd);
    }
    assert_in_range(came, 2, 4 * (100 / 5 + 2) + 17); /* four in five milliseconds, and a queue of seventeen */
}

/* No descriptor is left: one client is served all the same, by the one in reserve; others wait, and the loop sleeps meanwhile. */
static void without_a_descriptor_it_serves_one_and_does_not_spin(void **state)
{
    struct rlimit usual, little;
    (void)state;
    int first = client(), second = client(), holes[64], count = 0;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    little = usual;
    little.rlim_cur = (rlim_t)second + 1;
    while ((holes[count] = dup(first)) >= 0 && (rlim_t)holes[count] < little.rlim_cur)
        count++; /* no number below is free */
    close(holes[count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &little), 0);
    say(first, STATUS);
    say(second, STATUS);
    int64_t begin_ns = cd_clock_monotonic_ns();
    for (int i = 0; i < 20; i++) {
        cd_loop_round(&loop, 5);
        cd_control_tend(control, cd_clock_monotonic_ns());
    }
    assert_true(cd_clock_monotonic_ns() - begin_ns >= 80 * CD_NS_PER_MS); /* it slept in most of the rounds */
    assert_int_equal(statuses, 1);
    assert_string_equal(hear(first), ANSWER);
    shutdown(first, SHUT_RDWR);
    for (int64_t end_ns = cd_clock_monotonic_ns() + 5 * CD_NS_PER_S; statuses < 2 && cd_clock_monotonic_ns() < end_ns;)
        turn();
    assert_string_equal(hear(second), ANSWER);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    while (count > 0)
        close(holes[--count]);
    close(first);
    close(second);
}

/* Somebody whom the file's mode let through by mistake. */
static void a_stranger_is_sent_away(void **state)
{
    char path[96], line[256] = "";
    int status, ends[2];
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can become somebody else */
    snprintf(path, sizeof path, "%s/desk.sock", folder);
    assert_int_equal(chmod(path, 0666) | chmod(folder, 0777) | pipe(ends), 0);
    pid_t stranger = fork();
    if (stranger == 0) {
        gid_t other = 54321;
        if (setgroups(1, &other) != 0 || setgid(54321) != 0 || setuid(54321) != 0)
            _exit(2);
        int fd = client();
        (void)send(fd, RELOAD, strlen(RELOAD), MSG_NOSIGNAL);
        fcntl(fd, F_SETFL, 0);
        ssize_t got = recv(fd, line, sizeof line, 0);
        _exit(got > 0 && write(ends[1], line, (size_t)got) == got ? 0 : 1);
    }
    while (waitpid(stranger, &status, WNOHANG) == 0)
        turn();
    assert_int_equal(status, 0);
    assert_true(read(ends[0], line, sizeof line - 1) > 0);
    assert_non_null(strstr(line, "\"error\":\"not-allowed\""));
    assert_int_equal(reloads, 0);
    close(ends[0]);
    close(ends[1]);
}

#define ON_A_SERVER(test) cmocka_unit_test_setup_teardown(test, open_server, close_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SERVER(a_status_is_answered),
        ON_A_SERVER(several_in_one_write_are_answered_in_turn),
        ON_A_SERVER(what_is_wrong_is_said),
        ON_A_SERVER(a_large_answer_arrives_whole),
        ON_A_SERVER(a_reload_is_answered_when_it_is_decided),
        ON_A_SERVER(who_asks_during_a_reload_gets_the_next_ones_outcome),
        ON_A_SERVER(who_asked_and_left_is_forgotten),
        ON_A_SERVER(taps_hear_what_goes_out),
        ON_A_SERVER(there_are_so_many_taps_at_once),
        ON_A_SERVER(a_tap_that_does_not_read_is_told_what_it_missed),
        ON_A_SERVER(a_tap_has_nothing_more_to_say),
        ON_A_SERVER(what_went_out_last_is_sent_at_the_end),
        ON_A_SERVER(a_line_without_end_is_cut_off),
        ON_A_SERVER(one_that_never_reads_holds_nobody_up_and_is_hung_up_on),
        ON_A_SERVER(one_that_never_writes_is_hung_up_on),
        ON_A_SERVER(a_crowd_is_turned_away_and_served_when_there_is_room),
        ON_A_SERVER(a_flood_of_requests_takes_a_twentieth_of_the_time),
        ON_A_SERVER(nobody_is_left_out),
        ON_A_SERVER(a_crowd_that_comes_and_goes_is_let_in_by_and_by),
        ON_A_SERVER(without_a_descriptor_it_serves_one_and_does_not_spin),
        ON_A_SERVER(a_stranger_is_sent_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
