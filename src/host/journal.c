#include "host/journal.h"
#include "base/crypto.h"
#include "host/file.h"
#include "host/proc_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = 16384 };

static void drop(struct hf_buf *text)
{
    if (text->ptr) hf_wipe(text->ptr, text->cap);
    hf_buf_fini(text);
}

static void read_boot(char out[HF_JOURNAL_BOOT_BYTES])
{
    char text[HF_JOURNAL_BOOT_BYTES];
    struct hf_bytes boot =
        hf_bytes_trim(hf_proc_read("/proc/sys/kernel/random/boot_id", text, sizeof text - 1));
    snprintf(out, HF_JOURNAL_BOOT_BYTES, "%.*s", (int)boot.len, (const char *)boot.ptr);
}

/* A file that was replaced under a running program (an update) is still that program. */
static void drop_deleted(char *path)
{
    static const char suffix[] = " (deleted)";
    size_t len = strlen(path);
    if (len >= sizeof suffix && strcmp(path + len - (sizeof suffix - 1), suffix) == 0)
        path[len - (sizeof suffix - 1)] = '\0';
}

bool hf_journal_describe(pid_t pid, struct hf_journal *out)
{
    char path[HF_PROC_PATH_BYTES], text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    snprintf(path, sizeof path, "/proc/%ld/exe", (long)pid);
    ssize_t len = readlink(path, out->program, sizeof out->program - 1);
    if (len < 0 || !hf_proc_stat(pid, text, &stat) || stat.state == 'Z') return false;
    out->program[len] = '\0';
    drop_deleted(out->program);
    out->pid = pid;
    out->started = (int64_t)stat.started;
    read_boot(out->boot);
    return true;
}

int hf_journal_save(const char *path, const struct hf_journal *j, struct hf_fault *fault)
{
    struct hf_buf text;
    hf_buf_init(&text, FILE_BYTES);
    hf_journal_write(&text, j);
    int err = hf_buf_done(&text);
    if (err)
        hf_fault_set(fault, err, "the record of the child is too long");
    else
        err = hf_file_put(path, hf_buf_view(&text), 0600, fault);
    drop(&text);
    return err;
}

int hf_journal_clear(const char *path, struct hf_fault *fault)
{
    if (unlink(path) == 0 || errno == ENOENT) return 0;
    return hf_fault_set(fault, hf_fault_code(errno), "cannot remove %s: %s", path, strerror(errno));
}

int hf_journal_load(const char *path, struct hf_journal *out, struct hf_fault *fault)
{
    struct hf_buf text;
    hf_buf_init(&text, 2 * FILE_BYTES);
    int err = hf_file_read(path, FILE_BYTES, &text, fault);
    if (!err) {
        err = hf_journal_read(hf_buf_view(&text), out);
        if (err) hf_fault_set(fault, err, "%s names no process: %s", path, hf_err_text(err));
    }
    drop(&text);
    return err;
}

bool hf_journal_is_alive(const struct hf_journal *j)
{
    struct hf_journal now;
    return hf_journal_describe((pid_t)j->pid, &now) && hf_journal_same(&now, j);
}
