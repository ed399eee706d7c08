/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/lineup.c: the configuration that a session is started with. See session.h. */
#include "cli/probe/session.h"

#include <errno.h>
#include <stdlib.h>

static void write_string(FILE *file, const char *key, const char *value)
{
    fprintf(file, " %s = \"", key);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            fputc('\\', file);
        fputc(*value, file);
    }
    fputs("\";", file);
}

static int write_lineup(const cd_probe_subject *subject, const cd_probe_lineup *lineup, const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return -errno;
    fputs("stages = (", file);
    for (size_t i = 0; i < lineup->count; i++) {
        const cd_probe_stage *stage = &lineup->stages[i];
        fputs(i ? ",\n{" : "\n{", file);
        write_string(file, "plugin", stage->plugin ? stage->plugin : subject->plugin);
        write_string(file, "name", stage->name);
        if (stage->member)
            write_string(file, "member", stage->member);
        fputs(" }", file);
    }
    fputs("\n);\n", file);
    return fclose(file) == 0 ? 0 : -errno;
}

/* The subject may stand in the line-up under a second name: what is set for the one is set for the other. */
static size_t double_sets(const cd_probe_subject *subject, const cd_probe_lineup *lineup, cd_config_set *out, char **made)
{
    size_t count = 0, length = strlen(subject->name);
    for (size_t i = 0; i < lineup->count; i++) {
        const cd_probe_stage *stage = &lineup->stages[i];
        if (stage->plugin || strcmp(stage->name, subject->name) == 0)
            continue;
        for (size_t j = 0; j < subject->set_count; j++) {
            const char *text = subject->sets[j].text;
            if (strncmp(text, subject->name, length) == 0 && text[length] == '.' &&
                asprintf(&made[count], "%s%s", stage->name, text + length) >= 0) {
                out[count] = (cd_config_set){made[count]};
                count++;
            }
        }
    }
    return count;
}

int cd_probe_configure(const cd_probe_subject *subject, const cd_probe_lineup *lineup, cd_config **config, char *why,
                       size_t size)
{
    char path[4200];
    cd_problems problems = {0};
    size_t count = 0, most = 2 * subject->set_count + 2;
    cd_config_set *sets = calloc(most, sizeof *sets);
    char **made = calloc(most, sizeof *made);
    snprintf(path, sizeof path, "%s/probe.conf", subject->folder);
    int result = sets && made ? write_lineup(subject, lineup, path) : -ENOMEM;
    if (result == 0) {
        sets[count++] = (cd_config_set){"log.level=error"};
        for (size_t i = 0; i < subject->set_count; i++)
            sets[count++] = subject->sets[i];
        count += double_sets(subject, lineup, sets + count, made);
        if (lineup->set)
            sets[count++] = (cd_config_set){lineup->set};
        result = cd_config_load(path, sets, count, CD_CONFIG_LOCAL, config, &problems);
        if (result)
            snprintf(why, size, "%s", problems.list[0].text); /* the others are as good */
    } else {
        snprintf(why, size, "%.300s: %s", path, strerror(-result));
    }
    for (size_t i = 0; made && i < most; i++)
        free(made[i]);
    free(made);
    free(sets);
    cd_problems_fini(&problems);
    return result;
}
