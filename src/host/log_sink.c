#include "host/log_sink.h"
#include "base/limits.h"
#include "host/clock.h"
#include "host/file.h"
#include "host/log_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Whether `fd` is what the service manager says is connected to its journal. */
static bool is_journal(int fd)
{
    struct stat info;
    char expected[64];
    const char *told = getenv("JOURNAL_STREAM");
    if (!told || fstat(fd, &info) != 0) return false;
    snprintf(expected, sizeof expected, "%ju:%ju", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
    return strcmp(told, expected) == 0;
}

void hf_log_sink_init(struct hf_log_sink *s, int err_fd, enum hf_log_format format,
                      struct hf_log_file *file)
{
    *s = (struct hf_log_sink){ .clock = hf_clock_now,
                               .file = file,
                               .err_fd = err_fd,
                               .format = format,
                               .has_priority = is_journal(err_fd),
                               .write_at = HF_NEVER };
    hf_buf_init(&s->err_lines, HF_LIMIT_LOG_BUFFER_BYTES);
    hf_buf_init(&s->file_lines, HF_LIMIT_LOG_BUFFER_BYTES);
}

void hf_log_sink_fini(struct hf_log_sink *s)
{
    if (s->is_lent) return;
    hf_buf_fini(&s->err_lines);
    hf_buf_fini(&s->file_lines);
}

void hf_log_sink_lend(struct hf_log_sink *s)
{
    s->is_lent = true;
    if (s->file) s->file->is_lent = true;
}

/* --- repeats --- */

static uint64_t mix(uint64_t hash, struct hf_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) hash = (hash ^ bytes.ptr[i]) * 0x100000001B3U;
    return (hash ^ 0xFF) * 0x100000001B3U;
}

static uint64_t hash_of(const struct hf_log_record *record)
{
    uint64_t hash = 0xCBF29CE484222325U + (uint64_t)record->level;
    hash = mix(hash, hf_bytes_cstr(record->event));
    for (size_t i = 0; i < record->field_count; i++) {
        const struct hf_log_field *field = &record->fields[i];
        hash = mix(hash, hf_bytes_cstr(field->key));
        hash =
            mix(hash, field->kind == HF_LOG_TEXT ? field->text
                                                 : hf_bytes(&field->number, sizeof field->number));
        hash = mix(hash, hf_bytes(&field->real, sizeof field->real));
    }
    return hash ? hash : 1;
}

/* --- lines --- */

/* Appends one line, or nothing of it when there is no room. */
static void add_line(struct hf_log_sink *s, struct hf_buf *lines, enum hf_log_format format,
                     bool has_priority, int64_t wall_ms, const struct hf_log_record *record)
{
    size_t before = lines->len;
    if (has_priority) hf_buf_addf(lines, "<%d>", hf_log_priority(record->level));
    if (format == HF_LOG_FORMAT_JSON)
        hf_log_line_json(lines, wall_ms, record);
    else
        hf_log_line_text(lines, wall_ms, record);
    if (hf_buf_done(lines) == 0) return;
    lines->len = before;
    lines->err = 0;
    s->dropped++;
}

static void add_record(struct hf_log_sink *s, struct hf_now now, const struct hf_log_record *record)
{
    add_line(s, &s->err_lines, s->format, s->has_priority, now.wall_ms, record);
    if (s->file) add_line(s, &s->file_lines, HF_LOG_FORMAT_JSON, false, now.wall_ms, record);
    bool is_urgent = record->level == HF_LOG_ERROR || s->err_lines.len >= HF_LIMIT_LOG_BATCH_BYTES;
    hf_span delay = is_urgent ? 0 : HF_MS(HF_LIMIT_LOG_DELAY_MS);
    s->write_at = hf_time_min(s->write_at, hf_time_after(now.mono, delay));
}

static void add_event(struct hf_log_sink *s, struct hf_now now, enum hf_log_level level,
                      const char *event, const struct hf_log_field *fields, size_t count)
{
    add_record(s, now,
               &(struct hf_log_record){
                   .level = level, .event = event, .fields = fields, .field_count = count });
}

static void end_repeat(struct hf_log_sink *s, struct hf_now now, struct hf_log_repeat *repeat)
{
    if (repeat->count > 0) {
        const struct hf_log_field fields[] = {
            HF_TEXT("what", hf_bytes_cstr(repeat->event)),
            HF_INT("count", repeat->count),
        };
        add_event(s, now, repeat->level, "log.repeated", fields, HF_COUNT(fields));
    }
    *repeat = (struct hf_log_repeat){ 0 };
}

