/* The log of the child: what it writes and what is found out about it, on a thread. */
#include "base/limits.h"
#include "base/mem.h"
#include "host/supervise_state.h"

#include <stdio.h>
#include <string.h>

enum { CHILD_LOG_BYTES = 10485760, MENDED = 1 };

/* --- on the scribe's thread --- */

/* MENDED, or why it cannot be written since now; 0: nothing new. */
static int write_lines(void *pen, const struct hf_buf *first, const struct hf_buf *second)
{
    struct hf_log_file *file = pen;
    (void)second;
    switch (hf_log_file_write(file, hf_buf_view(first))) {
    case HF_LOG_FILE_SAME:
        return 0;
    case HF_LOG_FILE_FAILED:
        return file->failed;
    case HF_LOG_FILE_MENDED:
        return MENDED;
    }
    return 0;
}

static void drop_file(void *pen)
{
    hf_log_file_fini(pen);
    hf_mem_free(pen);
}

/* --- on the loop --- */

static void tell_dropped(struct hf_supervise *s)
{
    if (s->child_dropped == 0) return;
    HF_LOG(&s->config.log, HF_LOG_WARN, "child_log.dropped", HF_INT("lines", s->child_dropped));
    hf_buf_addf(&s->child_lines, "%lld err (%llu lines were dropped: the disk was too slow)\n",
                (long long)s->now.wall_ms, (unsigned long long)s->child_dropped);
    s->child_dropped = 0;
}

void hf_sup_log_flush(struct hf_supervise *s)
{
    struct hf_buf none;
    hf_buf_init(&none, HF_LIMIT_LOG_BUFFER_BYTES);
    if (!s->scribe || s->child_lines.len == 0) return;
    if (hf_scribe_give(s->scribe, &s->child_lines, &none)) tell_dropped(s);
    hf_buf_fini(&none);
}

/* It may fail, which is told once, and supervision goes on. */
static void on_wrote(void *ctx, int news)
{
    struct hf_supervise *s = ctx;
    if (s->is_closing) return;
    hf_sup_turn(s);
    if (news < 0)
        HF_LOG(&s->config.log, HF_LOG_WARN, "child_log.failed",
               HF_TEXT("why", hf_bytes_cstr(hf_err_text(news))));
    else if (news == MENDED)
        HF_LOG(&s->config.log, HF_LOG_INFO, "child_log.mended",
               HF_TEXT("path", hf_bytes_cstr(s->child_log_path)));
    hf_sup_log_flush(s);
}

/* Whole, or not at all. */
void hf_sup_log_line(struct hf_supervise *s, struct hf_bytes text, bool is_stderr)
{
    struct hf_buf *lines = &s->child_lines;
    size_t before = lines->len;
    hf_buf_addf(lines, "%lld %s ", (long long)s->now.wall_ms, is_stderr ? "err" : "out");
    hf_buf_add(lines, text);
    hf_buf_add_byte(lines, '\n');
    if (hf_buf_done(lines) == 0) return;
    lines->len = before;
    lines->err = 0;
    s->child_dropped++;
}

/* The record's text under that name, or nothing. */
static struct hf_bytes text_of(const struct hf_log_record *record, const char *key)
{
    for (size_t i = 0; i < record->field_count; i++)
        if (strcmp(record->fields[i].key, key) == 0) return record->fields[i].text;
    return HF_EMPTY;
}

/* Lines come here without their secrets, whatever level our own log has. */
static void on_record(void *ctx, const struct hf_log_record *record)
{
    struct hf_supervise *s = ctx;
    const struct hf_log *log = &s->config.log;
    if (strcmp(record->event, "child.said") == 0 || strcmp(record->event, "child.stage") == 0)
        hf_sup_log_line(s, text_of(record, "line"),
                        !hf_bytes_same(text_of(record, "stream"), HF_LIT("stdout")));
    if (record->level <= log->level && log->sink) log->sink(log->ctx, record);
}

struct hf_log hf_sup_log(struct hf_supervise *s)
{
    return (struct hf_log){ .sink = on_record, .ctx = s, .level = HF_LOG_DEBUG };
}

/* --- life --- */

int hf_sup_log_open(struct hf_supervise *s, struct hf_fault *fault)
{
    struct hf_log_file *file = hf_mem_zero(1, sizeof *file);
    if (!file) return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    snprintf(s->child_log_path, sizeof s->child_log_path, "%.1000s/child.log", s->config.state_dir);
    hf_log_file_init(file, s->child_log_path, CHILD_LOG_BYTES);
    const struct hf_scribe_config config = { .loop = s->loop,
                                             .bytes_max = HF_LIMIT_LOG_BUFFER_BYTES,
                                             .write = write_lines,
                                             .pen = file,
                                             .drop_pen = drop_file,
                                             .wrote = on_wrote,
                                             .ctx = s };
    int err = hf_scribe_new(&s->scribe, &config);
    if (!err) return 0;
    drop_file(file);
    return hf_fault_set(fault, err, "no thread can be had for the child's log");
}

void hf_sup_log_close(struct hf_supervise *s)
{
    struct hf_buf none;
    hf_buf_init(&none, HF_LIMIT_LOG_BUFFER_BYTES);
    bool is_whole = hf_scribe_end(s->scribe, &s->child_lines, &none);
    if (!is_whole || s->child_dropped > 0)
        HF_LOG(&s->config.log, HF_LOG_WARN, "child_log.dropped", HF_INT("lines", s->child_dropped));
    s->scribe = NULL;
    hf_buf_fini(&none);
    hf_buf_fini(&s->child_lines);
}
