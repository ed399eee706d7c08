/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/hello.h: what a child says comes back; what no sound child says is refused, and leaks nothing.
 */
#include "ring/hello.h"
#include "schedule.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static char names[3][8] = {"lang", "1.0.0", "a.b-c_d"}, counters[2][8] = {"seen", "lost"};

static cd_hello two_stages(void)
{
    cd_hello hello = {.fingerprint = "0123456789abcdef0123456789abcdef", .landlock = 1, .seccomp = 0, .stage_count = 2};
    hello.stages[0] = (cd_hello_stage){names[0], names[1], names[2], 1, {counters[0], counters[1]}, 2};
    hello.stages[1] = (cd_hello_stage){names[2], names[1], names[0], 0, {0}, 0};
    return hello;
}

static int read_text(const char *text, cd_hello *out) { return cd_hello_read((cd_str){text, strlen(text)}, out); }

static void what_is_said_comes_back(void **state)
{
    (void)state;
    cd_buffer text = {0};
    cd_hello sent = two_stages(), got;
    cd_hello_write(&sent, &text);
    assert_int_equal(cd_hello_read((cd_str){text.data, text.len}, &got), 0);
    assert_string_equal(got.fingerprint, sent.fingerprint);
    assert_true(got.landlock == 1 && got.seccomp == 0);
    assert_int_equal(got.stage_count, 2);
    assert_string_equal(got.stages[0].name, "lang");
    assert_string_equal(got.stages[0].version, "1.0.0");
    assert_string_equal(got.stages[0].member, "a.b-c_d");
    assert_true(got.stages[0].has_store == 1 && got.stages[1].has_store == 0);
    assert_int_equal(got.stages[0].counter_count, 2);
    assert_string_equal(got.stages[0].counters[1], "lost");
    assert_int_equal(got.stages[1].counter_count, 0);
    cd_hello_fini(&got);
    cd_buffer_fini(&text);
}

static void a_text_without_a_last_line_end_is_as_good(void **state)
{
    (void)state;
    cd_hello got;
    assert_int_equal(read_text("pipeline\tabc\t1\t1\nstage\ta\tb\tc\t0", &got), 0);
    assert_int_equal(got.stage_count, 1);
    cd_hello_fini(&got);
}

static void what_no_child_says_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n\n\n",
        "hello",
        "pipeline",
        "pipeline\n",
        "pipeline\tabc",
        "pipeline\tabc\t1",
        "pipeline\t\t1\t1",
        "pipeline\t0123456789abcdef0123456789abcdef0\t1\t1",
        "pipeline\tabc\t1\t1\nstage",
        "pipeline\tabc\t1\t1\nstage\ta\tb\tc",
        "pipeline\tabc\t1\t1\ncounter\tseen",
        "pipeline\tabc\t1\t1\nstage\ta\tb\tc\t0\ncounter",
        "pipeline\tabc\t1\t1\nsomething\telse",
        "stage\ta\tb\tc\t0",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cd_hello got;
        if (read_text(texts[i], &got) != -EPROTO)
            fail_msg("accepted: %s", texts[i]);
        cd_hello_fini(&got);
    }
}

static int read_many(unsigned stages, unsigned per_stage)
{
    cd_buffer text = {0};
    cd_hello got;
    cd_buffer_append_string(&text, "pipeline\tabc\t1\t1\n");
    for (unsigned i = 0; i < stages; i++) {
        cd_buffer_append_string(&text, "stage\ta\tb\tc\t0\n");
        for (unsigned j = 0; j < per_stage; j++)
            cd_buffer_append_string(&text, "counter\tseen\n");
    }
    int status = cd_hello_read((cd_str){text.data, text.len}, &got);
    cd_hello_fini(&got);
    cd_buffer_fini(&text);
    return status;
}

static void more_than_there_can_be_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_many(CD_STAGES_MAX, CD_HELLO_COUNTERS), 0);
    assert_int_equal(read_many(CD_STAGES_MAX + 1, 0), -EPROTO);
    assert_int_equal(read_many(1, CD_HELLO_COUNTERS + 1), -EPROTO);
    assert_int_equal(read_many(100000, 0), -EPROTO);
}

static void bytes_behind_a_nul_are_not_read(void **state)
{
    (void)state;
    static const char text[] = "pipeline\tabc\t1\t1\n\0stage\ta\tb\tc\t0\n";
    cd_hello got;
    assert_int_equal(cd_hello_read((cd_str){text, sizeof text - 1}, &got), 0);
    assert_int_equal(got.stage_count, 0);
    cd_hello_fini(&got);
}

/* Random texts out of the words that mean something. What is accepted is whole. */
static bool nonsense_is_refused_or_whole(schedule *s)
{
    static const char *const words[] = {"pipeline", "stage", "counter", "\t",  "\t", "\t",
                                        "\n",       "\n",    "1",       "abc", "",   "\x01\xff"};
    cd_buffer text = {0};
    cd_hello got;
    if (schedule_chance(s, 50))
        cd_buffer_append_string(&text, "pipeline\tabc\t1\t1\n");
    for (uint64_t i = schedule_below(s, 40); i > 0; i--)
        cd_buffer_append_string(&text, words[schedule_below(s, sizeof words / sizeof *words)]);
    char *exact = malloc(text.len ? text.len : 1);
    memcpy(exact, cd_buffer_string(&text), text.len);
    int status = cd_hello_read((cd_str){exact, text.len}, &got);
    free(exact);
    cd_buffer_fini(&text);
    HOLDS(status == 0 || status == -EPROTO);
    HOLDS(status || (got.fingerprint[0] && strlen(got.fingerprint) <= 32 && got.stage_count <= CD_STAGES_MAX));
    for (uint32_t i = 0; status == 0 && i < got.stage_count; i++)
        HOLDS(got.stages[i].name && got.stages[i].version && got.stages[i].member);
    cd_hello_fini(&got);
    return true;
}

static void random_texts_are_refused_or_whole(void **state)
{
    (void)state;
    assert_int_equal(schedules_run(100000, nonsense_is_refused_or_whole), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_comes_back),         cmocka_unit_test(a_text_without_a_last_line_end_is_as_good),
        cmocka_unit_test(what_no_child_says_is_refused),   cmocka_unit_test(more_than_there_can_be_is_refused),
        cmocka_unit_test(bytes_behind_a_nul_are_not_read), cmocka_unit_test(random_texts_are_refused_or_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
