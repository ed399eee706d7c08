/* SPDX-License-Identifier: Apache-2.0
 *
 * replica.c: see replica.h. Owns the copy, the shared log's client and the away store (away.c).
 *
 * `level` says that at some moment the copy had all of the log. It need not be so now: an append finds out. It is false
 * after each new connection, since the server may be another by then, and after an answer that did not tell all.
 */
#include "replica.h"

#include <copydesk/network.h>
#include <copydesk/sdk.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "away.h"
#include "shared.h"

#define SLICE_MS 1000 /* of catching up in one call */

struct dd_replica {
    const cd_host *host;
    cd_stage *stage;
    dd_shared *shared;
    dd_store *store;
    dd_matcher matcher;
    dd_away *away;
    uint64_t connection;
    int level, refilled; /* refilled: the log got records back from the copy */
    uint32_t seen;       /* forgotten refs of the newest segment that the log told of */
    uint32_t log_oldest;
    dd_refs unsent; /* forgotten here, and the log does not know */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void say(const dd_replica *r, int32_t level, const char *what)
{
    char line[400];
    snprintf(line, sizeof line, "the shared store: %s", what);
    r->host->log(r->stage, level, cd_str_of(line));
}

dd_store *dd_replica_store(dd_replica *r) { return r->store; }
const char *dd_replica_why(const dd_replica *r) { return dd_shared_why(r->shared); }

/* ---- how far the copy knows the log ---- */

/* The point behind `records` of a segment of the copy. `last` is borrowed from the open batch. */
static int point_of(dd_replica *r, uint32_t segment, uint32_t records, dd_point *point)
{
    uint32_t before = segment;
    *point = (dd_point){.segment = segment, .records = records, .forgotten = r->seen};
    if (records == 0)
        records = dd_store_count(r->store, --before);
    return records > 0 ? dd_store_bytes(r->store, DD_REF(before, records - 1), &point->last) : 0;
}

/* The point of all that is committed. */
static int point_now(dd_replica *r, dd_point *point)
{
    dd_store_extent e = dd_store_measure_extent(r->store);
    return point_of(r, e.newest, e.records - e.fresh, point);
}

static int begin_over(dd_replica *r, uint32_t segment)
{
    r->seen = 0;
    r->level = 0;
    dd_refs_fini(&r->unsent); /* refs of another log */
    int rc = dd_away_unsent_sent(r->away);
    return rc == 0 ? dd_store_reset(r->store, segment) : rc;
}

/* ---- learning ---- */

static int apply_records(dd_replica *r, const dd_news *news)
{
    size_t count = dd_news_records(news);
    int rc = count > 0 ? dd_store_begin(r->store) : 0;
    if (rc != 0 || count == 0)
        return rc;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = dd_store_apply(r->store, dd_news_record(news, i));
    if (rc == 0)
        rc = dd_store_commit(r->store);
    if (rc != 0)
        dd_store_abort(r->store);
    return rc;
}

static int apply_forgotten(dd_replica *r, const dd_news *news)
{
    int rc = 0;
    for (size_t i = 0; i < dd_news_forgotten(news) && rc == 0; i++, r->seen++)
        if (!dd_store_is_forgotten(r->store, dd_news_forgotten_ref(news, i)))
            rc = dd_store_forget(r->store, dd_news_forgotten_ref(news, i));
    return rc;
}

/* The log goes on in the next segment, and so does the copy. */
static int follow_roll(dd_replica *r)
{
    int rc = dd_store_begin(r->store);
    if (rc == 0)
        rc = dd_store_roll(r->store);
    if (rc == 0)
        r->seen = 0;
    dd_store_abort(r->store);
    return rc;
}

/* What a call that came too early brought. No batch is open. */
static int learn(dd_replica *r, const dd_news *news)
{
    r->level = 0;
    if (news->state != DD_BEHIND)
        return 0; /* dd_replica_ready looks into it */
    r->log_oldest = news->oldest;
    int rc = apply_records(r, news);
    if (rc == 0)
        rc = apply_forgotten(r, news);
    dd_store_extent e = dd_store_measure_extent(r->store);
    if (rc == 0 && e.records == news->records) {
        r->level = e.newest == news->newest;
        if (!r->level)
            rc = follow_roll(r);
    }
    return rc;
}

/* ---- where the log is another ---- */

/* The next records of a segment that the log has up to `from`. */
static int refill_row(dd_replica *r, uint32_t segment, uint32_t from, dd_news *news, uint32_t *count)
{
    cd_str records[DD_SHARED_ROW];
    dd_point point;
    dd_store_extent e = dd_store_measure_extent(r->store);
    uint32_t all = dd_store_count(r->store, segment);
    int rc = point_of(r, segment, from, &point);
    *count = 0;
    if (rc == 0 && from == all && segment == e.newest)
        return dd_shared_read(r->shared, &point, 0, news);
    if (rc == 0 && from == all)
        return dd_shared_roll(r->shared, &point, 0, 0, news);
    for (; rc == 0 && *count < DD_SHARED_ROW && from + *count < all; ++*count)
        rc = dd_store_bytes(r->store, DD_REF(segment, from + *count), &records[*count]);
    return rc == 0 ? dd_shared_append(r->shared, &point, records, *count, news) : rc;
}

/* Puts back what the log lacks, from one place on, for as long as the log agrees. `apart` if it never did. */
static int refill(dd_replica *r, uint32_t segment, uint32_t from, int64_t until_ms, int *apart)
{
    dd_store_extent e = dd_store_measure_extent(r->store);
    dd_news news = {.state = DD_LEVEL};
    uint32_t count = 0;
    int rc = dd_store_begin(r->store), done = 0;
    while (rc == 0 && !done && news.state == DD_LEVEL && now_ms() < until_ms) {
        int at_end = from == dd_store_count(r->store, segment);
        rc = refill_row(r, segment, from, &news, &count);
        if (rc != 0)
            break;
        if (news.state == DD_LEVEL) {
            r->refilled |= count > 0;
            done = at_end && segment == e.newest;
            from = at_end ? 0 : from + count;
            segment += (uint32_t)(at_end && !done);
            r->seen = at_end && !done ? 0 : r->seen;
        }
        *apart = news.state == DD_APART;
        dd_news_end(&news);
    }
    dd_store_abort(r->store);
    return rc;
}

/* The log is not the one that the copy knows. Is it a beginning of it, then the copy has the rest; else it is right. */
static int reconcile(dd_replica *r, uint32_t oldest, uint32_t newest, int64_t until_ms)
{
    dd_store_extent e = dd_store_measure_extent(r->store);
    dd_point start = {.segment = newest};
    dd_news news;
    int apart = newest < e.oldest || newest > e.newest || (e.oldest == e.newest && e.records == 0);
    r->log_oldest = oldest;
    if (!apart) {
        int rc = dd_shared_read(r->shared, &start, 0, &news);
        if (rc != 0)
            return rc;
        uint32_t records = news.records;
        r->seen = 0;
        apart = news.state == DD_APART || news.state == DD_EMPTY || records > dd_store_count(r->store, newest);
        if (!apart)
            rc = apply_forgotten(r, &news);
        dd_news_end(&news);
        if (rc == 0 && !apart)
            rc = refill(r, newest, records, until_ms, &apart);
        if (rc != 0 || !apart)
            return rc;
    }
    if (e.records > 0 || e.oldest < e.newest)
        say(r, CD_LOG_WARNING, "it has another log than the copy here, which begins anew");
    return begin_over(r, oldest);
}

/* ---- catching up ---- */

static int read_on(dd_replica *r, dd_news *news)
{
    dd_point point;
    int rc = dd_store_begin(r->store);
    if (rc == 0)
        rc = point_now(r, &point);
    if (rc == 0)
        rc = dd_shared_read(r->shared, &point, DD_SHARED_PAGE, news);
    dd_store_abort(r->store);
    return rc;
}

static int found_log(dd_replica *r)
{
    dd_news news;
    dd_point start = {.segment = dd_store_measure_extent(r->store).oldest};
    int rc = dd_shared_found(r->shared, &start, &news);
    if (rc == 0)
        dd_news_end(&news);
    return rc;
}

static int catch_up(dd_replica *r, int64_t until_ms)
{
    while (!r->level && now_ms() < until_ms) {
        dd_news news;
        int rc = read_on(r, &news);
        if (rc != 0)
            return rc;
        if (news.state == DD_EMPTY)
            rc = found_log(r);
        else if (news.state == DD_APART)
            rc = reconcile(r, news.oldest, news.newest, until_ms);
        else if (news.state == DD_BEHIND)
            rc = learn(r, &news);
        else
            r->log_oldest = news.oldest, r->level = 1;
        dd_news_end(&news);
        if (rc == -EBADMSG)
            return dd_shared_reject(r->shared);
        if (rc != 0)
            return rc;
    }
    return r->level ? 0 : -EAGAIN;
}

/* ---- the connection ---- */

static int connect_to_server(dd_replica *r)
{
    char policy[64], line[200];
    int rc = dd_shared_connect(r->shared);
    if (rc != 0 || dd_shared_connection(r->shared) == r->connection)
        return rc;
    if (dd_shared_evicts(r->shared, policy, sizeof policy)) {
        snprintf(line, sizeof line,
                 "its maxmemory-policy is %s: set noeviction, or a full memory forgets articles without a word",
                 policy);
        say(r, CD_LOG_WARNING, line);
    }
    if (dd_shared_connection(r->shared) == 0)
        return -ENOTCONN;
    r->connection = dd_shared_connection(r->shared);
    r->level = 0;
    return 0;
}

/* ---- forgetting ---- */

static int send_forgotten(dd_replica *r, dd_ref ref, int64_t until_ms)
{
    int rc = 0;
    while (rc == 0 && (rc = catch_up(r, until_ms)) == 0) {
        dd_point point;
        dd_news news;
        if (r->unsent.count == 0) /* the copy began anew: it was a ref of another log */
            return 0;
        rc = dd_store_begin(r->store);
        if (rc == 0)
            rc = point_now(r, &point);
        if (rc == 0)
            rc = dd_shared_forget(r->shared, &point, ref, &news);
        dd_store_abort(r->store);
        if (rc != 0)
            break;
        int told = news.state == DD_LEVEL;
        r->seen += (uint32_t)told;
        if (!told)
            rc = learn(r, &news);
        dd_news_end(&news);
        if (told)
            return 0;
    }
    return rc;
}

/* A log that was put back lacks what had been forgotten: all of it is told again. */
static int send_all_forgotten(dd_replica *r, int64_t until_ms)
{
    int rc = 0;
    if (r->refilled) {
        const dd_refs *all = dd_store_forgotten(r->store);
        for (size_t i = 0; i < all->count && rc == 0; i++)
            rc = dd_refs_add(&r->unsent, all->ref[i]);
        r->refilled = rc != 0;
    }
    while (rc == 0 && r->unsent.count > 0) {
        dd_ref ref = r->unsent.ref[r->unsent.count - 1];
        rc = send_forgotten(r, ref, until_ms);
        if (rc == 0 && r->unsent.count > 0) /* none is left if the copy began anew */
            r->unsent.count--;
    }
    return rc;
}

static int forget_ref(dd_replica *r, dd_ref ref)
{
    int rc = dd_store_forget(r->store, ref);
    if (rc == 0)
        rc = dd_refs_add(&r->unsent, ref);
    if (rc != 0 || (r->level && send_all_forgotten(r, now_ms() + SLICE_MS) == 0))
        return rc;
    return dd_away_unsent(r->away, ref); /* dd_replica_ready sends it */
}

static int find_owner(dd_replica *r, const dd_owner *owner, dd_ref *ref)
{
    int rc = dd_store_begin(r->store);
    if (rc != 0)
        return rc;
    rc = dd_match_owner(&r->matcher, r->store, owner, ref);
    dd_store_abort(r->store);
    return rc;
}

/* Another machine may have claimed it. */
int dd_replica_forget(dd_replica *r, const dd_owner *owner)
{
    dd_ref ref;
    int rc = find_owner(r, owner, &ref);
    if (rc == -ENOENT && connect_to_server(r) == 0) {
        r->level = 0;
        if (catch_up(r, now_ms() + SLICE_MS) == 0)
            rc = find_owner(r, owner, &ref);
    }
    if (rc == 0)
        rc = forget_ref(r, ref);
    int passed = dd_away_forget(r->away, owner);
    return rc == -ENOENT ? passed : rc;
}

/* ---- rows ---- */

int dd_replica_ready(dd_replica *r)
{
    int64_t until_ms = now_ms() + SLICE_MS;
    int rc = connect_to_server(r);
    if (rc == 0)
        rc = catch_up(r, until_ms);
    if (rc == 0 && (r->refilled || r->unsent.count > 0))
        rc = send_all_forgotten(r, until_ms);
    while (rc == 0 && dd_away_waits(r->away)) {
        dd_ref other = 0;
        rc = dd_away_enter(r->away, r, &other);
        if (rc == -EEXIST)
            rc = forget_ref(r, other);
        if (rc == -ESTALE)
            rc = catch_up(r, until_ms);
        if (rc == 0 && dd_away_waits(r->away) && now_ms() > until_ms)
            rc = -EAGAIN;
    }
    if (rc == 0)
        rc = dd_away_unsent_sent(r->away);
    return rc == -EACCES ? -ENOTCONN : rc;
}

/* After a call whose batch is undone or done: 0 if the log took it. */
static int outcome(dd_replica *r, int rc, dd_news *news)
{
    if (rc != 0) {
        dd_store_abort(r->store);
        r->level = 0;
        return rc;
    }
    int taken = news->state == DD_LEVEL;
    if (taken)
        r->log_oldest = news->oldest;
    else {
        dd_store_abort(r->store);
        rc = learn(r, news);
    }
    dd_news_end(news);
    if (rc == -EBADMSG)
        return dd_shared_reject(r->shared);
    return rc != 0 || taken ? rc : -ESTALE;
}

/* What lies before the copy's oldest segment is out of sight since the roll before this one. */
static int roll(dd_replica *r)
{
    dd_point point;
    dd_news news;
    int rc = point_now(r, &point);
    if (rc == 0)
        rc = dd_shared_roll(r->shared, &point, r->log_oldest, dd_store_measure_extent(r->store).oldest, &news);
    rc = outcome(r, rc, &news);
    if (rc != 0)
        return rc;
    r->seen = 0;
    rc = dd_store_roll(r->store);
    r->level = rc == 0;
    return rc;
}

int dd_replica_room(dd_replica *r, int64_t timestamp_ms)
{
    if (!dd_store_ends(r->store, timestamp_ms))
        return 0;
    return dd_store_measure_extent(r->store).fresh > 0 ? -EXFULL : roll(r);
}

/* Answers that were given before count only while nobody else said otherwise: so a row without new records asks, too. A
 * commit that fails here is no harm: the log has the records, and brings them again. */
int dd_replica_commit(dd_replica *r)
{
    cd_str records[DD_SHARED_ROW];
    dd_point point;
    dd_news news;
    dd_store_extent e = dd_store_measure_extent(r->store);
    int rc = e.fresh <= DD_SHARED_ROW ? point_now(r, &point) : -E2BIG;
    for (uint32_t i = 0; i < e.fresh && rc == 0; i++)
        rc = dd_store_bytes(r->store, DD_REF(e.newest, e.records - e.fresh + i), &records[i]);
    if (rc == 0 && e.fresh > 0)
        rc = dd_shared_append(r->shared, &point, records, e.fresh, &news);
    else if (rc == 0)
        rc = dd_shared_read(r->shared, &point, DD_SHARED_PAGE, &news);
    rc = outcome(r, rc, &news);
    if (rc == 0 && (rc = dd_store_commit(r->store)) != 0) {
        dd_store_abort(r->store);
        r->level = 0;
    }
    return rc;
}

/* ---- while the server is away ---- */

int dd_replica_pass_begin(dd_replica *r)
{
    int rc = dd_store_begin(r->store);
    if (rc == 0 && (rc = dd_away_begin(r->away)) != 0)
        dd_store_abort(r->store);
    return rc;
}

int dd_replica_pass(dd_replica *r, dd_matcher *matcher, dd_record *record, int64_t timestamp_ms,
                    const dd_record **answer)
{
    return dd_away_pass(r->away, r->store, matcher, record, timestamp_ms, answer);
}

int dd_replica_pass_commit(dd_replica *r)
{
    dd_store_abort(r->store);
    return dd_away_commit(r->away);
}

void dd_replica_pass_abort(dd_replica *r)
{
    dd_store_abort(r->store);
    dd_away_abort(r->away);
}

/* ---- life ---- */

/* The server's first word: does it take us, and is its log of our version? */
static int first_word(dd_replica *r, char *why, size_t why_size)
{
    dd_news news;
    int rc = connect_to_server(r);
    if (rc == 0)
        rc = read_on(r, &news);
    if (rc == 0)
        dd_news_end(&news);
    if (rc == -EACCES || rc == -EPROTO) {
        snprintf(why, why_size, "the shared store: %s", dd_shared_why(r->shared));
        return rc;
    }
    if (rc != 0)
        say(r, CD_LOG_WARNING, dd_shared_why(r->shared));
    return 0;
}

static int folder_make(char path[4200], const char *folder, const char *what, cd_str prefix)
{
    snprintf(path, 4200, "%s/%s-%.*s", folder, what, (int)prefix.len, prefix.ptr);
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

static int sockets_ask(const cd_host *host, cd_stage *stage)
{
    const cd_network *network = host->service(stage, CD_NETWORK);
    return network != NULL ? network->need(stage) : -ENOTSUP;
}

/* A copy may be behind: it need not be flushed as one that stands alone. */
static int stores_open(dd_replica *r, const dd_settings *settings, const char *folder, char *why, size_t why_size)
{
    char path[4200];
    dd_settings copy = *settings;
    copy.sync = copy.sync == DD_SYNC_FULL ? DD_SYNC_DATA : copy.sync;
    int rc = folder_make(path, folder, "copy", settings->prefix);
    if (rc == 0)
        rc = dd_store_open(&r->store, &copy, path, why, why_size);
    if (rc == 0)
        rc = folder_make(path, folder, "away", settings->prefix);
    if (rc == 0)
        rc = dd_away_open(&r->away, settings, path, why, why_size);
    return rc == 0 ? dd_away_unsent_all(r->away, &r->unsent) : rc;
}

int dd_replica_open(dd_replica **out, const cd_host *host, cd_stage *stage, const dd_settings *settings,
                    const char *folder, char *why, size_t why_size)
{
    dd_replica *r = calloc(1, sizeof *r);
    snprintf(why, why_size, "out of memory");
    if (r == NULL)
        return -ENOMEM;
    r->host = host;
    r->stage = stage;
    int rc = sockets_ask(host, stage);
    if (rc != 0)
        snprintf(why, why_size, "this host lets no stage use the network");
    if (rc == 0)
        rc = dd_matcher_init(&r->matcher);
    if (rc == 0)
        rc = dd_shared_create(&r->shared, settings, why, why_size);
    if (rc == 0)
        rc = stores_open(r, settings, folder, why, why_size);
    if (rc == 0)
        rc = first_word(r, why, why_size);
    if (rc != 0) {
        dd_replica_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

void dd_replica_close(dd_replica *r)
{
    if (r == NULL)
        return;
    dd_away_close(r->away);
    dd_store_close(r->store);
    dd_shared_destroy(r->shared);
    dd_refs_fini(&r->unsent);
    dd_matcher_fini(&r->matcher);
    free(r);
}
