/* SPDX-License-Identifier: Apache-2.0
 *
 * export.c: `copydesk dedupe export`: every record of the store as a line on standard output, the oldest first. Of a
 * running daemon's store it is what was there at the start.
 */
#include <copydesk/sdk.h>
#include <errno.h>

#include "line.h"
#include "progress.h"
#include "tool.h"

typedef struct output {
    dd_store *store;
    cd_json line;
    progress progress;
} output;

static int write_one(void *context, dd_ref ref, const dd_record *record)
{
    output *out = context;
    cd_json_reset(&out->line);
    line_write(&out->line, record, dd_store_is_forgotten(out->store, ref));
    cd_json_bytes(&out->line, "\n", 1);
    cd_str text = cd_json_text(&out->line);
    if (text.ptr == NULL)
        return -ENOMEM;
    if (fwrite(text.ptr, 1, text.len, stdout) != text.len)
        return -errno;
    progress_step(&out->progress);
    return 0;
}

int tool_export(tool *t, int count, char **arguments)
{
    (void)arguments;
    if (count > 0) {
        tool_say("export writes to standard output and takes no argument");
        return TOOL_USAGE;
    }
    output out = {.store = tool_open_reading(t)};
    uint64_t damaged = 0;
    if (out.store == NULL)
        return TOOL_FAILED;
    progress_start(&out.progress, "articles exported", dd_store_measure(out.store).records);
    int rc = dd_store_walk(out.store, write_one, &out, &damaged);
    if (rc == 0 && fflush(stdout) != 0)
        rc = -errno;
    progress_clear(&out.progress);
    if (rc != 0)
        tool_say("after %llu articles: %s", (unsigned long long)out.progress.done, strerror(-rc));
    else
        tool_say("%llu articles exported", (unsigned long long)out.progress.done);
    if (damaged > 0)
        tool_say("%llu records are damaged and left out", (unsigned long long)damaged);
    cd_json_free(&out.line);
    dd_store_close(out.store);
    return rc == 0 && damaged == 0 ? 0 : TOOL_FAILED;
}
