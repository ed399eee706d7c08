/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/input.h: articles out of files and out of standard input, whatever the bytes' borders are.
 */
#include "cli/input.h"
#include "schedule.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NO_LIMIT ((cd_input_limit){0})

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/copydesk-input-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* To be freed. */
static char *file_of(const char *name, const void *bytes, size_t length)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        assert_true(written > 0);
        bytes = (const char *)bytes + written;
        length -= (size_t)written;
    }
    close(fd);
    return path;
}

static char *text_file(const char *name, const char *text) { return file_of(name, text, strlen(text)); }

/* ---- expectations ---- */

static void next_is(cd_input *input, const char *text, const char *file, int64_t line)
{
    cd_arrival arrival = {0};
    int status = cd_input_next(input, &arrival);
    if (status != CD_INPUT_ARTICLE)
        fail_msg("wanted \"%s\", found status %d (%s)", text, status, input->problem);
    cd_input_article *article = arrival.origin;
    assert_int_equal(arrival.payload.len, strlen(text));
    assert_memory_equal(arrival.payload.ptr, text, strlen(text));
    assert_ptr_equal(arrival.payload.ptr, article->bytes);
    assert_string_equal(article->file, file);
    assert_int_equal(article->line, line);
    assert_int_equal(arrival.identity.offset, line);
    assert_true(arrival.identity.topic.len == strlen(file) &&
                memcmp(arrival.identity.topic.ptr, file, strlen(file)) == 0);
    assert_int_equal(arrival.identity.timestamp_ms, -1);
    assert_null(arrival.key.ptr);
    cd_input_free(article);
}

static void next_says(cd_input *input, int wanted)
{
    cd_arrival arrival;
    int status = cd_input_next(input, &arrival);
    if (status == CD_INPUT_ARTICLE)
        cd_input_free(arrival.origin);
    assert_int_equal(status, wanted);
}

/* All articles of one file, one after the other. */
static void reads(const char *bytes, const char *const *articles, const int64_t *lines)
{
    char *files[] = {text_file("one", bytes)};
    cd_input input;
    cd_input_init(&input, files, 1, false, NO_LIMIT);
    assert_int_equal(input.bytes_total, strlen(bytes));
    for (size_t i = 0; articles[i]; i++)
        next_is(&input, articles[i], files[0], lines[i]);
    next_says(&input, CD_INPUT_END);
    next_says(&input, CD_INPUT_END);
    assert_int_equal(input.bytes_read, strlen(bytes));
    cd_input_fini(&input);
    free(files[0]);
}

/* ---- lines ---- */

static void each_line_is_an_article(void **state)
{
    (void)state;
    reads("one\ntwo\nthree\n", (const char *const[]){"one", "two", "three", NULL}, (const int64_t[]){1, 2, 3});
}

static void the_last_line_needs_no_end(void **state)
{
    (void)state;
    reads("one\ntwo", (const char *const[]){"one", "two", NULL}, (const int64_t[]){1, 2});
    reads("x", (const char *const[]){"x", NULL}, (const int64_t[]){1});
}

static void blank_lines_are_passed_over_and_counted(void **state)
{
    (void)state;
    reads("\n\none\n \t\r\n\ntwo\n\n  ", (const char *const[]){"one", "two", NULL}, (const int64_t[]){3, 6});
    reads("", (const char *const[]){NULL}, NULL);
    reads("\n", (const char *const[]){NULL}, NULL);
    reads("  \t ", (const char *const[]){NULL}, NULL);
}

/* A carriage return is white space for JSON, and the payload's own byte for the record of where it came from. */
static void carriage_returns_stay(void **state)
{
    (void)state;
    reads("one\r\n\r\ntwo\r\n", (const char *const[]){"one\r", "two\r", NULL}, (const int64_t[]){1, 3});
}

