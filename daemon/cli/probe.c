/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe.c: `copydesk probe`: does a plugin keep the contract of plugin.h?
 *
 * Loads it by the loader's rules, says what it is, and checks it, a line a check: probe/checks.h. The plugin runs in real workers
 * and stores and never in this process; what it does there costs a check. The articles are invented: probe/corpus.h. */
#include "cli/command.h"
#include "cli/folder.h"
#include "cli/probe/checks.h"
#include "cli/table.h"

#include "base/program.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static const struct check {
    const char *name;
    void (*run)(cd_probe *probe);
    bool of_the_store;
} checks[] = {
    {"symbols", cd_probe_symbols, false},         {"descriptor", cd_probe_descriptor, false},
    {"options", cd_probe_options, false},         {"life", cd_probe_life, false},
    {"articles", cd_probe_articles, false},       {"spans", cd_probe_spans, false},
    {"annotations", cd_probe_annotations, false}, {"determinism", cd_probe_determinism, false},
    {"instances", cd_probe_instances, false},     {"time", cd_probe_time, false},
    {"memory", cd_probe_memory, false},           {"leftovers", cd_probe_leftovers, false},
    {"claims", cd_probe_claims, true},            {"redelivery", cd_probe_redelivery, true},
    {"forget", cd_probe_forget, true},            {"durability", cd_probe_durability, true},
};

enum { CHECK_COUNT = sizeof checks / sizeof *checks };

typedef struct options {
    cd_command_options common;
    const char *file;
    char *chosen; /* names of checks; NULL: all */
    bool json, articles;
} options;

enum { KEY_ARTICLES = 256 };

