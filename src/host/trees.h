/* host/trees.h: the process trees of a supervisor.
 *
 * A tree is a program that was started for us with everything that comes of it.  It
 * lives behind a guardian (host/guardian), in a control group of its own where there
 * is one (host/cgroup); nothing of it survives hf_trees_end, nor the supervisor.  A
 * tree that `survives` has no guardian: this process is its parent, and after our end
 * another supervisor may adopt it.
 *
 * What is promised where: with a guardian or as our own child, the whole tree; adopted
 * with its group, the whole tree; adopted without one, what descends from the main
 * process while that lives.
 *
 * Runs on one libuv loop; reaps every child of this process, also what it inherits as
 * PID 1 of a container.  News comes from the loop, never from inside of a call. */
#ifndef HF_HOST_TREES_H
#define HF_HOST_TREES_H

#include "host/fault.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct uv_loop_s;
struct hf_trees;

enum hf_tree_news_kind {
    HF_TREE_RUNS,          /* `pid`: watched, and its program has begun */
    HF_TREE_FAILED,        /* `number`: errno; there is no such tree */
    HF_TREE_EXITED,        /* the main process ended; once */
    HF_TREE_EMPTIED,       /* nothing of it lives, all is reaped; after EXITED; the last */
    HF_TREE_GUARDIAN_LOST, /* the guardian died before its tree: hf_trees_end it */
};

struct hf_tree_news {
    enum hf_tree_news_kind kind;
    uint64_t tree;
    pid_t pid;
    int number;
    bool is_known; /* EXITED: false for an adopted process, which is nobody's child here */
    int code;      /* exit code, or -1 */
    int signal;    /* or 0 */
    uint64_t oom_kills;
};

typedef void (*hf_tree_told)(void *ctx, const struct hf_tree_news *news);

struct hf_trees_config {
    struct uv_loop_s *loop;
    const char *cgroup_home; /* borrowed; NULL: no control groups */
    hf_tree_told told;
    void *ctx;
};

/* One for a process: it takes SIGCHLD and makes the process a subreaper. */
int hf_trees_new(struct hf_trees **out, const struct hf_trees_config *config,
                 struct hf_fault *fault);

/* Closes what it holds; trees behind a guardian die of it.  Run the loop afterwards
 * until its handles are closed, then hf_trees_free. */
void hf_trees_close(struct hf_trees *t);
void hf_trees_free(struct hf_trees *t); /* NULL is fine */

struct hf_tree_plan {
    const char *path; /* resolved */
    char *const *argv, *const *envp;
    int stdout_fd, stderr_fd; /* borrowed until return */
    bool survives;
    int64_t memory_max; /* bytes, held by the kernel where it can; 0: none */
};

/* Makes tree `id` (not 0, never used before): RUNS or FAILED follows.  An error, whose
 * fault is filled: nothing follows.  Everything is borrowed until return. */
int hf_trees_spawn(struct hf_trees *t, uint64_t id, const struct hf_tree_plan *plan,
                   struct hf_fault *fault);

/* What an earlier supervisor has left, or somebody else made. */
struct hf_tree_orphan {
    pid_t pid;          /* of the main process */
    uint64_t started;   /* when it was: ticks after boot */
    const char *group;  /* name of its control group; "": none */
    int64_t memory_max; /* as in the plan, from now on; 0: as it was made */
};

/* It becomes tree `id`, if it lives and began at that time.  0: RUNS follows;
 * HF_ERR_NOT_FOUND: it is another process, or none.  Borrowed until return. */
int hf_trees_adopt(struct hf_trees *t, uint64_t id, const struct hf_tree_orphan *orphan,
                   struct hf_fault *fault);

/* Sends a signal to the main process, or TERM or CONT to all others: 0, HF_ERR_NOT_FOUND
 * when there is no such process any more, or the system's reason. */
int hf_trees_signal(struct hf_trees *t, uint64_t id, int number, bool to_others);

/* Kills all of it, again and again until nothing is left. */
void hf_trees_end(struct hf_trees *t, uint64_t id);

/* Forgets a tree that survives, without a signal; no news of it follows. */
void hf_trees_release(struct hf_trees *t, uint64_t id);

/* How many processes of it live, and of the first of them "pid 12 (node) in d_wait". */
size_t hf_trees_survey(struct hf_trees *t, uint64_t id, char *detail, size_t cap);

/* The living processes of a tree, its main process first when it lives: how many were
 * written. */
size_t hf_trees_list(struct hf_trees *t, uint64_t id, pid_t *out, size_t cap);

/* What a journal needs to find it again, and evidence needs to look at it. */
struct hf_tree_facts {
    pid_t pid;         /* of the main process; 0: it is gone, or does not run yet */
    pid_t guardian;    /* 0: none */
    uint64_t started;  /* of the main process: ticks after boot */
    const char *group; /* name of its control group; "": none.  Borrowed */
    bool is_frozen;
    bool has_group_cpu;
    uint64_t group_cpu_us;
};
bool hf_trees_facts(const struct hf_trees *t, uint64_t id, struct hf_tree_facts *out);

/* Whether the kernel holds what its plan says of memory. */
bool hf_trees_has_memory_max(const struct hf_trees *t, uint64_t id);

/* The tree that this process belongs to, or 0. */
uint64_t hf_trees_find(const struct hf_trees *t, pid_t pid);

#endif
