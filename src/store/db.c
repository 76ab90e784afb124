#include "store/db.h"
#include "base/assert.h"
#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_MS = 2000, FILE_MODE = 0600, PRAGMA_BYTES = 64 };

/* --- schema --- */

/* One step per version, oldest first; a step is never changed once it was released. */
static const char *const steps[] = {
    /* 1: devices, what they may do per role, and those that wait for approval */
    "CREATE TABLE devices ("
    "  id BLOB PRIMARY KEY CHECK (length(id) = 32),"
    "  public_key BLOB NOT NULL CHECK (length(public_key) = 32),"
    "  display_name TEXT NOT NULL, label TEXT NOT NULL, platform TEXT NOT NULL,"
    "  device_family TEXT NOT NULL, client_id TEXT NOT NULL, client_mode TEXT NOT NULL,"
    "  remote_ip TEXT NOT NULL, role TEXT NOT NULL, approved_via TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL, approved_ms INTEGER NOT NULL, last_seen_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE grants ("
    "  device_id BLOB NOT NULL REFERENCES devices (id) ON DELETE CASCADE,"
    "  role TEXT NOT NULL, scopes TEXT NOT NULL, epoch INTEGER NOT NULL,"
    "  created_ms INTEGER NOT NULL, rotated_ms INTEGER NOT NULL, revoked_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (device_id, role)"
    ") STRICT;"
    "CREATE TABLE pairings ("
    "  device_id BLOB PRIMARY KEY CHECK (length(device_id) = 32),"
    "  request_id TEXT NOT NULL CHECK (length(request_id) = 36),"
    "  public_key BLOB NOT NULL CHECK (length(public_key) = 32),"
    "  display_name TEXT NOT NULL, platform TEXT NOT NULL, device_family TEXT NOT NULL,"
    "  client_id TEXT NOT NULL, client_mode TEXT NOT NULL, remote_ip TEXT NOT NULL,"
    "  role TEXT NOT NULL, roles TEXT NOT NULL, scopes TEXT NOT NULL,"
    "  is_repair INTEGER NOT NULL, requested_ms INTEGER NOT NULL, refreshed_ms INTEGER NOT NULL"
    ") STRICT;",
    /* 2: the stability log */
    "CREATE TABLE stability ("
    "  seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, record TEXT NOT NULL"
    ") STRICT;",
};

static const char *const query_text[HF_DB_QUERIES] = {
    [HF_DB_BEGIN] = "BEGIN IMMEDIATE",
    [HF_DB_COMMIT] = "COMMIT",
    [HF_DB_ROLLBACK] = "ROLLBACK",
    [HF_DB_PUT_DEVICE] =
        "INSERT INTO devices (id, public_key, display_name, label, platform, device_family,"
        " client_id, client_mode, remote_ip, role, approved_via, created_ms, approved_ms,"
        " last_seen_ms) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)"
        " ON CONFLICT (id) DO UPDATE SET public_key=?2, display_name=?3, label=?4, platform=?5,"
        " device_family=?6, client_id=?7, client_mode=?8, remote_ip=?9, role=?10,"
        " approved_via=?11, created_ms=?12, approved_ms=?13, last_seen_ms=?14",
    [HF_DB_PUT_GRANT] =
        "INSERT OR REPLACE INTO grants (device_id, role, scopes, epoch, created_ms, rotated_ms,"
        " revoked_ms) VALUES (?1,?2,?3,?4,?5,?6,?7)",
    [HF_DB_DELETE_DEVICE] = "DELETE FROM devices WHERE id=?1",
    [HF_DB_PUT_PAIRING] =
        "INSERT OR REPLACE INTO pairings (device_id, request_id, public_key, display_name,"
        " platform, device_family, client_id, client_mode, remote_ip, role, roles, scopes,"
        " is_repair, requested_ms, refreshed_ms)"
        " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
    [HF_DB_DELETE_PAIRING] = "DELETE FROM pairings WHERE device_id=?1",
    [HF_DB_PUT_STABILITY] =
        "INSERT OR REPLACE INTO stability (seq, at_ms, record) VALUES (?1,?2,?3)",
    [HF_DB_TRIM_STABILITY] = "DELETE FROM stability WHERE seq <="
                             " (SELECT seq FROM stability ORDER BY seq DESC LIMIT 1 OFFSET ?1)",
    [HF_DB_LIST_DEVICES] =
        "SELECT id, public_key, display_name, label, platform, device_family, client_id,"
        " client_mode, remote_ip, role, approved_via, created_ms, approved_ms, last_seen_ms"
        " FROM devices ORDER BY approved_ms, id",
    [HF_DB_LIST_GRANTS] = "SELECT role, scopes, epoch, created_ms, rotated_ms, revoked_ms"
                          " FROM grants WHERE device_id=?1",
    [HF_DB_LIST_PAIRINGS] =
        "SELECT device_id, request_id, public_key, display_name, platform, device_family,"
        " client_id, client_mode, remote_ip, role, roles, scopes, is_repair, requested_ms,"
        " refreshed_ms FROM pairings ORDER BY requested_ms, device_id",
    [HF_DB_LIST_STABILITY] = "SELECT seq, at_ms, record FROM stability ORDER BY seq",
};

