/* wire/censor.h: text without its secrets.
 *
 * For every line, argument list and error text that leaves a supervisor
 * (spec/client-lifecycle.md section 14, spec/supervisor.md sections 6 and 14).
 * Replaced are: the values of members, variables and headers with a secret's name,
 * in JSON, `name=value` and `name: value`; what follows a flag with such a name;
 * user and password of URLs and their query values; Authorization and cookies;
 * and known secrets wherever they stand.  Rather too much than too little: these are
 * words of programs that are not ours.  wire/schema/redact is the same for a client. */
#ifndef HF_WIRE_CENSOR_H
#define HF_WIRE_CENSOR_H

#include "base/buf.h"

/* Secrets that are known by their value.  Those of fewer than `len_min` bytes are not
 * looked for: they would stand everywhere. */
enum { HF_CENSOR_SECRET_MIN = 8 };
struct hf_censor_known {
    const struct hf_bytes *secrets; /* borrowed */
    size_t count;
    size_t len_min;       /* 0: HF_CENSOR_SECRET_MIN */
    struct hf_bytes mark; /* stands for what was taken out; empty: "[redacted]" */
};

/* Appends `text` (one line, any bytes) without its secrets.  `known` may be NULL.  With a
 * mark of three bytes it gets three times as long at most, and a few bytes. */
void hf_censor_text(struct hf_bytes text, const struct hf_censor_known *known, struct hf_buf *out);

/* The same for a text whose end is missing: what stands there and may be the beginning of
 * a known secret (of four bytes and more) or of a URL's user and password goes, too. */
void hf_censor_cut(struct hf_bytes head, const struct hf_censor_known *known, struct hf_buf *out);

/* Appends the arguments, a space between them; one with a space or without any byte
 * in single quotes. */
void hf_censor_argv(const struct hf_bytes *argv, size_t count, const struct hf_censor_known *known,
                    struct hf_buf *out);

/* Whether a member, variable, header or flag of this name holds a secret. */
bool hf_censor_is_secret(struct hf_bytes name);

#endif
