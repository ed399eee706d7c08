/* SPDX-License-Identifier: Apache-2.0
 *
 * log_lmdb.c: a log in an LMDB environment of its own, one file a segment, segment-NUMBER.mdb. Only this file knows
 * LMDB.
 *
 * What keeps it sound: the records are appended in their order (MDB_APPEND: each batch touches the last page and new
 * ones, nothing else); a batch is one transaction, which LMDB makes whole or not at all, whenever the process is
 * killed; no MDB_WRITEMAP, so that no stray write reaches the file. A sealed file is read through one long-lived read
 * transaction and never written again, so that pointers into the map stay good. An expired one is unlinked.
 *
 * Who else is there: a lock on the folder sees to it that one process writes. Others may read beside it (a place opened
 * for reading: the command line). A sealed file asks for nothing then, it does not change; the growing one has LMDB's
 * own lock file, segment-NUMBER.mdb-lock, in which readers are entered, so that no page of what they see is used again
 * meanwhile. What a reader pins is a few pages a batch, until the segment is sealed at the latest; what a dead one
 * pinned is free before the file would have to grow over it.
 *
 * Growth: the map is enlarged before a batch, never within one; what still fails with MDB_MAP_FULL is reported as
 * -ENOSPC, and the next batch finds a larger map.
 */
#include "log.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

#define FORMAT 1u
#define MAP_FIRST ((size_t)64 << 20)
#define BATCH_ROOM ((size_t)1024 * (DD_RECORD_MAX + 4096) + ((size_t)8 << 20)) /* the largest batch, and trees */

struct dd_place {
    dd_folder folder;
    unsigned flags; /* of mdb_env_open */
    int reading;    /* nothing is written here by this process */
};

/* What a segment must agree in with the running program. */
typedef struct format {
    char magic[8];
    uint32_t version, hash, sketch, indexed, slots, list, order, number;
} format;

struct dd_log {
    dd_place *place;
    uint32_t number;
    MDB_env *env;
    MDB_txn *txn; /* the batch, or the long read of a sealed log, and of any log of a place for reading */
    MDB_dbi meta, records, refs;
    uint32_t count;
    int is_sealed;
    int is_locked; /* opened with LMDB's lock file */
};

static int errno_of(int rc)
{
    switch (rc) {
    case 0: return 0;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL: return -ENOSPC;
    case MDB_NOTFOUND: return -ENOENT;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_BAD_VALSIZE: return -EBADMSG;
    case MDB_VERSION_MISMATCH: return -EPROTO;
    default: return rc > 0 ? -rc : -EIO;
    }
}

/* ---- the place ---- */

static int place_open(dd_place **out, const dd_settings *settings, const char *folder, char *why, size_t why_size)
{
    static const unsigned syncs[] = {[DD_SYNC_FULL] = 0, [DD_SYNC_DATA] = MDB_NOMETASYNC, [DD_SYNC_NONE] = MDB_NOSYNC};
    dd_place *place = calloc(1, sizeof *place);
    if (place == NULL)
        return -ENOMEM;
    place->reading = settings->reading;
    place->flags = MDB_NOSUBDIR | (place->reading ? MDB_RDONLY | MDB_NOTLS : syncs[settings->sync]);
    int rc = dd_folder_open(&place->folder, folder, !place->reading);
    if (rc != 0) {
        const char *reason = rc == -EAGAIN ? "is in use by another store" : strerror(-rc);
        snprintf(why, why_size, "%s: %s", folder, reason);
        free(place);
        return rc;
    }
    *out = place;
    return 0;
}

static void place_close(dd_place *place)
{
    dd_folder_close(&place->folder);
    free(place);
}

static int list(dd_place *place, uint32_t *numbers, int max) { return dd_folder_list(&place->folder, numbers, max); }

/* ---- opening ---- */

static format format_of(const dd_log *log)
{
    return (format){.magic = "cd-dedup",
                    .version = FORMAT,
                    .hash = DD_HASH_VERSION,
                    .sketch = DD_SKETCH,
                    .indexed = DD_INDEXED,
                    .slots = DD_SLOTS,
                    .list = DD_LIST,
                    .order = 0x01020304,
                    .number = log->number};
}

static MDB_val text_value(const char *s) { return (MDB_val){strlen(s), (void *)(uintptr_t)s}; }

