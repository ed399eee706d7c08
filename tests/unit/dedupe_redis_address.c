/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/dedupe_redis_address.c: where the shared store is, and where its password comes from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "address.h"

#include <copydesk/sdk.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *port, *user, *database;
    } good[] = {
        {"redis://cache", "cache", "6379", "", "0"},
        {"redis://cache:7000", "cache", "7000", "", "0"},
        {"redis://cache/3", "cache", "6379", "", "3"},
        {"redis://desk@cache.example:7000/12", "cache.example", "7000", "desk", "12"},
        {"redis://[2001:db8::7]:7000/1", "2001:db8::7", "7000", "", "1"},
        {"redis://[::1]", "::1", "6379", "", "0"},
        {"redis://cache:65535/", "cache", "65535", "", "0"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        dd_address a;
        assert_null(dd_address_parse(cd_str_of(good[i].url), &a));
        assert_string_equal(a.host, good[i].host);
        assert_string_equal(a.port, good[i].port);
        assert_string_equal(a.user, good[i].user);
        assert_string_equal(a.database, good[i].database);
    }
}

static void addresses_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "redis://"},           {"cache:6379", "redis://"},       {"redis:/cache", "redis://"},
        {"redis://", "host"},       {"redis://:6379", "host"},        {"redis://desk@", "host"},
        {"redis://@cache", "user"}, {"redis://cache:0", "port"},      {"redis://cache:65536", "port"},
        {"redis://cache:", "port"}, {"redis://cache:six", "port"},    {"redis://cache/x", "database"},
        {"redis://[::1", "end"},    {"redis://[::1]x", "end"},        {"rediss://cache", "TLS"},
        {"redis://[]", "host"},     {"redis://cache/-1", "database"}, {"redis://desk:hunter2@cache", "password"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        dd_address a;
        const char *why = dd_address_parse(cd_str_of(bad[i][0]), &a);
        assert_non_null(why);
        assert_non_null(strstr(why, bad[i][1]));
        assert_null(strstr(why, "hunter2"));
    }
    dd_address a;
    assert_non_null(dd_address_parse(CD_LIT("redis://ca\0che"), &a));
}

static const char *secret_of(const char *option, char *why, size_t size)
{
    static char secret[DD_SECRET_MAX];
    return dd_secret_read(cd_str_of(option), secret, why, size) == NULL ? secret : NULL;
}

static void secrets(void **state)
{
    (void)state;
    char path[] = "/tmp/test-secret-XXXXXX", option[100], why[5000];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "from ${a} file\r\n\n", 17), 17);
    close(fd);
    setenv("SECRET_PATH", path, 1);
    setenv("SECRET", "open${sesame}", 1);
    snprintf(option, sizeof option, "file:%s", path);
    assert_string_equal(secret_of(option, why, sizeof why), "from ${a} file");
    assert_string_equal(secret_of("file:${SECRET_PATH}", why, sizeof why), "from ${a} file");
    assert_string_equal(secret_of("${SECRET}", why, sizeof why), "open${sesame}");
    assert_string_equal(secret_of("a${SECRET}b$${c}$", why, sizeof why), "aopen${sesame}b${c}$");
    assert_string_equal(secret_of("", why, sizeof why), "");
    unlink(path);
}

static void secrets_that_are_not_there(void **state)
{
    (void)state;
    static char huge[DD_SECRET_MAX + 1];
    char why[5000];
    unsetenv("NOBODY_SET_THIS");
    assert_null(secret_of("a${NOBODY_SET_THIS}", why, sizeof why));
    assert_non_null(strstr(why, "NOBODY_SET_THIS"));
    assert_null(secret_of("a${", why, sizeof why));
    assert_null(secret_of("a${}", why, sizeof why));
    assert_null(secret_of("file:/nowhere/at/all", why, sizeof why));
    assert_non_null(strstr(why, "/nowhere/at/all"));
    assert_null(secret_of("file:/dev/zero", why, sizeof why));
    memset(huge, 'x', DD_SECRET_MAX);
    assert_null(secret_of(huge, why, sizeof why));
    huge[DD_SECRET_MAX - 1] = '\0';
    assert_string_equal(secret_of(huge, why, sizeof why), huge);
    setenv("SECRET", huge, 1);
    assert_null(secret_of("${SECRET}x", why, sizeof why));
    assert_null(strstr(why, "xxx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(addresses_that_are_none),
        cmocka_unit_test(secrets),
        cmocka_unit_test(secrets_that_are_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
