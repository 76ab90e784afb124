/* host/child.h: the process of a tree, from fork to exec.
 *
 * Everything it needs was prepared before; between fork and exec it only makes
 * system calls.  It waits at a gate, so that whoever made it can watch it before any
 * code of the user runs (spec/supervisor.md section 6). */
#ifndef HF_HOST_CHILD_H
#define HF_HOST_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct hf_child_plan {
    const char *path;  /* of the program, resolved */
    char *const *argv; /* ends with NULL */
    char *const *envp;
    const char *directory; /* NULL: ours */
    int stdout_fd, stderr_fd;
    /* One end of a socket pair: one byte lets the program run, an end of file ends the
     * process; `errno` (an int) comes back when there is no program to run. */
    int gate_fd;
    int cgroup_fd;         /* the directory of its control group, or -1 */
    bool dies_with_parent; /* KILL when its parent (the thread!) goes: a second line */
};

/* Makes the process, which is ready to be watched when this returns: its number, or
 * -1 and errno.  Its session is its own, signals are as a program expects them, stdin
 * reads nothing, and no descriptor of ours stays open in it. */
pid_t hf_child_fork(const struct hf_child_plan *plan);

#endif
