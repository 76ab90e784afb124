#include "host/child.h"
#include "host/descriptors.h"
#include "host/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FIRST_OTHER_FD = 3, EXIT_NO_PROGRAM = 127 };

/* What we ignore (a broken pipe) or block is no business of the program. */
static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* True when the gate opens; false when whoever holds it is gone. */
static bool wait_at_gate(int fd)
{
    char byte;
    ssize_t got;
    do got = read(fd, &byte, 1);
    while (got < 0 && errno == EINTR);
    return got == 1;
}

/* 0 or errno.  The given descriptors are beyond the three that they become. */
static int place_descriptors(const struct hf_child_plan *plan)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null_fd < 0) return errno;
    if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(plan->stdout_fd, STDOUT_FILENO) < 0 ||
        dup2(plan->stderr_fd, STDERR_FILENO) < 0)
        return errno;
    return close_range(FIRST_OTHER_FD, ~0U, CLOSE_RANGE_CLOEXEC) == 0 ? 0 : errno;
}

static int become_program(const struct hf_child_plan *plan)
{
    if (plan->directory && chdir(plan->directory) != 0) return errno;
    int number = place_descriptors(plan);
    if (number) return number;
    hf_descriptors_restore();
    execve(plan->path, plan->argv, plan->envp);
    return errno;
}

static void enter_group(int cgroup_fd)
{
    int fd = openat(cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    hf_proc_write(fd, "0");
    close(fd);
}

__attribute__((noreturn)) static void run(const struct hf_child_plan *plan, pid_t parent,
                                          bool is_in_group)
{
    setsid();
    if (plan->dies_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(EXIT_NO_PROGRAM);
    }
    /* Outside of its group it is still contained by its ancestors. */
    if (plan->cgroup_fd >= 0 && !is_in_group) enter_group(plan->cgroup_fd);
    reset_signals();
    if (!wait_at_gate(plan->gate_fd)) _exit(EXIT_NO_PROGRAM);
    int number = become_program(plan);
    send(plan->gate_fd, &number, sizeof number, MSG_NOSIGNAL);
    _exit(EXIT_NO_PROGRAM);
}

/* As fork, but born in the group: a move would wait until every processor has passed
 * through the kernel, which takes long on a busy machine.  What runs in the child until
 * its exec needs nothing of what libc does at a fork. */
static pid_t clone_into(int cgroup_fd)
{
    struct clone_args args = { .flags = CLONE_INTO_CGROUP,
                               .exit_signal = SIGCHLD,
                               .cgroup = (unsigned)cgroup_fd };
    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

pid_t hf_child_fork(const struct hf_child_plan *plan)
{
    sigset_t all, before;
    pid_t parent = getpid();
    /* None of our handlers may run in the child. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = plan->cgroup_fd >= 0 ? clone_into(plan->cgroup_fd) : -1;
    bool is_in_group = pid >= 0;
    /* Older kernels and filters of system calls have no such thing. */
    if (!is_in_group) pid = fork();
    if (pid == 0) run(plan, parent, is_in_group);
    int number = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return pid;
}
