#include "host/guardian.h"
#include "base/bytes.h"
#include "host/kin.h"
#include "host/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between two rounds of killing: the kernel needs a moment to end a process. */
enum { ROUND_MS = 5, KEPT_MAX = 9 };

static struct guardian {
    const struct hf_guardian_plan *plan;
    pid_t main_pid; /* 0: reaped */
    int children_fd;
    bool is_killing, is_alone; /* alone: the supervisor is gone */
    struct hf_kin kin;
} guardian; /* zero pages until a guardian uses them; too large for a stack */

/* --- talking --- */

static void tell(struct guardian *g, const struct hf_guardian_message *message, int pidfd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = { (void *)(uintptr_t)message, sizeof *message };
    struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
    if (pidfd >= 0) {
        memset(&control, 0, sizeof control);
        control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
                                         .cmsg_level = SOL_SOCKET,
                                         .cmsg_type = SCM_RIGHTS };
        memcpy(CMSG_DATA(&control.head), &pidfd, sizeof pidfd);
        packet.msg_control = &control;
        packet.msg_controllen = sizeof control.room;
    }
    /* A supervisor that is gone shows itself at the lifeline. */
    sendmsg(g->plan->channel_fd, &packet, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void tell_word(struct guardian *g, enum hf_guardian_word word, int number)
{
    tell(g, &(struct hf_guardian_message){ .word = (int32_t)word, .number = number }, -1);
}

/* --- the tree --- */

static void kill_tree(struct guardian *g)
{
    if (g->plan->kill_fd >= 0) hf_proc_write(g->plan->kill_fd, "1");
    hf_kin_kill(&g->kin);
}

/* Reaps whoever ended: false when no child is left. */
static bool reap(struct guardian *g)
{
    int status;
    for (;;) {
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid == 0) return true;
        if (pid < 0) return errno == EINTR;
        if (pid != g->main_pid) continue;
        g->main_pid = 0;
        tell_word(g, HF_GUARDIAN_EXITED, status);
    }
}

static void read_orders(struct guardian *g)
{
    char order;
    for (;;) {
        ssize_t got = recv(g->plan->channel_fd, &order, 1, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) g->is_alone = true;
        if (got <= 0) return;
        if (order == HF_GUARDIAN_KILL) g->is_killing = true;
        if (order == HF_GUARDIAN_TERM_OTHERS) hf_kin_signal(&g->kin, SIGTERM, g->main_pid);
        if (order == HF_GUARDIAN_CONT_OTHERS) hf_kin_signal(&g->kin, SIGCONT, g->main_pid);
    }
}

static void drain_children(struct guardian *g)
{
    struct signalfd_siginfo infos[8];
    while (read(g->children_fd, infos, sizeof infos) > 0) {
    }
}

__attribute__((noreturn)) static void leave(struct guardian *g)
{
    const struct hf_guardian_plan *plan = g->plan;
    if (plan->home_fd >= 0) unlinkat(plan->home_fd, plan->group_name, AT_REMOVEDIR);
    tell_word(g, HF_GUARDIAN_EMPTY, 0);
    _exit(0);
}

__attribute__((noreturn)) static void watch(struct guardian *g)
{
    struct pollfd fds[] = {
        { .fd = g->plan->lifeline_fd, .events = POLLIN },
        { .fd = g->plan->channel_fd, .events = POLLIN },
        { .fd = g->children_fd, .events = POLLIN },
    };
    for (;;) {
        if (g->is_killing) kill_tree(g);
        if (!reap(g)) leave(g);
        poll(fds, HF_COUNT(fds), g->is_killing ? ROUND_MS : -1);
        drain_children(g);
        if (!g->is_alone) read_orders(g);
        if (fds[0].revents != 0) g->is_alone = true;
        if (!g->is_alone) continue;
        /* Nobody is left to hear or to order: only the end of the tree counts now. */
        g->is_killing = true;
        fds[0].fd = fds[1].fd = -1;
    }
}

/* --- its own life --- */

static void ignore_signals(void)
{
    sigset_t children;
    /* It must outlive whatever is sent to everybody; what ends it is the lifeline. */
    for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_SETMASK, &children, NULL);
}

static void sort(int *fds, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && fds[j - 1] > fds[j]; j--) {
            int other = fds[j];
            fds[j] = fds[j - 1];
            fds[j - 1] = other;
        }
}

/* Nothing of the supervisor stays open here: not its listeners, not the write end of
 * another guardian's lifeline, not its terminal. */
static void close_others(const struct hf_guardian_plan *plan)
{
    int kept[KEPT_MAX] = { plan->lifeline_fd,     plan->channel_fd,      plan->kill_fd,
                           plan->home_fd,         plan->child.stdout_fd, plan->child.stderr_fd,
                           plan->child.cgroup_fd, plan->child.gate_fd,   -1 };
    unsigned from = STDERR_FILENO + 1;
    sort(kept, KEPT_MAX);
    for (size_t i = 0; i < KEPT_MAX; i++) {
        if (kept[i] < (int)from) continue;
        if ((unsigned)kept[i] > from) close_range(from, (unsigned)kept[i] - 1, 0);
        from = (unsigned)kept[i] + 1;
    }
    close_range(from, ~0U, 0);
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; null_fd >= 0 && fd <= STDERR_FILENO; fd++) dup2(null_fd, fd);
    if (null_fd > STDERR_FILENO) close(null_fd);
}

/* The child's ends: while they stay open here, nobody sees that the child closed its. */
static void close_childs(const struct hf_child_plan *child)
{
    close(child->stdout_fd);
    if (child->stderr_fd != child->stdout_fd) close(child->stderr_fd);
    close(child->gate_fd);
    if (child->cgroup_fd >= 0) close(child->cgroup_fd);
}

__attribute__((noreturn)) static void fail(struct guardian *g, int number)
{
    tell_word(g, HF_GUARDIAN_FAILED, number);
    g->is_killing = true;
    watch(g);
}

__attribute__((noreturn)) static void run(const struct hf_guardian_plan *plan)
{
    struct guardian *g = &guardian;
    *g = (struct guardian){ .plan = plan };
    ignore_signals();
    setsid();
    prctl(PR_SET_NAME, "holdfast-guard");
    close_others(plan);
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    g->children_fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    hf_kin_init(&g->kin, getpid(), NULL, 0);
    if (g->children_fd < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail(g, errno);
    g->main_pid = hf_child_fork(&plan->child);
    if (g->main_pid < 0) fail(g, errno);
    int pidfd = pidfd_open(g->main_pid, 0);
    if (pidfd < 0) fail(g, errno);
    close_childs(&plan->child);
    tell(g, &(struct hf_guardian_message){ .word = HF_GUARDIAN_BORN, .pid = g->main_pid }, pidfd);
    close(pidfd);
    watch(g);
}

pid_t hf_guardian_fork(const struct hf_guardian_plan *plan)
{
    sigset_t all, before;
    /* None of the supervisor's handlers may run in the guardian. */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) run(plan);
    int number = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return pid;
}
