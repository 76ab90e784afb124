/* host/log_line.h: a log record as one line of text or JSON.  Pure. */
#ifndef HF_HOST_LOG_LINE_H
#define HF_HOST_LOG_LINE_H

#include "base/log.h"

enum { HF_LOG_TIME_CHARS = 24 };

/* 2026-11-22T03:35:12.641Z, no zero. */
void hf_log_time(int64_t wall_ms, char out[HF_LOG_TIME_CHARS]);

/* Appends `<time> LEVEL event key=value ...` and a newline. */
void hf_log_line_text(struct hf_buf *out, int64_t wall_ms, const struct hf_log_record *record);

/* Appends {"time","level","subsystem":"holdfast","message","event",...fields} and
 * a newline.  `message` is the text form of the record, which is what clients of
 * logs.tail print (traces/cli-logs.jsonl). */
void hf_log_line_json(struct hf_buf *out, int64_t wall_ms, const struct hf_log_record *record);

/* The syslog priority that journald takes as a prefix: <3>, <4>, <6>, <7>. */
int hf_log_priority(enum hf_log_level level);

#endif
