/* prog/show/terminal.h: a terminal as a live view uses it, and as it was found afterwards.
 *
 * While a screen is open: the alternate screen, no cursor, no echo, keys one by one.  It
 * is put back on every way out: close, the signals HUP INT QUIT TERM (which are reported,
 * and end the process as usual after close), a stop by TSTP (and taken again at CONT), and
 * a crash.  Output by lines takes the four signals alone, so that a verb can say goodbye
 * first.  One at a time in a process; the signals belong to it while it is open. */
#ifndef HF_PROG_SHOW_TERMINAL_H
#define HF_PROG_SHOW_TERMINAL_H

#include "host/fault.h"
#include "prog/options.h"

#include <signal.h>
#include <termios.h>

struct hf_terminal { /* zeroed is closed */
    bool is_open, is_screen;
    int signal_fd; /* readable: call take */
    int ended_by;  /* a signal that asks for the end, or 0 */
    struct termios saved;
    bool has_saved;
    sigset_t saved_mask;
    unsigned columns, rows;
};

/* Whether a live view can be drawn: stdout is a terminal that knows ANSI. */
bool hf_terminal_is_usable(void);

/* Colour on this descriptor: a terminal, no --no-color, no NO_COLOR, TERM not dumb. */
bool hf_terminal_has_colour(int fd, const struct hf_args *args);

/* The locale's encoding is UTF-8, so that bars may be drawn. */
bool hf_terminal_has_unicode(void);

/* Takes the signals, and for a screen stdin and stdout as well.  HF_ERR_IO with a fault. */
int hf_terminal_open(struct hf_terminal *t, bool is_screen, struct hf_fault *fault);

enum hf_terminal_news {
    HF_TERMINAL_NOTHING,
    HF_TERMINAL_REDRAW, /* another size, or the terminal is ours again: draw everything */
    HF_TERMINAL_END,    /* a signal, q, ^C or ^D: close and leave */
};

/* What happened; call it when signal_fd, or for a screen stdin, is readable.  Stops the process itself
 * at TSTP. */
enum hf_terminal_news hf_terminal_take(struct hf_terminal *t);

/* Puts everything back.  Closed already: nothing. */
void hf_terminal_close(struct hf_terminal *t);

/* Ends the process by the signal that was reported, if one was; after close. */
void hf_terminal_obey(const struct hf_terminal *t);

#endif
