/* prog/show/screen.h: what a terminal shows, and the fewest bytes to change it.
 *
 * A frame is put together as cells; drawing compares it with what was drawn before
 * and writes only what differs (ANSI: cursor positions, attributes, eight colours).
 * Every character takes one cell: what is wider or narrower than that, and control
 * characters, which must never reach a terminal from a peer, become '?'.  At most
 * HF_LIMIT_SCREEN_COLUMNS by HF_LIMIT_SCREEN_ROWS; more is left empty.  Pure. */
#ifndef HF_PROG_SHOW_SCREEN_H
#define HF_PROG_SHOW_SCREEN_H

#include "base/buf.h"
#include "base/limits.h"

enum hf_style {
    HF_STYLE_PLAIN,
    HF_STYLE_TITLE, /* bold */
    HF_STYLE_FAINT,
    HF_STYLE_GOOD, /* green */
    HF_STYLE_WARN, /* yellow */
    HF_STYLE_BAD,  /* red */
};

struct hf_cell {
    uint32_t character;
    uint8_t style;
};

struct hf_screen { /* zeroed is a screen of no size */
    unsigned columns, rows;
    struct hf_cell *shown, *next; /* rows * columns each */
    bool is_known;                /* `shown` is what the terminal shows */
};

/* Takes a new size; the next draw writes everything.  HF_ERR_NOMEM: the old one stays. */
int hf_screen_resize(struct hf_screen *s, unsigned columns, unsigned rows);
void hf_screen_fini(struct hf_screen *s);

/* Somebody else wrote to the terminal: the next draw writes everything. */
void hf_screen_forget(struct hf_screen *s);

/* Begins an empty frame. */
void hf_screen_clear(struct hf_screen *s);

/* Text (UTF-8) from a cell to the right, cut at the edge; outside of the screen it is
 * nowhere.  Returns the column behind it. */
unsigned hf_screen_put(struct hf_screen *s, unsigned row, unsigned column, enum hf_style style,
                       struct hf_bytes text);

/* Appends what turns the terminal into the frame; nothing when it is that already.
 * Without `has_colour` no attribute is written. */
void hf_screen_draw(struct hf_screen *s, struct hf_buf *out, bool has_colour);

/* The most bytes that one draw appends: for the caller's buffer. */
size_t hf_screen_draw_max(const struct hf_screen *s);

#endif