int hf_db_version(void)
{
    return (int)(sizeof steps / sizeof steps[0]);
}

/* --- errors --- */

static int err_of_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return HF_ERR_FULL;
    case EROFS:
        return HF_ERR_READONLY;
    case EACCES:
    case EPERM:
        return HF_ERR_DENIED;
    case EMFILE:
    case ENFILE:
        return HF_ERR_DESCRIPTORS;
    case ENOMEM:
        return HF_ERR_NOMEM;
    default:
        return HF_ERR_IO;
    }
}

static int err_of_sqlite(int code, int number)
{
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_NOMEM:
        return HF_ERR_NOMEM;
    case SQLITE_FULL:
        return HF_ERR_FULL;
    case SQLITE_READONLY:
        return HF_ERR_READONLY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return HF_ERR_DENIED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return HF_ERR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT: /* rows that the schema does not allow */
    case SQLITE_MISMATCH:
        return HF_ERR_CORRUPT;
    default:
        return number != 0 ? err_of_errno(number) : HF_ERR_IO;
    }
}

int hf_db_error(const struct hf_db *db)
{
    return err_of_sqlite(sqlite3_extended_errcode(db->handle), sqlite3_system_errno(db->handle));
}

/* --- statements --- */

int hf_db_prepare(struct hf_db *db, enum hf_db_query query, struct sqlite3_stmt **out)
{
    if (!db->queries[query] &&
        sqlite3_prepare_v3(db->handle, query_text[query], -1, SQLITE_PREPARE_PERSISTENT,
                           &db->queries[query], NULL) != SQLITE_OK)
        return hf_db_error(db);
    *out = db->queries[query];
    return 0;
}

int hf_db_exec(struct hf_db *db, enum hf_db_query query)
{
    struct sqlite3_stmt *statement = NULL;
    int err = hf_db_prepare(db, query, &statement);
    if (err) return err;
    if (sqlite3_step(statement) != SQLITE_DONE) err = hf_db_error(db);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return err;
}

static int run_text(struct hf_db *db, const char *text)
{
    return sqlite3_exec(db->handle, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : hf_db_error(db);
}

static int read_number(struct hf_db *db, const char *text, int *out)
{
    struct sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db->handle, text, -1, &statement, NULL) != SQLITE_OK)
        return hf_db_error(db);
    int err = 0;
    if (sqlite3_step(statement) == SQLITE_ROW)
        *out = sqlite3_column_int(statement, 0);
    else
        err = hf_db_error(db);
    sqlite3_finalize(statement);
    return err;
}

/* --- opening --- */

/* After an error the file is closed, which takes the step back. */
static int migrate_step(struct hf_db *db, int version)
{
    char pragma[PRAGMA_BYTES];
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", version);
    int err = run_text(db, "BEGIN IMMEDIATE");
    if (err) return err;
    err = run_text(db, steps[version - 1]);
    if (!err) err = run_text(db, pragma);
    return err ? err : run_text(db, "COMMIT");
}

static int migrate(struct hf_db *db, int version)
{
    int err = 0;
    while (version < hf_db_version() && !err) err = migrate_step(db, ++version);
    return err;
}

