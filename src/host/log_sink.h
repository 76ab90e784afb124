/* host/log_sink.h: where log records go: stderr and the log file.
 *
 * Records are gathered and written together, by the worker once there is one, so
 * that a slow disk or terminal never stops the loop: after HF_LIMIT_LOG_DELAY_MS,
 * at HF_LIMIT_LOG_BATCH_BYTES, or at once when one of them is an error.  What does
 * not fit into HF_LIMIT_LOG_BUFFER_BYTES is dropped and counted.  The same line
 * again within a second is counted and told once a second. */
#ifndef HF_HOST_LOG_SINK_H
#define HF_HOST_LOG_SINK_H

#include "base/log.h"
#include "base/time.h"
#include "host/log_file.h"

enum hf_log_format { HF_LOG_FORMAT_TEXT, HF_LOG_FORMAT_JSON };

enum { HF_LOG_REPEATS = 16 };

struct hf_log_repeat {
    uint64_t hash; /* of level, event and fields; 0 is free */
    hf_time until; /* a second after it was written */
    int64_t count; /* times since then */
    enum hf_log_level level;
    const char *event;
};

struct hf_log_sink {
    struct hf_now (*clock)(void); /* hf_clock_now; tests bring their own */
    struct hf_log_file *file;     /* borrowed; NULL: stderr only */
    int err_fd;
    enum hf_log_format format;
    bool has_priority; /* stderr is the journal: lines begin with <N> */
    struct hf_buf err_lines, file_lines;
    hf_time write_at; /* when the lines are due, HF_NEVER while there are none */
    int64_t dropped;
    bool is_lent; /* hf_log_sink_lend */
    struct hf_log_repeat repeats[HF_LOG_REPEATS];
};

void hf_log_sink_init(struct hf_log_sink *s, int err_fd, enum hf_log_format format,
                      struct hf_log_file *file);
void hf_log_sink_fini(struct hf_log_sink *s);

/* A thread that writes with it takes nothing and was left behind: the sink and its file are that
 * thread's, for good.  Their flush and fini do nothing from now on, and their memory stays until
 * the process ends. */
void hf_log_sink_lend(struct hf_log_sink *s);

/* A log that writes here; the sink must outlive it. */
struct hf_log hf_log_sink_log(struct hf_log_sink *s, enum hf_log_level level);

/* Tells the repeats whose second is over. */
void hf_log_sink_run_due(struct hf_log_sink *s, struct hf_now now);

/* When to call run_due again or to write, or HF_NEVER. */
hf_time hf_log_sink_due(const struct hf_log_sink *s);

bool hf_log_sink_is_empty(const struct hf_log_sink *s);

/* Whether the lines should be written now. */
bool hf_log_sink_wants_write(const struct hf_log_sink *s, hf_time now);

/* Whoever should write is busy: the lines wait for another delay. */
void hf_log_sink_postpone(struct hf_log_sink *s, hf_time now);

/* Writes what was gathered, here and now. */
void hf_log_sink_flush(struct hf_log_sink *s);

/* Moves what was gathered into empty buffers (an exchange), for the worker. */
void hf_log_sink_take(struct hf_log_sink *s, struct hf_buf *err_lines, struct hf_buf *file_lines);

/* Writes lines that were taken: the half of the worker or a scribe.  It reads nothing that
 * changes after init, and nobody else touches the file. */
void hf_log_sink_write(const struct hf_log_sink *s, const struct hf_buf *err_lines,
                       const struct hf_buf *file_lines);

#endif
