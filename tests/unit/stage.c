/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin/stage.h: a plugin of tests/plugins with its options, files, counters and fingerprint.
 */
#include "plugin/stage.h"
#include "config_support.h"

#include <copydesk/network.h>
#include <errno.h>
#include <unistd.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/copydesk-stage-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *file_of(const char *name, const char *text)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

typedef struct opened {
    config_try config;
    cd_stage stage;
    cd_problems problems;
    int status;
} opened;

static opened open_with(const char *plugin, const char *const *sets)
{
    opened o = {.config = config_from_plugins(plugin, sets)};
    assert_int_equal(o.config.status, 0);
    o.status = cd_stage_init(&o.stage, 3, &o.config.config->stages[0], TEST_PLUGINS, &o.problems);
    return o;
}

static void done(opened *o)
{
    cd_stage_fini(&o->stage);
    cd_problems_fini(&o->problems);
    config_done(&o->config);
}

static void must_be_open(const opened *o)
{
    if (o->status != 0)
        cd_problems_write(&o->problems, stderr);
    assert_int_equal(o->status, 0);
    assert_int_equal(o->problems.count, 0);
}

static void must_say(const opened *o, const char *words)
{
    assert_int_equal(o->status, -EINVAL);
    for (size_t i = 0; i < o->problems.count; i++)
        if (strstr(o->problems.list[i].text, words))
            return;
    cd_problems_write(&o->problems, stderr);
    fail_msg("nobody says \"%s\"", words);
}

static cd_host host(void)
{
    cd_host host;
    cd_stage_host_init(&host);
    return host;
}

/* ---- starting ---- */

static void a_stage_has_the_names_of_its_plugin(void **state)
{
    (void)state;
    opened o = open_with("sequence", NULL);
    must_be_open(&o);
    assert_string_equal(o.stage.name, "sequence");
    assert_string_equal(o.stage.member, "sequence");
    assert_int_equal(o.stage.index, 3);
    assert_true(cd_stage_has_store(&o.stage));
    done(&o);
    opened plain = open_with("slow", NULL);
    must_be_open(&plain);
    assert_false(cd_stage_has_store(&plain.stage));
    done(&plain);
}