/* Whether the record was written less than a second ago; it is counted then. */
static bool is_repeat(struct hf_log_sink *s, struct hf_now now, const struct hf_log_record *record)
{
    uint64_t hash = hash_of(record);
    struct hf_log_repeat *oldest = &s->repeats[0];
    for (size_t i = 0; i < HF_LOG_REPEATS; i++) {
        struct hf_log_repeat *repeat = &s->repeats[i];
        if (repeat->hash == hash && hf_time_before(now.mono, repeat->until)) {
            repeat->count++;
            return true;
        }
        if (hf_time_before(repeat->until, oldest->until)) oldest = repeat;
    }
    end_repeat(s, now, oldest);
    *oldest = (struct hf_log_repeat){ .hash = hash,
                                      .until = hf_time_after(now.mono, HF_SECONDS(1)),
                                      .level = record->level,
                                      .event = record->event };
    return false;
}

static void take_record(void *ctx, const struct hf_log_record *record)
{
    struct hf_log_sink *s = ctx;
    struct hf_now now = s->clock();
    if (!is_repeat(s, now, record)) add_record(s, now, record);
}

struct hf_log hf_log_sink_log(struct hf_log_sink *s, enum hf_log_level level)
{
    return (struct hf_log){ .sink = take_record, .ctx = s, .level = level };
}

void hf_log_sink_run_due(struct hf_log_sink *s, struct hf_now now)
{
    for (size_t i = 0; i < HF_LOG_REPEATS; i++) {
        struct hf_log_repeat *repeat = &s->repeats[i];
        if (repeat->count > 0 && !hf_time_before(now.mono, repeat->until))
            end_repeat(s, now, repeat);
    }
    if (s->dropped > 0 && hf_log_sink_is_empty(s)) {
        const struct hf_log_field fields[] = { HF_INT("count", s->dropped) };
        s->dropped = 0;
        add_event(s, now, HF_LOG_WARN, "log.dropped", fields, HF_COUNT(fields));
    }
}

/* A line that was never repeated wakes nobody. */
hf_time hf_log_sink_due(const struct hf_log_sink *s)
{
    hf_time due = s->write_at;
    for (size_t i = 0; i < HF_LOG_REPEATS; i++)
        if (s->repeats[i].count > 0) due = hf_time_min(due, s->repeats[i].until);
    return due;
}

/* --- writing --- */

bool hf_log_sink_is_empty(const struct hf_log_sink *s)
{
    return s->err_lines.len == 0 && s->file_lines.len == 0;
}

bool hf_log_sink_wants_write(const struct hf_log_sink *s, hf_time now)
{
    return !hf_time_before(now, s->write_at);
}

void hf_log_sink_postpone(struct hf_log_sink *s, hf_time now)
{
    s->write_at = hf_time_after(now, HF_MS(HF_LIMIT_LOG_DELAY_MS));
}

void hf_log_sink_take(struct hf_log_sink *s, struct hf_buf *err_lines, struct hf_buf *file_lines)
{
    hf_buf_swap(&s->err_lines, err_lines);
    hf_buf_swap(&s->file_lines, file_lines);
    s->write_at = HF_NEVER;
}

/* A line about the log file itself: stderr is all that is left for it. */
static void tell_news(const struct hf_log_sink *s, enum hf_log_file_news news)
{
    uint8_t text[1024];
    struct hf_buf line = { .ptr = text, .cap = sizeof text, .max = sizeof text };
    const struct hf_log_field fields[] = {
        HF_TEXT("file", hf_bytes_cstr(s->file->path)),
        HF_TEXT("why", hf_bytes_cstr(hf_err_text(s->file->failed))),
    };
    bool is_mended = news == HF_LOG_FILE_MENDED;
    struct hf_log_record record = { .level = is_mended ? HF_LOG_INFO : HF_LOG_ERROR,
                                    .event = is_mended ? "log.recovered" : "log.failed",
                                    .fields = fields,
                                    .field_count = is_mended ? 1 : 2 };
    if (s->has_priority) hf_buf_addf(&line, "<%d>", hf_log_priority(record.level));
    if (s->format == HF_LOG_FORMAT_JSON)
        hf_log_line_json(&line, s->clock().wall_ms, &record);
    else
        hf_log_line_text(&line, s->clock().wall_ms, &record);
    hf_file_write_all(s->err_fd, hf_buf_view(&line));
}

void hf_log_sink_write(const struct hf_log_sink *s, const struct hf_buf *err_lines,
                       const struct hf_buf *file_lines)
{
    /* Nobody is left to be told when stderr itself fails. */
    hf_file_write_all(s->err_fd, hf_buf_view(err_lines));
    if (!s->file || file_lines->len == 0) return;
    enum hf_log_file_news news = hf_log_file_write(s->file, hf_buf_view(file_lines));
    if (news != HF_LOG_FILE_SAME) tell_news(s, news);
}

void hf_log_sink_flush(struct hf_log_sink *s)
{
    if (s->is_lent) return;
    hf_log_sink_write(s, &s->err_lines, &s->file_lines);
    s->err_lines.len = s->file_lines.len = 0;
    s->write_at = HF_NEVER;
}
