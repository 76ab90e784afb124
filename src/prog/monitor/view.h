/* prog/monitor/view.h: the model of a live view as a screen, a line, or JSON.  Pure. */
#ifndef HF_PROG_MONITOR_VIEW_H
#define HF_PROG_MONITOR_VIEW_H

#include "prog/monitor/model.h"
#include "prog/show/screen.h"

struct hf_monitor_look {
    const char *url;
    bool has_unicode;
    bool is_health; /* `health --watch`: the own connection alone */
};

/* One frame; works from 80x24 down to one cell. */
void hf_monitor_draw(const struct hf_monitor *w, struct hf_now now,
                     const struct hf_monitor_look *look, struct hf_screen *screen);

/* What is known now, as one line with its newline. */
void hf_monitor_line(const struct hf_monitor *w, struct hf_now now, bool is_health,
                     struct hf_buf *out);

/* The same as one JSON object on a line. */
void hf_monitor_json(const struct hf_monitor *w, struct hf_now now, bool is_health,
                     struct hf_buf *out);

/* One event as a line with its newline. */
void hf_monitor_event_line(int64_t wall_ms, struct hf_bytes name, struct hf_bytes payload,
                           int64_t seq, struct hf_buf *out);

#endif
