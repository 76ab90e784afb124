/* wire/url_secret.h: what of a URL is secret, and the URL without it.
 *
 * spec/client-lifecycle.md 14.3; for URLs within other text see wire/censor.  Names and values are looked at through up to eight layers of
 * percent encoding; deeper or broken ones are not shown.  Output is appended and is never
 * longer than three times the input and a few bytes. */
#ifndef HF_WIRE_URL_SECRET_H
#define HF_WIRE_URL_SECRET_H

#include "base/buf.h"

/* A URL, a relative reference or a text around one: userinfo becomes `***:***@`, the values
 * of parameters whose name sounds like a secret, or that hold one, become `***`, whether
 * they stand in the query, the fragment or before both. */
void hf_url_redact(struct hf_buf *out, struct hf_bytes url);

/* The same for `name=value` pairs with `&` or `;` between them. */
void hf_url_redact_pairs(struct hf_buf *out, struct hf_bytes pairs);

/* Whether a query parameter of this name, as it stands there, holds a secret. */
bool hf_url_is_secret_param(struct hf_bytes name);

/* Whether a value (or a name) as it stands there holds one: `next=https://u:p@h`. */
bool hf_url_holds_secret(struct hf_bytes value);

#endif
