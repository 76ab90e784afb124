#include "host/log_file.h"
#include "base/limits.h"
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void hf_log_file_init(struct hf_log_file *f, const char *path, int64_t size_max)
{
    *f = (struct hf_log_file){ .fd = -1, .size_max = size_max };
    snprintf(f->path, sizeof f->path, "%s", path);
}

static void close_file(struct hf_log_file *f)
{
    if (f->fd >= 0) close(f->fd);
    f->fd = -1;
}

void hf_log_file_fini(struct hf_log_file *f)
{
    if (!f->is_lent) close_file(f);
}

static int open_file(struct hf_log_file *f)
{
    struct stat info;
    if (f->fd >= 0) return 0;
    f->fd = open(f->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->fd < 0) return hf_fault_code(errno);
    f->size = fstat(f->fd, &info) == 0 ? info.st_size : 0;
    return 0;
}

/* The full file becomes <path>.1, replacing the one before it. */
static int rotate(struct hf_log_file *f)
{
    char old[HF_STATE_PATH_BYTES + 4];
    snprintf(old, sizeof old, "%s.1", f->path);
    close_file(f);
    if (rename(f->path, old) != 0) return hf_fault_code(errno);
    return open_file(f);
}

static int append(struct hf_log_file *f, struct hf_bytes lines)
{
    int err = open_file(f);
    if (!err && f->size > 0 && f->size + (int64_t)lines.len > f->size_max) err = rotate(f);
    if (!err) err = hf_file_write_all(f->fd, lines);
    if (err) {
        /* Part of a line may stand there now: a new descriptor reads the true size. */
        close_file(f);
        return err;
    }
    f->size += (int64_t)lines.len;
    return 0;
}

enum hf_log_file_news hf_log_file_write(struct hf_log_file *f, struct hf_bytes lines)
{
    int err = append(f, lines);
    bool had_failed = f->failed != 0;
    f->failed = err;
    if (err) return had_failed ? HF_LOG_FILE_SAME : HF_LOG_FILE_FAILED;
    return had_failed ? HF_LOG_FILE_MENDED : HF_LOG_FILE_SAME;
}
