#include "host/evidence.h"
#include "base/limits.h"
#include "lib/check.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t fork_sleeper(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) pause();
    }
    return pid;
}

static void wait_for_state(pid_t pid, char state)
{
    while (hf_evidence_state(pid) != state) {
    }
}

static void the_state_tells_sleeping_stopped_dead_and_gone(void)
{
    pid_t pid = fork_sleeper();
    wait_for_state(pid, 'S');
    kill(pid, SIGSTOP);
    wait_for_state(pid, 'T');
    kill(pid, SIGCONT);
    wait_for_state(pid, 'S');
    kill(pid, SIGKILL);
    wait_for_state(pid, 'Z');
    CHECK_EQ(waitpid(pid, NULL, 0), pid);
    CHECK_EQ(hf_evidence_state(pid), 0);
}

static hf_span used_by(pid_t pid, bool counts_cpu)
{
    struct hf_effort_process one;
    CHECK_EQ(hf_evidence_effort(&pid, 1, counts_cpu, &one), 1);
    CHECK_EQ(one.pid, pid);
    return one.used;
}

static void the_processor_time_of_a_busy_process_grows(void)
{
    pid_t pids[] = { getpid(), fork_sleeper() };
    struct hf_effort_process list[2];
    hf_span before = used_by(pids[0], true);
    while (used_by(pids[0], true) - before < HF_MS(30)) {
    }
    CHECK_EQ(hf_evidence_effort(pids, 2, true, list), 2);
    CHECK(list[1].pid == pids[1] && list[1].started > 0);
    kill(pids[1], SIGKILL);
    CHECK_EQ(waitpid(pids[1], NULL, 0), pids[1]);
    CHECK_EQ(hf_evidence_effort(pids, 2, true, list), 1); /* only who lives */
    CHECK_EQ(hf_evidence_effort(&pids[1], 1, true, list), 0);
    CHECK_EQ(hf_evidence_effort(pids, 0, true, list), 0);
}

/* Two that spin on one processor: each waits for it about as long as it has it. */
static void the_wait_for_a_processor_is_told(void)
{
    cpu_set_t old, one;
    CHECK_EQ(sched_getaffinity(0, sizeof old, &old), 0);
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &old)) CPU_SET(i, &one);
    CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    pid_t rival = fork();
    if (rival == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (volatile int i = 0;; i++) continue;
    }
    hf_span before = used_by(getpid(), false);
    while (used_by(getpid(), false) - before < HF_MS(20)) {
    }
    kill(rival, SIGKILL);
    CHECK_EQ(waitpid(rival, NULL, 0), rival);
    CHECK_EQ(sched_setaffinity(0, sizeof old, &old), 0);
}

/* What is touched counts, once for each process that holds it; what is gone does not. */
static void the_memory_of_all_processes_is_added_up(void)
{
    enum { MUCH = 32 << 20 };
    pid_t pids[] = { getpid(), fork_sleeper() };
    int64_t before = hf_evidence_memory(pids, 2);
    CHECK(before > 0);
    CHECK(before > hf_evidence_memory(pids, 1));
    char *block = mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(block != MAP_FAILED);
    CHECK(hf_evidence_memory(pids, 2) < before + MUCH); /* reserved is not taken */
    memset(block, 1, MUCH);
    CHECK(hf_evidence_memory(pids, 2) >= before + MUCH);
    CHECK_EQ(munmap(block, MUCH), 0);
    CHECK(hf_evidence_memory(pids, 2) < before + MUCH);
    kill(pids[1], SIGKILL);
    CHECK_EQ(waitpid(pids[1], NULL, 0), pids[1]);
    CHECK_EQ(hf_evidence_memory(&pids[1], 1), -1);
    CHECK_EQ(hf_evidence_memory(pids, 0), -1);
}

static void a_dump_names_process_threads_and_what_they_wait_in(void)
{
    struct hf_buf out;
    pid_t pid = fork_sleeper();
    char head[64];
    wait_for_state(pid, 'S');
    hf_buf_init(&out, 65536);
    hf_evidence_dump(&pid, 1, &out);
    CHECK_EQ(hf_buf_done(&out), 0);
    int len = snprintf(head, sizeof head, "pid %ld (evidence_test) S parent=%ld fds=", (long)pid,
                       (long)getpid());
    CHECK(hf_bytes_starts(hf_buf_view(&out), hf_bytes(head, (size_t)len)));
    len = snprintf(head, sizeof head, "\n  thread %ld (evidence_test) S in ", (long)pid);
    CHECK(memmem(out.ptr, out.len, head, (size_t)len) != NULL);
    CHECK(hf_bytes_ends(hf_buf_view(&out), HF_LIT(" cpu_ms=0\n")));
    kill(pid, SIGKILL);
    CHECK_EQ(waitpid(pid, NULL, 0), pid);
    hf_buf_reset(&out, 0);
    hf_evidence_dump(&pid, 1, &out);
    CHECK_EQ(out.len, 0);
    hf_buf_fini(&out);
}

static void a_dump_has_no_more_lines_than_its_bound(void)
{
    static pid_t pids[HF_LIMIT_DUMP_LINES / 2 + 1];
    static const size_t counts[] = { HF_LIMIT_DUMP_LINES / 2, HF_LIMIT_DUMP_LINES / 2 + 1 };
    for (size_t i = 0; i < HF_COUNT(pids); i++) pids[i] = getpid();
    for (size_t i = 0; i < HF_COUNT(counts); i++) {
        struct hf_buf out;
        size_t lines = 0;
        hf_buf_init(&out, 1 << 20);
        hf_evidence_dump(pids, counts[i], &out);
        for (size_t at = 0; at < out.len; at++) lines += out.ptr[at] == '\n';
        CHECK_EQ_AT(i, lines, HF_LIMIT_DUMP_LINES);
        hf_buf_fini(&out);
    }
}

/* supervisor 90: a dump tells where it hangs, and neither arguments nor environment. */
static void a_dump_holds_no_secret(void)
{
    char *argv[] = { (char *)(uintptr_t) "sh",
                     (char *)(uintptr_t) "-c",
                     (char *)(uintptr_t) "kill -STOP $$; :",
                     (char *)(uintptr_t) "x",
                     (char *)(uintptr_t) "--token",
                     (char *)(uintptr_t) "canary-0123456789",
                     NULL };
    char *envp[] = { (char *)(uintptr_t) "TOKEN=canary-0123456789", NULL };
    struct hf_buf dump;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execve("/bin/sh", argv, envp);
        _exit(127);
    }
    wait_for_state(pid, 'T');
    hf_buf_init(&dump, 1 << 16);
    hf_evidence_dump(&pid, 1, &dump);
    struct hf_bytes text = hf_buf_view(&dump);
    CHECK(hf_bytes_find_nocase(text, 0, HF_LIT("(sh) T")) < text.len);
    CHECK_EQ(hf_bytes_find_nocase(text, 0, HF_LIT("canary")), text.len);
    hf_buf_fini(&dump);
    kill(pid, SIGKILL);
    CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

CHECK_MAIN(a_dump_holds_no_secret, the_state_tells_sleeping_stopped_dead_and_gone,
           the_processor_time_of_a_busy_process_grows, the_wait_for_a_processor_is_told,
           the_memory_of_all_processes_is_added_up,
           a_dump_names_process_threads_and_what_they_wait_in,
           a_dump_has_no_more_lines_than_its_bound)