/* Damage is found here and not in the middle of the night. */
static int check_whole(struct hf_db *db)
{
    struct sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db->handle, "PRAGMA quick_check(1)", -1, &statement, NULL) != SQLITE_OK)
        return hf_db_error(db);
    int err = 0;
    bool has_row = sqlite3_step(statement) == SQLITE_ROW;
    const char *word = has_row ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (!word) /* also of a row, without memory: a good file is not set aside for that */
        err = hf_db_error(db);
    else if (sqlite3_stricmp(word, "ok") != 0)
        err = HF_ERR_CORRUPT;
    sqlite3_finalize(statement);
    return err;
}

/* Makes the file and locks it.  SQLite gives its own files the mode of this one, so
 * it must be right before SQLite sees it.  The lock is no lock of SQLite's (those
 * belong to the process, and closing any descriptor of the file drops them): it
 * lives as long as this descriptor, which therefore is closed last. */
static int lock_file(struct hf_db *db, const char *path)
{
    db->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (db->lock_fd < 0 || fchmod(db->lock_fd, FILE_MODE) != 0) return err_of_errno(errno);
    if (flock(db->lock_fd, LOCK_EX | LOCK_NB) == 0) return 0;
    return errno == EWOULDBLOCK ? HF_ERR_BUSY : err_of_errno(errno);
}

/* Whether the file is in the mode that is the last thing set when it is made: if not, nobody
 * knows whether all of it has reached the disk. */
static int read_mode(struct hf_db *db, bool *is_finished)
{
    struct sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db->handle, "PRAGMA journal_mode", -1, &statement, NULL) != SQLITE_OK)
        return hf_db_error(db);
    int err = sqlite3_step(statement) == SQLITE_ROW ? 0 : hf_db_error(db);
    if (!err)
        *is_finished = sqlite3_stricmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite3_finalize(statement);
    return err;
}

/* Whether nothing was ever stored in the file: SQLite makes it on its first write. */
static bool is_new(const struct hf_db *db)
{
    struct stat info;
    return fstat(db->lock_fd, &info) == 0 && info.st_size == 0;
}

/* The file and its name reach the disk together, once. */
static int sync_new(const struct hf_db *db, const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash ? snprintf(directory, sizeof directory, "%.*s/", (int)(slash - path), path)
                    : snprintf(directory, sizeof directory, ".");
    if (len >= (int)sizeof directory) return HF_ERR_TOO_LARGE;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return err_of_errno(errno);
    int err = fdatasync(db->lock_fd) == 0 && fsync(fd) == 0 ? 0 : err_of_errno(errno);
    close(fd);
    return err;
}

/* There is nothing to lose in a new file: its eight syncs become one.  Whoever finds it between
 * its first write and that sync finds another mode, and syncs it. */
static int make(struct hf_db *db, const char *path, int version, bool is_finished)
{
    bool was_new = is_new(db);
    int err = was_new ? run_text(db, "PRAGMA synchronous = OFF") : 0;
    if (!err) err = migrate(db, version);
    if (!err && !is_finished) err = sync_new(db, path);
    if (!err) err = run_text(db, "PRAGMA journal_mode = WAL");
    if (!err && was_new) err = run_text(db, "PRAGMA synchronous = FULL");
    return err;
}

static int open_handle(struct hf_db *db, const char *path)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK)
        return db->handle ? hf_db_error(db) : HF_ERR_NOMEM;
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    int version = 0;
    bool is_finished = false;
    int err = run_text(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;"
                           "PRAGMA trusted_schema = OFF");
    if (!err) err = read_number(db, "PRAGMA user_version", &version);
    if (!err && version > hf_db_version()) err = HF_ERR_NEWER;
    if (!err && version < 0) err = HF_ERR_CORRUPT;
    if (!err) err = check_whole(db);
    if (!err) err = read_mode(db, &is_finished);
    /* Nothing is written to a file that is not ours to write before this line. */
    return err ? err : make(db, path, version, is_finished);
}

int hf_db_open(struct hf_db *db, const char *path)
{
    HF_ASSERT(!db->handle);
    *db = (struct hf_db){ .lock_fd = -1 };
    int err = lock_file(db, path);
    if (!err) err = open_handle(db, path);
    if (err) hf_db_close(db);
    return err;
}

void hf_db_close(struct hf_db *db)
{
    for (int query = 0; query < HF_DB_QUERIES; query++) sqlite3_finalize(db->queries[query]);
    sqlite3_close(db->handle);
    if (db->lock_fd > 0) close(db->lock_fd);
    *db = (struct hf_db){ .lock_fd = -1 };
}
