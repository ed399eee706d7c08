/* SPDX-License-Identifier: Apache-2.0
 *
 * match.c: candidates from the index, then comparison with each, then one choice.
 *
 * Candidates share at least two of sixteen indexed shingles: at a resemblance of .3 that finds 97 in 100, at .5 all but
 * 3 in 10,000, with sixteen lookups where banded MinHash of the same reach needs 42. A match joins the cluster of the
 * one best candidate; clusters are never merged (union-find over near pairs chains strangers together).
 *
 * Who may be a match: what is in sight and was not forgotten; not the article itself, come again, nor what was called a
 * copy of it; not an article that was dropped for one that was forgotten, for then neither is in print.
 */
#include "match.h"

#include <errno.h>
#include <stdlib.h>

#define HITS_MIN 2u
#define REFS_MAX 8192u /* places looked at for one article */
#define VERIFY_MAX 32u /* candidates compared */

typedef struct ranked {
    dd_ref ref;
    unsigned hits;
} ranked;

/* The search for one article. */
typedef struct search {
    dd_matcher *matcher;
    dd_store *store;
    dd_record *record;
    enum dd_level level;
    dd_verdict verdict; /* of the best so far */
    dd_likeness likeness;
    double score;
    dd_ref ref;
    int rc;
} search;

int dd_matcher_init(dd_matcher *matcher)
{
    *matcher = (dd_matcher){.best = &matcher->slots[0], .candidate = &matcher->slots[1]};
    matcher->refs = malloc(REFS_MAX * sizeof *matcher->refs);
    return matcher->refs ? 0 : -ENOMEM;
}

void dd_matcher_fini(dd_matcher *matcher)
{
    free(matcher->refs);
    dd_slot_fini(&matcher->slots[0]);
    dd_slot_fini(&matcher->slots[1]);
    *matcher = (dd_matcher){0};
}

/* ---- who may be a match ---- */

static int joins(const dd_record *record) { return record->cluster_id.ptr != NULL; }

static int may_match(const search *s, const dd_record *other)
{
    if (!dd_store_is_visible(s->store, other) || dd_owner_equal(&other->owner, &s->record->owner))
        return 0;
    if (!joins(other))
        return 1;
    if (other->canonical_owner == dd_owner_hash(&s->record->owner))
        return 0;
    return !other->dropped || !dd_store_is_forgotten(s->store, other->canonical);
}

/* How much a verdict is worth: any copy before any template before any relation, then by likeness. */
static double score_of(const dd_verdict *verdict, const dd_likeness *likeness)
{
    double alike = likeness->jaccard > likeness->containment ? likeness->jaccard : likeness->containment;
    if (verdict->relation == DD_EXACT)
        return 5;
    if (dd_relation_joins(verdict->relation))
        return 3 + alike;
    return verdict->relation == DD_TEMPLATE ? 1.5 + alike / 4 : verdict->relation == DD_RELATED ? alike : -1;
}

/* Swaps the candidate in if it is better. Candidates come with the older first among equals, and the older one stays.
 */
static void consider(search *s, dd_ref ref)
{
    dd_matcher *m = s->matcher;
    if (!may_match(s, &m->candidate->record) || (m->before != 0 && ref >= m->before))
        return;
    const dd_print *mine = &s->record->fingerprint.print, *other = &m->candidate->record.fingerprint.print;
    dd_likeness likeness = dd_compare(mine, other);
    dd_verdict verdict = dd_decide(mine, other, &likeness, s->level);
    if (m->watch != NULL)
        m->watch(m->watch_context, &m->candidate->record, &likeness, &verdict);
    double score = score_of(&verdict, &likeness);
    if (score < 0 || score <= s->score)
        return;
    s->verdict = verdict;
    s->likeness = likeness;
    s->score = score;
    s->ref = ref;
    dd_slot *swapped = m->best;
    m->best = m->candidate;
    m->candidate = swapped;
}

/* A record that can't be read is no candidate; only a failing store is an error. */
static int read_candidate(search *s, dd_ref ref)
{
    int rc = dd_store_read(s->store, ref, s->matcher->candidate);
    if (rc != 0 && rc != -ENOENT && rc != -EBADMSG)
        s->rc = rc;
    return rc;
}

/* ---- exact ---- */

static int visit_exact(void *context, dd_ref ref)
{
    search *s = context;
    if (read_candidate(s, ref) == 0) {
        const uint64_t *mine = s->record->fingerprint.print.exact;
        const uint64_t *other = s->matcher->candidate->record.fingerprint.print.exact;
        if (mine[0] == other[0] && mine[1] == other[1])
            consider(s, ref);
    }
    return s->rc != 0 || s->verdict.relation == DD_EXACT;
}

/* ---- near ---- */

static int visit_shingle(void *context, dd_ref ref)
{
    search *s = context;
    s->matcher->refs[s->matcher->count++] = ref;
    return s->matcher->count == REFS_MAX;
}

static int compare_refs(const void *a, const void *b)
{
    dd_ref x = *(const dd_ref *)a, y = *(const dd_ref *)b;
    return (x > y) - (x < y);
}

/* The smallest shingles, until there are sixteen whose lists are open: those of closed lists entered no later record.
 */
static void gather(search *s)
{
    const dd_print *print = &s->record->fingerprint.print;
    unsigned open = 0;
    s->matcher->count = 0;
    for (unsigned i = 0; i < print->indexed_count && open < DD_POSTINGS && s->matcher->count < REFS_MAX; i++)
        open += !dd_store_find(s->store, DD_SHINGLE, print->indexed[i], visit_shingle, s);
    if (s->matcher->count > 1)
        qsort(s->matcher->refs, s->matcher->count, sizeof *s->matcher->refs, compare_refs);
}