static void a_line_may_hold_any_byte(void **state)
{
    (void)state;
    char *files[] = {file_of("one", "a\0b\xff\n\0\n", 7)};
    cd_input input;
    cd_arrival arrival;
    cd_input_init(&input, files, 1, false, NO_LIMIT);
    assert_int_equal(cd_input_next(&input, &arrival), CD_INPUT_ARTICLE);
    assert_int_equal(arrival.payload.len, 4);
    assert_memory_equal(arrival.payload.ptr, "a\0b\xff", 4);
    cd_input_free(arrival.origin);
    assert_int_equal(cd_input_next(&input, &arrival), CD_INPUT_ARTICLE);
    assert_int_equal(arrival.payload.len, 1);
    cd_input_free(arrival.origin);
    next_says(&input, CD_INPUT_END);
    cd_input_fini(&input);
    free(files[0]);
}

/* ---- borders of the buffer ---- */

enum { CHUNK = 1 << 20 };

/* One long line that ends near a border, then short ones. */
static void crosses(size_t length)
{
    char *bytes = malloc(length + 8), *files[1];
    cd_input input;
    cd_arrival arrival;
    memset(bytes, 'x', length);
    bytes[0] = 'a';
    bytes[length - 1] = 'z';
    memcpy(bytes + length, "\nab\ncd\n", 7);
    files[0] = file_of("long", bytes, length + 7);
    cd_input_init(&input, files, 1, false, NO_LIMIT);
    assert_int_equal(cd_input_next(&input, &arrival), CD_INPUT_ARTICLE);
    assert_int_equal(arrival.payload.len, length);
    assert_memory_equal(arrival.payload.ptr, bytes, length);
    cd_input_free(arrival.origin);
    next_is(&input, "ab", files[0], 2);
    next_is(&input, "cd", files[0], 3);
    next_says(&input, CD_INPUT_END);
    cd_input_fini(&input);
    free(files[0]);
    free(bytes);
}

static void lines_may_cross_the_buffer_s_borders(void **state)
{
    (void)state;
    for (size_t around = CHUNK; around <= 4 * CHUNK; around += CHUNK)
        for (size_t length = around - 5; length <= around + 2; length++)
            crosses(length);
}

/* Random lines, against what was written. */
static bool comes_back(schedule *s)
{
    enum { LINES = 60 };
    size_t lengths[LINES], total = 0;
    unsigned count = 1 + (unsigned)schedule_below(s, LINES), end = (unsigned)schedule_below(s, 2);
    char *bytes = malloc((size_t)LINES * 100001), *files[1];
    for (unsigned i = 0; i < count; i++) {
        lengths[i] = schedule_chance(s, 10) ? schedule_below(s, 100000) : schedule_below(s, 40);
        memset(bytes + total, 'a' + (int)(i % 26), lengths[i]);
        total += lengths[i];
        bytes[total++] = '\n';
    }
    total -= end; /* with or without the last line's end */
    files[0] = file_of("random", bytes, total);
    cd_input input;
    cd_input_init(&input, files, 1, false, NO_LIMIT);
    for (unsigned i = 0; i < count; i++) {
        cd_arrival arrival;
        if (lengths[i] == 0)
            continue;
        HOLDS(cd_input_next(&input, &arrival) == CD_INPUT_ARTICLE);
        HOLDS(arrival.payload.len == lengths[i] && arrival.identity.offset == i + 1);
        HOLDS(arrival.payload.ptr[0] == 'a' + (char)(i % 26) &&
              arrival.payload.ptr[lengths[i] - 1] == 'a' + (char)(i % 26));
        cd_input_free(arrival.origin);
    }
    HOLDS(cd_input_next(&input, &(cd_arrival){0}) == CD_INPUT_END);
    cd_input_fini(&input);
    free(files[0]);
    free(bytes);
    return true;
}

static void random_lines_come_back(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(500, comes_back), 0);
}

/* ---- what is too long ---- */

