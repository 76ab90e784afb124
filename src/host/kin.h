/* host/kin.h: the descendants of a process, found and signalled.
 *
 * A scan of /proc (spec/supervisor.md 9.2), for where there is no cgroup and for what
 * left its cgroup.  Whoever lost its parent is found because the root is a subreaper.
 * No heap: the guardian uses it between fork and exit.  A process is signalled only
 * through a descriptor of it, after a second look at whose child it is. */
#ifndef HF_HOST_KIN_H
#define HF_HOST_KIN_H

#include "base/limits.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hf_kin {
    pid_t root;
    const pid_t *without; /* children of the root, with their trees, that are left out */
    size_t without_count; /* borrowed for the life of this object */
    uint64_t since;       /* of the root's children only those that began then or later, in
                             ticks after boot, with their trees; 0: all.  Set after init */
    pid_t pids[HF_LIMIT_TREE_SCAN];
    size_t count;
    bool is_cut; /* there are more */
};

void hf_kin_init(struct hf_kin *k, pid_t root, const pid_t *without, size_t without_count);

/* Lists the living descendants (zombies are not); parents before their children. */
void hf_kin_list(struct hf_kin *k);

/* Lists, and sends `number` to each but `but` (0: to all).  Returns how many got it. */
size_t hf_kin_signal(struct hf_kin *k, int number, pid_t but);

/* One round: all are stopped, looked for again until no new one is seen, and killed.
 * Returns how many were found; the tree is gone after two rounds that found none. */
size_t hf_kin_kill(struct hf_kin *k);

/* The first that `is_it` of a living process and its parents, HF_LIMIT_KIN_GENERATIONS of them
 * at most; 0: none. */
pid_t hf_kin_climb(pid_t pid, bool (*is_it)(void *ctx, pid_t pid), void *ctx);

/* Whether a living process comes of another one. */
bool hf_kin_descends(pid_t pid, pid_t from);

#endif
