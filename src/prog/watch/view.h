/* prog/watch/view.h: the model of a live view as a screen, a line, or JSON.  Pure. */
#ifndef HF_PROG_WATCH_VIEW_H
#define HF_PROG_WATCH_VIEW_H

#include "prog/show/screen.h"
#include "prog/watch/model.h"

struct hf_watch_look {
    const char *url;
    bool has_unicode;
    bool is_health; /* `health --watch`: the own connection alone */
};

/* One frame; works from 80x24 down to one cell. */
void hf_watch_draw(const struct hf_watch *w, struct hf_now now, const struct hf_watch_look *look,
                   struct hf_screen *screen);

/* What is known now, as one line with its newline. */
void hf_watch_line(const struct hf_watch *w, struct hf_now now, bool is_health, struct hf_buf *out);

/* The same as one JSON object on a line. */
void hf_watch_json(const struct hf_watch *w, struct hf_now now, bool is_health, struct hf_buf *out);

#endif
