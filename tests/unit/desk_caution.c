/* SPDX-License-Identifier: Apache-2.0
 *
 * desk/caution.h by its rules, and desks that are killed: a record that kills the desk itself is named after a few starts, and an
 * innocent kill -9 costs a few records' time.
 *
 * Called with --victim FOLDER WORD this program is such a desk: it takes COUNT records, always from the first on, and kills itself when it
 * publishes one that holds WORD.
 */
#include "desk_support.h"

#include "base/clock.h"
#include "desk/caution.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS CD_NS_PER_MS

enum { COUNT = 300, POISON = 100 };

static char folder[64];

static void marker_path(char *out, size_t size) { snprintf(out, size, "%s/.running", folder); }

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/copydesk-caution-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* ---- the rules ---- */

static cd_identity identity(int64_t offset) { return (cd_identity){.topic = {"raw", 3}, .partition = 3, .offset = offset}; }

static void take(cd_caution *caution, int64_t offset, int64_t now_ns)
{
    cd_identity one = identity(offset);
    assert_true(cd_caution_allows(caution, true, now_ns));
    cd_caution_take(caution, &one, now_ns);
}

/* As a kill leaves it: the file stays. */
static void lose(cd_caution *caution)
{
    close(caution->fd);
    free(caution->path);
}

static void a_clean_end_leaves_no_mark(void **state)
{
    (void)state;
    char path[96];
    cd_caution caution;
    make_folder();
    marker_path(path, sizeof path);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cd_caution_init(&caution, folder), 0);
        assert_int_equal(caution.left, 0);
        assert_int_not_equal(access(path, F_OK), 0); /* nothing was taken yet */
        take(&caution, 7, 1);
        assert_int_equal(access(path, F_OK), 0);
        assert_true(cd_caution_allows(&caution, false, 1)); /* as many at a time as there are */
        cd_caution_fini(&caution);
    }
    assert_int_not_equal(access(path, F_OK), 0);
    remove_folder();
}

static void it_doubles_and_has_a_limit(void **state)
{
    (void)state;
    static const uint32_t expected[] = {0, 20, 40, 80, 160, 160, 160};
    make_folder();
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        cd_caution caution;
        assert_int_equal(cd_caution_init(&caution, folder), 0);
        assert_int_equal(caution.left, expected[i]);
        take(&caution, 7, 1);
        lose(&caution);
    }
    remove_folder();
}

static void one_at_a_time_until_enough_were_good(void **state)
{
    (void)state;
    cd_caution caution;
    make_folder();
    cd_caution_init(&caution, folder);
    take(&caution, 7, 1);
    lose(&caution);
    cd_caution_init(&caution, folder);
    assert_string_equal(caution.suspect, ""); /* normal service names nobody */
    int64_t now = 1000 * MS;
    for (int64_t i = 0; i < CD_CAUTION_RECORDS; i++) {
        take(&caution, 7 + i, now);
        assert_false(cd_caution_allows(&caution, false, now));
    }
    assert_true(cd_caution_allows(&caution, true, now));
    assert_int_equal(caution.left, 0);
    take(&caution, 99, now);
    assert_true(cd_caution_allows(&caution, false, now));
    assert_true(cd_caution_allows(&caution, false, now + 2 * CD_NS_PER_S)); /* it is calm: what was before does not count */
    lose(&caution);
    cd_caution_init(&caution, folder);
    assert_int_equal(caution.exits, 1);
    lose(&caution);
    remove_folder();
}

static void the_one_in_hand_is_the_suspect_until_it_has_come_through(void **state)
{
    (void)state;
    cd_caution caution;
    make_folder();
    for (uint32_t times = 0; times < 3; times++) {
        cd_caution_init(&caution, folder);
        assert_int_equal(caution.times, times > 0 ? times - 1 : 0);
        assert_string_equal(caution.suspect, times > 1 ? "raw/3/7" : "");
        take(&caution, 6, 1);
        take(&caution, 7, 2);
        lose(&caution);
    }
    cd_caution_init(&caution, folder);
    assert_string_equal(caution.suspect, "raw/3/7");
    take(&caution, 7, 1);
    assert_string_equal(caution.suspect, "raw/3/7");
    assert_true(cd_caution_allows(&caution, true, 2));
    assert_string_equal(caution.suspect, "");
    lose(&caution); /* none is in hand: none is named */
    cd_caution_init(&caution, folder);
    assert_string_equal(caution.suspect, "");
    cd_caution_fini(&caution);
    remove_folder();
}

