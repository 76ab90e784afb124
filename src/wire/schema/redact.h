/* wire/schema/redact.h: texts without secrets.
 *
 * spec/client-lifecycle.md section 14: what goes into logs, errors, traces and
 * snapshots passes here first.  Nothing is kept; output is appended and is never
 * longer than three times the input and a few bytes.  A text that cannot be read is
 * replaced rather than shown. */
#ifndef HF_WIRE_SCHEMA_REDACT_H
#define HF_WIRE_SCHEMA_REDACT_H

#include "base/buf.h"

/* A URL or a relative reference: userinfo becomes `***:***@`, the values of query
 * parameters whose name sounds like a secret become `***`.  Names and values are
 * looked at through up to eight layers of percent encoding; deeper or broken ones
 * are not shown. */
void hf_redact_url(struct hf_buf *out, struct hf_bytes url);

/* Text for people: each of `secrets` that stands in it, what follows "Bearer" or
 * "Basic", and URLs and `name=value` pairs as above.  Secrets of fewer than four
 * bytes are not looked for.  Control characters become spaces: it is one line. */
void hf_redact_text(struct hf_buf *out, struct hf_bytes text, const struct hf_bytes *secrets,
                    size_t count);

#endif