/* A new file gets its head in the same transaction that makes its tables. */
static int tables_open(dd_log *log)
{
    format want = format_of(log);
    MDB_txn *txn = NULL;
    MDB_val key = text_value("format"), value, last;
    MDB_cursor *cursor;
    unsigned reading = log->place->reading ? MDB_RDONLY : 0, create = log->place->reading ? 0 : MDB_CREATE;
    int rc = mdb_txn_begin(log->env, NULL, reading, &txn);
    if (rc != 0)
        return errno_of(rc);
    if ((rc = mdb_dbi_open(txn, "meta", create, &log->meta)) != 0 ||
        (rc = mdb_dbi_open(txn, "records", create | MDB_INTEGERKEY, &log->records)) != 0 ||
        (rc = mdb_dbi_open(txn, "forgotten", create, &log->refs)) != 0)
        goto out;
    rc = mdb_get(txn, log->meta, &key, &value);
    if (rc == MDB_NOTFOUND && !reading) {
        value = (MDB_val){sizeof want, &want};
        rc = mdb_put(txn, log->meta, &key, &value, 0);
    } else if (rc == 0 && (value.mv_size != sizeof want || memcmp(value.mv_data, &want, sizeof want) != 0)) {
        rc = MDB_VERSION_MISMATCH;
    }
    if (rc != 0 || (rc = mdb_cursor_open(txn, log->records, &cursor)) != 0)
        goto out;
    rc = mdb_cursor_get(cursor, &key, &last, MDB_LAST);
    log->count = 0;
    if (rc == 0)
        memcpy(&log->count, key.mv_data, sizeof log->count), log->count++;
    mdb_cursor_close(cursor);
    if (rc == 0 || rc == MDB_NOTFOUND) {
        rc = mdb_txn_commit(txn);
        return errno_of(rc);
    }
out:
    mdb_txn_abort(txn);
    return errno_of(rc);
}

static int env_open(dd_log *log, const char *path)
{
    struct stat stat_now = {0};
    int rc = mdb_env_create(&log->env);
    if (rc != 0)
        return errno_of(rc);
    size_t map = MAP_FIRST;
    if (stat(path, &stat_now) == 0)
        while (map < (size_t)stat_now.st_size + BATCH_ROOM)
            map *= 2;
    unsigned flags = log->place->flags | (log->is_sealed ? MDB_NORDAHEAD : 0u) | (log->is_locked ? 0u : MDB_NOLOCK);
    if ((rc = mdb_env_set_maxdbs(log->env, 3)) == 0 && (rc = mdb_env_set_mapsize(log->env, map)) == 0)
        rc = mdb_env_open(log->env, path, flags, 0600);
    return rc == 0 ? tables_open(log) : errno_of(rc);
}

/* Without an environment `begin` and `seal` open it anew. */
static void env_close(dd_log *log)
{
    if (log->env != NULL)
        mdb_env_close(log->env);
    log->env = NULL;
}

/* Opens the log's environment anew under its name. */
static int reopen(dd_log *log)
{
    char path[DD_PATH_MAX];
    env_close(log);
    dd_folder_file(&log->place->folder, log->number, "mdb", path);
    int rc = env_open(log, path);
    if (rc != 0)
        env_close(log);
    return rc;
}

static int has_rows(dd_log *log)
{
    MDB_val key = text_value("rows"), value;
    return mdb_get(log->txn, log->meta, &key, &value) == 0;
}

/* Once more, now that it is known what it is: a growing log with its lock, read from end to end when it is opened; a
 * sealed one without, read here and there ever after, and so without reading ahead. The long read of the latter begins,
 * and of both if the place is for reading. */
static int read_open(dd_log *log)
{
    char lock[DD_PATH_MAX];
    int rc = mdb_txn_begin(log->env, NULL, MDB_RDONLY, &log->txn);
    if (rc != 0)
        return errno_of(rc);
    log->is_sealed = has_rows(log);
    mdb_txn_abort(log->txn);
    log->txn = NULL;
    log->is_locked = !log->is_sealed;
    rc = reopen(log);
    if (rc == 0 && log->is_sealed && !log->place->reading) {
        dd_folder_file(&log->place->folder, log->number, "mdb-lock", lock);
        unlink(lock);
    }
    if (rc == 0 && (log->is_sealed || log->place->reading))
        rc = errno_of(mdb_txn_begin(log->env, NULL, MDB_RDONLY, &log->txn));
    return rc;
}

static void log_close(dd_log *log)
{
    if (log == NULL)
        return;
    if (log->txn != NULL)
        mdb_txn_abort(log->txn);
    env_close(log);
    free(log);
}

/* A kill at any instant leaves either no segment of that name or a whole one. */
static int log_create(dd_log *log)
{
    char fresh[DD_PATH_MAX], path[DD_PATH_MAX];
    dd_folder_file(&log->place->folder, log->number, "new", fresh);
    dd_folder_file(&log->place->folder, log->number, "mdb", path);
    unlink(fresh);
    int rc = env_open(log, fresh);
    if (rc == 0 && rename(fresh, path) != 0)
        rc = -errno;
    if (rc == 0 && fsync(log->place->folder.directory) != 0)
        rc = -errno;
    return rc;
}

