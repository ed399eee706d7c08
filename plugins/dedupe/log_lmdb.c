/* SPDX-License-Identifier: Apache-2.0
 *
 * log_lmdb.c: a log in an LMDB environment of its own, one file a segment, segment-NUMBER.mdb. Only this file knows LMDB.
 *
 * What keeps it sound: the records are appended in their order (MDB_APPEND: each batch touches the last page and new ones,
 * nothing else); a batch is one transaction, which LMDB makes whole or not at all, whenever the process is killed; no
 * MDB_WRITEMAP, so that no stray write reaches the file. MDB_NOLOCK, because the store process is alone: a lock on the
 * folder sees to that, and no reader of a dead process can pin pages. A sealed file is read through one long-lived
 * read transaction and never written again, so that pointers into the map stay good. An expired one is unlinked.
 *
 * Growth: the map is enlarged before a batch, never within one; what still fails with MDB_MAP_FULL is reported as -ENOSPC,
 * and the next batch finds a larger map.
 */
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT 1u
#define MAP_FIRST ((size_t)64 << 20)
#define BATCH_ROOM ((size_t)1024 * (DD_RECORD_MAX + 4096) + ((size_t)8 << 20)) /* the largest batch, and trees */

struct dd_place {
    char folder[3800];
    int lock;
    int directory;
    unsigned width;
    unsigned flags; /* of mdb_env_open */
};

/* What a segment must agree in with the running program. */
typedef struct format {
    char magic[8];
    uint32_t version, hash, sketch, width, slots, list, order, number;
} format;

struct dd_log {
    dd_place *place;
    uint32_t number;
    MDB_env *env;
    MDB_txn *txn;  /* the batch, or the long read of a sealed log */
    MDB_dbi meta, records, refs;
    uint32_t count;
    int is_sealed;
};

static int errno_of(int rc)
{
    switch (rc) {
    case 0: return 0;
    case MDB_MAP_FULL: case MDB_TXN_FULL: return -ENOSPC;
    case MDB_NOTFOUND: return -ENOENT;
    case MDB_CORRUPTED: case MDB_PAGE_NOTFOUND: case MDB_INVALID: case MDB_BAD_VALSIZE: return -EBADMSG;
    case MDB_VERSION_MISMATCH: return -EPROTO;
    default: return rc > 0 ? -rc : -EIO;
    }
}

/* ---- the folder ---- */

static int place_lock(dd_place *place)
{
    char path[4096];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    snprintf(path, sizeof path, "%s/lock", place->folder);
    place->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (place->lock < 0)
        return -errno;
    if (fcntl(place->lock, F_SETLK, &whole) != 0)
        return errno == EACCES ? -EAGAIN : -errno;
    return 0;
}

static void place_close(dd_place *place)
{
    if (place == NULL)
        return;
    if (place->directory >= 0)
        close(place->directory);
    if (place->lock >= 0)
        close(place->lock);
    free(place);
}

static int place_open(dd_place **out, const dd_settings *settings, const char *folder, char *why, size_t why_size)
{
    static const unsigned syncs[] = {[DD_SYNC_FULL] = 0, [DD_SYNC_DATA] = MDB_NOMETASYNC, [DD_SYNC_NONE] = MDB_NOSYNC};
    dd_place *place = calloc(1, sizeof *place);
    if (place == NULL)
        return -ENOMEM;
    place->lock = place->directory = -1;
    place->width = settings->width;
    place->flags = MDB_NOSUBDIR | MDB_NOLOCK | MDB_NORDAHEAD | syncs[settings->sync];
    int rc = strlen(folder) < sizeof place->folder ? 0 : -ENAMETOOLONG;
    if (rc == 0) {
        memcpy(place->folder, folder, strlen(folder) + 1);
        place->directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        rc = place->directory < 0 ? -errno : place_lock(place);
    }
    if (rc != 0) {
        snprintf(why, why_size, rc == -EAGAIN ? "%s is in use by another store" : "%s: cannot be opened", folder);
        place_close(place);
        return rc;
    }
    *out = place;
    return 0;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int list(dd_place *place, uint32_t *numbers, int max)
{
    DIR *folder = opendir(place->folder);
    if (folder == NULL)
        return -errno;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        unsigned number;
        int end = 0;
        if (sscanf(entry->d_name, "segment-%8u.mdb%n", &number, &end) != 1 || end == 0 || entry->d_name[end] != '\0')
            continue;
        if (count == max) {
            count = -E2BIG;
            break;
        }
        numbers[count++] = number;
    }
    closedir(folder);
    if (count > 0)
        qsort(numbers, (size_t)count, sizeof *numbers, compare_numbers);
    return count;
}

/* A file gets its name when it is whole (ending "mdb"); until then it ends in "new". */
static void path_of(const dd_log *log, const char *ending, char *path, size_t size)
{
    snprintf(path, size, "%s/segment-%08u.%s", log->place->folder, log->number, ending);
}

/* ---- opening ---- */

