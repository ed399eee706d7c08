/* SPDX-License-Identifier: Apache-2.0
 *
 * ring/hello.c: see hello.h. */
#include "ring/hello.h"

#include <errno.h>

void cd_hello_write(const cd_hello *hello, cd_buffer *out)
{
    cd_buffer_printf(out, "pipeline\t%s\t%d\t%d\n", hello->fingerprint, hello->landlock, hello->seccomp);
    for (uint32_t i = 0; i < hello->stage_count; i++) {
        const cd_hello_stage *stage = &hello->stages[i];
        cd_buffer_printf(out, "stage\t%s\t%s\t%s\t%d\n", stage->name, stage->version, stage->member, stage->has_store);
        for (uint32_t j = 0; j < stage->counter_count; j++)
            cd_buffer_printf(out, "counter\t%s\n", stage->counters[j]);
    }
}

static int read_pipeline(cd_hello *hello, char *rest)
{
    const char *fingerprint = strsep(&rest, "\t"), *landlock = strsep(&rest, "\t"), *seccomp = strsep(&rest, "\t");
    if (seccomp == NULL || strlen(fingerprint) >= sizeof hello->fingerprint)
        return -EPROTO;
    strcpy(hello->fingerprint, fingerprint);
    hello->landlock = *landlock == '1';
    hello->seccomp = *seccomp == '1';
    return 0;
}

static int read_stage(cd_hello *hello, char *rest)
{
    const char *name = strsep(&rest, "\t"), *version = strsep(&rest, "\t"), *member = strsep(&rest, "\t"),
               *store = strsep(&rest, "\t");
    if (store == NULL || hello->stage_count == CD_STAGES_MAX)
        return -EPROTO;
    cd_hello_stage *stage = &hello->stages[hello->stage_count++];
    *stage = (cd_hello_stage){strdup(name), strdup(version), strdup(member), *store == '1', {0}, 0};
    return stage->name && stage->version && stage->member ? 0 : -ENOMEM;
}

static int read_counter(cd_hello *hello, const char *name)
{
    if (hello->stage_count == 0 || name == NULL)
        return -EPROTO;
    cd_hello_stage *stage = &hello->stages[hello->stage_count - 1];
    if (stage->counter_count == sizeof stage->counters / sizeof *stage->counters)
        return -EPROTO;
    stage->counters[stage->counter_count] = strdup(name);
    return stage->counters[stage->counter_count++] ? 0 : -ENOMEM;
}

static int read_line(cd_hello *hello, char *line)
{
    const char *word = strsep(&line, "\t");
    if (line == NULL)
        return -EPROTO;
    if (strcmp(word, "pipeline") == 0)
        return read_pipeline(hello, line);
    if (strcmp(word, "stage") == 0)
        return read_stage(hello, line);
    return strcmp(word, "counter") == 0 ? read_counter(hello, line) : -EPROTO;
}

int cd_hello_read(cd_str text, cd_hello *out)
{
    *out = (cd_hello){0};
    char *copy = strndup(text.ptr, text.len), *rest = copy;
    int result = copy ? 0 : -ENOMEM;
    for (char *line; result == 0 && (line = strsep(&rest, "\n")) != NULL;)
        if (*line)
            result = read_line(out, line);
    free(copy);
    return result == 0 && out->fingerprint[0] == '\0' ? -EPROTO : result;
}

void cd_hello_fini(cd_hello *hello)
{
    for (uint32_t i = 0; i < hello->stage_count; i++) {
        cd_hello_stage *stage = &hello->stages[i];
        free(stage->name);
        free(stage->version);
        free(stage->member);
        for (uint32_t j = 0; j < stage->counter_count; j++)
            free(stage->counters[j]);
    }
    *hello = (cd_hello){0};
}
