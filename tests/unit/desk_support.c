/* SPDX-License-Identifier: Apache-2.0
 *
 * See desk_support.h.
 */
#include "desk_support.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { PATIENCE_S = 60 };

const char *bench_state, *bench_retry;

/* ---- the outlet ---- */

static char *copy(const char *text) { return text ? strdup(text) : NULL; }

static void write_down(bench *b, cd_record *record)
{
    const cd_outcome *o = &record->outcome;
    assert_true(b->seen_count < BENCH_MOST);
    b->seen[b->seen_count++] = (bench_seen){.kind = o->kind,
                                            .partition = record->identity.partition,
                                            .offset = record->identity.offset,
                                            .output = o->output.ptr ? strndup(o->output.ptr, o->output.len) : NULL,
                                            .route = copy(o->route),
                                            .class = copy(o->class),
                                            .stage = copy(o->stage),
                                            .version = copy(o->version),
                                            .reason = copy(o->reason),
                                            .byte = o->byte,
                                            .signal = o->signal,
                                            .attempts = cd_record_attempts(record)};
}

static void forget_last(bench *b)
{
    bench_seen *s = &b->seen[--b->seen_count];
    free(s->output);
    free(s->route);
    free(s->class);
    free(s->stage);
    free(s->version);
    free(s->reason);
}

static int publish(void *self, cd_record *record)
{
    bench *b = self;
    assert_true(record->outcome.kind == CD_OUTCOME_PUBLISH || record->outcome.kind == CD_OUTCOME_TOMBSTONE ||
                record->outcome.kind == CD_OUTCOME_DEAD_LETTER);
    assert_int_equal(record->state, CD_RECORD_PUBLISHED);
    assert_non_null(record->origin); /* its bytes are there for dead letters, and for the key */
    if (b->not_now > 0) {
        b->not_now--;
        return -EAGAIN;
    }
    cd_str output = record->outcome.output;
    if (b->kills && output.ptr && memmem(output.ptr, output.len, b->kills, strlen(b->kills)))
        raise(SIGKILL);
    if (b->refuse && output.ptr && memmem(output.ptr, output.len, b->refuse, strlen(b->refuse))) {
        cd_desk_delivered(b->desk, record, "too-large", "the topic does not take it");
        return 0;
    }
    write_down(b, record);
    if (b->reports == BENCH_AT_ONCE) {
        cd_desk_delivered(b->desk, record, NULL, NULL);
        return 0;
    }
    assert_true(b->published_count < BENCH_MOST);
    b->published[b->published_count++] = record;
    return 0;
}

static void release(void *self, cd_record *record)
{
    bench *b = self;
    b->given_back++;
    free(record->origin);
}

static void settled(void *self, cd_lane *lane)
{
    bench *b = self;
    assert_true(lane->settled_offset > b->settled[lane->partition]);
    b->settled[lane->partition] = lane->settled_offset;
}

/* ---- beginning and end ---- */

