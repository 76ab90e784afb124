#include "host/kin.h"
#include "base/bytes.h"
#include "host/proc_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* Looks for more after everything known was stopped: whoever forked meanwhile is
 * stopped in the next look, so few suffice. */
enum { FREEZE_LOOKS = 8, DIRECTORY_BYTES = 4096, CHILDREN_BYTES = 65536 };

void hf_kin_init(struct hf_kin *k, pid_t root, const pid_t *without, size_t without_count)
{
    k->root = root;
    k->without = without;
    k->without_count = without_count;
    k->since = 0;
    k->count = 0;
    k->is_cut = false;
}

static bool is_left_out(const struct hf_kin *k, pid_t pid)
{
    for (size_t i = 0; i < k->without_count; i++)
        if (k->without[i] == pid) return true;
    return false;
}

static bool is_member(const struct hf_kin *k, pid_t pid)
{
    if (pid == k->root) return true;
    for (size_t i = 0; i < k->count; i++)
        if (k->pids[i] == pid) return true;
    return false;
}

static void add(struct hf_kin *k, pid_t pid)
{
    if (is_left_out(k, pid)) return;
    if (k->count == HF_COUNT(k->pids))
        k->is_cut = true;
    else
        k->pids[k->count++] = pid;
}

/* Calls `found` for each entry of a directory that is a number. */
static bool walk(const char *path, void (*found)(void *ctx, pid_t number), void *ctx)
{
    _Alignas(struct dirent64) char buf[DIRECTORY_BYTES];
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    for (ssize_t len; (len = getdents64(fd, buf, sizeof buf)) > 0;) {
        for (ssize_t at = 0; at < len;) {
            const struct dirent64 *entry = (const void *)(buf + at);
            uint64_t number;
            if (hf_bytes_u64(hf_bytes_cstr(entry->d_name), &number)) found(ctx, (pid_t)number);
            at += entry->d_reclen;
        }
    }
    close(fd);
    return true;
}

struct walk {
    struct hf_kin *kin;
    pid_t parent;
    bool is_read; /* some list of children could be read */
};

static void add_task(void *ctx, pid_t task)
{
    /* One scan at a time runs in a process; too large for a guardian's stack. */
    static char text[CHILDREN_BYTES];
    struct walk *w = ctx;
    char path[HF_PROC_PATH_BYTES];
    uint64_t child;
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)w->parent, (long)task);
    if (access(path, R_OK) != 0) return;
    w->is_read = true;
    struct hf_bytes list = hf_proc_read(path, text, sizeof text);
    if (list.len == sizeof text) w->kin->is_cut = true;
    while (hf_proc_next_number(&list, &child)) add(w->kin, (pid_t)child);
}

/* The children of one process, from the lists of its threads. */
static bool add_children(struct hf_kin *k, pid_t parent)
{
    char path[HF_PROC_PATH_BYTES];
    struct walk w = { .kin = k, .parent = parent };
    snprintf(path, sizeof path, "/proc/%ld/task", (long)parent);
    walk(path, add_task, &w);
    return w.is_read;
}

static void add_if_child(void *ctx, pid_t pid)
{
    char text[HF_PROC_TEXT_BYTES];
    struct walk *w = ctx;
    struct hf_proc_stat stat;
    if (hf_proc_stat(pid, text, &stat) && stat.parent == w->parent) add(w->kin, pid);
}

/* Kernels without lists of children: every process names its parent. */
static void add_children_by_parent(struct hf_kin *k, pid_t parent)
{
    struct walk w = { .kin = k, .parent = parent };
    walk("/proc", add_if_child, &w);
}

static bool is_alive(pid_t pid)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    return hf_proc_stat(pid, text, &stat) && stat.state != 'Z' && stat.state != 'X';
}

/* The children of zombies stand below the root already. */
static void drop_zombies(struct hf_kin *k)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->count; i++)
        if (is_alive(k->pids[i])) k->pids[kept++] = k->pids[i];
    k->count = kept;
}

static bool is_too_old(const struct hf_kin *k, pid_t pid)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    return k->since > 0 && hf_proc_stat(pid, text, &stat) && stat.started < k->since;
}

/* What a root has inherited from others is none of this tree's if it is older. */
static void drop_older(struct hf_kin *k)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->count; i++)
        if (!is_too_old(k, k->pids[i])) k->pids[kept++] = k->pids[i];
    k->count = kept;
}

void hf_kin_list(struct hf_kin *k)
{
    k->count = 0;
    k->is_cut = false;
    bool has_lists = add_children(k, k->root);
    if (!has_lists) add_children_by_parent(k, k->root);
    drop_older(k);
    for (size_t i = 0; i < k->count; i++) {
        if (has_lists)
            add_children(k, k->pids[i]);
        else
            add_children_by_parent(k, k->pids[i]);
    }
    drop_zombies(k);
}

/* A number may have gone to another process since the list was read: the descriptor
 * holds one process fast, and only a child of this tree gets the signal. */
static bool send_to(const struct hf_kin *k, pid_t pid, int number)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    int fd = pidfd_open(pid, 0);
    if (fd < 0) return false;
    bool is_ours = hf_proc_stat(pid, text, &stat) && is_member(k, (pid_t)stat.parent);
    bool is_sent = is_ours && pidfd_send_signal(fd, number, NULL, 0) == 0;
    close(fd);
    return is_sent;
}

static size_t send_to_all(const struct hf_kin *k, int number, pid_t but)
{
    size_t sent = 0;
    for (size_t i = 0; i < k->count; i++)
        if (k->pids[i] != but && send_to(k, k->pids[i], number)) sent++;
    return sent;
}

size_t hf_kin_signal(struct hf_kin *k, int number, pid_t but)
{
    hf_kin_list(k);
    return send_to_all(k, number, but);
}

size_t hf_kin_kill(struct hf_kin *k)
{
    size_t before = 0;
    hf_kin_list(k);
    for (int look = 0; look < FREEZE_LOOKS && k->count > before; look++) {
        before = k->count;
        send_to_all(k, SIGSTOP, 0);
        hf_kin_list(k);
    }
    size_t found = k->count;
    /* A stopped process dies of KILL as it stands; nobody needs to be continued. */
    send_to_all(k, SIGKILL, 0);
    return found;
}

pid_t hf_kin_climb(pid_t pid, bool (*is_it)(void *ctx, pid_t pid), void *ctx)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    for (int i = 0; i <= HF_LIMIT_KIN_GENERATIONS && pid > 1; i++) {
        if (is_it(ctx, pid)) return pid;
        if (!hf_proc_stat(pid, text, &stat)) return 0;
        pid = (pid_t)stat.parent;
    }
    return 0;
}

static bool is_same(void *ctx, pid_t pid)
{
    return pid == *(const pid_t *)ctx;
}

bool hf_kin_descends(pid_t pid, pid_t from)
{
    return pid != from && hf_kin_climb(pid, is_same, &from) == from;
}