static format format_of(const dd_log *log)
{
    return (format){.magic = "cd-dedup",
                    .version = FORMAT,
                    .hash = DD_HASH_VERSION,
                    .sketch = DD_SKETCH,
                    .width = log->place->width,
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
    int rc = mdb_txn_begin(log->env, NULL, 0, &txn);
    if (rc != 0)
        return errno_of(rc);
    if ((rc = mdb_dbi_open(txn, "meta", MDB_CREATE, &log->meta)) != 0 ||
        (rc = mdb_dbi_open(txn, "records", MDB_CREATE | MDB_INTEGERKEY, &log->records)) != 0 ||
        (rc = mdb_dbi_open(txn, "forgotten", MDB_CREATE, &log->refs)) != 0)
        goto out;
    rc = mdb_get(txn, log->meta, &key, &value);
    if (rc == MDB_NOTFOUND) {
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
    if ((rc = mdb_env_set_maxdbs(log->env, 3)) == 0 && (rc = mdb_env_set_mapsize(log->env, map)) == 0)
        rc = mdb_env_open(log->env, path, log->place->flags, 0600);
    return rc == 0 ? tables_open(log) : errno_of(rc);
}

/* The long read of a sealed log; none for one that still grows. */
static int read_open(dd_log *log)
{
    MDB_val key = text_value("rows"), value;
    int rc = mdb_txn_begin(log->env, NULL, MDB_RDONLY, &log->txn);
    if (rc != 0)
        return errno_of(rc);
    log->is_sealed = mdb_get(log->txn, log->meta, &key, &value) == 0;
    if (!log->is_sealed) {
        mdb_txn_abort(log->txn);
        log->txn = NULL;
    }
    return 0;
}

static void log_close(dd_log *log)
{
    if (log == NULL)
        return;
    if (log->txn != NULL)
        mdb_txn_abort(log->txn);
    if (log->env != NULL)
        mdb_env_close(log->env);
    free(log);
}

/* A kill at any instant leaves either no segment of that name or a whole one. */
static int log_create(dd_log *log)
{
    char fresh[4096], path[4096];
    path_of(log, "new", fresh, sizeof fresh);
    path_of(log, "mdb", path, sizeof path);
    unlink(fresh);
    int rc = env_open(log, fresh);
    if (rc == 0 && rename(fresh, path) != 0)
        rc = -errno;
    if (rc == 0 && fsync(log->place->directory) != 0)
        rc = -errno;
    return rc;
}

static int log_open(dd_place *place, uint32_t number, int create, dd_log **out)
{
    char path[4096];
    dd_log *log = calloc(1, sizeof *log);
    if (log == NULL)
        return -ENOMEM;
    log->place = place;
    log->number = number;
    path_of(log, "mdb", path, sizeof path);
    int exists = access(path, F_OK) == 0;
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
    char path[4096];
    path_of(log, "mdb", path, sizeof path);
    log_close(log);
    unlink(path);
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
    while (map - used < bytes)
        map *= 2;
    return map == info.me_mapsize ? 0 : errno_of(mdb_env_set_mapsize(log->env, map));
}

/* After an I/O error LMDB may refuse the environment for good. It is opened anew; what is in is read again. */
static int reopen(dd_log *log)
{
    if (log->env != NULL)
        mdb_env_close(log->env);
    log->env = NULL;
    char path[4096];
    path_of(log, "mdb", path, sizeof path);
    return env_open(log, path);
}

static int begin(dd_log *log)
{
    int rc = log->env == NULL ? reopen(log) : 0;
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
    if (rc == 0)
        return 0;
    if (reopen(log) != 0 && log->env != NULL) {
        mdb_env_close(log->env);
        log->env = NULL; /* `begin` tries again */
    }
    return rc;
}

static void log_abort(dd_log *log)
{
    if (log->env != NULL)
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

/* LMDB puts a large value 16 bytes behind a page's start; 48 more bring the filter's blocks onto cache lines. */
#define FILTER_SHIFT 48u

static int put_room(dd_log *log, const char *name, size_t size, void **room)
{
    MDB_val key = text_value(name), value = {size, NULL};
    int rc = mdb_put(log->txn, log->meta, &key, &value, MDB_RESERVE);
    *room = value.mv_data;
    return errno_of(rc);
}

static int seal(dd_log *log, const dd_index *index)
{
    size_t rows_size = dd_sealed_rows_size(index), filter_size = dd_sealed_filter_size(index) + FILTER_SHIFT;
    void *rows = NULL, *filter = NULL;
    if (log->is_sealed)
        return 0;
    int rc = log->env == NULL ? reopen(log) : 0;
    if (rc == 0)
        rc = map_reserve(log, rows_size + filter_size + BATCH_ROOM);
    if (rc == 0)
        rc = errno_of(mdb_txn_begin(log->env, NULL, 0, &log->txn));
    if (rc != 0)
        return rc;
    if ((rc = put_room(log, "filter", filter_size, &filter)) == 0) { /* each room is filled before the next is made */
        memset(filter, 0, FILTER_SHIFT);
        dd_sealed_filter(index, (uint64_t *)(void *)((char *)filter + FILTER_SHIFT));
        rc = put_room(log, "rows", rows_size, &rows);
    }
    if (rc == 0)
        rc = dd_sealed_rows(index, rows);
    if (rc == 0)
        rc = commit(log);
    if (rc == 0)
        return read_open(log);
    if (log->txn != NULL)
        mdb_txn_abort(log->txn);
    log->txn = NULL;
    return rc;
}

static int sealed(dd_log *log, dd_sealed *view)
{
    MDB_val key = text_value("rows"), value;
    if (!log->is_sealed || mdb_get(log->txn, log->meta, &key, &value) != 0)
        return -ENOENT;
    *view = (dd_sealed){.rows = value.mv_data, .count = value.mv_size / sizeof(uint64_t), .records = log->count};
    key = text_value("filter");
    if (mdb_get(log->txn, log->meta, &key, &value) != 0 || value.mv_size < FILTER_SHIFT + 4 * sizeof(uint64_t))
        return -EBADMSG;
    view->filter = (const uint64_t *)((const char *)value.mv_data + FILTER_SHIFT);
    view->blocks = (value.mv_size - FILTER_SHIFT) / (4 * sizeof(uint64_t));
    return 0;
}

const dd_log_kind dd_log_lmdb = {place_open, place_close, list,      log_open,  log_close, log_remove, count,  begin,
                                 append,     forget,      commit,    log_abort, log_read,  forgotten,  seal,   sealed};
