#include "host/kin.h"
#include "lib/check.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 60, BORN_FIRST = 20, BORN_MAX = 300, SCANS = 3, QUIET_SCANS = 2 };

/* Whoever ended stays a zombie below us, its subreaper, until it is waited for. */
static void reap(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
}

static void rest(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Each process of it makes others for as long as it runs and there may be more; none obeys. */
static void burst(long *born)
{
    signal(SIGTERM, SIG_IGN);
    for (;;) {
        alarm(PATIENCE_SECONDS); /* a test that fails leaves nothing */
        if (__atomic_fetch_add(born, 1, __ATOMIC_RELAXED) >= BORN_MAX) pause();
        fork();
    }
}

/* supervisor 31: without a cgroup: nobody is born any more after the third scan, and two that
 * find nobody end it. */
static void a_fork_bomb_ends_within_three_scans(void)
{
    long *born =
        mmap(NULL, sizeof *born, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(born != MAP_FAILED);
    CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    if (fork() == 0) burst(born);
    while (__atomic_load_n(born, __ATOMIC_RELAXED) < BORN_FIRST) continue;
    static struct hf_kin kin;
    hf_kin_init(&kin, getpid(), NULL, 0);
    CHECK(hf_kin_kill(&kin) > 0);
    for (int scan = 1; scan < SCANS; scan++) hf_kin_kill(&kin);
    long after = __atomic_load_n(born, __ATOMIC_RELAXED);
    /* What was killed may need a moment to be gone. */
    for (int quiet = 0; quiet < QUIET_SCANS;) {
        reap();
        rest();
        quiet = hf_kin_kill(&kin) > 0 ? 0 : quiet + 1;
    }
    CHECK_EQ(__atomic_load_n(born, __ATOMIC_RELAXED), after);
    reap();
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1); /* not one child is left */
    CHECK_EQ(munmap(born, sizeof *born), 0);
}

CHECK_MAIN(a_fork_bomb_ends_within_three_scans)
