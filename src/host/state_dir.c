#include "host/state_dir.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "host/clock.h"
#include "host/entropy.h"
#include "host/file.h"
#include "host/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int hf_state_dir_file(const struct hf_state_dir *d, const char *name, char out[HF_STATE_PATH_BYTES])
{
    int len = snprintf(out, HF_STATE_PATH_BYTES, "%s/%s", d->path, name);
    return len < HF_STATE_PATH_BYTES ? 0 : HF_ERR_TOO_LARGE;
}

/* --- the directory --- */

static int check_directory(const char *path, struct hf_fault *fault)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return hf_fault_set(fault, hf_fault_code(errno), "cannot use state directory %s: %s", path,
                            strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return hf_fault_set(fault, HF_ERR_EXISTS, "state directory %s is not a directory", path);
    if ((info.st_mode & 0077) == 0) return 0;
    /* It holds secrets: close it rather than refuse, it is ours. */
    if (chmod(path, 0700) == 0) return 0;
    return hf_fault_set(fault, HF_ERR_DENIED,
                        "state directory %s can be read by others (mode %04o) and belongs to "
                        "another user",
                        path, (unsigned)(info.st_mode & 07777));
}

/* --- the lock --- */

static int tell_holder(int fd, const char *path, struct hf_fault *fault)
{
    char holder[128] = "";
    ssize_t len = pread(fd, holder, sizeof holder - 1, 0);
    holder[len > 0 ? len : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    return hf_fault_set(fault, HF_ERR_BUSY,
                        "another holdfast already runs with this state directory: %s holds %s",
                        holder[0] ? holder : "a process", path);
}

static int take_lock(struct hf_state_dir *d, const char *name, struct hf_fault *fault)
{
    char path[HF_STATE_PATH_BYTES], holder[128];
    if (hf_state_dir_file(d, name, path) != 0)
        return hf_fault_set(fault, HF_ERR_TOO_LARGE, "the path of state directory %s is too long",
                            d->path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return hf_fault_set(fault, hf_fault_code(errno), "cannot write to state directory %s: %s",
                            d->path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int err = errno == EWOULDBLOCK ? tell_holder(fd, path, fault)
                                       : hf_fault_set(fault, hf_fault_code(errno),
                                                      "cannot lock %s: %s", path, strerror(errno));
        close(fd);
        return err;
    }
    int len = snprintf(holder, sizeof holder, "pid %ld\n", (long)getpid());
    /* Only for the message above; a full disk shows itself at the token or store. */
    if (ftruncate(fd, 0) == 0) hf_file_write_all(fd, hf_bytes(holder, (size_t)len));
    d->lock_fd = fd;
    return 0;
}

int hf_state_dir_open_as(struct hf_state_dir *d, const char *path, const char *lock,
                         struct hf_fault *fault)
{
    *d = (struct hf_state_dir){ .lock_fd = -1 };
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/') len--;
    if (len == 0 || len >= sizeof d->path)
        return hf_fault_set(fault, HF_ERR_USAGE, "the state directory's path is empty or too long");
    memcpy(d->path, path, len);
    int number = hf_file_make_directories(d->path);
    if (number)
        return hf_fault_set(fault, hf_fault_code(number), "cannot make state directory %s: %s",
                            d->path, strerror(number));
    int err = check_directory(d->path, fault);
    return err ? err : take_lock(d, lock, fault);
}

int hf_state_dir_open(struct hf_state_dir *d, const char *path, struct hf_fault *fault)
{
    return hf_state_dir_open_as(d, path, "lock", fault);
}

static int64_t held_ms_of(const char *path, const char *lock)
{
    char file[HF_STATE_PATH_BYTES + 32], holder[128] = "";
    struct stat info;
    long pid = 0;
    snprintf(file, sizeof file, "%s/%s", path, lock);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return INT64_MAX;
    bool is_written = fstat(fd, &info) == 0 && pread(fd, holder, sizeof holder - 1, 0) > 0;
    close(fd);
    if (!is_written || sscanf(holder, "pid %ld", &pid) != 1 || pid <= 0) return INT64_MAX;
    if (kill((pid_t)pid, 0) != 0 && errno != EPERM) return INT64_MAX;
    int64_t since_ms = (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000;
    int64_t held_ms = hf_clock_now().wall_ms - since_ms;
    return held_ms > 0 ? held_ms : 0;
}

int64_t hf_state_dir_held_ms(const char *path)
{
    int64_t gateway_ms = held_ms_of(path, "lock");
    int64_t supervisor_ms = held_ms_of(path, "supervisor.lock");
    return gateway_ms < supervisor_ms ? gateway_ms : supervisor_ms;
}

void hf_state_dir_close(struct hf_state_dir *d)
{
    if (d->lock_fd > 0) close(d->lock_fd);
    d->lock_fd = -1;
}

/* --- secrets --- */

/* Reads a file that only its owner may read: 0, HF_ERR_NOT_FOUND, or a fault. */
static int read_secret(const struct hf_state_dir *d, const char *name, struct hf_buf *out,
                       char path[HF_STATE_PATH_BYTES], struct hf_fault *fault)
{
    int err = hf_state_dir_file(d, name, path);
    if (err) return hf_fault_set(fault, err, "the path of %s in %s is too long", name, d->path);
    hf_buf_init(out, 2 * HF_LIMIT_SECRET_BYTES);
    return hf_file_read_private(path, HF_LIMIT_SECRET_BYTES, out, fault);
}

static void drop_secret(struct hf_buf *b)
{
    if (b->ptr) hf_wipe(b->ptr, b->cap);
    hf_buf_fini(b);
}

static int make_token(const char *path, char out[HF_STATE_TOKEN_CHARS + 1], struct hf_fault *fault)
{
    uint8_t random[32];
    char line[HF_STATE_TOKEN_CHARS + 1];
    int err = hf_entropy(random, sizeof random);
    if (err) return hf_fault_set(fault, err, "the system gives no random bytes");
    hf_base64url_write(hf_bytes(random, sizeof random), line);
    memcpy(out, line, HF_STATE_TOKEN_CHARS);
    out[HF_STATE_TOKEN_CHARS] = '\0';
    line[HF_STATE_TOKEN_CHARS] = '\n';
    err = hf_file_replace(path, hf_bytes(line, sizeof line), 0600, fault);
    hf_wipe(random, sizeof random);
    hf_wipe(line, sizeof line);
    return err;
}

int hf_state_dir_token(const struct hf_state_dir *d, char out[HF_STATE_TOKEN_CHARS + 1],
                       bool *was_made, struct hf_fault *fault)
{
    char path[HF_STATE_PATH_BYTES];
    struct hf_buf content = { 0 };
    int err = read_secret(d, "token", &content, path, fault);
    *was_made = err == HF_ERR_NOT_FOUND;
    if (!err) {
        struct hf_bytes token = hf_bytes_trim(hf_buf_view(&content));
        if (token.len == HF_STATE_TOKEN_CHARS) {
            memcpy(out, token.ptr, token.len);
            out[token.len] = '\0';
        } else {
            err = hf_fault_set(fault, HF_ERR_CORRUPT,
                               "%s does not hold a token (%d characters): remove it to get a new "
                               "one",
                               path, HF_STATE_TOKEN_CHARS);
        }
    }
    drop_secret(&content);
    return *was_made ? make_token(path, out, fault) : err;
}

int hf_state_dir_key(const struct hf_state_dir *d, uint8_t out[HF_STATE_KEY_BYTES],
                     struct hf_fault *fault)
{
    char path[HF_STATE_PATH_BYTES];
    struct hf_buf content = { 0 };
    int err = read_secret(d, "key", &content, path, fault);
    if (err == HF_ERR_NOT_FOUND) {
        err = hf_entropy(out, HF_STATE_KEY_BYTES);
        if (err) return hf_fault_set(fault, err, "the system gives no random bytes");
        return hf_file_replace(path, hf_bytes(out, HF_STATE_KEY_BYTES), 0600, fault);
    }
    if (!err && content.len != HF_STATE_KEY_BYTES)
        err = hf_fault_set(fault, HF_ERR_CORRUPT,
                           "%s is damaged: it must hold %d bytes; removing it makes all paired "
                           "devices pair again",
                           path, HF_STATE_KEY_BYTES);
    if (!err) memcpy(out, content.ptr, HF_STATE_KEY_BYTES);
    drop_secret(&content);
    return err;
}

/* --- identity --- */

static int make_identity(const char *path, uint8_t out[HF_STATE_KEY_BYTES], struct hf_fault *fault)
{
    char pem[HF_IDENTITY_PEM_BYTES];
    int err = hf_entropy(out, HF_STATE_KEY_BYTES);
    if (err) return hf_fault_set(fault, err, "the system gives no random bytes");
    size_t len = hf_identity_write(out, pem);
    err = hf_file_replace(path, hf_bytes(pem, len), 0600, fault);
    hf_wipe(pem, sizeof pem);
    return err;
}

int hf_state_dir_identity(const struct hf_state_dir *d, uint8_t out[HF_STATE_KEY_BYTES],
                          struct hf_fault *fault)
{
    char path[HF_STATE_PATH_BYTES];
    struct hf_buf content = { 0 };
    int err = read_secret(d, "identity.pem", &content, path, fault);
    if (err == HF_ERR_NOT_FOUND) return make_identity(path, out, fault);
    if (!err && !hf_identity_read(hf_buf_view(&content), out))
        err = hf_fault_set(fault, HF_ERR_CORRUPT,
                           "%s is not an Ed25519 private key in PEM form (PKCS #8)", path);
    drop_secret(&content);
    return err;
}

int hf_state_dir_identity_in(const char *path, uint8_t out[HF_STATE_KEY_BYTES],
                             struct hf_fault *fault)
{
    struct hf_state_dir d = { .lock_fd = -1 };
    size_t len = strlen(path);
    if (len >= sizeof d.path)
        return hf_fault_set(fault, HF_ERR_TOO_LARGE, "the path of state directory %s is too long",
                            path);
    memcpy(d.path, path, len);
    return hf_state_dir_identity(&d, out, fault);
}
