#include "host/trees.h"
#include "base/assert.h"
#include "base/mem.h"
#include "host/proc_file.h"
#include "host/trees_state.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the table --- */

static struct hf_tree *find(struct hf_trees *t, uint64_t id)
{
    for (size_t i = 0; i < HF_COUNT(t->slots) && id != 0; i++)
        if (t->slots[i].id == id) return &t->slots[i];
    return NULL;
}

/* A free slot, or one whose handles are closed. */
static struct hf_tree *take(struct hf_trees *t, uint64_t id)
{
    for (size_t i = 0; i < HF_COUNT(t->slots); i++) {
        struct hf_tree *slot = &t->slots[i];
        if (slot->trees) continue;
        *slot = (struct hf_tree){ .trees = t,
                                  .id = id,
                                  .pidfd = -1,
                                  .lifeline_fd = -1,
                                  .channel_fd = -1,
                                  .gate_fd = -1,
                                  .group = HF_CGROUP_NONE,
                                  .has_round = true,
                                  .open_handles = 1 };
        uv_timer_init(t->config.loop, &slot->round);
        slot->round.data = slot;
        return slot;
    }
    return NULL;
}

/* --- reaping --- */

static void look_at_all(struct hf_trees *t)
{
    for (size_t i = 0; i < HF_COUNT(t->slots); i++)
        if (t->slots[i].id != 0) hf_tree_look(&t->slots[i]);
}

static void reap_one(struct hf_trees *t, pid_t pid, int status)
{
    for (size_t i = 0; i < HF_COUNT(t->slots); i++)
        if (t->slots[i].id != 0 && hf_tree_reaped(&t->slots[i], pid, status)) return;
}

/* Every child, not only those that we know: whoever lost its parent below us is ours. */
static void on_children(uv_signal_t *handle, int number)
{
    struct hf_trees *t = handle->data;
    int status;
    (void)number;
    for (;;) {
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0 && errno == EINTR) continue;
        if (pid <= 0) break;
        reap_one(t, pid, status);
    }
    look_at_all(t);
}

/* --- life --- */

int hf_trees_new(struct hf_trees **out, const struct hf_trees_config *config,
                 struct hf_fault *fault)
{
    struct hf_trees *t = hf_mem_zero(1, sizeof *t);
    if (!t) return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    t->config = *config;
    t->children.data = t;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        hf_mem_free(t);
        return hf_fault_set(fault, HF_ERR_IO, "cannot become a subreaper: %s", strerror(errno));
    }
    if (config->cgroup_home) hf_cgroup_sweep(config->cgroup_home, HF_CGROUP_PREFIX);
    uv_signal_init(config->loop, &t->children);
    uv_signal_start(&t->children, on_children, SIGCHLD);
    *out = t;
    return 0;
}

void hf_trees_close(struct hf_trees *t)
{
    if (t->is_closing) return;
    t->is_closing = true;
    for (size_t i = 0; i < HF_COUNT(t->slots); i++)
        if (t->slots[i].id != 0) hf_tree_close(&t->slots[i]);
    uv_close((uv_handle_t *)&t->children, NULL);
}

void hf_trees_free(struct hf_trees *t)
{
    hf_mem_free(t);
}

int hf_trees_spawn(struct hf_trees *t, uint64_t id, const struct hf_tree_plan *plan,
                   struct hf_fault *fault)
{
    HF_ASSERT(id != 0 && !find(t, id));
    struct hf_tree *tree = take(t, id);
    if (!tree)
        return hf_fault_set(fault, HF_ERR_LIMIT,
                            "%d process trees stand already, none is left for %s", HF_LIMIT_TREES,
                            plan->path);
    return hf_tree_spawn(tree, plan, fault);
}

int hf_trees_adopt(struct hf_trees *t, uint64_t id, const struct hf_tree_orphan *orphan,
                   struct hf_fault *fault)
{
    HF_ASSERT(id != 0 && !find(t, id));
    struct hf_tree *tree = take(t, id);
    if (!tree)
        return hf_fault_set(fault, HF_ERR_LIMIT, "%d process trees stand already", HF_LIMIT_TREES);
    return hf_tree_adopt(tree, orphan, fault);
}

/* --- acts --- */

