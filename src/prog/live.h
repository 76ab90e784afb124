/* prog/live.h: what verbs share that go on until somebody ends them.
 *
 * One connection that comes back whenever it is lost.  Waits for the gateway, for signals
 * and keys, and for the reader of stdout to go away, all in one place; a --timeout that was
 * given counts up to the first hello (startup-retry S3.6).  A gateway of this state
 * directory that refuses us, and has made its token meanwhile, is tried again with it. */
#ifndef HF_PROG_LIVE_H
#define HF_PROG_LIVE_H

#include "prog/ask.h"
#include "prog/show/terminal.h"

struct hf_live_plan {
    const struct hf_args *args;
    const char *scope; /* static */
    bool likes_admin;  /* as in hf_session_plan */
    hf_span ping_every;
    /* Registers what the verb wants to be told of, with each new client: 0, or an error of
     * the library. */
    int (*listen)(holdfast_client *client, void *ctx);
    void *ctx;
};

struct hf_live { /* zeroed is closed */
    struct hf_live_plan plan;
    struct hf_ask ask;
    struct hf_terminal terminal;
    bool was_connected;    /* the verb's to set, at the first hello */
    bool is_over;          /* the verb's to set: the client gave up, e.g. the token is wrong */
    bool is_stopped;       /* hf_live_stop: all was told */
    bool is_reader_gone;   /* of stdout: the end, without a word */
    int write_err;         /* why it cannot be written otherwise, or 0 */
    hf_time until;         /* of the first hello */
    struct hf_fault fault; /* of a session that could not be opened again */
};

/* Reads the target and sets the client up; nothing is sent.  An error with a fault.  End
 * it with close either way. */
int hf_live_open(struct hf_live *l, const struct hf_live_plan *plan, struct hf_fault *fault);

/* Takes the terminal, as a screen or for lines, and starts the client. */
int hf_live_start(struct hf_live *l, bool is_screen, struct hf_fault *fault);

/* Waits for something to happen, at most until then, and lets the session do its part:
 * callbacks run in here. */
enum hf_terminal_news hf_live_wait(struct hf_live *l, hf_time until);

/* Ends the verb at the next wait as failed; it has told why itself. */
void hf_live_stop(struct hf_live *l);

/* Writes all of it to stdout and empties the buffer.  What cannot be written ends the
 * verb at the next wait. */
void hf_live_write(struct hf_live *l, struct hf_buf *text);

/* After HF_TERMINAL_END: puts the terminal back, tells why it ended, and returns the exit
 * code. */
int hf_live_end(struct hf_live *l);

/* A line of news about the connection on stderr; not with --quiet, nor on a screen. */
__attribute__((format(printf, 2, 3))) void hf_live_tell(const struct hf_live *l, const char *format,
                                                        ...);

/* Says goodbye and puts the terminal back.  hf_terminal_obey is still to be called, last. */
void hf_live_close(struct hf_live *l);

#endif
