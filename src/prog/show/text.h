/* prog/show/text.h: text of a peer, made fit for a terminal. */
#ifndef HF_PROG_SHOW_TEXT_H
#define HF_PROG_SHOW_TEXT_H

#include "base/buf.h"

/* Appends at most `max` bytes of one line: control characters (C0, DEL, C1) and what
 * is not UTF-8 become '?', a tab a space; what is cut ends in "...".  A gateway cannot
 * move the cursor or recolour the terminal of whoever asks it. */
void hf_show_text(struct hf_buf *out, struct hf_bytes text, size_t max);

/* As bytes of a zero-terminated array, cut to `cap` with its zero, in the same way. */
void hf_show_copy(char *out, size_t cap, struct hf_bytes text);

#endif
