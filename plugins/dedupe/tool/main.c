/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c: copydesk-dedupe: the command line, and opening the store. Mostly `copydesk dedupe` starts it, with the folder and
 * the stage's options of a configuration.
 */
#include <argp.h>
#include <copydesk/sdk.h>
#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "tool.h"

static const struct command {
    const char *name;
    tool_command *run;
    int writes;
} commands[] = {{"stats", tool_stats, 0},   {"find", tool_find, 0},     {"why", tool_why, 0},
                {"forget", tool_forget, 1}, {"export", tool_export, 0}, {"import", tool_import, 1}};

enum { KEY_FOLDER = 256, KEY_OPTION, KEY_FIELD, KEY_MEMBER };

static const struct argp_option option_table[] = {
    {"config", 'c', "FILE", 0, "The store and the options of this configuration", 1},
    {"state", 'd', "DIR", 0, "The store below this folder, as of `copydesk run --state=DIR`", 1},
    {"stage", 's', "NAME", 0, "Which stage, where the configuration has several of dedupe (default: dedupe)", 1},
    {"set", 'S', "STAGE.OPTION=VALUE", 0, "Set an option of the stage; may be repeated", 1},
    {"article", 'a', "FILE", 0, "why: an article in a file instead of one in the store; - is standard input", 2},
    {"count", 'n', NULL, 0, "stats: read every record and count relations too", 2},
    {"dry-run", 'N', NULL, 0, "forget, import: say what would be done, and do nothing", 2},
    {"json", 'j', NULL, 0, "stats, find, why: one JSON object a line", 2},
    {"folder", KEY_FOLDER, "DIR", OPTION_HIDDEN, NULL, 3},
    {"option", KEY_OPTION, "NAME=VALUE", OPTION_HIDDEN, NULL, 3},
    {"field", KEY_FIELD, "NAME=POINTER", OPTION_HIDDEN, NULL, 3},
    {"member", KEY_MEMBER, "NAME", OPTION_HIDDEN, NULL, 3},
    {0},
};

static const char doc[] =
    "Looks into the memory of dedupe, and mends it.\n\n"
    "  stats            segments, articles, bytes, times\n"
    "  find ARTICLE...  what was answered for an article, and the rest of its cluster\n"
    "  why ARTICLE...   what it is compared with, how close that is, and which rule decides\n"
    "  forget ARTICLE...  no later article is a copy of this one any more\n"
    "  export           every record as a JSON line on standard output\n"
    "  import [FILE...]  fills a store from lines of export, or from enriched articles\n\n"
    "An ARTICLE is an id, or TOPIC/PARTITION/OFFSET, which is quicker.\v"
    "stats, find, why and export work beside a running daemon. forget and import need the daemon to be stopped.\n\n"
    "Exit status: 0; 1 if an article was not found or refused, or the store cannot be opened; 2 for usage or configuration.";

typedef struct command_line {
    tool tool;
    const struct command *command;
    int count;
    char **arguments;
} command_line;

void tool_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("copydesk dedupe: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* ---- the store ---- */

/* `path` without its last part; 0 if there is none. */
static int cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return 0;
    *slash = '\0';
    return 1;
}

/* Files that root makes the daemon could not open: become who has the folder, or the nearest one above it. */
static int become_owner(const char *folder)
{
    struct stat s;
    char path[4096];
    snprintf(path, sizeof path, "%s", folder);
    while (stat(path, &s) != 0)
        if (!cut_last(path))
            return 0;
    if (geteuid() != 0 || s.st_uid == 0)
        return 0;
    return setgroups(0, NULL) == 0 && setgid(s.st_gid) == 0 && setuid(s.st_uid) == 0 ? 0 : -errno;
}

static dd_store *open_store(tool *t, int reading)
{
    char why[4400];
    dd_store *store;
    int rc = become_owner(t->folder);
    if (rc != 0) {
        tool_say("%s: cannot become its owner: %s", t->folder, strerror(-rc));
        return NULL;
    }
    t->settings.reading = reading;
    rc = dd_store_open(&store, &t->settings, t->folder, why, sizeof why);
    if (rc == 0)
        return store;
    if (rc == -EAGAIN)
        tool_say("%s is in use: stop the daemon, or wait for the other command", t->folder);
    else
        tool_say("%s%s%s", strstr(why, t->folder) ? "" : t->folder, strstr(why, t->folder) ? "" : ": ", why);
    return NULL;
}

int tool_has_store(const tool *t)
{
    dd_folder folder;
    uint32_t numbers[256];
    if (dd_folder_open(&folder, t->folder, 0) != 0)
        return 0;
    int found = dd_folder_list(&folder, numbers, 256);
    dd_folder_close(&folder);
    return found > 0 || found == -E2BIG;
}

