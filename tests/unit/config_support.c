/* SPDX-License-Identifier: Apache-2.0
 *
 * See config_support.h.
 */
#include "config_support.h"

#include <unistd.h>

static size_t count_sets(const char *const *sets, cd_config_set *out)
{
    size_t count = 0;
    for (; sets != NULL && sets[count] != NULL; count++)
        out[count].text = sets[count];
    return count;
}

config_try config_load_text(const char *text, uint32_t flags, const char *const *sets, const char *stages)
{
    config_try result = {.file = "/tmp/copydesk-config-XXXXXX"};
    cd_config_set list[16];
    size_t len = strlen(text), count = count_sets(sets, list);
    int fd = mkstemp(result.file);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    (void)close(fd);
    result.status = stages != NULL ? cd_config_load_stages(result.file, stages, list, count, flags, &result.config,
                                                           &result.problems)
                                   : cd_config_load(result.file, list, count, flags, &result.config, &result.problems);
    (void)unlink(result.file);
    return result;
}

config_try config_from_plugins(const char *stages, const char *const *sets)
{
    config_try result = {0};
    cd_config_set list[16];
    size_t count = count_sets(sets, list);
    result.status = cd_config_from_stages(stages, list, count, &result.config, &result.problems);
    return result;
}

void config_done(config_try *result)
{
    cd_config_destroy(result->config);
    cd_problems_fini(&result->problems);
}

config_try config_good(const char *text, uint32_t flags)
{
    config_try result = config_load_text(text, flags, NULL, NULL);
    if (result.status != 0)
        cd_problems_write(&result.problems, stderr);
    assert_int_equal(result.status, 0);
    assert_non_null(result.config);
    assert_int_equal(result.problems.count, 0);
    return result;
}

void config_expect(const config_try *result, const char *file, unsigned line, ...)
{
    for (size_t i = 0; i < result->problems.count; i++) {
        const cd_config_problem *problem = &result->problems.list[i];
        bool same = problem->line == line && problem->file != NULL &&
                    strcmp(problem->file, file != NULL ? file : result->file) == 0;
        va_list parts;
        va_start(parts, line);
        for (const char *part; (part = va_arg(parts, const char *)) != NULL;)
            same = same && strstr(problem->text, part) != NULL;
        va_end(parts);
        if (same)
            return;
    }
    va_list parts;
    va_start(parts, line);
    fprintf(stderr, "no problem in line %u with \"%s\" among:\n", line, va_arg(parts, const char *));
    va_end(parts);
    cd_problems_write(&result->problems, stderr);
    fail();
}

void config_refused(const char *text, uint32_t flags, unsigned line, const char *part)
{
    config_try result = config_load_text(text, flags, NULL, NULL);
    assert_int_equal(result.status, -22);
    assert_null(result.config);
    config_expect(&result, NULL, line, part, NULL);
    if (result.problems.count != 1)
        cd_problems_write(&result.problems, stderr);
    assert_int_equal(result.problems.count, 1);
    config_done(&result);
}

char *config_printed(const cd_config *config)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    cd_config_print(config, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

char *config_problems_text(const cd_problems *problems)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    cd_problems_write(problems, out);
    assert_int_equal(fclose(out), 0);
    return text;
}
