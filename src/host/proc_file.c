#include "host/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct hf_bytes hf_proc_read_at(int directory, const char *name, char *out, size_t cap)
{
    size_t len = 0;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return HF_EMPTY;
    while (len < cap) {
        ssize_t got = read(fd, out + len, cap - len);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        len += (size_t)got;
    }
    close(fd);
    return hf_bytes(out, len);
}

struct hf_bytes hf_proc_read(const char *path, char *out, size_t cap)
{
    return hf_proc_read_at(AT_FDCWD, path, out, cap);
}

bool hf_proc_stat(pid_t pid, char text[HF_PROC_TEXT_BYTES], struct hf_proc_stat *out)
{
    char path[HF_PROC_PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    return hf_proc_stat_read(hf_proc_read(path, text, HF_PROC_TEXT_BYTES), out);
}

bool hf_proc_write(int fd, const char *text)
{
    ssize_t len = (ssize_t)strlen(text);
    ssize_t done;
    do done = write(fd, text, (size_t)len);
    while (done < 0 && errno == EINTR);
    return done == len;
}
