/* SPDX-License-Identifier: Apache-2.0
 *
 * base/: errors, buffers, digests, clocks.
 */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void error_returns_its_status(void **state)
{
    (void)state;
    cd_error error = {0};
    assert_int_equal(cd_error_set(&error, -ENOENT, "%s: %d", "shelf", 3), -ENOENT);
    assert_string_equal(error.text, "shelf: 3");
    assert_int_equal(cd_error_set(NULL, -EIO, "nobody listens"), -EIO);
}

static void error_can_wrap_itself(void **state)
{
    (void)state;
    cd_error error = {0};
    cd_error_set(&error, 0, "no such shelf");
    cd_error_set(&error, 0, "library: %s", error.text);
    assert_string_equal(error.text, "library: no such shelf");
}

static void error_is_cut_between_characters(void **state)
{
    (void)state;
    /* 511 bytes fit; a character of 2, 3 or 4 bytes that straddles the end must go as a whole. */
    static const char *const characters[] = {"ä", "€", "😀"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t room = 1; room <= 4; room++) {
            char text[600];
            cd_error error = {0};
            memset(text, 'x', 511 - room);
            strcpy(text + 511 - room, characters[i]);
            strcat(text, "tail that does not fit");
            cd_error_set(&error, 0, "%s", text);
            size_t wide = strlen(characters[i]), left = strlen(error.text) - (511 - room);
            assert_int_equal(left, wide <= room ? room : 0);
        }
    }
}

static void a_bug_aborts(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        (void)close(STDERR_FILENO);
        CD_REQUIRE(1 + 1 == 2, "never");
        CD_BUG("page %d", 7);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void buffer_grows_and_terminates(void **state)
{
    (void)state;
    cd_buffer buffer = {0};
    assert_string_equal(cd_buffer_string(&buffer), "");
    for (int i = 0; i < 5000; i++)
        cd_buffer_printf(&buffer, "%d,", i % 10);
    assert_int_equal(buffer.len, 10000);
    assert_int_equal(buffer.data[buffer.len], '\0');
    cd_buffer_append_byte(&buffer, '!');
    assert_int_equal(buffer.data[10000], '!');
    cd_buffer_reset(&buffer);
    assert_int_equal(buffer.len, 0);
    assert_string_equal(cd_buffer_string(&buffer), "");
    cd_buffer_append_string(&buffer, "new");
    assert_string_equal(cd_buffer_string(&buffer), "new");
    cd_buffer_trim(&buffer, 16);
    assert_null(buffer.data);
    cd_buffer_fini(&buffer);
}

static void buffer_remembers_failure(void **state)
{
    (void)state;
    cd_buffer buffer = {0};
    cd_buffer_append_string(&buffer, "before");
    assert_null(cd_buffer_reserve(&buffer, SIZE_MAX - 3));
    assert_true(buffer.failed);
    cd_buffer_append_string(&buffer, "after");
    assert_int_equal(buffer.len, 6);
    assert_string_equal(cd_buffer_string(&buffer), "");
    cd_buffer_fini(&buffer);
}

/* FIPS 180-2's examples; XXH3's empty input as its reference implementation gives it. */
static void digests_of_known_texts(void **state)
{
    (void)state;
    char sha[CD_SHA256_HEX], xxh[CD_XXH128_HEX], other[CD_XXH128_HEX];
    cd_sha256_hex("abc", 3, sha);
    assert_string_equal(sha, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cd_sha256_hex(NULL, 0, sha);
    assert_string_equal(sha, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cd_xxh128_hex(NULL, 0, xxh);
    assert_string_equal(xxh, "99aa06d3014798d86001c324468d497f");
    cd_xxh128_hex("a", 1, other);
    assert_int_equal(strlen(other), 32);
    assert_string_not_equal(xxh, other);
}

static void clocks_go_forward(void **state)
{
    (void)state;
    int64_t wall = cd_clock_monotonic_ns(), cpu = cd_clock_thread_cpu_ns(), all = cd_clock_process_cpu_ns();
    while (cd_clock_thread_cpu_ns() - cpu < 5 * CD_NS_PER_MS)
        ; /* burn it */
    assert_true(cd_clock_monotonic_ns() - wall >= 4 * CD_NS_PER_MS);
    assert_true(cd_clock_process_cpu_ns() - all >= 4 * CD_NS_PER_MS);
    int64_t own = 0;
    assert_int_equal(cd_clock_child_cpu_ns(getpid(), &own), 0);
    assert_true(own >= 5 * CD_NS_PER_MS);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(cd_clock_child_cpu_ns(child, &own), -ESRCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_returns_its_status),        cmocka_unit_test(error_can_wrap_itself),
        cmocka_unit_test(error_is_cut_between_characters), cmocka_unit_test(a_bug_aborts),
        cmocka_unit_test(buffer_grows_and_terminates),     cmocka_unit_test(buffer_remembers_failure),
        cmocka_unit_test(digests_of_known_texts),          cmocka_unit_test(clocks_go_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
