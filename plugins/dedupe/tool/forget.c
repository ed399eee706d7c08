/* SPDX-License-Identifier: Apache-2.0
 *
 * forget.c: `copydesk dedupe forget ARTICLE…`: what the daemon does when an original ends in the dead letters, by hand. The
 * record is no match any more, nor is what was dropped for it; the next copy is published.
 */
#include <copydesk/sdk.h>
#include <errno.h>

#include "pick.h"
#include "show.h"
#include "tool.h"

/* Says what each of these is; within a batch, or for reading. */
static int tell(const tool *t, dd_store *store, const dd_refs *refs)
{
    dd_slot slot = {0};
    int rc = 0;
    for (size_t i = 0; i < refs->count && rc == 0; i++) {
        rc = dd_store_read(store, refs->ref[i], &slot);
        if (rc == 0) {
            fputs(t->dry_run ? "would forget " : "forgetting ", stdout);
            show_who(stdout, slot.record.id, &slot.record.owner);
            fputs(": ", stdout);
            show_answer(stdout, &slot.record);
            putchar('\n');
        } else if (rc == -ENOENT) {
            puts("was forgotten before");
            rc = 0;
        }
    }
    dd_slot_fini(&slot);
    return rc;
}

static int forget_one(const tool *t, dd_store *store, const char *article)
{
    dd_refs refs = {0};
    int rc = t->dry_run ? 0 : dd_store_begin(store);
    if (rc == 0)
        rc = pick_articles(store, article, &refs);
    if (rc == 0)
        rc = tell(t, store, &refs);
    if (!t->dry_run)
        dd_store_abort(store);
    for (size_t i = 0; i < refs.count && rc == 0 && !t->dry_run; i++)
        if (!dd_store_is_forgotten(store, refs.ref[i]))
            rc = dd_store_forget(store, refs.ref[i]);
    if (rc != 0)
        tool_say("%s: not forgotten: %s", article, strerror(-rc));
    else if (refs.count == 0)
        tool_say("the store has no article %s", article);
    int failed = rc != 0 || refs.count == 0;
    dd_refs_fini(&refs);
    return failed ? TOOL_FAILED : 0;
}

int tool_forget(tool *t, int count, char **arguments)
{
    int status = 0;
    if (count == 0) {
        tool_say("forget which ARTICLE?");
        return TOOL_USAGE;
    }
    dd_store *store = t->dry_run ? tool_open_reading(t) : tool_open_alone(t);
    if (store == NULL)
        return TOOL_FAILED;
    for (int i = 0; i < count; i++)
        status |= forget_one(t, store, arguments[i]);
    dd_store_close(store);
    return status;
}