/* Most hits first, the older first among equals: at most VERIFY_MAX, put in place one after the other. */
static unsigned rank(const dd_matcher *m, ranked *best)
{
    unsigned count = 0;
    for (size_t i = 0, next; i < m->count; i = next) {
        for (next = i + 1; next < m->count && m->refs[next] == m->refs[i];)
            next++;
        unsigned hits = (unsigned)(next - i);
        if (hits < HITS_MIN || (count == VERIFY_MAX && best[count - 1].hits >= hits))
            continue;
        unsigned at = count < VERIFY_MAX ? count++ : count - 1;
        for (; at > 0 && best[at - 1].hits < hits; at--)
            best[at] = best[at - 1];
        best[at] = (ranked){m->refs[i], hits};
    }
    return count;
}

static void search_near(search *s)
{
    ranked best[VERIFY_MAX];
    gather(s);
    unsigned count = rank(s->matcher, best);
    for (unsigned i = 0; i < count && s->rc == 0; i++)
        if (read_candidate(s, best[i].ref) == 0)
            consider(s, best[i].ref);
}

/* ---- the choice ---- */

static uint16_t thousandths(double share) { return (uint16_t)(share * 1000 + .5); }

static void set_figures(dd_record *record, const dd_verdict *verdict, const dd_likeness *likeness)
{
    record->relation = (uint8_t)verdict->relation;
    record->sure = (uint8_t)verdict->sure;
    record->jaccard = thousandths(likeness->jaccard);
    record->containment = thousandths(likeness->containment);
}

static void set_other(dd_record *record, const dd_record *other)
{
    record->of_id = other->id;
    record->of = other->owner;
    record->of_dropped = other->dropped;
}

/* The best match is itself a copy. The answer names the original if that is alike too: it is the one in print. */
static void follow_to_original(search *s)
{
    const dd_record *best = &s->matcher->best->record, *original;
    s->record->cluster_id = best->cluster_id;
    s->record->canonical = best->canonical;
    s->record->canonical_owner = best->canonical_owner;
    if (s->verdict.relation == DD_EXACT && !best->dropped)
        return;
    if (read_candidate(s, best->canonical) != 0)
        return;
    original = &s->matcher->candidate->record;
    if (!dd_store_is_visible(s->store, original))
        return;
    dd_likeness likeness = dd_compare(&s->record->fingerprint.print, &original->fingerprint.print);
    dd_verdict verdict = dd_decide(&s->record->fingerprint.print, &original->fingerprint.print, &likeness, s->level);
    if (!dd_relation_joins(verdict.relation))
        return;
    set_figures(s->record, &verdict, &likeness);
    set_other(s->record, original);
}

static void settle(search *s)
{
    dd_record *record = s->record, *best = &s->matcher->best->record;
    if (s->score < 0)
        return;
    set_figures(record, &s->verdict, &s->likeness);
    set_other(record, best);
    if (!dd_relation_joins(s->verdict.relation))
        return;
    /* A word-for-word copy adds no shingles to the index while the segment that has the other grows. */
    record->indexed = s->verdict.relation != DD_EXACT || !dd_store_is_newest(s->store, s->ref);
    record->cluster_id = best->id;
    record->canonical = s->ref;
    record->canonical_owner = dd_owner_hash(&best->owner);
    if (joins(best))
        follow_to_original(s);
}

void dd_match_nothing(dd_record *record)
{
    const dd_print *print = &record->fingerprint.print;
    record->relation = print->tokens == 0 ? DD_UNKNOWN : DD_NONE;
    record->indexed = print->tokens > 0;
    record->sure = record->dropped = record->of_dropped = 0;
    record->jaccard = record->containment = 0;
    record->of_id = record->cluster_id = (cd_str){NULL, 0};
    record->of = (dd_owner){{NULL, 0}, 0, 0};
    record->canonical = record->canonical_owner = 0;
}

int dd_match(dd_matcher *matcher, dd_store *store, dd_record *record, enum dd_level level)
{
    search s = {.matcher = matcher, .store = store, .record = record, .level = level, .score = -1};
    const dd_print *print = &record->fingerprint.print;
    dd_match_nothing(record);
    if (print->tokens == 0)
        return 0;
    dd_store_find(store, DD_EXACT_KEY, (uint32_t)print->exact[0], visit_exact, &s);
    if (s.rc == 0 && s.verdict.relation != DD_EXACT && print->tokens >= DD_TOKENS_MIN)
        search_near(&s);
    if (s.rc == 0)
        settle(&s);
    return s.rc;
}

/* ---- the memo ---- */

typedef struct owner_search {
    dd_matcher *matcher;
    dd_store *store;
    const dd_owner *owner;
    dd_ref *ref;
    int rc;
} owner_search;

static int visit_owner(void *context, dd_ref ref)
{
    owner_search *s = context;
    int rc = dd_store_read(s->store, ref, s->matcher->best);
    if (rc == 0 && dd_owner_equal(&s->matcher->best->record.owner, s->owner)) {
        *s->ref = ref;
        s->rc = 0;
        return 1;
    }
    if (rc != 0 && rc != -ENOENT && rc != -EBADMSG) {
        s->rc = rc;
        return 1;
    }
    return 0;
}

int dd_match_owner(dd_matcher *matcher, dd_store *store, const dd_owner *owner, dd_ref *ref)
{
    owner_search s = {.matcher = matcher, .store = store, .owner = owner, .ref = ref, .rc = -ENOENT};
    dd_store_find(store, DD_OWNER, (uint32_t)dd_owner_hash(owner), visit_owner, &s);
    return s.rc;
}
