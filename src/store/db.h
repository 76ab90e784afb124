/* store/db.h: the one file that holds what must survive, and its single writer.
 *
 * SQLite with a write-ahead log; every commit is on the disk before it returns.
 * Exactly one connection writes: the file is locked as a whole while it is open,
 * because SQLite before 3.51.3 can damage a file that two connections write
 * (dependencies.md section 3).  Others may open it read-only.  Only its owner may
 * read it (mode 0600).  Blocking; no loop, no thread. */
#ifndef HF_STORE_DB_H
#define HF_STORE_DB_H

#include <stdbool.h>

struct sqlite3;
struct sqlite3_stmt;

/* The statements that are prepared once and used again (store/db.c names them). */
enum hf_db_query {
    HF_DB_BEGIN,
    HF_DB_COMMIT,
    HF_DB_ROLLBACK,
    HF_DB_PUT_DEVICE,
    HF_DB_PUT_GRANT,
    HF_DB_DELETE_DEVICE,
    HF_DB_PUT_PAIRING,
    HF_DB_DELETE_PAIRING,
    HF_DB_PUT_STABILITY,
    HF_DB_TRIM_STABILITY,
    HF_DB_LIST_DEVICES,
    HF_DB_LIST_GRANTS,
    HF_DB_LIST_PAIRINGS,
    HF_DB_LIST_STABILITY,
    HF_DB_QUERIES
};

struct hf_db { /* zeroed is closed */
    struct sqlite3 *handle;
    struct sqlite3_stmt *queries[HF_DB_QUERIES];
    int lock_fd; /* holds the lock; at most 0 when closed */
};

/* The schema version that this program writes. */
int hf_db_version(void);

/* Opens or creates the file and brings it to hf_db_version, one transaction per
 * step.  0, or a code of struct hf_store_result (port/store.h); after an error it
 * is closed. */
int hf_db_open(struct hf_db *db, const char *path);

/* Folds the log into the file and closes; fine when closed. */
void hf_db_close(struct hf_db *db);

static inline bool hf_db_is_open(const struct hf_db *db)
{
    return db->handle != 0;
}

/* The statement, ready to be bound: 0 or a code. */
int hf_db_prepare(struct hf_db *db, enum hf_db_query query, struct sqlite3_stmt **out);

/* Runs a statement that yields no rows and makes it ready for its next use. */
int hf_db_exec(struct hf_db *db, enum hf_db_query query);

/* Our code for SQLite's latest error on this connection. */
int hf_db_error(const struct hf_db *db);

#endif
