/* SPDX-License-Identifier: Apache-2.0
 *
 * import.c: `copydesk dedupe import [FILE…]`: fills a store from lines of `export`, or from enriched articles as they stand
 * in the output topic. Owns the batch in hand.
 *
 * A line of `export` is taken as it is; only the place of its cluster's first record is looked up, since that is the
 * store's own matter. An enriched article gives its text anew, and keeps the answer that it was published with, so that its
 * record, delivered again, gets the same bytes; one without an answer is decided now. Who is known already is left alone:
 * the same file twice changes nothing.
 */
#include <copydesk/sdk.h>
#include <errno.h>

#include "article.h"
#include "line.h"
#include "match.h"
#include "pick.h"
#include "progress.h"

#define BATCH 500

typedef struct import {
    tool *t;
    dd_store *store;
    dd_matcher matcher;
    reader reader;
    dd_record record; /* of the line in hand */
    dd_refs forgotten; /* to be forgotten at the end, when nobody looks for them any more */
    const char *file;
    uint64_t line, batch, taken, known, refused;
    int store_failed; /* its batch is lost */
    progress progress;
} import;

/* ---- the record of a line ---- */

typedef struct root_search {
    import *in;
    uint64_t hash;
    dd_ref ref;
    dd_slot slot;
} root_search;

static int visit_root(void *context, dd_ref ref)
{
    root_search *s = context;
    if (dd_store_read(s->in->store, ref, &s->slot) != 0 || dd_owner_hash(&s->slot.record.owner) != s->hash)
        return 0;
    s->ref = ref;
    return 1;
}

/* The record whose owner has this hash; 0 where it is not in the store (any more). */
static dd_ref find_root(import *in, uint64_t hash)
{
    root_search s = {.in = in, .hash = hash};
    dd_store_find(in->store, DD_OWNER, (uint32_t)hash, visit_root, &s);
    dd_slot_fini(&s.slot);
    return s.ref;
}

/* What rests on the other article's record: how sure it is, whose cluster. */
static int join(import *in, dd_record *record)
{
    dd_ref ref;
    record->canonical_owner = dd_owner_hash(&record->of);
    if (in->store == NULL)
        return 0;
    int rc = dd_match_owner(&in->matcher, in->store, &record->of, &ref);
    if (rc != 0)
        return rc == -ENOENT ? 0 : rc;
    const dd_record *other = &in->matcher.best->record;
    dd_likeness likeness = dd_compare(&record->fingerprint.print, &other->fingerprint.print);
    record->sure = (uint8_t)dd_decide(&record->fingerprint.print, &other->fingerprint.print, &likeness, in->t->settings.level).sure;
    record->of_dropped = other->dropped;
    if (other->cluster_id.ptr != NULL)
        record->canonical_owner = other->canonical_owner;
    return 0;
}

/* An exact copy needs no shingles in the index as long as the other's are in the same segment. */
static void complete(import *in, dd_record *record)
{
    record->indexed = record->fingerprint.print.tokens > 0;
    if (record->cluster_id.ptr == NULL)
        return;
    record->canonical = find_root(in, record->canonical_owner);
    if (record->relation == DD_EXACT && record->canonical != 0 && dd_store_is_newest(in->store, record->canonical))
        record->indexed = 0;
}

/* An enriched article. 0; 1: decided here; -errno, with a reason for -EINVAL. */
static int read_article(import *in, const json_t *root, char *why, size_t why_size)
{
    dd_record *record = &in->record;
    *record = (dd_record){0};
    if (reader_owner(root, &record->owner, &record->clock) != 0) {
        snprintf(why, why_size, "there is no provenance.source: send raw articles through copydesk run or the daemon first");
        return -EINVAL;
    }
    if (reader_read(&in->reader, root, &record->owner, why, why_size) != 0)
        return -EINVAL;
    cd_str blob = {in->reader.article.blob, in->reader.article.blob_length};
    if (dd_blob_read(blob, &record->fingerprint, &record->id) != 0)
        return -EBADMSG;
    const json_t *answer = json_object_get(json_object_get(root, "enrichment"), in->t->member);
    if (!json_is_object(answer))
        return 1;
    if (line_read_answer(answer, record) == 0)
        return record->cluster_id.ptr != NULL ? join(in, record) : 0;
    snprintf(why, why_size, "enrichment.%s is no answer of dedupe", in->t->member);
    return -EINVAL;
}

/* ---- into the store ---- */

static int is_known(import *in, const dd_owner *owner)
{
    dd_ref ref;
    return dd_match_owner(&in->matcher, in->store, owner, &ref) == 0;
}

static int add(import *in, int decide, int forgotten)
{
    dd_record *record = &in->record;
    int rc = dd_store_ends(in->store, record->clock) ? dd_store_roll(in->store) : 0;
    if (rc != 0)
        return rc;
    dd_store_tick(in->store, record->clock);
    if (decide)
        rc = dd_match(&in->matcher, in->store, record, in->t->settings.level);
    else
        complete(in, record);
    if (rc == 0)
        rc = dd_store_add(in->store, record);
    if (rc == 0 && forgotten) {
        dd_ref ref;
        rc = dd_match_owner(&in->matcher, in->store, &record->owner, &ref);
        if (rc == 0)
            rc = dd_refs_add(&in->forgotten, ref);
    }
    if (rc == 0 && ++in->batch == BATCH) {
        in->batch = 0;
        if ((rc = dd_store_commit(in->store)) == 0)
            rc = dd_store_begin(in->store);
    }
    return rc;
}

