/* SPDX-License-Identifier: Apache-2.0
 *
 * control/socket.h: the file: whose it is, when it may be replaced, when it goes.
 */
#include "control/socket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/copydesk-control-XXXXXX");
    int made = mkdtemp(folder) != NULL;
    snprintf(path, sizeof path, "%s/desk.sock", folder);
    return made ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* The number of files in the folder. */
static int files(void)
{
    char command[128];
    int count = -1;
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

static int knock(void)
{
    struct sockaddr_un address;
    assert_int_equal(cd_control_address(folder, "desk", &address), 0);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
    close(fd);
    return result;
}

static void it_is_there_and_goes(void **state)
{
    cd_control_socket one;
    struct stat info;
    (void)state;
    mode_t old = umask(0077);
    assert_int_equal(cd_control_socket_open(&one, folder, "desk", NULL), 0);
    umask(old);
    assert_string_equal(one.address.sun_path, path);
    assert_int_equal(lstat(path, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0660);
    assert_int_equal(info.st_gid, one.group);
    assert_int_equal(files(), 1);
    assert_int_equal(knock(), 0);
    cd_control_socket_close(&one);
    assert_int_equal(files(), 0);
    cd_control_socket_close(&one); /* once more is nothing */
}

/* What a daemon that was killed leaves behind. */
static void a_dead_one_is_replaced(void **state)
{
    cd_control_socket dead, one;
    (void)state;
    assert_int_equal(cd_control_socket_open(&dead, folder, "desk", NULL), 0);
    close(dead.fd);
    assert_int_equal(knock(), -ECONNREFUSED);
    assert_int_equal(cd_control_socket_open(&one, folder, "desk", NULL), 0);
    assert_int_equal(knock(), 0);
    assert_int_equal(files(), 1);
    cd_control_socket_close(&one);
    assert_int_equal(files(), 0);
}

static void a_living_one_is_not(void **state)
{
    cd_control_socket one, two;
    cd_error error = {0};
    (void)state;
    assert_int_equal(cd_control_socket_open(&one, folder, "desk", NULL), 0);
    assert_int_equal(cd_control_socket_open(&two, folder, "desk", &error), -EADDRINUSE);
    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, "another"));
    assert_int_equal(two.fd, -1);
    cd_control_socket_close(&two);
    assert_int_equal(knock(), 0);
    assert_int_equal(files(), 1);
    cd_control_socket_close(&one);
}

/* Busy is not dead: nobody accepts, and its queue is full. */
static void one_that_does_not_come_to_accept_lives(void **state)
{
    cd_control_socket one, two;
    int knocking[64], count = 0;
    (void)state;
    assert_int_equal(cd_control_socket_open(&one, folder, "desk", NULL), 0);
    do {
        knocking[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    } while (connect(knocking[count++], (const struct sockaddr *)&one.address, sizeof one.address) == 0 && count < 64);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(cd_control_socket_open(&two, folder, "desk", NULL), -EADDRINUSE);
    while (count > 0)
        close(knocking[--count]);
    cd_control_socket_close(&one);
}

static void what_is_no_socket_is_left_alone(void **state)
{
    cd_control_socket one;
    cd_error error = {0};
    (void)state;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(cd_control_socket_open(&one, folder, "desk", &error), -ENOTSOCK);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(files(), 1);
    unlink(path);
    assert_int_equal(symlink("/nowhere", path), 0);
    assert_int_equal(cd_control_socket_open(&one, folder, "desk", &error), -ENOTSOCK);
    unlink(path);
}

/* Somebody took our place: the end of the first does not take the second's file away. */
static void another_ones_file_is_not_removed(void **state)
{
    cd_control_socket one, two;
    (void)state;
    assert_int_equal(cd_control_socket_open(&one, folder, "desk", NULL), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(cd_control_socket_open(&two, folder, "desk", NULL), 0);
    cd_control_socket_close(&one);
    assert_int_equal(knock(), 0);
    cd_control_socket_close(&two);
    assert_int_equal(files(), 0);
}

static void what_cannot_be_is_said(void **state)
{
    cd_control_socket one;
    cd_error error = {0};
    char name[80] = "";
    (void)state;
    assert_int_equal(cd_control_socket_open(&one, "/nowhere", "desk", &error), -ENOENT);
    assert_non_null(strstr(error.text, "/nowhere/desk.sock"));
    memset(name, 'n', sizeof name - 1);
    assert_int_equal(cd_control_socket_open(&one, folder, name, &error), -ENAMETOOLONG);
    assert_int_equal(one.fd, -1);
    assert_int_equal(files(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_there_and_goes),
        cmocka_unit_test(a_dead_one_is_replaced),
        cmocka_unit_test(a_living_one_is_not),
        cmocka_unit_test(one_that_does_not_come_to_accept_lives),
        cmocka_unit_test(what_is_no_socket_is_left_alone),
        cmocka_unit_test(another_ones_file_is_not_removed),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
