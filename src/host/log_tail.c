#include "host/log_tail.h"
#include "base/limits.h"
#include "host/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t clamp(int64_t value, int64_t max)
{
    return value > 0 && value < max ? value : max;
}

/* Reads the file from `from` up to `to`. */
static int read_range(int fd, int64_t from, int64_t to, struct hf_buf *text)
{
    hf_buf_init(text, (size_t)(to - from) + 1);
    int err = hf_buf_reserve(text, (size_t)(to - from) + 1);
    while (!err && from < to) {
        ssize_t got = pread(fd, text->ptr + text->len, (size_t)(to - from), from);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) err = hf_fault_code(errno);
        if (got <= 0) break;
        hf_buf_used(text, (size_t)got);
        from += got;
    }
    return err;
}

/* The newest `lines_max` whole lines of `text`, without the last newline. */
static struct hf_bytes last_lines(struct hf_bytes text, int64_t lines_max, size_t *count)
{
    *count = 0;
    if (text.len == 0 || lines_max <= 0) return hf_bytes_head(text, 0);
    size_t from = text.len - 1; /* the newest line's newline */
    for (*count = 1; from > 0; from--) {
        if (text.ptr[from - 1] != '\n') continue;
        if ((int64_t)*count == lines_max) break;
        ++*count;
    }
    return hf_bytes_head(hf_bytes_from(text, from), text.len - 1 - from);
}

/* Takes what was read from `from` on: whole lines only. */
static void pick(struct hf_bytes text, int64_t from, bool begins_inside, int64_t lines_max,
                 struct hf_log_tail_result *out)
{
    if (begins_inside) {
        size_t end = hf_bytes_find(text, 0, '\n');
        text = hf_bytes_from(text, end < text.len ? end + 1 : text.len);
        out->is_truncated = true;
    }
    size_t whole = text.len;
    while (whole > 0 && text.ptr[whole - 1] != '\n') whole--;
    /* A line that is still being written comes with the next call. */
    out->cursor -= (int64_t)(text.len - whole);
    struct hf_bytes lines = hf_bytes_head(text, whole);
    out->text = last_lines(lines, lines_max, &out->line_count);
    if (out->line_count > 0 && out->text.len + 1 < lines.len) out->is_truncated = true;
    if (out->cursor < from) out->cursor = from;
}

static void read_open(int fd, const struct hf_log_tail_request *request, struct hf_buf *text,
                      struct hf_log_tail_result *out)
{
    struct stat info;
    char before = '\n';
    if (fstat(fd, &info) != 0) {
        out->err = hf_fault_code(errno);
        return;
    }
    int64_t from = request->has_cursor ? request->cursor : 0;
    out->size = out->cursor = info.st_size;
    out->is_reset = request->has_cursor && (from < 0 || from > info.st_size);
    if (out->is_reset) from = 0;
    int64_t bytes_max = clamp(request->bytes_max, HF_LIMIT_LOG_TAIL_BYTES);
    bool is_cut = info.st_size - from > bytes_max;
    if (is_cut) from = info.st_size - bytes_max;
    if (is_cut && pread(fd, &before, 1, from - 1) != 1) before = '\0';
    out->err = read_range(fd, from, info.st_size, text);
    if (out->err) return;
    out->is_truncated = is_cut;
    pick(hf_buf_view(text), from, before != '\n',
         clamp(request->lines_max, HF_LIMIT_LOG_TAIL_LINES), out);
}

void hf_log_tail_read(const char *path, const struct hf_log_tail_request *request,
                      struct hf_buf *text, struct hf_log_tail_result *out)
{
    *out = (struct hf_log_tail_result){ 0 };
    hf_buf_fini(text);
    snprintf(out->file, sizeof out->file, "%s", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        out->err = errno == ENOENT ? 0 : hf_fault_code(errno);
        out->is_reset = request->has_cursor && request->cursor > 0;
        return;
    }
    read_open(fd, request, text, out);
    close(fd);
}
