#include "host/file.h"
#include "base/err.h"
#include "lib/check.h"
#include "lib/scratch.h"

#include <fcntl.h>

static struct hf_fault fault;

static struct hf_buf read_back(const char *path, size_t max)
{
    struct hf_buf out;
    hf_buf_init(&out, 1 << 20);
    CHECK_EQ(hf_file_read(path, max, &out, &fault), 0);
    return out;
}

static void a_replaced_file_has_the_new_content_and_mode(void)
{
    struct scratch s;
    struct stat info;
    scratch_make(&s);
    CHECK_EQ(hf_file_replace(s.path, HF_LIT("one"), 0600, &fault), 0);
    CHECK_EQ(hf_file_replace(s.path, HF_LIT("two two"), 0600, &fault), 0);
    struct hf_buf back = read_back(s.path, 100);
    CHECK_TEXT(hf_buf_view(&back), "two two");
    CHECK_EQ(stat(s.path, &info), 0);
    CHECK_EQ(info.st_mode & 07777, 0600);
    hf_buf_fini(&back);
    scratch_drop(&s);
}

static void a_symbolic_link_stays_and_its_target_changes(void)
{
    struct scratch s;
    struct stat info;
    char link_path[SCRATCH_PATH_BYTES];
    scratch_make(&s);
    snprintf(link_path, sizeof link_path, "%s/link", s.dir);
    CHECK_EQ(hf_file_replace(s.path, HF_LIT("old"), 0600, &fault), 0);
    CHECK_EQ(symlink(s.path, link_path), 0);
    CHECK_EQ(hf_file_replace(link_path, HF_LIT("new"), 0600, &fault), 0);
    CHECK_EQ(lstat(link_path, &info), 0);
    CHECK(S_ISLNK(info.st_mode));
    struct hf_buf back = read_back(s.path, 100);
    CHECK_TEXT(hf_buf_view(&back), "new");
    hf_buf_fini(&back);
    scratch_drop(&s);
}

static void a_file_is_read_up_to_its_bound_and_not_one_byte_more(void)
{
    struct scratch s;
    struct hf_buf out;
    scratch_make(&s);
    CHECK_EQ(hf_file_replace(s.path, HF_LIT("12345"), 0600, &fault), 0);
    struct hf_buf back = read_back(s.path, 5);
    CHECK_TEXT(hf_buf_view(&back), "12345");
    hf_buf_init(&out, 1 << 20);
    CHECK_EQ(hf_file_read(s.path, 4, &out, &fault), HF_ERR_TOO_LARGE);
    CHECK(strstr(fault.text, s.path) != NULL);
    hf_buf_fini(&out);
    hf_buf_fini(&back);
    scratch_drop(&s);
}

static void a_missing_file_is_named(void)
{
    struct hf_buf out;
    hf_buf_init(&out, 100);
    CHECK_EQ(hf_file_read("/no/such/file", 10, &out, &fault), HF_ERR_NOT_FOUND);
    CHECK(strstr(fault.text, "/no/such/file") != NULL);
    CHECK_EQ(hf_file_replace("/no/such/file", HF_LIT("x"), 0600, &fault), HF_ERR_NOT_FOUND);
    CHECK(strstr(fault.text, "/no/such/file") != NULL);
}

/* Names of ours that somebody took before us, links to a file of his: it is not written to. */
static void what_stands_under_the_new_name_is_replaced(void)
{
    enum { NAMES = 200 };
    struct scratch s;
    char victim[SCRATCH_PATH_BYTES], name[SCRATCH_PATH_BYTES + 64];
    scratch_make(&s);
    snprintf(victim, sizeof victim, "%s/victim", s.dir);
    CHECK_EQ(hf_file_replace(victim, HF_LIT("his"), 0644, &fault), 0);
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "%s.new-%ld-%u", s.path, (long)getpid(), i);
        CHECK_EQ(link(victim, name), 0);
    }
    CHECK_EQ(hf_file_replace(s.path, HF_LIT("a secret"), 0600, &fault), 0);
    struct hf_buf his = read_back(victim, 100), ours = read_back(s.path, 100);
    CHECK_TEXT(hf_buf_view(&his), "his");
    CHECK_TEXT(hf_buf_view(&ours), "a secret");
    hf_buf_fini(&his);
    hf_buf_fini(&ours);
    scratch_drop(&s);
}

static void a_full_disk_keeps_the_old_content_and_is_told(void)
{
    /* /dev/full takes nothing: what a full disk answers to the temporary file. */
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_EQ(hf_file_write_all(fd, HF_LIT("lost")), HF_ERR_FULL);
    close(fd);
}

static void missing_directories_are_made_private(void)
{
    struct scratch s;
    struct stat info;
    char deep[SCRATCH_PATH_BYTES], middle[SCRATCH_PATH_BYTES];
    scratch_make(&s);
    snprintf(middle, sizeof middle, "%s/a", s.dir);
    snprintf(deep, sizeof deep, "%s/a/b", s.dir);
    CHECK_EQ(hf_file_make_directories(deep), 0);
    CHECK_EQ(hf_file_make_directories(deep), 0);
    CHECK_EQ(stat(deep, &info), 0);
    CHECK_EQ(info.st_mode & 0777, 0700);
    CHECK_EQ(rmdir(deep), 0);
    CHECK_EQ(rmdir(middle), 0);
    scratch_drop(&s);
}

CHECK_MAIN(what_stands_under_the_new_name_is_replaced, a_replaced_file_has_the_new_content_and_mode,
           a_symbolic_link_stays_and_its_target_changes,
           a_file_is_read_up_to_its_bound_and_not_one_byte_more, a_missing_file_is_named,
           a_full_disk_keeps_the_old_content_and_is_told, missing_directories_are_made_private)
