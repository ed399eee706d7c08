/* SPDX-License-Identifier: Apache-2.0
 *
 * stats.c: `copydesk dedupe stats`: what the store holds. Counting relations reads every record, and is asked for.
 */
#include <copydesk/sdk.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "progress.h"
#include "show.h"
#include "tool.h"

typedef struct tally {
    dd_store *store;
    progress progress;
    uint64_t relation[DD_RELATIONS], dropped, forgotten, damaged;
} tally;

static int count_record(void *context, dd_ref ref, const dd_record *record)
{
    tally *t = context;
    t->relation[record->relation]++;
    t->dropped += record->dropped;
    t->forgotten += (uint64_t)dd_store_is_forgotten(t->store, ref);
    progress_step(&t->progress);
    return 0;
}

static uint64_t file_bytes(const tool *t, uint32_t number)
{
    char path[4200];
    struct stat s;
    snprintf(path, sizeof path, "%s/segment-%08" PRIu32 ".mdb", t->folder, number);
    return stat(path, &s) == 0 ? (uint64_t)s.st_blocks * 512 : 0;
}

/* ---- for people ---- */

static void print_segments(const tool *t, dd_store *store)
{
    dd_segment_view view;
    uint64_t records = 0, bytes = 0;
    printf("%s: a window of %.4g days\n%8s %11s %14s  %-20s  %-20s\n", t->folder, (double)t->settings.window_ms / 86400e3,
           "segment", "articles", "bytes", "from", "to");
    for (size_t i = 0; dd_store_segment(store, i, &view); i++) {
        uint64_t size = file_bytes(t, view.number);
        printf("%8" PRIu32 " %11" PRIu32 " %14" PRIu64 "  %-20s  %-20s%s\n", view.number, view.records, size,
               show_time(view.first), show_time(view.last), view.is_sealed ? "" : "  grows");
        records += view.records;
        bytes += size;
    }
    printf("%8s %11" PRIu64 " %14" PRIu64 "\n", "all", records, bytes);
}

static void print_counts(const tally *t)
{
    for (int i = 0; i < DD_RELATIONS; i++)
        printf("%-9s %10" PRIu64 "\n", dd_relation_name(i), t->relation[i]);
    printf("%-9s %10" PRIu64 "\n%-9s %10" PRIu64 "\n%-9s %10" PRIu64 "\n", "dropped", t->dropped, "forgotten", t->forgotten,
           "damaged", t->damaged);
}

/* ---- as JSON ---- */

static void json_number(cd_json *w, const char *key, uint64_t value)
{
    cd_json_key(w, key);
    cd_json_integer(w, (int64_t)value);
}

static void json_segments(const tool *t, dd_store *store, cd_json *w)
{
    dd_segment_view view;
    cd_json_key(w, "segments");
    cd_json_array(w);
    for (size_t i = 0; dd_store_segment(store, i, &view); i++) {
        cd_json_object(w);
        json_number(w, "number", view.number);
        json_number(w, "articles", view.records);
        json_number(w, "bytes", file_bytes(t, view.number));
        cd_json_key(w, "from");
        cd_json_integer(w, view.first);
        cd_json_key(w, "to");
        cd_json_integer(w, view.last);
        cd_json_key(w, "sealed");
        cd_json_boolean(w, view.is_sealed);
        cd_json_object_end(w);
    }
    cd_json_array_end(w);
}

static void json_counts(const tally *t, cd_json *w)
{
    cd_json_key(w, "relations");
    cd_json_object(w);
    for (int i = 0; i < DD_RELATIONS; i++)
        json_number(w, dd_relation_name(i), t->relation[i]);
    cd_json_object_end(w);
    json_number(w, "dropped", t->dropped);
    json_number(w, "forgotten", t->forgotten);
    json_number(w, "damaged", t->damaged);
}

int tool_stats(tool *t, int count, char **arguments)
{
    (void)count, (void)arguments;
    tally counted = {.store = tool_open_reading(t)};
    cd_json w = {0};
    int status = 0;
    if (counted.store == NULL)
        return TOOL_FAILED;
    progress_start(&counted.progress, "articles counted", dd_store_measure(counted.store).records);
    if (t->count && dd_store_walk(counted.store, count_record, &counted, &counted.damaged) != 0)
        status = TOOL_FAILED;
    progress_clear(&counted.progress);
    if (t->json) {
        cd_json_object(&w);
        cd_json_key(&w, "folder");
        cd_json_cstring(&w, t->folder);
        json_number(&w, "articles", dd_store_measure(counted.store).records);
        json_segments(t, counted.store, &w);
        if (t->count)
            json_counts(&counted, &w);
        cd_json_object_end(&w);
        status |= show_json_line(&w);
    } else {
        print_segments(t, counted.store);
        if (t->count)
            print_counts(&counted);
    }
    cd_json_free(&w);
    dd_store_close(counted.store);
    return status;
}
