/* prog/health_text.h: the health of one's own connection, for people. */
#ifndef HF_PROG_HEALTH_TEXT_H
#define HF_PROG_HEALTH_TEXT_H

#include "base/buf.h"

/* Appends the line of spec/health-connection.md 6.7 from the `connection` block of a
 * health answer; an empty span or anything else is "not reported". */
void hf_health_line(struct hf_buf *out, struct hf_bytes block, int64_t wall_ms);

#endif
