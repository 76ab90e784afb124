/* host/log_file.h: the log file, appended and rotated by size.
 *
 * When the file cannot be written the lines are lost here (stderr still has
 * them) and that is told once, until it works again.  One thread uses it. */
#ifndef HF_HOST_LOG_FILE_H
#define HF_HOST_LOG_FILE_H

#include "base/buf.h"
#include "host/state_dir.h"

struct hf_log_file {
    char path[HF_STATE_PATH_BYTES];
    int fd;                 /* -1: closed, tried again at the next write */
    int64_t size, size_max; /* bytes; beyond size_max the file becomes `<path>.1` */
    int failed;             /* 0, or why the last write failed */
    bool is_lent; /* a thread was left behind with it (hf_log_sink_lend): fini leaves it */
};

/* What a write wants told, once per change. */
enum hf_log_file_news { HF_LOG_FILE_SAME, HF_LOG_FILE_FAILED, HF_LOG_FILE_MENDED };

void hf_log_file_init(struct hf_log_file *f, const char *path, int64_t size_max);
void hf_log_file_fini(struct hf_log_file *f);

/* Appends whole lines. */
enum hf_log_file_news hf_log_file_write(struct hf_log_file *f, struct hf_bytes lines);

#endif
