/* host/trees_state.h: the inside of host/trees, shared by its own files.
 *
 * trees.c owns the table, reaps and answers; tree.c is the life of one tree, tree_make.c
 * its beginning. */
#ifndef HF_HOST_TREES_STATE_H
#define HF_HOST_TREES_STATE_H

#include "host/cgroup.h"
#include "host/guardian.h"
#include "host/kin.h"
#include "host/trees.h"

#include <unistd.h>
#include <uv.h>

enum hf_tree_kind {
    HF_TREE_GUARDED,
    HF_TREE_OURS,    /* this process is the root: it survives, or its guardian is lost */
    HF_TREE_ADOPTED, /* the root is the main process itself */
};

struct hf_tree {
    struct hf_trees *trees;
    uint64_t id; /* 0: the slot is free */
    enum hf_tree_kind kind;
    pid_t guardian, main; /* 0: none, or reaped */
    int pidfd;            /* of the main process, or -1 */
    uint64_t started;     /* of the main process */
    int lifeline_fd;      /* its end is the end of the guarded tree */
    int channel_fd, gate_fd;
    struct hf_cgroup group;
    bool has_memory_max;
    uv_poll_t channel, gate, exit_watch;
    uv_timer_t round;
    bool has_channel, has_gate, has_exit_watch, has_round;
    unsigned open_handles;
    bool runs, has_exited, is_ending;
    bool was_emptied;      /* its guardian says so */
    bool is_silent;        /* its end was told */
    unsigned quiet_rounds; /* rounds of killing that found nobody */
};

struct hf_trees {
    struct hf_trees_config config;
    uv_signal_t children;
    struct hf_tree slots[HF_LIMIT_TREES];
    struct hf_kin kin;
    pid_t others[HF_LIMIT_TREES]; /* what a scan from this process leaves out */
    bool is_closing;
};

/* --- tree_make.c --- */

int hf_tree_spawn(struct hf_tree *t, const struct hf_tree_plan *plan, struct hf_fault *fault);

/* --- tree.c --- */

int hf_tree_adopt(struct hf_tree *t, const struct hf_tree_orphan *orphan, struct hf_fault *fault);
void hf_tree_end(struct hf_tree *t);

/* Our child `pid` was reaped: true when it belonged to this tree as guardian or main. */
bool hf_tree_reaped(struct hf_tree *t, pid_t pid, int status);

/* After a turn of reaping: whether nothing of it is left. */
void hf_tree_look(struct hf_tree *t);

/* Closes all it holds; the slot is free when the handles are closed. */
void hf_tree_close(struct hf_tree *t);

/* Polls a descriptor for input and its end until hf_tree_close: 0 or libuv's reason. */
int hf_tree_watch(struct hf_tree *t, uv_poll_t *handle, bool *is_open, int fd, uv_poll_cb on_event);

/* What the guardian says. */
void hf_tree_on_channel(uv_poll_t *handle, int status, int events);

/* The main process is known, by a descriptor that becomes the tree's: its program may
 * begin. */
void hf_tree_open_gate(struct hf_tree *t, int pidfd, pid_t pid);

static inline void hf_tree_close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* Points the shared scan at the tree: false when it has no root. */
bool hf_tree_kin(struct hf_tree *t);

#endif
