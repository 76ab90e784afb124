#include "host/journal.h"
#include "lib/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void a_living_process_is_found_again_by_its_record(void)
{
    struct scratch s;
    struct hf_journal saved = { .port = 7, .at_ms = 5 }, loaded;
    struct hf_fault fault;
    scratch_make(&s);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) pause();
    }
    CHECK(hf_journal_describe(pid, &saved));
    CHECK_EQ(hf_journal_load(s.path, &loaded, &fault), HF_ERR_NOT_FOUND);
    CHECK_EQ(hf_journal_save(s.path, &saved, &fault), 0);
    CHECK_EQ(hf_journal_load(s.path, &loaded, &fault), 0);
    CHECK(hf_journal_is_alive(&loaded));

    /* supervisor 23: the same number is not enough. */
    struct hf_journal other = loaded;
    other.started++;
    CHECK(!hf_journal_is_alive(&other));
    other = loaded;
    other.boot[0] ^= 1;
    CHECK(!hf_journal_is_alive(&other));
    other = loaded;
    other.program[1] ^= 1;
    CHECK(!hf_journal_is_alive(&other));

    kill(pid, SIGKILL);
    CHECK_EQ(waitpid(pid, NULL, 0), pid);
    CHECK(!hf_journal_is_alive(&loaded));
    CHECK_EQ(hf_journal_clear(s.path, &fault), 0);
    CHECK_EQ(hf_journal_clear(s.path, &fault), 0);
    CHECK_EQ(hf_journal_load(s.path, &loaded, &fault), HF_ERR_NOT_FOUND);
    scratch_drop(&s);
}

static void a_broken_record_is_told_with_its_path(void)
{
    struct scratch s;
    struct hf_journal loaded;
    struct hf_fault fault;
    scratch_make(&s);
    int fd = open(s.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK_EQ(write(fd, "{", 1), 1);
    close(fd);
    CHECK_EQ(hf_journal_load(s.path, &loaded, &fault), HF_ERR_CORRUPT);
    CHECK(strstr(fault.text, s.path) != NULL);
    scratch_drop(&s);
}

/* supervisor 95: the journal's half; root writes everywhere but into no directory. */
static void what_cannot_be_written_is_an_error(void)
{
    struct hf_journal saved = { 0 };
    struct hf_fault fault;
    CHECK(hf_journal_describe(getpid(), &saved));
    CHECK_EQ(hf_journal_save("/no/such/directory/journal", &saved, &fault), HF_ERR_NOT_FOUND);
    CHECK(strstr(fault.text, "/no/such/directory/journal") != NULL);
}

CHECK_MAIN(a_living_process_is_found_again_by_its_record, a_broken_record_is_told_with_its_path,
           what_cannot_be_written_is_an_error)
