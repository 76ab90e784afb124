/* lib/log_watch.h: what a simulated server logs under one event name.
 *
 * One watch per world; it counts the lines and keeps the last one. */
#ifndef HF_LIB_LOG_WATCH_H
#define HF_LIB_LOG_WATCH_H

#include "lib/check.h"
#include "lib/world.h"

struct log_watch {
    const char *event;
    size_t count;
    enum hf_log_level level; /* of the last line */
    hf_time at;
    char line[1024];
};

static inline void log_watch_record(struct world *w, const struct hf_log_record *record)
{
    struct log_watch *watch = w->ctx;
    struct hf_buf line;
    if (strcmp(record->event, watch->event) != 0) return;
    hf_buf_init(&line, sizeof watch->line - 1);
    hf_log_format(&line, record);
    CHECK_EQ(hf_buf_done(&line), 0);
    memcpy(watch->line, line.ptr, line.len);
    watch->line[line.len] = '\0';
    hf_buf_fini(&line);
    watch->count++;
    watch->level = record->level;
    watch->at = w->now.mono;
}

/* From now on `watch` is about `event`; it lives as long as the world logs. */
static inline void log_watch_start(struct log_watch *watch, struct world *w, const char *event)
{
    *watch = (struct log_watch){ .event = event };
    w->ctx = watch;
    w->on_log = log_watch_record;
}

/* Whether the last line has this text, as in "cause=slow-consumer". */
static inline bool log_watch_has(const struct log_watch *watch, const char *text)
{
    return strstr(watch->line, text) != NULL;
}

#endif
