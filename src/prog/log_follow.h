/* prog/log_follow.h: pages of logs.tail as one stream of lines.
 *
 * Keeps the cursor, so that nothing comes twice and what is missing is told, also when
 * the connection was lost in between.  Pure. */
#ifndef HF_PROG_LOG_FOLLOW_H
#define HF_PROG_LOG_FOLLOW_H

#include "base/buf.h"

struct hf_log_follow { /* zeroed begins at the end of the log */
    int64_t cursor;
    bool has_cursor;
    char file[512]; /* where the gateway said the lines are */
};

/* What was noticed beside the lines. */
enum hf_log_notes {
    HF_LOG_ROTATED = 1 << 0,   /* a new file: its lines from the start; the old one's last ones
                                  may be missing */
    HF_LOG_LEFT_OUT = 1 << 1,  /* more came than one answer holds: older lines are missing */
    HF_LOG_OTHER_FILE = 1 << 2 /* the gateway logs to another file now: ask again, from its
                                  start; there are no lines yet */
};

/* Appends the parameters of the next request: `first_lines` of them to begin with,
 * then everything behind the cursor. */
void hf_log_follow_ask(const struct hf_log_follow *f, unsigned first_lines, struct hf_buf *out);

/* Takes an answer: `*notes`, and `*lines` is its JSON array of texts.  HF_ERR_TYPE when it
 * is no answer to logs.tail; nothing is changed then. */
int hf_log_follow_take(struct hf_log_follow *f, struct hf_bytes answer, struct hf_bytes *lines,
                       unsigned *notes);

#endif
