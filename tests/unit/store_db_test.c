#include "base/crypto.h"
#include "base/err.h"
#include "lib/scratch.h"
#include "store/db.h"

#include <fcntl.h>
#include <sqlite3.h>

enum { FILE_BYTES_MAX = 1 << 20 };

/* A connection of its own, as an older or newer version would have. */
static struct sqlite3 *stranger(const char *path)
{
    struct sqlite3 *handle;
    CHECK_EQ(sqlite3_open(path, &handle), SQLITE_OK);
    return handle;
}

static void run(struct sqlite3 *handle, const char *text)
{
    CHECK_EQ(sqlite3_exec(handle, text, NULL, NULL, NULL), SQLITE_OK);
}

static int number(struct sqlite3 *handle, const char *text)
{
    struct sqlite3_stmt *statement;
    CHECK_EQ(sqlite3_prepare_v2(handle, text, -1, &statement, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_step(statement), SQLITE_ROW);
    int value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static void change(const char *path, const char *text)
{
    struct sqlite3 *handle = stranger(path);
    run(handle, text);
    CHECK_EQ(sqlite3_close(handle), SQLITE_OK);
}

/* A file as this version leaves it. */
static void make_current(const char *path)
{
    struct hf_db db = { 0 };
    CHECK_EQ(hf_db_open(&db, path), 0);
    hf_db_close(&db);
}

static void digest(const char *path, uint8_t out[HF_SHA256_BYTES])
{
    static uint8_t bytes[FILE_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    hf_sha256(hf_bytes(bytes, len), out);
}

static void overwrite(const char *path, long offset, size_t count)
{
    FILE *file = fopen(path, "r+b");
    CHECK(file != NULL);
    CHECK_EQ(fseek(file, offset, SEEK_SET), 0);
    for (size_t i = 0; i < count; i++) fputc(0xA5, file);
    fclose(file);
}

static void only_its_owner_may_read_it(void)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    struct scratch s;
    struct hf_db db = { 0 };
    scratch_make(&s);
    mode_t before = umask(0);
    CHECK_EQ(hf_db_open(&db, s.path), 0);
    CHECK_EQ(hf_db_exec(&db, HF_DB_BEGIN), 0);
    CHECK_EQ(hf_db_exec(&db, HF_DB_COMMIT), 0);
    umask(before);
    for (size_t i = 0; i < HF_COUNT(suffixes); i++) {
        char name[SCRATCH_PATH_BYTES + 8];
        struct stat facts;
        snprintf(name, sizeof name, "%s%s", s.path, suffixes[i]);
        CHECK_EQ_AT(i, stat(name, &facts), 0);
        CHECK_EQ_AT(i, facts.st_mode & 0777, 0600);
    }
    hf_db_close(&db);
    CHECK_EQ(chmod(s.path, 0644), 0);
    CHECK_EQ(hf_db_open(&db, s.path), 0);
    struct stat facts;
    CHECK_EQ(stat(s.path, &facts), 0);
    CHECK_EQ(facts.st_mode & 0777, 0600);
    hf_db_close(&db);
    scratch_drop(&s);
}

static void a_commit_is_on_the_disk_before_it_returns(void)
{
    struct scratch s;
    struct hf_db db = { 0 };
    scratch_make(&s);
    CHECK_EQ(hf_db_open(&db, s.path), 0);
    CHECK_EQ(number(db.handle, "PRAGMA synchronous"), 2);
    CHECK_EQ(number(db.handle, "PRAGMA foreign_keys"), 1);
    CHECK_EQ(number(db.handle, "PRAGMA user_version"), hf_db_version());
    CHECK_EQ(number(db.handle, "PRAGMA busy_timeout") > 0, true);
    CHECK_EQ(number(db.handle, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode='wal'"),
             1);
    hf_db_close(&db);
    scratch_drop(&s);
}

/* dependencies.md section 3: exactly one connection writes. */
static void a_second_writer_is_refused_and_a_reader_is_not(void)
{
    struct scratch s;
    struct hf_db first = { 0 }, second = { 0 };
    struct sqlite3 *reader;
    scratch_make(&s);
    CHECK_EQ(hf_db_open(&first, s.path), 0);
    CHECK_EQ(hf_db_open(&second, s.path), HF_ERR_BUSY);
    CHECK(!hf_db_is_open(&second));
    CHECK_EQ(sqlite3_open_v2(s.path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    CHECK_EQ(number(reader, "SELECT count(*) FROM devices"), 0);
    sqlite3_close(reader);
    hf_db_close(&first);
    CHECK_EQ(hf_db_open(&second, s.path), 0);
    hf_db_close(&second);
    scratch_drop(&s);
}

static void an_older_file_is_brought_up_and_keeps_its_rows(void)
{
    struct scratch s;
    struct hf_db db = { 0 };
    scratch_make(&s);
    make_current(s.path);
    change(s.path,
           "DROP TABLE stability; PRAGMA user_version = 1;"
           "INSERT INTO pairings VALUES (zeroblob(32), '5426da9d-8e5b-479f-845c-41d8b886ca9a',"
           " zeroblob(32), '', '', '', '', '', '', 'operator', 'operator', '', 0, 1, 1)");
    CHECK_EQ(hf_db_open(&db, s.path), 0);
    CHECK_EQ(number(db.handle, "PRAGMA user_version"), hf_db_version());
    CHECK_EQ(number(db.handle, "SELECT count(*) FROM pairings"), 1);
    CHECK_EQ(number(db.handle, "SELECT count(*) FROM stability"), 0);
    hf_db_close(&db);
    scratch_drop(&s);
}

static void a_step_that_fails_leaves_the_file_as_it_was(void)
{
    struct scratch s;
    struct hf_db db = { 0 };
    scratch_make(&s);
    make_current(s.path);
    change(s.path, "PRAGMA user_version = 1"); /* but the table of step 2 is there */
    CHECK(hf_db_open(&db, s.path) != 0);
    CHECK(!hf_db_is_open(&db));
    struct sqlite3 *handle = stranger(s.path);
    CHECK_EQ(number(handle, "PRAGMA user_version"), 1);
    sqlite3_close(handle);
    scratch_drop(&s);
}

static void a_newer_file_is_refused_untouched(void)
{
    struct scratch s;
    struct hf_db db = { 0 };
    uint8_t before[HF_SHA256_BYTES], after[HF_SHA256_BYTES];
    scratch_make(&s);
    make_current(s.path);
    char text[64];
    snprintf(text, sizeof text, "PRAGMA user_version = %d", hf_db_version() + 1);
    change(s.path, text);
    digest(s.path, before);
    CHECK_EQ(hf_db_open(&db, s.path), HF_ERR_NEWER);
    CHECK(!hf_db_is_open(&db));
    digest(s.path, after);
    CHECK_BYTES(hf_bytes(after, sizeof after), hf_bytes(before, sizeof before));
    scratch_drop(&s);
}

static void a_damaged_file_is_found_at_once_and_left_as_it_is(void)
{
    /* The header, and the root page of a table. */
    static const struct {
        long offset;
        size_t count;
    } rows[] = { { 0, 100 }, { 4096, 200 } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct scratch s;
        struct hf_db db = { 0 };
        uint8_t before[HF_SHA256_BYTES], after[HF_SHA256_BYTES];
        scratch_make(&s);
        make_current(s.path);
        overwrite(s.path, rows[i].offset, rows[i].count);
        digest(s.path, before);
        CHECK_EQ_AT(i, hf_db_open(&db, s.path), HF_ERR_CORRUPT);
        digest(s.path, after);
        CHECK_BYTES_AT(i, hf_bytes(after, sizeof after), hf_bytes(before, sizeof before));
        scratch_drop(&s);
    }
}

static void something_that_is_no_database_is_refused(void)
{
    struct scratch s;
    struct hf_db db = { 0 };
    scratch_make(&s);
    FILE *file = fopen(s.path, "w");
    CHECK(file != NULL);
    for (int i = 0; i < 1000; i++) fputs("this is a text file\n", file);
    fclose(file);
    CHECK_EQ(hf_db_open(&db, s.path), HF_ERR_CORRUPT);
    scratch_drop(&s);
}

static void a_place_that_cannot_be_written_is_named(void)
{
    struct scratch s;
    struct hf_db db = { 0 };
    char path[2 * SCRATCH_PATH_BYTES];
    scratch_make(&s);
    snprintf(path, sizeof path, "%s/missing/holdfast.db", s.dir);
    CHECK_EQ(hf_db_open(&db, path), HF_ERR_IO);
    snprintf(path, sizeof path, "%s/link", s.dir);
    CHECK_EQ(symlink(s.path, path), 0);
    CHECK_EQ(hf_db_open(&db, path), HF_ERR_IO);
    /* Not even root makes files there. */
    CHECK_EQ(hf_db_open(&db, "/proc/self/fdinfo/holdfast.db") != 0, true);
    CHECK(!hf_db_is_open(&db));
    scratch_drop(&s);
}

static void closing_twice_is_fine(void)
{
    struct hf_db db = { 0 };
    hf_db_close(&db);
    hf_db_close(&db);
}

CHECK_MAIN(only_its_owner_may_read_it, a_commit_is_on_the_disk_before_it_returns,
           a_second_writer_is_refused_and_a_reader_is_not,
           an_older_file_is_brought_up_and_keeps_its_rows,
           a_step_that_fails_leaves_the_file_as_it_was, a_newer_file_is_refused_untouched,
           a_damaged_file_is_found_at_once_and_left_as_it_is,
           something_that_is_no_database_is_refused, a_place_that_cannot_be_written_is_named,
           closing_twice_is_fine)