static void a_line_that_is_too_long_is_told_and_kept(void **state)
{
    (void)state;
    char *kept = NULL, *files[] = {text_file("a", "four\nthree plus\nnext\n\nfifth"), text_file("b", "one\n")}, place[200];
    size_t size;
    cd_input input;
    FILE *excess = open_memstream(&kept, &size);
    cd_input_init(&input, files, 2, false, (cd_input_limit){4, excess});
    next_is(&input, "four", files[0], 1);
    next_says(&input, CD_INPUT_TOO_LONG);
    snprintf(place, sizeof place, "%s:2: ", files[0]);
    assert_memory_equal(input.problem, place, strlen(place));
    assert_non_null(strstr(input.problem, "10 bytes; the limit is 4 (input.max_bytes)"));
    next_is(&input, "next", files[0], 3);
    next_says(&input, CD_INPUT_TOO_LONG);
    assert_non_null(strstr(input.problem, ":5: "));
    next_is(&input, "one", files[1], 1);
    next_says(&input, CD_INPUT_END);
    fclose(excess);
    assert_string_equal(kept, "three plus\nfifth\n");
    assert_false(input.excess_failed);
    cd_input_fini(&input);
    free(kept);
    free(files[0]);
    free(files[1]);
}

static void a_file_that_is_too_long_is_told(void **state)
{
    (void)state;
    char *files[] = {text_file("a", "one\ntwo"), text_file("b", "three")};
    cd_input input;
    cd_input_init(&input, files, 2, true, (cd_input_limit){.bytes = 5});
    next_says(&input, CD_INPUT_TOO_LONG);
    assert_non_null(strstr(input.problem, "7 bytes; the limit is 5"));
    next_is(&input, "three", files[1], 1);
    next_says(&input, CD_INPUT_END);
    cd_input_fini(&input);
    free(files[0]);
    free(files[1]);
}

/* Whatever the file holds, no more than the limit and a few pieces of it are in memory. */
static void memory_keeps_to_the_limit(void **state)
{
    (void)state;
    enum { LIMIT = 3 * CHUNK, LENGTH = 100 * CHUNK };
    char *files[] = {text_file("long", "")};
    FILE *file = fopen(files[0], "w");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fseek(file, LENGTH, SEEK_CUR), 0); /* a hole: no disk is used */
        fputs("\nshort\n", file);
    }
    fclose(file);
    cd_input input;
    cd_input_init(&input, files, 1, false, (cd_input_limit){.bytes = LIMIT});
    for (int i = 0; i < 2; i++) {
        next_says(&input, CD_INPUT_TOO_LONG);
        assert_true(input.capacity <= 8 * CHUNK);
        next_is(&input, "short", files[0], 2 + 2 * i);
    }
    next_says(&input, CD_INPUT_END);
    cd_input_fini(&input);
    unlink(files[0]);
    free(files[0]);
}

/* Random lines and a random limit: each one comes back or is kept, in its order, whatever the buffer's borders are. */
static bool comes_back_or_is_kept(schedule *s)
{
    enum { LINES = 40 };
    size_t lengths[LINES], total = 0, expected = 0, size = 0;
    unsigned count = 1 + (unsigned)schedule_below(s, LINES);
    char *bytes = malloc((size_t)LINES * 300001), *files[1], *wanted = malloc((size_t)LINES * 300001), *kept = NULL;
    size_t limit = 1 + schedule_below(s, schedule_chance(s, 50) ? 100 : 200000);
    for (unsigned i = 0; i < count; i++) {
        lengths[i] = 1 + (schedule_chance(s, 20) ? schedule_below(s, 300000) : schedule_below(s, 100));
        memset(bytes + total, 'a' + (int)(i % 26), lengths[i]);
        bytes[total + lengths[i]] = '\n';
        if (lengths[i] > limit) {
            memcpy(wanted + expected, bytes + total, lengths[i] + 1);
            expected += lengths[i] + 1;
        }
        total += lengths[i] + 1;
    }
    files[0] = file_of("random", bytes, total - schedule_below(s, 2));
    FILE *excess = open_memstream(&kept, &size);
    cd_input input;
    cd_input_init(&input, files, 1, false, (cd_input_limit){limit, excess});
    for (unsigned i = 0; i < count; i++) {
        cd_arrival arrival;
        int status = cd_input_next(&input, &arrival);
        HOLDS(status == (lengths[i] > limit ? CD_INPUT_TOO_LONG : CD_INPUT_ARTICLE));
        if (status == CD_INPUT_TOO_LONG)
            continue;
        HOLDS(arrival.payload.len == lengths[i] && arrival.identity.offset == i + 1 && arrival.payload.ptr[0] == 'a' + (char)(i % 26));
        cd_input_free(arrival.origin);
    }
    HOLDS(cd_input_next(&input, &(cd_arrival){0}) == CD_INPUT_END);
    fclose(excess);
    HOLDS(size == expected && memcmp(kept, wanted, size) == 0);
    cd_input_fini(&input);
    free(files[0]);
    free(bytes);
    free(wanted);
    free(kept);
    return true;
}

