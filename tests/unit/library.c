/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin/library.h: which files are loaded, which are refused, and in which words. The plugins are those of
 * tests/plugins.
 */
#include "plugin/library.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64]; /* of this test, mode 0755 */

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/copydesk-library-XXXXXX");
    return mkdtemp(folder) && chmod(folder, 0755) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* A copy of a test plugin, as folder/NAME.so: one that nobody has loaded yet. */
static const char *copy_of(const char *plugin, const char *name, mode_t mode)
{
    static char path[256];
    char command[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s.so", folder, name);
    snprintf(command, sizeof command, "cp '%s/%s.so' '%s'", TEST_PLUGINS, plugin, path);
    assert_int_equal(system(command), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static const char *original(const char *plugin)
{
    static char path[PATH_MAX];
    cd_plugin_path(TEST_PLUGINS, plugin, path, sizeof path);
    return path;
}

static void refused(const char *path, int status, const char *words)
{
    cd_plugin plugin;
    cd_error error = {0};
    assert_int_equal(cd_plugin_load(path, &plugin, &error), status);
    if (strstr(error.text, words) == NULL || strstr(error.text, path) != error.text)
        fail_msg("wanted \"%s: … %s …\", found \"%s\"", path, words, error.text);
}

static void loaded(const char *path, const char *name)
{
    cd_plugin plugin = {0};
    cd_error error = {0};
    if (cd_plugin_load(path, &plugin, &error) != 0)
        fail_msg("%s", error.text);
    assert_string_equal(plugin.name, name);
}

static int open_descriptors(void)
{
    struct stat info;
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fstat(fd, &info) == 0;
    return count;
}

/* ---- files ---- */

static void a_path_comes_from_folder_and_name_or_from_the_name_alone(void **state)
{
    (void)state;
    char path[64];
    cd_plugin_path("/usr/lib/copydesk", "lang", path, sizeof path);
    assert_string_equal(path, "/usr/lib/copydesk/lang.so");
    cd_plugin_path("/usr/lib/copydesk", "./mine.so", path, sizeof path);
    assert_string_equal(path, "./mine.so");
}

static void what_is_no_plugin_file_is_refused(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/missing.so", folder);
    refused(path, -ENOENT, "No such file");
    snprintf(path, sizeof path, "%s/folder.so", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    refused(path, -EPERM, "regular file");
    snprintf(path, sizeof path, "%s/text.so", folder);
    FILE *file = fopen(path, "w");
    fputs("this is no library\n", file);
    fclose(file);
    refused(path, -ENOEXEC, "cannot be loaded");
    refused("/dev/null", -EPERM, "regular file");
}

/* A pipe without a writer: opening it must not wait for one. */
static void a_named_pipe_is_refused_at_once(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/pipe.so", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(10);
    refused(path, -EPERM, "regular file");
    alarm(0);
}

static void a_file_that_others_can_write_is_refused(void **state)
{
    (void)state;
    refused(copy_of("slow", "group", 0775), -EPERM, "group or others");
    refused(copy_of("slow", "others", 0646), -EPERM, "0646");
    loaded(copy_of("slow", "nobody", 0644), "slow");
}

static void a_folder_that_others_can_write_is_refused(void **state)
{
    (void)state;
    const char *path = copy_of("slow", "exposed", 0644);
    cd_plugin plugin;
    cd_error error = {0};
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(cd_plugin_load(path, &plugin, &error), -EPERM);
    assert_non_null(strstr(error.text, folder));
    assert_int_equal(chmod(folder, 01777), 0); /* sticky: nobody can put another file in its place */
    loaded(path, "slow");
    assert_int_equal(chmod(folder, 0755), 0);
}

static void a_file_of_somebody_else_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    const char *path = copy_of("slow", "theirs", 0644);
    assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
    refused(path, -EPERM, "belongs to user 12345");
    path = copy_of("slow", "ours", 0644);
    cd_plugin plugin;
    cd_error error = {0};
    assert_int_equal(chown(folder, 12345, (gid_t)-1), 0);
    assert_int_equal(cd_plugin_load(path, &plugin, &error), -EPERM);
    assert_int_equal(chown(folder, 0, (gid_t)-1), 0);
}

/* ---- descriptors ---- */

static void what_breaks_the_contract_is_refused(void **state)
{
    (void)state;
    char wanted[64];
    refused(original("no_entry"), -ENOEXEC, "exports no function copydesk_plugin");
    refused(original("null_descriptor"), -ENOEXEC, "returned NULL");
    snprintf(wanted, sizeof wanted, "wanted %u, found %u", COPYDESK_ABI_MAJOR, COPYDESK_ABI_MAJOR + 1);
    refused(original("other_major"), -ENOEXEC, wanted);
    snprintf(wanted, sizeof wanted, "the plugin needs %u.%u", COPYDESK_ABI_MAJOR, COPYDESK_ABI_MINOR + 1);
    refused(original("newer_minor"), -ENOEXEC, wanted);
    refused(original("short_descriptor"), -ENOEXEC, "size: wanted at least");
    refused(original("no_process"), -ENOEXEC, "`process` is NULL");
    refused(original("half_store"), -ENOEXEC, "2 of the 3");
    refused(original("odd_words"), -ENOEXEC, "`version`");
}

static void a_good_descriptor_is_copied_whole(void **state)
{
    (void)state;
    cd_plugin plugin = {0};
    cd_error error = {0};
    assert_int_equal(cd_plugin_load(original("sequence"), &plugin, &error), 0);
    assert_string_equal(plugin.name, "sequence");
    assert_string_equal(plugin.version, "1.0.0");
    assert_string_equal(plugin.member, "sequence");
    assert_true(plugin.process && plugin.store_open && plugin.claim_batch && plugin.store_close);
    assert_null(plugin.options);
    assert_int_equal(cd_plugin_load(original("options"), &plugin, &error), 0);
    assert_non_null(plugin.options);
    assert_null(plugin.store_open);
}

/* ---- one after the other ---- */

static void two_plugins_are_two(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        loaded(original("slow"), "slow");
        loaded(original("options"), "options");
        loaded(original("sequence"), "sequence");
    }
}

/* The loader knows libraries by name, and here the name is a descriptor's number. */
static void a_refused_plugin_does_not_stand_in_for_the_next(void **state)
{
    (void)state;
    static const char *const bad[] = {"no_entry",         "null_descriptor", "other_major",
                                      "short_descriptor", "no_process",      "half_store"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char name[64];
        cd_plugin plugin;
        cd_error error = {0};
        snprintf(name, sizeof name, "bad_%zu", i);
        assert_int_equal(cd_plugin_load(copy_of(bad[i], name, 0644), &plugin, &error), -ENOEXEC);
        snprintf(name, sizeof name, "good_%zu", i);
        loaded(copy_of("slow", name, 0644), "slow");
    }
}

static void one_file_under_two_names_is_one_library(void **state)
{
    (void)state;
    cd_plugin first, second;
    cd_error error = {0};
    char link_name[128];
    snprintf(link_name, sizeof link_name, "%s/link.so", folder);
    const char *path = copy_of("slow", "twice", 0644);
    assert_int_equal(link(path, link_name), 0);
    assert_int_equal(cd_plugin_load(path, &first, &error), 0);
    assert_int_equal(cd_plugin_load(link_name, &second, &error), 0);
    assert_true(first.process == second.process);
}

static void what_was_not_loaded_leaves_no_descriptor_behind(void **state)
{
    (void)state;
    char path[128];
    const char *unsafe = copy_of("slow", "unsafe", 0666);
    int before = open_descriptors();
    refused(unsafe, -EPERM, "group or others");
    snprintf(path, sizeof path, "%s/none.so", folder);
    refused(path, -ENOENT, "No such file");
    assert_int_equal(open_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_comes_from_folder_and_name_or_from_the_name_alone),
        cmocka_unit_test(what_is_no_plugin_file_is_refused),
        cmocka_unit_test(a_named_pipe_is_refused_at_once),
        cmocka_unit_test(a_file_that_others_can_write_is_refused),
        cmocka_unit_test(a_folder_that_others_can_write_is_refused),
        cmocka_unit_test(a_file_of_somebody_else_is_refused),
        cmocka_unit_test(what_breaks_the_contract_is_refused),
        cmocka_unit_test(a_good_descriptor_is_copied_whole),
        cmocka_unit_test(two_plugins_are_two),
        cmocka_unit_test(a_refused_plugin_does_not_stand_in_for_the_next),
        cmocka_unit_test(one_file_under_two_names_is_one_library),
        cmocka_unit_test(what_was_not_loaded_leaves_no_descriptor_behind),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
