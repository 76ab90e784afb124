#include "host/token_file.h"
#include "base/err.h"
#include "host/clock.h"
#include "host/file.h"
#include "lib/check.h"
#include "lib/scratch.h"

#include <fcntl.h>

static struct hf_token_file file;
static struct scratch scratch;
static struct hf_fault fault;

static void open_file(const char *given)
{
    scratch_make(&scratch);
    hf_token_file_init(&file, scratch.path, hf_bytes_cstr(given));
}

static void close_file(void)
{
    hf_token_file_fini(&file);
    scratch_drop(&scratch);
}

/* Where it stands: the file is the same one afterwards. */
static void write_in_place(const char *text)
{
    int fd = open(scratch.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK_EQ(ftruncate(fd, 0), 0);
    CHECK_EQ(hf_file_write_all(fd, hf_bytes_cstr(text)), 0);
    close(fd);
}

/* So that its last change was long ago, for the file system's clock and for ours. */
static struct hf_now much_later(void)
{
    struct hf_now now = hf_clock_now();
    now.wall_ms += 3600000;
    return now;
}

static bool is_known(const char *secret)
{
    for (size_t i = 0; i < file.known.count; i++)
        if (hf_bytes_same(file.known.secrets[i], hf_bytes_cstr(secret))) return true;
    return false;
}

static void a_login_reads_what_stands_there_now(void)
{
    char out[HF_STATE_PATH_BYTES];
    struct hf_bytes token;
    open_file("given");
    CHECK_EQ(hf_token_file_read(&file, out, &token, &fault), HF_ERR_NOT_FOUND);
    CHECK_EQ(token.len, 0);
    write_in_place(" first \n");
    CHECK_EQ(hf_token_file_read(&file, out, &token, &fault), 0);
    CHECK_TEXT(token, "first");
    write_in_place("second\n");
    CHECK_EQ(hf_token_file_read(&file, out, &token, &fault), 0);
    CHECK_TEXT(token, "second");
    CHECK(is_known("given") && is_known("first") && is_known("second"));
    hf_token_file_know(&file, HF_LIT("handed"));
    CHECK(is_known("given") && is_known("first") && is_known("handed"));
    close_file();
    hf_token_file_init(&file, NULL, HF_LIT("given"));
    CHECK_EQ(hf_token_file_read(&file, out, &token, &fault), 0);
    CHECK_TEXT(token, "given");
    CHECK_EQ(hf_token_file_look(&file, hf_clock_now(), &fault), 0);
    hf_token_file_fini(&file);
}

/* One byte too much is no token, and is not half of one either. */
static void a_file_that_is_too_large_gives_nothing(void)
{
    static char text[HF_STATE_PATH_BYTES + 1];
    char out[HF_STATE_PATH_BYTES];
    struct hf_bytes token;
    open_file("");
    memset(text, 'x', HF_STATE_PATH_BYTES - 1);
    write_in_place(text);
    CHECK_EQ(hf_token_file_read(&file, out, &token, &fault), 0);
    CHECK_EQ(token.len, HF_STATE_PATH_BYTES - 1);
    text[HF_STATE_PATH_BYTES - 1] = 'y';
    write_in_place(text);
    CHECK_EQ(hf_token_file_read(&file, out, &token, &fault), HF_ERR_TOO_LARGE);
    CHECK_EQ(token.len, 0);
    CHECK_EQ(file.known.count, 2);
    close_file();
}

/* As people do it: `echo` into the file.  Its number and its length stay what they were. */
static void a_rewrite_in_place_is_seen(void)
{
    open_file("");
    write_in_place("one");
    CHECK_EQ(hf_token_file_look(&file, much_later(), &fault), 0);
    CHECK(is_known("one"));
    struct timespec times[2] = { { .tv_sec = 1000000000, .tv_nsec = 1 },
                                 { .tv_sec = 1000000000, .tv_nsec = 1 } };
    CHECK_EQ(utimensat(AT_FDCWD, scratch.path, times, 0), 0);
    CHECK_EQ(hf_token_file_look(&file, much_later(), &fault), 0);
    write_in_place("two");
    CHECK_EQ(utimensat(AT_FDCWD, scratch.path, times, 0), 0); /* who changed it hides that */
    CHECK_EQ(hf_token_file_look(&file, much_later(), &fault), 0);
    CHECK(is_known("two"));
    close_file();
}

/* Within one tick of the file system's clock. */
static void one_that_changed_a_moment_ago_is_read_again(void)
{
    open_file("");
    write_in_place("one");
    for (char c = 'a'; c <= 'e'; c++) {
        char text[] = { 'k', 'e', 'y', c, '\0' };
        write_in_place(text);
        CHECK_EQ(hf_token_file_look(&file, hf_clock_now(), &fault), 0);
        CHECK_AT(c, is_known(text));
    }
    close_file();
}

/* A file that could not be read is not taken for one that was. */
static void what_cannot_be_read_now_is_read_later(void)
{
    open_file("");
    CHECK_EQ(mkdir(scratch.path, 0700), 0);
    CHECK(hf_token_file_look(&file, much_later(), &fault) != 0);
    CHECK(hf_token_file_look(&file, much_later(), &fault) != 0); /* no success since */
    CHECK_EQ(rmdir(scratch.path), 0);
    CHECK_EQ(hf_token_file_look(&file, much_later(), &fault), HF_ERR_NOT_FOUND);
    write_in_place("one");
    CHECK_EQ(hf_token_file_look(&file, much_later(), &fault), 0);
    CHECK(is_known("one"));
    close_file();
}

/* The given one and N - 1 of the file: the one that comes then costs the oldest of these. */
static void so_many_are_known(void)
{
    open_file("given");
    for (int i = 1; i <= HF_LIMIT_KEEPER_SECRETS; i++) {
        char text[16];
        snprintf(text, sizeof text, "secret %d", i);
        write_in_place(text);
        CHECK_EQ_AT(i, hf_token_file_look(&file, hf_clock_now(), &fault), 0);
        CHECK_AT(i, is_known(text) && is_known("given"));
        CHECK_EQ_AT(i, is_known("secret 1"), i < HF_LIMIT_KEEPER_SECRETS);
        CHECK_EQ_AT(i, is_known("secret 2"), i >= 2);
        CHECK_AT(i, file.known.count <= HF_LIMIT_KEEPER_SECRETS);
    }
    close_file();
}

CHECK_MAIN(a_login_reads_what_stands_there_now, a_file_that_is_too_large_gives_nothing,
           a_rewrite_in_place_is_seen, one_that_changed_a_moment_ago_is_read_again,
           what_cannot_be_read_now_is_read_later, so_many_are_known)