static void refuse(import *in, const char *why)
{
    progress_clear(&in->progress);
    fprintf(stderr, "%s:%llu: %s\n", in->file, (unsigned long long)in->line, why);
    in->refused++;
}

/* 0, or -errno that ends the import. */
static int take(import *in, const json_t *root)
{
    char why[300] = "this is no line of `copydesk dedupe export`, and no enriched article";
    int forgotten = 0, rc = -EINVAL;
    if (json_is_object(root))
        rc = line_is(root) ? line_read(root, &in->record, &forgotten) : read_article(in, root, why, sizeof why);
    if (rc == -EPROTO)
        refuse(in, "written by another version of dedupe: import the enriched articles instead");
    else if (rc == -EINVAL || rc == -EBADMSG)
        refuse(in, why);
    if (rc < 0)
        return rc == -EINVAL || rc == -EBADMSG ? 0 : rc;
    if (in->store != NULL && is_known(in, &in->record.owner)) {
        in->known++;
        return 0;
    }
    in->taken++;
    rc = in->t->dry_run ? 0 : add(in, rc == 1, forgotten);
    in->store_failed = rc != 0;
    return rc;
}

static int import_file(import *in, const char *name)
{
    int from_stdin = strcmp(name, "-") == 0, rc = 0;
    FILE *file = from_stdin ? stdin : fopen(name, "re");
    char *text = NULL, why[200];
    size_t size = 0;
    in->file = name;
    in->line = 0;
    if (file == NULL)
        return -errno;
    for (ssize_t length; rc == 0 && (length = getline(&text, &size, file)) > 0;) {
        json_error_t error;
        in->line++;
        progress_step(&in->progress);
        json_t *root = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
        if (root != NULL) {
            rc = take(in, root);
            json_decref(root);
        } else if (strspn(text, " \t\r\n") != (size_t)length) {
            snprintf(why, sizeof why, "no JSON: %s", error.text);
            refuse(in, why);
        }
    }
    if (rc == 0 && ferror(file))
        rc = -EIO;
    free(text);
    if (!from_stdin)
        fclose(file);
    return rc;
}

/* ---- the whole ---- */

/* The last batch, and what is to be forgotten. What a file did wrong costs nothing of what was read before. */
static int finish(import *in, int rc)
{
    int ended = in->store_failed ? rc : dd_store_commit(in->store);
    if (ended != 0)
        dd_store_abort(in->store);
    for (size_t i = 0; i < in->forgotten.count && ended == 0; i++)
        ended = dd_store_forget(in->store, in->forgotten.ref[i]);
    if (ended != 0)
        tool_say("the last %llu articles are not kept; run it again", (unsigned long long)in->batch);
    return rc ? rc : ended;
}

static int import_files(import *in, int count, char **names)
{
    static char dash[] = "-", *standard_input[] = {dash};
    int rc = in->t->dry_run ? 0 : dd_store_begin(in->store);
    if (count == 0) {
        names = standard_input;
        count = 1;
    }
    for (int i = 0; i < count && rc == 0; i++)
        if ((rc = import_file(in, names[i])) != 0)
            tool_say("%s, line %llu: %s", names[i], (unsigned long long)in->line,
                     rc == -EPROTO ? "nothing of another version can be taken" : strerror(-rc));
    return in->t->dry_run ? rc : finish(in, rc);
}

static int open_all(import *in)
{
    tool *t = in->t;
    if (t->dry_run) /* who is known already can be told only where there is a store */
        in->store = tool_has_store(t) ? tool_open_reading(t) : NULL;
    else
        in->store = tool_make_folder(t) == 0 ? tool_open_alone(t) : NULL;
    if (in->store == NULL && !(t->dry_run && !tool_has_store(t)))
        return -EIO;
    int rc = dd_matcher_init(&in->matcher);
    return rc == 0 ? reader_init(&in->reader, t) : rc;
}

int tool_import(tool *t, int count, char **arguments)
{
    static import in;
    in = (import){.t = t};
    int rc = open_all(&in);
    if (rc == 0) {
        progress_start(&in.progress, "lines read", 0);
        rc = import_files(&in, count, arguments);
        progress_clear(&in.progress);
        tool_say("%llu articles %s, %llu known already, %llu refused", (unsigned long long)in.taken,
                 t->dry_run ? "would be imported" : "imported", (unsigned long long)in.known, (unsigned long long)in.refused);
    }
    reader_fini(&in.reader);
    dd_matcher_fini(&in.matcher);
    dd_refs_fini(&in.forgotten);
    dd_store_close(in.store);
    return rc == 0 && in.refused == 0 ? 0 : TOOL_FAILED;
}
