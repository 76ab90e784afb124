#include "host/cgroup.h"
#include "host/kin.h"
#include "host/proc_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOUNTS_BYTES = 262144, FILE_BYTES = 4096 };

/* --- where we are --- */

/* The part of our own path below what is mounted at `mount`, behind the mount point. */
static int join_home(const struct hf_proc_mount *mount, struct hf_bytes own,
                     char out[HF_STATE_PATH_BYTES])
{
    char point[HF_STATE_PATH_BYTES], root[HF_STATE_PATH_BYTES];
    size_t root_len = hf_proc_path_unescape(mount->root, root, sizeof root);
    if (hf_proc_path_unescape(mount->point, point, sizeof point) == 0) return HF_ERR_TOO_LARGE;
    if (root_len == 1) root_len = 0; /* "/": the whole hierarchy */
    if (!hf_bytes_starts(own, hf_bytes(root, root_len))) return HF_ERR_NOT_FOUND;
    own = hf_bytes_from(own, root_len);
    if (own.len == 1 && own.ptr[0] == '/') own.len = 0;
    int len =
        snprintf(out, HF_STATE_PATH_BYTES, "%s%.*s", point, (int)own.len, (const char *)own.ptr);
    return len < HF_STATE_PATH_BYTES ? 0 : HF_ERR_TOO_LARGE;
}

static int find_home(struct hf_bytes mounts, struct hf_bytes own, char out[HF_STATE_PATH_BYTES])
{
    struct hf_bytes line;
    struct hf_proc_mount mount;
    /* The hierarchy may be mounted more than once, and not each time with our part of it. */
    while (hf_proc_next_line(&mounts, &line))
        if (hf_proc_mount_read(line, &mount) && hf_bytes_same(mount.type, HF_LIT("cgroup2")) &&
            join_home(&mount, own, out) == 0)
            return 0;
    return HF_ERR_NOT_FOUND;
}

int hf_cgroup_home(char out[HF_STATE_PATH_BYTES])
{
    static char mounts[MOUNTS_BYTES]; /* once, at the start */
    char groups[FILE_BYTES];
    struct hf_bytes own =
        hf_proc_cgroup_path(hf_proc_read("/proc/self/cgroup", groups, sizeof groups));
    if (own.len == 0) return HF_ERR_NOT_FOUND;
    return find_home(hf_proc_read("/proc/self/mountinfo", mounts, sizeof mounts), own, out);
}

