/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/top/sample.c: see sample.h. */
#include "cli/top/sample.h"

#include "base/clock.h"
#include "cli/top/process.h"

#include <copydesk/sdk.h>
#include <errno.h>

/* Element `i` of the array; json.ptr NULL: there is none. */
static cd_answer_part element(const cd_top_sample *sample, const char *array, size_t i)
{
    char pointer[64];
    cd_answer_part whole = cd_answer_whole(&sample->answer);
    snprintf(pointer, sizeof pointer, "%s/%zu", array, i);
    return cd_answer_at(&whole, pointer, sample->elements);
}

static size_t count(const cd_top_sample *sample, const char *array)
{
    size_t n = 0;
    while (element(sample, array, n).json.ptr)
        n++;
    return n;
}

static cd_top_ledger read_ledger(const cd_answer_part *part)
{
    return (cd_top_ledger){.read = cd_answer_number(part, "/read"),
                           .published = cd_answer_number(part, "/published"),
                           .dropped = cd_answer_number(part, "/dropped"),
                           .dead_lettered = cd_answer_number(part, "/dead_lettered"),
                           .in_flight = cd_answer_number(part, "/in_flight"),
                           .gap = cd_answer_number(part, "/gap")};
}

static cd_top_reason read_reason(const cd_answer_part *part, int64_t now_ms)
{
    return (cd_top_reason){.from = cd_answer_string(part, "/from"),
                                         .text = cd_answer_string(part, "/text"),
                                         .age_ms = now_ms - cd_answer_number(part, "/since_ms")};
}

static cd_top_partition read_partition(const cd_answer_part *part)
{
    return (cd_top_partition){.topic = cd_answer_string(part, "/topic"),
                                               .partition = cd_answer_number(part, "/partition"),
                                               .lag = cd_answer_number(part, "/lag"),
                                               .ledger = read_ledger(part),
                                               .assigned = cd_answer_true(part, "/assigned"),
                                               .paused = cd_answer_true(part, "/paused")};
}

static cd_top_stage read_stage(const cd_answer_part *part)
{
    return (cd_top_stage){.name = cd_answer_string(part, "/name"),
                                       .articles = cd_answer_number(part, "/articles"),
                                       .dropped = cd_answer_number(part, "/dropped"),
                                       .rejected = cd_answer_number(part, "/rejected"),
                                       .skipped = cd_answer_number(part, "/skipped"),
                                       .crashes = cd_answer_number(part, "/crashes"),
                                       .timeouts = cd_answer_number(part, "/timeouts"),
                                       .wall_us = cd_answer_number(part, "/wall_us"),
                                       .off = cd_answer_true(part, "/off")};
}

static cd_top_process read_process(const cd_answer_part *part)
{
    return (cd_top_process){.name = cd_answer_string(part, "/name"),
                                            .state = cd_answer_string(part, "/state"),
                                            .pid = cd_answer_number(part, "/pid"),
                                            .in_flight = cd_answer_number(part, "/in_flight")};
}

/* A reload that was refused says nothing of when the one before it was accepted. */
static int64_t stages_age_ms(const cd_top_sample *sample, const cd_answer_part *whole)
{
    cd_str last = cd_answer_string(whole, "/status/reload/last");
    if (cd_str_equal(last, CD_LIT("none")))
        return sample->uptime_ms;
    return cd_str_equal(last, CD_LIT("accepted")) ? sample->time_ms - cd_answer_number(whole, "/status/reload/time_ms") : -1;
}

static void read_scalars(cd_top_sample *sample)
{
    cd_answer_part whole = cd_answer_whole(&sample->answer), stats = cd_answer_at(&whole, "/status/stats", sample->elements);
    sample->name = cd_answer_string(&stats, "/name");
    sample->pipeline = cd_answer_string(&stats, "/pipeline");
    sample->time_ms = cd_answer_number(&stats, "/time_ms");
    sample->uptime_ms = cd_answer_number(&stats, "/uptime_ms");
    sample->memory_used = cd_answer_number(&stats, "/memory_used");
    sample->memory_limit = cd_answer_number(&stats, "/memory_limit");
    sample->restarts = cd_answer_number(&stats, "/restarts");
    sample->state = cd_answer_string(&whole, "/status/state");
    sample->pid = cd_answer_number(&whole, "/status/pid");
    sample->state_age_ms = sample->time_ms - cd_answer_number(&whole, "/status/since_ms");
    sample->stages_age_ms = stages_age_ms(sample, &whole);
    cd_answer_part total = cd_answer_at(&stats, "/total", sample->elements);
    sample->total = read_ledger(&total);
}

static const char reasons[] = "/status/reasons", partitions[] = "/status/stats/partitions", stages[] = "/status/stats/stages",
                  workers[] = "/status/stats/workers";

static bool make_room(cd_top_sample *sample)
{
    sample->reason_count = count(sample, reasons);
    sample->partition_count = count(sample, partitions);
    sample->stage_count = count(sample, stages);
    sample->process_count = 1 + count(sample, workers);
    sample->reasons = calloc(sample->reason_count + 1, sizeof *sample->reasons);
    sample->partitions = calloc(sample->partition_count + 1, sizeof *sample->partitions);
    sample->stages = calloc(sample->stage_count + 1, sizeof *sample->stages);
    sample->processes = calloc(sample->process_count, sizeof *sample->processes);
    return sample->reasons && sample->partitions && sample->stages && sample->processes;
}

static void read_arrays(cd_top_sample *sample)
{
    cd_answer_part part;
    for (size_t i = 0; i < sample->reason_count; i++)
        part = element(sample, reasons, i), sample->reasons[i] = read_reason(&part, sample->time_ms);
    for (size_t i = 0; i < sample->partition_count; i++)
        part = element(sample, partitions, i), sample->partitions[i] = read_partition(&part);
    for (size_t i = 0; i < sample->stage_count; i++)
        part = element(sample, stages, i), sample->stages[i] = read_stage(&part);
    sample->processes[0] = (cd_top_process){.name = CD_LIT("desk"), .state = sample->state, .pid = sample->pid, .in_flight = -1};
    for (size_t i = 1; i < sample->process_count; i++)
        part = element(sample, workers, i - 1), sample->processes[i] = read_process(&part);
    for (size_t i = 0; i < sample->process_count; i++)
        cd_top_process_look(&sample->processes[i]);
}

int cd_top_sample_read(cd_top_sample *sample)
{
    sample->taken_ns = cd_clock_monotonic_ns();
    sample->elements = cd_json_reader_create();
    if (sample->elements == NULL || !make_room(sample))
        return -ENOMEM;
    read_scalars(sample);
    read_arrays(sample);
    return 0;
}

void cd_top_sample_fini(cd_top_sample *sample)
{
    free(sample->reasons);
    free(sample->partitions);
    free(sample->stages);
    free(sample->processes);
    cd_json_reader_destroy(sample->elements);
    cd_answer_fini(&sample->answer);
    *sample = (cd_top_sample){0};
}
