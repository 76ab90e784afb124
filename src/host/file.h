/* host/file.h: whole small files, read and replaced safely. */
#ifndef HF_HOST_FILE_H
#define HF_HOST_FILE_H

#include "base/buf.h"
#include "host/fault.h"

#include <sys/types.h>

/* Appends the file to `out`, which has room for `max` + 1 bytes: 0, HF_ERR_TOO_LARGE
 * above `max` bytes, or the system's reason.  The fault names the file. */
int hf_file_read(const char *path, size_t max, struct hf_buf *out, struct hf_fault *fault);

/* The same for what only its owner may read: HF_ERR_DENIED when others can. */
int hf_file_read_private(const char *path, size_t max, struct hf_buf *out, struct hf_fault *fault);

/* 0, or the system's reason; HF_ERR_NOT_FOUND when it was not there.  Durable. */
int hf_file_remove(const char *path, struct hf_fault *fault);

/* Replaces (or makes) the file in one step: whoever reads it, also after a crash,
 * sees the old content or the new one, whole.  A symbolic link stays one; what it
 * leads to is replaced. */
int hf_file_replace(const char *path, struct hf_bytes content, mode_t mode, struct hf_fault *fault);

/* The same for what only counts until the machine starts anew, without waiting for the
 * disk: after a crash of the machine it may be the old content, the new one, or no whole one;
 * the end of a process, however it comes, leaves one of the first two. */
int hf_file_put(const char *path, struct hf_bytes content, mode_t mode, struct hf_fault *fault);

/* Makes the directory and whatever is missing above it, mode 0700: 0 or errno. */
int hf_file_make_directories(const char *path);

/* Writes all of it: 0 or the system's reason; short writes are continued. */
int hf_file_write_all(int fd, struct hf_bytes content);

#endif
