/* wire/schema/redact.h: texts without secrets.
 *
 * spec/client-lifecycle.md section 14: what goes into logs, errors, traces and
 * snapshots of a client passes here first.  Nothing is kept; output is appended and is
 * never longer than three times the input and a few bytes.  Without memory nothing is
 * shown. */
#ifndef HF_WIRE_SCHEMA_REDACT_H
#define HF_WIRE_SCHEMA_REDACT_H

#include "base/buf.h"

/* Text for people: one line, since control characters become spaces, with `***` for each
 * of `secrets` that stands in it (not looked for are those of fewer than four bytes) and
 * for all that wire/censor finds. */
void hf_redact_text(struct hf_buf *out, struct hf_bytes text, const struct hf_bytes *secrets,
                    size_t count);

#endif
