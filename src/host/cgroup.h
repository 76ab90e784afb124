/* host/cgroup.h: a control group of our own for one tree of processes.
 *
 * cgroups(7) version 2, found through mountinfo, below the group that we are in:
 * nothing leaves it by a double fork, and one write kills all of it, also against
 * forks.  Where it cannot be made (no version 2, not delegated to us, a kernel before
 * 5.14) the tree is contained by its subreaper and the scan of host/kin alone. */
#ifndef HF_HOST_CGROUP_H
#define HF_HOST_CGROUP_H

#include "host/state_dir.h"

#include <stdbool.h>

/* Of each group of ours, before the number of its supervisor. */
#define HF_CGROUP_PREFIX "holdfast-"

enum { HF_CGROUP_NAME_BYTES = 64 };

struct hf_cgroup {
    int home_fd; /* the directory that it was made in; -1: there is none */
    int fd;      /* its own directory */
    int kill_fd;
    char name[HF_CGROUP_NAME_BYTES];
};

/* The directory of the group that this process is in: 0, or HF_ERR_NOT_FOUND where
 * there is no version 2. */
int hf_cgroup_home(char out[HF_STATE_PATH_BYTES]);

/* Makes the group `name` in the directory `home`, or opens the one that stands there:
 * 0 or the system's reason, and then there is none. */
int hf_cgroup_open(struct hf_cgroup *g, const char *home, const char *name);

/* Removes empty groups whose name begins with `before` and the number of a process that
 * is gone: what a supervisor left that was killed between making its group and using it. */
void hf_cgroup_sweep(const char *home, const char *before);

/* Closes its descriptors and removes it when it is empty.  Legal on none. */
void hf_cgroup_close(struct hf_cgroup *g);
#define HF_CGROUP_NONE ((struct hf_cgroup){ .home_fd = -1, .fd = -1, .kill_fd = -1 })

/* Has the groups below that directory get a controller that it was given itself.  Version 2
 * wants no process in between: this one, and those that descend from it, move to a group
 * "holdfast-PID-self" below it when they stand there.  False: it was not given to us (not
 * delegated), or processes of others stand there; then nothing has changed. */
bool hf_cgroup_share(int home_fd, const char *controller);

/* Above so many bytes the kernel kills all of it.  HF_ERR_NOT_FOUND where the memory
 * controller is not ours to give. */
int hf_cgroup_limit_memory(const struct hf_cgroup *g, int64_t bytes);

static inline bool hf_cgroup_is_there(const struct hf_cgroup *g)
{
    return g->fd >= 0;
}

/* Kills all of it. */
void hf_cgroup_kill(const struct hf_cgroup *g);

/* Whether any living process is in it or below; false for none. */
bool hf_cgroup_is_populated(const struct hf_cgroup *g);
bool hf_cgroup_is_frozen(const struct hf_cgroup *g);

/* User and system time of all that were ever in it: true and microseconds. */
bool hf_cgroup_cpu(const struct hf_cgroup *g, uint64_t *used_us);

/* How often the kernel killed in it for want of memory; 0 also when it does not say
 * (the memory controller is not delegated). */
uint64_t hf_cgroup_oom_kills(const struct hf_cgroup *g);

#endif