static int log_open(dd_place *place, uint32_t number, int create, dd_log **out)
{
    char path[DD_PATH_MAX], lock[DD_PATH_MAX];
    dd_log *log = calloc(1, sizeof *log);
    if (log == NULL)
        return -ENOMEM;
    log->place = place;
    log->number = number;
    dd_folder_file(&log->place->folder, log->number, "mdb", path);
    int exists = access(path, F_OK) == 0;
    dd_folder_file(&log->place->folder, log->number, "mdb-lock", lock);
    log->is_locked = place->reading && access(lock, F_OK) == 0; /* it may be growing at this moment */
    int rc = create ? (exists ? -EEXIST : log_create(log)) : (exists ? env_open(log, path) : -ENOENT);
    if (rc == 0)
        rc = read_open(log);
    if (rc != 0) {
        log_close(log);
        return rc;
    }
    *out = log;
    return 0;
}

static void log_remove(dd_log *log)
{
    char path[DD_PATH_MAX], lock[DD_PATH_MAX];
    dd_folder_file(&log->place->folder, log->number, "mdb", path);
    dd_folder_file(&log->place->folder, log->number, "mdb-lock", lock);
    log_close(log);
    unlink(path);
    unlink(lock);
}

/* ---- a batch ---- */

static uint32_t count(dd_log *log) { return log->count; }

/* Room for `bytes` more, or the map grows. Outside of a transaction only. */
static int map_reserve(dd_log *log, size_t bytes)
{
    MDB_envinfo info;
    MDB_stat stat_now;
    int rc;
    if ((rc = mdb_env_info(log->env, &info)) != 0 || (rc = mdb_env_stat(log->env, &stat_now)) != 0)
        return errno_of(rc);
    size_t used = (info.me_last_pgno + 1) * stat_now.ms_psize, map = info.me_mapsize;
    int dead;
    if (map - used < bytes)
        (void)mdb_reader_check(log->env, &dead);
    while (map - used < bytes)
        map *= 2;
    rc = map == info.me_mapsize ? 0 : errno_of(mdb_env_set_mapsize(log->env, map));
    if (rc != 0)
        env_close(log); /* LMDB has given the old map back before it failed to get the new one */
    return rc;
}

static int begin(dd_log *log)
{
    if (log->place->reading)
        return log->txn ? 0 : -EBADF;
    int rc = log->is_sealed ? -EROFS : log->env == NULL ? reopen(log) : 0;
    if (rc == 0)
        rc = map_reserve(log, BATCH_ROOM);
    if (rc == 0)
        rc = errno_of(mdb_txn_begin(log->env, NULL, 0, &log->txn));
    if (rc != 0)
        log->txn = NULL;
    return rc;
}

static int append(dd_log *log, cd_str record)
{
    uint32_t place = log->count;
    MDB_val key = {sizeof place, &place}, value = {record.len, (void *)(uintptr_t)record.ptr};
    int rc = mdb_put(log->txn, log->records, &key, &value, MDB_APPEND);
    if (rc == 0)
        log->count++;
    return errno_of(rc);
}

static int forget(dd_log *log, dd_ref ref)
{
    MDB_val key = {sizeof ref, &ref}, value = {0, NULL};
    return errno_of(mdb_put(log->txn, log->refs, &key, &value, 0));
}

/* What is committed, as the file says. */
static void recount(dd_log *log)
{
    if (log->txn != NULL)
        mdb_txn_abort(log->txn);
    log->txn = NULL;
    MDB_stat stat_now;
    MDB_txn *txn;
    if (mdb_txn_begin(log->env, NULL, MDB_RDONLY, &txn) != 0)
        return;
    if (mdb_stat(txn, log->records, &stat_now) == 0)
        log->count = (uint32_t)stat_now.ms_entries;
    mdb_txn_abort(txn);
}

static int commit(dd_log *log)
{
    int rc = errno_of(mdb_txn_commit(log->txn));
    log->txn = NULL;
    if (rc != 0)
        (void)reopen(log); /* after an I/O error LMDB may refuse an environment for good */
    return rc;
}

static void log_abort(dd_log *log)
{
    if (log->env != NULL && !log->place->reading)
        recount(log);
}

static int log_read(dd_log *log, uint32_t place, cd_str *record)
{
    MDB_val key = {sizeof place, &place}, value;
    if (log->txn == NULL)
        return -EBADF;
    int rc = mdb_get(log->txn, log->records, &key, &value);
    if (rc == 0)
        *record = (cd_str){value.mv_data, value.mv_size};
    return errno_of(rc);
}

