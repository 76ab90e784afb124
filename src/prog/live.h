/* prog/live.h: what verbs share that go on until somebody ends them.
 *
 * Waits for the gateway, for signals and keys, and for the reader of stdout to go away,
 * all in one place. */
#ifndef HF_PROG_LIVE_H
#define HF_PROG_LIVE_H

#include "prog/session.h"
#include "prog/show/terminal.h"

struct hf_live {
    struct hf_session *session; /* borrowed */
    struct hf_terminal terminal;
    bool is_reader_gone; /* of stdout: the end, without a word */
    int write_err;       /* why it cannot be written otherwise, or 0 */
};

/* Lets the session be driven from here.  HF_ERR_IO with a fault. */
int hf_live_open(struct hf_live *l, struct hf_session *session, bool is_screen,
                 struct hf_fault *fault);

/* Waits for something to happen, at most until then, and lets the session do its part:
 * callbacks run in here. */
enum hf_terminal_news hf_live_wait(struct hf_live *l, hf_time until);

/* Writes all of it to stdout and empties the buffer.  What cannot be written ends the
 * verb at the next wait. */
void hf_live_write(struct hf_live *l, struct hf_buf *text);

/* The exit code after HF_TERMINAL_END; says what could not be written.  After close, when there
 * is a screen. */
int hf_live_end(const struct hf_live *l);

/* A line of news about the connection on stderr; not with --quiet, nor on a screen. */
__attribute__((format(printf, 2, 3))) void hf_live_tell(const struct hf_live *l, const char *format,
                                                        ...);

void hf_live_close(struct hf_live *l);

#endif
