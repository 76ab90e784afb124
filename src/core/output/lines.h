/* core/output/lines.h: bytes of a pipe to lines, however they are cut.
 *
 * A line ends at LF or CR; what has no end yet is carried over.  A line longer than
 * HF_LIMIT_OUTPUT_LINE_BYTES is cut there and the rest up to its end is dropped.
 * Holds one such line at most, and only while one is carried. */
#ifndef HF_CORE_OUTPUT_LINES_H
#define HF_CORE_OUTPUT_LINES_H

#include "base/buf.h"

struct hf_lines { /* fields are private */
    struct hf_buf carried;
    bool is_cutting;  /* the line was handed out; the rest of it is dropped */
    bool was_carried; /* `carried` was handed out whole */
};

void hf_lines_init(struct hf_lines *l);
void hf_lines_fini(struct hf_lines *l);

/* Takes one line from the front of `*data`, which moves on: true and `*line`, borrowed
 * from `*data` or, until the next call, from the room; false when `*data` is used up.
 * Without memory to carry, a part of a line is handed out as one. */
bool hf_lines_next(struct hf_lines *l, struct hf_bytes *data, struct hf_bytes *line);

/* The pipe ended: true and the last line, if it had no end. */
bool hf_lines_last(struct hf_lines *l, struct hf_bytes *line);

#endif