dd_store *tool_open_reading(tool *t) { return open_store(t, 1); }
dd_store *tool_open_alone(tool *t) { return open_store(t, 0); }

/* As the daemon makes it: the stage's folder, and the one of all stages above it. */
int tool_make_folder(const tool *t)
{
    char above[4096];
    int rc = become_owner(t->folder);
    snprintf(above, sizeof above, "%s", t->folder);
    if (rc == 0 && cut_last(above) && mkdir(above, 0700) != 0 && errno != EEXIST)
        rc = -errno;
    if (rc == 0 && mkdir(t->folder, 0700) != 0 && errno != EEXIST)
        rc = -errno;
    if (rc != 0)
        tool_say("%s cannot be made: %s", t->folder, strerror(-rc));
    return rc;
}

/* Where machines share a store, this one has a copy of it, which is looked into (replica.h). */
static void follow_shared(tool *t)
{
    static char copy[4400];
    if (!t->settings.is_shared)
        return;
    snprintf(copy, sizeof copy, "%s/copy-%.*s", t->folder, (int)t->settings.prefix.len, t->settings.prefix.ptr);
    t->folder = copy;
}

/* ---- the command line ---- */

static int set_field(tool *t, char *text)
{
    static const char *const names[TOOL_FIELDS] = {"text", "id", "source", "lang"};
    char *equals = strchr(text, '=');
    for (int i = 0; i < TOOL_FIELDS && equals != NULL; i++)
        if (strlen(names[i]) == (size_t)(equals - text) && strncmp(text, names[i], (size_t)(equals - text)) == 0) {
            t->fields[i] = equals + 1;
            return 0;
        }
    return -EINVAL;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    command_line *line = state->input;
    tool *t = &line->tool;
    char why[400];
    switch (key) {
    case 'a': t->article = value; return 0;
    case 'n': t->count = 1; return 0;
    case 'N': t->dry_run = 1; return 0;
    case 'j': t->json = 1; return 0;
    case KEY_FOLDER: t->folder = value; return 0;
    case KEY_MEMBER: t->member = value; return 0;
    case KEY_OPTION:
        if (tool_stage_set(&t->stage, value, why, sizeof why) != 0)
            argp_error(state, "%s", why);
        return 0;
    case KEY_FIELD: return set_field(t, value) == 0 ? 0 : EINVAL;
    case 'c':
    case 'd':
    case 's':
    case 'S': argp_error(state, "start it as `copydesk dedupe`, which reads configurations"); return 0;
    case ARGP_KEY_ARGS:
        line->arguments = state->argv + state->next;
        line->count = state->argc - state->next;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int find_command(command_line *line)
{
    const char *name = line->count > 0 ? line->arguments[0] : NULL;
    for (size_t i = 0; i < sizeof commands / sizeof *commands && name != NULL; i++)
        if (strcmp(commands[i].name, name) == 0)
            line->command = &commands[i];
    if (line->command == NULL && name != NULL)
        tool_say("there is no command \"%s\"; `copydesk dedupe --help` lists them", name);
    else if (line->command == NULL)
        tool_say("which command? `copydesk dedupe --help` lists them");
    else if (line->tool.folder == NULL)
        tool_say("which store? give --config=FILE or --state=DIR");
    else if (line->tool.dry_run && !line->command->writes)
        tool_say("%s writes nothing: --dry-run has no meaning", name);
    else
        return 0;
    return TOOL_USAGE;
}

int main(int argc, char **argv)
{
    static const struct argp parser = {option_table, parse_option, "COMMAND [ARGUMENT...]", doc, NULL, NULL, NULL};
    static command_line line = {.tool = {.fields = {"/text", "/id", "/source", "/lang"}, .member = "duplicate"}};
    static char name[] = "copydesk dedupe";
    argp_err_exit_status = TOOL_USAGE;
    argv[0] = name;
    argp_parse(&parser, argc, argv, 0, NULL, &line);
    int status = find_command(&line);
    if (status != 0)
        return status;
    if (dd_settings_read(&line.tool.settings, &tool_host, &line.tool.stage) != 0)
        return TOOL_USAGE;
    if (line.tool.settings.in_memory) {
        tool_say("store is \"memory\": there is nothing to look into beyond the process");
        return TOOL_USAGE;
    }
    if (line.command->writes && line.tool.settings.is_shared) {
        tool_say("store is \"redis\": this machine's copy of it is not written by hand");
        return TOOL_USAGE;
    }
    follow_shared(&line.tool);
    status = line.command->run(&line.tool, line.count - 1, line.arguments + 1);
    if (fflush(stdout) != 0) {
        tool_say("standard output: %s", strerror(errno));
        status = TOOL_FAILED;
    }
    return status;
}
