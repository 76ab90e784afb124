/* host/proc_file.h: small files of /proc and of cgroups, without the heap.
 *
 * Safe between fork and exec.  Linux only: elsewhere nothing is found. */
#ifndef HF_HOST_PROC_FILE_H
#define HF_HOST_PROC_FILE_H

#include "wire/proc_text.h"

#include <sys/types.h>

enum {
    HF_PROC_TEXT_BYTES = 4096, /* enough for the files that we read whole */
    HF_PROC_PATH_BYTES = 64,   /* of "/proc/PID/..." */
};

/* The file's first `cap` bytes: a span of `out`, empty when it cannot be read. */
struct hf_bytes hf_proc_read(const char *path, char *out, size_t cap);
/* The same below an open directory (a cgroup's). */
struct hf_bytes hf_proc_read_at(int directory, const char *name, char *out, size_t cap);

/* What /proc/PID/stat says; its name is a span of `text`.  False when it is gone. */
bool hf_proc_stat(pid_t pid, char text[HF_PROC_TEXT_BYTES], struct hf_proc_stat *out);

/* Writes "1" or the like to a file of a cgroup: whether the kernel took it. */
bool hf_proc_write(int fd, const char *text);

#endif
