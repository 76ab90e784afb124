/* host/guardian.h: the process between a supervisor and a tree.
 *
 * Parent and subreaper of the tree.  It holds the read end of a pipe whose write end
 * only the supervisor has: when that is gone, however the supervisor ended, it kills
 * the whole tree and exits.  Else it makes the child, passes its descriptor and its
 * exit status on, kills when it is told to, reaps, and exits when nothing is left.
 * From its fork on it allocates nothing (spec/supervisor.md section 6).
 *
 * Subreapers, descriptors of processes and /proc are Linux's: on another Unix only
 * the process group and the direct child would be reached. */
#ifndef HF_HOST_GUARDIAN_H
#define HF_HOST_GUARDIAN_H

#include "host/child.h"

#include <stdint.h>

enum hf_guardian_word {
    HF_GUARDIAN_BORN,   /* `pid`; its descriptor comes with the message */
    HF_GUARDIAN_FAILED, /* `number`: errno; the guardian ends */
    HF_GUARDIAN_EXITED, /* `number`: the main process's status, as of waitpid */
    HF_GUARDIAN_EMPTY,  /* all are dead and reaped; the guardian ends */
};

/* One packet to the supervisor. */
struct hf_guardian_message {
    int32_t word, pid, number;
};

/* One byte from the supervisor. */
enum hf_guardian_order {
    HF_GUARDIAN_TERM_OTHERS = 'T', /* to all but the main process */
    HF_GUARDIAN_CONT_OTHERS = 'C',
    HF_GUARDIAN_KILL = 'K', /* all, until none is left */
};

struct hf_guardian_plan {
    struct hf_child_plan child;
    int lifeline_fd; /* the read end */
    int channel_fd;  /* SOCK_SEQPACKET */
    int kill_fd;     /* cgroup.kill of the child's group, or -1 */
    int home_fd;     /* the directory that `group_name` is removed from, or -1 */
    const char *group_name;
};

/* Makes a guardian: its number, or -1 and errno.  The caller keeps its own copies of
 * the descriptors and closes them. */
pid_t hf_guardian_fork(const struct hf_guardian_plan *plan);

#endif