/* --- life --- */

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static int open_files(struct hf_cgroup *g)
{
    g->fd = openat(g->home_fd, g->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (g->fd < 0) return errno;
    g->kill_fd = openat(g->fd, "cgroup.kill", O_WRONLY | O_CLOEXEC);
    if (g->kill_fd < 0) return errno;
    return faccessat(g->fd, "cgroup.procs", W_OK, 0) == 0 ? 0 : errno;
}

int hf_cgroup_open(struct hf_cgroup *g, const char *home, const char *name)
{
    *g = HF_CGROUP_NONE;
    if (strlen(name) >= sizeof g->name) return HF_ERR_TOO_LARGE;
    memcpy(g->name, name, strlen(name) + 1);
    g->home_fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (g->home_fd < 0) return hf_fault_code(errno);
    int number = mkdirat(g->home_fd, g->name, 0755) == 0 || errno == EEXIST ? 0 : errno;
    if (!number) number = open_files(g);
    if (!number) return 0;
    hf_cgroup_close(g);
    return hf_fault_code(number);
}

static bool is_of_the_dead(const char *name, const char *before)
{
    size_t len = strlen(before);
    if (strncmp(name, before, len) != 0) return false;
    struct hf_bytes rest = hf_bytes_cstr(name + len);
    uint64_t pid;
    return hf_bytes_u64(hf_bytes_head(rest, hf_bytes_find(rest, 0, '-')), &pid) && pid > 0 &&
           pid <= INT32_MAX && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

void hf_cgroup_sweep(const char *home, const char *before)
{
    DIR *dir = opendir(home);
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (is_of_the_dead(entry->d_name, before))
            unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR); /* refused while one lives in it */
    closedir(dir);
}

void hf_cgroup_close(struct hf_cgroup *g)
{
    close_fd(&g->kill_fd);
    close_fd(&g->fd);
    /* A group in which something lives stays: the kernel refuses. */
    if (g->home_fd >= 0) unlinkat(g->home_fd, g->name, AT_REMOVEDIR);
    close_fd(&g->home_fd);
}

/* --- memory --- */

static bool write_at(int directory, const char *file, const char *text)
{
    int fd = openat(directory, file, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool good = hf_proc_write(fd, text);
    close(fd);
    return good;
}

/* We and who descends from us, out of one group into another. */
static void move_ours(int from, int to)
{
    char text[FILE_BYTES], number[24];
    struct hf_bytes pids = hf_proc_read_at(from, "cgroup.procs", text, sizeof text), line;
    uint64_t pid;
    while (hf_proc_next_line(&pids, &line)) {
        if (!hf_bytes_u64(line, &pid)) continue;
        if ((pid_t)pid != getpid() && !hf_kin_descends((pid_t)pid, getpid())) continue;
        snprintf(number, sizeof number, "%llu", (unsigned long long)pid);
        write_at(to, "cgroup.procs", number);
    }
}

/* With a group that has processes nothing can be shared out among the groups below it
 * (cgroups(7), "no internal processes"): ours stand aside in a leaf of their own. */
static bool share_from_leaf(int home_fd, const char *wish)
{
    char leaf[HF_CGROUP_NAME_BYTES];
    snprintf(leaf, sizeof leaf, HF_CGROUP_PREFIX "%ld-self", (long)getpid());
    if (mkdirat(home_fd, leaf, 0755) != 0 && errno != EEXIST) return false;
    int fd = openat(home_fd, leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return false;
    move_ours(home_fd, fd);
    bool is_shared = write_at(home_fd, "cgroup.subtree_control", wish);
    if (!is_shared) {
        move_ours(fd, home_fd);
        unlinkat(home_fd, leaf, AT_REMOVEDIR);
    }
    close(fd);
    return is_shared;
}

static bool has_word(struct hf_bytes words, struct hf_bytes word)
{
    words = hf_bytes_trim(words);
    while (words.len > 0) {
        size_t end = hf_bytes_find(words, 0, ' ');
        if (hf_bytes_same(hf_bytes_head(words, end), word)) return true;
        words = hf_bytes_from(words, end + 1);
    }
    return false;
}

bool hf_cgroup_share(int home_fd, const char *controller)
{
    char text[FILE_BYTES], wish[64];
    struct hf_bytes name = hf_bytes_cstr(controller);
    if (has_word(hf_proc_read_at(home_fd, "cgroup.subtree_control", text, sizeof text), name))
        return true;
    if (!has_word(hf_proc_read_at(home_fd, "cgroup.controllers", text, sizeof text), name))
        return false; /* nobody has given it to us */
    snprintf(wish, sizeof wish, "+%s", controller);
    return write_at(home_fd, "cgroup.subtree_control", wish) || share_from_leaf(home_fd, wish);
}

int hf_cgroup_limit_memory(const struct hf_cgroup *g, int64_t bytes)
{
    char text[24];
    if (!hf_cgroup_is_there(g) || !hf_cgroup_share(g->home_fd, "memory")) return HF_ERR_NOT_FOUND;
    snprintf(text, sizeof text, "%lld", (long long)bytes);
    if (!write_at(g->fd, "memory.max", text)) return HF_ERR_NOT_FOUND;
    /* A gateway without some of its processes is worse than none. */
    write_at(g->fd, "memory.oom.group", "1");
    return 0;
}

/* --- use --- */

void hf_cgroup_kill(const struct hf_cgroup *g)
{
    if (hf_cgroup_is_there(g)) hf_proc_write(g->kill_fd, "1");
}

static bool read_key(const struct hf_cgroup *g, const char *file, struct hf_bytes key,
                     uint64_t *out)
{
    char text[FILE_BYTES];
    if (!hf_cgroup_is_there(g)) return false;
    return hf_proc_key_number(hf_proc_read_at(g->fd, file, text, sizeof text), key, out);
}

bool hf_cgroup_is_populated(const struct hf_cgroup *g)
{
    uint64_t value = 0;
    return read_key(g, "cgroup.events", HF_LIT("populated"), &value) && value != 0;
}

bool hf_cgroup_is_frozen(const struct hf_cgroup *g)
{
    uint64_t value = 0;
    return read_key(g, "cgroup.events", HF_LIT("frozen"), &value) && value != 0;
}

bool hf_cgroup_cpu(const struct hf_cgroup *g, uint64_t *used_us)
{
    return read_key(g, "cpu.stat", HF_LIT("usage_usec"), used_us);
}

uint64_t hf_cgroup_oom_kills(const struct hf_cgroup *g)
{
    uint64_t value = 0;
    return read_key(g, "memory.events", HF_LIT("oom_kill"), &value) ? value : 0;
}
