/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/probe/plugin.c: the checks of the plugin as such: its descriptor, its options, opening and closing. See checks.h. */
#include "cli/probe/checks.h"

#include <errno.h>
#include <sys/stat.h>

bool cd_probe_described(cd_probe *probe, const char *pointer, char *out, size_t size)
{
    cd_value value;
    cd_str all = {probe->description.data, probe->description.len};
    out[0] = '\0';
    if (cd_json_lookup(probe->reader, all, (cd_str){pointer, strlen(pointer)}, &value) != 0 || value.type == CD_JSON_NULL)
        return false;
    cd_str text = value.type == CD_JSON_STRING ? value.string : value.raw;
    snprintf(out, size, "%.*s", (int)text.len, text.ptr);
    cd_probe_tame(out);
    return true;
}

/* ---- the descriptor ---- */

bool cd_probe_is_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return name[0] >= 'a' && name[0] <= 'z' && name[length] == '\0' && length <= 64;
}

/* Semantic Versioning 2.0.0 begins with three numbers. */
static bool is_version(const char *version)
{
    int length = 0;
    unsigned a, b, c;
    return sscanf(version, "%9u.%9u.%9u%n", &a, &b, &c, &length) == 3 && strchr("-+", version[length]) != NULL;
}

static void expect(cd_probe *probe, bool fine, const char *field, const char *found, const char *expected)
{
    if (!fine)
        cd_probe_fault(&probe->report, NULL, "%s is \"%s\"; expected %s", field, found, expected);
}

static void judge_options(cd_probe *probe)
{
    char pointer[64], name[80], text[512];
    for (unsigned i = 0;; i++) {
        snprintf(pointer, sizeof pointer, "/options/%u/name", i);
        if (!cd_probe_described(probe, pointer, name, sizeof name))
            return;
        snprintf(pointer, sizeof pointer, "/options/%u/help", i);
        if (!cd_probe_described(probe, pointer, text, sizeof text) || text[0] == '\0')
            cd_probe_fault(&probe->report, NULL, "the option %s has no help; expected one sentence", name);
        snprintf(pointer, sizeof pointer, "/options/%u/flags", i);
        cd_probe_described(probe, pointer, text, sizeof text);
        if (strcmp(text, "0") != 0)
            cd_probe_fault(&probe->report, NULL, "the option %s has the flags %s; expected 0", name, text);
    }
}

void cd_probe_descriptor(cd_probe *probe)
{
    char text[256];
    if (!cd_probe_described(probe, "/same", text, sizeof text) || strcmp(text, "true") != 0)
        cd_probe_fault(&probe->report, NULL, "copydesk_plugin gives another descriptor when it is called again; expected the same");
    cd_probe_described(probe, "/name", text, sizeof text);
    expect(probe, cd_probe_is_name(text), "name", text, "[a-z][a-z0-9_]*");
    cd_probe_described(probe, "/member", text, sizeof text);
    expect(probe, cd_probe_is_name(text), "member", text, "[a-z][a-z0-9_]*");
    cd_probe_described(probe, "/version", text, sizeof text);
    expect(probe, is_version(text), "version", text, "a semantic version, 1.0.0");
    cd_probe_described(probe, "/summary", text, sizeof text);
    expect(probe, text[0] != '\0', "summary", text, "one sentence");
    cd_probe_described(probe, "/flags", text, sizeof text);
    expect(probe, strcmp(text, "0") == 0, "flags", text, "0");
    judge_options(probe);
    cd_probe_done(&probe->report, "complete, and the same when copydesk_plugin is called again");
}

/* ---- options ---- */

/* Opens with the option so set, and asks for one article. True: it opened; a plugin may refuse what does not go together. */
static bool try_value(cd_probe *probe, const char *set)
{
    const cd_probe_stage stage = {.name = probe->subject.name};
    cd_probe_lineup lineup = {&stage, 1, set};
    cd_probe_session session = {0};
    cd_result result;
    char why[400];
    const cd_buffer *payload = &probe->corpus.articles[0].payload;
    cd_identity who = cd_probe_identity(0);
    bool opened = cd_probe_start(&session, &probe->subject, &lineup, NULL) == 0;
    if (!opened && !session.refused)
        cd_probe_fault(&probe->report, NULL, "%s: %s", set, session.why);
    if (opened && cd_probe_article(&session, &who, (cd_str){payload->data, payload->len}, &result) != 0)
        cd_probe_fault(&probe->report, probe->corpus.articles[0].name, "%s: %s; expected a verdict", set, session.why);
    else if (opened && cd_probe_is_faulty(&result, 0, why, sizeof why))
        cd_probe_fault(&probe->report, probe->corpus.articles[0].name, "%s: %s", set, why);
    cd_probe_kill(&session);
    return opened;
}

void cd_probe_options(cd_probe *probe)
{
    char pointer[64], name[80], value[200], set[400];
    unsigned tried = 0, refused = 0, i = 0;
    for (;; i++) {
        snprintf(pointer, sizeof pointer, "/options/%u/name", i);
        if (!cd_probe_described(probe, pointer, name, sizeof name))
            break;
        for (unsigned j = 0;; j++, tried++) {
            snprintf(pointer, sizeof pointer, "/options/%u/edges/%u", i, j);
            if (!cd_probe_described(probe, pointer, value, sizeof value))
                break;
            snprintf(set, sizeof set, "%s.%s=%s", probe->subject.name, name, value);
            refused += !try_value(probe, set);
        }
    }
    snprintf(set, sizeof set, "%s.probe_no_such_option=1", probe->subject.name);
    if (try_value(probe, set))
        cd_probe_fault(&probe->report, NULL, "%s: an unknown option is taken; expected a refusal", set);
    cd_probe_done(&probe->report, "%u, their defaults in range; %u values at the edges of ranges, of which open refused %u", i, tried,
                  refused);
}

/* ---- opening and closing ---- */

static void open_and_close(cd_probe *probe, const char *store, const char *which)
{
    cd_probe_lineup alone = cd_probe_alone(probe);
    cd_probe_session session = {0};
    if (probe->stuck)
        return;
    if (cd_probe_start(&session, &probe->subject, &alone, store) != 0) {
        cd_probe_fault(&probe->report, NULL, "%s", session.why);
        probe->stuck = true;
    } else if (cd_probe_stop(&session) != 0) {
        cd_probe_fault(&probe->report, NULL, "%s: %s; expected it to close and end with status 0", which, session.why);
    }
    cd_probe_kill(&session);
}

void cd_probe_life(cd_probe *probe)
{
    char folder[4200];
    for (int i = 0; i < 2; i++)
        open_and_close(probe, NULL, "open and close without an article");
    snprintf(folder, sizeof folder, "%s/store-%u", probe->subject.folder, probe->stores++);
    if (probe->store && mkdir(folder, 0700) == 0)
        for (int i = 0; i < 2; i++)
            open_and_close(probe, folder, "store_open and store_close without a claim");
    cd_probe_done(&probe->report, "opens and closes without an article, twice%s", probe->store ? "; so does the store half" : "");
}
