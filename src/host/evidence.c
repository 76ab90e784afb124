#include "host/evidence.h"
#include "base/limits.h"
#include "host/proc_file.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_BYTES = 64, KILOBYTE = 1024 };

char hf_evidence_state(pid_t pid)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    if (!hf_proc_stat(pid, text, &stat)) return 0;
    return stat.state;
}

bool hf_evidence_catches(pid_t pid, int number)
{
    char path[HF_PROC_PATH_BYTES], text[HF_PROC_TEXT_BYTES];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    return hf_proc_catches(hf_proc_read(path, text, sizeof text), number);
}

bool hf_evidence_is_holdfast(pid_t pid)
{
    char path[HF_PROC_PATH_BYTES], file[PATH_MAX];
    struct stat its, ours;
    snprintf(path, sizeof path, "/proc/%ld/exe", (long)pid);
    bool is_same = stat(path, &its) == 0 && stat("/proc/self/exe", &ours) == 0 &&
                   its.st_ino == ours.st_ino && its.st_dev == ours.st_dev;
    if (is_same) return true;
    ssize_t len = readlink(path, file, sizeof file);
    return len > 0 && hf_bytes_ends(hf_bytes(file, (size_t)len), HF_LIT("/holdfast"));
}

static hf_span ticks(uint64_t count)
{
    long per_second = sysconf(_SC_CLK_TCK);
    return (hf_span)(count * (uint64_t)HF_SECONDS(1) /
                     (uint64_t)(per_second > 0 ? per_second : 100));
}

/* 0 where the kernel does not say. */
static hf_span queued_of(pid_t pid)
{
    char path[HF_PROC_PATH_BYTES], text[HF_PROC_TEXT_BYTES];
    uint64_t ran_ns, queued_ns;
    snprintf(path, sizeof path, "/proc/%ld/schedstat", (long)pid);
    struct hf_bytes stat = hf_proc_read(path, text, sizeof text);
    bool is_told = hf_proc_next_number(&stat, &ran_ns) && hf_proc_next_number(&stat, &queued_ns);
    return is_told ? (hf_span)queued_ns : 0;
}

size_t hf_evidence_effort(const pid_t *pids, size_t count, bool counts_cpu,
                          struct hf_effort_process *out)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    size_t living = 0;
    for (size_t i = 0; i < count; i++) {
        if (!hf_proc_stat(pids[i], text, &stat)) continue;
        hf_span cpu = counts_cpu ? ticks(stat.user_ticks + stat.sys_ticks) : 0;
        out[living++] = (struct hf_effort_process){ .pid = pids[i],
                                                    .started = stat.started,
                                                    .used = cpu + queued_of(pids[i]) };
    }
    return living;
}

static int64_t memory_of(struct hf_bytes status)
{
    static const struct hf_bytes keys[] = {
        HF_LIT_INIT("RssAnon:"),
        HF_LIT_INIT("RssShmem:"),
        HF_LIT_INIT("VmSwap:"),
    };
    uint64_t kilobytes, sum = 0;
    for (size_t i = 0; i < HF_COUNT(keys); i++)
        if (hf_proc_key_number(status, keys[i], &kilobytes)) sum += kilobytes;
    return (int64_t)(sum * KILOBYTE);
}

int64_t hf_evidence_memory(const pid_t *pids, size_t count)
{
    char path[HF_PROC_PATH_BYTES], text[HF_PROC_TEXT_BYTES];
    int64_t sum = -1;
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "/proc/%ld/status", (long)pids[i]);
        struct hf_bytes status = hf_proc_read(path, text, sizeof text);
        if (status.len > 0) sum = (sum < 0 ? 0 : sum) + memory_of(status);
    }
    return sum;
}

/* --- the dump --- */

static size_t count_descriptors(pid_t pid)
{
    char path[HF_PROC_PATH_BYTES];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *dir = opendir(path);
    if (!dir) return 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.') count++;
    closedir(dir);
    return count;
}

static void dump_thread(pid_t pid, const char *thread, struct hf_buf *out)
{
    char path[HF_PROC_PATH_BYTES + 32], text[HF_PROC_TEXT_BYTES], wait[WAIT_BYTES];
    struct hf_proc_stat stat;
    snprintf(path, sizeof path, "/proc/%ld/task/%.20s/stat", (long)pid, thread);
    if (!hf_proc_stat_read(hf_proc_read(path, text, sizeof text), &stat)) return;
    snprintf(path, sizeof path, "/proc/%ld/task/%.20s/wchan", (long)pid, thread);
    struct hf_bytes where = hf_proc_read(path, wait, sizeof wait);
    /* "0" means that it does not wait. */
    if (hf_bytes_same(where, HF_LIT("0"))) where = HF_EMPTY;
    hf_buf_addf(out, "  thread %s (%.*s) %c in %.*s cpu_ms=%lld\n", thread, (int)stat.name.len,
                (const char *)stat.name.ptr, stat.state, where.len ? (int)where.len : 1,
                where.len ? (const char *)where.ptr : "-",
                (long long)hf_span_ms(ticks(stat.user_ticks + stat.sys_ticks)));
}

static void dump_process(pid_t pid, size_t *lines, struct hf_buf *out)
{
    char path[HF_PROC_PATH_BYTES], text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    if (!hf_proc_stat(pid, text, &stat)) return;
    hf_buf_addf(out, "pid %ld (%.*s) %c parent=%lld fds=%zu\n", (long)pid, (int)stat.name.len,
                (const char *)stat.name.ptr, stat.state, (long long)stat.parent,
                count_descriptors(pid));
    ++*lines;
    snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *dir = opendir(path);
    if (!dir) return;
    for (struct dirent *entry; *lines < HF_LIMIT_DUMP_LINES && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        dump_thread(pid, entry->d_name, out);
        ++*lines;
    }
    closedir(dir);
}

void hf_evidence_dump(const pid_t *pids, size_t count, struct hf_buf *out)
{
    size_t lines = 0;
    for (size_t i = 0; i < count && lines < HF_LIMIT_DUMP_LINES; i++)
        dump_process(pids[i], &lines, out);
}
