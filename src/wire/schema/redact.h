/* wire/schema/redact.h: texts without secrets.
 *
 * spec/client-lifecycle.md section 14: what goes into logs, errors, traces and
 * snapshots passes here first.  Nothing is kept; output is appended and is never
 * longer than three times the input and a few bytes.  A text that cannot be read is
 * replaced rather than shown. */
#ifndef HF_WIRE_SCHEMA_REDACT_H
#define HF_WIRE_SCHEMA_REDACT_H

#include "base/buf.h"

/* Text for people: each of `secrets` that stands in it, what follows "Bearer" or
 * "Basic", and URLs and `name=value` pairs as of wire/url_secret.  Secrets of fewer than four
 * bytes are not looked for.  Control characters become spaces: it is one line. */
void hf_redact_text(struct hf_buf *out, struct hf_bytes text, const struct hf_bytes *secrets,
                    size_t count);

#endif
