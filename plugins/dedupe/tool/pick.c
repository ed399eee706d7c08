/* SPDX-License-Identifier: Apache-2.0
 *
 * pick.c: see pick.h. Ids are not indexed: the store never needs them.
 */
#include "pick.h"

#include <copydesk/sdk.h>
#include <errno.h>
#include <stdlib.h>

#include "match.h"
#include "progress.h"

typedef struct walk {
    cd_str id;
    dd_owner place;
    int is_place;
    const uint64_t *roots; /* ascending */
    size_t root_count;
    dd_refs *out;
    progress progress;
} walk;

/* A number from `end` back to a slash; -1 if there is none. */
static int64_t number_before(const char *text, size_t *end)
{
    size_t start = *end;
    while (start > 0 && text[start - 1] >= '0' && text[start - 1] <= '9')
        start--;
    if (start == *end || *end - start > 18 || start < 2 || text[start - 1] != '/')
        return -1;
    *end = start - 1;
    return strtoll(text + start, NULL, 10);
}

int pick_place(const char *text, dd_owner *owner)
{
    size_t end = strlen(text);
    int64_t offset = number_before(text, &end), partition = offset < 0 ? -1 : number_before(text, &end);
    if (partition < 0 || partition > INT32_MAX)
        return 0;
    *owner = (dd_owner){{text, end}, (int32_t)partition, offset};
    return 1;
}

uint64_t pick_root(const dd_record *record)
{
    return record->cluster_id.ptr != NULL ? record->canonical_owner : dd_owner_hash(&record->owner);
}

static int visit_id(void *context, dd_ref ref, const dd_record *record)
{
    walk *w = context;
    progress_step(&w->progress);
    if (!cd_str_equal(record->id, w->id) && !(w->is_place && dd_owner_equal(&record->owner, &w->place)))
        return 0;
    return dd_refs_add(w->out, ref);
}

static int run(dd_store *store, walk *w, dd_store_step *step)
{
    uint64_t damaged = 0;
    progress_start(&w->progress, "articles looked at", dd_store_measure(store).records);
    int rc = dd_store_walk(store, step, w, &damaged);
    progress_clear(&w->progress);
    return rc;
}

int pick_articles(dd_store *store, const char *article, dd_refs *out)
{
    walk w = {.id = cd_str_of(article), .out = out};
    w.is_place = pick_place(article, &w.place);
    if (w.is_place) {
        dd_matcher matcher;
        dd_ref ref;
        int rc = dd_matcher_init(&matcher);
        if (rc == 0 && (rc = dd_match_owner(&matcher, store, &w.place, &ref)) == 0)
            rc = dd_refs_add(out, ref);
        dd_matcher_fini(&matcher);
        if (rc != -ENOENT)
            return rc;
    }
    return run(store, &w, visit_id);
}

static int compare_roots(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int visit_member(void *context, dd_ref ref, const dd_record *record)
{
    walk *w = context;
    uint64_t root = pick_root(record);
    progress_step(&w->progress);
    if (bsearch(&root, w->roots, w->root_count, sizeof root, compare_roots) == NULL)
        return 0;
    return dd_refs_add(w->out, ref);
}

/* The roots of some records: the second walk looks for them. */
typedef struct roots {
    const dd_refs *records;
    uint64_t *root;
    size_t count;
} roots;

static int visit_root(void *context, dd_ref ref, const dd_record *record)
{
    roots *r = context;
    if (dd_refs_has(r->records, ref))
        r->root[r->count++] = pick_root(record);
    return r->count == r->records->count;
}

int pick_clusters(dd_store *store, const dd_refs *records, dd_refs *out)
{
    uint64_t damaged = 0;
    roots r = {records, malloc((records->count + 1) * sizeof *r.root), 0};
    if (r.root == NULL)
        return -ENOMEM;
    int rc = dd_store_walk(store, visit_root, &r, &damaged);
    if (rc >= 0) {
        qsort(r.root, r.count, sizeof *r.root, compare_roots);
        walk w = {.roots = r.root, .root_count = r.count, .out = out};
        rc = run(store, &w, visit_member);
    }
    free(r.root);
    return rc;
}