cd_config *bench_configure(bench *b, const char *stages, const char *const *sets)
{
    char path[128];
    cd_config *config;
    cd_problems problems = {0};
    cd_config_set list[24] = {{"plugin_dir=" TEST_PLUGINS}, {"log.level=error"}};
    size_t count = 2;
    for (; sets && *sets; sets++)
        list[count++].text = *sets;
    snprintf(path, sizeof path, "%s/copydesk.conf", b->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("output = { routes = ( { name = \"sports\"; topic = \"t\"; } ); };\nstages = (\n", file);
    char *names = strdup(stages), *rest = names;
    for (const char *name, *comma = ""; (name = strsep(&rest, ",")) != NULL; comma = ",")
        fprintf(file, "%s { plugin = \"%s\"; retry = { %s }; }\n", comma, name, bench_retry && !*comma ? bench_retry : "");
    fputs(");\n", file);
    fclose(file);
    free(names);
    int status = cd_config_load(path, list, count, CD_CONFIG_LOCAL, &config, &problems);
    if (status != 0)
        cd_problems_write(&problems, stderr);
    assert_int_equal(status, 0);
    cd_problems_fini(&problems);
    return config;
}

/* A plugin's crash shall look like one also when a sanitizer is in the worker, which else ends itself with a report;
 * and its leak check wants files that the sandbox does not give. */
static void tame_sanitizers(void)
{
    setenv("ASAN_OPTIONS",
           "handle_segv=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0:handle_sigbus=0:detect_leaks=0", 1);
    setenv("TSAN_OPTIONS", "handle_segv=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0:handle_sigbus=0", 1);
}

bench *bench_try(const char *stages, const char *const *sets)
{
    char store[80];
    cd_error error = {0};
    bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    tame_sanitizers();
    cd_log_level_set(CD_LEVEL_ERROR);
    snprintf(b->folder, sizeof b->folder, "/tmp/copydesk-desk-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(store, sizeof store, "%s/state", bench_state ? bench_state : b->folder);
    b->config = bench_configure(b, stages, sets);
    assert_int_equal(cd_loop_init(&b->loop), 0);
    cd_desk_plan plan = {b->config, &b->loop, {b, publish, release, settled, NULL}, store, false};
    if (cd_desk_create(&plan, &b->desk, &error) != 0)
        fail_msg("%s", error.text);
    for (int64_t end = cd_clock_monotonic_ns() + PATIENCE_S * CD_NS_PER_S;
         !cd_desk_ready(b->desk) && !cd_desk_refusal(b->desk);) {
        bench_round(b);
        assert_true(cd_clock_monotonic_ns() < end);
    }
    return b;
}

bench *bench_start(const char *stages, const char *const *sets)
{
    bench *b = bench_try(stages, sets);
    if (cd_desk_refusal(b->desk))
        fail_msg("%s", cd_desk_refusal(b->desk));
    for (int32_t i = 0; i < BENCH_LANES; i++)
        bench_lane(b, i);
    return b;
}

void bench_drop(bench *b)
{
    char command[128];
    cd_desk_destroy(b->desk);
    for (int i = 0; i < BENCH_LANES; i++)
        cd_lane_destroy(b->lanes[i]);
    cd_loop_fini(&b->loop);
    cd_config_destroy(b->config);
    while (b->seen_count > 0)
        forget_last(b);
    snprintf(command, sizeof command, "rm -rf '%s'", b->folder);
    assert_int_equal(system(command), 0);
    free(b);
}

void bench_end(bench *b)
{
    for (int i = 0; i < BENCH_LANES; i++)
        if (b->lanes[i])
            assert_int_equal(b->lanes[i]->unsettled, 0);
    assert_int_equal(b->published_count, 0);
    cd_desk_stop(b->desk, PATIENCE_S * 1000);
    assert_int_equal(bench_budget_used(b), 0);
    assert_int_equal(b->given_back, b->taken);
    cd_stats_view view;
    cd_desk_view(b->desk, &view);
    for (size_t i = 0; i < view.child_count; i++)
        assert_string_equal(view.children[i].state, "gone");
    bench_drop(b);
}

void bench_break_off(bench *b)
{
    for (int32_t i = 0; i < BENCH_LANES; i++)
        if (b->lanes[i])
            (void)bench_lose(b, i);
    bench_deliver_all(b);
    bench_end(b);
}

/* ---- lanes and records ---- */

cd_lane *bench_lane(bench *b, int32_t partition)
{
    char topic[32];
    snprintf(topic, sizeof topic, "topic-%d", partition);
    assert_null(b->lanes[partition]);
    b->settled[partition] = -1;
    b->lanes[partition] = cd_lane_create(topic, partition, 1, NULL);
    assert_non_null(b->lanes[partition]);
    return b->lanes[partition];
}

cd_ledger bench_lose(bench *b, int32_t partition)
{
    cd_lane *lane = b->lanes[partition];
    cd_desk_abandon(b->desk, lane);
    cd_ledger ledger = lane->ledger;
    assert_int_equal(cd_ledger_gap(&ledger, lane->unsettled), 0);
    assert_int_equal(lane->unsettled, 0);
    cd_lane_destroy(lane);
    b->lanes[partition] = NULL;
    return ledger;
}

void bench_take_bytes(bench *b, int32_t partition, int64_t offset, const char *key, size_t key_length,
                      const char *payload, size_t length)
{
    cd_lane *lane = b->lanes[partition];
    cd_arrival arrival = {.identity = {.topic = {lane->topic, strlen(lane->topic)},
                                       .partition = partition,
                                       .offset = offset,
                                       .timestamp_ms = 1000 + offset},
                          .key = {key, key_length},
                          .payload = {payload, length},
                          .origin = malloc(1)};
    assert_non_null(arrival.origin);
    b->taken++;
    assert_int_equal(cd_desk_take(b->desk, lane, &arrival), 0);
}

void bench_take_id(bench *b, int32_t partition, int64_t offset, const char *id, const char *text)
{
    char *payload = NULL;
    int length = asprintf(&payload, "{\"id\": \"%s\", \"text\": \"%s\"}", id, text);
    assert_true(length > 0);
    bench_take_bytes(b, partition, offset, NULL, 0, payload, (size_t)length);
    free(payload);
}

void bench_take(bench *b, int32_t partition, int64_t offset, const char *text)
{
    char id[64];
    snprintf(id, sizeof id, "no-%d-%lld", partition, (long long)offset);
    bench_take_id(b, partition, offset, id, text);
}

/* ---- rounds ---- */

static void look_at_books(const bench *b)
{
    for (int i = 0; i < BENCH_LANES; i++) {
        const cd_lane *lane = b->lanes[i];
        if (lane == NULL)
            continue;
        assert_int_equal(cd_ledger_gap(&lane->ledger, lane->unsettled), 0);
        assert_true(lane->first <= lane->published && lane->published <= lane->claimed && lane->claimed <= lane->last);
        assert_true(lane->unsettled <= lane->last - lane->first);
        assert_int_equal(lane->settled_offset, b->settled[i]);
    }
}

void bench_round(bench *b)
{
    cd_desk_serve(b->desk);
    look_at_books(b);
    cd_loop_round(&b->loop, cd_desk_sleep_ms(b->desk));
    look_at_books(b);
}

void bench_serve(bench *b)
{
    cd_desk_serve(b->desk);
    look_at_books(b);
}

void bench_forget(bench *b)
{
    while (b->seen_count > 0)
        forget_last(b);
}

static bool all_settled(const bench *b)
{
    for (int i = 0; i < BENCH_LANES; i++)
        if (b->lanes[i] && b->lanes[i]->unsettled > 0)
            return false;
    return true;
}

static void wait_for(bench *b, const size_t *counter, size_t count)
{
    int64_t end = cd_clock_monotonic_ns() + PATIENCE_S * CD_NS_PER_S;
    while (counter ? *counter < count : !all_settled(b)) {
        bench_round(b);
        if (cd_clock_monotonic_ns() > end)
            fail_msg("after a minute %zu records have come out, and that is all", b->seen_count);
    }
}

void bench_finish(bench *b)
{
    wait_for(b, NULL, 0);
    cd_desk_serve(b->desk); /* what was settled last leaves the window */
    look_at_books(b);
    for (int i = 0; i < BENCH_LANES; i++)
        if (b->lanes[i])
            assert_int_equal(b->lanes[i]->first, b->lanes[i]->last);
}

void bench_until_seen(bench *b, size_t count) { wait_for(b, &b->seen_count, count); }
void bench_until_published(bench *b, size_t count) { wait_for(b, &b->published_count, count); }

void bench_run_ms(bench *b, int ms)
{
    for (int64_t end = cd_clock_monotonic_ns() + ms * CD_NS_PER_MS; cd_clock_monotonic_ns() < end;)
        bench_round(b);
}

void bench_deliver(bench *b, size_t index)
{
    cd_record *record = b->published[index];
    memmove(&b->published[index], &b->published[index + 1], (b->published_count - index - 1) * sizeof(cd_record *));
    b->published_count--;
    cd_desk_delivered(b->desk, record, NULL, NULL);
}

void bench_deliver_all(bench *b)
{
    while (b->published_count > 0)
        bench_deliver(b, 0);
}

/* ---- looking ---- */

const bench_seen *bench_find(const bench *b, int32_t partition, int64_t offset)
{
    const bench_seen *found = NULL;
    for (size_t i = 0; i < b->seen_count; i++)
        if (b->seen[i].partition == partition && b->seen[i].offset == offset) {
            assert_null(found);
            found = &b->seen[i];
        }
    if (found == NULL)
        fail_msg("record %d/%lld did not come out", partition, (long long)offset);
    return found;
}

void bench_in_order(const bench *b)
{
    int64_t last[BENCH_LANES] = {-1, -1, -1, -1};
    for (size_t i = 0; i < b->seen_count; i++) {
        if (b->seen[i].offset <= last[b->seen[i].partition])
            fail_msg("%d/%lld came out after %lld", b->seen[i].partition, (long long)b->seen[i].offset,
                     (long long)last[b->seen[i].partition]);
        last[b->seen[i].partition] = b->seen[i].offset;
    }
}

const cd_stage_stats *bench_stage(bench *b, const char *name)
{
    cd_stats_view view;
    cd_desk_view(b->desk, &view);
    for (size_t i = 0; i < view.stage_count; i++)
        if (strcmp(view.stages[i].name, name) == 0)
            return &view.stages[i];
    fail_msg("no stage %s", name);
    return NULL;
}

pid_t bench_pid(bench *b, const char *name)
{
    cd_stats_view view;
    cd_desk_view(b->desk, &view);
    for (size_t i = 0; i < view.child_count; i++)
        if (strcmp(view.children[i].name, name) == 0)
            return (pid_t)view.children[i].pid;
    fail_msg("no child %s", name);
    return 0;
}

uint64_t bench_budget_used(bench *b)
{
    cd_stats_view view;
    cd_desk_view(b->desk, &view);
    return view.budget_used;
}
