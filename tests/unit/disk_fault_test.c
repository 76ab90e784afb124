/* A disk that fails: what is made anew is whole, or it is an error and nothing is left. */
#include "lib/disk_fault.h"
#include "base/err.h"
#include "host/journal.h"
#include "host/tls.h"
#include "host/tls_make.h"
#include "lib/check.h"
#include "lib/scratch.h"
#include "store/db.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/crypto.h>

static const struct {
    int number, err;
} faults[] = { { EIO, HF_ERR_IO }, { ENOSPC, HF_ERR_FULL } };

static void a_new_store_that_does_not_reach_the_disk_is_an_error(void)
{
    for (size_t i = 0; i < HF_COUNT(faults); i++) {
        size_t nth = 1;
        for (bool was_hit = true; was_hit; nth++) {
            struct scratch scratch;
            struct hf_db db = { 0 };
            scratch_make(&scratch);
            disk_fault_arm(nth, faults[i].number);
            int err = hf_db_open(&db, scratch.path);
            was_hit = disk_fault_was_hit();
            disk_fault_arm(0, 0);
            CHECK_EQ_AT(nth, err, was_hit ? faults[i].err : 0);
            hf_db_close(&db);
            /* Whoever tries again finds the lock free and the file in order, and takes to the
             * disk what did not reach it: once. */
            disk_fault_arm(1, faults[i].number);
            CHECK_EQ_AT(nth, hf_db_open(&db, scratch.path), was_hit ? faults[i].err : 0);
            CHECK_EQ_AT(nth, disk_fault_was_hit(), was_hit);
            disk_fault_arm(0, 0);
            hf_db_close(&db);
            CHECK_EQ_AT(nth, hf_db_open(&db, scratch.path), 0);
            hf_db_close(&db);
            disk_fault_arm(1, faults[i].number);
            CHECK_EQ_AT(nth, hf_db_open(&db, scratch.path), 0);
            CHECK_AT(nth, !disk_fault_was_hit());
            disk_fault_arm(0, 0);
            hf_db_close(&db);
            scratch_drop(&scratch);
        }
        CHECK(nth > 3); /* the file and its directory */
    }
}

static size_t count_files(const char *path)
{
    DIR *directory = opendir(path);
    size_t count = 0;
    CHECK(directory != NULL);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

struct pair {
    struct scratch scratch;
    char cert[SCRATCH_PATH_BYTES], key[SCRATCH_PATH_BYTES];
};

static void pair_begin(struct pair *p)
{
    scratch_make(&p->scratch);
    snprintf(p->cert, sizeof p->cert, "%s/crt", p->scratch.dir);
    snprintf(p->key, sizeof p->key, "%s/key", p->scratch.dir);
}

/* Both or none, so that the next start does not stumble over half a pair. */
static void pair_end(size_t nth, struct pair *p, int err, bool was_made)
{
    struct hf_fault fault;
    struct hf_tls *tls;
    CHECK_EQ_AT(nth, was_made, err == 0);
    CHECK_EQ_AT(nth, count_files(p->scratch.dir), err ? 0 : 2);
    CHECK_EQ_AT(nth, hf_tls_make_missing(p->cert, p->key, "", &was_made, &fault), 0);
    CHECK_EQ_AT(nth, hf_tls_new(&tls, p->cert, p->key, &fault), 0);
    hf_tls_free(tls);
    scratch_drop(&p->scratch);
}

static void a_certificate_that_cannot_be_written_leaves_nothing(void)
{
    for (size_t i = 0; i < HF_COUNT(faults); i++) {
        bool was_hit = true;
        for (size_t nth = 1; was_hit; nth++) {
            struct pair p;
            struct hf_fault fault;
            bool was_made;
            pair_begin(&p);
            disk_fault_arm(nth, faults[i].number);
            int err = hf_tls_make_missing(p.cert, p.key, "", &was_made, &fault);
            was_hit = disk_fault_was_hit();
            disk_fault_arm(0, 0);
            CHECK_AT(nth, err == 0 || err == faults[i].err);
            CHECK_AT(nth, was_hit || err == 0);
            pair_end(nth, &p, err, was_made);
        }
    }
}

/* It counts until the machine starts anew, and is written on a loop that must not wait for
 * the disk: a write and a rename, no sync (supervisor 95: each of them may fail). */
static void the_record_of_a_child_waits_for_no_disk(void)
{
    enum { STEPS = 2 };
    for (size_t i = 0; i < HF_COUNT(faults); i++) {
        struct scratch scratch;
        struct hf_journal saved = { .port = 1 }, newer = { .port = 2 }, loaded;
        struct hf_fault fault;
        scratch_make(&scratch);
        CHECK(hf_journal_describe(getpid(), &saved) && hf_journal_describe(getpid(), &newer));
        CHECK_EQ(hf_journal_save(scratch.path, &saved, &fault), 0);
        for (size_t nth = 1; nth <= STEPS + 1; nth++) {
            disk_fault_arm(nth, faults[i].number);
            int err = hf_journal_save(scratch.path, &newer, &fault);
            CHECK_EQ_AT(nth, disk_fault_was_hit(), nth <= STEPS);
            disk_fault_arm(0, 0);
            CHECK_EQ_AT(nth, err, nth <= STEPS ? faults[i].err : 0);
            CHECK_EQ_AT(nth, hf_journal_load(scratch.path, &loaded, &fault), 0);
            CHECK_EQ_AT(nth, loaded.port, nth <= STEPS ? 1 : 2); /* the old one, or the new one */
            CHECK_EQ_AT(nth, count_files(scratch.dir), 1);
        }
        CHECK_EQ(hf_journal_clear(scratch.path, &fault), 0);
        scratch_drop(&scratch);
    }
}

/* --- the crypto library without memory --- */

static size_t allocations_left; /* 0: as many as are wanted */
static bool was_refused;

static bool is_refused(void)
{
    if (allocations_left == 0 || --allocations_left > 0) return false;
    was_refused = true;
    return true;
}

static void *crypto_new(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return size == 0 || is_refused() ? NULL : malloc(size);
}

static void *crypto_grow(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (size > 0) return is_refused() ? NULL : realloc(block, size);
    free(block);
    return NULL;
}

static void crypto_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    free(block);
}

static void without_memory_for_the_crypto_library_no_certificate_is_made(void)
{
    struct pair p;
    pair_begin(&p);
    was_refused = true;
    for (size_t nth = 1; was_refused; nth++) {
        struct hf_fault fault;
        bool was_made;
        allocations_left = nth;
        was_refused = false;
        int err = hf_tls_make_missing(p.cert, p.key, "", &was_made, &fault);
        allocations_left = 0;
        CHECK_AT(nth, err == 0 || err == HF_ERR_CRYPTO);
        CHECK_AT(nth, was_refused || err == 0);
        CHECK_EQ_AT(nth, was_made, err == 0);
        CHECK_EQ_AT(nth, count_files(p.scratch.dir), err ? 0 : 2);
        if (!err && was_refused) { /* the library could do without: again from nothing */
            unlink(p.cert);
            unlink(p.key);
        }
    }
    scratch_drop(&p.scratch);
}

/* Before the library allocates anything: it asks whose memory to use once. */
__attribute__((constructor)) static void take_over_memory(void)
{
    if (!CRYPTO_set_mem_functions(crypto_new, crypto_grow, crypto_free)) abort();
}

CHECK_MAIN(a_new_store_that_does_not_reach_the_disk_is_an_error,
           a_certificate_that_cannot_be_written_leaves_nothing,
           the_record_of_a_child_waits_for_no_disk,
           without_memory_for_the_crypto_library_no_certificate_is_made)
