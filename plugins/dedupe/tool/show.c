/* SPDX-License-Identifier: Apache-2.0
 *
 * show.c: see show.h. Owns four static buffers for times.
 */
#include "show.h"

#include <time.h>

#include "decide.h"

const char *show_time(int64_t clock)
{
    static char text[4][32];
    static unsigned turn;
    time_t seconds = (time_t)(clock / 1000);
    struct tm tm;
    char *out = text[turn++ % 4];
    if (clock < 0 || gmtime_r(&seconds, &tm) == NULL || strftime(out, sizeof *text, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
        return "never";
    return out;
}

static void show_text(FILE *out, cd_str text)
{
    for (size_t i = 0; i < text.len; i++)
        fputc((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7F ? '?' : text.ptr[i], out);
}

void show_who(FILE *out, cd_str id, const dd_owner *owner)
{
    show_text(out, id);
    fputs(" (", out);
    show_text(out, owner->topic);
    fprintf(out, "/%d/%lld)", owner->partition, (long long)owner->offset);
}

void show_answer(FILE *out, const dd_record *record)
{
    fputs(dd_relation_name(record->relation), out);
    if (record->of_id.ptr != NULL) {
        fputs(" of ", out);
        show_who(out, record->of_id, &record->of);
        fprintf(out, ", jaccard %.3f, containment %.3f", record->jaccard / 1000.0, record->containment / 1000.0);
    }
    fputs(", cluster ", out);
    show_text(out, record->cluster_id.ptr ? record->cluster_id : record->id);
}

void show_json_who(cd_json *w, cd_str id, const dd_owner *owner)
{
    cd_json_key(w, "id");
    cd_json_string(w, id);
    cd_json_key(w, "topic");
    cd_json_string(w, owner->topic);
    cd_json_key(w, "partition");
    cd_json_integer(w, owner->partition);
    cd_json_key(w, "offset");
    cd_json_integer(w, owner->offset);
}

static void figure(cd_json *w, const char *key, const dd_record *record, uint16_t thousandths)
{
    cd_json_key(w, key);
    if (record->of_id.ptr == NULL)
        cd_json_null(w);
    else
        cd_json_number(w, thousandths / 1000.0, 3);
}

void show_json_answer(cd_json *w, const dd_record *record)
{
    cd_json_key(w, "relation");
    cd_json_cstring(w, dd_relation_name(record->relation));
    cd_json_key(w, "cluster");
    cd_json_string(w, record->cluster_id.ptr ? record->cluster_id : record->id);
    cd_json_key(w, "of");
    if (record->of_id.ptr == NULL) {
        cd_json_null(w);
    } else {
        cd_json_object(w);
        show_json_who(w, record->of_id, &record->of);
        cd_json_object_end(w);
    }
    figure(w, "jaccard", record, record->jaccard);
    figure(w, "containment", record, record->containment);
}

int show_json_line(cd_json *w)
{
    cd_str text = cd_json_text(w);
    int failed = text.ptr == NULL;
    if (!failed) {
        fwrite(text.ptr, 1, text.len, stdout);
        putchar('\n');
    }
    cd_json_reset(w);
    return failed;
}