static void random_lines_come_back_or_are_kept(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(300, comes_back_or_is_kept), 0);
}

/* ---- files ---- */

static void files_follow_one_another(void **state)
{
    (void)state;
    char *files[] = {text_file("a", "one\ntwo"), text_file("b", ""), text_file("c", "three\n")};
    cd_input input;
    cd_input_init(&input, files, 3, false, NO_LIMIT);
    assert_int_equal(input.bytes_total, 13);
    next_is(&input, "one", files[0], 1);
    next_is(&input, "two", files[0], 2); /* not "twothree" */
    next_is(&input, "three", files[2], 1);
    next_says(&input, CD_INPUT_END);
    cd_input_fini(&input);
    for (int i = 0; i < 3; i++)
        free(files[i]);
}

static void a_file_may_be_one_article(void **state)
{
    (void)state;
    char *large = malloc(3 * CHUNK + 1);
    memset(large, 'x', 3 * CHUNK);
    large[3 * CHUNK] = '\0';
    char *files[] = {text_file("a", "one\n\ntwo\n"), text_file("b", large), text_file("c", "")};
    cd_input input;
    cd_input_init(&input, files, 3, true, NO_LIMIT);
    next_is(&input, "one\n\ntwo\n", files[0], 1);
    next_is(&input, large, files[1], 1);
    next_is(&input, "", files[2], 1); /* an empty article is for the decoder to refuse, with its name */
    next_says(&input, CD_INPUT_END);
    cd_input_fini(&input);
    for (int i = 0; i < 3; i++)
        free(files[i]);
    free(large);
}

static void what_cannot_be_read_is_a_problem_and_the_next_file_is_next(void **state)
{
    (void)state;
    char missing[128];
    snprintf(missing, sizeof missing, "%s/missing", folder);
    for (int whole = 0; whole < 2; whole++) {
        char *files[] = {missing, text_file("good", "one"), folder, missing};
        cd_input input;
        cd_input_init(&input, files, 4, whole, NO_LIMIT);
        next_says(&input, CD_INPUT_PROBLEM);
        assert_non_null(strstr(input.problem, missing));
        assert_non_null(strstr(input.problem, strerror(ENOENT)));
        next_is(&input, "one", files[1], 1);
        next_says(&input, CD_INPUT_PROBLEM);
        assert_non_null(strstr(input.problem, strerror(EISDIR)));
        next_says(&input, CD_INPUT_PROBLEM);
        next_says(&input, CD_INPUT_END);
        cd_input_fini(&input);
        free(files[1]);
    }
}

static void no_descriptor_stays_open(void **state)
{
    (void)state;
    char *files[] = {text_file("a", "one\n"), text_file("b", "two\n")};
    int before = dup(0);
    close(before);
    for (int i = 0; i < 20; i++) {
        cd_input input;
        cd_input_init(&input, files, 2, i % 2, NO_LIMIT);
        cd_arrival arrival;
        for (int j = 0; j < i % 3 && cd_input_next(&input, &arrival) == CD_INPUT_ARTICLE; j++)
            cd_input_free(arrival.origin);
        cd_input_fini(&input); /* in the middle, too */
    }
    int after = dup(0);
    close(after);
    assert_int_equal(after, before);
    free(files[0]);
    free(files[1]);
}

/* ---- standard input ---- */

static int feed, kept_input;

