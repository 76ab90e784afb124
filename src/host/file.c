#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 4096 };

int hf_file_write_all(int fd, struct hf_bytes content)
{
    while (content.len > 0) {
        ssize_t done = write(fd, content.ptr, content.len);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return hf_fault_code(errno);
        content = hf_bytes_from(content, (size_t)done);
    }
    return 0;
}

static int read_all(int fd, const char *path, size_t max, struct hf_buf *out,
                    struct hf_fault *fault)
{
    size_t before = out->len;
    for (;;) {
        /* One byte beyond the bound tells that the file is too large. */
        size_t rest = max + 1 - (out->len - before);
        size_t wanted = rest < READ_BYTES ? rest : READ_BYTES;
        int err = hf_buf_reserve(out, wanted);
        if (err) return hf_fault_set(fault, err, "cannot read %s: %s", path, hf_err_text(err));
        ssize_t got = read(fd, out->ptr + out->len, wanted);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return hf_fault_set(fault, hf_fault_code(errno), "cannot read %s: %s", path,
                                strerror(errno));
        if (got == 0) return 0;
        hf_buf_used(out, (size_t)got);
        if (out->len - before > max)
            return hf_fault_set(fault, HF_ERR_TOO_LARGE, "%s is larger than %zu bytes", path, max);
    }
}

/* Asked of the very file that is read. */
static int check_private(int fd, const char *path, struct hf_fault *fault)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || (info.st_mode & 0077) == 0) return 0;
    return hf_fault_set(fault, HF_ERR_DENIED,
                        "%s can be read by others (mode %04o): run chmod 600 on it", path,
                        (unsigned)(info.st_mode & 07777));
}

static int read_file(const char *path, bool is_private, size_t max, struct hf_buf *out,
                     struct hf_fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return hf_fault_set(fault, hf_fault_code(errno), "cannot read %s: %s", path,
                            strerror(errno));
    int err = is_private ? check_private(fd, path, fault) : 0;
    if (!err) err = read_all(fd, path, max, out, fault);
    close(fd);
    return err;
}

int hf_file_read(const char *path, size_t max, struct hf_buf *out, struct hf_fault *fault)
{
    return read_file(path, false, max, out, fault);
}

int hf_file_read_private(const char *path, size_t max, struct hf_buf *out, struct hf_fault *fault)
{
    return read_file(path, true, max, out, fault);
}

/* Makes the rename itself durable. */
static void sync_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash) return;
    snprintf(directory, sizeof directory, "%.*s/", (int)(slash - path), path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
}

int hf_file_remove(const char *path, struct hf_fault *fault)
{
    if (unlink(path) != 0)
        return hf_fault_set(fault, hf_fault_code(errno), "cannot remove %s: %s", path,
                            strerror(errno));
    sync_directory(path);
    return 0;
}

int hf_file_make_directories(const char *path)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len >= sizeof part) return ENAMETOOLONG;
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) return errno;
    }
    return 0;
}

/* What stands there under that name was left by somebody: its content may be linked from
 * elsewhere, or its owner may want to read ours. */
static int write_new(const char *path, struct hf_bytes content, mode_t mode, bool is_durable)
{
    if (unlink(path) != 0 && errno != ENOENT) return hf_fault_code(errno);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) return hf_fault_code(errno);
    int err = hf_file_write_all(fd, content);
    /* The mode given to open is cut by the umask. */
    if (!err && fchmod(fd, mode) != 0) err = hf_fault_code(errno);
    if (!err && is_durable && fsync(fd) != 0) err = hf_fault_code(errno);
    if (close(fd) != 0 && !err) err = hf_fault_code(errno);
    return err;
}

static int replace(const char *path, struct hf_bytes content, mode_t mode, bool is_durable,
                   struct hf_fault *fault)
{
    /* Threads of one process may replace one file at a time. */
    static atomic_uint count;
    char target[PATH_MAX], fresh[PATH_MAX + 32];
    if (!realpath(path, target)) snprintf(target, sizeof target, "%s", path);
    snprintf(fresh, sizeof fresh, "%s.new-%ld-%u", target, (long)getpid(),
             atomic_fetch_add(&count, 1));
    int err = write_new(fresh, content, mode, is_durable);
    if (!err && rename(fresh, target) != 0) err = hf_fault_code(errno);
    if (err) {
        unlink(fresh);
        return hf_fault_set(fault, err, "cannot write %s: %s", path, hf_err_text(err));
    }
    if (is_durable) sync_directory(target);
    return 0;
}

int hf_file_replace(const char *path, struct hf_bytes content, mode_t mode, struct hf_fault *fault)
{
    return replace(path, content, mode, true, fault);
}

int hf_file_put(const char *path, struct hf_bytes content, mode_t mode, struct hf_fault *fault)
{
    return replace(path, content, mode, false, fault);
}
