/* A tree is made: its group, its pipes, its guardian or the process itself. */
#include "host/trees_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct ends {
    int lifeline[2], channel[2], gate[2]; /* [0] is the supervisor's but of the lifeline */
};

static void close_ends(struct ends *e, size_t which)
{
    hf_tree_close_fd(&e->lifeline[1 - which]);
    hf_tree_close_fd(&e->channel[which]);
    hf_tree_close_fd(&e->gate[which]);
}

static int make_ends(struct ends *e)
{
    *e = (struct ends){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
    if (pipe2(e->lifeline, O_CLOEXEC) == 0 &&
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, e->channel) == 0 &&
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, e->gate) == 0)
        return 0;
    int number = errno;
    close_ends(e, 0);
    close_ends(e, 1);
    return number;
}

static struct hf_child_plan child_plan(const struct hf_tree *t, const struct hf_tree_plan *plan,
                                       const struct ends *e)
{
    return (struct hf_child_plan){ .path = plan->path,
                                   .argv = plan->argv,
                                   .envp = plan->envp,
                                   .stdout_fd = plan->stdout_fd,
                                   .stderr_fd = plan->stderr_fd,
                                   .gate_fd = e->gate[1],
                                   .cgroup_fd = t->group.fd,
                                   .dies_with_parent = !plan->survives };
}

static int spawn_guarded(struct hf_tree *t, const struct hf_tree_plan *plan, const struct ends *e)
{
    const struct hf_guardian_plan guarded = {
        .child = child_plan(t, plan, e),
        .lifeline_fd = e->lifeline[0],
        .channel_fd = e->channel[1],
        .kill_fd = t->group.kill_fd,
        .home_fd = t->group.home_fd,
        .group_name = t->group.name,
    };
    t->kind = HF_TREE_GUARDED;
    t->guardian = hf_guardian_fork(&guarded);
    if (t->guardian > 0) return 0;
    t->guardian = 0;
    return errno;
}

static int spawn_ours(struct hf_tree *t, const struct hf_tree_plan *plan, const struct ends *e)
{
    const struct hf_child_plan child = child_plan(t, plan, e);
    t->kind = HF_TREE_OURS;
    pid_t pid = hf_child_fork(&child);
    if (pid < 0) return errno;
    int pidfd = pidfd_open(pid, 0);
    if (pidfd >= 0) {
        hf_tree_open_gate(t, pidfd, pid);
        return 0;
    }
    /* It waits at the gate, which closes; it is reaped like any other child. */
    return errno;
}

static int make(struct hf_tree *t, const struct hf_tree_plan *plan, struct ends *e)
{
    t->lifeline_fd = e->lifeline[1];
    t->channel_fd = e->channel[0];
    t->gate_fd = e->gate[0];
    int number;
    if (plan->survives) {
        number = spawn_ours(t, plan, e);
    } else {
        number = spawn_guarded(t, plan, e);
        if (!number)
            number =
                -hf_tree_watch(t, &t->channel, &t->has_channel, t->channel_fd, hf_tree_on_channel);
    }
    close_ends(e, 1);
    return number;
}

static void make_group(struct hf_tree *t, int64_t memory_max)
{
    char name[HF_CGROUP_NAME_BYTES];
    const char *home = t->trees->config.cgroup_home;
    snprintf(name, sizeof name, HF_CGROUP_PREFIX "%ld-%llu", (long)getpid(),
             (unsigned long long)t->id);
    /* Without one the scan contains the tree. */
    if (!home || hf_cgroup_open(&t->group, home, name) != 0) t->group = HF_CGROUP_NONE;
    t->has_memory_max = memory_max > 0 && hf_cgroup_limit_memory(&t->group, memory_max) == 0;
}

int hf_tree_spawn(struct hf_tree *t, const struct hf_tree_plan *plan, struct hf_fault *fault)
{
    struct ends e;
    int number = make_ends(&e);
    if (!number) {
        make_group(t, plan->memory_max);
        number = make(t, plan, &e);
    }
    if (!number) return 0;
    hf_tree_close(t);
    return hf_fault_set(fault, hf_fault_code(number), "cannot start %s: %s", plan->path,
                        strerror(number));
}