/* Standard input becomes a pipe. */
static void start_feeding(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    kept_input = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    feed = ends[1];
}

static void stop_feeding(void)
{
    dup2(kept_input, STDIN_FILENO);
    close(kept_input);
}

static void feed_text(const char *text) { assert_int_equal(write(feed, text, strlen(text)), strlen(text)); }

static void a_slow_pipe_makes_nobody_wait(void **state)
{
    (void)state;
    cd_input input;
    start_feeding();
    alarm(20);
    cd_input_init(&input, NULL, 0, false, NO_LIMIT);
    assert_int_equal(input.bytes_total, 0);
    next_says(&input, CD_INPUT_NOT_YET);
    feed_text("on");
    next_says(&input, CD_INPUT_NOT_YET); /* half a line */
    next_says(&input, CD_INPUT_NOT_YET);
    feed_text("e\ntw");
    next_is(&input, "one", "-", 1);
    next_says(&input, CD_INPUT_NOT_YET);
    feed_text("o\n\nthree\nfo");
    next_is(&input, "two", "-", 2);
    next_is(&input, "three", "-", 4);
    next_says(&input, CD_INPUT_NOT_YET);
    feed_text("ur");
    close(feed);
    next_is(&input, "four", "-", 5); /* the end ends the line */
    next_says(&input, CD_INPUT_END);
    alarm(0);
    cd_input_fini(&input);
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* it is not ours to close */
    stop_feeding();
}

static void a_slow_pipe_may_be_one_article(void **state)
{
    (void)state;
    char *files[] = {(char[]){"-"}, text_file("b", "from a file")};
    cd_input input;
    start_feeding();
    alarm(20);
    cd_input_init(&input, files, 2, true, NO_LIMIT);
    next_says(&input, CD_INPUT_NOT_YET);
    feed_text("one\n");
    next_says(&input, CD_INPUT_NOT_YET);
    feed_text("two");
    next_says(&input, CD_INPUT_NOT_YET);
    close(feed);
    next_is(&input, "one\ntwo", "-", 1);
    next_is(&input, "from a file", files[1], 1);
    next_says(&input, CD_INPUT_END);
    alarm(0);
    cd_input_fini(&input);
    stop_feeding();
    free(files[1]);
}

/* A named pipe among the files: opening it waits for a writer, reading it must not. */
static void a_named_pipe_is_read_like_standard_input(void **state)
{
    (void)state;
    char path[128], *files[] = {path};
    cd_input input;
    snprintf(path, sizeof path, "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    int writer = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(write(writer, "one\n", 4), 4);
    alarm(20);
    cd_input_init(&input, files, 1, false, NO_LIMIT);
    next_is(&input, "one", path, 1);
    next_says(&input, CD_INPUT_NOT_YET);
    close(writer);
    next_says(&input, CD_INPUT_END);
    alarm(0);
    cd_input_fini(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_an_article),
        cmocka_unit_test(the_last_line_needs_no_end),
        cmocka_unit_test(blank_lines_are_passed_over_and_counted),
        cmocka_unit_test(carriage_returns_stay),
        cmocka_unit_test(a_line_may_hold_any_byte),
        cmocka_unit_test(lines_may_cross_the_buffer_s_borders),
        cmocka_unit_test(random_lines_come_back),
        cmocka_unit_test(a_line_that_is_too_long_is_told_and_kept),
        cmocka_unit_test(a_file_that_is_too_long_is_told),
        cmocka_unit_test(memory_keeps_to_the_limit),
        cmocka_unit_test(random_lines_come_back_or_are_kept),
        cmocka_unit_test(files_follow_one_another),
        cmocka_unit_test(a_file_may_be_one_article),
        cmocka_unit_test(what_cannot_be_read_is_a_problem_and_the_next_file_is_next),
        cmocka_unit_test(no_descriptor_stays_open),
        cmocka_unit_test(a_slow_pipe_makes_nobody_wait),
        cmocka_unit_test(a_slow_pipe_may_be_one_article),
        cmocka_unit_test(a_named_pipe_is_read_like_standard_input),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
