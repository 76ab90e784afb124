/* prog/show/units.h: numbers as people read them. */
#ifndef HF_PROG_SHOW_UNITS_H
#define HF_PROG_SHOW_UNITS_H

#include "base/buf.h"

/* "999 B", "1.0 KiB", "25.0 MiB": powers of 1024, one digit behind the point. */
void hf_show_bytes(struct hf_buf *out, uint64_t bytes);

/* "0 ms", "999 ms", "1.0 s", "59.9 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "2 d 3 h":
 * the two largest units, cut and never rounded up.  What is negative is 0: two clocks
 * differ. */
void hf_show_ms(struct hf_buf *out, int64_t ms);

/* `count` in `ms` milliseconds as "0", "0.4", "9.9", "10" per second; "0" when no time
 * went by. */
void hf_show_rate(struct hf_buf *out, uint64_t count, int64_t ms);

#endif
