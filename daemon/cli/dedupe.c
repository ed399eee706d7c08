/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/dedupe.c: `copydesk dedupe`: hands over to the program copydesk-dedupe, which is built beside the plugin and knows its
 * store. What that program cannot know is read here: from the configuration the stage's folder, its options, where an
 * article's members are. Everything else on the command line passes through as it is. */
#include "cli/command.h"

#include "base/program.h"
#include "config/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct handover {
    cd_command_options options;
    const char *state, *stage; /* --state, --stage */
    const char *argv[2 * CD_SETS_MAX + 64];
    size_t argc;
    bool too_many;
} handover;

static void pass(handover *h, const char *argument)
{
    if (argument == NULL || h->argc + 1 >= sizeof h->argv / sizeof *h->argv)
        h->too_many = true;
    else
        h->argv[h->argc++] = argument;
}

static void pass_made(handover *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Freed by the exec. */
static void pass_made(handover *h, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    pass(h, length < 0 ? NULL : text);
}

/* ---- our options among theirs ---- */

/* Is argv[i] this option? Then its value, in the same word or the next, and *i is past it. */
static const char *take_value(int argc, char **argv, int *i, const char *letter, const char *word)
{
    const char *argument = argv[*i];
    size_t length = strlen(word);
    if (strncmp(argument, word, length) == 0 && argument[length] == '=')
        return argument + length + 1;
    bool alone = strcmp(argument, word) == 0 || strcmp(argument, letter) == 0;
    if (alone && *i + 1 < argc)
        return argv[++*i];
    return !alone && strncmp(argument, letter, 2) == 0 ? argument + 2 : NULL;
}

static int read_arguments(handover *h, int argc, char **argv)
{
    const char *value;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            while (i < argc)
                pass(h, argv[i++]);
        } else if ((value = take_value(argc, argv, &i, "-c", "--config")) != NULL) {
            h->options.config = value;
        } else if ((value = take_value(argc, argv, &i, "-d", "--state")) != NULL) {
            h->state = value;
        } else if ((value = take_value(argc, argv, &i, "-s", "--stage")) != NULL) {
            h->stage = value;
        } else if ((value = take_value(argc, argv, &i, "-S", "--set")) != NULL) {
            if (cd_command_set(&h->options, value) != 0)
                return -E2BIG;
        } else {
            pass(h, argv[i]);
        }
    }
    return 0;
}

/* ---- what the configuration says ---- */

static bool is_dedupe(const cd_config_stage *stage)
{
    const char *slash = strrchr(stage->plugin, '/');
    return strcmp(stage->plugin, "dedupe") == 0 || (slash && strcmp(slash, "/dedupe.so") == 0);
}

static const cd_config_stage *find_stage(const handover *h, const cd_config *config)
{
    const cd_config_stage *found = NULL;
    for (size_t i = 0; i < config->stage_count; i++) {
        const cd_config_stage *stage = &config->stages[i];
        if (!is_dedupe(stage) || (h->stage && strcmp(h->stage, stage->name) != 0))
            continue;
        if (found) {
            fprintf(stderr, "copydesk: several stages are dedupe: give --stage=%s or another\n", found->name);
            return NULL;
        }
        found = stage;
    }
    if (found == NULL)
        fprintf(stderr, "copydesk: %s: no stage is dedupe%s%s\n", h->options.config ? h->options.config : "--stage",
                h->stage ? " and has the name " : "", h->stage ? h->stage : "");
    return found;
}

static void pass_stage(handover *h, const cd_config *config, const cd_config_stage *stage)
{
    const char *name;
    char value[4096];
    if (h->state)
        pass_made(h, "--folder=%s/%s", h->state, stage->name);
    else
        pass_made(h, "--folder=%s/%s/%s", config->state_dir, config->name, stage->name);
    for (size_t i = 0; cd_stage_option_written(stage, i, &name, value, sizeof value); i++)
        pass_made(h, "--option=%s=%s", name, value);
    pass_made(h, "--field=text=%s", config->input.fields.text);
    pass_made(h, "--field=id=%s", config->input.fields.id);
    pass_made(h, "--field=source=%s", config->input.fields.source);
    pass_made(h, "--field=lang=%s", config->input.fields.lang);
    if (stage->member)
        pass_made(h, "--member=%s", stage->member);
}

/* Without --config or --state there is nothing to say: `--help` works, and the rest says what is missing. */
static int read_config(handover *h)
{
    cd_config *config;
    if (h->options.config == NULL && h->state == NULL)
        return 0;
    if (h->options.config == NULL)
        h->options.stages = "dedupe";
    int status = cd_command_configure(&h->options, &config);
    if (status)
        return status;
    const cd_config_stage *stage = find_stage(h, config);
    if (stage)
        pass_stage(h, config, stage);
    cd_config_destroy(config);
    return stage ? 0 : CD_EXIT_USAGE;
}

int cd_command_dedupe(int argc, char **argv)
{
    static handover h;
    pass(&h, argv[0]);
    int error = read_arguments(&h, argc, argv);
    int status = error ? CD_EXIT_USAGE : read_config(&h);
    if (error || h.too_many)
        fputs("copydesk: too many arguments\n", stderr);
    if (status || h.too_many)
        return CD_EXIT_USAGE;
    char *program = cd_program_find("copydesk-dedupe", COPYDESK_LIBEXECDIR);
    if (program)
        execv(program, (char **)(uintptr_t)h.argv);
    fprintf(stderr, "copydesk: %s: %s\n", program ? program : "copydesk-dedupe", strerror(program ? errno : ENOMEM));
    free(program);
    return CD_EXIT_FAILURE;
}
