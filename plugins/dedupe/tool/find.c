/* SPDX-License-Identifier: Apache-2.0
 *
 * find.c: `copydesk dedupe find ARTICLE…`: what the store remembers of an article, and the rest of its cluster.
 */
#include <copydesk/sdk.h>
#include <errno.h>

#include "pick.h"
#include "show.h"
#include "tool.h"

typedef struct finding {
    const tool *t;
    dd_store *store;
    const dd_refs *found; /* of the articles asked for; the rest are only of their clusters */
    cd_json json;
} finding;

static void print_record(const finding *f, dd_ref ref, const dd_record *record)
{
    int asked = dd_refs_has(f->found, ref);
    fputs(asked ? "" : "    ", stdout);
    show_who(stdout, record->id, &record->owner);
    fputs(": ", stdout);
    show_answer(stdout, record);
    if (record->dropped)
        fputs(", dropped", stdout);
    if (dd_store_is_forgotten(f->store, ref))
        fputs(", forgotten", stdout);
    if (asked)
        printf("\n  %s, %u words, %u figures, %s, segment %u", show_time(record->clock), record->fingerprint.print.tokens,
               record->fingerprint.print.number_count,
               dd_store_is_visible(f->store, record) ? "in the window" : "out of the window", DD_REF_SEGMENT(ref));
    putchar('\n');
}

static void flag(cd_json *w, const char *key, int value)
{
    cd_json_key(w, key);
    cd_json_boolean(w, value);
}

static int write_record(finding *f, dd_ref ref, const dd_record *record)
{
    cd_json *w = &f->json;
    cd_json_object(w);
    flag(w, "asked_for", dd_refs_has(f->found, ref));
    show_json_who(w, record->id, &record->owner);
    show_json_answer(w, record);
    cd_json_key(w, "clock");
    cd_json_integer(w, record->clock);
    cd_json_key(w, "words");
    cd_json_integer(w, record->fingerprint.print.tokens);
    flag(w, "sure", record->sure);
    flag(w, "dropped", record->dropped);
    flag(w, "forgotten", dd_store_is_forgotten(f->store, ref));
    flag(w, "in_window", dd_store_is_visible(f->store, record));
    cd_json_object_end(w);
    return show_json_line(w) ? -ENOMEM : 0;
}

/* Walks once more: there may be many, and they are told in their order. */
typedef struct telling {
    finding *f;
    const dd_refs *refs;
    size_t told;
} telling;

static int tell(void *context, dd_ref ref, const dd_record *record)
{
    telling *t = context;
    int rc = 0;
    if (!dd_refs_has(t->refs, ref))
        return 0;
    if (t->f->t->json)
        rc = write_record(t->f, ref, record);
    else
        print_record(t->f, ref, record);
    return rc != 0 ? rc : ++t->told == t->refs->count;
}

static int find_one(finding *f, const char *article)
{
    dd_refs found = {0}, members = {0};
    uint64_t damaged = 0;
    f->found = &found;
    int rc = pick_articles(f->store, article, &found);
    if (rc == 0 && found.count == 0) {
        tool_say("the store has no article %s", article);
        rc = TOOL_FAILED;
    } else if (rc == 0 && (rc = pick_clusters(f->store, &found, &members)) == 0) {
        telling t = {f, &members, 0};
        rc = dd_store_walk(f->store, tell, &t, &damaged);
        rc = rc < 0 ? rc : 0;
    }
    if (rc < 0)
        tool_say("%s: %s", article, strerror(-rc));
    dd_refs_fini(&found);
    dd_refs_fini(&members);
    return rc == 0 ? 0 : TOOL_FAILED;
}

int tool_find(tool *t, int count, char **arguments)
{
    int status = 0;
    if (count == 0) {
        tool_say("find which ARTICLE?");
        return TOOL_USAGE;
    }
    finding f = {.t = t, .store = tool_open_reading(t)};
    if (f.store == NULL)
        return TOOL_FAILED;
    for (int i = 0; i < count; i++)
        status |= find_one(&f, arguments[i]);
    cd_json_free(&f.json);
    dd_store_close(f.store);
    return status;
}