static void every_fault_becomes_a_problem(void **state)
{
    (void)state;
    const struct {
        const char *plugin, *set, *words;
    } faults[] = {
        {"nobody", NULL, "No such file"},
        {"no_entry", NULL, "no Copydesk plugin"},
        {"options", "options.limit=1000", "limit"},
        {"options", "options.limit=many", "limit"},
        {"options", "options.mode=rude", "gentle"},
        {"options", "options.lound=true", "loud"},
        {"options", "options.file=/nowhere/at/all", "/nowhere/at/all"},
        {"options", "options.file=/tmp", "/tmp"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const char *sets[] = {faults[i].set, NULL};
        opened o = open_with(faults[i].plugin, sets);
        must_say(&o, faults[i].words);
        done(&o);
    }
}

/* ---- what a plugin asks the host ---- */

static bool says(cd_str s, const char *text)
{
    return s.ptr && s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static void options_arrive_with_their_defaults(void **state)
{
    (void)state;
    const char *const sets[] = {"options.limit=42", "options.loud=true", "options.names=a,b", NULL};
    opened o = open_with("options", sets);
    cd_host h = host();
    must_be_open(&o);
    assert_int_equal(h.option_integer(&o.stage, "limit"), 42);
    assert_int_equal(h.option_boolean(&o.stage, "loud"), 1);
    assert_true(h.option_number(&o.stage, "share") == 0.5);
    assert_true(says(h.option_string(&o.stage, "mode"), "gentle"));
    assert_int_equal(h.option_count(&o.stage, "names"), 2);
    assert_true(says(h.option_string(&o.stage, "names.1"), "b"));
    assert_int_equal(h.option_count(&o.stage, "rules"), 0);
    assert_null(h.option_file(&o.stage, "file").ptr);
    done(&o);
}

static void files_are_mapped(void **state)
{
    (void)state;
    char set[160];
    snprintf(set, sizeof set, "options.file=%s", file_of("words", "one\ntwo\n"));
    opened o = open_with("options", (const char *const[]){set, NULL});
    cd_host h = host();
    must_be_open(&o);
    assert_true(says(h.option_file(&o.stage, "file"), "one\ntwo\n"));
    done(&o);
    snprintf(set, sizeof set, "options.file=%s", file_of("empty", ""));
    opened empty = open_with("options", (const char *const[]){set, NULL});
    must_be_open(&empty);
    cd_str bytes = h.option_file(&empty.stage, "file");
    assert_true(bytes.ptr != NULL && bytes.len == 0); /* there, and empty: not absent */
    done(&empty);
}

static void counters_are_numbered_and_counted(void **state)
{
    (void)state;
    opened o = open_with("slow", NULL);
    cd_host h = host();
    int32_t seen = h.counter(&o.stage, "seen"), lost = h.counter(&o.stage, "lost");
    assert_true(seen >= 0 && lost >= 0 && seen != lost);
    assert_int_equal(h.counter(&o.stage, "seen"), seen);
    assert_int_equal(o.stage.counted, 0);
    h.count(&o.stage, seen, 3);
    h.count(&o.stage, seen, 4);
    h.count(&o.stage, -ENOSPC, 1); /* counts nowhere */
    h.count(&o.stage, 2, 1);
    h.count(&o.stage, INT32_MAX, 1);
    assert_int_equal(o.stage.counts[seen], 7);
    assert_int_equal(o.stage.counts[lost], 0);
    assert_int_equal(o.stage.counted, 1);
    done(&o);
}

static void there_are_64_counters_and_no_more(void **state)
{
    (void)state;
    char name[128];
    opened o = open_with("slow", NULL);
    cd_host h = host();
    for (int i = 0; i < CD_STAGE_COUNTERS; i++) {
        snprintf(name, sizeof name, "counter_%d", i);
        assert_int_equal(h.counter(&o.stage, name), i);
    }
    assert_int_equal(h.counter(&o.stage, "one_more"), -ENOSPC);
    assert_int_equal(h.counter(&o.stage, "counter_63"), 63);
    done(&o);
    opened other = open_with("slow", NULL);
    memset(name, 'x', 64);
    name[64] = '\0';
    assert_int_equal(h.counter(&other.stage, name), -EINVAL);
    done(&other);
}

/* What would break the lines of the hello, or the stats, is no counter's name. */
static void a_counter_has_a_name_of_the_contract(void **state)
{
    (void)state;
    opened o = open_with("slow", NULL);
    cd_host h = host();
    static const char *const bad[] = {"", "Seen", "9lives", "a b", "a\tb", "a\nstage\tx\ty\tz\t1", "caf\xc3\xa9", "_a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (h.counter(&o.stage, bad[i]) != -EINVAL)
            fail_msg("\"%s\" is a counter", bad[i]);
    assert_int_equal(h.counter(&o.stage, "a_9"), 0);
    done(&o);
}

static void the_host_s_table_says_what_it_is(void **state)
{
    (void)state;
    cd_host h = host();
    assert_int_equal(h.size, sizeof h);
    assert_int_equal(h.abi_major, COPYDESK_ABI_MAJOR);
    assert_int_equal(h.abi_minor, COPYDESK_ABI_MINOR);
    opened o = open_with("slow", NULL);
    assert_null(h.service(&o.stage, "copydesk.anything/1"));
    const cd_network *network = h.service(&o.stage, CD_NETWORK);
    assert_int_equal(network->size, sizeof *network);
    assert_int_equal(o.stage.network, 0);
    assert_int_equal(network->need(&o.stage), 0);
    assert_int_equal(o.stage.network, 1);
    done(&o);
}

/* ---- the fingerprint ---- */

static char *fingerprint(const char *plugin, const char *set)
{
    cd_buffer text = {0};
    opened o = open_with(plugin, (const char *const[]){set, NULL});
    must_be_open(&o);
    cd_stage_fingerprint(&o.stage, &text);
    done(&o);
    return text.data;
}

static void must_differ(char *a, char *b)
{
    assert_string_not_equal(a, b);
    free(a);
    free(b);
}

static void must_equal(char *a, char *b)
{
    assert_string_equal(a, b);
    free(a);
    free(b);
}

static void the_fingerprint_follows_plugin_options_and_files(void **state)
{
    (void)state;
    char set[160];
    must_equal(fingerprint("options", NULL), fingerprint("options", NULL));
    must_equal(fingerprint("options", NULL), fingerprint("options", "options.limit=7")); /* the default, said aloud */
    must_differ(fingerprint("options", NULL), fingerprint("options", "options.limit=8"));
    must_differ(fingerprint("options", NULL), fingerprint("slow", NULL));
    snprintf(set, sizeof set, "options.file=%s", file_of("table", "first"));
    char *first = fingerprint("options", set);
    must_equal(strdup(first), fingerprint("options", set));
    file_of("table", "second");
    must_differ(first, fingerprint("options", set));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stage_has_the_names_of_its_plugin),
        cmocka_unit_test(every_fault_becomes_a_problem),
        cmocka_unit_test(options_arrive_with_their_defaults),
        cmocka_unit_test(files_are_mapped),
        cmocka_unit_test(counters_are_numbered_and_counted),
        cmocka_unit_test(there_are_64_counters_and_no_more),
        cmocka_unit_test(a_counter_has_a_name_of_the_contract),
        cmocka_unit_test(the_host_s_table_says_what_it_is),
        cmocka_unit_test(the_fingerprint_follows_plugin_options_and_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