static int signal_others(struct hf_trees *t, struct hf_tree *tree, int number)
{
    char byte = number == SIGCONT ? HF_GUARDIAN_CONT_OTHERS : HF_GUARDIAN_TERM_OTHERS;
    HF_ASSERT(number == SIGCONT || number == SIGTERM);
    if (tree->kind == HF_TREE_GUARDED) {
        if (tree->guardian == 0) return HF_ERR_NOT_FOUND;
        kill(tree->guardian, SIGCONT);
        return send(tree->channel_fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1
                   ? 0
                   : hf_fault_code(errno);
    }
    if (!hf_tree_kin(tree)) return HF_ERR_NOT_FOUND;
    hf_kin_signal(&t->kin, number, tree->main);
    return 0;
}

int hf_trees_signal(struct hf_trees *t, uint64_t id, int number, bool to_others)
{
    struct hf_tree *tree = find(t, id);
    if (!tree) return HF_ERR_NOT_FOUND;
    if (to_others) return signal_others(t, tree, number);
    if (tree->main == 0) return HF_ERR_NOT_FOUND;
    if (pidfd_send_signal(tree->pidfd, number, NULL, 0) == 0) return 0;
    return errno == ESRCH ? HF_ERR_NOT_FOUND : hf_fault_code(errno);
}

void hf_trees_end(struct hf_trees *t, uint64_t id)
{
    struct hf_tree *tree = find(t, id);
    if (tree) hf_tree_end(tree);
}

void hf_trees_release(struct hf_trees *t, uint64_t id)
{
    struct hf_tree *tree = find(t, id);
    if (!tree) return;
    HF_ASSERT(tree->kind != HF_TREE_GUARDED);
    hf_tree_close(tree);
}

/* --- looks --- */

size_t hf_trees_list(struct hf_trees *t, uint64_t id, pid_t *out, size_t cap)
{
    struct hf_tree *tree = find(t, id);
    size_t count = 0;
    if (!tree) return 0;
    if (tree->main != 0 && cap > 0) out[count++] = tree->main;
    if (!hf_tree_kin(tree)) return count;
    hf_kin_list(&t->kin);
    for (size_t i = 0; i < t->kin.count && count < cap; i++)
        if (t->kin.pids[i] != tree->main) out[count++] = t->kin.pids[i];
    return count;
}

size_t hf_trees_survey(struct hf_trees *t, uint64_t id, char *detail, size_t cap)
{
    pid_t pids[HF_LIMIT_TREE_SCAN];
    char path[HF_PROC_PATH_BYTES], wait[64], text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    size_t count = hf_trees_list(t, id, pids, HF_COUNT(pids)), len = 0;
    if (cap > 0) detail[0] = '\0';
    for (size_t i = 0; i < count && len < cap; i++) {
        if (!hf_proc_stat(pids[i], text, &stat)) continue;
        snprintf(path, sizeof path, "/proc/%ld/wchan", (long)pids[i]);
        struct hf_bytes where = hf_proc_read(path, wait, sizeof wait);
        int more = snprintf(detail + len, cap - len, "%spid %ld (%.*s) %c in %.*s", len ? ", " : "",
                            (long)pids[i], (int)stat.name.len, (const char *)stat.name.ptr,
                            stat.state, (int)where.len, (const char *)where.ptr);
        len += (size_t)more;
    }
    return count;
}

bool hf_trees_facts(const struct hf_trees *t, uint64_t id, struct hf_tree_facts *out)
{
    for (size_t i = 0; i < HF_COUNT(t->slots) && id != 0; i++) {
        const struct hf_tree *tree = &t->slots[i];
        if (tree->id != id) continue;
        *out = (struct hf_tree_facts){ .pid = tree->main,
                                       .guardian = tree->guardian,
                                       .started = tree->started,
                                       .group =
                                           hf_cgroup_is_there(&tree->group) ? tree->group.name : "",
                                       .is_frozen = hf_cgroup_is_frozen(&tree->group) };
        out->has_group_cpu = hf_cgroup_cpu(&tree->group, &out->group_cpu_us);
        return true;
    }
    return false;
}

bool hf_trees_has_memory_max(const struct hf_trees *t, uint64_t id)
{
    for (size_t i = 0; i < HF_COUNT(t->slots) && id != 0; i++)
        if (t->slots[i].id == id) return t->slots[i].has_memory_max;
    return false;
}

/* --- whose a process is --- */

struct search {
    const struct hf_trees *trees;
    uint64_t found;
};

static bool is_top(void *ctx, pid_t pid)
{
    struct search *s = ctx;
    for (size_t i = 0; i < HF_COUNT(s->trees->slots); i++) {
        const struct hf_tree *tree = &s->trees->slots[i];
        if (tree->id != 0 && (tree->guardian == pid || tree->main == pid)) s->found = tree->id;
    }
    return s->found != 0;
}

uint64_t hf_trees_find(const struct hf_trees *t, pid_t pid)
{
    struct search s = { .trees = t };
    hf_kin_climb(pid, is_top, &s);
    return s.found;
}