static const struct argp_option option_table[] = {
    {"set", 'S', "STAGE.OPTION=VALUE", 0, "Set an option of the plugin (its stage has the file's name), or any key", 0},
    {"checks", 'C', "A,B,C", 0, "These checks alone", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {"articles", KEY_ARTICLES, NULL, 0, "Write the articles, a line each, and end", 0},
    {0},
};

static bool is_check(const char *name, size_t length)
{
    for (int i = 0; i < CHECK_COUNT; i++)
        if (strlen(checks[i].name) == length && strncmp(checks[i].name, name, length) == 0)
            return true;
    return false;
}

static bool is_chosen(const char *chosen, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = chosen; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    return chosen == NULL;
}

static void refuse_unknown_checks(const char *chosen, struct argp_state *state)
{
    for (const char *at = chosen; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (!is_check(at, strcspn(at, ",")))
            argp_error(state, "there is no check \"%.*s\"; the report names them all", (int)strcspn(at, ","), at);
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case 'S':
        if (cd_command_set(&o->common, value) != 0)
            argp_error(state, "at most %d times --set", CD_SETS_MAX);
        return 0;
    case 'C':
        refuse_unknown_checks(value, state);
        o->chosen = value;
        return 0;
    case 'j': o->json = true; return 0;
    case KEY_ARTICLES: o->articles = true; return 0;
    case ARGP_KEY_ARG:
        if (o->file)
            argp_error(state, "one FILE.so at a time");
        o->file = value;
        return 0;
    case ARGP_KEY_END:
        if (o->file == NULL && !o->articles)
            argp_error(state, "which FILE.so?");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- what it is ---- */

static void show_line(cd_probe *probe, const char *label, const char *pointer)
{
    char text[512];
    if (cd_probe_described(probe, pointer, text, sizeof text))
        printf("  %-9s %s\n", label, text);
}

static void show_options(cd_probe *probe)
{
    static const char *const heads[] = {"  option", "expects", "default", "what it is"},
                            *const members[] = {"name", "expects", "default", "help"};
    char pointer[64], text[240];
    cd_table table = {0};
    unsigned i = 0;
    cd_table_begin(&table, heads, 4);
    for (;; i++)
        for (int j = 0; j < 4; j++) {
            snprintf(pointer, sizeof pointer, "/options/%u/%s", i, members[j]);
            bool there = cd_probe_described(probe, pointer, text, sizeof text);
            if (j == 0 && !there)
                goto out;
            cd_table_cell(&table, "%s%s", j == 0 ? "  " : "", there ? text : "(required)");
        }
out:
    if (i > 0)
        cd_table_print(&table, stdout);
    else
        puts("  options   none");
    cd_buffer_fini(&table.text);
}

static void show_plugin(cd_probe *probe)
{
    char name[80], version[80], summary[400], major[16], minor[16];
    cd_probe_described(probe, "/name", name, sizeof name);
    cd_probe_described(probe, "/version", version, sizeof version);
    cd_probe_described(probe, "/summary", summary, sizeof summary);
    cd_probe_described(probe, "/abi/major", major, sizeof major);
    cd_probe_described(probe, "/abi/minor", minor, sizeof minor);
    printf("%s %s: %s\n  %-9s %s\n", name, version, summary, "file", probe->subject.plugin);
    printf("  %-9s needs %s.%s, this copydesk has %u.%u\n", "ABI", major, minor, COPYDESK_ABI_MAJOR, COPYDESK_ABI_MINOR);
    show_line(probe, "member", "/member");
    show_line(probe, "reads", "/reads");
    printf("  %-9s %s\n", "halves", probe->store ? "worker, store" : "worker");
    show_options(probe);
    putchar('\n');
}

/* ---- the whole ---- */

/* The stage's name is the file's: "/opt/x/gender.so" → "gender"; or "plugin", where that would be none. */
static int name_subject(cd_probe *probe, const char *file)
{
    static char name[72];
    cd_probe_subject *subject = &probe->subject;
    if (realpath(file, subject->plugin) == NULL) {
        fprintf(stderr, "copydesk probe: %s: %s\n", file, strerror(errno));
        return -errno;
    }
    const char *base = strrchr(subject->plugin, '/') + 1;
    size_t length = strlen(base);
    if (length > 3 && strcmp(base + length - 3, ".so") == 0)
        length -= 3;
    snprintf(name, sizeof name, "%.*s", (int)length, base);
    subject->name = cd_probe_is_name(name) ? name : "plugin";
    return 0;
}

static int start(cd_probe *probe, const options *o)
{
    char why[600] = "", text[16];
    if (name_subject(probe, o->file) != 0)
        return CD_EXIT_USAGE;
    char *program = cd_program_find("copydesk-worker", COPYDESK_LIBEXECDIR);
    snprintf(probe->subject.program, sizeof probe->subject.program, "%s", program ? program : "");
    free(program);
    probe->subject.sets = o->common.sets;
    probe->subject.set_count = o->common.set_count;
    probe->reader = cd_json_reader_create();
    if (probe->reader == NULL || cd_folder_make(probe->subject.folder, sizeof probe->subject.folder) != 0) {
        fprintf(stderr, "copydesk probe: no temporary folder %s: %s (set TMPDIR)\n", probe->subject.folder, strerror(errno));
        probe->subject.folder[0] = '\0';
        return CD_EXIT_USAGE;
    }
    if (cd_probe_describe(&probe->subject, &probe->description, why, sizeof why) != 0) {
        fprintf(stderr, "copydesk probe: %s\n", why);
        return CD_EXIT_USAGE;
    }
    probe->store = cd_probe_described(probe, "/store", text, sizeof text) && strcmp(text, "true") == 0;
    cd_probe_described(probe, "/member", probe->member, sizeof probe->member);
    return 0;
}

static int run_checks(cd_probe *probe, const options *o)
{
    if (!o->json)
        show_plugin(probe);
    for (int i = 0; i < CHECK_COUNT && !probe->stuck; i++)
        if (is_chosen(o->chosen, checks[i].name) && (probe->store || !checks[i].of_the_store)) {
            cd_json_reader_reset(probe->reader);
            cd_probe_check(&probe->report, checks[i].name);
            checks[i].run(probe);
        }
    int status = probe->report.failed ? CD_EXIT_FAILURE : 0;
    if (probe->stuck && !o->json)
        puts("        the other checks need a plugin that opens");
    cd_probe_close(&probe->report, (cd_str){probe->description.data, probe->description.len});
    return status;
}

static int write_articles(const cd_probe_corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        printf("%s\n", cd_buffer_string(&corpus->articles[i].payload));
    return fflush(stdout) == 0 ? 0 : CD_EXIT_FAILURE;
}

int cd_command_probe(int argc, char **argv)
{
    static const struct argp parser = {option_table, parse_option, "FILE.so",
                                       "Checks whether a plugin keeps the contract of copydesk/plugin.h: life cycle, hostile articles, "
                                       "spans, determinism, time, memory, and the store half.\vExit status: 0 if all checks passed; "
                                       "1 if one failed; 2 for usage, or if the plugin cannot be loaded.",
                                       NULL, NULL, NULL};
    static cd_probe probe;
    static options o;
    argp_parse(&parser, argc, argv, 0, NULL, &o);
    if (cd_probe_corpus_init(&probe.corpus) != 0) {
        fputs("copydesk probe: no memory for the articles\n", stderr);
        return CD_EXIT_FAILURE;
    }
    probe.report.json = o.json;
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* what a plugin's process leaves behind becomes ours, and is seen */
    int status = o.articles ? write_articles(&probe.corpus) : start(&probe, &o);
    if (status == 0 && !o.articles)
        status = run_checks(&probe, &o);
    cd_probe_end_orphans();
    if (probe.subject.folder[0])
        cd_folder_remove(probe.subject.folder);
    for (size_t i = 0; i < CD_PROBE_ARTICLES_MAX; i++)
        cd_probe_found_fini(&probe.found[i]);
    cd_probe_corpus_fini(&probe.corpus);
    cd_buffer_fini(&probe.description);
    cd_json_reader_destroy(probe.reader);
    return status;
}