/* One that waits for its stage, or for a broker, holds nobody up for long. */
static void patience_ends(void **state)
{
    (void)state;
    cd_caution caution;
    make_folder();
    cd_caution_init(&caution, folder);
    take(&caution, 7, 1);
    lose(&caution);
    cd_caution_init(&caution, folder);
    take(&caution, 7, 1000 * MS);
    assert_false(cd_caution_allows(&caution, false, (1000 + CD_CAUTION_PATIENCE_MS) * MS));
    assert_true(cd_caution_allows(&caution, false, (1001 + CD_CAUTION_PATIENCE_MS) * MS));
    cd_caution_fini(&caution);
    remove_folder();
}

static void a_marker_of_any_bytes_is_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "x", "4294967295 1 raw/0/1", "-5 -5 -", "1 2", "9999999999999 1 -", "\xff\xff\xff"};
    char path[96];
    cd_caution caution;
    make_folder();
    marker_path(path, sizeof path);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(texts[i], file);
        fclose(file);
        assert_int_equal(cd_caution_init(&caution, folder), 0);
        assert_in_range(caution.left, CD_CAUTION_RECORDS, CD_CAUTION_MOST);
        take(&caution, 1, 1);
        cd_caution_fini(&caution);
    }
    remove_folder();
}

/* ---- desks ---- */

static bench *start_desk(void)
{
    bench_state = folder;
    bench *b = bench_start("slow", (const char *const[]){"desk.workers=1", NULL});
    bench_state = NULL;
    return b;
}

/* As the intake does: takes what there is room for. Returns the most that were in hand at a time, of the first `first` records. */
static uint64_t feed(bench *b, int64_t first)
{
    uint64_t most = 0;
    for (int64_t next = 0; next < COUNT; bench_round(b))
        while (next < COUNT && cd_desk_has_room(b->desk)) {
            bench_take(b, 0, next, next == POISON ? "the poisonous one" : "calm");
            if (next++ < first && b->lanes[0]->unsettled > most)
                most = b->lanes[0]->unsettled;
        }
    bench_finish(b);
    return most;
}

static int victim(const char *where, const char *word)
{
    snprintf(folder, sizeof folder, "%s", where);
    bench *b = start_desk();
    b->kills = word;
    feed(b, 0);
    bench_end(b);
    return 0;
}

/* Runs a desk as another process; whether it was killed. */
static bool run_victim(const char *word)
{
    char self[PATH_MAX] = "";
    int status;
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl(self, self, "--victim", folder, word, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static const char *status_of(bench *b)
{
    cd_stats_view view;
    cd_desk_view(b->desk, &view);
    return view.status;
}

/* Nothing is ever committed here, so it lies behind 100 others each time: five starts until it is taken alone. */
static void a_record_that_kills_the_desk_is_named(void **state)
{
    (void)state;
    make_folder();
    for (int run = 0; run < 5; run++)
        assert_true(run_victim("poisonous"));
    cd_caution caution;
    char middle[80];
    snprintf(middle, sizeof middle, "%s/state", folder);
    cd_caution_init(&caution, middle);
    assert_string_equal(caution.suspect, "topic-0/0/100");
    free(caution.path);
    assert_true(run_victim("poisonous"));
    bench *b = start_desk();
    assert_string_equal(status_of(b), "degraded: the desk ended abnormally with record topic-0/0/100 alone in hand (2 times in a row)");
    assert_int_equal(feed(b, CD_CAUTION_MOST), 1); /* it is harmless to this desk */
    bench_in_order(b);
    assert_int_equal(b->seen_count, COUNT);
    assert_string_equal(status_of(b), "ok");
    bench_end(b);
    assert_false(run_victim("not there"));
    b = start_desk();
    assert_true(feed(b, CD_CAUTION_RECORDS) > 1); /* two clean ends: nobody is careful */
    bench_end(b);
    remove_folder();
}

static void after_one_kill_a_few_are_taken_alone(void **state)
{
    (void)state;
    make_folder();
    assert_true(run_victim("calm"));
    bench *b = start_desk();
    assert_string_equal(status_of(b), "ok"); /* nobody is suspected */
    int64_t begin_ns = cd_clock_monotonic_ns();
    assert_int_equal(feed(b, CD_CAUTION_RECORDS), 1);
    assert_true(cd_clock_monotonic_ns() - begin_ns < CD_CAUTION_RECORDS * CD_CAUTION_PATIENCE_MS * MS); /* by results, not by patience */
    assert_int_equal(b->seen_count, COUNT);
    bench_end(b);
    remove_folder();
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--victim") == 0)
        return victim(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_end_leaves_no_mark),
        cmocka_unit_test(it_doubles_and_has_a_limit),
        cmocka_unit_test(one_at_a_time_until_enough_were_good),
        cmocka_unit_test(the_one_in_hand_is_the_suspect_until_it_has_come_through),
        cmocka_unit_test(patience_ends),
        cmocka_unit_test(a_marker_of_any_bytes_is_read),
        cmocka_unit_test(a_record_that_kills_the_desk_is_named),
        cmocka_unit_test(after_one_kill_a_few_are_taken_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