static int forgotten(dd_log *log, dd_ref *refs, size_t max)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val key, value;
    int found = 0, rc = mdb_txn_begin(log->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return errno_of(rc);
    if ((rc = mdb_cursor_open(txn, log->refs, &cursor)) == 0) {
        while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0 && (size_t)found < max)
            if (key.mv_size == sizeof *refs)
                memcpy(&refs[found++], key.mv_data, sizeof *refs);
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return rc == 0 || rc == MDB_NOTFOUND ? found : errno_of(rc);
}

/* ---- the sealed form ---- */

/* Rows and filter are values of "meta", each behind a head of its own length. LMDB puts a value of more than half a
 * page on pages of its own, 16 bytes behind the first one's start: so none is shorter than a page, and a head of 48
 * bytes brings what follows onto cache lines. */
#define ROOM_HEAD 48u
#define ROOM_LEAST ((size_t)4096)

static int room_put(dd_log *log, const char *name, size_t size, uint64_t **room)
{
    size_t whole = size + ROOM_HEAD < ROOM_LEAST ? ROOM_LEAST : size + ROOM_HEAD;
    MDB_val key = text_value(name), value = {whole, NULL};
    int rc = mdb_put(log->txn, log->meta, &key, &value, MDB_RESERVE);
    if (rc != 0)
        return errno_of(rc);
    uint64_t length = size;
    memset(value.mv_data, 0, whole);
    memcpy(value.mv_data, &length, sizeof length);
    *room = (uint64_t *)(void *)((char *)value.mv_data + ROOM_HEAD);
    return 0;
}

static int room_get(dd_log *log, const char *name, size_t *size, const uint64_t **room)
{
    MDB_val key = text_value(name), value;
    uint64_t length;
    if (mdb_get(log->txn, log->meta, &key, &value) != 0 || value.mv_size < ROOM_LEAST)
        return -EBADMSG;
    memcpy(&length, value.mv_data, sizeof length);
    const char *start = (const char *)value.mv_data + ROOM_HEAD;
    if (length > value.mv_size - ROOM_HEAD || (uintptr_t)start % sizeof **room != 0)
        return -EBADMSG;
    *size = (size_t)length;
    *room = (const uint64_t *)(const void *)start;
    return 0;
}

/* Each room is filled before the next is made, as LMDB wants it. */
static int rooms_write(dd_log *log, const dd_index *index)
{
    uint64_t *room;
    int rc = room_put(log, "filter", dd_sealed_filter_size(index), &room);
    if (rc != 0)
        return rc;
    dd_sealed_filter(index, room);
    rc = room_put(log, "rows", dd_sealed_rows_size(index), &room);
    return rc == 0 ? dd_sealed_rows(index, room) : rc;
}

static int seal(dd_log *log, const dd_index *index)
{
    int rc = log->env == NULL ? reopen(log) : 0;
    if (rc == 0 && log->is_sealed) /* in an earlier call, which could not open it for reading */
        return log->txn ? 0 : read_open(log);
    if (rc == 0)
        rc = map_reserve(log, dd_sealed_rows_size(index) + dd_sealed_filter_size(index) + BATCH_ROOM);
    if (rc == 0)
        rc = errno_of(mdb_txn_begin(log->env, NULL, 0, &log->txn));
    if (rc != 0) {
        log->txn = NULL;
        return rc;
    }
    rc = rooms_write(log, index);
    if (rc == 0)
        rc = commit(log);
    if (rc == 0 && log->env != NULL) /* the next segment is made only where this one is whole, whatever `sync` says */
        rc = errno_of(mdb_env_sync(log->env, 1));
    if (rc == 0)
        return read_open(log);
    if (log->txn != NULL)
        mdb_txn_abort(log->txn);
    log->txn = NULL;
    return rc;
}

static int sealed(dd_log *log, dd_sealed *view)
{
    size_t rows_size, filter_size;
    if (!log->is_sealed)
        return -ENOENT;
    if (log->txn == NULL)
        return -EAGAIN;
    int rc = room_get(log, "rows", &rows_size, &view->rows);
    if (rc == 0)
        rc = room_get(log, "filter", &filter_size, &view->filter);
    if (rc != 0)
        return rc;
    view->count = rows_size / sizeof *view->rows;
    view->blocks = filter_size / DD_FILTER_BLOCK;
    view->records = log->count;
    return view->blocks > 0 ? 0 : -EBADMSG;
}

const dd_log_kind dd_log_lmdb = {place_open, place_close, list,   log_open,  log_close, log_remove, count, begin,
                                 append,     forget,      commit, log_abort, log_read,  forgotten,  seal,  sealed};
