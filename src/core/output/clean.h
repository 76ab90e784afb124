/* core/output/clean.h: one line of a child as text that can be shown.
 *
 * ANSI sequences and control characters (C0, DEL, C1) go, bytes that are no UTF-8 become U+FFFD,
 * white space at both ends goes. */
#ifndef HF_CORE_OUTPUT_CLEAN_H
#define HF_CORE_OUTPUT_CLEAN_H

#include "base/buf.h"

/* The cleaned line: a part of `line` itself when nothing had to go, else of `scratch`,
 * which is emptied first. */
struct hf_bytes hf_output_clean(struct hf_bytes line, struct hf_buf *scratch);

#endif
